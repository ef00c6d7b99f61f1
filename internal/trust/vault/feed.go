package vault

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// feedPatience is how long a waiting feed goes without asking its Grant.
const feedPatience = time.Second

// Subscribe opens a live feed of a stream under a Grant of access.FootageLive for its camera (CONTRACTS 17). While the camera is
// away the feed waits for it. Close the feed. Errors: Denied, Unavailable (the stream is not being recorded, or not of this
// camera: the two look the same), Exhausted (200 feeds are open).
func (v *Vault) Subscribe(_ context.Context, g access.Grant, stream custody.StreamID) (Feed, error) {
	f := &feed{v: v, g: g, wake: make(chan struct{}, 1), left: make(chan struct{}), seeks: true}
	if err := f.permits(v.clock.Now()); err != nil {
		return nil, err
	}
	f.tap = v.taps.of(g.Camera(), stream)
	if f.tap == nil {
		return nil, notRecorded(stream)
	}
	if !v.taps.enter() {
		return nil, custody.Errorf(custody.Exhausted, "%d live feeds are open, which is the most: close one first", feedsMax)
	}
	if !f.tap.join(f) {
		v.taps.exit()
		return nil, notRecorded(stream)
	}
	return f, nil
}

func notRecorded(stream custody.StreamID) error {
	return custody.Errorf(custody.Unavailable, "the stream %s is not being recorded", stream)
}

// feed is a Feed. What waits for its reader is guarded by the tap's lock.
type feed struct {
	v    *Vault
	g    access.Grant
	tap  *Tap
	wake chan struct{} // capacity 1: something changed
	left chan struct{} // closed by Close
	once sync.Once
	over error // how it ended; the reader's own

	waiting []LiveUnits
	bytes   int           // of waiting
	run     custody.RunID // of the last unit
	seeks   bool          // for the next random access unit of track 1
	begun   bool          // there was something for the reader
	skipped bool          // units have been left out since
}

// offer puts a unit where the reader takes it, or leaves it out; the tap's lock is held.
func (f *feed) offer(t *Tap, u LiveUnit) {
	if f.bytes > 0 && f.bytes+len(u.Payload) > feedBytes {
		f.waiting, f.bytes, f.seeks, f.skipped = nil, 0, true, true
	}
	if f.run != t.run.Run {
		f.run, f.seeks = t.run.Run, true
	}
	if f.seeks && !begins(u.Unit) {
		f.skipped = f.begun
		return
	}
	if f.seeks || len(f.waiting) == 0 {
		f.waiting = append(f.waiting, LiveUnits{Run: t.run, Init: t.init, Skipped: f.skipped})
	}
	last := &f.waiting[len(f.waiting)-1]
	last.Units = append(last.Units, u)
	f.bytes += len(u.Payload)
	f.seeks, f.skipped, f.begun = false, false, true
	f.signal()
}

func (f *feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take returns the first of what waits; ok is false if nothing does.
func (f *feed) take() (units LiveUnits, ok, closed bool) {
	f.tap.mu.Lock()
	defer f.tap.mu.Unlock()
	if len(f.waiting) == 0 {
		return LiveUnits{}, false, f.tap.closed
	}
	units = f.waiting[0]
	f.waiting[0] = LiveUnits{}
	f.waiting = f.waiting[1:]
	for _, u := range units.Units {
		f.bytes -= len(u.Payload)
	}
	return units, true, false
}

// Next implements Feed.
func (f *feed) Next(ctx context.Context) (LiveUnits, error) {
	patience := time.NewTimer(feedPatience)
	defer patience.Stop()
	for {
		if f.over == nil {
			f.over = f.permits(f.v.clock.Now())
		}
		if f.over != nil {
			f.Close()
			return LiveUnits{}, f.over
		}
		units, ok, closed := f.take()
		if ok && f.permits(units.Units[0].Wall) == nil {
			return units, nil
		}
		if ok { // they begin in what is closed, or before the granted span
			f.seek()
			continue
		}
		if closed {
			f.over = notRecorded(f.tap.stream)
			continue
		}
		if f.v.complete(ctx, f.tap) {
			continue
		}
		select {
		case <-f.wake:
		case <-patience.C:
			patience.Reset(feedPatience)
		case <-f.left:
			f.over = custody.Errorf(custody.Unavailable, "the live feed was closed")
		case <-ctx.Done():
			return LiveUnits{}, ctx.Err()
		}
	}
}

// Close implements Feed.
func (f *feed) Close() {
	f.once.Do(func() {
		f.tap.leave(f)
		f.v.taps.exit()
		close(f.left)
	})
}

// seek leaves out what follows the units taken last, up to the next random access unit.
func (f *feed) seek() {
	f.tap.mu.Lock()
	defer f.tap.mu.Unlock()
	if len(f.waiting) > 0 && !begins(f.waiting[0].Units[0].Unit) {
		for _, u := range f.waiting[0].Units {
			f.bytes -= len(u.Payload)
		}
		f.waiting = f.waiting[1:]
	}
	f.seeks, f.skipped = len(f.waiting) == 0, true
}

// permits asks the Grant about everything from an instant up to now.
func (f *feed) permits(from custody.Instant) error {
	now := f.v.clock.Now()
	return f.g.Permits(access.FootageLive, f.g.Camera(), custody.Span{Start: from, End: max(from, now) + 1}, now)
}
