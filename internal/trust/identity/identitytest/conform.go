package identitytest

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Fixture is a fresh store under test, with what its rows may refer to.
type Fixture struct {
	Store   identity.Store
	Cameras []custody.CameraID // at least two that exist
	Key     custody.KeyID      // of a second-factor key that exists
	// Generation is access.Facts.Generation over the same store.
	Generation func(context.Context) (int64, error)
	// Events counts the events that are committed so far.
	Events func(testing.TB) int
}

// TestStore checks that a store keeps the promises of identity.Store. newStore makes a fresh one for each part.
func TestStore(t *testing.T, newStore func(testing.TB) Fixture) {
	for name, part := range map[string]func(*testing.T, *suite){
		"Staff": testStaff, "Roles": testRoles, "Secrets": testSecrets, "Passkeys": testPasskeys, "Invitations": testInvitations,
		"InvitationOnce": testInvitationOnce, "Sessions": testSessions, "Disabling": testDisabling, "Attempts": testAttempts,
		"Together": testTogether,
	} {
		t.Run(name, func(t *testing.T) {
			s := &suite{T: t, Fixture: newStore(t), now: NewClock().Now()}
			s.check(len(s.Cameras) >= 2 && s.Key != "" && s.Generation != nil && s.Events != nil, "the fixture is not complete")
			part(t, s)
		})
	}
}

type suite struct {
	*testing.T
	Fixture
	now custody.Instant
}

func (s *suite) check(ok bool, format string, args ...any) {
	s.Helper()
	if !ok {
		s.Fatalf(format, args...)
	}
}

// wants checks the kind of an error; no kind wants none.
func (s *suite) wants(err error, kinds ...custody.Kind) {
	s.Helper()
	if len(kinds) == 0 && err != nil || len(kinds) == 1 && (err == nil || custody.KindOf(err) != kinds[0]) {
		s.Fatalf("%v, want %v", err, kinds)
	}
}

func (s *suite) event(subject custody.StaffID) custody.Event {
	s.Helper()
	s.now++
	ev, err := custody.NewEvent(custody.EventStaffChanged, s.now, "operator", "", string(subject), nil)
	s.wants(err)
	return ev
}

// changes runs f and checks that it commits so many events, and raises the generation if it commits any change that
// the judge would see.
func (s *suite) changes(events int, raises bool, f func() error) {
	s.Helper()
	before, count := s.generation(), s.Events(s)
	s.wants(f())
	if got := s.Events(s) - count; got != events {
		s.Fatalf("it committed %d events, want %d", got, events)
	}
	if after := s.generation(); raises != (after > before) {
		s.Fatalf("the generation went from %d to %d, want it raised: %v", before, after, raises)
	}
}

// refuses runs f and checks that it fails and leaves neither event nor generation behind.
func (s *suite) refuses(kind custody.Kind, f func() error) {
	s.Helper()
	before, count := s.generation(), s.Events(s)
	s.wants(f(), kind)
	if after := s.generation(); s.Events(s) != count || after != before {
		s.Fatalf("a refused change left %d events, generation %d after %d", s.Events(s)-count, after, before)
	}
}

func (s *suite) generation() int64 {
	s.Helper()
	g, err := s.Generation(s.Context())
	s.wants(err)
	return g
}

func (s *suite) member(login string) identity.Staff {
	s.Helper()
	m := identity.Staff{
		ID: custody.NewStaffID(), Login: login, Name: "Name of " + login, Enabled: true, Cameras: slices.Sorted(slices.Values(s.Cameras[:2])),
		Added: s.now, Version: 1,
	}
	s.changes(1, true, func() error { return s.Store.AddStaff(s.Context(), m, nil, nil, s.event(m.ID)) })
	return m
}

func (s *suite) read(id custody.StaffID) identity.Staff {
	s.Helper()
	m, err := s.Store.StaffByID(s.Context(), id)
	s.wants(err)
	return m
}

func (s *suite) same(got, want any) {
	s.Helper()
	if !reflect.DeepEqual(got, want) {
		s.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func (s *suite) session(staff custody.StaffID, opened custody.Instant) identity.Session {
	s.Helper()
	v := identity.Session{
		ID: custody.NewSessionID(), Staff: staff, Opened: opened, Seen: opened, Fresh: opened, Expires: opened.Add(time.Hour),
		Idle: opened.Add(time.Minute), Enrol: true, Method: identity.ByPassword, Address: "2001:db8::1", Bearer: true,
	}
	s.changes(1, true, func() error { return s.Store.OpenSession(s.Context(), v, s.event(staff)) })
	return v
}

func testStaff(_ *testing.T, s *suite) {
	ctx := s.Context()
	b, a := s.member("berta"), s.member("anna")
	s.same(s.read(a.ID), a)
	got, err := s.Store.StaffByLogin(ctx, "berta")
	s.wants(err)
	s.same(got, b)
	all, err := s.Store.AllStaff(ctx)
	s.wants(err)
	s.same(all, []identity.Staff{a, b})
	_, err = s.Store.StaffByID(ctx, custody.NewStaffID())
	s.wants(err, custody.NotFound)
	_, err = s.Store.StaffByLogin(ctx, "carla")
	s.wants(err, custody.NotFound)

	twin := a
	twin.ID = custody.NewStaffID()
	s.refuses(custody.Exists, func() error { return s.Store.AddStaff(ctx, twin, nil, nil, s.event(twin.ID)) })

	a.Name, a.AllCameras, a.Cameras, a.Acknowledged, a.Policy = "Anna", true, nil, s.now, "2026-1"
	s.changes(1, true, func() error { return s.Store.UpdateStaff(ctx, a, s.event(a.ID)) })
	s.refuses(custody.Conflict, func() error { return s.Store.UpdateStaff(ctx, a, s.event(a.ID)) })
	got = s.read(a.ID)
	s.check(got.Version > a.Version && len(got.Cameras) == 0, "after a change: %+v", got)
	got.Version, got.Cameras = a.Version, nil
	s.same(got, a)
	ghost := b
	ghost.ID = custody.NewStaffID()
	s.refuses(custody.NotFound, func() error { return s.Store.UpdateStaff(ctx, ghost, s.event(ghost.ID)) })
}

func testRoles(_ *testing.T, s *suite) {
	ctx := s.Context()
	other := s.member("other")
	m := identity.Staff{ID: custody.NewStaffID(), Login: "viewer", Name: "Viewer", Enabled: true, Added: s.now, Version: 1}
	first := identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: m.ID, Role: identity.Viewer, From: s.now, By: "operator", At: s.now}
	s.changes(1, true, func() error {
		return s.Store.AddStaff(ctx, m, []identity.RoleGrant{first}, nil, s.event(m.ID))
	})
	dated := identity.RoleGrant{
		ID: custody.NewRoleGrantID(), Staff: other.ID, Role: identity.Custodian, From: s.now + 5, Until: s.now + 9, By: string(m.ID),
		At: s.now + 1, Reason: "the director is away",
	}
	s.changes(1, true, func() error {
		return s.Store.AddRoleGrants(ctx, []identity.RoleGrant{dated}, s.event(other.ID))
	})
	list := func(id custody.StaffID, want ...identity.RoleGrant) {
		s.Helper()
		got, err := s.Store.RoleGrants(ctx, id)
		s.wants(err)
		s.check(len(got) == len(want), "%d roles, want %d", len(got), len(want))
		for i := range want {
			s.same(got[i], want[i])
		}
	}
	list(m.ID, first)
	list("", first, dated)
	s.changes(1, true, func() error { return s.Store.RevokeRoleGrant(ctx, dated.ID, s.now, s.event(other.ID)) })
	revoked, err := s.Store.RoleGrants(ctx, other.ID)
	s.wants(err)
	s.check(len(revoked) == 1 && revoked[0].Revoked != 0, "after revocation: %+v", revoked)
	s.refuses(custody.Conflict, func() error { return s.Store.RevokeRoleGrant(ctx, dated.ID, s.now+9, s.event(other.ID)) })
	s.refuses(custody.NotFound, func() error {
		return s.Store.RevokeRoleGrant(ctx, custody.NewRoleGrantID(), s.now, s.event(other.ID))
	})
}

func testSecrets(_ *testing.T, s *suite) {
	ctx := s.Context()
	m := s.member("anna")
	sec, err := s.Store.Secrets(ctx, m.ID)
	s.wants(err)
	s.check(sec.Password == "" && sec.TOTP == nil && len(sec.Codes) == 0, "a new member has secrets")
	version := sec.Version
	sec.Password, sec.TOTP, sec.TOTPKey, sec.TOTPStep = "$argon2id$x", []byte{1, 2}, s.Key, 77
	sec.Codes = [][]byte{bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)}
	one, two := s.session(m.ID, s.now), s.session(m.ID, s.now+1)
	s.changes(1, true, func() error { return s.Store.SetSecrets(ctx, m.ID, sec, true, two.ID, s.event(m.ID)) })
	s.refuses(custody.Conflict, func() error { return s.Store.SetSecrets(ctx, m.ID, sec, true, "", s.event(m.ID)) })
	got, err := s.Store.Secrets(ctx, m.ID)
	s.wants(err)
	s.check(got.Version > version, "the version stays")
	got.Version = sec.Version
	s.same(got, sec)
	shown := s.read(m.ID)
	s.check(shown.HasPassword && shown.HasTOTP && shown.Codes == 2, "the member shows as %+v", shown)
	s.check(s.ended(one.ID) != 0 && s.ended(two.ID) == 0, "the sessions but one should have ended")

	got, err = s.Store.Secrets(ctx, m.ID)
	s.wants(err)
	got.TOTP, got.TOTPKey, got.TOTPStep, got.Codes = nil, "", 0, nil
	s.changes(0, true, func() error { return s.Store.SetSecrets(ctx, m.ID, got, false, "") })
	shown = s.read(m.ID)
	s.check(!shown.HasTOTP && shown.Codes == 0 && s.ended(two.ID) == 0, "after removal: %+v", shown)
	_, err = s.Store.Secrets(ctx, custody.NewStaffID())
	s.wants(err, custody.NotFound)
}

func (s *suite) ended(id custody.SessionID) custody.Instant {
	s.Helper()
	v, err := s.Store.Session(s.Context(), id)
	s.wants(err)
	return v.Ended
}

func testPasskeys(_ *testing.T, s *suite) {
	ctx := s.Context()
	m, other := s.member("anna"), s.member("berta")
	p := identity.Passkey{ID: []byte{0, 1, 255}, Staff: m.ID, Label: "phone", Record: []byte(`{"k":1}`), Added: s.now}
	s.changes(1, true, func() error { return s.Store.PutPasskey(ctx, p, s.event(m.ID)) })
	s.check(s.read(m.ID).Passkeys == 1, "the count is wrong")
	p.Record, p.Used = []byte(`{"k":2}`), s.now
	s.changes(0, false, func() error { return s.Store.PutPasskey(ctx, p) })
	got, err := s.Store.PasskeyByID(ctx, p.ID)
	s.wants(err)
	s.same(got, p)
	list, err := s.Store.Passkeys(ctx, m.ID)
	s.wants(err)
	s.same(list, []identity.Passkey{p})
	_, err = s.Store.PasskeyByID(ctx, []byte{9})
	s.wants(err, custody.NotFound)
	s.refuses(custody.NotFound, func() error { return s.Store.RemovePasskey(ctx, other.ID, p.ID, s.event(other.ID)) })
	s.changes(1, true, func() error { return s.Store.RemovePasskey(ctx, m.ID, p.ID, s.event(m.ID)) })
	s.refuses(custody.NotFound, func() error { return s.Store.RemovePasskey(ctx, m.ID, p.ID, s.event(m.ID)) })
}

// testTogether lets many change one row at the same moment: exactly one may win.
func testTogether(_ *testing.T, s *suite) {
	m := s.member("anna")
	sec, err := s.Store.Secrets(s.Context(), m.ID)
	s.wants(err)
	sec.Password = "$argon2id$y"
	evs := make([]custody.Event, 8)
	for i := range evs {
		evs[i] = s.event(m.ID)
	}
	errs := make([]error, len(evs))
	var wg sync.WaitGroup
	for i := range evs {
		wg.Go(func() { errs[i] = s.Store.SetSecrets(s.Context(), m.ID, sec, false, "", evs[i]) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		s.wants(err, custody.Conflict)
	}
	s.check(won == 1, "%d of %d compare-and-swaps won", won, len(evs))
}
