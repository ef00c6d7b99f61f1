package dbtest

import (
	"crypto/sha256"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db"
)

// NewStaff stores an enabled member of staff who may look at the cameras, with one standing role.
func NewStaff(t testing.TB, d *db.DB, login string, role identity.Role, cameras ...custody.CameraID) identity.Staff {
	t.Helper()
	s := identity.Staff{ID: custody.NewStaffID(), Login: login, Name: "Mx " + login, Enabled: true, Cameras: cameras, Added: At(0), Version: 1}
	must(t, d.AddStaff(t.Context(), s, []identity.RoleGrant{NewRole(s.ID, role)}, nil, Event(t, custody.EventStaffAdded, string(s.ID))))
	return s
}

// NewRole makes a standing role, not stored.
func NewRole(staff custody.StaffID, role identity.Role) identity.RoleGrant {
	return identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: staff, Role: role, From: At(0), By: "operator", At: At(0), Reason: "set-up"}
}

// NewSession stores an open session.
func NewSession(t testing.TB, d *db.DB, staff custody.StaffID) identity.Session {
	t.Helper()
	s := identity.Session{ID: custody.NewSessionID(), Staff: staff, Opened: At(10), Seen: At(10), Fresh: At(10), Expires: At(3600), Idle: At(900),
		Method: "password", Address: "192.0.2.7"}
	must(t, d.OpenSession(t.Context(), s, Event(t, custody.EventSessionOpened, string(s.ID))))
	return s
}

func newInvitation(staff custody.StaffID, made float64) identity.Invitation {
	return identity.Invitation{ID: custody.NewInvitationID(), Staff: staff, Digest: random(sha256.Size), Made: At(made), Expires: At(made + 3600)}
}

func staffRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y, z := NewYard(t, d, "Yard").Camera.ID, NewYard(t, d, "Gate").Camera.ID
	ann := NewStaff(t, d, "ann", identity.Viewer, max(y, z), min(y, z))
	ann.Cameras = []custody.CameraID{min(y, z), max(y, z)}
	bob := NewStaff(t, d, "bob", identity.Custodian)
	got, err := d.AllStaff(ctx)
	must(t, err)
	if diff := cmp.Diff([]identity.Staff{ann, bob}, got); diff != "" {
		t.Fatal(diff)
	}
	twin := ann
	twin.ID = custody.NewStaffID()
	wantKind(t, d.AddStaff(ctx, twin, nil, nil, Event(t, custody.EventStaffAdded, "twin")), custody.Exists)
	twin.Login, twin.Cameras = "Twin", nil
	wantKind(t, d.AddStaff(ctx, twin, nil, nil), custody.Invalid) // logins are in lower case
	twin.Login, twin.Cameras = "twin", []custody.CameraID{custody.NewCameraID()}
	wantKind(t, d.AddStaff(ctx, twin, nil, nil), custody.NotFound)
	_, err = d.StaffByLogin(ctx, "twin") // nothing of it stayed
	wantKind(t, err, custody.NotFound)
	_, err = d.StaffByLogin(ctx, "a\x00\xff")
	wantKind(t, err, custody.NotFound)

	open, other := NewSession(t, d, ann.ID), NewSession(t, d, bob.ID)
	ann.Name, ann.AllCameras, ann.Cameras, ann.Acknowledged, ann.Policy = "Ann", true, nil, At(20), "1"
	must(t, d.UpdateStaff(ctx, ann, Event(t, custody.EventStaffChanged, "a")))
	wantKind(t, d.UpdateStaff(ctx, ann, Event(t, custody.EventStaffChanged, "stale")), custody.Conflict)
	ann.Version, ann.Enabled = 2, false
	must(t, d.UpdateStaff(ctx, ann, Event(t, custody.EventStaffChanged, "off")))
	ann.Version = 3
	if s, err := d.StaffByID(ctx, ann.ID); err != nil || cmp.Diff(ann, s) != "" {
		t.Error(err, cmp.Diff(ann, s))
	}
	if s, err := d.Session(ctx, open.ID); err != nil || s.Ended == 0 {
		t.Errorf("a disabled member's session stands: %+v %v", s, err)
	}
	if s, err := d.Session(ctx, other.ID); err != nil || s.Ended != 0 {
		t.Errorf("another member's session ended: %+v %v", s, err)
	}
	late := open
	late.ID = custody.NewSessionID()
	wantKind(t, d.OpenSession(ctx, late), custody.Conflict) // signed in while being disabled
	unknown := bob
	unknown.ID = custody.NewStaffID()
	wantKind(t, d.UpdateStaff(ctx, unknown), custody.NotFound)
}

func roleRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	ann, bob := NewStaff(t, d, "ann", identity.Viewer), NewStaff(t, d, "bob", identity.Custodian)
	dated := NewRole(ann.ID, identity.Custodian)
	dated.From, dated.Until, dated.At, dated.By = At(100), At(200), At(50), string(bob.ID)
	must(t, d.AddRoleGrants(ctx, []identity.RoleGrant{dated}, Event(t, custody.EventRoleGranted, "d")))
	unknown := NewRole(ann.ID, "root")
	wantKind(t, d.AddRoleGrants(ctx, []identity.RoleGrant{unknown}), custody.Invalid)
	must(t, d.RevokeRoleGrant(ctx, dated.ID, At(150), Event(t, custody.EventRoleRevoked, "d")))
	wantKind(t, d.RevokeRoleGrant(ctx, dated.ID, At(160), Event(t, custody.EventRoleRevoked, "d")), custody.Conflict)
	wantKind(t, d.RevokeRoleGrant(ctx, custody.NewRoleGrantID(), At(160)), custody.NotFound)
	dated.Revoked = At(150)
	got, err := d.RoleGrants(ctx, ann.ID)
	must(t, err)
	if len(got) != 2 || cmp.Diff(dated, got[1]) != "" {
		t.Fatalf("roles %+v", got)
	}
	if everybody := all(t, d.AllRoleGrants(ctx)); len(everybody) != 3 {
		t.Errorf("%d roles, want 3", len(everybody))
	}
}

func secretRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	ann, bob := NewStaff(t, d, "ann", identity.Viewer), NewStaff(t, d, "bob", identity.Viewer)
	key := keys.Record{ID: custody.NewKeyID(), Purpose: keys.Credentials, Wrapped: []byte("w"), Created: At(0)}
	must(t, d.AddKey(ctx, key, "", Event(t, custody.EventKeyCreated, "k")))
	kept, ended := NewSession(t, d, ann.ID), NewSession(t, d, ann.ID)
	s, err := d.Secrets(ctx, ann.ID)
	must(t, err)
	if diff := cmp.Diff(identity.Secrets{Version: 1}, s); diff != "" {
		t.Fatal(diff)
	}
	s = identity.Secrets{Password: "$argon2id$x", TOTP: []byte("sealed"), TOTPKey: key.ID, TOTPStep: 7, Codes: [][]byte{random(32), random(32)}, Version: 1}
	must(t, d.SetSecrets(ctx, ann.ID, s, true, kept.ID, Event(t, custody.EventCredentialChanged, "s")))
	wantKind(t, d.SetSecrets(ctx, ann.ID, s, false, ""), custody.Conflict)
	s.Version = 2
	if got, err := d.Secrets(ctx, ann.ID); err != nil || cmp.Diff(s, got) != "" {
		t.Error(err, cmp.Diff(s, got))
	}
	if got, err := d.AllSecrets(ctx); err != nil || cmp.Diff(map[custody.StaffID]identity.Secrets{ann.ID: s, bob.ID: {Version: 1}}, got) != "" {
		t.Errorf("everybody's secrets: %+v %v", got, err)
	}
	if got, err := d.StandingSessions(ctx); err != nil || cmp.Diff([]identity.Session{kept}, got) != "" {
		t.Errorf("standing sessions: %+v %v", got, err)
	}
	if open, err := d.Sessions(ctx, ann.ID); err != nil || len(open) != 1 || open[0].ID != kept.ID {
		t.Errorf("%d sessions are open, %v; %s should have ended", len(open), err, ended.ID)
	}
	bad := s
	bad.Codes = [][]byte{[]byte("short")}
	wantKind(t, d.SetSecrets(ctx, ann.ID, bad, false, ""), custody.Invalid)

	p := identity.Passkey{ID: []byte("cred"), Staff: ann.ID, Label: "key", Record: []byte("{}"), Added: At(1)}
	must(t, d.PutPasskey(ctx, p, Event(t, custody.EventCredentialChanged, "p")))
	p.Used, p.Record = At(2), []byte(`{"n":1}`)
	must(t, d.PutPasskey(ctx, p))
	stolen := p
	stolen.Staff = bob.ID
	wantKind(t, d.PutPasskey(ctx, stolen), custody.Conflict)
	if got, err := d.PasskeyByID(ctx, p.ID); err != nil || cmp.Diff(p, got) != "" {
		t.Error(err, cmp.Diff(p, got))
	}
	if got, err := d.AllPasskeys(ctx); err != nil || cmp.Diff([]identity.Passkey{p}, got) != "" {
		t.Errorf("everybody's passkeys: %+v %v", got, err)
	}
	m, err := d.StaffByLogin(ctx, "ann")
	must(t, err)
	if !m.HasPassword || !m.HasTOTP || m.Codes != 2 || m.Passkeys != 1 {
		t.Errorf("what is told of the secrets: %+v", m)
	}
	wantKind(t, d.RemovePasskey(ctx, bob.ID, p.ID), custody.NotFound)
	must(t, d.RemovePasskey(ctx, ann.ID, p.ID, Event(t, custody.EventCredentialChanged, "p")))
	_, err = d.PasskeyByID(ctx, p.ID)
	wantKind(t, err, custody.NotFound)
}

func invitationRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	ann, bob := NewStaff(t, d, "ann", identity.Viewer), NewStaff(t, d, "bob", identity.Viewer)
	first, second := newInvitation(ann.ID, 1), newInvitation(ann.ID, 2)
	must(t, d.AddInvitation(ctx, first, Event(t, custody.EventStaffInvited, "1")))
	must(t, d.AddInvitation(ctx, second, Event(t, custody.EventStaffInvited, "2")))
	if lapsed, err := d.InvitationByDigest(ctx, first.Digest); err != nil || lapsed.Used == 0 {
		t.Errorf("an earlier invitation is still good: %+v %v", lapsed, err)
	}
	if got, err := d.UnusedInvitations(ctx); err != nil || cmp.Diff([]identity.Invitation{second}, got) != "" {
		t.Errorf("unused invitations: %+v %v", got, err)
	}
	open := identity.Session{ID: custody.NewSessionID(), Staff: ann.ID, Opened: At(5), Seen: At(5), Fresh: At(5), Expires: At(90), Idle: At(50), Method: "invitation"}
	secrets := identity.Secrets{Password: "$argon2id$x", Version: 1}
	used := Event(t, custody.EventInvitationUsed, "u")
	wantKind(t, d.UseInvitation(ctx, first.ID, At(5), secrets, open, used), custody.Conflict)
	wantKind(t, d.UseInvitation(ctx, second.ID, second.Expires, secrets, open, used), custody.Conflict)
	stranger := open
	stranger.Staff = bob.ID
	wantKind(t, d.UseInvitation(ctx, second.ID, At(5), secrets, stranger, used), custody.Conflict)
	stale := secrets
	stale.Version = 9
	wantKind(t, d.UseInvitation(ctx, second.ID, At(5), stale, open, used), custody.Conflict)
	must(t, d.UseInvitation(ctx, second.ID, At(5), secrets, open, used))
	wantKind(t, d.UseInvitation(ctx, second.ID, At(6), secrets, open, used), custody.Conflict)
	second.Used = At(5)
	if got, err := d.InvitationByDigest(ctx, second.Digest); err != nil || cmp.Diff(second, got) != "" {
		t.Error(err, cmp.Diff(second, got))
	}
	if got, err := d.Session(ctx, open.ID); err != nil || cmp.Diff(open, got) != "" {
		t.Error(err, cmp.Diff(open, got))
	}
	_, err := d.InvitationByDigest(ctx, random(32))
	wantKind(t, err, custody.NotFound)
}
