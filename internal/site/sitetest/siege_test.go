package sitetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// siege is a front door with a crowd before it.
type siege struct {
	*Site
	t *testing.T
	p *Process
}

// TestTheDoorHoldsUnderSiege brings forged, huge and slow requests to the real process in great numbers. All are refused with flat memory,
// an honest person is served meanwhile, and no picture is lost.
func TestTheDoorHoldsUnderSiege(t *testing.T) {
	farm := Farm(t, simcam.Options{Count: 1, Ledger: 1 << 16, Now: time.Now})
	s := &siege{Site: New(t, Options{Web: true}), t: t}
	s.Add(farm.Cameras()...)
	s.p = s.Serve()
	clerk := s.Hire("clerk", "staff")
	attack := func(n int) {
		s.forged(clerk.Token(), n)
		s.huge(max(4, n/50))
	}
	attack(Scaled(200, 2000))
	before := s.p.Vitals()
	attack(Scaled(1000, 30_000))
	if after := s.p.Vitals(); after.RSS > before.RSS+32<<20 {
		t.Errorf("before the attack %s, after it %s", before, after)
	}
	var slow sync.WaitGroup
	for i := range 60 {
		slow.Go(func() { s.slow(i) })
	}
	crowded := make(chan struct{})
	go func() { defer close(crowded); slow.Wait() }()
	for under := true; under; {
		clerk.Get("/api/cameras").OK()
		select {
		case <-crowded:
			under = false
		case <-time.After(200 * time.Millisecond):
		}
	}
	WaitUntil(t, 20*time.Second, "nothing is left of the crowd", func() bool { return s.p.Vitals().Goroutines <= before.Goroutines+20 })
	t.Logf("before %s, after %s", before, s.p.Vitals())
	s.p.Stop()
	SameAsSent(t, s.Open().Units(CameraName(farm.Cameras()[0])), farm, farm.Cameras()[0])
}

// forged brings n tokens that are none; two of three look as one does until the signature is read.
func (s *siege) forged(good string, n int) {
	client := s.newClient()
	defer client.CloseIdleConnections()
	for i := range n {
		token := good[:len(good)-20] + strings.Repeat(string(rune('A'+i%26)), 20)
		if i%3 == 0 {
			token = strings.Repeat("eyJh.", 200+i%600)
		}
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL()+"/api/session", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if i%2 == 0 {
			r.Header.Set("Authorization", "Bearer "+token)
		} else {
			r.Header.Set("Cookie", strings.Repeat("a=b; ", i%100)+cookieName+"="+token)
		}
		res, err := client.Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		if _ = res.Body.Close(); err != nil || res.StatusCode != http.StatusUnauthorized {
			s.t.Fatalf("%d, %v", res.StatusCode, err)
		}
	}
}

// huge brings headers of a mebibyte: one token, and thousands of cookies.
func (s *siege) huge(n int) {
	for i := range n {
		head := "Authorization: Bearer " + strings.Repeat("A", 1<<20)
		if i%2 == 0 {
			head = strings.Repeat("Cookie: "+cookieName+"="+strings.Repeat("B", 100)+"\r\n", 9000) + "X: y"
		}
		status := s.raw(fmt.Sprintf("GET /api/session HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", strings.TrimPrefix(s.URL(), "http://"), head))
		if status != "431" && status != "cut" {
			s.t.Errorf("a header of a mebibyte: %s", status)
		}
	}
}

// raw writes a request as it stands; cut if the site hung up before it had read all of it.
func (s *siege) raw(request string) string {
	c, err := net.Dial("tcp", s.Conf.Web.Listen)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	_, werr := io.WriteString(c, request)
	line, err := bufio.NewReader(c).ReadString('\n')
	if f := strings.Fields(line); len(f) > 1 {
		return f[1]
	}
	if gone := errors.Join(werr, err); errors.Is(gone, syscall.EPIPE) || errors.Is(gone, syscall.ECONNRESET) {
		return "cut"
	}
	return fmt.Sprint(line, err)
}

// slow sends a byte now and then, of a header or of a body, until the site has had enough.
func (s *siege) slow(i int) {
	c, err := net.Dial("tcp", s.Conf.Web.Listen)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer c.Close()
	host, begin, most := strings.TrimPrefix(s.URL(), "http://"), time.Now(), 15*time.Second
	head := "GET /api/site HTTP/1.1\r\nHost: " + host + "\r\nX-Slow: "
	if i%3 == 0 {
		head, most = "POST /api/sign-in HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n", 30*time.Second
	}
	if _, err := io.WriteString(c, head); err != nil {
		s.t.Error(err)
		return
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = io.Copy(io.Discard, c) }() // until the site hangs up
	for {
		select {
		case <-ended:
			if took := time.Since(begin); took > most {
				s.t.Errorf("a slow request was borne for %s", took)
			}
			return
		case <-time.After(500 * time.Millisecond):
			if _, err := io.WriteString(c, "a"); err != nil {
				<-ended
				return
			}
		}
	}
}
