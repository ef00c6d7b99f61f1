package identity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// wantCommitted wants the last word of the diary about a member's secrets to be what is stored.
func (s *site) wantCommitted(t testing.TB, id custody.StaffID, after string) {
	t.Helper()
	var said identity.Commitment
	for _, e := range s.events(custody.EventCredentialChanged) {
		var b struct {
			Detail struct{ Secrets *identity.Commitment }
		}
		fine(t, json.Unmarshal(e.Body, &b))
		if e.Subject == string(id) && b.Detail.Secrets != nil {
			said = *b.Detail.Secrets
		}
	}
	stored := good[identity.Secrets](t)(s.Store.Secrets(t.Context(), id))
	if said != stored.Commit() || said.Password == "" {
		t.Errorf("after %s the diary says %+v, stored is %+v", after, said, stored.Commit())
	}
}

func TestTheDiaryCommitsToWhatIsStored(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	id := a.Staff.ID
	s.wantCommitted(t, id, "joining")
	p, codes := s.withTOTP(t, a)
	s.wantCommitted(t, id, "setting codes up")
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, p.code(t)))
	s.wantCommitted(t, id, "a code was used")
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, codes[3]))
	s.wantCommitted(t, id, "a recovery code was used")
	a = good[identity.Authentication](t)(s.ChangePassword(t.Context(), a.Actor, proof(identitytest.Password, ""), "quartz meadow lantern"))
	s.wantCommitted(t, id, "another password")
	s.clock.Advance(codeTime)
	fine(t, s.RemoveTOTP(t.Context(), a.Actor, proof("quartz meadow lantern", p.code(t))))
	s.wantCommitted(t, id, "codes were removed")
}

const codeTime = 30e9

// TestAStrongerHashIsCommittedTo signs in where passwords cost more than when this one was set.
func TestAStrongerHashIsCommittedTo(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	before := good[identity.Secrets](t)(s.Store.Secrets(t.Context(), a.Staff.ID))
	dearer := identitytest.Cheap()
	dearer.KiB *= 2
	r := good[*identity.Register](t)(identity.NewRegister(identity.Options{Store: s.Store, Keys: s.Keys, Clock: s.clock, Diary: s.Store, Policy: fixed{},
		SecondFactor: identity.Optional, Origin: identitytest.Origin, Hash: dearer}))
	good[identity.Authentication](t)(r.SignIn(t.Context(), identity.Attempt{Login: "anna", Proof: proof(identitytest.Password, "")}))
	if after := good[identity.Secrets](t)(s.Store.Secrets(t.Context(), a.Staff.ID)); after.Password == before.Password {
		t.Fatal("the password was not hashed anew")
	}
	s.wantCommitted(t, a.Staff.ID, "the password was hashed anew")
}

func TestTheDiaryCommitsToPasskeysAndInvitations(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	f := s.withPasskey(t, a)
	p := good[[]identity.Passkey](t)(s.Passkeys(t.Context(), a.Staff.ID))[0]
	said := s.events(custody.EventCredentialChanged)
	if d := detail(t, said[len(said)-1]); !strings.Contains(d, p.Commit()) || !strings.Contains(d, p.Name()) {
		t.Errorf("the diary says %s", d)
	}
	good[identity.Authentication](t)(s.byPasskey(t, f))
	if again := good[[]identity.Passkey](t)(s.Passkeys(t.Context(), a.Staff.ID))[0]; again.Used == 0 || again.Commit() != p.Commit() {
		t.Error("using a passkey changes what was committed to")
	}
	other := p
	other.Record = []byte(strings.Replace(string(p.Record), `"publicKey":"`, `"publicKey":"AAAA`, 1))
	if other.Commit() == p.Commit() {
		t.Error("another public key has the same commitment")
	}
	link := good[identity.Link](t)(s.Invite(t.Context(), s.Operator(), a.Staff.ID))
	said = s.events(custody.EventStaffInvited)
	if d := detail(t, said[len(said)-1]); !strings.Contains(d, `"commitment":"`) || strings.Contains(d, string(link.Token)) {
		t.Errorf("the diary says %s", d)
	}
}
