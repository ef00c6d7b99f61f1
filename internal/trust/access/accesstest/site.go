package accesstest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// Site is a site in memory: Facts, Store, Diary and Clock. Nothing but Advance and Set moves its time. It is safe for concurrent use.
type Site struct {
	mu           sync.Mutex
	now          custody.Instant
	began        custody.Instant
	generation   int64
	asked        int
	factsErr     error
	diaryErr     error
	staff        map[custody.StaffID]identity.Staff
	sessions     map[custody.SessionID]identity.Session
	roles        []identity.RoleGrant
	cameras      []access.CameraFacts
	restrictions []access.Restriction
	settings     access.Settings
	matters      map[string]access.MatterFacts
	numbers      map[string]access.MatterFacts
	keeping      map[custody.CameraID]access.Keeping
	events       []custody.Event
	people       *identitytest.Site
}

// New returns a site with default settings, no cameras and nobody, at that station time.
func New(now custody.Instant) *Site {
	s := &Site{now: now, began: now, generation: 1, settings: access.DefaultSettings(),
		staff: map[custody.StaffID]identity.Staff{}, sessions: map[custody.SessionID]identity.Session{},
		matters: map[string]access.MatterFacts{}, numbers: map[string]access.MatterFacts{}, keeping: map[custody.CameraID]access.Keeping{}}
	s.settings.Version = 1
	return s
}

// Judge returns a judge of the site. Each keeps its own memory.
func (s *Site) Judge() *access.Judge { return access.NewJudge(s, s, s) }

// Now implements custody.Clock.
func (s *Site) Now() custody.Instant { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

// Reading implements custody.Clock.
func (s *Site) Reading() custody.ClockReading {
	now := s.Now()
	return custody.ClockReading{Now: now, Mono: now.Sub(s.began)}
}

// Advance moves the clock on.
func (s *Site) Advance(d time.Duration) { s.Set(s.Now().Add(d)) }

// Set puts the clock anywhere, back too.
func (s *Site) Set(now custody.Instant) { s.mu.Lock(); defer s.mu.Unlock(); s.now = now }

// BreakFacts makes every method of Facts fail with err until it is called with nil.
func (s *Site) BreakFacts(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.factsErr = err }

// BreakDiary makes Append, and every change that is recorded, fail with err until it is called with nil.
func (s *Site) BreakDiary(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.diaryErr = err }

// Events are those committed so far, of those types if any are named.
func (s *Site) Events(types ...custody.EventType) []custody.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.events), func(e custody.Event) bool { return len(types) > 0 && !slices.Contains(types, e.Type) })
}

// Asked is how often Facts were read, Generation included.
func (s *Site) Asked() int { s.mu.Lock(); defer s.mu.Unlock(); return s.asked }

// Append implements access.Diary.
func (s *Site) Append(_ context.Context, evs ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.diaryErr == nil {
		s.events = append(s.events, evs...)
	}
	return s.diaryErr
}

// look locks the site for reading facts; the caller unlocks.
func (s *Site) look(ctx context.Context) error {
	s.asked++
	return cmp.Or(s.factsErr, ctx.Err())
}

// Generation implements access.Facts.
func (s *Site) Generation(ctx context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation, s.look(ctx)
}

// StaffExists implements access.Facts.
func (s *Site) StaffExists(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.staff) > 0, s.look(ctx)
}

// Standing implements access.Facts.
func (s *Site) Standing(ctx context.Context, id custody.StaffID, session custody.SessionID) (access.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx); err != nil {
		return access.Standing{}, err
	}
	member, isStaff := s.staff[id]
	ses, isSession := s.sessions[session]
	if !isStaff || !isSession || ses.Staff != id {
		return access.Standing{}, custody.Errorf(custody.NotFound, "there is no such session")
	}
	st := access.Standing{Staff: member, Session: ses}
	for _, r := range s.roles {
		if r.Staff == id && r.Revoked == 0 {
			st.Roles = append(st.Roles, r)
		}
	}
	return st, nil
}

// Camera implements access.Facts.
func (s *Site) Camera(ctx context.Context, id custody.CameraID) (access.CameraFacts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx); err != nil {
		return access.CameraFacts{}, err
	}
	for _, c := range s.cameras {
		if c.ID == id {
			return c, nil
		}
	}
	return access.CameraFacts{}, custody.Errorf(custody.NotFound, "there is no such camera")
}

// Cameras implements access.Facts.
func (s *Site) Cameras(ctx context.Context) ([]access.CameraFacts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.cameras), s.look(ctx)
}

// Restrictions implements access.Facts.
func (s *Site) Restrictions(ctx context.Context, camera custody.CameraID, span custody.Span) ([]access.Restriction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []access.Restriction
	for _, r := range s.restrictions {
		if r.Camera == camera && r.Lifted == 0 && r.Span.Overlaps(span) {
			out = append(out, r)
		}
	}
	return out, s.look(ctx)
}

// Settings implements access.Facts.
func (s *Site) Settings(ctx context.Context) (access.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings, s.look(ctx)
}
