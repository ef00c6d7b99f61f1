package ingest

import (
	"net"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

const maxRedirects = 2

// guard stands between the camera's answers and the RTSP library, which reads them after it. Its methods run in the
// library's goroutine; its fields may be read when a call of the library has returned, until PLAY.
type guard struct {
	target target
	audio  bool

	method    base.Method
	redirects int
	offer     offer
	sdp       string
	server    string
	err       error // the first refusal
}

// request notes what the next answer is about.
func (g *guard) request(r *base.Request) { g.method = r.Method }

// response makes an answer safe for the library, or unusable if it is refused.
func (g *guard) response(r *base.Response) {
	var err error
	func() {
		defer recovered(&err)
		err = g.examine(r)
	}()
	if err != nil {
		r.StatusCode, r.Body = base.StatusNotAcceptable, nil
		delete(r.Header, "Location")
		if g.err == nil {
			g.err = err
		}
	}
}

func (g *guard) examine(r *base.Response) error {
	if s := r.Header["Server"]; len(s) > 0 && g.server == "" {
		g.server = strings.ToValidUTF8(s[0][:min(len(s[0]), 200)], "?")
	}
	if s := r.Header["Session"]; len(s) > 0 {
		r.Header["Session"] = base.HeaderValue{clampSession(s[0])}
	}
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return g.redirect(r)
	case g.method == base.Options && r.StatusCode != base.StatusUnauthorized && r.StatusCode >= 400:
		r.StatusCode = base.StatusOK // the library cannot play a camera that does not know OPTIONS
	case g.method == base.Describe && r.StatusCode == base.StatusOK:
		return g.describe(r)
	case g.method == base.Setup:
		if t := r.Header["Transport"]; len(t) > 0 {
			r.Header["Transport"] = base.HeaderValue{withoutAddresses(t[0])}
		}
	}
	return nil
}

// describe replaces the session description by one of ours that offers the same tracks.
func (g *guard) describe(r *base.Response) error {
	o, err := parseSDP(r.Body, g.audio)
	if err != nil {
		return refusal(err.Error())
	}
	g.offer, g.sdp = o, strings.ToValidUTF8(string(r.Body), "?")
	r.Body = o.forLibrary()
	return nil
}

// redirect lets the library follow a redirect within the same scheme, host and port only: it would send the
// password along.
func (g *guard) redirect(r *base.Response) error {
	if g.redirects++; g.redirects > maxRedirects {
		return refusal("the camera redirects again and again")
	}
	l := r.Header["Location"]
	if len(l) != 1 {
		return refusal("the camera redirects without saying where")
	}
	u, err := base.ParseURL(l[0])
	if err != nil || u.Scheme != g.target.url.Scheme || address(u) != g.target.address {
		return refusal("the camera redirects to another address, which is not followed")
	}
	return nil
}

// Bounds on a session's timeout (RFC 2326 §12.37), from which the library derives the time between keepalives
// by a multiplication that overflows.
const (
	minTimeout = 5
	maxTimeout = 75
)

// clampSession bounds a Session header's timeout.
func clampSession(v string) string {
	id, rest, _ := strings.Cut(v, ";")
	timeout := 60
	for kv := range strings.SplitSeq(rest, ";") {
		k, n, _ := strings.Cut(strings.TrimSpace(kv), "=")
		if seconds, err := strconv.ParseUint(n, 10, 64); err == nil && strings.EqualFold(k, "timeout") {
			timeout = int(min(max(seconds, minTimeout), maxTimeout))
		}
	}
	return id + ";timeout=" + strconv.Itoa(timeout)
}

// withoutAddresses drops from a Transport header where packets come from and go to: the library would send its
// own there, and a camera has no say in that.
func withoutAddresses(v string) string {
	parts := strings.Split(v, ";")
	kept := parts[:0]
	for _, p := range parts {
		k, _, _ := strings.Cut(strings.TrimSpace(p), "=")
		if k != "source" && k != "destination" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ";")
}

// address is the host and port of a URL, as the library dials it.
func address(u *base.URL) string {
	port := u.Port()
	if port == "" {
		port = "554"
		if u.Scheme == "rtsps" {
			port = "322"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
