package access_test

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// given is a role for some time from noon on; until 0 it has no end.
func given(who access.Actor, role identity.Role, d time.Duration) identity.RoleGrant {
	g := identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: who.Staff(), Role: role, From: noon, At: noon, By: "operator"}
	if d != 0 {
		g.Until = noon.Add(d)
	}
	return g
}

func denied(t *testing.T, what string, err error) {
	t.Helper()
	if custody.KindOf(err) != custody.Denied {
		t.Errorf("%s: %v, want a refusal", what, err)
	}
}

// TestADelegateActsButDoesNotDelegate, and is a delegate no longer when the time is over: the look ends with it.
func TestADelegateActsButDoesNotDelegate(t *testing.T) {
	s := accesstest.New(noon)
	judge, cam := s.Judge(), s.AddCamera(access.LibraryRecord)
	who := s.Person(t)
	s.PutRole(given(who, identity.Custodian, 10*time.Minute))
	for action, want := range map[access.Action]bool{access.Restrict: true, access.CameraClassify: true, access.DelegationMake: false} {
		_, err := judge.Decide(t.Context(), who, access.Ask{Action: action})
		if (err == nil) != want || !want && access.WhoCan(err) != "the custodian" {
			t.Errorf("a delegate and %s: %v", action, err)
		}
	}
	if may, err := judge.May(t.Context(), who); err != nil || slices.Contains(may, access.DelegationMake) || !slices.Contains(may, access.Restrict) {
		t.Errorf("a delegate's menu: %v %v", may, err)
	}
	s.PutRole(given(who, identity.Custodian, 0))
	s.Advance(4 * time.Second)
	if _, err := judge.Decide(t.Context(), who, access.Ask{Action: access.DelegationMake}); err != nil {
		t.Errorf("the custodian: %v", err)
	}

	delegate := s.Person(t)
	s.PutRole(given(delegate, identity.Custodian, 10*time.Minute))
	s.Advance(4 * time.Second)
	g, err := judge.Decide(t.Context(), delegate, look(cam))
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(noon.Add(10*time.Minute - 1).Sub(s.Now()))
	if err := g.Standing(); err != nil {
		t.Errorf("a moment before the end: %v", err)
	}
	s.Advance(time.Microsecond)
	denied(t, "the look of a delegate whose time is over", g.Standing())
	denied(t, "a fragment of it", g.Permits(access.FootageRead, cam, custody.Span{Start: asked.Start, End: asked.End}, s.Now()))
	_, err = judge.Decide(t.Context(), delegate, access.Ask{Action: access.Restrict})
	denied(t, "a restriction by a delegate whose time is over", err)
}

// TestALibraryRecordCameraIsOpenedByTheCustodian: anybody who may classify closes more; only the custodian closes less.
func TestALibraryRecordCameraIsOpenedByTheCustodian(t *testing.T) {
	s := accesstest.New(noon)
	judge, secret, hall := s.Judge(), s.AddCamera(access.LibraryRecord), s.AddCamera(access.PublicArea)
	admin, custodian, viewer := s.Person(t, identity.Administrator), s.Person(t, identity.Custodian), s.Person(t, identity.Viewer, identity.Reviewer)
	for _, c := range []struct {
		who  access.Actor
		cam  custody.CameraID
		want bool
	}{{admin, hall, true}, {admin, secret, false}, {custodian, hall, true}, {custodian, secret, true}, {viewer, hall, false}, {viewer, secret, false}, {s.Operator(t), secret, true}} {
		_, err := judge.Decide(t.Context(), c.who, access.Ask{Action: access.CameraClassify, Camera: c.cam})
		if (err == nil) != c.want {
			t.Errorf("%s classifies %s: %v", c.who, c.cam, err)
		}
	}
	for who, want := range map[access.Actor]bool{admin: false, custodian: true, viewer: false} {
		if _, err := judge.Decide(t.Context(), who, access.Ask{Action: access.Restrict}); (err == nil) != want {
			t.Errorf("%s restricts: %v", who, err)
		}
	}
	if _, err := judge.Scope(t.Context(), admin, access.Restrict); err != nil {
		t.Errorf("an administrator sees what is restricted: %v", err)
	}
}

// TestWhatOneGivesToOneselfWaitsADay, however it came into the database, once set-up is finished.
func TestWhatOneGivesToOneselfWaitsADay(t *testing.T) {
	s := accesstest.New(noon)
	judge, cam := s.Judge(), s.AddCamera(access.PublicArea)
	admin := s.Person(t, identity.Administrator)
	own := given(admin, identity.Viewer, 0)
	own.By = admin.String()
	before := own
	before.ID, before.Role, before.At = custody.NewRoleGrantID(), identity.Auditor, noon-1
	s.ChangeSettings(func(c *access.Settings) { c.SetUp = noon })
	s.PutRole(own)
	s.PutRole(before)
	s.ChangeSession(admin, func(ses *identity.Session) { ses.Expires, ses.Idle = noon.Add(48*time.Hour), noon.Add(48*time.Hour) })
	s.Advance(4 * time.Second)
	if _, err := judge.Scope(t.Context(), admin, access.AuditRead); err != nil {
		t.Errorf("what was given during set-up: %v", err)
	}
	_, err := judge.Decide(t.Context(), admin, look(cam))
	denied(t, "at once", err)
	s.Advance(noon.Add(24*time.Hour - 1).Sub(s.Now()))
	_, err = judge.Decide(t.Context(), admin, look(cam))
	denied(t, "a moment before the day is over", err)
	s.Advance(time.Microsecond)
	if _, err := judge.Decide(t.Context(), admin, look(cam)); err != nil {
		t.Errorf("after a day: %v", err)
	}
}
