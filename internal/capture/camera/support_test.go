package camera_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

type clock struct{}

func (clock) Now() custody.Instant          { return 1_800_000_000_000_000 }
func (clock) Reading() custody.ClockReading { return custody.ClockReading{Now: clock{}.Now()} }

// store is a camera.Store in memory that keeps the contract of its interface.
type store struct {
	mu     sync.Mutex
	cams   []camera.Camera
	events []custody.Event
	fail   error
}

func (s *store) Cameras(context.Context) ([]camera.Camera, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.cams)
	for i := range out {
		out[i].Streams = slices.Clone(out[i].Streams)
	}
	slices.SortFunc(out, func(a, b camera.Camera) int { return strings.Compare(a.Name, b.Name) })
	return out, s.fail
}

func (s *store) AddCamera(_ context.Context, c camera.Camera, ev custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.cams, func(o camera.Camera) bool { return o.Removed == 0 && o.Name == c.Name }) {
		return custody.Errorf(custody.Exists, "a camera named %q exists already", c.Name)
	}
	s.cams, s.events = append(s.cams, c), append(s.events, ev)
	return s.fail
}

func (s *store) UpdateCamera(_ context.Context, c camera.Camera, ev custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.cams {
		if s.cams[i].ID == c.ID && s.cams[i].Version == c.Version {
			c.Version++
			s.cams[i], s.events = c, append(s.events, ev)
			return s.fail
		}
	}
	return custody.Errorf(custody.Conflict, "the camera was changed meanwhile")
}

func (s *store) Generation(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.events)), s.fail
}

// hand is the operator, who asks the judge before every change.
type hand struct {
	accesstest.Unstaffed
	t     *testing.T
	store *store
	actor access.Actor
}

// Camera implements access.Facts.
func (h hand) Camera(_ context.Context, id custody.CameraID) (access.CameraFacts, error) {
	for _, c := range h.store.cams {
		if c.ID == id {
			return access.CameraFacts{ID: c.ID, Class: c.Class, Removed: c.Removed != 0, Version: c.Version}, nil
		}
	}
	return access.CameraFacts{}, custody.Errorf(custody.NotFound, "there is no such camera")
}

// Append implements access.Diary.
func (h hand) Append(context.Context, ...custody.Event) error { return nil }

// may is a decision about a camera, or about adding some.
func (h hand) may(action access.Action, id custody.CameraID) access.Grant {
	h.t.Helper()
	g, err := access.NewJudge(h, h, clock{}).Decide(h.t.Context(), h.actor, access.Ask{Action: action, Camera: id})
	if err != nil {
		h.t.Fatal(err)
	}
	return g
}

func (h hand) manages(id custody.CameraID) access.Grant { return h.may(access.CameraManage, id) }
func (h hand) adds() access.Grant                       { return h.manages("") }

func newRegistry(t *testing.T) (*store, *camera.Registry, hand, *keys.Ring) {
	t.Helper()
	s, ring := &store{}, keystest.Ring(t, clock{})
	op, err := identity.Operator(ring)
	if err != nil {
		t.Fatal(err)
	}
	return s, camera.NewRegistry(s, ring, clock{}), hand{t: t, store: s, actor: op}, ring
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wants(t *testing.T, what string, err error, kind custody.Kind) {
	t.Helper()
	if err == nil || custody.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}
