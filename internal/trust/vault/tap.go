package vault

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Bounds of live viewing.
const (
	feedsMax   = 200     // at the same time
	groupBytes = 2 << 20 // of a group of pictures that a new feed begins with
	feedBytes  = 4 << 20 // that wait for one feed's reader
)

// Tap is where a recorder shows what it records of one stream, and Feeds take it from. Begin, Publish, End and Close are called
// by one goroutine at a time, the recorder's, and never wait for a reader. While nobody watches Publish is not to be called
// (Watched), and nothing is kept: the current group of pictures is then the recorder's open fragment and what it spooled before.
//
// Memory: nothing unwatched. Watched, a copy of each unit of the current group, at most 2 MiB, and what waits for the slowest feed,
// at most 4 MiB: feeds share the units. One unit (at most 8 MiB) may exceed either bound. The zero Tap is one that nobody can watch.
type Tap struct {
	camera  custody.CameraID
	stream  custody.StreamID
	watched atomic.Bool // there is a feed
	gone    func()      // takes the tap out of the vault's table

	mu      sync.Mutex // a leaf; nothing is read, written or waited for under it
	run     media.RunHeader
	init    []byte
	feeds   map[*feed]struct{}
	primed  bool       // group holds what there is of the current one, from its beginning or that of the open fragment
	whole   bool       // group begins with a random access unit of track 1
	large   bool       // the current group is larger than groupBytes, or cannot be had whole, and is not kept
	tries   int        // to complete the group
	looking bool       // a reader is at it
	group   []LiveUnit // in order of arrival
	bytes   int
	closed  bool
}

// Live makes the tap of a stream that is going to be recorded, in the place of any before it.
func (v *Vault) Live(camera custody.CameraID, stream custody.StreamID) *Tap {
	t := &Tap{camera: camera, stream: stream, feeds: map[*feed]struct{}{}}
	t.gone = func() { v.taps.remove(t) }
	v.taps.add(t)
	return t
}

// Watched reports whether anybody watches: one atomic load.
func (t *Tap) Watched() bool { return t.watched.Load() }

// Begin says that the units from now on are of another run. Nothing of either argument may change afterwards.
func (t *Tap) Begin(run media.RunHeader, init []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	t.run, t.init = run, init
}

// Publish shows the unit that was appended to the run's builder just now. The payload is copied.
func (t *Tap) Publish(b *media.Builder, u media.Unit, payload []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.feeds) == 0 {
		return
	}
	if t.primed {
		t.add(liveUnit(b, u, payload))
		return
	}
	t.primed = true
	units := make([]LiveUnit, 0, 64)
	for u, payload := range b.Open() {
		if begins(u) {
			units = units[:0]
		}
		units = append(units, LiveUnit{Unit: u, Payload: payload})
	}
	for _, u := range units {
		t.add(liveUnit(b, u.Unit, u.Payload))
	}
}

// End says that the run is over. Feeds wait for the next one.
func (t *Tap) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
}

// Close says that the stream is not recorded any more: every feed ends when its reader has had what was published. Idempotent.
func (t *Tap) Close() {
	if t.gone != nil {
		t.gone()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	t.closed = true
	for f := range t.feeds {
		f.signal()
	}
}

func liveUnit(b *media.Builder, u media.Unit, payload []byte) LiveUnit {
	return LiveUnit{Unit: u, Wall: u.Receipt.Add(b.Lead(u)), Payload: slices.Clone(payload)}
}

// begins reports whether a group of pictures begins with the unit.
func begins(u media.Unit) bool { return u.Track == 1 && u.Flags&media.RandomAccess != 0 }

// add keeps a unit for those who come later and hands it to every feed; mu is held.
func (t *Tap) add(u LiveUnit) {
	switch {
	case begins(u.Unit):
		t.group, t.bytes, t.whole, t.large = append([]LiveUnit(nil), u), len(u.Payload), true, false
	case !t.large:
		t.group, t.bytes = append(t.group, u), t.bytes+len(u.Payload)
	}
	if t.bytes > groupBytes && len(t.group) > 1 {
		t.group, t.bytes, t.large = nil, 0, true
	}
	for f := range t.feeds {
		f.offer(t, u)
		if !t.whole && !t.large {
			f.signal() // its reader may complete the group
		}
	}
}

// forget drops what is known of the current group; mu is held.
func (t *Tap) forget() {
	t.group, t.bytes, t.tries, t.primed, t.whole, t.large = nil, 0, 0, false, false, false
}

// join adds a feed and gives it the current group. False if the tap is closed.
func (t *Tap) join(f *feed) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.feeds[f] = struct{}{}
	t.watched.Store(true)
	if t.whole && !t.large {
		t.replay(f)
	}
	return true
}

// replay offers the group to a feed; mu is held.
func (t *Tap) replay(f *feed) {
	for _, u := range t.group {
		f.offer(t, u)
	}
}

// leave takes a feed away. With the last one the group goes too.
func (t *Tap) leave(f *feed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.feeds, f)
	f.waiting, f.bytes = nil, 0
	if len(t.feeds) == 0 {
		t.watched.Store(false)
		t.forget()
	}
}

// taps is the table of streams that are being recorded. Its lock is a leaf.
type taps struct {
	mu       sync.Mutex
	byStream map[custody.StreamID]*Tap
	feeds    int
}

func newTaps() *taps { return &taps{byStream: map[custody.StreamID]*Tap{}} }

func (t *taps) add(tap *Tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byStream[tap.stream] = tap
}

func (t *taps) remove(tap *Tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byStream[tap.stream] == tap {
		delete(t.byStream, tap.stream)
	}
}

// of returns the tap of the camera's stream, nil if there is none.
func (t *taps) of(camera custody.CameraID, stream custody.StreamID) *Tap {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tap := t.byStream[stream]; tap != nil && tap.camera == camera {
		return tap
	}
	return nil
}

// enter counts one more feed in; false if there are feedsMax.
func (t *taps) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.feeds == feedsMax {
		return false
	}
	t.feeds++
	return true
}

func (t *taps) exit() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.feeds--
}
