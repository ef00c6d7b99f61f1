package gate

import (
	"context"
	"crypto/subtle"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// guard is the door itself: it stands before every route on the engine and lets in whom the line's rule lets in.
func (d *Door) guard(c *gin.Context) {
	if c.FullPath() == "" {
		return // no route: noRoute or noMethod answers
	}
	l := d.lines[c.Request.Method+" "+c.FullPath()]
	if l == nil { // Seal has made sure that there is one
		d.stop(c, custody.Errorf(custody.Internal, "the route has no line"))
		return
	}
	v := visitOf(c.Request.Context())
	v.matched(l.Path)
	d.pace(c.Writer, v, l)
	err := d.admit(c, v, l)
	if err != nil {
		d.stop(c, err)
	}
}

func (d *Door) stop(c *gin.Context, err error) {
	WriteProblem(c.Writer, c.Request, err)
	c.Abort()
}

// pace gives a long answer a deadline that moves along with it.
func (d *Door) pace(w http.ResponseWriter, v *visit, l *line) {
	if l.Stream && v.writer != nil {
		v.writer.pace = d.limits.Write
	}
}

// admit asks in the order of doc.go: is the request our own page's, who is it, how far have they come, what says the judge.
func (d *Door) admit(c *gin.Context, v *visit, l *line) error {
	r := c.Request
	if err := checkMedia(r); err != nil {
		return err
	}
	from := d.originOf(r.Header)
	if l.Public {
		if unsafe(r.Method) && from == foreign {
			return errForeign()
		}
		return nil
	}
	cred, bad := credentialOf(r.Header)
	if bad != nil {
		return bad
	}
	if err := d.checkOrigin(r, l, cred, from); err != nil {
		return err
	}
	if cred.token == "" {
		return SignIn(nil)
	}
	caller, err := d.identity.Authenticate(r.Context(), cred.token, v.address)
	_ = caller
	if err != nil {
		return d.notKnown(err)
	}
	pass := Pass{RequestID: v.id, Address: v.address, Session: caller}
	if err := checkStage(identity.StageFull, l); err != nil {
		return err
	}
	if err := d.judged(r.Context(), c, l, &pass); err != nil {
		return err
	}
	c.Request = r.WithContext(context.WithValue(r.Context(), passKey{}, pass))
	return nil
}

// notKnown is the answer to who could not be authenticated: 401, unless the part that knows is down.
func (d *Door) notKnown(err error) error {
	if k := custody.KindOf(err); k == custody.Unavailable || k == custody.Internal || k == custody.Exhausted {
		return err
	}
	return SignIn(err)
}

// checkStage keeps a session that is not complete from everything but completing it, and from pictures until the policy is
// acknowledged.
func checkStage(stage identity.Stage, l *line) error {
	switch {
	case l.Mode == Self || stage == identity.StageFull:
		return nil
	case stage == identity.StageAcknowledge && !strings.HasPrefix(string(l.Action), "footage."):
		return nil
	case stage == identity.StageAcknowledge:
		return custody.Errorf(custody.Denied, "acknowledge the policy first: footage stays closed until then")
	}
	return custody.Errorf(custody.Denied, "set up a second factor first: everything else stays closed until then")
}

// judged asks the judge what the line's mode says.
func (d *Door) judged(ctx context.Context, c *gin.Context, l *line, pass *Pass) (err error) {
	switch l.Mode {
	case Decide:
		pass.Grant, err = d.judge.Decide(ctx, pass.Actor, access.Ask{Action: l.Action, Camera: custody.CameraID(c.Param(l.Camera))})
	case List:
		pass.Scope, err = d.judge.Scope(ctx, pass.Actor, l.Action)
	case Carry, Self:
	default:
		err = custody.Errorf(custody.Internal, "the line has no mode")
	}
	return err
}

// checkMedia: what is sent to a route is JSON.
func checkMedia(r *http.Request) error {
	if !unsafe(r.Method) || r.ContentLength == 0 {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || len(r.Header.Values("Content-Type")) > 1 {
		return refuse(http.StatusUnsupportedMediaType, custody.Invalid, "send application/json")
	}
	return nil
}

func unsafe(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// provenance says where a browser says a request comes from.
type provenance uint8

const (
	untold  provenance = iota // no browser, or one that does not tell
	own                       // a page of ours
	foreign                   // a page of somebody else's, or none that may send it
	typed                     // the address bar, a bookmark
)

// originOf reads Origin and Sec-Fetch-Site. They must agree; what is given twice or is opaque is foreign.
func (d *Door) originOf(h http.Header) provenance {
	origins, sites := h.Values("Origin"), h.Values("Sec-Fetch-Site")
	switch {
	case len(origins) > 1 || len(sites) > 1:
		return foreign
	case len(origins) == 1 && origins[0] != d.origin:
		return foreign
	case len(sites) == 1 && sites[0] == "none" && len(origins) == 0:
		return typed
	case len(sites) == 1 && sites[0] != "same-origin":
		return foreign
	case len(origins) == 1 || len(sites) == 1:
		return own
	}
	return untold
}

func errForeign() error {
	return refuse(http.StatusForbidden, custody.Denied, "the request does not come from this site's own pages")
}

// checkOrigin keeps other sites' pages from acting with our cookie (CSRF), and from opening our sockets.
func (d *Door) checkOrigin(r *http.Request, l *line, cred credential, from provenance) error {
	switch {
	case from == foreign:
		return errForeign()
	case l.Socket && r.Header.Get("Origin") != d.origin:
		return errForeign()
	case cred.bearer || !unsafe(r.Method):
		return nil
	case cred.token != "" && from != own:
		return errForeign()
	}
	return nil
}

// checkCSRF compares the header X-CSRF with the session's own value, in constant time.
func checkCSRF(h http.Header, want string) error {
	got := h.Values("X-Csrf")
	if len(got) != 1 || want == "" || subtle.ConstantTimeCompare([]byte(got[0]), []byte(want)) != 1 {
		return refuse(http.StatusForbidden, custody.Denied, "the header X-CSRF must have the value that GET /api/session tells")
	}
	return nil
}

// noRoute answers what no route does.
func (d *Door) noRoute(c *gin.Context) {
	r := c.Request
	if d.static == nil || isAPI(r.URL.Path) {
		d.stop(c, custody.Errorf(custody.NotFound, "there is nothing here"))
		return
	}
	visitOf(r.Context()).matched("application")
	if unsafe(r.Method) {
		d.stop(c, refuse(http.StatusMethodNotAllowed, custody.Invalid, "no route answers this method").with("Allow", "GET, HEAD"))
		return
	}
	c.Status(http.StatusOK)
	d.static.ServeHTTP(c.Writer, r)
}

// noMethod answers a method that the path does not have; gin has set Allow.
func (d *Door) noMethod(c *gin.Context) {
	d.stop(c, refuse(http.StatusMethodNotAllowed, custody.Invalid, "this method is not for this address"))
}

// patience is how long a socket's closing handshake may take.
const patience = 2 * time.Second
