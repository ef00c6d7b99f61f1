package gate

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// problemType is the media type of RFC 9457, section 3.
const problemType = "application/problem+json"

// retryAfter is what a caller is told to wait, in seconds, when a part is down or a limit is reached and nobody knows better.
const retryAfter = "5"

// Fault is one wrong place of a request.
type Fault struct {
	Location string `json:"location"` // such as body.login or query.from
	Message  string `json:"message"`
}

// Problem is an answer of RFC 9457: what went wrong, in words that the caller may read. It is an error with a status,
// headers and a media type of its own, as huma asks of errors, so api may return it from a handler as it is.
type Problem struct {
	Type      string  `json:"type"` // always about:blank: Kind says which
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Kind      string  `json:"kind"` // custody.Kind's name
	RequestID string  `json:"request_id"`
	Errors    []Fault `json:"errors,omitempty"`
	// Confirm asks for POST /api/session/confirm before the act is tried again: the sign-in is not fresh.
	Confirm bool `json:"confirm,omitempty"`

	headers http.Header
}

// Error is the public sentence.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that belong to the answer: Retry-After, WWW-Authenticate, Allow.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is the media type of RFC 9457 whatever was negotiated.
func (p *Problem) ContentType(string) string { return problemType }

// refusal is what the gate itself refuses by a rule of HTTP; it has a status of its own beside the Kind.
type refusal struct {
	status int
	err    *custody.Error
	header http.Header
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, kind custody.Kind, format string, args ...any) *refusal {
	return &refusal{status: status, err: custody.Errorf(kind, format, args...), header: http.Header{}}
}

func (r *refusal) with(name, value string) *refusal {
	r.header.Set(name, value)
	return r
}

// status is the one map from Kind to status.
func status(k custody.Kind) int {
	switch k {
	case custody.Invalid:
		return http.StatusUnprocessableEntity
	case custody.NotFound:
		return http.StatusNotFound
	case custody.Denied:
		return http.StatusForbidden
	case custody.Conflict, custody.Exists:
		return http.StatusConflict
	case custody.Unavailable:
		return http.StatusServiceUnavailable
	case custody.Exhausted:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError // Internal, Corrupt and whatever comes later
}

// SignIn is the error of a caller who is nobody: 401 at the door. api returns it when a sign-in fails.
func SignIn(cause error) error {
	r := refuse(http.StatusUnauthorized, custody.Denied, "sign in first")
	if text := (*custody.Error)(nil); errors.As(cause, &text) {
		r.err.Public = text.Public
	}
	r.err.Cause = cause
	return r.with("WWW-Authenticate", `Bearer realm="custody"`)
}

// NewProblem turns err into the problem that its Kind stands for. Of an Internal error it tells nothing but the id of the
// request, by which the log has the cause. Faults are for Invalid errors that name several places.
func NewProblem(requestID string, err error, faults ...Fault) *Problem {
	kind := custody.KindOf(err)
	p := &Problem{Type: "about:blank", Status: status(kind), Kind: kind.String(), RequestID: requestID, Errors: faults, headers: http.Header{}}
	if r := (*refusal)(nil); errors.As(err, &r) {
		p.Status = r.status
		maps.Copy(p.headers, r.header)
	}
	p.Title = http.StatusText(p.Status)
	if p.Status == http.StatusUnauthorized {
		p.Title = "Sign in"
	}
	p.Detail = custody.PublicText(err)
	if kind == custody.Internal {
		p.Detail = "something went wrong on our side: tell the administrator the number of this request"
	}
	p.Confirm = identity.NeedsConfirm(err)
	if kind == custody.Unavailable || kind == custody.Exhausted {
		p.headers.Set("Retry-After", retryAfter)
	}
	if wait, ok := identity.Wait(err); ok {
		p.headers.Set("Retry-After", strconv.Itoa(1+int(wait/time.Second)))
	}
	return p
}

// Fail is NewProblem for a huma handler whose context is ctx: its error is noted for the log.
func Fail(ctx context.Context, err error, faults ...Fault) error {
	if err == nil {
		return nil
	}
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	v := visitOf(ctx)
	v.note(err)
	return NewProblem(v.id, err, faults...)
}

// WriteProblem answers r with the problem of err. If an answer has begun it only notes the error for the log.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r.Context())
	v.note(err)
	if v.begun() {
		return
	}
	p := (*Problem)(nil)
	if !errors.As(err, &p) {
		p = NewProblem(v.id, err)
	}
	body, jsonErr := json.Marshal(p)
	if jsonErr != nil { // strings and numbers always marshal
		body = []byte(`{}`)
	}
	h := w.Header()
	for _, stale := range []string{"Content-Length", "Content-Encoding", "Content-Range", "Etag", "Last-Modified", "Accept-Ranges"} {
		h.Del(stale)
	}
	maps.Copy(h, p.headers)
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, err = w.Write(append(body, '\n'))
	v.note(err)
}

// BodyError turns what reading a body failed with into the error that it stands for: 413 beyond the limit, 408 if it came too
// slowly, else 400.
func BodyError(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, custody.Invalid, "the body is larger than %d bytes", large.Limit).with("Connection", "close")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, custody.Invalid, "the body came too slowly").with("Connection", "close")
	}
	return refuse(http.StatusBadRequest, custody.Invalid, "the body ended early")
}
