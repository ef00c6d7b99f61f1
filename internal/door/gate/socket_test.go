package gate

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// live starts a door with one socket whose handler is h.
func live(t *testing.T, l Limits, h func(ctx context.Context, r *http.Request, s *Socket) error) *place {
	t.Helper()
	return opened(t, func(o *Options) { o.Limits = l }, func(p *place, d *Door) {
		d.Socket(Route{ID: "live", Path: "/api/live/:camera", Action: access.FootageLive, Mode: Carry, Camera: "camera"}, h)
	})
}

// calls opens the socket; headers are "Name: value".
func (p *place) calls(headers ...string) (*websocket.Conn, *http.Response, error) {
	p.t.Helper()
	h := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", p.server.Addr().String())
	}
	transport := &http.Transport{DialContext: dial}
	c, resp, err := websocket.Dial(p.t.Context(), "ws://custody.lan/api/live/"+camera, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: h, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err == nil {
		p.t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, resp, err
}

// ends reads until the socket is closed and returns the code and its words.
func ends(t *testing.T, c *websocket.Conn, within time.Duration) (websocket.StatusCode, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		_, _, err := c.Read(ctx)
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) {
			t.Errorf("the socket ended without a word: %v", err)
		}
		return closed.Code, closed.Reason
	}
}

// waits is a handler that is deaf: it does nothing until the test lets it go.
func waits(release <-chan struct{}) func(context.Context, *http.Request, *Socket) error {
	return func(context.Context, *http.Request, *Socket) error { <-release; return nil }
}

func TestSocketCarriesMessagesAndParameters(t *testing.T) {
	p := live(t, Limits{}, func(ctx context.Context, r *http.Request, s *Socket) error {
		if err := s.Text(ctx, []byte(r.PathValue("camera")+" "+PassOf(ctx).Staff.Name)); err != nil {
			return err
		}
		return s.Binary(ctx, append([]byte("echo "), <-s.Inbox()...))
	})
	c, resp, err := p.calls(cookie, ours)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Error("compression was agreed on")
	}
	kind, b, err := c.Read(t.Context())
	if err != nil || kind != websocket.MessageText || string(b) != camera+" Ada" {
		t.Errorf("%v %q %v", kind, b, err)
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if kind, b, err = c.Read(t.Context()); err != nil || kind != websocket.MessageBinary || string(b) != "echo hello" {
		t.Errorf("%v %q %v", kind, b, err)
	}
	if code, _ := ends(t, c, 5*time.Second); code != websocket.StatusNormalClosure {
		t.Errorf("closed with %d", code)
	}
}

func TestSocketFromAnotherSiteIsRefused(t *testing.T) {
	p := live(t, Limits{}, func(ctx context.Context, _ *http.Request, _ *Socket) error { <-ctx.Done(); return nil })
	for what, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no origin":             {[]string{cookie}, 403},
		"no origin, Bearer":     {[]string{bearer}, 403},
		"a foreign origin":      {[]string{cookie, "Origin: http://evil.example"}, 403},
		"an opaque origin":      {[]string{cookie, "Origin: null"}, 403},
		"the host as an origin": {[]string{cookie, "Origin: https://custody.lan"}, 403},
		"a sibling":             {[]string{cookie, "Origin: http://www.custody.lan"}, 403},
		"two origins":           {[]string{cookie, ours, "Origin: http://evil.example"}, 403},
		"same-site":             {[]string{cookie, ours, "Sec-Fetch-Site: same-site"}, 403},
		"nobody":                {[]string{ours}, 401},
	} {
		_, resp, err := p.calls(c.headers...)
		if err == nil || resp == nil || resp.StatusCode != c.status {
			t.Errorf("%s: %v %v", what, resp, err)
		}
	}
	a := p.does("GET", "/api/live/"+camera, "", cookie, ours)
	p.wants(http.StatusUpgradeRequired, "no upgrade", a)
}

func TestSocketClosesSoonAfterItsSessionDied(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*people)
		code   websocket.StatusCode
	}{
		"signed out":    {func(s *people) { s.err = custody.Errorf(custody.Denied, "sign in to go on") }, 4401},
		"not known":     {func(s *people) { s.err = custody.Errorf(custody.Unavailable, "the database is down") }, 1013},
		"broken":        {func(s *people) { s.err = errors.New("secret cause") }, 1011},
		"stage changed": {func(s *people) { s.stage = identity.StageAcknowledge }, 4403},
	} {
		t.Run(what, func(t *testing.T) {
			release := make(chan struct{})
			p := live(t, Limits{Recheck: 50 * time.Millisecond}, waits(release))
			t.Cleanup(func() { close(release) }) // the deaf handler is let go, so that the server can stop
			conn, _, err := p.calls(cookie, ours)
			if err != nil {
				t.Fatal(err)
			}
			p.people.set(c.change)
			if code, words := ends(t, conn, 5*time.Second); code != c.code || strings.Contains(words, "secret") {
				t.Errorf("closed with %d %q, want %d", code, words, c.code)
			}
		})
	}
}

func TestSocketThatIsStuckInWritingIsCut(t *testing.T) {
	failed := make(chan error, 1)
	p := live(t, Limits{Recheck: 50 * time.Millisecond}, func(ctx context.Context, r *http.Request, s *Socket) error {
		for {
			if err := s.Binary(context.Background(), make([]byte, 1<<20)); err != nil {
				failed <- err
				return err
			}
		}
	})
	if _, _, err := p.calls(cookie, ours); err != nil { // reads nothing
		t.Fatal(err)
	}
	p.people.set(func(s *people) { s.err = custody.Errorf(custody.Denied, "sign in to go on") })
	begin := time.Now()
	select {
	case <-failed:
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("it wrote for %v after the session had died", took)
		}
	case <-time.After(15 * time.Second):
		t.Error("it writes for ever")
	}
}

func TestSocketFollowsTheRenewedToken(t *testing.T) {
	release := make(chan struct{})
	p := live(t, Limits{Recheck: 10 * time.Millisecond}, waits(release))
	p.people.set(func(s *people) { s.renewed = "fresh.token" })
	if _, _, err := p.calls(cookie, ours); err != nil {
		t.Fatal(err)
	}
	for deadline := time.After(5 * time.Second); ; {
		var used bool
		p.people.set(func(s *people) { used = len(s.tokens) > 3 && s.tokens[len(s.tokens)-1] == "fresh.token" })
		if used {
			break
		}
		select {
		case <-deadline:
			t.Fatal("the old token is used for ever")
		case <-time.After(5 * time.Millisecond):
		}
	}
	close(release)
}

func TestSocketsErrorIsItsCloseCode(t *testing.T) {
	for kind, want := range map[custody.Kind]websocket.StatusCode{
		custody.Denied: 4403, custody.NotFound: 4404, custody.Unavailable: 1013, custody.Internal: 1011, custody.Corrupt: 1011, custody.Exhausted: 4429, custody.Invalid: 1011,
	} {
		p := live(t, Limits{}, func(context.Context, *http.Request, *Socket) error {
			return &custody.Error{Kind: kind, Public: strings.Repeat("ä", 100), Cause: errors.New("private")}
		})
		c, _, err := p.calls(cookie, ours)
		if err != nil {
			t.Fatal(err)
		}
		if code, words := ends(t, c, 5*time.Second); code != want || strings.Contains(words, "private") || len(words) > 123 {
			t.Errorf("%v: %d %q, want %d", kind, code, words, want)
		}
	}
}

func TestPanicInASocketTellsNothing(t *testing.T) {
	p := live(t, Limits{}, func(context.Context, *http.Request, *Socket) error { panic("hunter2-in-a-panic") })
	c, _, err := p.calls(cookie, ours)
	if err != nil {
		t.Fatal(err)
	}
	if code, words := ends(t, c, 5*time.Second); code != 1011 || strings.Contains(words, "hunter2") {
		t.Errorf("%d %q", code, words)
	}
	p.server.Stop()
	if strings.Contains(p.log.String(), "hunter2") || !strings.Contains(p.log.String(), "panic of string") {
		t.Errorf("%s", p.log)
	}
}

func TestSocketRefusesLargeMessagesAndTooManySockets(t *testing.T) {
	p := live(t, Limits{SocketsPerAddress: 2}, func(ctx context.Context, r *http.Request, s *Socket) error { <-ctx.Done(); return nil })
	first, _, err := p.calls(cookie, ours)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.calls(cookie, ours); err != nil {
		t.Fatal(err)
	}
	if _, resp, err := p.calls(cookie, ours); err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a third socket: %v, %v", resp, err)
	}
	if err := first.Write(t.Context(), websocket.MessageText, make([]byte, maxMessage+1)); err != nil {
		t.Fatal(err)
	}
	if code, _ := ends(t, first, 5*time.Second); code != websocket.StatusMessageTooBig {
		t.Errorf("closed with %d", code)
	}
}

func TestSilentClientIsFoundOut(t *testing.T) {
	over := make(chan struct{})
	p := live(t, Limits{Ping: 50 * time.Millisecond, SocketWrite: 100 * time.Millisecond}, func(ctx context.Context, r *http.Request, s *Socket) error {
		<-ctx.Done()
		close(over)
		return nil
	})
	if _, _, err := p.calls(cookie, ours); err != nil { // never reads, so answers no ping
		t.Fatal(err)
	}
	select {
	case <-over:
	case <-time.After(5 * time.Second):
		t.Error("a silent client is served for ever")
	}
}

func TestStoppingServerSaysFarewellToSockets(t *testing.T) {
	p := live(t, Limits{}, func(ctx context.Context, r *http.Request, s *Socket) error { <-ctx.Done(); return nil })
	c, _, err := p.calls(cookie, ours)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); p.server.Stop() }()
	if code, _ := ends(t, c, 5*time.Second); code != websocket.StatusTryAgainLater {
		t.Errorf("closed with %d", code)
	}
	<-stopped
}
