package gate

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

func TestForeignHostIsRefused(t *testing.T) {
	p := opened(t, func(o *Options) { o.AllowedHosts = []string{"127.0.0.1:8440"} }, nil)
	for _, host := range []string{"evil.example", "custody.lan.evil.example", "custody.lan:8080", "127.0.0.1", "custody.lan@evil.example", "localhost"} {
		a := p.does("GET", "/api/site", "", "Host: "+host)
		p.wants(http.StatusMisdirectedRequest, host, a)
		if strings.Contains(a.body, "evil") {
			t.Errorf("%s comes back: %s", host, a.body)
		}
	}
	for _, host := range []string{"custody.lan", "CUSTODY.LAN", "custody.lan:80", "127.0.0.1:8440"} {
		p.wants(http.StatusOK, host, p.does("GET", "/api/site", "", "Host: "+host))
	}
	for _, forwarded := range []string{"X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Original-URL: /api/session", "X-Rewrite-URL: /api/session"} {
		a := p.does("GET", "/api/site", "", forwarded)
		p.wants(http.StatusOK, forwarded, a)
		if !strings.Contains(a.body, `"route":"site"`) {
			t.Errorf("%s: %s", forwarded, a.body)
		}
	}
	if got := p.raw("GET http://custody.lan/api/site HTTP/1.1\r\nHost: custody.lan\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 421") {
		t.Errorf("a proxy's request: %.60q", got)
	}
	if got := p.raw("GET /api/site HTTP/1.0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.0 421") {
		t.Errorf("no host: %.60q", got)
	}
}

func TestMethodOverrideIsRefused(t *testing.T) {
	p := opened(t, nil, nil)
	for _, header := range []string{"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PATCH", "X-Method-Override: PUT"} {
		p.wants(http.StatusBadRequest, header, p.does("POST", "/api/session/confirm", "{}", bearer, header))
		p.wants(http.StatusBadRequest, header, p.does("GET", "/api/session", "", bearer, header))
	}
	p.wants(http.StatusBadRequest, "_method", p.does("POST", "/api/session/confirm?_method=DELETE", "{}", bearer))
	for _, method := range []string{"TRACE", "OPTIONS", "PROPFIND", "get"} {
		p.wants(http.StatusMethodNotAllowed, method, p.does(method, "/api/session", "", bearer))
	}
	a := p.does("DELETE", "/api/cameras", "", bearer)
	p.wants(http.StatusMethodNotAllowed, "DELETE", a)
	if a.header.Get("Allow") != "GET" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	if a := p.does("HEAD", "/api/cameras", "", bearer); a.status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", a.status)
	}
	p.wants(http.StatusMethodNotAllowed, "writing files", p.does("POST", "/index.html", "{}", bearer))
	if got := p.raw("CONNECT custody.lan:80 HTTP/1.1\r\nHost: custody.lan:80\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 405") {
		t.Errorf("CONNECT: %.60q", got)
	}
}

func TestTokenInURLIsRefused(t *testing.T) {
	p := opened(t, nil, nil)
	for _, key := range []string{"token", "access_token", "ACCESS_TOKEN", "jwt", "authorization", "sid", "%74oken", "a=1&token", "password"} {
		a := p.does("GET", "/api/session?"+key+"="+goodToken, "", cookie)
		p.wants(http.StatusBadRequest, key, a)
		if strings.Contains(a.body, goodToken) {
			t.Errorf("%s comes back: %s", key, a.body)
		}
	}
	p.wants(http.StatusBadRequest, "a malformed query", p.does("GET", "/api/session?a=%zz", "", cookie))
	p.wants(http.StatusBadRequest, "a semicolon", p.does("GET", "/api/session?a=1;token=x", "", cookie))
	if strings.Contains(p.log.String(), goodToken) {
		t.Error("the token is in the log")
	}
}

func TestPathHasOneSpelling(t *testing.T) {
	p := opened(t, nil, nil)
	for _, path := range []string{"//api/session", "/api//session", "/api/./session", "/api/x/../session", "/api/%73ession", "/api%2fsession",
		"/api/session%00", "/api/session%0a", "/api/session/", "/api/..%5csession", "/api/nothing", "/api"} {
		p.wants(http.StatusNotFound, path, p.does("GET", path, "", bearer))
	}
	if a := p.does("GET", "/review/today", ""); a.status != http.StatusOK || a.body != "application" {
		t.Errorf("the application: %d %s", a.status, a.body)
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	p := opened(t, nil, nil)
	for what, a := range map[string]answer{
		"application": p.does("GET", "/", ""), "public": p.does("GET", "/api/site", ""), "guarded": p.does("GET", "/api/session", "", cookie),
		"401": p.does("GET", "/api/session", ""), "404": p.does("GET", "/api/x", ""), "421": p.does("GET", "/api/site", "", "Host: evil.example"),
	} {
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=()", "X-Request-Id": "req-",
		} {
			if got := a.header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s: %q", what, name, got)
			}
		}
		if csp := a.header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: %s", what, csp)
		}
		if what != "application" && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", what)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Server") != "" || a.header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", what, a.header)
		}
	}
}

func TestRequestIDIsOurOwn(t *testing.T) {
	p := opened(t, nil, nil)
	a, b := p.does("GET", "/api/site", "", "X-Request-Id: chosen"), p.does("GET", "/api/site", "")
	if id := a.header.Get("X-Request-Id"); id == "chosen" || id == b.header.Get("X-Request-Id") || !strings.Contains(p.log.String(), id) {
		t.Errorf("%q", id)
	}
}

func TestAddressIsBelievedOfTrustedProxiesOnly(t *testing.T) {
	const forged = "X-Forwarded-For: 203.0.113.9"
	address := func(p *place, headers ...string) string {
		p.does("GET", "/api/session", "", append(headers, bearer)...)
		return p.people.from[len(p.people.from)-1]
	}
	p := opened(t, nil, nil)
	if got := address(p, forged, "X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9", "CF-Connecting-IP: 203.0.113.9"); got != "127.0.0.1" {
		t.Errorf("nobody is trusted, and the address is %q", got)
	}
	p = opened(t, func(o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	}, nil)
	for header, want := range map[string]string{
		forged:                                   "203.0.113.9",
		"X-Forwarded-For: 1.2.3.4, 203.0.113.9":  "203.0.113.9", // the first one is the caller's own invention
		"X-Forwarded-For: 203.0.113.9, 10.7.7.7": "203.0.113.9",
		"X-Forwarded-For: 203.0.113.9, nonsense": "127.0.0.1",
		"X-Forwarded-For: ::ffff:203.0.113.9":    "203.0.113.9",
		"X-Forwarded-For: 2001:db8::1":           "2001:db8::1",
		"X-Forwarded-For: 10.1.1.1":              "10.1.1.1",
		"X-Real-IP: 203.0.113.9":                 "127.0.0.1",
	} {
		if got := address(p, header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func TestPanicTellsNothing(t *testing.T) {
	const secret = "hunter2-in-a-panic"
	p := opened(t, nil, func(p *place, d *Door) {
		d.RawOpen(Open{ID: "panic", Method: "POST", Path: "/api/panic", Why: "a test"}, func(w http.ResponseWriter, r *http.Request) error { panic(secret) })
		d.RawOpen(Open{ID: "half", Method: "GET", Path: "/api/half", Why: "a test"}, func(w http.ResponseWriter, r *http.Request) error {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			return custody.Errorf(custody.Corrupt, "the rest is gone")
		})
	})
	a := p.does("POST", "/api/panic", `{"password":"`+secret+`"}`)
	p.wants(http.StatusInternalServerError, "panic", a)
	if strings.Contains(a.body, "hunter2") || strings.Contains(p.log.String(), "hunter2") || !strings.Contains(a.body, a.header.Get("X-Request-Id")) {
		t.Errorf("%s\n%s", a.body, p.log)
	}
	if !strings.Contains(p.log.String(), "TestPanicTellsNothing") {
		t.Errorf("the log does not say where: %s", p.log)
	}
	if got := p.raw("GET /api/half HTTP/1.1\r\nHost: custody.lan\r\n\r\n"); !strings.Contains(got, "half") || strings.HasSuffix(got, "0\r\n\r\n") {
		t.Errorf("half an answer looks whole: %q", got)
	}
	p.wants(http.StatusOK, "afterwards", p.does("GET", "/api/site", ""))
}

func TestLogHasNothingThatWasSent(t *testing.T) {
	const canary = "canary7"
	p := opened(t, nil, nil)
	p.does("GET", "/api/pieces/"+canary+"?q="+canary, "", bearer, "User-Agent: "+canary, "Referer: http://"+canary+"/", "X-Forwarded-For: "+canary)
	p.does("POST", "/api/sign-in", `{"password":"`+canary+`"}`, "Cookie: "+cookieName+"="+canary)
	p.does("GET", "/"+canary, "")
	p.does("GET", "/api/"+canary, "", "Authorization: Bearer "+canary)
	p.does(strings.ToUpper(canary), "/api/site", "")
	log := p.log.String()
	if strings.Contains(strings.ToLower(log), canary) {
		t.Errorf("what was sent is in the log:\n%s", log)
	}
	if !strings.Contains(log, "route=/api/pieces/:piece") || !strings.Contains(log, "actor=system") || !strings.Contains(log, "status=200") {
		t.Errorf("the log lacks what it is for:\n%s", log)
	}
}

func TestProblemsAreGolden(t *testing.T) {
	var b strings.Builder
	for k := custody.Internal; k <= custody.Exhausted; k++ {
		r := &http.Request{Header: http.Header{}}
		w := &golden{b: &b, h: http.Header{}}
		WriteProblem(w, r, &custody.Error{Kind: k, Public: "a sentence for people", Cause: os.ErrClosed})
	}
	WriteProblem(&golden{b: &b, h: http.Header{}}, &http.Request{}, SignIn(nil))
	WriteProblem(&golden{b: &b, h: http.Header{}}, &http.Request{}, os.ErrClosed)
	WriteProblem(&golden{b: &b, h: http.Header{}}, &http.Request{}, Fail(t.Context(), custody.Errorf(custody.Invalid, "name: must not be empty"), Fault{"body.name", "must not be empty"}))
	compare(t, "problems.golden", b.String())
}

type golden struct {
	b *strings.Builder
	h http.Header
}

func (g *golden) Header() http.Header { return g.h }
func (g *golden) WriteHeader(status int) {
	g.b.WriteString(http.StatusText(status) + "\n")
	_ = g.h.WriteSubset(g.b, nil)
}
func (g *golden) Write(p []byte) (int, error) {
	g.b.WriteString("\n")
	g.b.Write(p)
	return g.b.WriteString("\n")
}

// compare compares with testdata; CUSTODY_GOLDEN=write rewrites it.
func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	got = strings.ReplaceAll(got, "\r\n", "\n")
	if os.Getenv("CUSTODY_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s differs (%v):\n%s", file, err, got)
	}
}

func TestTableIsGolden(t *testing.T) {
	p := opened(t, nil, func(p *place, d *Door) {
		d.Socket(Route{ID: "live", Path: "/api/live/:camera", Action: access.FootageLive, Mode: Carry, Camera: "camera"}, nil)
	})
	var b strings.Builder
	for _, l := range p.door.Table() {
		b.WriteString(l.String() + "\n")
	}
	compare(t, "table.golden", b.String())
}
