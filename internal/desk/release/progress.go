package release

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// meter tells the store how far a package is, at most once a second.
type meter struct {
	store Store
	clock custody.Clock
	id    custody.PackageID

	mu          sync.Mutex
	done, total int64
	from        int64 // where the next part begins
	told        custody.Instant
}

// tellEvery is how often progress is stored at most.
const tellEvery = time.Second

// part begins a part of the work of that size, when the part before it is over, and returns what is told about it. What it counts in is
// its own affair.
func (m *meter) part(ctx context.Context, size int64) func(done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.from
	m.from += size
	return func(done, total int64) {
		if total > 0 {
			m.set(ctx, before+int64(float64(size)*min(1, float64(done)/float64(total))))
		}
	}
}

// set moves on to a point.
func (m *meter) set(ctx context.Context, done int64) {
	m.mu.Lock()
	m.done = max(m.done, done)
	now := m.clock.Now()
	tell := now.Sub(m.told) >= tellEvery
	if tell {
		m.told = now
	}
	done, total := m.done, max(m.total, m.done)
	m.mu.Unlock()
	if tell {
		_ = m.store.Progress(ctx, m.id, done, total) // it is told again in a second, and nothing depends on it
	}
}
