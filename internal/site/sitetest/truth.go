package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
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

// SameAsSent compares the stored units of a camera with the farm's ledger: per session and track a prefix of what was sent
// (what was under way when a connection ended may be lost), in order, to the byte; units that lost packets on purpose are
// stored damaged or not at all.
func SameAsSent(t testing.TB, got []Unit, farm *simcam.Farm, cam *simcam.Camera) {
	t.Helper()
	entries, missed := farm.Ledger()
	if missed > 0 {
		t.Fatalf("the ledger is too small by %d entries", missed)
	}
	for _, track := range []uint8{1, 2} {
		sessions := [][]simcam.Entry{}
		last := uint32(0)
		for _, e := range entries {
			if e.Camera != cam.Number() || e.Track != track {
				continue
			}
			if e.Session != last {
				last = e.Session
				sessions = append(sessions, nil)
			}
			sessions[len(sessions)-1] = append(sessions[len(sessions)-1], e)
		}
		var stored []Unit
		for _, u := range got {
			if u.Track == track {
				stored = append(stored, u)
			}
		}
		prefixes(t, track, stored, sessions)
	}
}

// prefixes walks the stored units along the sessions.
func prefixes(t testing.TB, track uint8, stored []Unit, sessions [][]simcam.Entry) {
	t.Helper()
	i := 0
	for n, sent := range sessions {
		at := 0
		for ; i < len(stored) && at < len(sent); at++ {
			e := sent[at]
			same := stored[i].Digest == [32]byte(e.Digest) && stored[i].RTP == e.RTP
			switch {
			case same:
				i++
			case e.Lost > 0 && stored[i].RTP == e.RTP:
				if stored[i].Flags&media.Damaged == 0 {
					t.Errorf("track %d session %d: frame %d lost packets and is not flagged", track, n+1, e.Frame)
				}
				i++
			case e.Lost > 0:
			default:
				if begins(stored[i], sessions[n+1:]) {
					at = len(sent) // the rest was under way when the connection ended
					break
				}
				t.Fatalf("track %d session %d: stored unit %d (rtp %d) is not what was sent as frame %d (rtp %d)", track, n+1, i, stored[i].RTP, e.Frame, e.RTP)
			}
		}
	}
	if i < len(stored) {
		t.Errorf("track %d: %d stored units were never sent", track, len(stored)-i)
	}
	if len(stored) == 0 && len(sessions) > 0 {
		t.Errorf("track %d: nothing is stored", track)
	}
}

// begins reports whether u is the first unit of one of the sessions.
func begins(u Unit, sessions [][]simcam.Entry) bool {
	for _, s := range sessions {
		if len(s) > 0 && u.Digest == [32]byte(s[0].Digest) && u.RTP == s[0].RTP {
			return true
		}
	}
	return false
}
