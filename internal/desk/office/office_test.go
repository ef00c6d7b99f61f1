package office

import (
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestNothingHappensWithoutADecision asks every act with the zero Grant and every list with the zero Scope. The rooms behind are absent:
// whoever went on to one would panic.
func TestNothingHappensWithoutADecision(t *testing.T) {
	o, ctx := New(Parts{Cameras: &camera.Registry{}, Rules: &access.Rules{}}), t.Context()
	var g access.Grant
	var s access.Scope
	acts := map[string]func() error{
		"AddMember":    func() error { _, _, err := o.AddMember(ctx, g, g, identity.New{}); return err },
		"ChangeMember": func() error { _, err := o.ChangeMember(ctx, g, "", identity.Change{}); return err },
		"Invite":       func() error { _, err := o.Invite(ctx, g, ""); return err },
		"SignOut":      func() error { return o.SignOut(ctx, g, "") },
		"GiveRoles":    func() error { _, err := o.GiveRoles(ctx, g, "", identity.Give{}); return err },
		"TakeRole":     func() error { return o.TakeRole(ctx, g, "", "") },
		"Delegate":     func() error { _, err := o.Delegate(ctx, g, "", custody.Span{}, ""); return err },
		"Adjust":       func() error { _, err := o.Adjust(ctx, g, Adjustment{}); return err },
		"FinishSetUp":  func() error { _, err := o.FinishSetUp(ctx, g); return err },
		"Restrict":     func() error { _, err := o.Restrict(ctx, g, access.Restriction{}); return err },
		"Lift":         func() error { return o.Lift(ctx, g, "") },
		"TryAddress":   func() error { _, err := o.TryAddress(ctx, g, camera.Input{}); return err },
		"TryCamera":    func() error { _, err := o.TryCamera(ctx, g, ""); return err },
		"ChangeCamera": func() error { _, err := o.ChangeCamera(ctx, g, "", camera.UpdateInput{}); return err },
		"Classify":     func() error { _, err := o.Classify(ctx, g, "", camera.ClassInput{}); return err },
		"RemoveCamera": func() error { return o.RemoveCamera(ctx, g, "") },
		"SetLogin":     func() error { return o.SetLogin(ctx, g, "", "", "") },
		"Members":      func() error { _, err := o.Members(ctx, s); return err },
		"Member":       func() error { _, err := o.Member(ctx, s, ""); return err },
		"Delegations":  func() error { _, err := o.Delegations(ctx, s); return err },
		"Settings":     func() error { _, err := o.Settings(ctx, s); return err },
		"Restrictions": func() error { _, err := o.Restrictions(ctx, s); return err },
		"Cameras":      func() error { _, err := o.Cameras(ctx, s); return err },
		"Camera":       func() error { _, err := o.Camera(ctx, s, ""); return err },
	}
	for name, act := range acts {
		if err := act(); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s without a decision: %v", name, err)
		}
	}
}
