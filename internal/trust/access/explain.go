package access

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Power is one act that a role may do, and under which circumstances. It is found by asking the policy, so it cannot differ from it.
type Power struct {
	Role    identity.Role
	Action  Action
	Classes []Class           // of cameras; empty unless it is about footage
	Bases   []Basis           // with which a look may be taken; empty if none is needed
	Recent  bool              // only footage younger than Settings.ViewerAgeDays
	Passes  []RestrictionKind // restrictions that do not stop it
}

// Scope answers what a list may show to the actor. Denied if they may not do that act at all, and then act.refused is recorded.
func (j *Judge) Scope(ctx context.Context, actor Actor, action Action) (Scope, error) {
	return Scope{}, custody.Errorf(custody.Unavailable, "lists are closed")
}

// May lists the acts that the actor may do in some circumstances, for a menu. It records nothing and allows nothing.
func (j *Judge) May(ctx context.Context, actor Actor) ([]Action, error) { return nil, nil }

// MayCamera lists for each of the cameras the acts on footage that the actor may do with some basis, for a list. It records nothing and allows
// nothing. A camera that the actor may not know about is absent.
func (j *Judge) MayCamera(ctx context.Context, actor Actor, cameras ...custody.CameraID) (map[custody.CameraID][]Action, error) {
	return nil, nil
}

// Explain is the table of roles and acts, out of the policy itself.
func (j *Judge) Explain() []Power { return nil }
