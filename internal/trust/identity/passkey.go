package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	maxPasskeys   = 20       // of one member
	maxCredential = 64 << 10 // bytes of a client's answer that are parsed
)

// Ceremony is the first half of a passkey ceremony: what the browser is given, and the ticket to come back with within five
// minutes. A ticket is good once.
type Ceremony struct {
	Options json.RawMessage // PublicKeyCredential{Creation,Request}OptionsJSON under "publicKey"
	Ticket  string
}

// rite is a ceremony between its two halves.
type rite struct {
	purpose ritual
	staff   custody.StaffID   // empty for a sign-in
	session custody.SessionID // likewise
	data    webauthn.SessionData
}

type ritual uint8

const (
	registering ritual = iota + 1
	signingIn
	confirming
)

// relyingParty is nil where browsers offer no passkeys (CONTRACTS 23): on addresses without a name and on plain HTTP, apart from
// localhost.
func relyingParty(origin *url.URL, site string) (*webauthn.WebAuthn, error) {
	host := origin.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if net.ParseIP(host) != nil || origin.Scheme != "https" && !local {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: site, RPOrigins: []string{origin.Scheme + "://" + origin.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	return w, custody.Wrap(custody.Invalid, err, "origin: passkeys cannot be bound to %s", origin.Host)
}

// PasskeysPossible reports whether browsers offer passkeys at the site's origin.
func (r *Register) PasskeysPossible() bool { return r.web != nil }

// holder is a member in the library's eyes.
type holder struct {
	Staff
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h holder) WebAuthnName() string                       { return h.Login }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func (r *Register) holder(ctx context.Context, s Staff) (holder, error) {
	kept, err := r.store.Passkeys(ctx, s.ID)
	if err != nil {
		return holder{}, err
	}
	h := holder{Staff: s}
	for _, k := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return holder{}, custody.Wrap(custody.Corrupt, err, "a stored passkey of %s is damaged: remove it", s.ID)
		}
		h.credentials = append(h.credentials, c)
	}
	return h, nil
}

func (r *Register) possible() error {
	if r.web == nil {
		return custody.Errorf(custody.Conflict, "passkeys need a host name under https: this site's address has none")
	}
	return nil
}

func (r *Register) begun(on *shelf[rite], owner string, options any, data *webauthn.SessionData, err error, k rite) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, custody.Wrap(custody.Internal, err, "the passkey ceremony could not begin")
	}
	text, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, custody.Wrap(custody.Internal, err, "the passkey ceremony could not begin")
	}
	k.data = *data
	c := Ceremony{Options: text, Ticket: rand.Text()}
	on.put(c.Ticket, owner, k, r.clock.Now())
	return c, nil
}

// StartPasskey begins the registration of a passkey. It needs a fresh sign-in.
func (r *Register) StartPasskey(ctx context.Context, who Actor) (Ceremony, error) {
	if err := r.possible(); err != nil {
		return Ceremony{}, err
	}
	s, session, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := r.holder(ctx, s)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.credentials) >= maxPasskeys {
		return Ceremony{}, custody.Errorf(custody.Exhausted, "there are %d passkeys already: remove one first", maxPasskeys)
	}
	options, data, err := r.web.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
	return r.begun(r.rites, string(s.ID), options, data, err, rite{purpose: registering, staff: s.ID, session: session.ID})
}

// FinishPasskey stores the passkey that the browser made. credential is its PublicKeyCredential as JSON. A session that could
// only enrol is lifted.
func (r *Register) FinishPasskey(ctx context.Context, who Actor, ticket string, credential []byte, label, address string) (Passkey, Authentication, error) {
	fail := func(err error) (Passkey, Authentication, error) { return Passkey{}, Authentication{}, err }
	s, session, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return fail(err)
	}
	if err := checkLabel(label); err != nil {
		return fail(err)
	}
	k, ok := r.rites.take(ticket, r.clock.Now())
	if !ok || k.purpose != registering || k.session != session.ID {
		return fail(errTicket())
	}
	h, err := r.holder(ctx, s)
	if err != nil {
		return fail(err)
	}
	if len(credential) > maxCredential {
		return fail(errCredential(nil))
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return fail(errCredential(err))
	}
	made, err := r.web.CreateCredential(h, k.data, answer)
	if err != nil {
		return fail(errCredential(err))
	}
	if _, err := r.store.PasskeyByID(ctx, made.ID); custody.KindOf(err) != custody.NotFound {
		return fail(firstError(err, custody.Errorf(custody.Exists, "credential: this passkey is registered already")))
	}
	p, err := passkeyOf(s.ID, made)
	if err != nil {
		return fail(err)
	}
	p.Label, p.Added = label, r.clock.Now()
	ev, err := r.eventAt(p.Added, custody.EventCredentialChanged, who, s.ID, passkeyAdded(p))
	if err != nil {
		return fail(err)
	}
	if err := r.store.PutPasskey(ctx, p, ev); err != nil {
		return fail(err)
	}
	a, err := r.confirm(ctx, who, session, ByPasskey, address, true)
	return p, a, err
}

func passkeyOf(id custody.StaffID, c *webauthn.Credential) (Passkey, error) {
	record, err := json.Marshal(c)
	return Passkey{ID: c.ID, Staff: id, Record: record}, custody.Wrap(custody.Internal, err, "the passkey could not be stored")
}

func errTicket() error {
	return custody.Errorf(custody.Conflict, "ticket: this ceremony is over, or more than five minutes old: begin again")
}

func errCredential(cause error) error {
	return &custody.Error{Kind: custody.Invalid, Public: "credential: the browser's answer does not do; try again", Cause: cause}
}

// Passkeys lists a member's passkeys.
func (r *Register) Passkeys(ctx context.Context, id custody.StaffID) ([]Passkey, error) {
	return r.store.Passkeys(ctx, id)
}

// RemovePasskey removes one of the actor's own. It needs a fresh sign-in.
func (r *Register) RemovePasskey(ctx context.Context, who Actor, credential []byte) error {
	s, _, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return err
	}
	p, err := r.store.PasskeyByID(ctx, credential)
	if err == nil && p.Staff != s.ID {
		err = custody.Errorf(custody.NotFound, "there is no such passkey")
	}
	if err != nil {
		return err
	}
	ev, err := r.event(custody.EventCredentialChanged, who, s.ID, passkeyRemoved(p))
	if err != nil {
		return err
	}
	return r.store.RemovePasskey(ctx, s.ID, credential, ev)
}

// StartPasskeySignIn begins a sign-in by whatever passkey the browser offers for this site. It asks for no login, so it can
// tell nobody who exists. address is the caller's.
func (r *Register) StartPasskeySignIn(address string) (Ceremony, error) {
	if err := r.possible(); err != nil {
		return Ceremony{}, err
	}
	options, data, err := r.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	return r.begun(r.arrivals, network(address), options, data, err, rite{purpose: signingIn})
}

// StartPasskeyConfirm begins a fresh sign-in within the session by one of the actor's own passkeys.
func (r *Register) StartPasskeyConfirm(ctx context.Context, who Actor) (Ceremony, error) {
	if err := r.possible(); err != nil {
		return Ceremony{}, err
	}
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := r.holder(ctx, s)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.credentials) == 0 {
		return Ceremony{}, custody.Errorf(custody.Conflict, "there is no passkey: give your password instead")
	}
	options, data, err := r.web.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	return r.begun(r.rites, string(s.ID), options, data, err, rite{purpose: confirming, staff: s.ID, session: session.ID})
}
