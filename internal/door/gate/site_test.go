package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

const (
	origin    = "http://custody.lan"
	goodToken = "good.token.aaaa" // of a browser
	apiToken  = "good.token.bbbb" // of a program
	goodCSRF  = "csrf-of-this-session"
	camera    = "cam_aaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// people is an Identity with one session and knobs.
type people struct {
	mu      sync.Mutex
	stage   identity.Stage
	err     error
	renewed identity.Secret
	tokens  []string // as presented
	from    []string // addresses
}

func (p *people) Authenticate(_ context.Context, token identity.Secret, address string) (identity.Authentication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens, p.from = append(p.tokens, string(token)), append(p.from, address)
	if p.err != nil {
		return identity.Authentication{}, p.err
	}
	program := string(token) == apiToken
	if string(token) != goodToken && !program && (p.renewed == "" || token != p.renewed) {
		return identity.Authentication{}, custody.Errorf(custody.Denied, "sign in to go on")
	}
	return identity.Authentication{Actor: identity.System(), Stage: p.stage, Renewed: p.renewed, Session: identity.Session{ID: "ses_x", Bearer: program}, Staff: identity.Staff{Name: "Ada"}}, nil
}

func (p *people) CheckCSRF(session custody.SessionID, value string) bool {
	return session == "ses_x" && value == goodCSRF
}

func (p *people) set(change func(*people)) { p.mu.Lock(); defer p.mu.Unlock(); change(p) }

// bench is a judge with knobs.
type bench struct {
	mu   sync.Mutex
	asks []access.Ask
	err  error
}

func (b *bench) Decide(_ context.Context, _ access.Actor, ask access.Ask) (access.Grant, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks = append(b.asks, ask)
	return access.Grant{}, b.err
}

func (b *bench) Scope(_ context.Context, _ access.Actor, action access.Action) (access.Scope, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks = append(b.asks, access.Ask{Action: action})
	return access.Scope{}, b.err
}

// station is a clock that does not move by itself.
type station struct{}

func (station) Now() custody.Instant          { return 1_800_000_000_000_000 }
func (station) Reading() custody.ClockReading { return custody.ClockReading{Now: station{}.Now()} }

// paper is a log that a test reads while it is written.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) { p.mu.Lock(); defer p.mu.Unlock(); return p.b.Write(b) }
func (p *paper) String() string              { p.mu.Lock(); defer p.mu.Unlock(); return p.b.String() }

// place is a door on a real socket.
type place struct {
	t       *testing.T
	people  *people
	judge   *bench
	log     *paper
	door    *Door
	server  *Server
	client  *http.Client
	reached chan string // routes whose handler ran
}

// opened starts a door with the usual routes; change may alter its options, lay more lines.
func opened(t *testing.T, change func(*Options), lay func(*place, *Door)) *place {
	t.Helper()
	p := &place{t: t, people: &people{stage: identity.StageFull}, judge: &bench{}, log: &paper{}, reached: make(chan string, 1000)}
	canonical, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Identity: p.people, Judge: p.judge, Clock: station{}, Canonical: canonical,
		Log:    slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Static: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "application") }),
	}
	if change != nil {
		change(&o)
	}
	if p.door, err = New(o); err != nil {
		t.Fatal(err)
	}
	p.lay(p.door)
	if lay != nil {
		lay(p, p.door)
	}
	p.door.Seal()
	if p.server, err = NewServer(p.door, "127.0.0.1:0", nil); err != nil {
		t.Fatal(err)
	}
	if err := p.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.server.Stop)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", p.server.Addr().String())
	}
	transport := &http.Transport{DialContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	p.client = &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return p
}

func (p *place) lay(d *Door) {
	note := func(name string) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return BodyError(err)
			}
			p.reached <- name
			return json.NewEncoder(w).Encode(map[string]any{"route": name, "body": string(b), "address": PassOf(r.Context()).Address, "camera": r.PathValue("camera")})
		}
	}
	d.Raw(Route{ID: "camera-change", Method: "POST", Path: "/api/cameras/:camera", Action: access.CameraManage, Mode: Decide, Camera: "camera"}, note("camera-change"))
	d.Raw(Route{ID: "camera-list", Method: "GET", Path: "/api/cameras", Action: access.CameraView, Mode: List}, note("camera-list"))
	d.Raw(Route{ID: "piece", Method: "GET", Path: "/api/pieces/:piece", Action: access.FootageRead, Mode: Carry, Stream: true}, note("piece"))
	d.Raw(Route{ID: "staff-change", Method: "PATCH", Path: "/api/staff/:staff", Action: access.StaffManage, Mode: Decide, Subject: "staff"}, note("staff-change"))
	d.Raw(Route{ID: "session", Method: "GET", Path: "/api/session", Action: access.SelfManage, Mode: Self}, note("session"))
	d.Raw(Route{ID: "confirm", Method: "POST", Path: "/api/session/confirm", Action: access.SelfManage, Mode: Self}, note("confirm"))
	d.RawOpen(Open{ID: "sign-in", Method: "POST", Path: "/api/sign-in", Why: "nobody is known before"}, note("sign-in"))
	d.RawOpen(Open{ID: "site", Method: "GET", Path: "/api/site", Why: "the sign-in page shows it"}, note("site"))
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	problem Problem
}

// does sends a request; headers are "Name: value".
func (p *place) does(method, path, body string, headers ...string) answer {
	p.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, origin+path, content)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if resp.Header.Get("Content-Type") == problemType && method != http.MethodHead {
		if err := json.Unmarshal(b, &a.problem); err != nil || a.problem.Status != a.status || a.problem.RequestID != resp.Header.Get("X-Request-Id") {
			p.t.Errorf("%s %s: a problem that does not fit its answer: %v, %s", method, path, err, b)
		}
	}
	return a
}

// wants demands a status, and of errors that they are problems and that no handler ran.
func (p *place) wants(status int, what string, a answer) {
	p.t.Helper()
	if a.status != status {
		p.t.Errorf("%s: status %d, want %d; %s", what, a.status, status, a.body)
	}
	ran := false
	select {
	case <-p.reached:
		ran = true
	default:
	}
	if a.status >= 400 && (a.problem.Status == 0 || ran) {
		p.t.Errorf("%s: %d is a problem: %v; a handler ran: %v", what, a.status, a.problem.Status != 0, ran)
	}
}

const (
	cookie   = "Cookie: " + cookieName + "=" + goodToken
	bearer   = "Authorization: Bearer " + apiToken
	csrf     = "X-CSRF: " + goodCSRF
	ours     = "Origin: " + origin
	sameSite = "Sec-Fetch-Site: same-origin"
)

// raw speaks HTTP by hand: what a well-behaved client cannot say.
func (p *place) raw(format string, args ...any) string {
	p.t.Helper()
	c, err := net.Dial("tcp", p.server.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		return err.Error()
	}
	b, _ := io.ReadAll(io.LimitReader(c, 1<<20))
	return string(b)
}
