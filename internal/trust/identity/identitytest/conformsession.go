package identitytest

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

func (s *suite) invitation(staff custody.StaffID, digit byte) identity.Invitation {
	digest := make([]byte, 32)
	digest[0] = digit
	return identity.Invitation{ID: custody.NewInvitationID(), Staff: staff, Digest: digest, Made: s.now, Expires: s.now.Add(time.Hour)}
}

func testInvitations(_ *testing.T, s *suite) {
	ctx := s.Context()
	m := identity.Staff{ID: custody.NewStaffID(), Login: "anna", Name: "Anna", Enabled: true, Added: s.now, Version: 1}
	first := s.invitation(m.ID, 1)
	s.changes(1, true, func() error { return s.Store.AddStaff(ctx, m, nil, &first, s.event(m.ID)) })
	got, err := s.Store.InvitationByDigest(ctx, first.Digest)
	s.wants(err)
	s.same(got, first)
	second := s.invitation(m.ID, 2)
	s.changes(1, true, func() error { return s.Store.AddInvitation(ctx, second, s.event(m.ID)) })
	if got, err := s.Store.InvitationByDigest(ctx, first.Digest); err == nil && got.Used == 0 && got.Expires > s.now {
		s.Fatal("an earlier invitation is still good")
	}
	_, err = s.Store.InvitationByDigest(ctx, make([]byte, 32))
	s.wants(err, custody.NotFound)

	sec, err := s.Store.Secrets(ctx, m.ID)
	s.wants(err)
	sec.Password = "$argon2id$x"
	session := identity.Session{
		ID: custody.NewSessionID(), Staff: m.ID, Opened: s.now, Seen: s.now, Fresh: s.now, Expires: s.now.Add(time.Hour),
		Idle: s.now.Add(time.Hour), Method: identity.ByInvitation, Address: "192.0.2.1",
	}
	use := func() error {
		return s.Store.UseInvitation(ctx, second.ID, s.now, sec, session, s.event(m.ID), s.event(m.ID))
	}
	s.changes(2, true, use)
	s.refuses(custody.Conflict, use)
	v, err := s.Store.Session(ctx, session.ID)
	s.wants(err)
	s.same(v, session)
	s.check(s.read(m.ID).HasPassword, "the password is not stored")
	got, err = s.Store.InvitationByDigest(ctx, second.Digest)
	s.wants(err)
	s.check(got.Used != 0, "the invitation is not marked used")
}

// testInvitationOnce uses one invitation from many sides at the same moment.
func testInvitationOnce(_ *testing.T, s *suite) {
	ctx := s.Context()
	m := s.member("anna")
	inv := s.invitation(m.ID, 3)
	s.changes(1, true, func() error { return s.Store.AddInvitation(ctx, inv, s.event(m.ID)) })
	sec, err := s.Store.Secrets(ctx, m.ID)
	s.wants(err)
	sec.Password = "$argon2id$x"
	errs := make([]error, 6)
	evs := make([]custody.Event, len(errs))
	for i := range evs {
		evs[i] = s.event(m.ID)
	}
	var wg sync.WaitGroup
	for i := range errs {
		session := identity.Session{
			ID: custody.NewSessionID(), Staff: m.ID, Opened: s.now, Seen: s.now, Fresh: s.now, Expires: s.now.Add(time.Hour),
			Idle: s.now.Add(time.Hour), Method: identity.ByInvitation, Address: "192.0.2.1",
		}
		wg.Go(func() { errs[i] = s.Store.UseInvitation(ctx, inv.ID, s.now, sec, session, evs[i]) })
	}
	wg.Wait()
	won := len(slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err != nil }))
	sessions, err := s.Store.Sessions(ctx, m.ID)
	s.wants(err)
	s.check(won == 1 && len(sessions) == 1, "%d used the invitation and %d sessions opened: %v", won, len(sessions), errs)
	for _, err := range errs {
		if err != nil {
			s.wants(err, custody.Conflict)
		}
	}
}

func testSessions(_ *testing.T, s *suite) {
	ctx := s.Context()
	m, other := s.member("anna"), s.member("berta")
	old, late, foreign := s.session(m.ID, s.now), s.session(m.ID, s.now+1000), s.session(other.ID, s.now)
	list, err := s.Store.Sessions(ctx, m.ID)
	s.wants(err)
	s.same(list, []identity.Session{late, old})
	_, err = s.Store.Session(ctx, custody.NewSessionID())
	s.wants(err, custody.NotFound)

	late.Seen, late.Idle = s.now+5000, s.now+9000
	s.changes(0, false, func() error { return s.Store.TouchSession(ctx, late.ID, late.Seen, late.Idle) })
	late.Fresh = s.now + 6000
	s.changes(1, true, func() error { return s.Store.ConfirmSession(ctx, late.ID, late.Fresh, false, s.event(m.ID)) })
	got, err := s.Store.Session(ctx, late.ID)
	s.wants(err)
	s.same(got, late)
	late.Enrol = false
	s.changes(1, true, func() error { return s.Store.ConfirmSession(ctx, late.ID, late.Fresh, true, s.event(m.ID)) })
	got, err = s.Store.Session(ctx, late.ID)
	s.wants(err)
	s.same(got, late)

	end := s.now + 7000
	s.changes(1, true, func() error { return s.Store.EndSession(ctx, old.ID, end, s.event(m.ID)) })
	s.wants(s.Store.EndSession(ctx, old.ID, end+1, s.event(m.ID)))
	s.check(s.ended(old.ID) == end, "the first end is not kept")
	s.wants(s.Store.EndSession(ctx, custody.NewSessionID(), end, s.event(m.ID)), custody.NotFound)
	list, err = s.Store.Sessions(ctx, m.ID)
	s.wants(err)
	s.same(list, []identity.Session{late})

	s.changes(1, true, func() error { return s.Store.EndSessions(ctx, m.ID, end+5, s.event(m.ID)) })
	s.check(s.ended(late.ID) == end+5 && s.ended(old.ID) == end && s.ended(foreign.ID) == 0, "the wrong sessions ended")
}

func testDisabling(_ *testing.T, s *suite) {
	ctx := s.Context()
	m, other := s.member("anna"), s.member("berta")
	v, foreign := s.session(m.ID, s.now), s.session(other.ID, s.now)
	m.Enabled = false
	s.changes(1, true, func() error { return s.Store.UpdateStaff(ctx, m, s.event(m.ID)) })
	s.check(s.ended(v.ID) != 0 && s.ended(foreign.ID) == 0, "disabling ends the sessions of who is disabled, and no other")
	got := s.read(m.ID)
	s.check(!got.Enabled, "the member is still enabled")
	all, err := s.Store.AllStaff(ctx)
	s.wants(err)
	s.check(len(all) == 2, "who is disabled is not listed")
}

func testAttempts(_ *testing.T, s *suite) {
	ctx := s.Context()
	key, younger := strings.Repeat("a", 64), strings.Repeat("b", 64)
	a, err := s.Store.Attempts(ctx, key)
	s.wants(err)
	s.same(a, identity.Attempts{})
	a = identity.Attempts{Count: 7, Last: s.now, Blocked: s.now + 100}
	s.changes(0, false, func() error { return s.Store.PutAttempts(ctx, key, identity.Attempts{Count: 6, Last: s.now - 1}) })
	s.changes(0, false, func() error { return s.Store.PutAttempts(ctx, key, a) })
	s.wants(s.Store.PutAttempts(ctx, younger, identity.Attempts{Count: 1, Last: s.now + 1}))
	got, err := s.Store.Attempts(ctx, key)
	s.wants(err)
	s.same(got, a)
	s.changes(0, false, func() error { return s.Store.ForgetAttempts(ctx, s.now+1) })
	got, err = s.Store.Attempts(ctx, key)
	s.wants(err)
	s.same(got, identity.Attempts{})
	got, err = s.Store.Attempts(ctx, younger)
	s.wants(err)
	s.check(got.Count == 1, "a younger row is forgotten")
}
