package access

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// How long what is known of the site stays good.
const (
	readEvery = time.Second     // between two readings of the generation
	readFor   = 2 * time.Second // that one reading may take
	readGrace = 3 * time.Second // after the last good reading, before footage closes
)

// watch reads the site's generation at most once a second, whoever asks and however often. While a reading is under way others use the
// one before, as long as that is good.
type watch struct {
	facts Facts
	clock custody.Clock
	mu    sync.Mutex // held by the one who reads
	last  atomic.Pointer[reading]
}

// reading is what the last attempt left. read is the instant before the last good one began, 0 if there was none.
type reading struct {
	generation  int64
	read, tried custody.Instant
	err         error
}

// fresh reports whether it is too early for another attempt. After a step back of the clock it never is.
func (r *reading) fresh(now custody.Instant) bool {
	return r != nil && r.tried <= now && now < r.tried.Add(readEvery)
}

func (r *reading) good(now custody.Instant) bool {
	return r != nil && r.read != 0 && r.read <= now && now < r.read.Add(readGrace)
}

func (r *reading) result(now custody.Instant) (int64, error) {
	if r.good(now) {
		return r.generation, nil
	}
	return 0, &custody.Error{Kind: custody.Unavailable, Cause: r.err,
		Public: "footage stays closed while it cannot be known whether the rules have changed: try again"}
}

// current is the generation as it was not longer than three seconds ago, or Unavailable.
func (w *watch) current() (int64, error) {
	now := w.clock.Now()
	r := w.last.Load()
	if r.fresh(now) {
		return r.result(now)
	}
	if r.good(now) {
		if !w.mu.TryLock() {
			return r.result(now)
		}
	} else {
		w.mu.Lock()
	}
	defer w.mu.Unlock()
	now = w.clock.Now()
	if r = w.last.Load(); r.fresh(now) {
		return r.result(now)
	}
	next := reading{}
	if r != nil {
		next = *r
	}
	ctx, cancel := context.WithTimeout(context.Background(), readFor)
	defer cancel()
	g, err := w.facts.Generation(ctx)
	if next.err = err; err == nil {
		next.generation, next.read = g, now
	}
	next.tried = w.clock.Now()
	w.last.Store(&next)
	return next.result(next.tried)
}
