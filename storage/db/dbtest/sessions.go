package dbtest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

func sessionRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	ann := NewStaff(t, d, "ann", identity.Viewer)
	s := NewSession(t, d, ann.ID)
	h, err := d.Head(ctx)
	must(t, err)
	must(t, d.TouchSession(ctx, s.ID, At(60), At(960)))
	s.Seen, s.Idle = At(60), At(960)
	enrol := identity.Session{ID: custody.NewSessionID(), Staff: ann.ID, Opened: At(11), Seen: At(11), Fresh: At(11), Expires: At(99), Idle: At(90),
		Method: "password", Enrol: true, Bearer: true}
	must(t, d.OpenSession(ctx, enrol, Event(t, custody.EventSessionOpened, "e")))
	must(t, d.ConfirmSession(ctx, enrol.ID, At(12), false, Event(t, custody.EventSessionConfirmed, "e")))
	enrol.Fresh = At(12)
	got, err := d.Sessions(ctx, ann.ID)
	must(t, err)
	if diff := cmp.Diff([]identity.Session{enrol, s}, got); diff != "" { // latest first
		t.Fatal(diff)
	}
	must(t, d.ConfirmSession(ctx, enrol.ID, At(13), true, Event(t, custody.EventSessionConfirmed, "e")))
	if got, err := d.Session(ctx, enrol.ID); err != nil || got.Enrol || got.Fresh != At(13) {
		t.Errorf("after enrolment: %+v %v", got, err)
	}
	must(t, d.EndSession(ctx, s.ID, At(70), Event(t, custody.EventSessionClosed, "s")))
	must(t, d.EndSession(ctx, s.ID, At(80), Event(t, custody.EventSessionClosed, "again")))
	must(t, d.TouchSession(ctx, s.ID, At(90), At(990)))
	s.Ended = At(70)
	if got, err := d.Session(ctx, s.ID); err != nil || cmp.Diff(s, got) != "" {
		t.Error(err, cmp.Diff(s, got))
	}
	wantKind(t, d.ConfirmSession(ctx, s.ID, At(71), false), custody.Conflict)
	wantSize(t, d, h.Size+4) // the second end told nothing new
	must(t, d.EndSessions(ctx, ann.ID, At(100), Event(t, custody.EventSessionClosed, "all")))
	if open, err := d.Sessions(ctx, ann.ID); err != nil || len(open) != 0 {
		t.Errorf("%d sessions are open, %v", len(open), err)
	}
	nobody := custody.NewSessionID()
	for _, err := range []error{d.EndSession(ctx, nobody, At(1)), d.TouchSession(ctx, nobody, At(1), At(2)), d.ConfirmSession(ctx, nobody, At(1), false)} {
		wantKind(t, err, custody.NotFound)
	}
}

func attemptRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	a := identity.Attempts{Count: 3, Last: At(5), Blocked: At(50)}
	must(t, d.PutAttempts(ctx, "k", identity.Attempts{Count: 1, Last: At(1)}))
	must(t, d.PutAttempts(ctx, "k", a))
	must(t, d.PutAttempts(ctx, "old", identity.Attempts{Count: 1, Last: At(1)}))
	must(t, d.ForgetAttempts(ctx, At(5)))
	for key, want := range map[string]identity.Attempts{"k": a, "old": {}, "never": {}} {
		if got, err := d.Attempts(ctx, key); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", key, got, err, want)
		}
	}
}

func ruleRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	f := d.Facts()
	if exists, err := f.StaffExists(ctx); err != nil || exists {
		t.Errorf("staff exists in a new database: %v %v", exists, err)
	}
	s, err := f.Settings(ctx)
	must(t, err)
	fresh := access.DefaultSettings()
	fresh.Version = 1
	if diff := cmp.Diff(fresh, s); diff != "" {
		t.Errorf("the settings of a new site: %s", diff)
	}
	s.ViewingMinutes, s.SetUp = 45, At(1)
	must(t, d.PutSettings(ctx, s, Event(t, custody.EventSettingChanged, "s")))
	wantKind(t, d.PutSettings(ctx, s), custody.Conflict)
	s.Version, s.ViewingMinutes = 2, 4
	wantKind(t, d.PutSettings(ctx, s), custody.Invalid)

	cam := NewYard(t, d, "Yard").Camera
	r := access.Restriction{ID: custody.NewRestrictionID(), Camera: cam.ID, Span: custody.Span{Start: At(100), End: At(200)}, Kind: access.RestrictSealed,
		Reason: "an order", By: "operator", At: At(5)}
	must(t, d.AddRestriction(ctx, r, Event(t, custody.EventRestrictionPlaced, "r")))
	for _, c := range []struct {
		start, end float64
		want       int
	}{{0, 100, 0}, {99, 100.000001, 1}, {150, 160, 1}, {199.999999, 300, 1}, {200, 300, 0}, {0, 1000, 1}} {
		got, err := f.Restrictions(ctx, cam.ID, custody.Span{Start: At(c.start), End: At(c.end)})
		if err != nil || len(got) != c.want || c.want == 1 && cmp.Diff(r, got[0]) != "" {
			t.Errorf("[%v,%v): %+v %v, want %d", c.start, c.end, got, err, c.want)
		}
	}
	must(t, d.LiftRestriction(ctx, r.ID, At(300), Event(t, custody.EventRestrictionLifted, "r")))
	wantKind(t, d.LiftRestriction(ctx, r.ID, At(301)), custody.Conflict)
	wantKind(t, d.LiftRestriction(ctx, custody.NewRestrictionID(), At(301)), custody.NotFound)
	if got, err := f.Restrictions(ctx, cam.ID, r.Span); err != nil || len(got) != 0 {
		t.Errorf("a lifted restriction still stands: %+v %v", got, err)
	}
	r.Lifted = At(300)
	if got, err := d.AllRestrictions(ctx, 10); err != nil || cmp.Diff([]access.Restriction{r}, got) != "" || cmp.Diff(got, all(t, d.EveryRestriction(ctx))) != "" {
		t.Error(got, err)
	}
	r.ID, r.Camera = custody.NewRestrictionID(), custody.NewCameraID()
	wantKind(t, d.AddRestriction(ctx, r), custody.NotFound)
}

func standing(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	f, cam := d.Facts(), NewYard(t, d, "Yard").Camera
	ann, bob := NewStaff(t, d, "ann", identity.Viewer, cam.ID), NewStaff(t, d, "bob", identity.Viewer)
	session := NewSession(t, d, ann.ID)
	gone, later := NewRole(ann.ID, identity.Auditor), NewRole(ann.ID, identity.Custodian)
	later.At, later.From = At(5), At(1e6)
	must(t, d.AddRoleGrants(ctx, []identity.RoleGrant{later, gone}))
	must(t, d.RevokeRoleGrant(ctx, gone.ID, At(6)))
	got, err := f.Standing(ctx, ann.ID, session.ID)
	must(t, err)
	if cmp.Diff(ann, got.Staff) != "" || cmp.Diff(session, got.Session) != "" || len(got.Roles) != 2 || got.Roles[1] != later {
		t.Errorf("standing %+v", got)
	}
	for _, who := range []struct {
		staff   custody.StaffID
		session custody.SessionID
	}{{bob.ID, session.ID}, {custody.NewStaffID(), session.ID}, {ann.ID, custody.NewSessionID()}, {"", ""}} {
		_, err := f.Standing(ctx, who.staff, who.session)
		wantKind(t, err, custody.NotFound)
	}
	want := access.CameraFacts{ID: cam.ID, Class: access.PublicArea, Version: 1}
	if got, err := f.Camera(ctx, cam.ID); err != nil || got != want {
		t.Errorf("camera %+v %v", got, err)
	}
	cam.Class, cam.Removed = access.LibraryRecord, At(50)
	must(t, d.UpdateCamera(ctx, cam, Event(t, custody.EventCameraRemoved, "c")))
	want = access.CameraFacts{ID: cam.ID, Class: access.LibraryRecord, Removed: true, Version: 2}
	if got, err := f.Cameras(ctx); err != nil || cmp.Diff([]access.CameraFacts{want}, got) != "" {
		t.Errorf("cameras %+v %v", got, err)
	}
	_, err = f.Camera(ctx, custody.NewCameraID())
	wantKind(t, err, custody.NotFound)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = f.Standing(ended, ann.ID, session.ID)
	wantKind(t, err, custody.Unavailable)
}
