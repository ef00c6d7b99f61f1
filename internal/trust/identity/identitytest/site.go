// Package identitytest gives tests of other rooms members of staff who have really signed in, and storage/db the
// conformance suite of identity.Store.
//
// Owns: Store, an honest identity.Store and Diary in memory; Clock, driven by hand; Site, a Register over both with cheap hashes;
// TestStore. Does not: inject faults; a test that needs them wraps the Store.
package identitytest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

// Origin is the canonical origin of a test's site, PolicyVersion its policy, Password everybody's password.
const (
	Origin        = "https://custody.example.org"
	PolicyVersion = "2026-1"
	Password      = "violet anchor rainfall"
)

// Clock is a station clock that moves when it is told. The zero Clock stands at the epoch; NewClock stands in 2026.
type Clock struct {
	mu  sync.Mutex
	now custody.Instant
}

// NewClock stands at 2026-11-02T09:00:00Z.
func NewClock() *Clock {
	return &Clock{now: custody.InstantOf(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))}
}

// Now is the clock's time.
func (c *Clock) Now() custody.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Reading is Now with no steps.
func (c *Clock) Reading() custody.ClockReading { return custody.ClockReading{Now: c.Now()} }

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// policy is a policy of one version that lasts a year.
type policy struct{}

func (policy) Policy(context.Context) (string, int, error) { return PolicyVersion, 365, nil }

// Site is a register of staff with everything it stands on.
type Site struct {
	*identity.Register
	Store *Store
	Keys  *keys.Ring
	Clock custody.Clock
	by    identity.Actor
}

// Cheap is a cost of password hashes that no test notices.
func Cheap() identity.HashCost { return identity.HashCost{Passes: 1, KiB: 8, Rounds: 1} }

// NewSite makes a site where a password alone is enough; change may alter its options.
func NewSite(t testing.TB, clock custody.Clock, change ...func(*identity.Options)) *Site {
	t.Helper()
	s := &Site{Store: NewStore(), Keys: keystest.Ring(t, clock), Clock: clock}
	o := identity.Options{
		Store: s.Store, Keys: s.Keys, Clock: clock, Diary: s.Store, Policy: policy{},
		SecondFactor: identity.Optional, Origin: Origin, SiteName: "Test Library", Hash: Cheap(),
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if s.Register, err = identity.NewRegister(o); err != nil {
		t.Fatal(err)
	}
	if s.by, err = identity.Operator(s.Keys); err != nil {
		t.Fatal(err)
	}
	return s
}

// Operator is the site's operator.
func (s *Site) Operator() identity.Actor { return s.by }

// Hire adds a member with all cameras and those roles, who has set Password by their invitation.
func (s *Site) Hire(t testing.TB, login string, roles ...identity.Role) identity.Staff {
	t.Helper()
	staff, link, err := s.Add(t.Context(), s.by, identity.New{Login: login, Name: login, Roles: roles, AllCameras: true})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := s.Join(t.Context(), identity.Joining{Token: link.Token, Password: Password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignOut(t.Context(), joined.Actor); err != nil {
		t.Fatal(err)
	}
	if staff, _, err = s.Member(t.Context(), staff.ID); err != nil {
		t.Fatal(err)
	}
	return staff
}

// SignedIn signs a member in with Password and, if the site asks for it, acknowledges the policy. Renewed is the session's
// token.
func (s *Site) SignedIn(t testing.TB, login string) identity.Authentication {
	t.Helper()
	a, err := s.SignIn(t.Context(), identity.Attempt{Login: login, Proof: identity.Proof{Password: Password, Address: "192.0.2.1"}})
	if err != nil {
		t.Fatal(err)
	}
	if a.Stage == identity.StageAcknowledge {
		token := a.Renewed
		if a, err = s.Acknowledge(t.Context(), a.Actor, PolicyVersion, a.Address); err != nil {
			t.Fatal(err)
		}
		a.Renewed = token
	}
	if a.Stage != identity.StageFull {
		t.Fatalf("the session has come to %s", a.Stage)
	}
	return a
}

// Person hires a member and signs them in.
func (s *Site) Person(t testing.TB, login string, roles ...identity.Role) identity.Authentication {
	t.Helper()
	s.Hire(t, login, roles...)
	return s.SignedIn(t, login)
}

// Actor is a member of staff with those roles, signed in at a site of their own.
func Actor(t testing.TB, roles ...identity.Role) identity.Actor {
	t.Helper()
	return NewSite(t, NewClock()).Person(t, fmt.Sprintf("member%d", len(roles)), roles...).Actor
}
