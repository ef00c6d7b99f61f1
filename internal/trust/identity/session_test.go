package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

func TestASessionEndsWithItsTokenUnlessItIsUsed(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	s.clock.Advance(identity.TokenLife - time.Second)
	b := good[identity.Authentication](t)(s.Authenticate(t.Context(), a.Renewed, here))
	if b.Renewed == "" || b.Actor != a.Actor || b.Stage != identity.StageFull || b.Address != here {
		t.Errorf("after almost five minutes: %+v", b)
	}
	s.clock.Advance(time.Second)
	if s.alive(t, a.Renewed) || !s.alive(t, b.Renewed) {
		t.Error("the old token should be over, the fresh one good")
	}
	if c := good[identity.Authentication](t)(s.Authenticate(t.Context(), b.Renewed, here)); c.Renewed != "" {
		t.Error("a token of one second is renewed")
	}
}

func TestASessionEndsAfterTwelveHoursWhateverHappens(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	token := s.keep(t, a.Renewed, 12*time.Hour-time.Minute)
	s.clock.Advance(time.Minute - time.Microsecond)
	if !s.alive(t, token) {
		t.Error("it ended early")
	}
	s.clock.Advance(time.Microsecond)
	if s.alive(t, token) {
		t.Error("it goes on")
	}
	if left := good[[]identity.Session](t)(s.Sessions(t.Context(), a.Staff.ID)); len(left) != 0 {
		t.Errorf("an expired session is listed: %v", left)
	}
}

// TestASessionThatIsOverIsSweptIntoTheDiary, once, and no other with it.
func TestASessionThatIsOverIsSweptIntoTheDiary(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	b := s.Person(t, "berta", identity.Viewer)
	before := len(s.events(custody.EventSessionClosed)) // of joining
	fine(t, s.Sweep(t.Context()))
	if n := len(s.events(custody.EventSessionClosed)); n != before {
		t.Fatalf("%d sessions were ended that stand", n-before)
	}
	s.keep(t, b.Renewed, 20*time.Minute)
	s.clock.Advance(11 * time.Minute)
	for range 2 {
		fine(t, s.Sweep(t.Context()))
	}
	closed := s.events(custody.EventSessionClosed)[before:]
	if len(closed) != 1 || closed[0].Actor != "system" || closed[0].Subject != string(a.Staff.ID) || !strings.Contains(detail(t, closed[0]), `"why":"expired"`) ||
		!strings.Contains(detail(t, closed[0]), string(a.Session.ID)) {
		t.Errorf("in the diary: %+v", closed)
	}
	if standing(t, s, b.Staff.ID) != 1 {
		t.Error("a session that is used was swept")
	}
}

func TestAnIdleSessionEnds(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	s.clock.Advance(30*time.Minute - time.Second)
	fresh := s.forge(t, s.header(t), text(s.claims(a))) // the token is not what ends it
	if !s.alive(t, fresh) {
		t.Error("it ended early")
	}
	s.clock.Advance(30 * time.Minute)
	if s.alive(t, s.forge(t, s.header(t), text(s.claims(a)))) {
		t.Error("half an hour without use and it goes on")
	}
}

func TestUseIsStoredAtMostOnceAMinute(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	before := good[identity.Session](t)(s.Store.Session(t.Context(), a.Session.ID))
	s.clock.Advance(59 * time.Second)
	s.alive(t, a.Renewed)
	if now := good[identity.Session](t)(s.Store.Session(t.Context(), a.Session.ID)); now != before {
		t.Error("a use within the minute was stored")
	}
	s.clock.Advance(time.Second)
	s.alive(t, a.Renewed)
	if now := good[identity.Session](t)(s.Store.Session(t.Context(), a.Session.ID)); now.Seen != s.clock.Now() {
		t.Error("a use after a minute was not stored")
	}
}

func TestWhatEndsASessionEndsItAtOnce(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *site, identity.Authentication) error{
		"sign out": func(t *testing.T, s *site, a identity.Authentication) error { return s.SignOut(t.Context(), a.Actor) },
		"everywhere": func(t *testing.T, s *site, a identity.Authentication) error {
			return s.SignOutEverywhere(t.Context(), s.Operator(), a.Staff.ID)
		},
		"disable": func(t *testing.T, s *site, a identity.Authentication) error {
			off := false
			_, err := s.Change(t.Context(), s.Operator(), a.Staff.ID, identity.Change{Enabled: &off, Version: a.Staff.Version})
			return err
		},
		"password": func(t *testing.T, s *site, a identity.Authentication) error {
			b, err := s.ChangePassword(t.Context(), a.Actor, proof(identitytest.Password, ""), "another long sentence")
			if err == nil && (!s.alive(t, b.Renewed) || b.Session.ID == a.Session.ID || b.Session.Expires != a.Session.Expires) {
				err = errors.New("the session did not go on under another id")
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a, other := s.Person(t, "anna", identity.Viewer), s.Person(t, "berta", identity.Viewer)
			s.clock.Advance(time.Minute)
			fine(t, end(t, s, a))
			if s.alive(t, a.Renewed) {
				t.Error("the session goes on")
			}
			if !s.alive(t, other.Renewed) {
				t.Error("another's session ended")
			}
			if name != "password" && len(s.events(custody.EventSessionClosed))+len(s.events(custody.EventStaffChanged)) < 3 {
				t.Error("nothing was written down")
			}
			fine(t, s.SignOut(t.Context(), a.Actor))
		})
	}
}

func TestEachSignInHasItsOwnSessionAndTheEleventhEndsTheFirst(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	var all []identity.Authentication
	seen := map[custody.SessionID]bool{}
	for range identity.MaxSessions + 1 {
		s.clock.Advance(time.Second)
		a := s.SignedIn(t, "anna")
		all, seen[a.Session.ID] = append(all, a), true
	}
	if len(seen) != len(all) {
		t.Errorf("%d sign-ins have %d session ids", len(all), len(seen))
	}
	if s.alive(t, all[0].Renewed) || !s.alive(t, all[1].Renewed) || !s.alive(t, all[10].Renewed) {
		t.Error("the oldest, and only it, should have ended")
	}
	if left := good[[]identity.Session](t)(s.Sessions(t.Context(), all[0].Staff.ID)); len(left) != identity.MaxSessions || left[0].ID != all[10].Session.ID {
		t.Errorf("%d sessions stand", len(left))
	}
}

func TestStages(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	a := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
	if a.Stage != identity.StageAcknowledge {
		t.Fatalf("before the policy is read: %s", a.Stage)
	}
	_, err := s.Acknowledge(t.Context(), a.Actor, "1999-1", here)
	wants(t, "another policy", err, custody.Conflict)
	b := good[identity.Authentication](t)(s.Acknowledge(t.Context(), a.Actor, identitytest.PolicyVersion, here))
	if b.Stage != identity.StageFull || len(s.events(custody.EventPolicyAcknowledged)) != 1 {
		t.Fatalf("after it: %s", b.Stage)
	}
	s.clock.Advance(365*24*time.Hour - time.Second)
	if c := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, "")); c.Stage != identity.StageFull {
		t.Errorf("within the year: %s", c.Stage)
	}
	s.clock.Advance(time.Second)
	if c := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, "")); c.Stage != identity.StageAcknowledge {
		t.Errorf("after a year: %s", c.Stage)
	}
}

func TestCSRFBelongsToItsSession(t *testing.T) {
	s := newSite(t)
	a, b := s.Person(t, "anna"), s.Person(t, "berta")
	value := good[string](t)(s.CSRF(a.Session.ID))
	if !s.CheckCSRF(a.Session.ID, value) || s.CheckCSRF(b.Session.ID, value) || s.CheckCSRF(a.Session.ID, "") || s.CheckCSRF(a.Session.ID, value+"A") {
		t.Error("the value does not belong to its session alone")
	}
	s.Keys.Close()
	if s.CheckCSRF(a.Session.ID, value) || s.CheckCSRF(a.Session.ID, "") {
		t.Error("without keys everything is good")
	}
	if _, err := s.Authenticate(t.Context(), a.Renewed, here); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("without keys: %v", err)
	}
}
