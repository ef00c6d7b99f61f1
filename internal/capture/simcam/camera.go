package simcam

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Seen counts what a camera's clients did.
type Seen struct {
	Connections uint64 // that asked for this camera
	Requests    uint64
	Plays       uint64
	KeepAlives  uint64 // OPTIONS, GET_PARAMETER and SET_PARAMETER after PLAY
	Teardowns   uint64
	Refusals    uint64 // answers 401
}

// Camera is one simulated camera of a Farm. Its methods may be called concurrently.
type Camera struct {
	farm   *Farm
	number uint32
	spec   CameraSpec
	clips  []*clip // Profile, then Alternates; empty for a live camera
	audio  *clip   // nil if none
	live   *live   // nil unless live
	wanted atomic.Int32
	acts   atomic.Pointer[behaviour]

	mu       sync.Mutex
	once     oneShot
	dice     dice
	sessions map[*session]bool // playing
	conns    map[*conn]bool    // asked for this camera
	next     uint64            // first free frame number
	ended    []Total
	count    uint32 // sessions so far
	seen     Seen
}

func newCamera(f *Farm, number uint32, spec CameraSpec) *Camera {
	c := &Camera{farm: f, number: number, spec: spec, dice: newDice(uint64(number)),
		sessions: map[*session]bool{}, conns: map[*conn]bool{}}
	c.acts.Store(&behaviour{})
	return c
}

// Number is the camera's number, from 1, as written in the SEI.
func (c *Camera) Number() uint32 { return c.number }

// URL is where the camera is found without TLS.
func (c *Camera) URL() string { return "rtsp://" + c.farm.Addr() + "/" + c.spec.Path }

// TLSURL is where the camera is found with TLS; empty unless Options.TLS is set.
func (c *Camera) TLSURL() string {
	if c.farm.tls == nil {
		return ""
	}
	return "rtsps://" + c.farm.tls.Addr().String() + "/" + c.spec.Path
}

// Codec is the video's coding.
func (c *Camera) Codec() media.Codec {
	if c.live != nil {
		return media.H264
	}
	return c.clips[0].codec
}

// Do applies faults in order. They take effect at once, or at the next unit.
func (c *Camera) Do(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := *c.acts.Load()
	for _, f := range faults {
		f.apply(c, &b, c.farm.now())
	}
	c.acts.Store(&b)
}

// Seen returns the counters so far.
func (c *Camera) Seen() Seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// Playing is the number of sessions at this moment.
func (c *Camera) Playing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sessions)
}

// Totals returns the counters of the camera's sessions, ended ones first.
func (c *Camera) Totals() []Total {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := append([]Total(nil), c.ended...)
	for s := range c.sessions {
		out = append(out, s.totals(false)...)
	}
	return out
}

// RTPAt is the video RTP timestamp that the camera's clock had at an instant of ours, in the newest session; for checks of
// clock estimation. ok is false if nothing plays.
func (c *Camera) RTPAt(at custody.Instant) (rtp uint32, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var newest *session
	for s := range c.sessions {
		if newest == nil || s.number > newest.number {
			newest = s
		}
	}
	if newest == nil {
		return 0, false
	}
	return newest.rtpAt(at.Time()), true
}

func (c *Camera) note(change func(*Seen)) {
	c.mu.Lock()
	change(&c.seen)
	c.mu.Unlock()
}

// take draws the one-shot faults for the next video unit of n packets.
func (c *Camera) take(n int) oneShot {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.once
	o.losePackets = min(o.losePackets, n)
	c.once = oneShot{losePackets: c.once.losePackets - o.losePackets}
	return o
}

// fate draws which of n packets go out, in which order and how often. The first skip are lost.
func (c *Camera) fate(b *behaviour, n, skip int) (order []int, lost int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	order = make([]int, 0, n)
	for i := range n {
		switch {
		case i < skip || c.dice.percent(b.lose):
			lost++
			continue
		case c.dice.percent(b.duplicate):
			order = append(order, i)
		}
		order = append(order, i)
		if k := len(order); k > 1 && c.dice.percent(b.reorder) {
			order[k-1], order[k-2] = order[k-2], order[k-1]
		}
	}
	return order, lost
}

// closeAll ends the present connections. The caller holds c.mu.
func (c *Camera) closeAll(reset bool) {
	for k := range c.conns {
		k.out.close(reset)
	}
}

// admit registers a connection that asked for this camera; false if the camera refuses it.
func (c *Camera) admit(k *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.conns[k] {
		c.conns[k] = true
		c.seen.Connections++
	}
	return !c.farm.now().Before(c.acts.Load().refuseUntil)
}

func (c *Camera) leave(k *conn) {
	c.mu.Lock()
	delete(c.conns, k)
	c.mu.Unlock()
}

// begin places a session's tracks, gives a session its number and first frame and counts it as playing. Frame numbers start at a multiple of
// the loop's length, so a session always starts with a random access unit.
func (c *Camera) begin(s *session, origin time.Time) (first uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range s.tracks {
		c.place(t, origin)
	}
	c.count++
	c.seen.Plays++
	s.number = c.count
	c.sessions[s] = true
	if len(c.clips) == 0 {
		return 0
	}
	n := uint64(len(c.clips[0].units))
	return (c.next + n - 1) / n * n
}

// place puts a track at its beginning.
func (c *Camera) place(t *track, origin time.Time) {
	t.origin = origin
	switch {
	case c.live != nil:
		t.origin = c.live.origin
	case t.id == 2:
		t.clip = c.audio
	default:
		t.which = int(c.wanted.Load())
		t.clip = c.clips[t.which]
	}
}

// reached notes that frame was sent.
func (c *Camera) reached(frame uint64) {
	c.mu.Lock()
	c.next = max(c.next, frame+1)
	c.mu.Unlock()
}

func (c *Camera) end(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions[s] {
		delete(c.sessions, s)
		c.ended = append(c.ended, s.totals(true)...)
	}
}

// playing is a snapshot of the sessions.
func (c *Camera) playing() []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*session, 0, len(c.sessions))
	for s := range c.sessions {
		out = append(out, s)
	}
	return out
}

// stagger is the delay of a session's first unit: spread evenly over the farm's range by the golden ratio.
func (c *Camera) stagger(span time.Duration) time.Duration {
	const golden = 0.6180339887498949
	x := float64(c.number) * golden
	return time.Duration((x - float64(int(x))) * float64(span))
}
