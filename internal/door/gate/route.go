package gate

import (
	"context"

	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Mode says what the gate does for a guarded route before its handler runs. In every mode it has authenticated the caller.
type Mode uint8

const (
	// Decide asks the judge about this one act: the diary has the event before the handler runs, and the Pass carries the Grant.
	Decide Mode = iota + 1
	// List asks the judge for the Scope of the action; a caller who may not do it at all is refused.
	List
	// Carry is for routes under a decision that was taken before and is asked again by the room behind (a viewing's
	// fragments): the Pass carries the actor only.
	Carry
	// Self is for the caller's own session and credentials; open in every stage of a session.
	Self
)

// Route is one guarded line of the route table. A Route without an Action or a Mode panics at registration.
type Route struct {
	ID      string // operation id, such as "staff-add"
	Method  string
	Path    string // gin's form: /api/staff/:staff
	Action  access.Action
	Mode    Mode
	Camera  string // name of the path parameter that names the camera the act is about; may be empty
	Subject string // name of the path parameter that names what else it is about; may be empty
	Prefix  string // of the ids that Subject may have: what is no such id names nothing, whoever asks; empty for any
	Stream  bool   // a long answer: no write timeout, no body limit of the ordinary kind (video, WebSocket, export)
	// Takes is how many bytes of application/octet-stream it takes in place of JSON; 0: JSON, within Limits.Body.
	Takes int64
}

// Open is one public line of the route table: no caller is known. They are few and in a golden file.
type Open struct {
	ID     string
	Method string
	Path   string
	Why    string // why it may be public, for the golden file
}

// Pass is what the gate knows about a request that it let in. The zero Pass is nobody's.
type Pass struct {
	Actor     access.Actor
	Session   identity.Session
	Staff     identity.Staff
	Stage     identity.Stage // how far the session has come
	Grant     access.Grant   // Mode Decide
	Scope     access.Scope   // Mode List
	RequestID string
	Address   string // the caller's network address, as trusted
}

type passKey struct{}

// PassOf is the Pass of the request that ctx belongs to; the zero Pass if the gate did not let it in.
func PassOf(ctx context.Context) Pass {
	p, _ := ctx.Value(passKey{}).(Pass)
	return p
}

// Address is the caller's network address, as trusted, on public lines too; empty outside the gate.
func Address(ctx context.Context) string { return visitOf(ctx).address }
