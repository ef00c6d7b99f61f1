package office

import (
	"context"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Parts are what an Office works with; all are required.
type Parts struct {
	Staff   *identity.Register
	Cameras *camera.Registry
	Rules   *access.Rules
	Facts   access.Facts
	Prober  Prober
	Clock   custody.Clock
}

// Office is where the site's own affairs are run. It is safe for concurrent use.
type Office struct{ Parts }

// New returns the office over its parts.
func New(p Parts) *Office { return &Office{p} }

// about reports with Denied that a Grant does not allow the action on that subject. It fails with Denied, too, when the decision no
// longer stands.
func about[T ~string](g access.Grant, action access.Action, subject T) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Subject() != string(subject) {
		return custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	return nil
}

// aboutCamera is about for a camera.
func aboutCamera(g access.Grant, action access.Action, id custody.CameraID) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Camera() != id {
		return custody.Errorf(custody.Denied, "the decision %s is about another camera", g.ID())
	}
	return nil
}

// under reports with Denied that a Scope is not of the action.
func under(s access.Scope, actions ...access.Action) error {
	for _, a := range actions {
		if s.Actor().Known() && s.Action() == a {
			return nil
		}
	}
	return custody.Errorf(custody.Denied, "there is no decision that allows this")
}

// Names are what members of staff are called, disabled ones included: for showing beside what a Scope has let through.
func (o *Office) Names(ctx context.Context) (map[custody.StaffID]string, error) {
	all, err := o.Staff.Everyone(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[custody.StaffID]string, len(all))
	for _, s := range all {
		out[s.ID] = s.Name
	}
	return out, nil
}
