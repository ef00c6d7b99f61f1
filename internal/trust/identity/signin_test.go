package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

func TestEveryWrongCombinationHasOneAnswer(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	gone := s.Hire(t, "gone", identity.Viewer)
	off := false
	_, err := s.Change(t.Context(), s.Operator(), gone.ID, identity.Change{Enabled: &off, Version: gone.Version})
	fine(t, err)
	_, _, err = s.Add(t.Context(), s.Operator(), identity.New{Login: "invited", Name: "Invited"})
	fine(t, err)
	s.Hire(t, "coded", identity.Viewer)
	s.withTOTP(t, s.SignedIn(t, "coded"))

	var answers []string
	for _, c := range []struct {
		login          string
		password, code identity.Secret
	}{
		{"anna", "wrong wrong wrong", ""}, {"nobody", identitytest.Password, ""}, {"gone", identitytest.Password, ""}, {"invited", "", ""},
		{"invited", identitytest.Password, ""}, {"coded", identitytest.Password, ""}, {"coded", identitytest.Password, "000000"},
		{"coded", identitytest.Password, "AAAA-AAAA-AAAA-AAAA"}, {"", "", ""}, {"anna\x00", identitytest.Password, ""}, {"\xff\xfe\xfd", "x", ""},
		{strings.Repeat("a", 1<<16), "x", ""}, {"anna", identity.Secret(strings.Repeat("x", 1<<16)), ""}, {"anna", identitytest.Password + " ", ""},
	} {
		_, err := s.try(t, c.login, c.password, c.code)
		wants(t, c.login, err, custody.Denied)
		answers = append(answers, err.Error())
		s.clock.Advance(time.Hour)
	}
	if slices.Sort(answers); len(slices.Compact(answers)) != 1 {
		t.Errorf("the answers differ: %q", slices.Compact(answers))
	}
	if _, err := s.try(t, " ANNA ", identitytest.Password, ""); err != nil {
		t.Errorf("a login in capitals: %v", err)
	}
}

func TestEqualWorkForWhoeverIsAsked(t *testing.T) {
	s := newSite(t, func(o *identity.Options) { o.Hash = identity.HashCost{Passes: 2, KiB: 8 << 10} })
	gone := s.Hire(t, "gone", identity.Viewer)
	off := false
	_, err := s.Change(t.Context(), s.Operator(), gone.ID, identity.Change{Enabled: &off, Version: gone.Version})
	fine(t, err)
	s.Hire(t, "anna", identity.Viewer)
	took := map[string][]time.Duration{}
	for range 25 {
		for _, login := range []string{"anna", "gone", "nobody"} {
			s.clock.Advance(time.Hour)
			start := time.Now()
			_, err := s.try(t, login, "wrong wrong wrong", "")
			took[login] = append(took[login], time.Since(start))
			wants(t, login, err, custody.Denied)
		}
	}
	fastest := func(login string) float64 { return slices.Min(took[login]).Seconds() } // what else the machine does only adds
	for _, login := range []string{"gone", "nobody"} {
		// Wide, because the machine is shared: a missing hash would show as a factor of a hundred.
		if ratio := fastest(login) / fastest("anna"); ratio < 0.6 || ratio > 1.6 {
			t.Errorf("%s takes %.2f of the time of a wrong password", login, ratio)
		}
	}
}

func TestGuessingIsSlowedDownAlsoAcrossARestart(t *testing.T) {
	for _, login := range []string{"anna", "nobody"} {
		t.Run(login, func(t *testing.T) {
			s := newSite(t)
			s.Hire(t, "anna", identity.Viewer)
			for range 5 {
				_, err := s.try(t, login, "wrong wrong wrong", "")
				wants(t, "a free attempt", err, custody.Denied)
			}
			want := time.Second
			for range 12 {
				_, err := s.try(t, login, identitytest.Password, "")
				wait, ok := identity.Wait(err)
				wants(t, "a throttled attempt", err, custody.Exhausted)
				if !ok || wait != want {
					t.Fatalf("wait %v, want %v", wait, want)
				}
				s.restart(t)
				if _, err := s.try(t, login, identitytest.Password, ""); custody.KindOf(err) != custody.Exhausted {
					t.Fatalf("a restart forgets: %v", err)
				}
				s.clock.Advance(wait)
				_, err = s.try(t, login, "wrong wrong wrong", "")
				wants(t, "after the wait", err, custody.Denied)
				want = min(2*want, 15*time.Minute)
			}
			s.clock.Advance(15 * time.Minute)
			if _, err := s.try(t, "anna", identitytest.Password, ""); err != nil {
				t.Errorf("after the wait the right password: %v", err)
			}
			if _, err := s.try(t, "anna", "wrong wrong wrong", ""); custody.KindOf(err) != custody.Denied {
				t.Errorf("a success clears the account: %v", err)
			}
		})
	}
}

// restart makes a second register over the same rows.
func (s *site) restart(t *testing.T) {
	t.Helper()
	r, err := identity.NewRegister(identity.Options{
		Store: s.Store, Keys: s.Keys, Clock: s.clock, Diary: s.Store, Policy: fixed{}, SecondFactor: identity.Optional,
		Origin: identitytest.Origin, Hash: identitytest.Cheap(),
	})
	fine(t, err)
	s.Register = r
}

type fixed struct{}

func (fixed) Policy(context.Context) (string, int, error) {
	return identitytest.PolicyVersion, 365, nil
}

func TestAnAddressIsSlowedDownWhoeverItAsksFor(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	try := func(i int, address string) error {
		_, err := s.SignIn(t.Context(), identity.Attempt{Login: fmt.Sprintf("guess%d", i), Proof: identity.Proof{Password: "x", Address: address}})
		return err
	}
	for i := range 20 {
		wants(t, "free", try(i, fmt.Sprintf("2001:db8:1:1::%x", i)), custody.Denied)
	}
	wants(t, "the same network", try(21, "[2001:db8:1:1:ffff::1]:443"), custody.Exhausted)
	wants(t, "another network", try(22, "2001:db8:1:2::1"), custody.Denied)
	if _, err := s.try(t, "anna", identitytest.Password, ""); err != nil {
		t.Errorf("somebody elsewhere: %v", err)
	}
}

func TestAThousandGuessesAtOnceAreNotAThousandTries(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	var looked atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := s.try(t, "anna", "wrong wrong wrong", ""); custody.KindOf(err) == custody.Denied {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if n := looked.Load(); n > 5 {
		t.Errorf("%d guesses were looked at", n)
	}
}

func TestRefusalsDoNotFloodTheDiary(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	for range 10 {
		for range 3 {
			_, _ = s.try(t, "anna", "wrong wrong wrong", "")
		}
		s.clock.Advance(6 * time.Second)
	}
	if n := len(s.events(custody.EventSignInRefused)); n != 1 {
		t.Errorf("a minute of guessing left %d events", n)
	}
	s.clock.Advance(time.Hour)
	_, _ = s.try(t, "anna", "wrong wrong wrong", "")
	evs := s.events(custody.EventSignInRefused)
	if len(evs) != 2 || !strings.Contains(detail(t, evs[1]), `"before":`) || strings.Contains(detail(t, evs[1]), `"before":0`) {
		t.Errorf("afterwards: %d events", len(evs))
	}
	s.clock.Advance(time.Hour)
	s.SignedIn(t, "anna")
	opened := s.events(custody.EventSessionOpened)
	if !strings.Contains(detail(t, opened[len(opened)-1]), `"failures_before":`) {
		t.Errorf("the member is not told of the guesses: %s", detail(t, opened[len(opened)-1]))
	}
}

// broken is a store and diary that fail when they are told to.
type broken struct {
	*identitytest.Store
	fail atomic.Bool
}

var errBroken = custody.Errorf(custody.Unavailable, "the log is not writable")

func (b *broken) Append(ctx context.Context, evs ...custody.Event) error {
	if b.fail.Load() {
		return errBroken
	}
	return b.Store.Append(ctx, evs...)
}

func (b *broken) OpenSession(ctx context.Context, s identity.Session, evs ...custody.Event) error {
	if b.fail.Load() {
		return errBroken
	}
	return b.Store.OpenSession(ctx, s, evs...)
}

func TestWithoutADiaryNobodySignsIn(t *testing.T) {
	b := &broken{}
	s := newSite(t, func(o *identity.Options) {
		b.Store = o.Store.(*identitytest.Store)
		o.Store, o.Diary = b, b
	})
	s.Hire(t, "anna", identity.Viewer)
	b.fail.Store(true)
	for _, password := range []identity.Secret{identitytest.Password, "wrong wrong wrong"} {
		_, err := s.try(t, "anna", password, "")
		wants(t, "diary down", err, custody.Unavailable)
	}
}

func TestCallersWhoGiveUpLeaveTheLine(t *testing.T) {
	s := newSite(t)
	s.Hire(t, "anna", identity.Viewer)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gone"))
	for range 100 {
		_, err := s.SignIn(ctx, identity.Attempt{Login: "anna", Proof: proof(identitytest.Password, "")})
		if err != nil && custody.KindOf(err) != custody.Unavailable {
			t.Fatal(err)
		}
	}
	s.clock.Advance(time.Hour)
	s.SignedIn(t, "anna")
}
