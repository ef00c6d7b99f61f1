package identity

import (
	"context"
	"errors"

	"github.com/footage-custody/custody/internal/custody"
)

// Joining is an invitation used: its token and the password to set.
type Joining struct {
	Token    Secret
	Password Secret
	Address  string
	Bearer   bool
}

func errLink() error {
	return custody.Errorf(custody.Denied, "this link is not good any more: ask an administrator for a new one")
}

// Join uses an invitation: it sets the password, drops every credential and session that the member had, and opens a session.
// A link that is unknown, used, lapsed or expired, or of a member who is disabled, gets one same Denied; a password that does not
// do gets Invalid and leaves the link good.
func (r *Register) Join(ctx context.Context, j Joining) (Authentication, error) {
	ls, err := r.throttle.limits("", j.Address)
	if err != nil {
		return Authentication{}, err
	}
	if err := r.throttle.admit(ctx, ls); err != nil {
		return Authentication{}, err
	}
	inv, s, err := r.behind(ctx, j.Token)
	if custody.KindOf(err) == custody.Denied {
		if err := r.refuse(ctx, ls, "", wrongLink, j.Address); custody.KindOf(err) != custody.Denied {
			return Authentication{}, err
		}
		return Authentication{}, errLink()
	}
	if err != nil {
		return Authentication{}, err
	}
	if _, err := r.throttle.forgive(ctx, ls); err != nil {
		return Authentication{}, err
	}
	if err := checkPassword(j.Password, s); err != nil {
		return Authentication{}, err
	}
	return r.join(ctx, inv, s, j)
}

// behind finds the invitation behind a token, and its member.
func (r *Register) behind(ctx context.Context, token Secret) (Invitation, Staff, error) {
	inv, err := r.store.InvitationByDigest(ctx, digestOf(token))
	if custody.KindOf(err) == custody.NotFound {
		return Invitation{}, Staff{}, errLink()
	}
	if err != nil {
		return Invitation{}, Staff{}, err
	}
	s, err := r.store.StaffByID(ctx, inv.Staff)
	if err != nil {
		return Invitation{}, Staff{}, err
	}
	if inv.Used != 0 || r.clock.Now() >= inv.Expires || !s.Enabled {
		return Invitation{}, Staff{}, errLink()
	}
	return inv, s, nil
}

func (r *Register) join(ctx context.Context, inv Invitation, s Staff, j Joining) (Authentication, error) {
	old, err := r.store.Secrets(ctx, s.ID)
	if err != nil {
		return Authentication{}, err
	}
	encoded, err := r.hasher.make(ctx, j.Password)
	if err != nil {
		return Authentication{}, err
	}
	if err := r.dropAll(ctx, s); err != nil {
		return Authentication{}, err
	}
	s.HasTOTP, s.Passkeys = false, 0
	session := r.newSession(s, ByInvitation, j.Address, j.Bearer)
	by := Actor{role: staff, staff: s.ID}
	secrets := Secrets{Password: encoded, Version: old.Version}
	used, err1 := r.event(custody.EventInvitationUsed, by, s.ID, staffDetail{Invitation: string(inv.ID)})
	changed, err2 := r.event(custody.EventCredentialChanged, by, s.ID, secretsChanged("password", secrets))
	opened, err3 := r.opened(session, 0)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Authentication{}, err
	}
	err = r.store.UseInvitation(ctx, inv.ID, r.clock.Now(), secrets, session, used, changed, opened)
	if custody.KindOf(err) == custody.Conflict {
		return Authentication{}, errLink()
	}
	if err != nil {
		return Authentication{}, err
	}
	// A passkey or a sign-in with the old password may have slipped in between; from here on none can (open looks again).
	if err := r.dropPasskeys(ctx, by, s.ID); err != nil {
		return Authentication{}, err
	}
	all, err := r.store.Sessions(ctx, s.ID)
	for _, other := range all {
		if err == nil && other.ID != session.ID {
			err = r.end(ctx, by, other, "invited again")
		}
	}
	if err != nil {
		return Authentication{}, err
	}
	return r.begin(ctx, session)
}

// dropAll ends every session and removes every passkey of a member who is about to begin anew.
func (r *Register) dropAll(ctx context.Context, s Staff) error {
	by := Actor{role: staff, staff: s.ID}
	if err := r.endAll(ctx, by, s.ID, "invited again"); err != nil {
		return err
	}
	return r.dropPasskeys(ctx, by, s.ID)
}

func (r *Register) dropPasskeys(ctx context.Context, by Actor, id custody.StaffID) error {
	keys, err := r.store.Passkeys(ctx, id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		ev, err := r.event(custody.EventCredentialChanged, by, id, passkeyRemoved(k))
		if err != nil {
			return err
		}
		if err := r.store.RemovePasskey(ctx, id, k.ID, ev); err != nil && custody.KindOf(err) != custody.NotFound {
			return err
		}
	}
	return nil
}
