package gate

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

func blank(t *testing.T) *Door {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Options{Identity: &people{}, Judge: &bench{}, Clock: station{}, Canonical: u, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDoorThatWouldStandOpenDoesNotStart(t *testing.T) {
	good := Route{ID: "a", Method: "GET", Path: "/api/a/:id", Action: access.CameraView, Mode: List}
	with := func(change func(*Route)) Route { r := good; change(&r); return r }
	ok := func(http.ResponseWriter, *http.Request) error { return nil }
	for what, build := range map[string]func(d *Door){
		"no action":                   func(d *Door) { d.Raw(with(func(r *Route) { r.Action = "" }), ok) },
		"no mode":                     func(d *Door) { d.Raw(with(func(r *Route) { r.Mode = 0 }), ok) },
		"a mode of the future":        func(d *Door) { d.Raw(with(func(r *Route) { r.Mode = Self + 1 }), ok) },
		"no id":                       func(d *Door) { d.Raw(with(func(r *Route) { r.ID = "" }), ok) },
		"a camera that is not there":  func(d *Door) { d.Raw(with(func(r *Route) { r.Camera = "camera" }), ok) },
		"a subject that is not there": func(d *Door) { d.Raw(with(func(r *Route) { r.Subject = "staff" }), ok) },
		"HEAD":                        func(d *Door) { d.Raw(with(func(r *Route) { r.Method = "HEAD" }), ok) },
		"a public line without why":   func(d *Door) { d.RawOpen(Open{ID: "a", Method: "GET", Path: "/x"}, ok) },
		"an id twice":                 func(d *Door) { d.Raw(good, ok); d.Raw(with(func(r *Route) { r.Path = "/api/b" }), ok) },
		"a place twice":               func(d *Door) { d.Raw(good, ok); d.Guard(with(func(r *Route) { r.ID = "b" })) },
		"a route without a line":      func(d *Door) { d.Engine().GET("/api/side-door", func(*gin.Context) {}); d.Seal() },
		"a line without a route":      func(d *Door) { d.Guard(good); d.Seal() },
		"a line after sealing":        func(d *Door) { d.Seal(); d.Raw(good, ok) },
		"a handler before sealing":    func(d *Door) { d.Raw(good, ok); d.Handler() },
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "gate: ") {
					t.Errorf("it would start: %q", text)
				}
			}()
			build(blank(t))
		})
	}
	d := blank(t)
	d.Raw(good, ok)
	d.Seal()
	d.Seal()
}

func TestRouteAddedAfterSealingIsShut(t *testing.T) {
	p := opened(t, nil, nil)
	p.door.Engine().GET("/api/side-door", func(c *gin.Context) { c.String(200, "open") })
	a := p.does("GET", "/api/side-door", "", bearer)
	p.wants(http.StatusInternalServerError, "a route that came late", a)
}

func TestDoorNeedsItsParts(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "custody.lan"}
	whole := Options{Identity: &people{}, Judge: &bench{}, Clock: station{}, Canonical: u, Log: slog.New(slog.DiscardHandler)}
	for what, change := range map[string]func(*Options){
		"identity": func(o *Options) { o.Identity = nil }, "judge": func(o *Options) { o.Judge = nil },
		"clock": func(o *Options) { o.Clock = nil }, "log": func(o *Options) { o.Log = nil }, "address": func(o *Options) { o.Canonical = nil },
		"a path":    func(o *Options) { o.Canonical = &url.URL{Scheme: "https", Host: "a", Path: "/b"} },
		"a scheme":  func(o *Options) { o.Canonical = &url.URL{Scheme: "ftp", Host: "a"} },
		"user info": func(o *Options) { o.Canonical = &url.URL{Scheme: "https", Host: "a", User: url.User("u")} },
	} {
		o := whole
		change(&o)
		if _, err := New(o); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	d, err := New(whole)
	if err != nil || d.Origin() != "https://custody.lan" {
		t.Errorf("%v, %v", d, err)
	}
	if p := PassOf(context.Background()); p.Actor.Known() || RequestID(context.Background()) != "" {
		t.Errorf("the zero Pass is somebody's: %v", p)
	}
}

func TestFailForHuma(t *testing.T) {
	err := Fail(t.Context(), custody.Errorf(custody.Unavailable, "later"))
	p, ok := err.(interface {
		error
		GetStatus() int
		GetHeaders() http.Header
		ContentType(string) string
	})
	if !ok || p.GetStatus() != 503 || p.GetHeaders().Get("Retry-After") == "" || p.ContentType("application/json") != problemType {
		t.Errorf("%#v", err)
	}
	if Fail(t.Context(), nil) != nil || Fail(t.Context(), err) != err {
		t.Error("Fail is not the identity of what is none or done")
	}
	if again := Fail(t.Context(), io.EOF); strings.Contains(again.Error(), "EOF") {
		t.Errorf("a stranger's text is shown: %v", again)
	}
}
