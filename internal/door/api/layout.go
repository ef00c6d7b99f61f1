package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// route is one line of the route table. A line is guarded, with an action and a mode, or open, with the reason why it may be.
type route struct {
	id, method, path string
	action           access.Action
	mode             gate.Mode
	camera, subject  string // the path parameters that the decision names
	prefix           string // of the subject's ids, where only one kind of thing can be meant
	open             string
	stream           bool
	takes            int64  // bytes of application/octet-stream; 0: JSON
	about            string // for the OpenAPI document
	answer           layer
}

func (r route) guarded() gate.Route {
	return gate.Route{ID: r.id, Method: r.method, Path: r.path, Action: r.action, Mode: r.mode, Camera: r.camera, Subject: r.subject, Prefix: r.prefix,
		Stream: r.stream, Takes: r.takes}
}

func (r route) public() gate.Open {
	return gate.Open{ID: r.id, Method: r.method, Path: r.path, Why: r.open}
}

// layer lays one line at the door, with its handler.
type layer func(l *layout, r route)

// layout is what lines are laid with.
type layout struct {
	door *gate.Door
	huma huma.API
}

func newLayout(door *gate.Door) *layout {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "Custody", Version: "1", Description: aboutAPI},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"cookie": {Type: "apiKey", In: "cookie", Name: "__Host-custody", Description: "For browsers. Unsafe methods also need the header X-CSRF and this site's own origin."},
					"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "For programs: sign in with client api."},
				}}},
		Formats:                      map[string]huma.Format{jsonType: strictJSON(), "json": strictJSON()}, // the second is what huma makes of application/problem+json
		DefaultFormat:                jsonType,
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
	return &layout{door: door, huma: humagin.New(door.Engine(), config)}
}

// maxBody bounds a body, in bytes.
const maxBody = 64 << 10

const jsonType = "application/json"

// reply is an answer of huma: the body and nothing beside it.
type reply[B any] struct {
	Status int
	Body   B
}

// answers lays a line that reads In and answers with Out as JSON and that status.
func answers[In, Out any](status int, h func(context.Context, *In) (Out, error)) layer {
	return func(l *layout, r route) {
		l.guard(r)
		op := l.operation(r, status)
		huma.Register(l.huma, op, func(ctx context.Context, in *In) (*reply[Out], error) {
			out, err := h(ctx, in)
			if err != nil {
				return nil, gate.Fail(ctx, err)
			}
			return &reply[Out]{status, out}, nil
		})
	}
}

// tokenReply is reply with a token that is good from now on: a cookie for a browser, a header for a program.
type tokenReply[B any] struct {
	Status    int
	SetCookie string `header:"Set-Cookie"`
	XToken    string `header:"X-Token"`
	Body      B
}

// renews is answers for what opens or changes a session.
func renews[In, Out any](status int, h func(context.Context, *In) (Out, identity.Authentication, error)) layer {
	return func(l *layout, r route) {
		l.guard(r)
		huma.Register(l.huma, l.operation(r, status), func(ctx context.Context, in *In) (*tokenReply[Out], error) {
			out, a, err := h(ctx, in)
			if err != nil {
				return nil, gate.Fail(ctx, err)
			}
			reply := &tokenReply[Out]{Status: status, Body: out}
			switch {
			case a.Renewed == "":
			case a.Session.Bearer:
				reply.XToken = string(a.Renewed)
			default:
				reply.SetCookie = gate.TokenCookie(string(a.Renewed))
			}
			return reply, nil
		})
	}
}

// ends is does for what ends the session: the browser's token is taken back.
func ends[In any](h func(context.Context, *In) error) layer {
	return func(l *layout, r route) {
		l.guard(r)
		huma.Register(l.huma, l.operation(r, http.StatusNoContent), func(ctx context.Context, in *In) (*endReply, error) {
			if err := h(ctx, in); err != nil {
				return nil, gate.Fail(ctx, err)
			}
			return &endReply{gate.NoTokenCookie(), gate.ClearSiteData}, nil
		})
	}
}

type endReply struct {
	SetCookie     string `header:"Set-Cookie"`
	ClearSiteData string `header:"Clear-Site-Data"`
}

// does lays a line that reads In and answers 204.
func does[In any](h func(context.Context, *In) error) layer {
	return func(l *layout, r route) {
		l.guard(r)
		huma.Register(l.huma, l.operation(r, http.StatusNoContent), func(ctx context.Context, in *In) (*struct{}, error) {
			return nil, gate.Fail(ctx, h(ctx, in))
		})
	}
}

// writes lays a line whose handler writes its answer itself, of that media type.
func writes(contentType string, h func(http.ResponseWriter, *http.Request) error, query ...*huma.Param) layer {
	return func(l *layout, r route) {
		l.document(r, contentType, query)
		once := func(w http.ResponseWriter, r *http.Request) error {
			if err := singly(r); err != nil {
				return err
			}
			return h(w, r)
		}
		if r.open != "" {
			l.door.RawOpen(r.public(), once)
			return
		}
		l.door.Raw(r.guarded(), once)
	}
}

// talks lays a line for a WebSocket.
func talks(h func(context.Context, *http.Request, *gate.Socket) error, query ...*huma.Param) layer {
	return func(l *layout, r route) {
		l.document(r, "", query)
		l.door.Socket(r.guarded(), h)
	}
}

func (l *layout) guard(r route) {
	if r.open != "" {
		l.door.Public(r.public())
		return
	}
	l.door.Guard(r.guarded())
}

// operation is the line as huma knows it.
func (l *layout) operation(r route, status int) huma.Operation {
	return huma.Operation{
		MaxBodyBytes: maxBody, OperationID: r.id, Method: r.method, Path: braced(r.path), DefaultStatus: status, Summary: summary(r), Description: r.about,
		Middlewares: huma.Middlewares{l.once}, Tags: []string{tag(r.path)}, Security: security(r), Responses: l.refusals(r),
		Extensions: map[string]any{"x-action": string(r.action), "x-mode": modeName(r)},
	}
}

// once keeps out a query that names something twice, unless it is a list: two readers of it might believe different ones.
func (l *layout) once(ctx huma.Context, next func(huma.Context)) {
	at := ctx.URL()
	for name, values := range at.Query() {
		list := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.Name == name && p.Schema.Type == huma.TypeArray })
		if len(values) > 1 && !list {
			_ = huma.WriteErr(l.huma, ctx, http.StatusUnprocessableEntity, "", &huma.ErrorDetail{Location: "query", Message: "expected once"})
			return
		}
	}
	next(ctx)
}

// singly is once for a handler that reads the query itself.
func singly(r *http.Request) error {
	for _, values := range r.URL.Query() {
		if len(values) > 1 {
			return custody.Errorf(custody.Invalid, "the query names a parameter twice")
		}
	}
	return nil
}

// document tells the OpenAPI document about a line that huma does not serve.
func (l *layout) document(r route, contentType string, query []*huma.Param) {
	op := l.operation(r, http.StatusOK)
	for elem := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(elem, ":"); ok {
			op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
	}
	op.Parameters = append(op.Parameters, query...)
	good, status := &huma.Response{Description: http.StatusText(http.StatusOK)}, "200"
	if contentType == "" {
		good.Description, status = "The connection becomes a WebSocket", "101"
	} else {
		good.Content = map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	}
	op.Responses[status] = good
	l.huma.OpenAPI().AddOperation(&op)
}

// refusals are the problems that a line may answer with.
func (l *layout) refusals(r route) map[string]*huma.Response {
	schema := l.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[gate.Problem](), true, "Problem")
	out := map[string]*huma.Response{}
	add := func(status int, text string) {
		out[strconv.Itoa(status)] = &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
	}
	add(http.StatusUnprocessableEntity, "A field is wrong; errors names each place and never repeats what stood there")
	add(http.StatusTooManyRequests, "A limit is reached; Retry-After says when to try again")
	add(http.StatusInternalServerError, "A fault of the site's; the log has it under request_id")
	add(http.StatusServiceUnavailable, "A part that is needed is down or slow, for example the diary cannot be written")
	if r.open == "" || r.mode != 0 || strings.HasPrefix(r.id, "sign-in") || r.id == "invitation-use" {
		add(http.StatusUnauthorized, "Nobody is signed in, or what was given to sign in is wrong")
	}
	if r.open == "" {
		add(http.StatusForbidden, "The caller may know of it but not do this; the detail says who can grant it")
		add(http.StatusNotFound, "It does not exist, or is not the caller's to know about: they look alike")
	}
	if r.method != http.MethodGet {
		add(http.StatusRequestEntityTooLarge, "The body is longer than 64 KiB")
		add(http.StatusUnsupportedMediaType, "The body is not application/json")
		add(http.StatusConflict, "The state is not the one that was judged, or the name is taken")
	}
	return out
}

func security(r route) []map[string][]string {
	if r.open != "" {
		return []map[string][]string{}
	}
	return []map[string][]string{{"cookie": {}}, {"bearer": {}}}
}

// summary is the first sentence of what is said about the line.
func summary(r route) string {
	first, _, _ := strings.Cut(r.about, ". ")
	return strings.TrimSuffix(first, ".")
}

// tag groups the document by the path's second element.
func tag(path string) string {
	return strings.Split(strings.TrimPrefix(path, "/api/"), "/")[0]
}

func modeName(r route) string {
	if r.open != "" {
		return "open"
	}
	return fmt.Sprint(r.mode)
}

// braced writes gin's :name as OpenAPI's {name}.
func braced(path string) string {
	elems := strings.Split(path, "/")
	for i, e := range elems {
		if name, ok := strings.CutPrefix(e, ":"); ok {
			elems[i] = "{" + name + "}"
		}
	}
	return strings.Join(elems, "/")
}

// param documents one query parameter of a line that huma does not read.
func param(name, about string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
}

func windowParams() []*huma.Param {
	return []*huma.Param{param("from_us", "microseconds since 1970, UTC"), param("to_us", "microseconds; at most an hour later"), param("stream", "main or sub")}
}

func exportParams() []*huma.Param {
	return []*huma.Param{param("format", "csv or jsonl"), param("from", "RFC 3339"), param("to", "RFC 3339"), param("actor", "an id"),
		param("type", "such as viewing.opened"), param("camera", "an id"), param("subject", "an id")}
}
