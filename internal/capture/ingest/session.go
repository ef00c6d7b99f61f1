package ingest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// Options tune a session. The zero Options are good.
type Options struct {
	Poller    *Poller       // shared by a process's sessions; nil reads each plain TCP connection by itself, at about twice the CPU
	Silence   time.Duration // a session without a complete video unit for so long ends; 5 s
	Handshake time.Duration // from connect to the answer to PLAY, redirects included; 10 s
	Dial      time.Duration // one connect; 2 s, so that a camera that comes back is noticed at once
	Quiet     time.Duration // without a Poller: how long a quiet camera's bytes may wait in the kernel; 150 ms
	TLS       *tls.Config   // for rtsps; nil verifies the camera's certificate by the system's roots
	Log       *slog.Logger  // receives recovered panics; nil discards
}

func (o Options) filled() Options {
	for _, d := range [...]struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Silence, 5 * time.Second},
		{&o.Handshake, 10 * time.Second},
		{&o.Dial, 2 * time.Second},
		{&o.Quiet, 150 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// target is where a source points.
type target struct {
	url       *base.URL
	address   string // host and port
	transport string // tcp, udp, rtsps
	err       error  // the source cannot be used; every attempt says so
}

func newTarget(src Source) target {
	u, err := base.ParseURL(src.URL)
	switch {
	case err != nil || u.Host == "":
		return target{err: refusal("the camera's address is not of the form rtsp://host/path or rtsps://host/path")}
	case u.User != nil:
		return target{err: refusal("the camera's address must not contain a user name or password")}
	case src.Transport != "" && src.Transport != "tcp" && src.Transport != "udp":
		return target{err: refusal("the camera's transport must be tcp or udp")}
	}
	t := target{url: u, address: address(u), transport: "tcp"}
	switch {
	case u.Scheme == "rtsps":
		t.transport = "rtsps"
	case src.Transport == "udp":
		t.transport = "udp"
	}
	return t
}

// Session records one stream: it connects, hands units to the sink, and connects again, until it is stopped. It is a
// lifecycle.Part and safe for concurrent use.
type Session struct {
	*lifecycle.Task
	src    Source
	target target
	sink   Sink
	clock  custody.Clock
	opts   Options

	mu    sync.Mutex
	total Stats     // of the attempts that ended
	rx    *receiver // of the current attempt
	live  bool
}

// New makes a session. An unusable source is not an error here: every attempt ends with camera-refused and says why.
func New(src Source, sink Sink, clock custody.Clock, opts Options) *Session {
	s := &Session{src: src, target: newTarget(src), sink: sink, clock: clock, opts: opts.filled()}
	s.Task = lifecycle.NewTask(s.record)
	return s
}

// record makes attempts until ctx ends.
func (s *Session) record(ctx context.Context) error {
	var b backoff
	for {
		e := s.try(ctx)
		if ctx.Err() != nil {
			return nil
		}
		wait := time.NewTimer(b.after(e))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

// try makes one attempt. Whatever happens in it, the sink gets exactly one Stop.
func (s *Session) try(ctx context.Context) ending {
	rx := &receiver{sink: s.sink, clock: s.clock}
	rx.stats.Attempts = 1
	s.mu.Lock()
	s.rx = rx
	s.mu.Unlock()
	a := &attempt{s: s, rx: rx, guard: guard{target: s.target, audio: s.src.Audio}}
	e := a.run(ctx)
	s.report(e.fault)
	var err error
	func() {
		defer recovered(&err)
		rx.end(e)
	}()
	if f, ok := err.(fault); ok {
		s.report(&f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total, s.rx = s.total.plus(rx.snapshot()), nil
	return e
}

// report logs a recovered panic.
func (s *Session) report(f *fault) {
	if f != nil {
		s.opts.Log.Error("a fault while recording was recovered", "camera", s.src.Camera, "stream", s.src.Stream,
			"panic", f.value, "stack", string(f.stack))
	}
}

func (s *Session) connected(live bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = live
}

// Stats returns the counters as they stand.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.total
	if s.rx != nil {
		t = t.plus(s.rx.snapshot())
	}
	t.Connected = s.live
	return t
}

func (s Stats) plus(o Stats) Stats {
	s.Bytes += o.Bytes
	s.Packets += o.Packets
	s.Units += o.Units
	s.LostPackets += o.LostPackets
	s.DamagedUnits += o.DamagedUnits
	s.OversizeUnits += o.OversizeUnits
	s.BadPackets += o.BadPackets
	s.Sessions += o.Sessions
	s.Attempts += o.Attempts
	return s
}

var _ lifecycle.Part = (*Session)(nil)
