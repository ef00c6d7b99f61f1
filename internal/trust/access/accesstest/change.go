package accesstest

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// change alters what Facts tell, and the generation with it. It fails as the diary does.
func (s *Site) change(alter func() error, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.diaryErr != nil && len(evs) > 0 {
		return s.diaryErr
	}
	if err := alter(); err != nil {
		return err
	}
	s.generation++
	s.events = append(s.events, evs...)
	return nil
}

// must alters without events.
func (s *Site) must(alter func()) { _ = s.change(func() error { alter(); return nil }) }

// PutSettings implements access.Store.
func (s *Site) PutSettings(_ context.Context, want access.Settings, evs ...custody.Event) error {
	return s.change(func() error {
		if want.Version != s.settings.Version {
			return custody.Errorf(custody.Conflict, "the settings were changed meanwhile")
		}
		s.settings = want
		s.settings.Version++
		return nil
	}, evs...)
}

// AddRestriction implements access.Store.
func (s *Site) AddRestriction(_ context.Context, r access.Restriction, evs ...custody.Event) error {
	return s.change(func() error { s.restrictions = append(s.restrictions, r); return nil }, evs...)
}

// LiftRestriction implements access.Store.
func (s *Site) LiftRestriction(_ context.Context, id custody.RestrictionID, at custody.Instant, evs ...custody.Event) error {
	return s.change(func() error {
		for i := range s.restrictions {
			if r := &s.restrictions[i]; r.ID == id {
				if r.Lifted != 0 {
					return custody.Errorf(custody.Conflict, "the restriction was lifted already")
				}
				r.Lifted = at
				return nil
			}
		}
		return custody.Errorf(custody.NotFound, "there is no such restriction")
	}, evs...)
}

// AllRestrictions implements access.Store.
func (s *Site) AllRestrictions(_ context.Context, limit int) ([]access.Restriction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.restrictions)
	slices.SortStableFunc(all, func(a, b access.Restriction) int { return int(b.At - a.At) })
	return all[:min(limit, len(all))], nil
}

// AddCamera puts a camera of that class into the site.
func (s *Site) AddCamera(class access.Class) custody.CameraID {
	c := access.CameraFacts{ID: custody.NewCameraID(), Class: class, Version: 1}
	s.must(func() { s.cameras = append(s.cameras, c) })
	return c.ID
}

// PutCamera adds a camera, or replaces the one of that id.
func (s *Site) PutCamera(c access.CameraFacts) {
	s.must(func() {
		s.cameras = append(slices.DeleteFunc(s.cameras, func(o access.CameraFacts) bool { return o.ID == c.ID }), c)
	})
}

// PutStaff adds a member of staff, or replaces the one of that id.
func (s *Site) PutStaff(m identity.Staff) { s.must(func() { s.staff[m.ID] = m }) }

// PutSession adds a session, or replaces the one of that id.
func (s *Site) PutSession(ses identity.Session) { s.must(func() { s.sessions[ses.ID] = ses }) }

// PutRole adds a role grant, or replaces the one of that id.
func (s *Site) PutRole(g identity.RoleGrant) {
	s.must(func() {
		s.roles = append(slices.DeleteFunc(s.roles, func(o identity.RoleGrant) bool { return o.ID == g.ID }), g)
	})
}

// ChangeSettings alters the settings.
func (s *Site) ChangeSettings(alter func(*access.Settings)) {
	s.must(func() { alter(&s.settings); s.settings.Version++ })
}
