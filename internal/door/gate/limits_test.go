package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

func TestOversizedRequestsAreRefused(t *testing.T) {
	p := opened(t, nil, nil)
	p.wants(http.StatusRequestURITooLong, "address", p.does("GET", "/api/session?a="+strings.Repeat("a", 8<<10), "", bearer))
	p.wants(http.StatusOK, "a long address", p.does("GET", "/api/session?a="+strings.Repeat("a", 7<<10), "", bearer))
	p.wants(http.StatusRequestHeaderFieldsTooLarge, "header", p.does("GET", "/api/session", "", bearer, "X-A: "+strings.Repeat("a", 32<<10)))
	p.wants(http.StatusRequestEntityTooLarge, "declared body", p.does("POST", "/api/sign-in", strings.Repeat("a", 1<<20+1)))
	p.wants(http.StatusOK, "a large body", p.does("POST", "/api/sign-in", strings.Repeat("a", 1<<20)))
	if got := p.raw("GET /api/site HTTP/1.1\r\nHost: custody.lan\r\nX-A: %s\r\n\r\n", strings.Repeat("a", 128<<10)); !strings.Contains(got, "431") {
		t.Errorf("a huge header: %.60q", got)
	}
}

func TestEndlessBodyIsCutWithFlatMemory(t *testing.T) {
	p := opened(t, nil, nil)
	before := heap()
	c, err := net.Dial("tcp", p.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "POST /api/sign-in HTTP/1.1\r\nHost: custody.lan\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := fmt.Sprintf("10000\r\n%s\r\n", strings.Repeat("a", 1<<16))
	var sent int
	var writing sync.WaitGroup
	writing.Go(func() {
		for sent = 0; sent < 256<<20; sent += len(chunk) {
			if _, err := io.WriteString(c, chunk); err != nil {
				return
			}
		}
	})
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = c.Close()
	writing.Wait()
	if sent > 64<<20 {
		t.Errorf("%d bytes were taken", sent)
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func quick(o *Options) {
	o.Limits = Limits{ReadHeader: 100 * time.Millisecond, Read: 200 * time.Millisecond, Write: 400 * time.Millisecond}
}

func TestSlowRequestsAreEnded(t *testing.T) {
	p := opened(t, quick, nil)
	for what, text := range map[string]string{
		"nothing": "", "half a header": "GET /api/site HTTP/1.1\r\nHost: custody.lan\r\nX-A: ",
		"half a body": "POST /api/sign-in HTTP/1.1\r\nHost: custody.lan\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
	} {
		c, err := net.Dial("tcp", p.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_ = c.SetDeadline(begin.Add(10 * time.Second))
		fmt.Fprint(c, text)
		var trickle sync.WaitGroup
		stop := make(chan struct{})
		trickle.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					if text != "" {
						_, _ = c.Write([]byte("a"))
					}
				}
			}
		})
		got, _ := io.ReadAll(c)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s was endured for %v: %.40q", what, took, got)
		}
		close(stop)
		trickle.Wait()
		_ = c.Close()
	}
	p.wants(http.StatusOK, "meanwhile", p.does("GET", "/api/site", ""))
}

// A long answer may take longer than an ordinary one, as long as it is taken; its context must not end with the time for reading.
func TestLongAnswersKeepTheirPace(t *testing.T) {
	p := opened(t, quick, func(p *place, d *Door) {
		d.Raw(Route{ID: "long", Method: "GET", Path: "/api/long", Action: access.FootageRead, Mode: Carry, Stream: true}, func(w http.ResponseWriter, r *http.Request) error {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for range 9 {
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return r.Context().Err()
				}
				if _, err := io.WriteString(w, "piece "); err != nil {
					return err
				}
			}
			return nil
		})
		d.Raw(Route{ID: "flood", Method: "GET", Path: "/api/flood", Action: access.FootageRead, Mode: Carry, Stream: true}, func(w http.ResponseWriter, r *http.Request) error {
			_, err := w.Write(make([]byte, 64<<20))
			p.reached <- fmt.Sprint(err)
			return err
		})
	})
	if a := p.does("GET", "/api/long", "", bearer); a.status != 200 || a.body != strings.Repeat("piece ", 9) {
		t.Errorf("%d %q\n%s", a.status, a.body, p.log)
	}
	c, err := net.Dial("tcp", p.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /api/flood HTTP/1.1\r\nHost: custody.lan\r\n%s\r\n\r\n", bearer)
	select {
	case got := <-p.reached:
		if !strings.Contains(got, "timeout") {
			t.Errorf("a client that takes nothing: %s", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("a client that takes nothing holds its handler")
	}
}

func TestTooManyRequestsAtOnce(t *testing.T) {
	release := make(chan struct{})
	p := opened(t, func(o *Options) { o.Limits = Limits{Requests: 4, RequestsPerAddress: 2} }, func(p *place, d *Door) {
		d.RawOpen(Open{ID: "slow", Method: "GET", Path: "/api/slow", Why: "a test"}, func(w http.ResponseWriter, r *http.Request) error {
			p.reached <- "slow"
			<-release
			return nil
		})
	})
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() { p.does("GET", "/api/slow", "") })
	}
	<-p.reached
	<-p.reached
	a := p.does("GET", "/api/site", "")
	p.wants(http.StatusTooManyRequests, "a third of one address", a)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		if p.door.requests.enter(address) != welcome {
			t.Errorf("%s is not welcome", address)
		}
	}
	if p.door.requests.enter("192.0.2.3") != full {
		t.Error("there is always room")
	}
	p.door.requests.leave("192.0.2.1")
	p.door.requests.leave("192.0.2.2")
	close(release)
	waiting.Wait()
	p.wants(http.StatusOK, "afterwards", p.does("GET", "/api/site", ""))
	if n := len(p.door.requests.by); n > 1 {
		t.Errorf("%d addresses are remembered", n)
	}
}

func TestTooManyConnectionsAreClosedUnread(t *testing.T) {
	p := opened(t, func(o *Options) { o.Limits = Limits{ConnectionsPer: 3} }, nil)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", p.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		fmt.Fprintf(c, "GET /api/site HTTP/1.1\r\nHost: custody.lan\r\n\r\n")
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.raw("GET /api/site HTTP/1.1\r\nHost: custody.lan\r\nConnection: close\r\n\r\n"); strings.Contains(got, "HTTP") {
		t.Errorf("a fourth connection: %.40q", got)
	}
}

// Two parsers that disagree about where a request ends would let one be hidden inside another.
func TestMalformedFramingIsRefused(t *testing.T) {
	p := opened(t, nil, nil)
	const head = "POST /api/sign-in HTTP/1.1\r\nHost: custody.lan\r\nContent-Type: application/json\r\n"
	for what, text := range map[string]string{
		"two lengths":         head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}\n",
		"a signed length":     head + "Content-Length: +2\r\n\r\n{}",
		"a strange encoding":  head + "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"two encodings":       head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"a bad chunk":         head + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
		"a folded header":     head + "X-A: b\r\n Content-Length: 9\r\nContent-Length : 2\r\n\r\n{}",
		"a space in the name": head + "Content-Length : 2\r\n\r\n{}",
		"two hosts":           head + "Host: evil.example\r\nContent-Length: 2\r\n\r\n{}",
	} {
		if got := p.raw("%s", text); strings.Contains(got, " 200 ") {
			t.Errorf("%s: %.80q", what, got)
		}
	}
}

// TestAPartThatIsStuckIsAnAnswer: who waits for the database in vain still has time to say so.
func TestAPartThatIsStuckIsAnAnswer(t *testing.T) {
	p := opened(t, quick, func(p *place, d *Door) {
		d.Raw(Route{ID: "stuck", Method: http.MethodGet, Path: "/api/stuck", Action: access.StaffView, Mode: List}, func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return custody.Wrap(custody.Unavailable, context.Cause(r.Context()), "the records cannot be read now")
		})
	})
	p.wants(http.StatusServiceUnavailable, "stuck", p.does("GET", "/api/stuck", "", bearer))
}
