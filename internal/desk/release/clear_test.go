package release_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// stuckStore is a vault whose object store does not remove.
type stuckStore struct {
	release.Footage
	stuck atomic.Bool
	tried atomic.Int32
}

func (s *stuckStore) PurgePackage(ctx context.Context, id custody.PackageID) error {
	if s.tried.Add(1); s.stuck.Load() {
		return custody.Errorf(custody.Unavailable, "the store does not answer")
	}
	return s.Footage.PurgePackage(ctx, id)
}

// buried has the file of a request disposed of that was closed long ago.
func (s *site) buried(id custody.RequestID) {
	s.t.Helper()
	ctx := s.t.Context()
	r, _ := s.current(id)
	r.State, r.Ended, r.Closing = request.Closed, s.clock.Now(), request.Withdrawn
	must(s.db.Change(ctx, request.Changing{Request: r}, s.entry(custody.EventRequestClosed, string(id))))
	must(s.db.ProposeDisposal(ctx, id, func(request.Aged) (request.FileDisposal, []custody.Event, error) {
		return request.FileDisposal{Request: id, By: s.director.Staff(), Proposed: s.clock.Now()}, []custody.Event{s.entry(custody.EventDisposalProposed, string(id))}, nil
	}))
	must(s.db.DisposeFile(ctx, id, func(g request.Aged, w request.Words) (request.FileDisposal, []custody.Event, error) {
		d := g.Disposal
		d.Confirmed, d.At, d.Authority, d.SHA256, d.Final = s.clerk.Staff(), s.clock.Now(), "a schedule", w.Digest(), s.clock.Now()
		return d, []custody.Event{s.entry(custody.EventRequestDisposed, string(id))}, nil
	}))
}

// TestTheBytesOfAPackageGoAfterItsKey: whoever is killed between the two, or whose store does not answer, goes on from there; and a store
// that does not remove keeps no other package from being made.
func TestTheBytesOfAPackageGoAfterItsKey(t *testing.T) {
	s, door, span := filmed(t)
	r, _ := s.logged(access.OpenRecords, decision{door, span, access.Granted})
	p := s.pack(r.ID)
	key := must(s.store.Key(t.Context(), p.ID))
	store := &stuckStore{Footage: s.footage}
	store.stuck.Store(true)
	s.footage = store
	s.buried(r.ID) // and here the process is killed
	if _, err := s.store.Key(t.Context(), p.ID); custody.KindOf(err) != custody.NotFound {
		t.Fatalf("the key: %v", err)
	}
	other, _ := s.logged(access.OpenRecords, decision{door, span, access.Granted})
	if got := s.pack(other.ID); got.State != release.Ready {
		t.Fatalf("another package is %s: %s", got.State, got.Why)
	}
	k := s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	until(t, func() bool { return store.tried.Load() > 0 })
	if left := must(s.store.Leftovers(t.Context(), s.clock.Now().Add(time.Hour), 9)); len(left) != 1 || left[0] != p.ID {
		t.Fatalf("left: %v", left)
	}
	store.stuck.Store(false)
	s.clock.Advance(2 * time.Minute)
	k.Wake()
	until(t, func() bool {
		return len(must(s.store.Leftovers(t.Context(), s.clock.Now().Add(time.Hour), 9))) == 0
	})
	if err := s.vault.VerifyPackage(t.Context(), p.ID, key); custody.KindOf(err) != custody.NotFound {
		t.Errorf("the bytes: %v", err)
	}
}
