// Package stationtest has a station clock that a test drives by hand.
//
// Owns: nothing but its own two numbers. Trusts its test. Invariants: Now never goes back; Step begins an epoch. Does not
// run: time passes only when the test says so.
package stationtest

import (
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Clock implements custody.Clock. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	r  custody.ClockReading
}

// NewClock stands still at an instant.
func NewClock(at custody.Instant) *Clock { return &Clock{r: custody.ClockReading{Now: at}} }

// Now implements custody.Clock.
func (c *Clock) Now() custody.Instant { return c.Reading().Now }

// Reading implements custody.Clock.
func (c *Clock) Reading() custody.ClockReading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r
}

// Advance lets d pass; a negative d counts as zero.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d = max(0, d)
	c.r.Now, c.r.Mono = c.r.Now.Add(d), c.r.Mono+d
}

// Step is a confirmed forward step of the machine's clock: station time jumps, monotonic time does not.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Now, c.r.Epoch = c.r.Now.Add(max(0, d)), c.r.Epoch+1
}
