package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// WaitUntil polls until the condition holds, and fails the test if it does not within the time.
func WaitUntil(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("after %s it is still not so that %s", within, what)
		case <-tick.C:
		}
	}
}

// Sent is how many video units the camera has handed to the network, over all sessions.
func Sent(c *simcam.Camera) uint64 {
	var n uint64
	for _, total := range c.Totals() {
		n += total.Units
	}
	return n
}
