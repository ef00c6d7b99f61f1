package identity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

const here = "192.0.2.7"

// site is a site with a hand-driven clock.
type site struct {
	*identitytest.Site
	clock *identitytest.Clock
}

func newSite(t testing.TB, change ...func(*identity.Options)) *site {
	clock := identitytest.NewClock()
	return &site{identitytest.NewSite(t, clock, change...), clock}
}

func required(o *identity.Options) { o.SecondFactor = identity.Required }

func proof(password, code identity.Secret) identity.Proof {
	return identity.Proof{Password: password, Code: code, Address: here}
}

func (s *site) try(t testing.TB, login string, password, code identity.Secret) (identity.Authentication, error) {
	t.Helper()
	return s.SignIn(t.Context(), identity.Attempt{Login: login, Proof: proof(password, code)})
}

func wants(t testing.TB, what string, err error, kind custody.Kind) {
	t.Helper()
	if err == nil || custody.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func good[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alive reports whether the session behind a token still stands.
func (s *site) alive(t testing.TB, token identity.Secret) bool {
	t.Helper()
	_, err := s.Authenticate(t.Context(), token, here)
	if err != nil && custody.KindOf(err) != custody.Denied {
		t.Fatalf("authenticate: %v", err)
	}
	return err == nil
}

// keep uses the session of an authentication for a while, once a minute, and returns its last token.
func (s *site) keep(t testing.TB, token identity.Secret, d time.Duration) identity.Secret {
	t.Helper()
	for ; d > 0; d -= 2 * time.Minute {
		s.clock.Advance(min(d, 2*time.Minute))
		a, err := s.Authenticate(t.Context(), token, here)
		if err != nil {
			t.Fatalf("with %v to go: %v", d, err)
		}
		if a.Renewed != "" {
			token = a.Renewed
		}
	}
	return token
}

// events counts the events of a type.
func (s *site) events(of custody.EventType) (found []custody.Event) {
	return slices.DeleteFunc(s.Store.Events(), func(e custody.Event) bool { return e.Type != of })
}

func detail(t testing.TB, e custody.Event) string {
	t.Helper()
	var b struct{ Detail json.RawMessage }
	fine(t, json.Unmarshal(e.Body, &b))
	return strings.TrimSpace(string(b.Detail))
}
