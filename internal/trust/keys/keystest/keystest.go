// Package keystest gives tests of other rooms an open key ring over a store in memory.
//
// Owns: Store, an honest keys.Store that forgets everything with the process, and Ring. Does not: inject faults; a
// test that needs them wraps the Store.
package keystest

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Store keeps purpose keys and their events in memory. The zero Store is empty and ready; safe for concurrent use.
type Store struct {
	mu     sync.Mutex
	recs   []keys.Record
	events []custody.Event
}

// Keys returns copies of all records.
func (s *Store) Keys(context.Context) ([]keys.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recs), nil
}

// AddKey appends the record and retires the other.
func (s *Store) AddKey(_ context.Context, k keys.Record, retire custody.KeyID, ev custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.recs {
		if s.recs[i].ID == retire {
			s.recs[i].Retired = k.Created
		}
	}
	s.recs = append(s.recs, k)
	s.events = append(s.events, ev)
	return nil
}

// Rewrap replaces the wrapped bytes.
func (s *Store) Rewrap(_ context.Context, ks []keys.Record, ev custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range ks {
		i := slices.IndexFunc(s.recs, func(r keys.Record) bool { return r.ID == k.ID })
		if i < 0 {
			return custody.Errorf(custody.NotFound, "there is no key %s", k.ID)
		}
		s.recs[i].Wrapped = k.Wrapped
	}
	s.events = append(s.events, ev)
	return nil
}

// Events returns what was recorded so far.
func (s *Store) Events() []custody.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Change lets a test tamper with the records.
func (s *Store) Change(f func(recs []keys.Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.recs)
}

// Ring opens a ring with one key of every purpose over a fresh site key and store; closed when the test ends.
func Ring(t testing.TB, clock custody.Clock) *keys.Ring {
	t.Helper()
	site, err := keys.InitSiteKey(filepath.Join(t.TempDir(), "site.key"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.LoadRing(t.Context(), &Store{}, site, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	for _, p := range keys.Purposes() {
		if _, err := r.Create(t.Context(), p, "operator"); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
