package simcam

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Trap is where a redirect leads: a listener that asks for a password and remembers whoever came. A recorder that obeys
// THREATS never connects to it.
type Trap struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	count    int
	requests []string
	secrets  []string
}

// trapLimit bounds how much a trap remembers and how long it listens to one client.
const (
	trapLimit = 1000
	trapTime  = 30 * time.Second
)

// StartTrap listens on a free port of the loopback interface. Call Stop.
func StartTrap() (*Trap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the trap cannot listen")
	}
	t := &Trap{listener: l, conns: map[net.Conn]bool{}}
	t.wg.Go(t.accept)
	return t, nil
}

// URL is where to redirect to.
func (t *Trap) URL() string { return "rtsp://" + t.listener.Addr().String() + "/trap" }

// Connections is how many clients came.
func (t *Trap) Connections() int { t.mu.Lock(); defer t.mu.Unlock(); return t.count }

// Requests are the request lines that arrived.
func (t *Trap) Requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.requests...)
}

// Credentials are the Authorization headers that arrived.
func (t *Trap) Credentials() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.secrets...)
}

// Stop closes the trap and waits for its goroutines. It may be called again.
func (t *Trap) Stop() {
	_ = t.listener.Close() // a second close reports that it is closed, which is what we want
	t.mu.Lock()
	for c := range t.conns {
		_ = c.Close()
	}
	t.conns = nil
	t.mu.Unlock()
	t.wg.Wait()
}

func (t *Trap) accept() {
	for {
		c, err := t.listener.Accept()
		if err != nil {
			return
		}
		t.mu.Lock()
		t.count++
		stopped := t.conns == nil
		if !stopped {
			t.conns[c] = true
		}
		t.mu.Unlock()
		if stopped {
			_ = c.Close()
			return
		}
		t.wg.Go(func() { t.serve(c) })
	}
}

func (t *Trap) serve(c net.Conn) {
	defer func() {
		t.mu.Lock()
		delete(t.conns, c)
		t.mu.Unlock()
		_ = c.Close()
	}()
	_ = c.SetDeadline(time.Now().Add(trapTime)) // fails only on a closed connection, which the read reports
	r := bufio.NewReaderSize(c, maxLine)
	for {
		q, err := readRequest(r, func() {})
		if err != nil {
			return
		}
		t.remember(q)
		answer := []string{"RTSP/1.0 401 Unauthorized", "CSeq: " + q.header["Cseq"], `WWW-Authenticate: Basic realm="trap"`, "", ""}
		if _, err := c.Write([]byte(strings.Join(answer, "\r\n"))); err != nil {
			return
		}
	}
}

func (t *Trap) remember(q request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.requests) == trapLimit {
		return
	}
	t.requests = append(t.requests, q.method+" "+q.url)
	if a := q.header["Authorization"]; a != "" {
		t.secrets = append(t.secrets, a)
	}
}
