package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// fob is an authenticator in software: one ES256 credential, no attestation (WebAuthn Level 3, sections 6.1 and 6.5).
type fob struct {
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
	// What a dishonest one changes.
	origin, rp string
	flags      byte
}

const (
	userPresent  = 0x01
	userVerified = 0x04
	attested     = 0x40
)

func newFob(t testing.TB) *fob {
	t.Helper()
	id := make([]byte, 32)
	rand.Read(id)
	return &fob{good[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), id, nil, 0, identitytest.Origin, "custody.example.org", userPresent | userVerified}
}

type ceremonyOptions struct {
	PublicKey struct {
		Challenge string
		User      struct{ ID string }
		Allow     []struct{ ID string } `json:"allowCredentials"`
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
		UV        string                `json:"userVerification"`
	} `json:"publicKey"`
}

func (f *fob) client(t testing.TB, c identity.Ceremony, kind string) ([]byte, ceremonyOptions) {
	t.Helper()
	var o ceremonyOptions
	fine(t, json.Unmarshal(c.Options, &o))
	text := good[[]byte](t)(json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": f.origin, "crossOrigin": false}))
	return text, o
}

func (f *fob) data(flags byte) []byte {
	hash := sha256.Sum256([]byte(f.rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), f.count)
}

// create answers a registration.
func (f *fob) create(t testing.TB, c identity.Ceremony) []byte {
	t.Helper()
	client, o := f.client(t, c, "webauthn.create")
	f.handle = good[[]byte](t)(b64.DecodeString(o.PublicKey.User.ID))
	point := good[[]byte](t)(f.key.PublicKey.Bytes())
	data := append(f.data(f.flags|attested), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(f.id))), f.id...)
	data = append(append(data, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32), point[1:33]...)
	data = append(append(data, 0x22, 0x58, 32), point[33:]...)
	object := append([]byte{0xa3, 0x63}, "fmt\x64none\x67attStmt\xa0\x68authData\x58"...)
	object = append(append(object, byte(len(data))), data...)
	return f.answer(t, map[string]any{"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(object)})
}

// get answers an assertion.
func (f *fob) get(t testing.TB, c identity.Ceremony) []byte {
	t.Helper()
	client, _ := f.client(t, c, "webauthn.get")
	f.count++
	data, hash := f.data(f.flags), sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig := good[[]byte](t)(ecdsa.SignASN1(rand.Reader, f.key, sum[:]))
	return f.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig),
		"userHandle": b64.EncodeToString(f.handle),
	})
}

func (f *fob) answer(t testing.TB, response map[string]any) []byte {
	t.Helper()
	id := b64.EncodeToString(f.id)
	return good[[]byte](t)(json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}}))
}

func (s *site) withPasskey(t testing.TB, a identity.Authentication) *fob {
	t.Helper()
	f := newFob(t)
	c := good[identity.Ceremony](t)(s.StartPasskey(t.Context(), a.Actor))
	p, done, err := s.FinishPasskey(t.Context(), a.Actor, c.Ticket, f.create(t, c), "phone", here)
	fine(t, err)
	if p.Label != "phone" || done.Staff.Passkeys != 1 || done.Stage == identity.StageEnrol {
		t.Errorf("after the registration: %+v %+v", p, done)
	}
	return f
}

func (s *site) byPasskey(t testing.TB, f *fob) (identity.Authentication, error) {
	t.Helper()
	c := good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	return s.FinishPasskeySignIn(t.Context(), identity.PasskeyAttempt{Ticket: c.Ticket, Credential: f.get(t, c), Address: here})
}

func TestAPasskeySignsIn(t *testing.T) {
	s := newSite(t, required)
	s.Hire(t, "anna", identity.Viewer)
	a := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
	f := s.withPasskey(t, a)
	b := good[identity.Authentication](t)(s.byPasskey(t, f))
	if b.Staff.ID != a.Staff.ID || b.Session.Method != identity.ByPasskey || b.Stage != identity.StageAcknowledge || !s.alive(t, b.Renewed) {
		t.Errorf("signed in: %+v", b)
	}
	_, err := s.try(t, "anna", identitytest.Password, "")
	wants(t, "the password alone, where a second factor is required", err, custody.Denied)
	kept := good[[]identity.Passkey](t)(s.Passkeys(t.Context(), a.Staff.ID))
	if len(kept) != 1 || kept[0].Used == 0 || kept[0].Label != "phone" {
		t.Errorf("the use is not stored: %+v", kept)
	}

	c := good[identity.Ceremony](t)(s.StartPasskeyConfirm(t.Context(), b.Actor))
	if _, o := f.client(t, c, ""); len(o.PublicKey.Allow) != 1 || o.PublicKey.UV != "required" {
		t.Errorf("the options are %s", c.Options)
	}
	s.clock.Advance(time.Minute)
	d := good[identity.Authentication](t)(s.FinishPasskeyConfirm(t.Context(), b.Actor, c.Ticket, f.get(t, c), here))
	if d.Session.Fresh != s.clock.Now() || d.Actor != b.Actor {
		t.Errorf("confirmed: %+v", d)
	}
	codes := good[[]identity.Secret](t)(s.NewRecoveryCodes(t.Context(), b.Actor, proof(identitytest.Password, "")))
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, codes[0]))
	fine(t, s.RemovePasskey(t.Context(), b.Actor, f.id))
	_, err = s.byPasskey(t, f)
	wants(t, "a removed passkey", err, custody.Denied)
	wants(t, "removing it again", s.RemovePasskey(t.Context(), b.Actor, f.id), custody.NotFound)
}

func TestADishonestAuthenticatorIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, s *site, f *fob){
		"another origin":    func(_ *testing.T, _ *site, f *fob) { f.origin = "https://evil.example" },
		"another port":      func(_ *testing.T, _ *site, f *fob) { f.origin += ":8443" },
		"another site":      func(_ *testing.T, _ *site, f *fob) { f.rp = "evil.example" },
		"nobody verified":   func(_ *testing.T, _ *site, f *fob) { f.flags = userPresent },
		"nobody present":    func(_ *testing.T, _ *site, f *fob) { f.flags = userVerified },
		"another key":       func(t *testing.T, _ *site, f *fob) { f.key = newFob(t).key },
		"another handle":    func(t *testing.T, s *site, f *fob) { f.handle = []byte(s.Hire(t, "berta").ID) },
		"no handle":         func(_ *testing.T, _ *site, f *fob) { f.handle = nil },
		"unknown":           func(t *testing.T, _ *site, f *fob) { f.id = newFob(t).id },
		"a clone behind us": func(t *testing.T, s *site, f *fob) { good[identity.Authentication](t)(s.byPasskey(t, f)); f.count = 0 },
		"a disabled member": func(t *testing.T, s *site, f *fob) {
			off := false
			m, _, err := s.Member(t.Context(), custody.StaffID(f.handle))
			fine(t, err)
			_, err = s.Change(t.Context(), s.Operator(), m.ID, identity.Change{Enabled: &off, Version: m.Version})
			fine(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			f := s.withPasskey(t, s.Person(t, "anna", identity.Viewer))
			spoil(t, s, f)
			_, err := s.byPasskey(t, f)
			if wants(t, name, err, custody.Denied); err != nil && custody.PublicText(err) != "login, password or code is wrong" {
				t.Errorf("the answer is %q", custody.PublicText(err))
			}
		})
	}
}

func TestATicketIsGoodOnceAndNotForLong(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	f := s.withPasskey(t, a)
	c := good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	attempt := identity.PasskeyAttempt{Ticket: c.Ticket, Credential: f.get(t, c), Address: here}
	good[identity.Authentication](t)(s.FinishPasskeySignIn(t.Context(), attempt))
	_, err := s.FinishPasskeySignIn(t.Context(), attempt)
	wants(t, "a replay", err, custody.Denied)

	c = good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	_, err = s.FinishPasskeyConfirm(t.Context(), a.Actor, c.Ticket, f.get(t, c), here)
	wants(t, "a ticket of another rite", err, custody.Conflict)

	c = good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	s.clock.Advance(5 * time.Minute)
	_, err = s.FinishPasskeySignIn(t.Context(), identity.PasskeyAttempt{Ticket: c.Ticket, Credential: f.get(t, c), Address: here})
	wants(t, "too late", err, custody.Denied)

	first := good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	for i := range 1000 {
		s.clock.Advance(time.Microsecond)
		good[identity.Ceremony](t)(s.StartPasskeySignIn(fmt.Sprintf("198.51.%d.%d", 100+i/100, i%100)))
	}
	_, err = s.FinishPasskeySignIn(t.Context(), identity.PasskeyAttempt{Ticket: first.Ticket, Credential: f.get(t, first), Address: here})
	wants(t, "pushed out by a thousand others", err, custody.Denied)
}

// TestNobodyPushesOthersTicketsOff: one address, however often it begins, loses its own tickets only, and strangers none of who is
// signed in.
func TestNobodyPushesOthersTicketsOff(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	f := s.withPasskey(t, a)
	arriving := good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
	confirming := good[identity.Ceremony](t)(s.StartPasskeyConfirm(t.Context(), a.Actor))
	for range 2000 {
		s.clock.Advance(time.Microsecond)
		good[identity.Ceremony](t)(s.StartPasskeySignIn("198.51.100.9"))
	}
	good[identity.Authentication](t)(s.FinishPasskeySignIn(t.Context(), identity.PasskeyAttempt{Ticket: arriving.Ticket, Credential: f.get(t, arriving), Address: here}))
	good[identity.Authentication](t)(s.FinishPasskeyConfirm(t.Context(), a.Actor, confirming.Ticket, f.get(t, confirming), here))
}

// TestAPasswordAloneChangesNoFactor: who knows the password and signed in before its owner had a second factor must not put
// another beside it, take it away, replace the recovery codes or the password.
func TestAPasswordAloneChangesNoFactor(t *testing.T) {
	for _, factor := range []string{"codes", "passkey"} {
		s := newSite(t, required)
		s.Hire(t, "anna", identity.Viewer)
		thief := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
		pending := good[identity.Enrolment](t)(s.StartTOTP(t.Context(), thief.Actor))
		ticket := good[identity.Ceremony](t)(s.StartPasskey(t.Context(), thief.Actor))
		owner := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
		var key []byte
		if factor == "codes" {
			s.withTOTP(t, owner)
		} else {
			key = s.withPasskey(t, owner).id
		}
		_, err := s.StartTOTP(t.Context(), thief.Actor)
		wants(t, factor+": begin one-time codes", err, custody.Denied)
		_, _, err = s.FinishTOTP(t.Context(), thief.Actor, phone{s, pending.Secret}.code(t), here)
		wants(t, factor+": end one-time codes", err, custody.Denied)
		_, err = s.StartPasskey(t.Context(), thief.Actor)
		wants(t, factor+": begin a passkey", err, custody.Denied)
		_, _, err = s.FinishPasskey(t.Context(), thief.Actor, ticket.Ticket, newFob(t).create(t, ticket), "mine", here)
		wants(t, factor+": end a passkey", err, custody.Denied)
		wants(t, factor+": remove a passkey", s.RemovePasskey(t.Context(), thief.Actor, key), custody.Denied)
		_, err = s.NewRecoveryCodes(t.Context(), thief.Actor, proof(identitytest.Password, ""))
		wants(t, factor+": recovery codes", err, custody.Denied)
		_, err = s.ChangePassword(t.Context(), thief.Actor, proof(identitytest.Password, ""), "another long sentence")
		wants(t, factor+": the password", err, custody.Denied)
		if a, err := s.Authenticate(t.Context(), thief.Renewed, here); err != nil || a.Stage != identity.StageEnrol {
			t.Errorf("%s: the thief is at %s, %v", factor, a.Stage, err)
		}
	}
}

func TestAPasskeyIsRegisteredOnceByItsHolder(t *testing.T) {
	s := newSite(t)
	a, b := s.Person(t, "anna"), s.Person(t, "berta")
	f := s.withPasskey(t, a)
	c := good[identity.Ceremony](t)(s.StartPasskey(t.Context(), a.Actor))
	if _, o := f.client(t, c, ""); len(o.PublicKey.Exclude) != 1 {
		t.Error("the one that is there is not excluded")
	}
	_, _, err := s.FinishPasskey(t.Context(), b.Actor, c.Ticket, newFob(t).create(t, c), "phone", here)
	wants(t, "another's ticket", err, custody.Conflict)
	c = good[identity.Ceremony](t)(s.StartPasskey(t.Context(), b.Actor))
	_, _, err = s.FinishPasskey(t.Context(), b.Actor, c.Ticket, f.create(t, c), "phone", here)
	wants(t, "another's credential", err, custody.Exists)
	for _, junk := range []string{"", "{}", "null", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, string(make([]byte, 1<<20))} {
		c = good[identity.Ceremony](t)(s.StartPasskey(t.Context(), b.Actor))
		_, _, err = s.FinishPasskey(t.Context(), b.Actor, c.Ticket, []byte(junk), "phone", here)
		wants(t, "junk", err, custody.Invalid)
	}
	_, _, err = s.FinishPasskey(t.Context(), b.Actor, c.Ticket, nil, "", here)
	wants(t, "no label", err, custody.Invalid)
}

func TestWherePasskeysArePossible(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://custody.example.org": true, "https://custody.lan:8443": true, "http://localhost:8080": true, "https://localhost": true,
		"http://custody.lan": false, "https://192.0.2.1": false, "https://[2001:db8::1]:8443": false, "http://127.0.0.1:8080": false,
	} {
		s := newSite(t, func(o *identity.Options) { o.Origin = origin })
		if s.PasskeysPossible() != want {
			t.Errorf("%s: %v", origin, !want)
		}
		if _, err := s.StartPasskeySignIn(here); (err == nil) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

func FuzzPasskeyAnswer(f *testing.F) {
	s := newSite(f)
	a := s.Person(f, "anna", identity.Viewer)
	fob := s.withPasskey(f, a)
	f.Add(fob.get(f, good[identity.Ceremony](f)(s.StartPasskeySignIn(here))))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"authenticatorData":"AA"}}`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, answer []byte) {
		s.clock.Advance(time.Hour)
		c := good[identity.Ceremony](t)(s.StartPasskeySignIn(here))
		_, err := s.FinishPasskeySignIn(t.Context(), identity.PasskeyAttempt{Ticket: c.Ticket, Credential: answer, Address: here})
		wants(t, "an answer to another challenge", err, custody.Denied)
	})
}
