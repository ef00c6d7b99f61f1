package api

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type signInIn struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"200"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"Six digits, or a recovery code"`
		Client   string `json:"client,omitempty" enum:"browser,api" default:"browser" doc:"api: the token comes in the body and no cookie is set"`
	}
}

func (s rooms) signIn(ctx context.Context, in *signInIn) (SignedIn, identity.Authentication, error) {
	b := in.Body
	a, err := s.Identity.SignIn(ctx, identity.Attempt{Login: b.Login, Bearer: b.Client == "api",
		Proof: identity.Proof{Password: identity.Secret(b.Password), Code: identity.Secret(b.Code), Address: gate.Address(ctx)}})
	return s.signedIn(ctx, a, err)
}

// signedIn answers who came in. Who did not gets 401: nobody is signed in.
func (s rooms) signedIn(ctx context.Context, a identity.Authentication, err error) (SignedIn, identity.Authentication, error) {
	if custody.KindOf(err) == custody.Denied && err != nil {
		return SignedIn{}, a, gate.SignIn(err)
	}
	if err != nil {
		return SignedIn{}, a, err
	}
	session, err := s.sessionOut(ctx, a)
	out := SignedIn{Session: session}
	if a.Session.Bearer {
		out.Token = string(a.Renewed)
	}
	return out, a, err
}

func (s rooms) startPasskeySignIn(ctx context.Context, _ *none) (PasskeyStart, error) {
	c, err := s.Identity.StartPasskeySignIn(gate.Address(ctx))
	return ceremonyOut(c), err
}

func ceremonyOut(c identity.Ceremony) PasskeyStart {
	return PasskeyStart{Options: c.Options, Ticket: c.Ticket}
}

type passkeySignInIn struct {
	Body struct {
		Ticket     string `json:"ticket" minLength:"1" maxLength:"200"`
		Credential any    `json:"credential" doc:"PublicKeyCredential in JSON"`
		Client     string `json:"client,omitempty" enum:"browser,api" default:"browser"`
	}
}

func (s rooms) finishPasskeySignIn(ctx context.Context, in *passkeySignInIn) (SignedIn, identity.Authentication, error) {
	credential, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return SignedIn{}, identity.Authentication{}, err
	}
	a, err := s.Identity.FinishPasskeySignIn(ctx, identity.PasskeyAttempt{Ticket: in.Body.Ticket, Credential: credential,
		Address: gate.Address(ctx), Bearer: in.Body.Client == "api"})
	return s.signedIn(ctx, a, err)
}

type invitationIn struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"200"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		Client   string `json:"client,omitempty" enum:"browser,api" default:"browser"`
	}
}

func (s rooms) join(ctx context.Context, in *invitationIn) (SignedIn, identity.Authentication, error) {
	a, err := s.Identity.Join(ctx, identity.Joining{Token: identity.Secret(in.Body.Token), Password: identity.Secret(in.Body.Password),
		Address: gate.Address(ctx), Bearer: in.Body.Client == "api"})
	return s.signedIn(ctx, a, err)
}

// present is the authentication of the request itself.
func present(ctx context.Context) identity.Authentication {
	p := gate.PassOf(ctx)
	return identity.Authentication{Actor: p.Actor, Staff: p.Staff, Session: p.Session, Stage: p.Stage, Address: p.Address}
}

// session tells about the caller's session; refreshing it is asking, for the gate renews the token on the way.
func (s rooms) session(ctx context.Context, _ *none) (Session, error) {
	return s.sessionOut(ctx, present(ctx))
}

func (s rooms) sessionOut(ctx context.Context, a identity.Authentication) (Session, error) {
	csrf, err := s.Identity.CSRF(a.Session.ID)
	if err != nil {
		return Session{}, err
	}
	may, err := s.Judge.May(ctx, a.Actor)
	if err != nil {
		return Session{}, err
	}
	_, grants, err := s.Identity.Member(ctx, a.Staff.ID)
	if err != nil {
		return Session{}, err
	}
	version, text, err := s.Office.Policy(ctx)
	if err != nil {
		return Session{}, err
	}
	ses, roles := a.Session, goodRoles(grants, s.Clock.Now())
	return Session{ID: string(ses.ID), Stage: string(a.Stage), CSRF: csrf, May: texts(may),
		Staff:    SelfStaff{string(a.Staff.ID), a.Staff.Login, a.Staff.Name, texts(roles), string(bundleOf(roles))},
		OpenedAt: stamp(ses.Opened), ExpiresAt: stamp(ses.Expires), IdleAt: stamp(ses.Idle), FreshAt: stamp(ses.Fresh),
		SecondFactor: SecondFactor{a.Staff.HasTOTP, a.Staff.Passkeys, a.Staff.Codes},
		Policy:       Policy{version, text, stamp(a.Staff.Acknowledged)}}, nil
}

// renewed is sessionOut for what changes the session.
func (s rooms) renewed(ctx context.Context, a identity.Authentication, err error) (Session, identity.Authentication, error) {
	if err != nil {
		return Session{}, a, err
	}
	out, err := s.sessionOut(ctx, a)
	return out, a, err
}

func (s rooms) signOut(ctx context.Context, _ *none) error {
	return s.Identity.SignOut(ctx, gate.PassOf(ctx).Actor)
}

func (s rooms) signOutEverywhere(ctx context.Context, _ *none) error {
	p := gate.PassOf(ctx)
	return s.Identity.SignOutEverywhere(ctx, p.Actor, p.Staff.ID)
}

// Sessions are the caller's sessions, latest first.
type Sessions struct {
	Sessions []OpenSession `json:"sessions"`
}

func (s rooms) sessions(ctx context.Context, _ *none) (Sessions, error) {
	p := gate.PassOf(ctx)
	list, err := s.Identity.Sessions(ctx, p.Staff.ID)
	return Sessions{each(list, func(o identity.Session) OpenSession {
		return OpenSession{string(o.ID), stamp(o.Opened), stamp(o.Seen), o.Address, o.Method, o.ID == p.Session.ID}
	})}, err
}

// proofIn is a password and, where there is a second factor, a code.
type proofIn struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		Code     string `json:"code,omitempty" maxLength:"64"`
	}
}

func (in *proofIn) proof(ctx context.Context) identity.Proof {
	return identity.Proof{Password: identity.Secret(in.Body.Password), Code: identity.Secret(in.Body.Code), Address: gate.PassOf(ctx).Address}
}

func (s rooms) confirm(ctx context.Context, in *proofIn) (Session, identity.Authentication, error) {
	a, err := s.Identity.Confirm(ctx, gate.PassOf(ctx).Actor, in.proof(ctx))
	return s.renewed(ctx, a, err)
}

type passwordIn struct {
	Body struct {
		Old string `json:"old" minLength:"1" maxLength:"1024"`
		New string `json:"new" minLength:"1" maxLength:"1024"`
	}
}

func (s rooms) changePassword(ctx context.Context, in *passwordIn) (Session, identity.Authentication, error) {
	p := gate.PassOf(ctx)
	a, err := s.Identity.ChangePassword(ctx, p.Actor, identity.Proof{Password: identity.Secret(in.Body.Old), Address: p.Address}, identity.Secret(in.Body.New))
	return s.renewed(ctx, a, err)
}

func (s rooms) startTOTP(ctx context.Context, _ *none) (Enrolment, error) {
	e, err := s.Identity.StartTOTP(ctx, gate.PassOf(ctx).Actor)
	if err != nil {
		return Enrolment{}, err
	}
	picture, err := codeSVG(string(e.URI))
	return Enrolment{string(e.Secret), string(e.URI), picture}, err
}

type codeIn struct {
	Body struct {
		Code string `json:"code" minLength:"6" maxLength:"10" doc:"The six digits that the app shows now"`
	}
}

func (s rooms) finishTOTP(ctx context.Context, in *codeIn) (RecoveryCodes, identity.Authentication, error) {
	p := gate.PassOf(ctx)
	codes, a, err := s.Identity.FinishTOTP(ctx, p.Actor, identity.Secret(in.Body.Code), p.Address)
	return codesOut(codes), a, err
}

func codesOut(codes []identity.Secret) RecoveryCodes {
	return RecoveryCodes{each(codes, func(c identity.Secret) string { return string(c) })}
}

func (s rooms) removeTOTP(ctx context.Context, in *proofIn) error {
	return s.Identity.RemoveTOTP(ctx, gate.PassOf(ctx).Actor, in.proof(ctx))
}

func (s rooms) newRecoveryCodes(ctx context.Context, in *proofIn) (RecoveryCodes, error) {
	codes, err := s.Identity.NewRecoveryCodes(ctx, gate.PassOf(ctx).Actor, in.proof(ctx))
	return codesOut(codes), err
}

func (s rooms) startPasskey(ctx context.Context, _ *none) (PasskeyStart, error) {
	c, err := s.Identity.StartPasskey(ctx, gate.PassOf(ctx).Actor)
	return ceremonyOut(c), err
}

type passkeyIn struct {
	Body struct {
		Ticket     string `json:"ticket" minLength:"1" maxLength:"200"`
		Credential any    `json:"credential" doc:"PublicKeyCredential in JSON"`
		Label      string `json:"label" minLength:"1" maxLength:"80" doc:"What its owner calls it"`
	}
}

func (s rooms) finishPasskey(ctx context.Context, in *passkeyIn) (Passkey, identity.Authentication, error) {
	credential, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return Passkey{}, identity.Authentication{}, err
	}
	p := gate.PassOf(ctx)
	key, a, err := s.Identity.FinishPasskey(ctx, p.Actor, in.Body.Ticket, credential, in.Body.Label, p.Address)
	return passkeyOut(key), a, err
}

func passkeyOut(p identity.Passkey) Passkey {
	return Passkey{base64.RawURLEncoding.EncodeToString(p.ID), p.Label, stamp(p.Added), stamp(p.Used)}
}

// Passkeys are the caller's passkeys.
type Passkeys struct {
	Passkeys []Passkey `json:"passkeys"`
}

func (s rooms) passkeys(ctx context.Context, _ *none) (Passkeys, error) {
	list, err := s.Identity.Passkeys(ctx, gate.PassOf(ctx).Staff.ID)
	return Passkeys{each(list, passkeyOut)}, err
}

type passkeyIDIn struct {
	Passkey string `path:"passkey"`
}

func (s rooms) removePasskey(ctx context.Context, in *passkeyIDIn) error {
	id, err := base64.RawURLEncoding.DecodeString(in.Passkey)
	if err != nil || len(id) > 1023 {
		return custody.Errorf(custody.NotFound, "there is no such passkey")
	}
	return s.Identity.RemovePasskey(ctx, gate.PassOf(ctx).Actor, id)
}

type acknowledgementIn struct {
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"40" doc:"The policy that was read"`
	}
}

func (s rooms) acknowledge(ctx context.Context, in *acknowledgementIn) (Session, identity.Authentication, error) {
	p := gate.PassOf(ctx)
	a, err := s.Identity.Acknowledge(ctx, p.Actor, in.Body.Version, p.Address)
	return s.renewed(ctx, a, err)
}
