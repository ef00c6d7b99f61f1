package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// TestSigningOutClearsTheBrowser: the cookie goes, and with it whatever of this site the browser has kept. A browser's token is good as a
// cookie only, a program's as Bearer only.
func TestSigningOutClearsTheBrowser(t *testing.T) {
	s := apitest.New(t)
	p := s.Hire("clerk", identity.StageFull, nil, identity.Viewer)
	nobody := s.As(apitest.Person{})
	for _, path := range []string{"/api/session", "/api/sessions"} {
		var in api.SignedIn
		a := nobody.Do("POST", "/api/sign-in", map[string]any{"login": p.Login, "password": identitytest.Password, "code": string(p.Code(s))}, "Origin", s.URL)
		a.Wants(http.StatusOK).Into(&in)
		cookie, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
		_, token, _ := strings.Cut(cookie, "=")
		nobody.Do("GET", "/api/session", nil, "Authorization", "Bearer "+token).Wants(http.StatusUnauthorized)
		nobody.Do("GET", "/api/session", nil, "Cookie", "__Host-custody="+string(s.SignIn(p).Token)).Wants(http.StatusUnauthorized)
		out := nobody.Do("DELETE", path, nil, "Cookie", cookie, "Origin", s.URL, "X-CSRF", in.Session.CSRF)
		out.Wants(http.StatusNoContent)
		if got := out.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` || !strings.Contains(out.Header.Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s: Clear-Site-Data %q, Set-Cookie %q", path, got, out.Header.Get("Set-Cookie"))
		}
		nobody.Do("GET", "/api/session", nil, "Cookie", cookie).Wants(http.StatusUnauthorized)
	}
}
