package gate

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Identity says who holds a token; *identity.Register is it.
type Identity interface {
	// Authenticate says whose token it is, by the session's row as it is now. Denied, in one same way, for every token that is
	// not good; any other Kind if that cannot be known.
	Authenticate(ctx context.Context, token identity.Secret, address string) (identity.Authentication, error)
	// CheckCSRF compares a value with the session's own in constant time.
	CheckCSRF(session custody.SessionID, value string) bool
}

// Judge is the one judge; *access.Judge is it.
type Judge interface {
	// Decide returns a Grant only after the diary has the event.
	Decide(ctx context.Context, actor access.Actor, ask access.Ask) (access.Grant, error)
	// Scope tells what a list may show the actor; Denied if the action is not theirs at all.
	Scope(ctx context.Context, actor access.Actor, action access.Action) (access.Scope, error)
}

// Options are what a Door is made of.
type Options struct {
	Identity Identity
	Judge    Judge
	Clock    custody.Clock
	// Canonical is the one origin: scheme and host, from the configuration, never from a request.
	Canonical *url.URL
	// AllowedHosts are further Host headers that are answered, such as 127.0.0.1:8440; their pages are not of our origin.
	AllowedHosts []string
	// TrustedProxies are the networks whose X-Forwarded-For is believed; none by default.
	TrustedProxies []netip.Prefix
	Log            *slog.Logger
	// Static answers what no route does outside /api: the application's files. It may be nil.
	Static http.Handler
	Limits Limits
}

// Door is the one way in. Lines are laid by one goroutine; after Seal it is safe for concurrent use and nothing is added.
type Door struct {
	identity Identity
	judge    Judge
	clock    custody.Clock
	log      *slog.Logger
	limits   Limits
	origin   string
	secure   bool // the origin is https
	hosts    map[string]bool
	proxies  []netip.Prefix
	static   http.Handler

	engine   *gin.Engine
	lines    map[string]*line // by method, space, path
	ids      map[string]bool
	handler  http.Handler // set by Seal
	requests *crowd
	sockets  *crowd
	closing  context.Context // ends when the server stops: sockets say farewell
	hangUp   context.CancelFunc
}

// New returns a Door without lines. It fails with Invalid if a part is missing or Canonical is more or less than an origin.
func New(o Options) (*Door, error) {
	if o.Identity == nil || o.Judge == nil || o.Clock == nil || o.Log == nil {
		return nil, custody.Errorf(custody.Invalid, "a door needs identity, a judge, a clock and a log")
	}
	u := o.Canonical
	if u == nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, custody.Errorf(custody.Invalid, "the canonical address must be https://host or https://host:port and nothing else")
	}
	limits := o.Limits.filled()
	d := &Door{
		identity: o.Identity, judge: o.Judge, clock: o.Clock, log: o.Log, limits: limits,
		secure: u.Scheme == "https", proxies: o.TrustedProxies, static: o.Static,
		lines: map[string]*line{}, ids: map[string]bool{},
		requests: newCrowd(limits.Requests, limits.RequestsPerAddress),
		sockets:  newCrowd(limits.Sockets, limits.SocketsPerAddress),
	}
	d.closing, d.hangUp = context.WithCancel(context.Background())
	host := plainHost(u.Scheme, u.Host)
	d.origin = u.Scheme + "://" + host
	d.hosts = map[string]bool{host: true}
	for _, h := range o.AllowedHosts {
		d.hosts[plainHost(u.Scheme, h)] = true
	}
	d.engine = newEngine()
	d.engine.Use(d.guard)
	d.engine.NoRoute(d.noRoute)
	d.engine.NoMethod(d.noMethod)
	return d, nil
}

// newEngine is gin as a router and nothing more: no redirects to other spellings, no proxy trusted, no word on the terminal.
func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash, e.RedirectFixedPath, e.RemoveExtraSlash = false, false, false
	e.ForwardedByClientIP, e.RemoteIPHeaders = false, nil
	e.HandleMethodNotAllowed = true
	return e
}

// plainHost is a host in lower case without the scheme's own port.
func plainHost(scheme, host string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// Engine is the router, for huma's adapter: api passes it on. Every route on it needs a line by Guard or Public.
func (d *Door) Engine() *gin.Engine { return d.engine }

// Origin is the canonical origin, such as https://custody.library.lan.
func (d *Door) Origin() string { return d.origin }

// Handler is the whole door. It panics before Seal.
func (d *Door) Handler() http.Handler {
	if d.handler == nil {
		panic("gate: the door is not sealed")
	}
	return d.handler
}
