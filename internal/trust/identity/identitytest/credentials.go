package identitytest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Secrets reads a member's secrets.
func (s *Store) Secrets(_ context.Context, staff custody.StaffID) (identity.Secrets, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, ok := s.secrets[staff]
	if !ok {
		return identity.Secrets{}, absent("member of staff")
	}
	return sec, nil
}

// SetSecrets replaces them.
func (s *Store) SetSecrets(_ context.Context, staff custody.StaffID, sec identity.Secrets, endSessions bool, except custody.SessionID, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.replaceSecrets(staff, sec); err != nil {
		return err
	}
	if endSessions {
		s.endAll(staff, except, at(evs))
	}
	return s.commit(evs)
}

func (s *Store) replaceSecrets(staff custody.StaffID, sec identity.Secrets) error {
	old, ok := s.secrets[staff]
	if !ok {
		return absent("member of staff")
	}
	if old.Version != sec.Version {
		return stale()
	}
	sec.Version++
	s.secrets[staff] = sec
	return nil
}

// Passkeys lists a member's.
func (s *Store) Passkeys(_ context.Context, staff custody.StaffID) ([]identity.Passkey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.passkeys), func(p identity.Passkey) bool { return p.Staff != staff }), nil
}

// PasskeyByID finds one.
func (s *Store) PasskeyByID(_ context.Context, credential []byte) (identity.Passkey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.passkeys, sameBytes(credential)); i >= 0 {
		return s.passkeys[i], nil
	}
	return identity.Passkey{}, absent("passkey")
}

// PutPasskey adds or replaces one.
func (s *Store) PutPasskey(_ context.Context, p identity.Passkey, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.passkeys, sameBytes(p.ID)); i >= 0 {
		s.passkeys[i] = p
		s.events = append(s.events, evs...)
		return nil
	}
	s.passkeys = append(s.passkeys, p)
	return s.commit(evs)
}

// RemovePasskey removes one.
func (s *Store) RemovePasskey(_ context.Context, staff custody.StaffID, credential []byte, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.passkeys, sameBytes(credential))
	if i < 0 || s.passkeys[i].Staff != staff {
		return absent("passkey")
	}
	s.passkeys = slices.Delete(s.passkeys, i, i+1)
	return s.commit(evs)
}

// AddInvitation adds one; earlier unused ones lapse.
func (s *Store) AddInvitation(_ context.Context, inv identity.Invitation, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.staff[inv.Staff]; !ok {
		return absent("member of staff")
	}
	s.invitations = slices.DeleteFunc(s.invitations, func(o identity.Invitation) bool { return o.Staff == inv.Staff && o.Used == 0 })
	s.invitations = append(s.invitations, inv)
	return s.commit(evs)
}

// InvitationByDigest finds one.
func (s *Store) InvitationByDigest(_ context.Context, digest []byte) (identity.Invitation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, inv := range s.invitations {
		if bytes.Equal(inv.Digest, digest) {
			return inv, nil
		}
	}
	return identity.Invitation{}, absent("invitation")
}

// UseInvitation uses one up.
func (s *Store) UseInvitation(_ context.Context, id custody.InvitationID, at custody.Instant, sec identity.Secrets, session identity.Session, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.invitations, func(o identity.Invitation) bool { return o.ID == id })
	if i < 0 {
		return absent("invitation")
	}
	if s.invitations[i].Used != 0 {
		return custody.Errorf(custody.Conflict, "the invitation is used already")
	}
	if err := s.replaceSecrets(s.invitations[i].Staff, sec); err != nil {
		return err
	}
	s.invitations[i].Used = at
	s.sessions[session.ID] = session
	return s.commit(evs)
}

// OpenSession stores one.
func (s *Store) OpenSession(_ context.Context, session identity.Session, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.staff[session.Staff]; !ok {
		return absent("member of staff")
	}
	s.sessions[session.ID] = session
	return s.commit(evs)
}

// Session reads one.
func (s *Store) Session(_ context.Context, id custody.SessionID) (identity.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok := s.sessions[id]
	if !ok {
		return identity.Session{}, absent("session")
	}
	return session, nil
}

// StandingSessions lists everybody's that are not ended.
func (s *Store) StandingSessions(context.Context) ([]identity.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(s.sessions)), func(v identity.Session) bool { return v.Ended != 0 }), nil
}

// Sessions lists a member's that are not ended, latest first.
func (s *Store) Sessions(_ context.Context, staff custody.StaffID) ([]identity.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []identity.Session
	for _, v := range s.sessions {
		if v.Staff == staff && v.Ended == 0 {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b identity.Session) int {
		return cmp.Or(cmp.Compare(b.Opened, a.Opened), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// TouchSession notes that it was used.
func (s *Store) TouchSession(_ context.Context, id custody.SessionID, seen, idle custody.Instant) error {
	return s.change(id, func(v *identity.Session) { v.Seen, v.Idle = seen, idle })
}

func (s *Store) change(id custody.SessionID, f func(*identity.Session)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions[id]
	if !ok {
		return absent("session")
	}
	f(&v)
	s.sessions[id] = v
	return nil
}

// ConfirmSession notes a fresh sign-in.
func (s *Store) ConfirmSession(ctx context.Context, id custody.SessionID, fresh custody.Instant, enrolled bool, evs ...custody.Event) error {
	err := s.change(id, func(v *identity.Session) { v.Fresh, v.Enrol = fresh, v.Enrol && !enrolled })
	return s.after(err, evs)
}

func (s *Store) after(err error, evs []custody.Event) error {
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(evs)
}

// EndSession ends one, once.
func (s *Store) EndSession(_ context.Context, id custody.SessionID, at custody.Instant, evs ...custody.Event) error {
	ended := false
	err := s.change(id, func(v *identity.Session) {
		if ended = v.Ended != 0; !ended {
			v.Ended = at
		}
	})
	if ended {
		return err
	}
	return s.after(err, evs)
}

// EndSessions ends all of a member's.
func (s *Store) EndSessions(_ context.Context, staff custody.StaffID, at custody.Instant, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endAll(staff, "", at)
	return s.commit(evs)
}
