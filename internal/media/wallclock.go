package media

import (
	"math"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	// MaxSlew is the most by which a fragment's wall duration differs from its media duration: 1 part in 200.
	MaxSlew = 200

	// MaxClockError is how far a run's wall times may lie from what receipt says before the run should end: the camera's
	// media clock is then too fast or too slow to follow by slewing. The recorder compares it with
	// FragmentInfo.ClockError and begins a new run.
	MaxClockError = 10 * time.Second

	// maxSeam is how far after the end of the run before it a run that continues it may seem to begin: as much as
	// receipt is usually late by.
	maxSeam = 100 * time.Millisecond

	wallWindow = 16 // fragments whose least-delayed units are remembered: about half a minute
)

// wallClock derives the wall time of one run's media (CONTRACTS 1). A unit cannot arrive before it happened, so
// receipt less media time is an upper bound on the instant at which media time was zero; the least-delayed unit
// bounds it best. The first fragment starts by its own least; later ones start where the fragment before them ended, moved
// towards the least of the last wallWindow fragments by at most 1/MaxSlew of the media time gone by. Wall time is
// never stepped, and spans neither overlap nor leave holes inside a run.
type wallClock struct {
	scale     uint32
	notBefore custody.Instant
	seamless  bool // nothing is missing between notBefore and this run
	started   bool
	start     custody.Instant // of the open fragment, once started: the wall time of tick next
	next      int64           // its expected FirstTick
	least     int64           // least receipt − media time of the open fragment; MaxInt64 if no unit of track 1 was seen
	other     int64           // the same of other tracks: used while nothing better is known
	window    [wallWindow]int64
	seen      int // fragments with an entry in window
}

func newWallClock(scale uint32, notBefore custody.Instant) wallClock {
	return wallClock{scale: max(scale, 1), notBefore: notBefore, least: math.MaxInt64, other: math.MaxInt64}
}

// observe notes one unit of a track with that timescale; first says that it is track 1.
func (w *wallClock) observe(pts int64, scale uint32, receipt custody.Instant, first bool) {
	zero := satSub(int64(receipt), micros(pts, scale))
	if first {
		w.least = min(w.least, zero)
	} else {
		w.other = min(w.other, zero)
	}
}

// span fills in a closing fragment's times. first is its FirstTick, latest the last PTS in it, next the FirstTick of the
// fragment that follows (next >= first); last says that none follows and next is the end of the media.
func (w *wallClock) span(f *FragmentInfo, latest, next int64, last bool) {
	media := micros(satSub(next, f.FirstTick), w.scale)
	base := micros(f.FirstTick, w.scale)
	if !w.started {
		w.started = true
		w.start = w.begin(custody.Instant(satAdd(w.estimate(w.other), base)))
	} else if f.FirstTick > w.next { // units were lost before it
		w.start = custody.Instant(satAdd(int64(w.start), micros(f.FirstTick-w.next, w.scale)))
	}
	f.WallStart = w.start
	f.MediaTicks = satSub(next, f.FirstTick)
	estimate := w.estimate(satSub(int64(w.start), base))
	if w.least != math.MaxInt64 {
		f.ClockError = time.Duration(satSub(w.least, satSub(int64(w.start), base))) * time.Microsecond
	}
	slew := int64(0)
	if !last {
		slew = w.slew(satSub(estimate, satSub(int64(w.start), base)), media, micros(max(0, satSub(next, latest)), w.scale))
	}
	f.WallEnd = custody.Instant(satAdd(int64(w.start), satAdd(media, slew)))
	w.start, w.next = f.WallEnd, next
	w.remember()
}

// begin is where a run begins that seems to begin at that instant.
func (w *wallClock) begin(seems custody.Instant) custody.Instant {
	if w.seamless && seems.Sub(w.notBefore) <= maxSeam {
		return w.notBefore
	}
	return max(w.notBefore, seems)
}

// lead is how far after its receipt a unit shown at pts would be placed; first is the FirstTick of the fragment it would stand in.
func (w *wallClock) lead(pts, first int64, receipt custody.Instant) time.Duration {
	start, from := w.start, w.next
	if !w.started {
		zero := w.estimate(w.other)
		if zero == math.MaxInt64 {
			zero = satSub(int64(receipt), micros(pts, w.scale))
		}
		start, from = w.begin(custody.Instant(satAdd(zero, micros(first, w.scale)))), first
	}
	wall := satAdd(int64(start), micros(satSub(pts, from), w.scale))
	return time.Duration(satSub(wall, int64(receipt))) * time.Microsecond
}

// slew bounds a correction by 1/MaxSlew of the media time, and backwards also to less than half of the time that the
// last picture is shown, so that it stays before the next fragment's start.
func (w *wallClock) slew(wanted, media, shown int64) int64 {
	limit := media / MaxSlew
	back := min(limit, max(0, (shown-1)/2))
	return max(-back, min(limit, wanted))
}

// estimate is the instant of media time zero by the open fragment and those remembered; or else when nothing is known.
func (w *wallClock) estimate(otherwise int64) int64 {
	e := w.least
	for i := range min(w.seen, wallWindow) {
		e = min(e, w.window[i])
	}
	if e == math.MaxInt64 {
		return otherwise
	}
	return e
}

func (w *wallClock) remember() {
	if w.least != math.MaxInt64 {
		w.window[w.seen%wallWindow] = w.least
		w.seen++
		w.least = math.MaxInt64
	}
}
