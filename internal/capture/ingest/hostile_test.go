package ingest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// flood writes b until the peer is gone.
func flood(c net.Conn, b []byte) {
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// hostile is one bad camera and how a session with it must end.
type hostile struct {
	cause  media.GapCause
	detail string
	setUp  func(f *fake)
}

func TestFloodsAreCutOff(t *testing.T) {
	refused(t, map[string]hostile{
		"0xff flood at once": {media.GapRefused, "neither RTSP", func(f *fake) {
			f.greet = func(c net.Conn) bool { flood(c, bytes.Repeat([]byte{0xff}, 1<<16)); return true }
		}},
		"0xff flood while playing": {media.GapRefused, "neither RTSP", func(f *fake) {
			f.play = func(c net.Conn, _ <-chan struct{}) { flood(c, bytes.Repeat([]byte{0xff}, 1<<16)) }
		}},
		"packets that are not RTP": {media.GapRefused, "too many packets", func(f *fake) {
			f.play = func(c net.Conn, _ <-chan struct{}) { flood(c, interleaved(0, make([]byte, 50))) }
		}},
		"tiny pictures": {media.GapRefused, "more than 2,000", func(f *fake) {
			f.play = func(c net.Conn, _ <-chan struct{}) {
				k := packer{kind: 96}
				for n := uint32(0); ; {
					var b []byte
					for range 1000 {
						n += 45
						b = append(b, interleaved(0, k.rtp(n, true, []byte{0x65, 0x88, 1}))...)
					}
					if _, err := c.Write(b); err != nil {
						return
					}
				}
			}
		}},
		"endless fragments": {media.GapRefused, "32 MiB", func(f *fake) {
			f.play = func(c net.Conn, _ <-chan struct{}) {
				k := packer{kind: 96}
				for head := byte(0x85); ; head = 0x05 {
					if _, err := c.Write(interleaved(0, k.rtp(1, false, append([]byte{0x7c, head}, make([]byte, 60000)...)))); err != nil {
						return
					}
				}
			}
		}},
	})
}

func TestHostileAnswersAreRefused(t *testing.T) {
	elsewhere := newFake(t, func(net.Conn, <-chan struct{}) {})
	refused(t, map[string]hostile{
		"redirect to another port": {media.GapRefused, "redirects to another address", func(f *fake) {
			f.answer = only("DESCRIBE", "RTSP/1.0 302 Found\r\nLocation: rtsp://"+elsewhere.l.Addr().String()+"/stream\r\n\r\n")
		}},
		"redirect in circles": {media.GapRefused, "again and again", func(f *fake) {
			f.answer = only("DESCRIBE", "RTSP/1.0 301 Moved\r\nLocation: "+f.source().URL+"\r\n\r\n")
		}},
		"wrong password": {media.GapRefused, "did not accept", func(f *fake) {
			f.answer = only("DESCRIBE", "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n")
		}},
		"unknown codec": {media.GapRefused, "only H.264 and H.265", func(f *fake) {
			f.sdp = "v=0\r\nm=video 0 RTP/AVP 26\r\n"
		}},
		"session description too large": {media.GapRefused, "larger than", func(f *fake) { f.sdp = strings.Repeat("a=x\r\n", maxSDP/5+1)[:maxSDP+1] }},
		"answer too large":              {media.GapRefused, "too large", func(f *fake) { f.sdp = strings.Repeat("a=x\r\n", maxSDP) }},
		"slow loris": {media.GapUnreachable, "in time", func(f *fake) {
			f.greet = func(c net.Conn) bool {
				pace := time.NewTicker(50 * time.Millisecond)
				defer pace.Stop()
				for range pace.C {
					if _, err := c.Write([]byte("R")); err != nil {
						return true
					}
				}
				return true
			}
		}},
		"not there": {media.GapUnreachable, "404", func(f *fake) { f.answer = only("DESCRIBE", "RTSP/1.0 404 Not Found\r\n\r\n") }},
		"secret quoted": {media.GapUnreachable, "withheld", func(f *fake) {
			f.answer = only("DESCRIBE", "RTSP/1.0 500 hunter2 is the password\r\n\r\n")
		}},
	})
	elsewhere.mu.Lock()
	defer elsewhere.mu.Unlock()
	if elsewhere.served != 0 {
		t.Errorf("the redirect was followed: %d connections", elsewhere.served)
	}
}

func refused(t *testing.T, cases map[string]hostile) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			roads(t, func(t *testing.T, opts Options) {
				opts.Handshake = 700 * time.Millisecond
				if c.cause == media.GapRefused { // it is refused as it comes: the time is for a busy machine
					opts.Handshake = 10 * time.Second
				}
				f := newFake(t, func(net.Conn, <-chan struct{}) {}, c.setUp)
				src := f.source()
				src.User, src.Password = "admin", "hunter2"
				r := newRecording(t)
				s := start(t, src, r, opts)
				e := r.waitEnd(1)[0]
				s.Stop()
				if e.cause != c.cause || !strings.Contains(e.detail, c.detail) || strings.Contains(e.detail, "hunter2") {
					t.Errorf("ended %v", causes([]seen{e}))
				}
			})
		})
	}
}

func only(method, reply string) func(string, int) string {
	return func(m string, _ int) string {
		if m == method {
			return reply
		}
		return ""
	}
}

func TestAThousandReconnectsLeakNothing(t *testing.T) {
	roads(t, func(t *testing.T, opts Options) {
		f := newFake(t, func(c net.Conn, _ <-chan struct{}) {
			k := packer{kind: 96, ssrc: 9}
			for i := range uint32(3) {
				c.Write(interleaved(0, k.rtp(i, true, []byte{0x65, 0x88, 1})))
			}
		})
		r := newRecording(t)
		s := New(f.source(), r, stationClock{}, opts)
		once := func() {
			if e := s.try(t.Context()); e.cause != media.GapClosed {
				t.Fatalf("ended %+v", e)
			}
		}
		once()
		goroutines, files := runtime.NumGoroutine(), descriptors(t)
		for range 499 {
			once()
		}
		settle(t, func() string {
			if g, d := runtime.NumGoroutine(), descriptors(t); g > goroutines+5 || d > files+5 {
				return fmt.Sprintf("%d goroutines were %d, %d descriptors were %d", g, goroutines, d, files)
			}
			return ""
		})
		if ended := r.waitEnd(500); len(ended) != 500 || s.Stats().Attempts != 500 || s.Stats().Sessions != 500 {
			t.Errorf("%d stops, stats %+v", len(ended), s.Stats())
		}
	})
}

func descriptors(t *testing.T) int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}

// settle waits until complaint has none: the other ends of connections take a moment to go.
func settle(t *testing.T, complaint func() string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(5 * time.Second); ; <-tick.C {
		switch c := complaint(); {
		case c == "":
			return
		case time.Now().After(end):
			t.Fatal(c)
		}
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	gone := ending{class: away}
	for range 100 {
		if d := b.after(gone); d > frequent {
			t.Fatalf("a camera that is away is tried after %s", d)
		}
	}
	if d := b.after(ending{class: notReady, units: 9, length: time.Minute}); d > 500*time.Millisecond {
		t.Errorf("first retry after %s", d)
	}
	var last time.Duration
	for i := range 60 {
		if last = b.after(ending{class: notReady}); i < patience-1 && last > frequent {
			t.Fatalf("try %d of a starting camera after %s", i, last)
		}
	}
	if last < longest/2 || last > longest {
		t.Errorf("a camera that is never ready is tried after %s", last)
	}
	for range 10 {
		last = b.after(ending{class: unwelcome})
	}
	if last < longest/2 || last > longest {
		t.Errorf("a camera that refuses is tried after %s", last)
	}
}

// A camera that fails in a different way each time is not tried more often for it, and one that was switched off is
// welcome again at once.
func TestBackoffOfAFickleCamera(t *testing.T) {
	var b backoff
	total := time.Duration(0)
	tries := 0
	for ; total < time.Hour; tries++ {
		total += b.after(ending{class: class(tries % classes)})
	}
	if tries > 600 {
		t.Errorf("a fickle camera is tried %d times in an hour", tries)
	}
	for range absence {
		b.after(ending{class: away})
	}
	if d := b.after(ending{class: notReady}); d > frequent {
		t.Errorf("a camera that was away is tried after %s", d)
	}
}
