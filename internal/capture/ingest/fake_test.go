package ingest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// stationClock is the machine's clock, as the station would read it.
type stationClock struct{}

func (stationClock) Now() custody.Instant { return custody.InstantOf(time.Now()) }
func (c stationClock) Reading() custody.ClockReading {
	return custody.ClockReading{Now: c.Now()}
}

// session is what a sink saw between a Start and its Stop, or a Stop alone.
type seen struct {
	header  *media.RunHeader
	units   []got
	reports []media.SenderReport
	cause   media.GapCause
	detail  string
}

// recording is a Sink that keeps everything and tells who waits.
type recording struct {
	t      testing.TB
	onUnit func(media.Unit)

	mu    sync.Mutex
	cond  *sync.Cond
	open  seen
	ended []seen
}

func newRecording(t testing.TB) *recording {
	r := &recording{t: t}
	r.cond = sync.NewCond(&r.mu)
	return r
}

func (r *recording) Start(h media.RunHeader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open.header != nil {
		r.t.Error("Start before Stop")
	}
	r.open.header = &h
}

func (r *recording) Unit(u media.Unit, payload []byte) {
	r.mu.Lock()
	if r.open.header == nil {
		r.t.Error("Unit before Start")
	}
	r.open.units = append(r.open.units, got{u, bytes.Clone(payload)})
	r.cond.Broadcast()
	r.mu.Unlock()
	if r.onUnit != nil {
		r.onUnit(u)
	}
}

func (r *recording) Report(s media.SenderReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open.reports = append(r.open.reports, s)
	r.cond.Broadcast()
}

func (r *recording) Stop(_ custody.Instant, cause media.GapCause, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open.cause, r.open.detail = cause, detail
	r.ended = append(r.ended, r.open)
	r.open = seen{}
	r.cond.Broadcast()
}

// wait returns when ready says so of what is open and what has ended.
func (r *recording) wait(what string, ready func(open seen, ended []seen) bool) []seen {
	r.t.Helper()
	expired := false
	defer time.AfterFunc(15*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		expired = true
		r.cond.Broadcast()
	}).Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !ready(r.open, r.ended) {
		if expired {
			r.t.Fatalf("%s did not come: %d units open, ended %+v", what, len(r.open.units), causes(r.ended))
		}
		r.cond.Wait()
	}
	return append([]seen(nil), r.ended...)
}

func causes(ended []seen) (s []string) {
	for _, e := range ended {
		s = append(s, fmt.Sprintf("%s after %d units: %s", e.cause, len(e.units), e.detail))
	}
	return s
}

func (r *recording) waitUnits(n int) {
	r.t.Helper()
	r.wait("units", func(o seen, _ []seen) bool { return len(o.units) >= n })
}

func (r *recording) waitEnd(n int) []seen {
	r.t.Helper()
	return r.wait("the end", func(_ seen, e []seen) bool { return len(e) >= n })
}

// fake is a scripted camera: an RTSP server that answers the handshake and then plays what the script writes.
type fake struct {
	t      testing.TB
	l      net.Listener
	sdp    string
	answer func(method string, n int) string      // overrides the answer to a request, "" keeps it
	play   func(c net.Conn, gone <-chan struct{}) // after PLAY was answered
	heard  func(method string)                    // a request while playing
	greet  func(c net.Conn) bool                  // takes the connection over if it returns true

	mu       sync.Mutex
	requests []string
	conns    map[net.Conn]bool
	served   int
	wg       sync.WaitGroup
}

const fakeSDP = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=fake\r\nt=0 0\r\na=control:*\r\n" +
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n" +
	"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\na=control:track2\r\n"

func newFake(t testing.TB, play func(c net.Conn, gone <-chan struct{}), change ...func(f *fake)) *fake {
	f := &fake{t: t, sdp: fakeSDP, play: play, conns: map[net.Conn]bool{}}
	f.listen("127.0.0.1:0", change...)
	t.Cleanup(f.close)
	return f
}

func (f *fake) listen(addr string, change ...func(f *fake)) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.l = l
	for _, c := range change {
		c(f)
	}
	f.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns[c] = true
			f.served++
			f.mu.Unlock()
			f.wg.Go(func() { f.serve(c) })
		}
	})
}

func (f *fake) close() {
	f.l.Close()
	f.mu.Lock()
	for c := range f.conns {
		c.Close()
	}
	f.mu.Unlock()
	f.wg.Wait()
}

func (f *fake) source() Source {
	return Source{Camera: "cam_test", Stream: "str_test", URL: "rtsp://" + f.l.Addr().String() + "/stream"}
}

func (f *fake) serve(c net.Conn) {
	defer func() {
		c.Close()
		f.mu.Lock()
		delete(f.conns, c)
		f.mu.Unlock()
	}()
	if f.greet != nil && f.greet(c) {
		return
	}
	r := bufio.NewReader(c)
	for n := 0; ; n++ {
		method, cseq, err := f.request(r)
		if err != nil {
			return
		}
		reply := ""
		if f.answer != nil {
			reply = f.answer(method, n)
		}
		if reply == "" {
			reply = f.reply(method)
		}
		io.WriteString(c, strings.Replace(reply, "\r\n", "\r\nCSeq: "+cseq+"\r\n", 1))
		if method == "PLAY" && strings.HasPrefix(reply, "RTSP/1.0 200") {
			gone := make(chan struct{})
			f.wg.Go(func() {
				defer close(gone)
				for err == nil {
					var method string
					if method, _, err = f.request(r); err == nil && f.heard != nil {
						f.heard(method)
					}
				}
			})
			f.play(c, gone)
			return
		}
	}
}

func (f *fake) request(r *bufio.Reader) (method, cseq string, err error) {
	var head []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		head = append(head, line)
		if v, ok := strings.CutPrefix(line, "CSeq: "); ok {
			cseq = v
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, strings.Join(head, "\n"))
	method, _, _ = strings.Cut(head[0], " ")
	return method, cseq, nil
}

func (f *fake) reply(method string) string {
	switch method {
	case "DESCRIBE":
		return fmt.Sprintf("RTSP/1.0 200 OK\r\nServer: fake\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(f.sdp), f.sdp)
	case "SETUP":
		f.mu.Lock()
		defer f.mu.Unlock()
		last := f.requests[len(f.requests)-1]
		_, ch, _ := strings.Cut(last, "interleaved=")
		ch, _, _ = strings.Cut(ch, "\n")
		return "RTSP/1.0 200 OK\r\nSession: 1;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=" + ch + "\r\n\r\n"
	default:
		return "RTSP/1.0 200 OK\r\nSession: 1\r\n\r\n"
	}
}

func (f *fake) seen() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.requests, "\n\n")
}

// interleaved frames a packet for a channel.
func interleaved(channel byte, p []byte) []byte {
	return append([]byte{'$', channel, byte(len(p) >> 8), byte(len(p))}, p...)
}

// roads runs a test with and without a poller.
func roads(t *testing.T, test func(t *testing.T, opts Options)) {
	t.Run("woken", func(t *testing.T) { test(t, Options{}) })
	t.Run("polled", func(t *testing.T) {
		p := NewPoller(2, 20*time.Millisecond)
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		test(t, Options{Poller: p})
	})
}

// start runs a session until the test ends.
func start(t *testing.T, src Source, sink Sink, opts Options) *Session {
	s := New(src, sink, stationClock{}, opts)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}
