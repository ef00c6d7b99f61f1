package simcam

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Farm is a set of running cameras. Its methods may be called concurrently.
type Farm struct {
	opts      Options
	started   time.Time
	cameras   []*Camera
	paths     map[string]*Camera // of the URL
	ledger    ledger
	schedule  *scheduler
	datagrams *datagrams
	tls       net.Listener // nil without TLS
	pool      *x509.CertPool
	control   *http.Server // nil without control
	controlAt string

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	plain net.Listener // nil while deaf
	addr  string
}

// Run starts a farm and stops it when ctx ends. It returns nil then, else why the farm could not start.
func Run(ctx context.Context, o Options) error {
	f, err := startFarm(ctx, o)
	if err != nil {
		return err
	}
	<-ctx.Done()
	f.Stop()
	return nil
}

// Start encodes what the cache lacks, listens, and returns the running farm. Call Stop. Errors: Invalid for the
// options, Unavailable for ffmpeg, the cache or an address.
func Start(o Options) (*Farm, error) { return startFarm(context.Background(), o) }

func startFarm(ctx context.Context, o Options) (*Farm, error) {
	o, err := o.finished()
	if err != nil {
		return nil, err
	}
	f := &Farm{opts: o, started: o.Now(), paths: map[string]*Camera{}, schedule: newScheduler(o.Now)}
	f.ledger.limit = o.Ledger
	if err := f.build(ctx); err != nil {
		return nil, err
	}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := f.open(); err != nil {
		f.Stop()
		return nil, err
	}
	f.wg.Go(func() { f.schedule.run(f.ctx) })
	for _, c := range f.cameras {
		if c.live != nil {
			f.wg.Go(func() { c.live.run(f.ctx) })
		}
	}
	return f, nil
}

// build makes the cameras and their clips.
func (f *Farm) build(ctx context.Context) error {
	lib := library{studio{f.opts.CacheDir, f.opts.FFmpeg}, map[clipKey]*clip{}}
	for i, spec := range f.opts.Cameras {
		c := newCamera(f, uint32(i+1), spec)
		if spec.Live {
			c.live = newLive(c)
		} else if err := c.load(ctx, lib); err != nil {
			return err
		}
		f.cameras = append(f.cameras, c)
		f.paths[spec.Path] = c
		c.Do(spec.Faults...)
	}
	return nil
}

func (c *Camera) load(ctx context.Context, lib library) error {
	for _, p := range append([]Profile{c.spec.Profile}, c.spec.Alternates...) {
		if p == "" {
			p = H264Plain
		}
		k, err := lib.get(ctx, clipKey{p, c.spec.Placement, c.spec.Aggregate, ""})
		if err != nil {
			return err
		}
		c.clips = append(c.clips, k)
	}
	if c.spec.Audio == "" {
		return nil
	}
	k, err := lib.get(ctx, clipKey{audio: c.spec.Audio})
	c.audio = k
	return err
}

// open makes every socket of the farm.
func (f *Farm) open() error {
	fail := func(err error) error {
		return custody.Wrap(custody.Unavailable, err, "the simulated cameras cannot listen on %s: choose a free address", f.opts.Listen)
	}
	f.addr = f.opts.Listen
	if err := f.Hear(); err != nil {
		return err
	}
	host, err := netip.ParseAddrPort(f.addr)
	if err != nil {
		return fail(err)
	}
	if f.datagrams, err = openDatagrams(host.Addr()); err != nil {
		return fail(err)
	}
	if f.opts.TLS != "" {
		cert, pool, err := selfSigned(f.opts.Now())
		if err != nil {
			return fail(err)
		}
		l, err := tls.Listen("tcp", f.opts.TLS, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
		if err != nil {
			return fail(err)
		}
		f.tls, f.pool = l, pool
		f.wg.Go(func() { f.accept(l) })
	}
	return f.openControl()
}

// accept serves connections until the listener is closed.
func (f *Farm) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of descriptors, or a client that left: neither is the listener's end
			f.opts.Log.Warn("a connection could not be accepted", "error", err)
			select {
			case <-time.After(grain):
			case <-f.ctx.Done():
				return
			}
			continue
		}
		f.wg.Go(func() { f.serve(f.ctx, nc) })
	}
}

// Hear listens again after Deafen, on the same address. It does nothing while the farm listens
// or once it is stopped.
func (f *Farm) Hear() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plain != nil || f.ctx.Err() != nil {
		return nil
	}
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the simulated cameras cannot listen on %s: choose a free address", f.addr)
	}
	f.plain, f.addr = l, l.Addr().String()
	f.wg.Go(func() { f.accept(l) })
	return nil
}

// Deafen stops listening, so that the kernel refuses connections; present sessions go on.
func (f *Farm) Deafen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plain != nil {
		_ = f.plain.Close() // a listener's close has no outcome to act on
		f.plain = nil
	}
}

// Addr is the RTSP address, host:port.
func (f *Farm) Addr() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.addr
}

// Cameras are the farm's cameras in order of their numbers.
func (f *Farm) Cameras() []*Camera { return f.cameras }

// CertPool verifies the certificate of TLSURL; nil without Options.TLS.
func (f *Farm) CertPool() *x509.CertPool { return f.pool }

// Lateness is the most that any unit was sent after its time; at most 5 ms on an idle machine.
func (f *Farm) Lateness() time.Duration { return time.Duration(f.schedule.worst.Load()) }

// Stop ends every session, process and goroutine of the farm, and returns when they are gone. It may be called again.
func (f *Farm) Stop() {
	f.cancel()
	f.Deafen()
	if f.tls != nil {
		_ = f.tls.Close()
	}
	if f.control != nil {
		_ = f.control.Close()
	}
	f.wg.Wait()
	if f.datagrams != nil {
		f.datagrams.close()
	}
}

func (f *Farm) now() time.Time { return f.opts.Now() }

// byURL finds the camera a request names: the first element of the URL's path.
func (f *Farm) byURL(s string) *Camera {
	u, err := url.Parse(s)
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return f.paths[first]
}

// start plays a session's tracks from now.
func (f *Farm) start(c *Camera, s *session) {
	origin := f.now().Add(c.stagger(f.opts.Stagger))
	first := c.begin(s, origin)
	for _, t := range s.tracks {
		if t.clip != nil {
			if t.id == 1 {
				t.frame = first
			}
			f.schedule.add(t)
		}
	}
}
