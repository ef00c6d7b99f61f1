package gate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/footage-custody/custody/internal/trust/access"
)

// Line is one line of the route table, as the golden file has it.
type Line struct {
	ID      string
	Method  string
	Path    string
	Public  bool
	Why     string // of a public line
	Action  access.Action
	Mode    Mode
	Camera  string
	Subject string
	Prefix  string // of the Subject's ids
	Stream  bool
	Socket  bool
	Takes   int64 // bytes of application/octet-stream; 0: JSON
}

// String is the line for the golden file: method, path, then who may.
func (l Line) String() string {
	if l.Public {
		return fmt.Sprintf("%-6s %s\tpublic: %s", l.Method, l.Path, l.Why)
	}
	words := []string{l.Mode.String(), string(l.Action)}
	if l.Camera != "" {
		words = append(words, "camera="+l.Camera)
	}
	if l.Subject != "" {
		words = append(words, "subject="+l.Subject)
	}
	if l.Stream {
		words = append(words, "stream")
	}
	if l.Socket {
		words = append(words, "socket")
	}
	if l.Takes > 0 {
		words = append(words, fmt.Sprintf("takes=%d", l.Takes))
	}
	return fmt.Sprintf("%-6s %s\t%s", l.Method, l.Path, strings.Join(words, " "))
}

// String is the mode's name in the golden file.
func (m Mode) String() string {
	switch m {
	case Decide:
		return "decide"
	case List:
		return "list"
	case Carry:
		return "carry"
	case Self:
		return "self"
	}
	return "none"
}

// line is a Line that belongs to a Door.
type line struct{ Line }

// Guard lays the guarded line of a route that somebody else registers on the Engine. It panics if the route has no Action or
// no Mode, names a parameter that its path lacks, or repeats an id or a place.
func (d *Door) Guard(r Route) {
	if r.Action == "" || r.Mode < Decide || r.Mode > Self {
		panic(fmt.Sprintf("gate: %s %s has no action or no mode", r.Method, r.Path))
	}
	for _, name := range []string{r.Camera, r.Subject} {
		if name != "" && !slices.Contains(strings.Split(r.Path, "/"), ":"+name) {
			panic(fmt.Sprintf("gate: %s %s has no parameter %s", r.Method, r.Path, name))
		}
	}
	d.lay(Line{ID: r.ID, Method: r.Method, Path: r.Path, Action: r.Action, Mode: r.Mode, Camera: r.Camera, Subject: r.Subject, Prefix: r.Prefix, Stream: r.Stream, Takes: r.Takes})
}

// Public lays the public line of a route that somebody else registers on the Engine. It panics without a reason.
func (d *Door) Public(o Open) {
	if o.Why == "" {
		panic(fmt.Sprintf("gate: %s %s does not say why it is public", o.Method, o.Path))
	}
	d.lay(Line{ID: o.ID, Method: o.Method, Path: o.Path, Public: true, Why: o.Why})
}

func (d *Door) lay(l Line) {
	switch {
	case d.handler != nil:
		panic("gate: the door is sealed")
	case l.ID == "" || d.ids[l.ID]:
		panic(fmt.Sprintf("gate: the id %q of %s %s is empty or taken", l.ID, l.Method, l.Path))
	case d.lines[l.Method+" "+l.Path] != nil:
		panic(fmt.Sprintf("gate: %s %s has two lines", l.Method, l.Path))
	case !slices.Contains(methods(), l.Method) || !strings.HasPrefix(l.Path, "/"):
		panic(fmt.Sprintf("gate: %s %s is no place of a route", l.Method, l.Path))
	}
	d.ids[l.ID] = true
	d.lines[l.Method+" "+l.Path] = &line{Line: l}
}

// methods are those that a route may have. HEAD is answered by no route: it would count as a look.
func methods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

// Raw lays a guarded line and its handler, which writes the answer itself: video, text, exports. Path parameters are read by
// r.PathValue, what the gate knows by PassOf. An error before the first byte becomes a problem; one after it ends the
// connection, so that nobody takes half an answer for a whole one.
func (d *Door) Raw(r Route, h func(w http.ResponseWriter, r *http.Request) error) {
	d.Guard(r)
	d.engine.Handle(r.Method, r.Path, raw(h))
}

// RawOpen is Raw for a public line.
func (d *Door) RawOpen(o Open, h func(w http.ResponseWriter, r *http.Request) error) {
	d.Public(o)
	d.engine.Handle(o.Method, o.Path, raw(h))
}

func raw(h func(w http.ResponseWriter, r *http.Request) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, p := range c.Params {
			c.Request.SetPathValue(p.Key, p.Value)
		}
		err := h(c.Writer, c.Request)
		if err == nil {
			return
		}
		begun := visitOf(c.Request.Context()).begun()
		WriteProblem(c.Writer, c.Request, err)
		if begun {
			discard(c.Request)
			panic(http.ErrAbortHandler)
		}
	}
}

// Socket lays a guarded line for a WebSocket; h runs until the session is over and its error says how the socket closes.
func (d *Door) Socket(r Route, h func(ctx context.Context, r *http.Request, s *Socket) error) {
	r.Method, r.Stream = http.MethodGet, true
	d.Guard(r)
	l := d.lines[r.Method+" "+r.Path]
	l.Socket = true
	d.engine.Handle(r.Method, r.Path, d.socket(l, h))
}

// Seal ends the laying of lines: it panics unless routes and lines are the same. Handler works from now on.
func (d *Door) Seal() {
	routes := map[string]bool{}
	for _, r := range d.engine.Routes() {
		place := r.Method + " " + r.Path
		if d.lines[place] == nil {
			panic("gate: the route " + place + " has no line: it would be open to everybody")
		}
		routes[place] = true
	}
	for place := range d.lines {
		if !routes[place] {
			panic("gate: the line of " + place + " has no route")
		}
	}
	if d.handler == nil {
		d.handler = d.chain()
	}
}

// Table lists the lines by path and method.
func (d *Door) Table() []Line {
	out := make([]Line, 0, len(d.lines))
	for _, l := range d.lines {
		out = append(out, l.Line)
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return out
}
