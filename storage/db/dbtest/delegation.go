package dbtest

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// delegations makes somebody another's delegate at many times around an instant, in seconds, and returns those that the rules count of
// what they proposed then.
func delegations(t *testing.T, d *db.DB, who custody.StaffID, by string, proposed float64) []access.Deputy {
	t.Helper()
	given := func(from, until, revoked float64, role identity.Role) {
		g := NewRole(who, role)
		g.By, g.From, g.Until, g.Revoked = by, At(proposed+from), At(proposed+until), 0
		must(t, d.AddRoleGrants(t.Context(), []identity.RoleGrant{g}, Event(t, custody.EventRoleGranted, "d")))
		if revoked != 0 {
			must(t, d.RevokeRoleGrant(t.Context(), g.ID, At(proposed+revoked), Event(t, custody.EventRoleRevoked, "d")))
		}
	}
	given(-90, 0, 0, identity.Custodian)    // over when it was proposed
	given(-80, 80, -10, identity.Custodian) // taken back before
	given(-70, 70, 0, identity.Preparer)    // no delegation
	given(-60, 60, 0, identity.Custodian)
	given(-50, 50, 10, identity.Custodian) // taken back afterwards
	given(40, 90, 0, identity.Custodian)
	return []access.Deputy{{For: custody.StaffID(by), From: At(proposed - 60)}, {For: custody.StaffID(by), From: At(proposed - 50)}, {For: custody.StaffID(by), From: At(proposed + 40)}}
}

// concerning proves that the rules learn which requests concern whom, and of what is no number nothing.
func concerning(t *testing.T, d *db.DB, k *Desk) {
	t.Helper()
	about := k.Logged(t, d, access.OpenRecords)
	about.Concerned = []custody.StaffID{k.Clerk}
	_, err := changed(t, d, about)
	must(t, err)
	for who, want := range map[custody.StaffID]int{k.Clerk: 1, k.Director: 0, custody.NewStaffID(): 0} {
		ids, err := d.Facts().Concerning(t.Context(), who)
		if err != nil || len(ids) != want || want == 1 && ids[0] != about.ID {
			t.Errorf("of %s: %v %v", who, ids, err)
		}
	}
	_, err = d.Facts().RequestNumbered(t.Context(), "REQ-2026-0007\x00\xff")
	wantKind(t, err, custody.NotFound)
}
