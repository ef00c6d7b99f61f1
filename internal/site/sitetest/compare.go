package sitetest

import (
	"testing"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// SessionRecord is what became of one track of one session: the ledger on one side, the store on the other.
type SessionRecord struct {
	Number  uint32
	Sent    []simcam.Entry
	Stored  []Unit         // of Sent, in the same order; whole, or flagged damaged
	Missing []simcam.Entry // not stored though a later unit of the session is: never to be excused
	Tail    []simcam.Entry // the last ones, not stored: under way when the connection or the process ended
	Cut     *Unit          // stored damaged behind the last one sent whole: half of it was sent
	Runs    []custody.RunID
}

// Compare lays the stored units of a camera's stream beside the ledger, session by session, and fails the test for what
// cannot be true: a unit that was never sent, twice stored, out of order, altered and not flagged, or flagged and whole. Of
// what is not stored it only tells.
func Compare(t testing.TB, got []Unit, farm *simcam.Farm, cam *simcam.Camera, track uint8) []SessionRecord {
	t.Helper()
	c := newComparison(t, farm, cam, track)
	for i, u := range got {
		if u.Track == track {
			c.take(t, i, u)
		}
	}
	for i := range c.sessions {
		c.finish(&c.sessions[i], c.stored[i])
	}
	return c.sessions
}

// comparison walks along the ledger with the stored units.
type comparison struct {
	track    uint8
	sessions []SessionRecord
	stored   []map[int]Unit   // by session: what was stored of which entry
	places   map[sent][]place // of the units as sent
	withheld map[uint32][]place
	at       place // of the last unit that was found
}

type sent struct {
	digest [32]byte
	rtp    uint32
}

type place struct{ session, entry int }

func (p place) before(o place) bool {
	return p.session < o.session || p.session == o.session && p.entry < o.entry
}

func newComparison(t testing.TB, farm *simcam.Farm, cam *simcam.Camera, track uint8) *comparison {
	t.Helper()
	entries, missed := farm.Ledger()
	if missed > 0 {
		t.Fatalf("the ledger is too small by %d entries", missed)
	}
	c := &comparison{track: track, places: map[sent][]place{}, withheld: map[uint32][]place{}, at: place{0, -1}}
	numbers := map[uint32]int{}
	for _, e := range entries {
		if e.Camera != cam.Number() || e.Track != track {
			continue
		}
		n, ok := numbers[e.Session] // two clients may watch at the same time
		if !ok {
			n = len(c.sessions)
			numbers[e.Session] = n
			c.sessions = append(c.sessions, SessionRecord{Number: e.Session})
			c.stored = append(c.stored, map[int]Unit{})
		}
		s := &c.sessions[n]
		p := place{n, len(s.Sent)}
		s.Sent = append(s.Sent, e)
		c.places[sent{e.Digest, e.RTP}] = append(c.places[sent{e.Digest, e.RTP}], p)
		if e.Lost > 0 {
			c.withheld[e.RTP] = append(c.withheld[e.RTP], p)
		}
	}
	return c
}

// take finds the entry of the next stored unit.
func (c *comparison) take(t testing.TB, i int, u Unit) {
	t.Helper()
	damaged := u.Flags&media.Damaged != 0
	p, whole := c.after(c.places[sent{u.Digest, u.RTP}])
	if !whole && damaged {
		var known bool
		if p, known = c.after(c.withheld[u.RTP]); !known {
			c.cut(t, i, u)
			return
		}
	} else if !whole {
		t.Errorf("track %d: stored unit %d (rtp %d, run %s) is not what was sent then", c.track, i, u.RTP, u.Run)
		return
	}
	e := c.sessions[p.session].Sent[p.entry]
	if whole && e.Lost > 0 && !damaged {
		t.Errorf("track %d session %d: frame %d lost packets and is not flagged", c.track, p.session+1, e.Frame)
	}
	if s := c.sessions[p.session]; s.Cut != nil {
		t.Errorf("track %d session %d: a damaged unit that was never sent whole (rtp %d) stands before frame %d", c.track, s.Number, s.Cut.RTP, e.Frame)
	}
	c.stored[p.session][p.entry] = u
	c.at = p
}

// after is the first of the places behind the last unit that was found.
func (c *comparison) after(places []place) (place, bool) {
	for _, p := range places {
		if c.at.before(p) {
			return p, true
		}
	}
	return place{}, false
}

// cut takes a damaged unit that is not in the ledger: it can only be what was being sent when a session ended.
func (c *comparison) cut(t testing.TB, i int, u Unit) {
	t.Helper()
	if c.at.entry < 0 || c.sessions[c.at.session].Cut != nil {
		t.Errorf("track %d: stored unit %d (rtp %d, run %s) was never sent", c.track, i, u.RTP, u.Run)
		return
	}
	c.sessions[c.at.session].Cut = &u
}

// finish sorts out what is stored of a session and what is not.
func (c *comparison) finish(s *SessionRecord, stored map[int]Unit) {
	last := -1
	for i := range s.Sent {
		if _, ok := stored[i]; ok {
			last = i
		}
	}
	for i, e := range s.Sent {
		u, ok := stored[i]
		switch {
		case ok:
			if n := len(s.Runs); n == 0 || s.Runs[n-1] != u.Run {
				s.Runs = append(s.Runs, u.Run)
			}
			s.Stored = append(s.Stored, u)
		case i > last:
			s.Tail = append(s.Tail, e)
		case e.Lost == 0:
			s.Missing = append(s.Missing, e)
		}
	}
}

// SameAsSent compares the stored units of a camera with the farm's ledger: per session and track a prefix of what was sent
// (what was under way when the connection or the process ended may be lost), in order, to the byte; units that lost
// packets on purpose are stored damaged or not at all.
func SameAsSent(t testing.TB, got []Unit, farm *simcam.Farm, cam *simcam.Camera) {
	t.Helper()
	for _, track := range []uint8{1, 2} {
		stored := 0
		sessions := Compare(t, got, farm, cam, track)
		for _, s := range sessions {
			stored += len(s.Stored)
			if len(s.Missing) > 0 {
				t.Errorf("track %d session %d: %d units are missing before the last stored one, frame %d first", track, s.Number, len(s.Missing), s.Missing[0].Frame)
			}
		}
		if stored == 0 && len(sessions) > 0 {
			t.Errorf("track %d: nothing is stored", track)
		}
	}
}
