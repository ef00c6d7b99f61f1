package identity_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

func TestWhoIsAddedComesInByTheLinkOnce(t *testing.T) {
	s := newSite(t)
	cam := custody.NewCameraID()
	m, link, err := s.Add(t.Context(), s.Operator(), identity.New{
		Login: " Anna.B ", Name: "Anna B", Bundle: identity.BundleStaff, Cameras: []custody.CameraID{cam, cam},
	})
	fine(t, err)
	if m.Login != "anna.b" || !m.Enabled || m.HasPassword || !slices.Equal(m.Cameras, []custody.CameraID{cam}) {
		t.Errorf("added: %+v", m)
	}
	if string(link.URL) != identitytest.Origin+"/join#"+string(link.Token) || link.Expires != s.clock.Now().Add(24*time.Hour) {
		t.Errorf("the link is %q until %v", string(link.URL), link.Expires)
	}
	_, roles, err := s.Member(t.Context(), m.ID)
	fine(t, err)
	if len(roles) != 2 || !roles[0].Good(s.clock.Now()) {
		t.Errorf("roles: %+v", roles)
	}
	join := identity.Joining{Token: link.Token, Password: "short", Address: here}
	_, err = s.Join(t.Context(), join)
	wants(t, "a short password", err, custody.Invalid)
	join.Password = identitytest.Password
	a := good[identity.Authentication](t)(s.Join(t.Context(), join))
	if a.Session.Method != identity.ByInvitation || !s.alive(t, a.Renewed) || !a.Staff.HasPassword {
		t.Errorf("joined: %+v", a)
	}
	_, err = s.Join(t.Context(), join)
	wants(t, "the link again", err, custody.Denied)
	join.Token = "x"
	_, again := s.Join(t.Context(), join)
	if again == nil || again.Error() != err.Error() {
		t.Errorf("an unknown link is told from a used one: %v, %v", again, err)
	}
	_, _, err = s.Add(t.Context(), s.Operator(), identity.New{Login: "anna.b", Name: "Another"})
	wants(t, "a taken login", err, custody.Exists)
}

func TestAnotherInvitationIsABeginningAnew(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	s.withTOTP(t, a)
	f := s.withPasskey(t, a)
	first := good[identity.Link](t)(s.Invite(t.Context(), a.Actor, a.Staff.ID))
	if first.Expires != s.clock.Now().Add(72*time.Hour) {
		t.Errorf("a colleague's link is good until %v", first.Expires)
	}
	second := good[identity.Link](t)(s.Invite(t.Context(), s.Operator(), a.Staff.ID))
	_, err := s.Join(t.Context(), identity.Joining{Token: first.Token, Password: "another long sentence", Address: here})
	wants(t, "a link that lapsed", err, custody.Denied)
	if !s.alive(t, a.Renewed) {
		t.Error("an invitation alone ends sessions")
	}
	b := good[identity.Authentication](t)(s.Join(t.Context(), identity.Joining{Token: second.Token, Password: "another long sentence", Address: here}))
	if s.alive(t, a.Renewed) || !s.alive(t, b.Renewed) || b.Staff.HasTOTP || b.Staff.Passkeys != 0 || b.Staff.Codes != 0 {
		t.Errorf("something of before is left: %+v", b.Staff)
	}
	_, err = s.try(t, "anna", identitytest.Password, "")
	wants(t, "the old password", err, custody.Denied)
	_, err = s.byPasskey(t, f)
	wants(t, "the old passkey", err, custody.Denied)
	third := good[identity.Link](t)(s.Invite(t.Context(), s.Operator(), a.Staff.ID))
	s.clock.Advance(identity.BootstrapLife)
	_, err = s.Join(t.Context(), identity.Joining{Token: third.Token, Password: "another long sentence", Address: here})
	wants(t, "after a day", err, custody.Denied)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	s := newSite(t)
	for field, n := range map[string]identity.New{
		"login:":   {Login: "no", Name: "N"},
		"login: ":  {Login: "with space", Name: "N"},
		"name:":    {Login: "anna", Name: " "},
		"name: ":   {Login: "anna", Name: "line\nend"},
		"cameras:": {Login: "anna", Name: "N", Cameras: []custody.CameraID{"cam_../../x"}},
		"roles:":   {Login: "anna", Name: "N", Roles: []identity.Role{"root"}},
		"bundle:":  {Login: "anna", Name: "N", Bundle: "everything"},
	} {
		_, _, err := s.Add(t.Context(), s.Operator(), n)
		if wants(t, field, err, custody.Invalid); err != nil && !strings.HasPrefix(custody.PublicText(err), strings.TrimSpace(field)) {
			t.Errorf("%s is called %q", field, custody.PublicText(err))
		}
	}
	_, _, err := s.Add(t.Context(), identity.Actor{}, identity.New{Login: "anna", Name: "N"})
	wants(t, "nobody", err, custody.Denied)
}

func TestPasswordsThatAreGuessedAreRefused(t *testing.T) {
	s := newSite(t)
	_, link, err := s.Add(t.Context(), s.Operator(), identity.New{Login: "annabelle.smithers", Name: "Annabelle Smithers"})
	fine(t, err)
	for _, p := range []identity.Secret{
		"", "eleven char", "password1234", "Password 1234", "QWERTYUIOP123", "annabelle.smithers", "Annabelle Smithers", "annabellesmithers",
		"aaaaaaaaaaaaaa", "abababababab", "abcdefghijklmno", "            ", identity.Secret(strings.Repeat("xyzw", 33)), "valid but \xff not text",
		"Passw0rd!2026", "P@$$w0rd P@$$w0rd", "summer2026!!!!", "Welcome-Library-1", "1q2w3e4r5t6y7u8i", "QAZ wsx 2026 !!", "annabelle2026!", "Smithers & Annabelle 7",
		"iloveyou iloveyou", "!!!football!!!", "cust0dy camera 1",
	} {
		_, err := s.Join(t.Context(), identity.Joining{Token: link.Token, Password: p, Address: here})
		wants(t, string(p), err, custody.Invalid)
	}
	a := good[identity.Authentication](t)(s.Join(t.Context(), identity.Joining{Token: link.Token, Password: "Ünïcode gräße ☂", Address: here}))
	for _, p := range []identity.Secret{ // any composition does, three common words too, one that is not common, digits alone
		"summer library horse", "839201749382", "tenor hatch mullion", "!%&/()=?!§$%", "Xq7#vb0pLw2r", "password passage pass",
	} {
		b := good[identity.Authentication](t)(s.ChangePassword(t.Context(), a.Actor, proof("Ünïcode gräße ☂", ""), p))
		a = good[identity.Authentication](t)(s.ChangePassword(t.Context(), b.Actor, proof(p, ""), "Ünïcode gräße ☂"))
	}
	_, err = s.ChangePassword(t.Context(), a.Actor, proof("wrong wrong wrong", ""), "another long sentence")
	wants(t, "changing with a wrong one", err, custody.Denied)
	_, err = s.ChangePassword(t.Context(), a.Actor, proof("Ünïcode gräße ☂", ""), "short")
	wants(t, "changing to a bad one", err, custody.Invalid)
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := newSite(t)
	off := false
	a := s.Person(t, "anna", identity.Administrator)
	s.Hire(t, "viewer", identity.Viewer)
	_, _, err := s.Add(t.Context(), s.Operator(), identity.New{Login: "invited", Name: "Invited", Roles: []identity.Role{identity.Administrator}})
	fine(t, err)
	_, roles, err := s.Member(t.Context(), a.Staff.ID)
	fine(t, err)
	read := func() identity.Staff { m, _, err := s.Member(t.Context(), a.Staff.ID); fine(t, err); return m }

	_, err = s.Change(t.Context(), a.Actor, a.Staff.ID, identity.Change{Enabled: &off, Version: read().Version})
	wants(t, "disabling the last", err, custody.Conflict)
	wants(t, "revoking the last", s.RevokeRole(t.Context(), a.Actor, a.Staff.ID, roles[0].ID), custody.Conflict)
	name := "Anna"
	if m := good[identity.Staff](t)(s.Change(t.Context(), a.Actor, a.Staff.ID, identity.Change{Name: &name, Version: read().Version})); m.Name != name {
		t.Error("the name is not changed")
	}
	_, err = s.Change(t.Context(), a.Actor, a.Staff.ID, identity.Change{Name: &name, Version: 1})
	wants(t, "an old version", err, custody.Conflict)

	b := s.Person(t, "berta", identity.Administrator)
	wants(t, "another's grant", s.RevokeRole(t.Context(), a.Actor, b.Staff.ID, roles[0].ID), custody.NotFound)
	fine(t, s.RevokeRole(t.Context(), a.Actor, a.Staff.ID, roles[0].ID))
	wants(t, "twice", s.RevokeRole(t.Context(), a.Actor, a.Staff.ID, roles[0].ID), custody.Conflict)
	good[identity.Staff](t)(s.Change(t.Context(), b.Actor, a.Staff.ID, identity.Change{Enabled: &off, Version: read().Version}))
	_, err = s.Invite(t.Context(), b.Actor, a.Staff.ID)
	wants(t, "inviting who is disabled", err, custody.Conflict)
}

func TestRolesForATime(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Administrator)
	now := s.clock.Now()
	grant := func(by identity.Actor, g identity.Give, setUp custody.Instant) (identity.RoleGrant, error) {
		gs, err := s.GrantRoles(t.Context(), by, a.Staff.ID, g, setUp)
		if err != nil {
			return identity.RoleGrant{}, err
		}
		return gs[0], nil
	}
	delegate := identity.Give{Roles: []identity.Role{identity.Custodian}, Until: now.Add(time.Hour), Reason: "away"}
	for name, spoil := range map[string]func(*identity.Give){
		"no reason":   func(g *identity.Give) { g.Reason = " " },
		"over a year": func(g *identity.Give) { g.Until = now.Add(367 * 24 * time.Hour) },
		"past":        func(g *identity.Give) { g.Until = now },
		"no roles":    func(g *identity.Give) { g.Roles = nil },
		"no such":     func(g *identity.Give) { g.Roles = []identity.Role{"root"} },
	} {
		g := delegate
		spoil(&g)
		_, err := grant(s.Operator(), g, 0)
		wants(t, name, err, custody.Invalid)
	}
	d := good[identity.RoleGrant](t)(grant(s.Operator(), delegate, now))
	if d.From != now || d.Until != delegate.Until || d.Reason != "away" || d.By != "operator" || d.Good(d.Until) || !d.Good(now) {
		t.Errorf("the delegation is %+v", d)
	}
	viewer := identity.Give{Roles: []identity.Role{identity.Viewer}}
	early := good[identity.RoleGrant](t)(grant(a.Actor, viewer, 0))
	if early.From != now {
		t.Errorf("before set-up is finished a self-given role starts %v", early.From)
	}
	_, err := grant(s.Operator(), viewer, 0)
	wants(t, "what one has", err, custody.Exists)
	auditor := identity.Give{Roles: []identity.Role{identity.Auditor}}
	if late := good[identity.RoleGrant](t)(grant(a.Actor, auditor, now)); late.From != now.Add(24*time.Hour) || late.Good(now) {
		t.Errorf("afterwards it starts %v", late.From)
	}
	if n := len(s.events(custody.EventRoleGranted)); n != 3 {
		t.Errorf("%d events", n)
	}
}

// TestNoSecretIsWritten is the canary: everything that a busy site writes down or could print, searched for every secret.
func TestNoSecretIsWritten(t *testing.T) {
	s := newSite(t)
	_, link, err := s.Add(t.Context(), s.Operator(), identity.New{Login: "anna", Name: "Anna"})
	fine(t, err)
	a := good[identity.Authentication](t)(s.Join(t.Context(), identity.Joining{Token: link.Token, Password: "first anchor rainfall", Address: here}))
	p, codes := s.withTOTP(t, a)
	_, err1 := s.try(t, "anna", "mistyped anchor rainfall", "")
	_, err2 := s.Join(t.Context(), identity.Joining{Token: link.Token, Password: "first anchor rainfall"})
	_, err3 := s.Authenticate(t.Context(), a.Renewed+"x", here)
	b := good[identity.Authentication](t)(s.ChangePassword(t.Context(), a.Actor, proof("first anchor rainfall", ""), identitytest.Password))
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, codes[0]))

	var out strings.Builder
	for _, e := range s.Store.Events() {
		out.Write(e.Body)
	}
	for _, v := range []any{link, a, b, codes, p.secret, err1, err2, err3, identity.Attempt{Proof: proof(identitytest.Password, codes[1])},
		identity.Joining{Token: link.Token, Password: identitytest.Password}, &link, identity.Enrolment{Secret: p.secret, URI: p.secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	}
	for _, secret := range append([]identity.Secret{
		"first anchor rainfall", "mistyped anchor rainfall", identitytest.Password, link.Token, a.Renewed, b.Renewed, p.secret,
	}, codes...) {
		if strings.Contains(out.String(), string(secret)) || strings.Contains(out.String(), fmt.Sprintf("%x", string(secret))) {
			t.Errorf("a secret of %d characters is shown", len(secret))
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing was printed at all")
	}
}

func TestWhatARegisterNeeds(t *testing.T) {
	s := newSite(t)
	for _, origin := range []string{"", "custody.example.org", "ftp://x", "https://", "https://x/path", "https://u:p@x", "https://x?q"} {
		_, err := identity.NewRegister(identity.Options{Store: s.Store, Keys: s.Keys, Clock: s.clock, Diary: s.Store, Policy: fixed{}, Origin: origin})
		wants(t, origin, err, custody.Invalid)
	}
	_, err := identity.NewRegister(identity.Options{Origin: identitytest.Origin})
	wants(t, "no ports", err, custody.Internal)
	_, err = identity.NewRegister(identity.Options{Store: s.Store, Keys: s.Keys, Clock: s.clock, Diary: s.Store, Policy: fixed{}, Origin: identitytest.Origin, SecondFactor: "maybe"})
	wants(t, "second factor", err, custody.Invalid)
}
