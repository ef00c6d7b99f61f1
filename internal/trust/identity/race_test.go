package identity_test

import (
	"context"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// slow is a store in which something else happens just before a session opens or an invitation is used.
type slow struct {
	*identitytest.Store
	meanwhile func()
}

func (s *slow) OpenSession(ctx context.Context, v identity.Session, evs ...custody.Event) error {
	s.happen()
	return s.Store.OpenSession(ctx, v, evs...)
}

func (s *slow) UseInvitation(ctx context.Context, id custody.InvitationID, at custody.Instant, sec identity.Secrets, v identity.Session, evs ...custody.Event) error {
	s.happen()
	return s.Store.UseInvitation(ctx, id, at, sec, v, evs...)
}

func (s *slow) happen() {
	f := s.meanwhile
	s.meanwhile = func() {}
	f()
}

func newSlowSite(t *testing.T) (*site, *slow) {
	b := &slow{meanwhile: func() {}}
	return newSite(t, func(o *identity.Options) {
		b.Store = o.Store.(*identitytest.Store)
		o.Store = b
	}), b
}

func standing(t *testing.T, s *site, id custody.StaffID) int {
	t.Helper()
	return len(good[[]identity.Session](t)(s.Sessions(t.Context(), id)))
}

func TestWhatOpensWhileThePasswordChangesIsShut(t *testing.T) {
	s, store := newSlowSite(t)
	m := s.Hire(t, "anna", identity.Viewer)
	store.meanwhile = func() {
		sec := good[identity.Secrets](t)(store.Secrets(t.Context(), m.ID))
		sec.Password = "$another"
		fine(t, store.SetSecrets(t.Context(), m.ID, sec, true, ""))
	}
	_, err := s.try(t, "anna", identitytest.Password, "")
	wants(t, "the old password", err, custody.Denied)
	if n := standing(t, s, m.ID); n != 0 {
		t.Errorf("%d sessions stand", n)
	}
}

func TestWhatOpensWhileAPasskeyIsRemovedIsShut(t *testing.T) {
	s, store := newSlowSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	f := s.withPasskey(t, a)
	store.meanwhile = func() { fine(t, s.RemovePasskey(t.Context(), a.Actor, f.id)) }
	_, err := s.byPasskey(t, f)
	wants(t, "the removed passkey", err, custody.Denied)
	if n := standing(t, s, a.Staff.ID); n != 1 {
		t.Errorf("%d sessions stand", n)
	}
}

func TestWhatOpensWhileSomebodyJoinsIsShut(t *testing.T) {
	s, store := newSlowSite(t)
	m := s.Hire(t, "anna", identity.Viewer)
	link := good[identity.Link](t)(s.Invite(t.Context(), s.Operator(), m.ID))
	var slipped identity.Authentication
	store.meanwhile = func() { slipped = s.SignedIn(t, "anna") }
	b, err := s.Join(t.Context(), identity.Joining{Token: link.Token, Password: "another long sentence", Address: here})
	fine(t, err)
	if s.alive(t, slipped.Renewed) || !s.alive(t, b.Renewed) {
		t.Error("who slipped in with the old password stays in")
	}
}

// TestAPasskeyThatIsAddedWhileSomebodyJoinsIsDropped: whoever has lost everything to a thief begins anew without the thief's passkey.
func TestAPasskeyThatIsAddedWhileSomebodyJoinsIsDropped(t *testing.T) {
	s, store := newSlowSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	f := s.withPasskey(t, a)
	thief := good[identity.Passkey](t)(store.PasskeyByID(t.Context(), f.id))
	link := good[identity.Link](t)(s.Invite(t.Context(), s.Operator(), a.Staff.ID))
	store.meanwhile = func() { fine(t, store.PutPasskey(t.Context(), thief)) }
	b, err := s.Join(t.Context(), identity.Joining{Token: link.Token, Password: "another long sentence", Address: here})
	fine(t, err)
	if b.Staff.Passkeys != 0 || !s.alive(t, b.Renewed) {
		t.Errorf("%d passkeys are left", b.Staff.Passkeys)
	}
	_, err = s.byPasskey(t, f)
	wants(t, "the thief's passkey", err, custody.Denied)
}

func TestWhatOpensWhileAMemberIsDisabledIsShut(t *testing.T) {
	s, store := newSlowSite(t)
	m := s.Hire(t, "anna", identity.Viewer)
	off, on := false, true
	store.meanwhile = func() {
		good[identity.Staff](t)(s.Change(t.Context(), s.Operator(), m.ID, identity.Change{Enabled: &off, Version: m.Version}))
	}
	_, err := s.try(t, "anna", identitytest.Password, "")
	wants(t, "a disabled member", err, custody.Denied)
	m, _, err = s.Member(t.Context(), m.ID)
	fine(t, err)
	good[identity.Staff](t)(s.Change(t.Context(), s.Operator(), m.ID, identity.Change{Enabled: &on, Version: m.Version}))
	if n := standing(t, s, m.ID); n != 0 {
		t.Errorf("%d sessions wait for the member to be enabled again", n)
	}
}
