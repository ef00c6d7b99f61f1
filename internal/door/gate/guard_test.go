package gate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

func TestNobodyIsToldToSignIn(t *testing.T) {
	p := opened(t, nil, nil)
	for what, headers := range map[string][]string{
		"nothing":                     nil,
		"a wrong cookie":              {"Cookie: " + cookieName + "=wrong.token"},
		"a wrong Bearer":              {"Authorization: Bearer wrong.token"},
		"Basic":                       {"Authorization: Basic Z29vZDp0b2tlbg=="},
		"an empty Bearer":             {"Authorization: Bearer "},
		"a browser's token as Bearer": {"Authorization: Bearer " + goodToken},
		"a program's token as cookie": {"Cookie: " + cookieName + "=" + apiToken},
		"letters of no token":         {"Authorization: Bearer good token"},
		"a huge token":                {"Authorization: Bearer " + strings.Repeat("a", maxToken+1)},
		"another's cookie":            {"Cookie: custody=" + goodToken},
		"a cookie in case":            {"Cookie: __host-custody=" + goodToken},
	} {
		for _, path := range []string{"/api/session", "/api/cameras", "/api/pieces/x"} {
			a := p.does("GET", path, "", headers...)
			p.wants(http.StatusUnauthorized, what+" at "+path, a)
			if a.problem.Kind != "denied" || a.problem.Title != "Sign in" || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %+v", what, a.problem)
			}
		}
	}
	p.wants(http.StatusOK, "a cookie", p.does("GET", "/api/session", "", cookie))
	p.wants(http.StatusOK, "a Bearer token", p.does("GET", "/api/session", "", bearer))
}

func TestAmbiguousCredentialsAreRefused(t *testing.T) {
	p := opened(t, nil, nil)
	for what, headers := range map[string][]string{
		"cookie and Bearer":  {cookie, bearer},
		"two cookies":        {cookie, "Cookie: " + cookieName + "=other"},
		"two in one line":    {cookie + "; " + cookieName + "=other"},
		"two Authorizations": {bearer, "Authorization: Bearer other"},
	} {
		p.wants(http.StatusBadRequest, what, p.does("GET", "/api/session", "", headers...))
	}
}

func TestIdentityThatCannotAnswerLetsNobodyIn(t *testing.T) {
	p := opened(t, nil, nil)
	p.people.set(func(s *people) { s.err = custody.Errorf(custody.Unavailable, "the database is down") })
	a := p.does("GET", "/api/session", "", cookie)
	p.wants(http.StatusServiceUnavailable, "identity down", a)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestCSRFMatrix(t *testing.T) {
	p := opened(t, nil, nil)
	foreigners := []string{"Origin: https://evil.example", "Origin: null", "Origin: http://custody.lan.evil.example", "Origin: https://custody.lan",
		"Origin: http://custody.lan:8080", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"}
	refused := func(what string, headers ...string) {
		t.Helper()
		p.wants(http.StatusForbidden, what, p.does("POST", "/api/session/confirm", "{}", headers...))
	}
	refused("cookie alone", cookie)
	refused("cookie and CSRF, no origin", cookie, csrf)
	refused("cookie and origin, no CSRF", cookie, ours)
	refused("a wrong CSRF", cookie, ours, "X-CSRF: guess")
	refused("CSRF twice", cookie, ours, csrf, csrf)
	refused("an empty CSRF", cookie, ours, "X-CSRF: ")
	refused("the address bar", cookie, csrf, "Sec-Fetch-Site: none")
	refused("two origins", cookie, csrf, ours, ours)
	for _, foreigner := range foreigners {
		refused("cookie, CSRF, "+foreigner, cookie, csrf, foreigner)
		refused("Bearer, "+foreigner, bearer, foreigner)
		refused("both say otherwise: "+foreigner, cookie, csrf, sameSite, foreigner)
		p.wants(http.StatusForbidden, "sign-in, "+foreigner, p.does("POST", "/api/sign-in", "{}", foreigner))
		p.wants(http.StatusForbidden, "reading, "+foreigner, p.does("GET", "/api/cameras", "", cookie, foreigner))
	}
	for what, headers := range map[string][]string{
		"Origin": {cookie, csrf, ours}, "fetch metadata": {cookie, csrf, sameSite}, "both": {cookie, csrf, ours, sameSite}, "Bearer": {bearer},
	} {
		p.wants(http.StatusOK, what, p.does("POST", "/api/session/confirm", "{}", headers...))
	}
	p.wants(http.StatusOK, "a program signs in", p.does("POST", "/api/sign-in", "{}"))
	p.wants(http.StatusOK, "our page signs in", p.does("POST", "/api/sign-in", "{}", ours, sameSite))
	p.wants(http.StatusOK, "the address bar reads", p.does("GET", "/api/cameras", "", cookie, "Sec-Fetch-Site: none"))
}

func TestOnlyJSONIsTaken(t *testing.T) {
	p := opened(t, nil, nil)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "application/json, text/plain", ";"} {
		p.wants(http.StatusUnsupportedMediaType, media, p.does("POST", "/api/session/confirm", "{}", bearer, "Content-Type: "+media))
		p.wants(http.StatusUnsupportedMediaType, media, p.does("POST", "/api/sign-in", "{}", "Content-Type: "+media))
	}
	p.wants(http.StatusOK, "JSON with a charset", p.does("POST", "/api/sign-in", "{}", "Content-Type: application/json; charset=utf-8"))
	p.wants(http.StatusOK, "no body at all", p.does("POST", "/api/session/confirm", "", bearer))
}

func TestStageOpensStepByStep(t *testing.T) {
	p := opened(t, nil, nil)
	for _, c := range []struct {
		stage                           identity.Stage
		session, cameras, piece, change int
	}{
		{identity.StageEnrol, 200, 403, 403, 403},
		{identity.StageAcknowledge, 200, 200, 403, 200},
		{identity.StageFull, 200, 200, 200, 200},
		{"", 200, 403, 403, 403},
		{"later", 200, 403, 403, 403},
	} {
		p.people.set(func(s *people) { s.stage = c.stage })
		p.wants(c.session, string(c.stage)+" session", p.does("GET", "/api/session", "", bearer))
		p.wants(c.cameras, string(c.stage)+" cameras", p.does("GET", "/api/cameras", "", bearer))
		p.wants(c.piece, string(c.stage)+" piece", p.does("GET", "/api/pieces/x", "", bearer))
		p.wants(c.change, string(c.stage)+" change", p.does("POST", "/api/cameras/"+camera, "{}", bearer))
	}
}

func TestJudgeIsAskedBeforeTheHandler(t *testing.T) {
	p := opened(t, nil, nil)
	p.wants(200, "change", p.does("POST", "/api/cameras/"+camera, "{}", bearer))
	p.wants(200, "list", p.does("GET", "/api/cameras", "", bearer))
	p.wants(200, "staff", p.does("PATCH", "/api/staff/stf_x", "{}", bearer))
	p.wants(200, "piece", p.does("GET", "/api/pieces/x", "", bearer))
	want := []access.Ask{{Action: access.CameraManage, Camera: camera}, {Action: access.CameraView}, {Action: access.StaffManage, Subject: "stf_x"}}
	if got := fmt.Sprint(p.judge.asks); got != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	for kind, status := range map[custody.Kind]int{custody.Denied: 403, custody.NotFound: 404, custody.Unavailable: 503, custody.Conflict: 409} {
		p.judge.err = custody.Errorf(kind, "the judge says so")
		p.wants(status, "decide "+kind.String(), p.does("POST", "/api/cameras/"+camera, "{}", bearer))
		p.wants(status, "list "+kind.String(), p.does("GET", "/api/cameras", "", bearer))
	}
}

func TestWhatIsNoIdNamesNothing(t *testing.T) {
	p := opened(t, nil, nil)
	for _, id := range []string{"cam_x", "seg_aaaaaaaaaaaaaaaaaaaaaaaaaa", "cam_AAAAAAAAAAAAAAAAAAAAAAAAAA", camera + "a"} {
		p.wants(http.StatusNotFound, id, p.does("POST", "/api/cameras/"+id, "{}", bearer))
	}
	p.wants(http.StatusNotFound, "a long subject", p.does("PATCH", "/api/staff/"+strings.Repeat("s", maxSubject+1), "{}", bearer))
	if len(p.judge.asks) != 0 {
		t.Errorf("the judge was asked %v", p.judge.asks)
	}
}

func TestRenewedTokenComesBackTheWayItCame(t *testing.T) {
	p := opened(t, nil, nil)
	if a := p.does("GET", "/api/session", "", cookie); a.header.Get("Set-Cookie") != "" {
		t.Error("a cookie although nothing was renewed")
	}
	p.people.set(func(s *people) { s.renewed = "fresh.token" })
	a := p.does("GET", "/api/session", "", cookie)
	want := cookieName + "=fresh.token; Path=/; HttpOnly; Secure; SameSite=Strict"
	if got := a.header.Get("Set-Cookie"); got != want || a.header.Get("X-Token") != "" {
		t.Errorf("cookie %q, want %q", got, want)
	}
	a = p.does("GET", "/api/session", "", bearer)
	if a.header.Get("X-Token") != "fresh.token" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("X-Token %q", a.header.Get("X-Token"))
	}
	if strings.Contains(p.log.String(), "fresh.token") || strings.Contains(p.log.String(), goodToken) {
		t.Error("a token is in the log")
	}
}

func TestTokenCookieIsTakenBack(t *testing.T) {
	w := http.Header{}
	ClearToken(headers{w})
	if c := w.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=0") || !strings.Contains(c, "Secure") || w.Get("Clear-Site-Data") == "" {
		t.Errorf("%q", c)
	}
	if NoTokenCookie() != w.Get("Set-Cookie") || TokenCookie("a.b") != cookieName+"=a.b; Path=/; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("%q, %q", NoTokenCookie(), TokenCookie("a.b"))
	}
}

// headers is a ResponseWriter of which only the header counts.
type headers struct{ h http.Header }

func (h headers) Header() http.Header         { return h.h }
func (h headers) Write(b []byte) (int, error) { return len(b), nil }
func (h headers) WriteHeader(int)             {}
