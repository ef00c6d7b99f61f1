package gate

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

var (
	_ Identity = (*identity.Register)(nil)
	_ Judge    = (*access.Judge)(nil)
)

// staffed is a door before the real register of staff, with one socket whose handler is deaf.
func staffed(t *testing.T) (*place, *identitytest.Site, *identitytest.Clock) {
	t.Helper()
	clock := identitytest.NewClock()
	staff := identitytest.NewSite(t, clock)
	release := make(chan struct{})
	p := opened(t, func(o *Options) {
		o.Identity, o.Clock = staff, clock
		o.Canonical = &url.URL{Scheme: "http", Host: "custody.lan"}
		o.Limits = Limits{Recheck: 50 * time.Millisecond}
	}, func(p *place, d *Door) {
		d.Socket(Route{ID: "live", Path: "/api/live/:camera", Action: access.FootageLive, Mode: Carry, Camera: "camera"}, waits(release))
	})
	t.Cleanup(func() { close(release) })
	return p, staff, clock
}

func TestARealSessionFromSignInToDisabling(t *testing.T) {
	p, staff, clock := staffed(t)
	clerk := staff.Person(t, "clerk", identity.Viewer)
	theirs := "Cookie: " + cookieName + "=" + string(clerk.Renewed)
	value, err := staff.CSRF(clerk.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusOK, "a look", p.does("GET", "/api/session", "", theirs))
	p.wants(http.StatusOK, "an act", p.does("POST", "/api/session/confirm", "{}", theirs, ours, "X-CSRF: "+value))
	p.wants(http.StatusForbidden, "another session's CSRF", p.does("POST", "/api/session/confirm", "{}", theirs, ours, csrf))
	clock.Advance(2 * time.Minute)
	a := p.does("GET", "/api/session", "", theirs)
	p.wants(http.StatusOK, "an old token", a)
	if a.header.Get("Set-Cookie") == "" {
		t.Error("an old token is not renewed")
	}
	socket, _, err := p.calls(theirs, ours)
	if err != nil {
		t.Fatal(err)
	}
	member, _, err := staff.Member(t.Context(), clerk.Staff.ID)
	if err != nil {
		t.Fatal(err)
	}
	enabled := false
	if _, err := staff.Change(t.Context(), staff.Operator(), member.ID, identity.Change{Enabled: &enabled, Version: member.Version}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if code, _ := ends(t, socket, 5*time.Second); code != 4401 || time.Since(begin) > 5*time.Second {
		t.Errorf("closed with %d after %v", code, time.Since(begin))
	}
	p.wants(http.StatusUnauthorized, "a look afterwards", p.does("GET", "/api/session", "", theirs))
}

func TestThrottledCallersAreToldHowLong(t *testing.T) {
	staff := identitytest.NewSite(t, identitytest.NewClock())
	var err error
	for range 200 {
		if _, err = staff.SignIn(t.Context(), identity.Attempt{Login: "nobody", Proof: identity.Proof{Password: "wrong", Address: "192.0.2.7"}}); custody.KindOf(err) == custody.Exhausted {
			break
		}
	}
	p := NewProblem("req-x", err)
	if wait, aerr := strconv.Atoi(p.GetHeaders().Get("Retry-After")); p.Status != 429 || aerr != nil || wait < 1 {
		t.Errorf("%+v %v", p, p.GetHeaders())
	}
}
