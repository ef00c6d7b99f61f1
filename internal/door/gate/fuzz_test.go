package gate

import (
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"testing"
)

func FuzzCredentialOf(f *testing.F) {
	f.Add("Bearer a.b.c", "")
	f.Add("", cookieName+"=a.b.c")
	f.Add("bearer  x", "a=b; "+cookieName+"=; "+cookieName+"=x")
	f.Add("Basic eDp5", "__Host-custody")
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		h := http.Header{}
		if authorization != "" {
			h["Authorization"] = []string{authorization}
		}
		if cookie != "" {
			h["Cookie"] = []string{cookie}
		}
		c, err := credentialOf(h)
		if err != nil && c != (credential{}) {
			t.Errorf("a credential and %v", err)
		}
		if c.token != "" && (len(c.token) > maxToken || strings.ContainsAny(c.token, " \t\r\n;,\"\x00") || !strings.Contains(authorization+cookie, c.token)) {
			t.Errorf("token %q", c.token)
		}
		if authorization != "" && c.token != "" && !c.bearer {
			t.Errorf("the cookie was believed beside Authorization %q", authorization)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"1.2.3.4", "1.2.3.4, 10.0.0.1", "::1", ",,,", "10.0.0.1,10.0.0.2", "fe80::1%eth0", "\"[::1]:80\""} {
		f.Add(seed)
	}
	trusting := &Door{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": {forwarded}}}
		if _, err := netip.ParseAddr(trusting.address(r)); err != nil {
			t.Errorf("%q became no address: %v", forwarded, err)
		}
		if got := (&Door{}).address(r); got != "10.0.0.1" {
			t.Errorf("%q was believed: %q", forwarded, got)
		}
	})
}

func FuzzPlainPath(f *testing.F) {
	for _, seed := range []string{"/api/session", "/api/../x", "//x", "/%2e%2e/x", "/a%2fb", "/a\\b", "/a/", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !plainPath(u) {
			return
		}
		if p := strings.TrimSuffix(u.Path, "/"); p != "" && path.Clean(p) != p || strings.Contains(u.Path, "..") && path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
			t.Errorf("%q is plain as %q", target, u.Path)
		}
	})
}
