package gate

import (
	"context"
	"mime"
	"net/http"
	"strings"

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
	if !l.Stream {
		ctx, cancel := context.WithTimeout(c.Request.Context(), d.limits.Write/2)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
	}
	if err := d.admit(c, v, l); err != nil {
		d.stop(c, err)
		return
	}
	c.Next()
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
	from := d.originOf(r.Header)
	if l.Public {
		if unsafe(r.Method) && from == foreign {
			return errForeign()
		}
		return checkMedia(r, l)
	}
	cred, err := d.checkOrigin(r, l, from)
	if err != nil {
		return err
	}
	if cred.token == "" {
		return SignIn(nil)
	}
	if err := checkMedia(r, l); err != nil {
		return err
	}
	who, err := d.identity.Authenticate(r.Context(), identity.Secret(cred.token), v.address)
	if err != nil {
		return notKnown(err)
	}
	v.known(who.Actor.String())
	if who.Session.Bearer != cred.bearer {
		return SignIn(nil)
	}
	if err := d.checkCSRF(r, cred, who.Session.ID); err != nil {
		return err
	}
	renew(c.Writer, cred, who.Renewed)
	if err := checkStage(who.Stage, l.Line); err != nil {
		return err
	}
	pass := Pass{Actor: who.Actor, Session: who.Session, Staff: who.Staff, Stage: who.Stage, RequestID: v.id, Address: v.address}
	if err := d.judged(r.Context(), c, l, &pass); err != nil {
		return err
	}
	ctx := context.WithValue(r.Context(), passKey{}, pass)
	if l.Socket {
		ctx = context.WithValue(ctx, tokenKey{}, latest(cred, who))
	}
	c.Request = r.WithContext(ctx)
	return nil
}

// latest is the token that is good for longest.
func latest(cred credential, who identity.Authentication) identity.Secret {
	if who.Renewed != "" {
		return who.Renewed
	}
	return identity.Secret(cred.token)
}

// renew hands a fresh token out by the way the old one came in.
func renew(w http.ResponseWriter, cred credential, token identity.Secret) {
	switch {
	case token == "":
	case cred.bearer:
		w.Header().Set("X-Token", string(token))
	default:
		SetToken(w, string(token))
	}
}

// notKnown is the answer to who could not be authenticated: 401, unless the part that knows is down.
func notKnown(err error) error {
	if custody.KindOf(err) == custody.Denied {
		return SignIn(err)
	}
	return err
}

// checkStage keeps a session that is not complete from everything but completing it, and from pictures until the policy is
// acknowledged.
func checkStage(stage identity.Stage, l Line) error {
	footage := strings.HasPrefix(string(l.Action), "footage.")
	switch {
	case l.Mode == Self, stage == identity.StageFull, stage == identity.StageAcknowledge && !footage:
		return nil
	case stage == identity.StageAcknowledge:
		return custody.Errorf(custody.Denied, "acknowledge the policy first: footage stays closed until then")
	}
	return custody.Errorf(custody.Denied, "set up a second factor first: everything else stays closed until then")
}

// judged asks the judge what the line's mode says. What is not even an id names nothing.
func (d *Door) judged(ctx context.Context, c *gin.Context, l *line, pass *Pass) (err error) {
	ask := access.Ask{Action: l.Action, Camera: custody.CameraID(c.Param(l.Camera)), Subject: c.Param(l.Subject)}
	if l.Camera != "" && !custody.ValidID("cam_", string(ask.Camera)) || len(ask.Subject) > maxSubject ||
		l.Prefix != "" && !custody.ValidID(l.Prefix, ask.Subject) {
		return errNothing()
	}
	switch l.Mode {
	case Decide:
		pass.Grant, err = d.judge.Decide(ctx, pass.Actor, ask)
	case List:
		pass.Scope, err = d.judge.Scope(ctx, pass.Actor, l.Action)
	case Carry, Self:
	default:
		err = custody.Errorf(custody.Internal, "the line has no mode")
	}
	return err
}

// maxSubject bounds what a path may name, in bytes.
const maxSubject = 64

func errNothing() error { return custody.Errorf(custody.NotFound, "there is nothing here") }

// checkMedia: what is sent to a route is JSON, or bytes where the line takes them.
func checkMedia(r *http.Request, l *line) error {
	if !unsafe(r.Method) || r.ContentLength == 0 {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if l.Takes > 0 {
		if err != nil || media != "application/octet-stream" {
			return refuse(http.StatusUnsupportedMediaType, custody.Invalid, "send application/octet-stream")
		}
		return nil
	}
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

// checkOrigin keeps other sites' pages from acting with our cookie (CSRF) and from opening our sockets, and reads the
// credential. A page of a sibling domain counts as foreign although SameSite would send the cookie along.
func (d *Door) checkOrigin(r *http.Request, l *line, from provenance) (credential, error) {
	if from == foreign || l.Socket && r.Header.Get("Origin") != d.origin {
		return credential{}, errForeign()
	}
	cred, err := credentialOf(r.Header)
	if err != nil {
		return credential{}, err
	}
	if cred.token != "" && !cred.bearer && unsafe(r.Method) && from != own {
		return credential{}, errForeign()
	}
	return cred, nil
}

// checkCSRF demands of an act by cookie what another site's page cannot know.
func (d *Door) checkCSRF(r *http.Request, cred credential, session custody.SessionID) error {
	if cred.bearer || !unsafe(r.Method) {
		return nil
	}
	got := r.Header.Values("X-Csrf")
	if len(got) != 1 || len(got[0]) > maxToken || !d.identity.CheckCSRF(session, got[0]) {
		return refuse(http.StatusForbidden, custody.Denied, "the header X-CSRF must have the value that GET /api/session tells")
	}
	return nil
}

// noRoute answers what no route does.
func (d *Door) noRoute(c *gin.Context) {
	r := c.Request
	if d.static == nil || isAPI(r.URL.Path) {
		d.stop(c, errNothing())
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
