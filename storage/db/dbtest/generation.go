package dbtest

import (
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// act is one call of a store, and whether the rules may judge differently after it.
type act struct {
	name   string
	raises bool
	call   func() error
}

// generation calls every method of the stores that changes rows. What the rules look at has a new generation in the same
// transaction: an act that is rolled back raises nothing.
func generation(t *testing.T, c db.Config) {
	d := Open(t, c)
	y := NewYard(t, d, "Yard")
	ann := NewStaff(t, d, "ann", identity.Viewer)
	one, two := NewSession(t, d, ann.ID), NewSession(t, d, ann.ID)
	for _, a := range slices.Concat(staffActs(t, d, ann, one, two), ruleActs(t, d, y), holdActs(t, d, y)) {
		before, err := d.Facts().Generation(t.Context())
		must(t, err)
		if err := a.call(); err != nil {
			t.Fatalf("%s: %v", a.name, err)
		}
		after, err := d.Facts().Generation(t.Context())
		must(t, err)
		if after < before || a.raises != (after > before) {
			t.Errorf("%s: generation %d after %d, should rise: %v", a.name, after, before, a.raises)
		}
	}
	before, err := d.Facts().Generation(t.Context())
	must(t, err)
	twice := Event(t, custody.EventStaffChanged, "twice")
	wantKind(t, d.AddRoleGrants(t.Context(), []identity.RoleGrant{NewRole(ann.ID, identity.Auditor)}, twice, twice), custody.Exists)
	if after, err := d.Facts().Generation(t.Context()); err != nil || after != before {
		t.Errorf("generation %d after %d, though nothing was committed: %v", after, before, err)
	}
}

func staffActs(t *testing.T, d *db.DB, ann identity.Staff, one, two identity.Session) []act {
	ctx := t.Context()
	bob := identity.Staff{ID: custody.NewStaffID(), Login: "bob", Name: "Bob", Enabled: true, Added: At(0)}
	invited, again := newInvitation(bob.ID, 1), newInvitation(bob.ID, 2)
	role := NewRole(bob.ID, identity.Auditor)
	key := identity.Passkey{ID: []byte("c"), Staff: bob.ID, Record: []byte("{}")}
	first := identity.Session{ID: custody.NewSessionID(), Staff: bob.ID, Method: "invitation"}
	return []act{
		{"AddStaff", true, func() error { return d.AddStaff(ctx, bob, nil, &invited) }},
		{"UpdateStaff", true, func() error { return d.UpdateStaff(ctx, ann) }},
		{"AddRoleGrants", true, func() error { return d.AddRoleGrants(ctx, []identity.RoleGrant{role}) }},
		{"RevokeRoleGrant", true, func() error { return d.RevokeRoleGrant(ctx, role.ID, At(9)) }},
		{"SetSecrets", true, func() error {
			return d.SetSecrets(ctx, ann.ID, identity.Secrets{Password: "$x", Version: 1}, false, "")
		}},
		{"PutPasskey adds", true, func() error { return d.PutPasskey(ctx, key) }},
		{"PutPasskey replaces", false, func() error { return d.PutPasskey(ctx, key) }},
		{"RemovePasskey", true, func() error { return d.RemovePasskey(ctx, bob.ID, key.ID) }},
		{"AddInvitation", true, func() error { return d.AddInvitation(ctx, again) }},
		{"UseInvitation", true, func() error {
			return d.UseInvitation(ctx, again.ID, At(3), identity.Secrets{Password: "$y", Version: 1}, first)
		}},
		{"OpenSession", true, func() error {
			return d.OpenSession(ctx, identity.Session{ID: custody.NewSessionID(), Staff: bob.ID, Method: "password"})
		}},
		{"TouchSession", false, func() error { return d.TouchSession(ctx, one.ID, At(20), At(30)) }},
		{"ConfirmSession", true, func() error { return d.ConfirmSession(ctx, one.ID, At(20), true) }},
		{"EndSession", true, func() error { return d.EndSession(ctx, one.ID, At(21)) }},
		{"EndSession again", false, func() error { return d.EndSession(ctx, one.ID, At(22)) }},
		{"EndSessions", true, func() error { return d.EndSessions(ctx, two.Staff, At(23)) }},
		{"PutAttempts", false, func() error { return d.PutAttempts(ctx, "k", identity.Attempts{Count: 1}) }},
		{"ForgetAttempts", false, func() error { return d.ForgetAttempts(ctx, At(24)) }},
	}
}

func ruleActs(t *testing.T, d *db.DB, y *Yard) []act {
	ctx, cam := t.Context(), y.Camera
	gate := cam
	gate.ID, gate.Name, gate.Streams = custody.NewCameraID(), "Gate", nil
	settings, err := d.Facts().Settings(ctx)
	must(t, err)
	r := access.Restriction{ID: custody.NewRestrictionID(), Camera: cam.ID, Span: custody.Span{Start: At(1), End: At(2)}, Kind: access.RestrictHold, Reason: "r", By: "x"}
	return []act{
		{"PutSettings", true, func() error { return d.PutSettings(ctx, settings) }},
		{"AddRestriction", true, func() error { return d.AddRestriction(ctx, r) }},
		{"LiftRestriction", true, func() error { return d.LiftRestriction(ctx, r.ID, At(3)) }},
		{"AddCamera", true, func() error { return d.AddCamera(ctx, gate, Event(t, custody.EventCameraAdded, "g")) }},
		{"UpdateCamera", true, func() error { return d.UpdateCamera(ctx, cam, Event(t, custody.EventCameraChanged, "c")) }},
		{"CommitSegment", false, func() error { return Commit(ctx, t, d, y.Segment(0, custody.Span{Start: At(0), End: At(60)})) }},
		{"Append", false, func() error { return d.Append(ctx, Event(t, "test.happened", "a")) }},
	}
}
