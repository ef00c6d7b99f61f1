package simcam

import (
	"time"
)

// Fault is something a camera can be told to do with Camera.Do. Its zero value is its mildest form, or its end.
type Fault interface {
	apply(c *Camera, b *behaviour, now time.Time)
}

// The faults that change what a camera is from now on.
type (
	// Heal ends every fault. Sessions go on.
	Heal struct{}
	// Freeze stops sending for a time and keeps the connection open; 0 ends a freeze.
	Freeze struct{ For time.Duration }
	// NoKeyframe withholds every random access unit for a time.
	NoKeyframe struct{ For time.Duration }
	// Refuse closes connections without an answer for a time, the present ones too.
	Refuse struct{ For time.Duration }
	// CloseAfter ends every later session that long after PLAY; 0 ends the fault.
	CloseAfter struct{ After time.Duration }
	// Lose withholds packets: a share of all (0 to 100), chosen by the seed, and the next Next of them. The
	// sequence numbers show the holes.
	Lose struct {
		Percent float64
		Seed    uint64
		Next    int
	}
	// Duplicate sends a share of the packets twice; for UDP.
	Duplicate struct {
		Percent float64
		Seed    uint64
	}
	// Reorder swaps a share of the packets with their followers in the unit; for UDP.
	Reorder struct {
		Percent float64
		Seed    uint64
	}
	// EndlessFragment sends fragments of one NAL unit that never ends, Bytes at a time (0 ends the fault), in
	// place of the video.
	EndlessFragment struct{ Bytes int }
	// WrongSDP makes DESCRIBE lie.
	WrongSDP struct{ Kind SDPKind }
	// Authenticate demands credentials. Every StaleAfter authenticated requests (0: never) the nonce is
	// refused as stale and replaced.
	Authenticate struct {
		Scheme         AuthScheme
		User, Password string
		StaleAfter     int
	}
	// Redirect answers DESCRIBE with 302 and this URL; an empty URL ends the fault.
	Redirect struct{ URL string }
	// SlowReplies writes answers a byte at a time, that long apart.
	SlowReplies struct{ PerByte time.Duration }
	// NoOptions answers OPTIONS with 501.
	NoOptions struct{}
	// IgnoreKeepAlive leaves requests after PLAY, other than TEARDOWN, unanswered.
	IgnoreKeepAlive struct{}
	// SessionTimeout announces a time-out in whole seconds, and enforces it if Enforce is set: without a request
	// or RTCP packet for that long the connection is closed.
	SessionTimeout struct {
		After   time.Duration
		Enforce bool
	}
	// SenderReports changes the RTCP sender reports: none at all, another interval (default 5 s), a camera
	// clock that is Offset ahead of ours and gains DriftPPM, or a fixed NTP value, however absurd.
	SenderReports struct {
		Off      bool
		Interval time.Duration
		Offset   time.Duration
		DriftPPM float64
		NTP      *uint64
	}
	// FirstRTP starts the RTP timestamps of later sessions at this value.
	FirstRTP struct{ At uint32 }
)

// The faults that happen once: to every present session, or, where a unit is named, to the next one sent.
type (
	// Drop ends the connections: politely, with RST, and on request in the middle of the next video unit.
	Drop struct{ Reset, MidUnit bool }
	// JumpRTP adds ticks to the video's RTP timestamps from the next unit on; sender reports jump along.
	JumpRTP struct{ Ticks int64 }
	// Switch changes the video to another of the camera's clips (0 is its Profile, then its Alternates) at the
	// next random access unit.
	Switch struct{ To int }
	// HugeNAL replaces the next video unit by one with a single slice of that many bytes.
	HugeNAL struct{ Bytes int }
	// Garbage writes Bytes bytes of rubbish into the connection.
	Garbage struct {
		Kind  GarbageKind
		Bytes int
		Seed  uint64
	}
)

func (Heal) apply(c *Camera, b *behaviour, _ time.Time) {
	*b = behaviour{}
	c.once = oneShot{}
}
func (f Freeze) apply(_ *Camera, b *behaviour, now time.Time)      { b.frozenUntil = now.Add(f.For) }
func (f NoKeyframe) apply(_ *Camera, b *behaviour, now time.Time)  { b.noKeysUntil = now.Add(f.For) }
func (f CloseAfter) apply(_ *Camera, b *behaviour, _ time.Time)    { b.closeAfter = f.After }
func (f WrongSDP) apply(_ *Camera, b *behaviour, _ time.Time)      { b.sdp = f.Kind }
func (f Authenticate) apply(_ *Camera, b *behaviour, _ time.Time)  { b.auth = f }
func (f Redirect) apply(_ *Camera, b *behaviour, _ time.Time)      { b.redirect = f }
func (f SlowReplies) apply(_ *Camera, b *behaviour, _ time.Time)   { b.slow = f.PerByte }
func (NoOptions) apply(_ *Camera, b *behaviour, _ time.Time)       { b.noOptions = true }
func (IgnoreKeepAlive) apply(_ *Camera, b *behaviour, _ time.Time) { b.deaf = true }
func (f SenderReports) apply(_ *Camera, b *behaviour, _ time.Time) { b.reports = f }
func (f FirstRTP) apply(_ *Camera, b *behaviour, _ time.Time)      { b.firstRTP = &f.At }
func (f SessionTimeout) apply(_ *Camera, b *behaviour, _ time.Time) {
	b.timeout = f
}
func (f EndlessFragment) apply(_ *Camera, b *behaviour, _ time.Time) { b.endless = max(f.Bytes, 0) }

func (f FlipSets) apply(_ *Camera, b *behaviour, _ time.Time) { b.restless.sets = f }
func (f FlipSSRC) apply(_ *Camera, b *behaviour, _ time.Time) { b.restless.ssrc = f }
func (f LeapRTP) apply(_ *Camera, b *behaviour, _ time.Time)  { b.restless.leap = f }
func (f Crumbs) apply(_ *Camera, b *behaviour, _ time.Time)   { b.restless.crumbs = f }
func (f Swarm) apply(_ *Camera, b *behaviour, _ time.Time)    { b.restless.swarm = f }

func (f Refuse) apply(c *Camera, b *behaviour, now time.Time) {
	b.refuseUntil = now.Add(f.For)
	if f.For > 0 {
		c.closeAll(false)
	}
}

func (f Lose) apply(c *Camera, b *behaviour, _ time.Time) {
	b.lose, c.once.losePackets = f.Percent, f.Next
	c.dice = newDice(f.Seed)
}

func (f Duplicate) apply(c *Camera, b *behaviour, _ time.Time) {
	b.duplicate, c.dice = f.Percent, newDice(f.Seed)
}

func (f Reorder) apply(c *Camera, b *behaviour, _ time.Time) {
	b.reorder, c.dice = f.Percent, newDice(f.Seed)
}

func (f Drop) apply(c *Camera, _ *behaviour, _ time.Time) {
	if f.MidUnit {
		c.once.cut, c.once.cutReset = true, f.Reset
		return
	}
	c.closeAll(f.Reset)
}

func (f HugeNAL) apply(c *Camera, _ *behaviour, _ time.Time) { c.once.huge = f.Bytes }

func (f JumpRTP) apply(c *Camera, _ *behaviour, _ time.Time) {
	for s := range c.sessions {
		s.jump(f.Ticks)
	}
}

func (f Switch) apply(c *Camera, _ *behaviour, _ time.Time) {
	if f.To >= 0 && f.To < len(c.clips) {
		c.wanted.Store(int32(f.To))
	}
}

func (f Garbage) apply(c *Camera, _ *behaviour, _ time.Time) {
	for s := range c.sessions {
		s.litter(f)
	}
}
