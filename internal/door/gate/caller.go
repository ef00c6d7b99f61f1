package gate

import (
	"net/http"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	cookieName = "__Host-custody"
	// maxToken bounds what is looked at as a token, in bytes.
	maxToken = 4096
)

// credential is what a request carries to say who it is from.
type credential struct {
	token  string
	bearer bool
}

// credentialOf reads the cookie or the Authorization header. Both at once, or one of them twice, is refused: two readers of
// the same request might believe different ones. A request with neither has the zero credential.
func credentialOf(h http.Header) (credential, error) {
	var out credential
	lines := h.Values("Authorization")
	if len(lines) > 1 {
		return out, refuse(http.StatusBadRequest, custody.Invalid, "the header Authorization must be given once")
	}
	if len(lines) == 1 {
		scheme, token, _ := strings.Cut(lines[0], " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "Bearer") || !plainToken(token) {
			return out, SignIn(nil)
		}
		out = credential{token, true}
	}
	cookies := cookies(h)
	switch {
	case len(cookies) > 1:
		return credential{}, refuse(http.StatusBadRequest, custody.Invalid, "the cookie %s must be given once", cookieName)
	case len(cookies) == 1 && out.bearer:
		return credential{}, refuse(http.StatusBadRequest, custody.Invalid, "give a cookie or a Bearer token, not both")
	case len(cookies) == 1 && plainToken(cookies[0]):
		out = credential{token: cookies[0]}
	}
	return out, nil
}

// cookies are the values of our cookie, in order.
func cookies(h http.Header) []string {
	var out []string
	for _, line := range h.Values("Cookie") {
		for part := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name == cookieName {
				out = append(out, value)
			}
		}
	}
	return out
}

// plainToken reports whether s may be a token: bounded, and of a token's letters only (RFC 6750, section 2.1).
func plainToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// SetToken gives a browser its token: readable by no script, sent to this origin only and from its own pages only. The cookie
// lives as long as the browser's session; the session's row says when it ends.
func SetToken(w http.ResponseWriter, token string) {
	http.SetCookie(w, tokenCookie(token, 0))
}

// ClearToken takes it back, and what the browser has kept of the application with it.
func ClearToken(w http.ResponseWriter) {
	http.SetCookie(w, tokenCookie("", -1))
	w.Header().Set("Clear-Site-Data", ClearSiteData)
}

// ClearSiteData is the header of that name in an answer that ends a session. The cookie goes by itself; "cookies" would take those of
// every site under the same domain.
const ClearSiteData = `"cache", "storage"`

// TokenCookie is SetToken's cookie as a Set-Cookie header, for handlers that return their headers.
func TokenCookie(token string) string { return tokenCookie(token, 0).String() }

// NoTokenCookie is ClearToken's.
func NoTokenCookie() string { return tokenCookie("", -1).String() }

func tokenCookie(token string, age int) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: age}
	if age < 0 {
		c.Expires = time.Unix(1, 0)
	}
	return c
}
