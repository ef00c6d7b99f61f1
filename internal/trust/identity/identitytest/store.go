package identitytest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Store keeps staff, credentials and sessions in memory, with their events. Safe for concurrent use.
type Store struct {
	mu          sync.Mutex
	generation  int64
	staff       map[custody.StaffID]identity.Staff
	grants      []identity.RoleGrant
	secrets     map[custody.StaffID]identity.Secrets
	passkeys    []identity.Passkey
	invitations []identity.Invitation
	sessions    map[custody.SessionID]identity.Session
	attempts    map[string]identity.Attempts
	events      []custody.Event
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{
		staff: map[custody.StaffID]identity.Staff{}, secrets: map[custody.StaffID]identity.Secrets{},
		sessions: map[custody.SessionID]identity.Session{}, attempts: map[string]identity.Attempts{},
	}
}

// Events returns what was recorded so far, refusals included.
func (s *Store) Events() []custody.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Append makes the store a diary.
func (s *Store) Append(_ context.Context, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, evs...)
	return nil
}

// Generation grows with every change that access.Facts would tell of.
func (s *Store) Generation(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation, nil
}

func (s *Store) commit(evs []custody.Event) error {
	s.generation++
	s.events = append(s.events, evs...)
	return nil
}

// shown is a member with the counts that pages show.
func (s *Store) shown(m identity.Staff) identity.Staff {
	sec := s.secrets[m.ID]
	m.Cameras = slices.Clone(m.Cameras)
	m.HasPassword, m.HasTOTP, m.Codes = sec.Password != "", sec.TOTP != nil, len(sec.Codes)
	m.Passkeys = 0
	for _, p := range s.passkeys {
		if p.Staff == m.ID {
			m.Passkeys++
		}
	}
	return m
}

// AllStaff implements identity.Store, as do the methods below.
func (s *Store) AllStaff(context.Context) ([]identity.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []identity.Staff
	for _, m := range s.staff {
		out = append(out, s.shown(m))
	}
	slices.SortFunc(out, func(a, b identity.Staff) int { return cmp.Compare(a.Login, b.Login) })
	return out, nil
}

// StaffByID finds a member.
func (s *Store) StaffByID(_ context.Context, id custody.StaffID) (identity.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.staff[id]
	if !ok {
		return identity.Staff{}, absent("member of staff")
	}
	return s.shown(m), nil
}

// StaffByLogin finds a member.
func (s *Store) StaffByLogin(_ context.Context, login string) (identity.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.staff {
		if m.Login == login {
			return s.shown(m), nil
		}
	}
	return identity.Staff{}, absent("member of staff")
}

func absent(what string) error { return custody.Errorf(custody.NotFound, "there is no such %s", what) }

// AddStaff adds a member.
func (s *Store) AddStaff(_ context.Context, m identity.Staff, roles []identity.RoleGrant, inv *identity.Invitation, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.staff {
		if other.Login == m.Login || other.ID == m.ID {
			return custody.Errorf(custody.Exists, "login: %q is taken", m.Login)
		}
	}
	m.Version = 1
	s.staff[m.ID], s.secrets[m.ID] = m, identity.Secrets{Version: 1}
	s.grants = append(s.grants, roles...)
	if inv != nil {
		s.invitations = append(s.invitations, *inv)
	}
	return s.commit(evs)
}

// UpdateStaff replaces what may change.
func (s *Store) UpdateStaff(_ context.Context, m identity.Staff, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.staff[m.ID]
	if !ok {
		return absent("member of staff")
	}
	if old.Version != m.Version {
		return stale()
	}
	old.Name, old.Enabled, old.AllCameras, old.Cameras = m.Name, m.Enabled, m.AllCameras, slices.Clone(m.Cameras)
	old.Acknowledged, old.Policy = m.Acknowledged, m.Policy
	old.Version++
	s.staff[m.ID] = old
	if !m.Enabled {
		s.endAll(m.ID, "", at(evs))
	}
	return s.commit(evs)
}

func stale() error { return custody.Errorf(custody.Conflict, "the row is not the one you read") }

// at is when a change happened, by its first event.
func at(evs []custody.Event) custody.Instant {
	if len(evs) == 0 {
		return 1
	}
	return max(1, evs[0].At)
}

func (s *Store) endAll(id custody.StaffID, except custody.SessionID, at custody.Instant) {
	for k, v := range s.sessions {
		if v.Staff == id && v.Ended == 0 && k != except {
			v.Ended = at
			s.sessions[k] = v
		}
	}
}

// RoleGrants lists them.
func (s *Store) RoleGrants(_ context.Context, staff custody.StaffID) ([]identity.RoleGrant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.DeleteFunc(slices.Clone(s.grants), func(g identity.RoleGrant) bool { return staff != "" && g.Staff != staff })
	slices.SortFunc(out, func(a, b identity.RoleGrant) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// AddRoleGrants adds them.
func (s *Store) AddRoleGrants(_ context.Context, gs []identity.RoleGrant, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants = append(s.grants, gs...)
	return s.commit(evs)
}

// RevokeRoleGrant revokes one.
func (s *Store) RevokeRoleGrant(_ context.Context, id custody.RoleGrantID, at custody.Instant, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.grants, func(g identity.RoleGrant) bool { return g.ID == id })
	if i < 0 {
		return absent("role")
	}
	if s.grants[i].Revoked != 0 {
		return custody.Errorf(custody.Conflict, "the role is revoked already")
	}
	s.grants[i].Revoked = at
	return s.commit(evs)
}

// Attempts reads a throttle row.
func (s *Store) Attempts(_ context.Context, key string) (identity.Attempts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[key], nil
}

// PutAttempts writes one.
func (s *Store) PutAttempts(_ context.Context, key string, a identity.Attempts) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[key] = a
	return nil
}

// ForgetAttempts removes old ones.
func (s *Store) ForgetAttempts(_ context.Context, before custody.Instant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.attempts, func(_ string, a identity.Attempts) bool { return a.Last < before })
	return nil
}

func sameBytes(a []byte) func(identity.Passkey) bool {
	return func(p identity.Passkey) bool { return bytes.Equal(p.ID, a) }
}
