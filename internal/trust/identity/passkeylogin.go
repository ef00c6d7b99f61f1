package identity

import (
	"context"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/footage-custody/custody/internal/custody"
)

// PasskeyAttempt is the second half of a ceremony begun by StartPasskeySignIn.
type PasskeyAttempt struct {
	Ticket     string
	Credential []byte // PublicKeyCredential as JSON
	Address    string
	Bearer     bool
}

// FinishPasskeySignIn opens a session. Anything wrong gets the one answer of SignIn. It is throttled by address only, so nobody
// can lock a member out who has a passkey.
func (r *Register) FinishPasskeySignIn(ctx context.Context, a PasskeyAttempt) (Authentication, error) {
	if err := r.possible(); err != nil {
		return Authentication{}, err
	}
	ls, err := r.throttle.limits("", a.Address)
	if err != nil {
		return Authentication{}, err
	}
	if err := r.throttle.admit(ctx, ls); err != nil {
		return Authentication{}, err
	}
	k, ok := r.arrivals.take(a.Ticket, r.clock.Now())
	if !ok || k.purpose != signingIn {
		return Authentication{}, r.refuse(ctx, ls, "", wrongPasskey, a.Address)
	}
	s, p, err := r.recognise(ctx, k, a.Credential)
	if errors.Is(err, errPasskey) {
		return Authentication{}, r.refuse(ctx, ls, s.ID, wrongPasskey, a.Address)
	}
	if err != nil {
		return Authentication{}, err
	}
	if _, err := r.throttle.forgive(ctx, ls); err != nil {
		return Authentication{}, err
	}
	return r.open(ctx, r.newSession(s, ByPasskey, a.Address, a.Bearer), 0, func(ctx context.Context) (bool, error) {
		now, err := r.store.PasskeyByID(ctx, p.ID)
		if custody.KindOf(err) == custody.NotFound {
			return false, nil
		}
		return now.Staff == s.ID, err
	})
}

// FinishPasskeyConfirm is Confirm by one of the actor's own passkeys.
func (r *Register) FinishPasskeyConfirm(ctx context.Context, who Actor, ticket string, credential []byte, address string) (Authentication, error) {
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Authentication{}, err
	}
	k, ok := r.rites.take(ticket, r.clock.Now())
	if !ok || k.purpose != confirming || k.session != session.ID {
		return Authentication{}, errTicket()
	}
	found, _, err := r.recognise(ctx, k, credential)
	if errors.Is(err, errPasskey) || err == nil && found.ID != s.ID {
		return Authentication{}, errRefused()
	}
	if err != nil {
		return Authentication{}, err
	}
	return r.confirm(ctx, who, session, ByPasskey, address, false)
}

var errPasskey = errors.New("the passkey does not prove anybody")

// recognise finds whose passkey an answer comes from, and stores its use. What a client can get wrong is errPasskey.
func (r *Register) recognise(ctx context.Context, k rite, credential []byte) (Staff, Passkey, error) {
	if len(credential) > maxCredential {
		return Staff{}, Passkey{}, errPasskey
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return Staff{}, Passkey{}, errors.Join(errPasskey, err)
	}
	p, err := r.store.PasskeyByID(ctx, answer.RawID)
	if custody.KindOf(err) == custody.NotFound {
		return Staff{}, Passkey{}, errPasskey
	}
	if err != nil {
		return Staff{}, Passkey{}, err
	}
	s, err := r.store.StaffByID(ctx, p.Staff)
	if err != nil {
		return Staff{}, Passkey{}, err
	}
	h, err := r.holder(ctx, s)
	if err != nil {
		return Staff{}, Passkey{}, err
	}
	used, err := r.validate(k, h, answer)
	if err != nil || used.Authenticator.CloneWarning || !s.Enabled {
		return s, Passkey{}, errors.Join(errPasskey, err)
	}
	next, err := passkeyOf(s.ID, used)
	if err != nil {
		return Staff{}, Passkey{}, err
	}
	next.Label, next.Added, next.Used = p.Label, p.Added, r.clock.Now()
	return s, next, r.store.PutPasskey(ctx, next)
}

func (r *Register) validate(k rite, h holder, answer *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if k.purpose == confirming {
		return r.web.ValidateLogin(h, k.data, answer)
	}
	// The library compares the answer's user handle with the holder's id.
	return r.web.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, k.data, answer)
}
