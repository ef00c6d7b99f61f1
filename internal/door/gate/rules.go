package gate

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// secureHeaders puts what every answer carries, problems included.
func (d *Door) secureHeaders(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
		"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
		"manifest-src 'self'; worker-src 'self' blob:"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()")
		h.Set("X-Request-Id", visitOf(r.Context()).id)
		if d.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if isAPI(r.URL.Path) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

func isAPI(p string) bool { return p == "/api" || strings.HasPrefix(p, "/api/") }

// checkHost answers only requests for our own names (DNS rebinding, poisoned caches, forged links).
func (d *Door) checkHost(next http.Handler) http.Handler {
	scheme, _, _ := strings.Cut(d.origin, ":")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.hosts[plainHost(scheme, r.Host)] || r.URL.IsAbs() {
			WriteProblem(w, r, refuse(http.StatusMisdirectedRequest, custody.Invalid, "this is not the server of that name: use %s", d.origin))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkLimits refuses what is too large and too many at once.
func (d *Door) checkLimits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r.Context())
		if len(r.RequestURI) > d.limits.URL {
			WriteProblem(w, r, refuse(http.StatusRequestURITooLong, custody.Invalid, "the address is longer than %d bytes", d.limits.URL))
			return
		}
		if headerBytes(r.Header) > d.limits.Header {
			WriteProblem(w, r, refuse(http.StatusRequestHeaderFieldsTooLarge, custody.Invalid, "the header is larger than %d bytes", d.limits.Header))
			return
		}
		most := d.takes(r)
		if r.ContentLength > most {
			WriteProblem(w, r, refuse(http.StatusRequestEntityTooLarge, custody.Invalid, "the body is larger than %d bytes", most).with("Connection", "close"))
			return
		}
		switch d.requests.enter(v.address) {
		case full:
			WriteProblem(w, r, custody.Errorf(custody.Unavailable, "too many requests are under way: try again in a few seconds"))
			return
		case greedy:
			WriteProblem(w, r, custody.Errorf(custody.Exhausted, "too many requests from your address are under way: let some of them end"))
			return
		}
		defer d.requests.leave(v.address)
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// takes is how large the body of a request may be: what its line says, whoever asks. The body is not read before the caller is known.
func (d *Door) takes(r *http.Request) int64 {
	most := d.limits.Body
	for _, l := range d.lines {
		if l.Takes > most && l.Method == r.Method && matches(l.Path, r.URL.Path) {
			most = l.Takes
		}
	}
	return most
}

// matches reports whether a path has the pattern's form: as many elements, and those that are no parameters the same.
func matches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, have, func(w, h string) bool { return strings.HasPrefix(w, ":") && h != "" || w == h })
}

func headerBytes(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + 4
		}
	}
	return n
}

// checkMethod refuses methods that no route has, and every way to mean another method than the one written.
func (d *Door) checkMethod(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if knownMethod(r.Method) == "other" || r.Method == http.MethodOptions {
			WriteProblem(w, r, refuse(http.StatusMethodNotAllowed, custody.Invalid, "no route answers this method").with("Allow", "GET, POST, PUT, PATCH, DELETE"))
			return
		}
		for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
			if len(r.Header.Values(name)) > 0 {
				WriteProblem(w, r, refuse(http.StatusBadRequest, custody.Invalid, "the header %s is not understood: use the method itself", name))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// checkTarget refuses a path in another spelling than its own and a query with a credential in it.
func (d *Door) checkTarget(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !plainPath(r.URL) {
			WriteProblem(w, r, errNothing())
			return
		}
		if r.URL.RawQuery != "" {
			query, err := url.ParseQuery(r.URL.RawQuery)
			if err != nil {
				WriteProblem(w, r, refuse(http.StatusBadRequest, custody.Invalid, "the query is malformed"))
				return
			}
			for key := range query {
				if forbiddenKey(key) {
					WriteProblem(w, r, refuse(http.StatusBadRequest, custody.Invalid, "the query must not carry %s: addresses are written into logs and histories", strings.ToLower(key)))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// plainPath reports whether the path has its one spelling: nothing escaped that need not be, no dots, no double slashes, no
// backslashes, no control characters.
func plainPath(u *url.URL) bool {
	p := u.Path
	if !strings.HasPrefix(p, "/") || u.RawPath != "" || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	clean := path.Clean(p)
	return p == clean || p == clean+"/"
}

// forbiddenKey are query keys that hold a credential or stand for another method.
func forbiddenKey(key string) bool {
	switch strings.ToLower(key) {
	case "token", "access_token", "id_token", "jwt", "authorization", "sid", "session", "password", "_method":
		return true
	}
	return false
}
