package gate

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// takes is how many bytes the line for papers takes: more than an ordinary body may have.
const takes = 3 << 20

// withPapers opens a door with a line that takes bytes, and one whose subject is of one kind.
func withPapers(t *testing.T) *place {
	t.Helper()
	return opened(t, nil, func(p *place, d *Door) {
		d.Raw(Route{ID: "paper-add", Method: "POST", Path: "/api/requests/:request/papers", Action: access.RequestPrepare, Mode: Carry, Takes: takes},
			func(w http.ResponseWriter, r *http.Request) error {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					return BodyError(err)
				}
				p.reached <- "paper-add"
				_, err = fmt.Fprint(w, len(b))
				return err
			})
		d.Raw(Route{ID: "request-note", Method: "POST", Path: "/api/requests/:request/notes", Action: access.RequestPrepare, Mode: Decide, Subject: "request", Prefix: "req_"},
			func(w http.ResponseWriter, _ *http.Request) error {
				p.reached <- "request-note"
				_, err := fmt.Fprint(w, "noted")
				return err
			})
	})
}

const octets = "Content-Type: application/octet-stream"

// TestALineTakesBytesWithinItsBound sends bytes up to the bound and one more, and to lines that take none.
func TestALineTakesBytesWithinItsBound(t *testing.T) {
	p := withPapers(t)
	const path = "/api/requests/x/papers"
	full := strings.Repeat("p", takes)
	a := p.does("POST", path, full, bearer, octets)
	if p.wants(http.StatusOK, "at the bound", a); a.body != fmt.Sprint(takes) {
		t.Errorf("%s bytes came of %d", a.body, takes)
	}
	p.wants(http.StatusRequestEntityTooLarge, "one byte more", p.does("POST", path, full+"p", bearer, octets))
	for _, media := range []string{"Content-Type: application/json", "Content-Type: multipart/form-data; boundary=x", "Content-Type: nonsense;;", "Content-Type: text/plain"} {
		p.wants(http.StatusUnsupportedMediaType, media, p.does("POST", path, "{}", bearer, media))
	}
	p.wants(http.StatusUnsupportedMediaType, "bytes for a line of JSON", p.does("POST", "/api/session/confirm", "x", bearer, octets))
	for _, other := range []string{"/api/requests/x/notes", "/api/requests/x/papers/", "/api/requests//papers", "/api/requests/x/y/papers"} {
		p.wants(http.StatusRequestEntityTooLarge, "as much at "+other, p.does("POST", other, full, bearer, octets))
	}
	p.wants(http.StatusForbidden, "without the header", p.does("POST", path, "x", cookie, ours, octets))
	p.wants(http.StatusForbidden, "of another site", p.does("POST", path, "x", cookie, csrf, "Origin: https://evil.example", octets))
	p.wants(http.StatusOK, "of our own page", p.does("POST", path, "x", cookie, csrf, ours, octets))
}

// TestNobodysBytesAreNotAskedFor waits with the bytes until the site asks for them, which it does for who may send them only.
func TestNobodysBytesAreNotAskedFor(t *testing.T) {
	p := withPapers(t)
	for credential, want := range map[string]string{"": " 401 ", "Authorization: Bearer wrong.token\r\n": " 401 ", cookie + "\r\n": " 403 ", bearer + "\r\n": " 100 "} {
		c, err := net.Dial("tcp", p.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /api/requests/x/papers HTTP/1.1\r\nHost: custody.lan\r\n%s%s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", credential, octets, takes)
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, want) {
			t.Errorf("%q: %q %v, want %s", credential, line, err, want)
		}
	}
}

// TestEndlessBytesAreCut sends more than the bound without saying how much it is.
func TestEndlessBytesAreCut(t *testing.T) {
	p := withPapers(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", origin+"/api/requests/x/papers", io.LimitReader(endless{}, 4*takes))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{bearer, octets} {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	res, err := p.client.Do(r)
	if err != nil {
		return // the connection was ended while the bytes were under way
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge || len(p.reached) != 0 {
		t.Errorf("%d, the handler went on %d times", res.StatusCode, len(p.reached))
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestASubjectOfAnotherKindNamesNothing: the judge is not asked about what is no id of that kind.
func TestASubjectOfAnotherKindNamesNothing(t *testing.T) {
	p := withPapers(t)
	for _, id := range []string{"x", camera, "req_", "req_short", "itm_aaaaaaaaaaaaaaaaaaaaaaaaaa", strings.Repeat("a", maxSubject+1)} {
		p.wants(http.StatusNotFound, id, p.does("POST", "/api/requests/"+id+"/notes", "{}", bearer))
	}
	p.judge.mu.Lock()
	asked := len(p.judge.asks)
	p.judge.mu.Unlock()
	p.wants(http.StatusOK, "a request", p.does("POST", "/api/requests/"+string(custody.NewRequestID())+"/notes", "{}", bearer))
	if asked != 0 {
		t.Errorf("the judge was asked %d times about nothing", asked)
	}
}
