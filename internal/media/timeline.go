package media

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Continuity says whether a unit continues its track.
type Continuity uint8

const (
	Continuous Continuity = iota
	Jumped                // RTP time leapt, forward past the receipt time gone by or far backward
	Disordered            // decode order cannot be told: presented before what was already decoded for
	Stray                 // the unit names no track of the run; drop it
)

// String says it as the detail of a gap does.
func (c Continuity) String() string {
	return [...]string{"continuous", "the RTP time jumped", "the pictures came out of order", "unknown track"}[c&3]
}

const (
	// DecodeOrigin is the decode time, on every track of every run, of the instant that PTS and DTS count from:
	// tfdt = DTS + DecodeOrigin. It leaves room for pictures decoded before that instant, so that tfdt is never negative.
	DecodeOrigin = 2 * time.Second

	maxJump = 10 * time.Second // RTP may run ahead of receipt by this much from one unit to the next
	maxBack = 2 * time.Second  // and fall behind the unit before it by this much
)

// Timeline places the units of one run in time. Not safe for concurrent use.
//
// PTS is the RTP timestamp with its wraps undone, counted from the run's first unit of any track. The first unit of a
// further track stands where its receipt puts it: audio and video are aligned by receipt alone. Sender reports
// are kept as evidence and never applied; a player's lips may be off by the difference in delay, and no
// media time ever depends on a camera's clock.
//
// DTS comes from the presentation times: with a reorder depth of N, known from the SPS, the decode time of a unit is
// the least presentation time that is still outstanding among the last N+1 units. That is exact for any stream that
// keeps to its declared depth, needs no slice header, survives lost units, and is never above PTS. A stream that
// turns out deeper is Disordered once; Restart keeps what was learnt.
type Timeline struct {
	tracks  []trackTime
	started bool
	origin  custody.Instant // receipt of the run's first unit
}

type trackTime struct {
	scale   uint32
	started bool
	seq     uint64
	rtp     uint32 // of the last unit
	ticks   int64  // its PTS
	receipt custody.Instant
	decode  decodeOrder
}

// NewTimeline begins a run. The tracks are valid (ValidTracks).
func NewTimeline(tracks []Track) *Timeline {
	t := &Timeline{}
	t.Restart(tracks)
	return t
}

// Restart begins another run of the same stream, perhaps with changed parameters. A reorder depth learnt
// so far is kept.
func (t *Timeline) Restart(tracks []Track) {
	old := t.tracks
	*t = Timeline{tracks: make([]trackTime, len(tracks))}
	for i, track := range tracks {
		t.tracks[i] = trackTime{scale: max(track.Timescale, 1), decode: newDecodeOrder(track)}
		if i < len(old) {
			t.tracks[i].decode.deepen(old[i].decode.learnt)
		}
	}
}

// Place fills in Seq, PTS and DTS of a unit whose Track, Flags, RTP and Receipt are set; units come in order of receipt.
// Unless the answer is Continuous the unit is left alone and the Timeline unchanged but for what it learnt: the
// caller ends the run, calls Restart and places the unit again, which then succeeds (a Stray unit is dropped instead).
func (t *Timeline) Place(u *Unit) Continuity {
	if u.Track == 0 || int(u.Track) > len(t.tracks) {
		return Stray
	}
	tr := &t.tracks[u.Track-1]
	pts := int64(0)
	switch {
	case tr.started:
		delta := int64(int32(u.RTP - tr.rtp))
		waited := max(0, u.Receipt.Sub(tr.receipt))
		if delta > ticksOf(waited+maxJump, tr.scale) || -delta > ticksOf(maxBack, tr.scale) {
			return Jumped
		}
		pts = tr.ticks + delta
	case t.started:
		pts = Rescale(max(0, int64(u.Receipt-t.origin)), tr.scale, microsPerSecond)
	}
	dts, ok := tr.decode.next(pts, u.Flags)
	if !ok {
		return Disordered
	}
	if !t.started {
		t.started, t.origin = true, u.Receipt
	}
	u.Seq, u.PTS, u.DTS = tr.seq, pts, dts
	tr.started, tr.rtp, tr.ticks, tr.receipt = true, u.RTP, pts, u.Receipt
	tr.seq++
	return Continuous
}

// decodeOrder derives decode times of one track.
type decodeOrder struct {
	depth  int // N: pictures that may be outstanding
	learnt int // a depth that the stream has shown to need; 0 if none
	frame  int64
	room   int64 // ticks of DecodeOrigin

	count   int
	first   int64 // PTS of the first unit
	lead    int64 // ticks between the first unit's DTS and PTS
	step    int64 // and from one DTS to the next until N are outstanding
	last    int64 // DTS of the last unit
	pending [maxReorder + 1]int64
	held    int // of pending, ascending
}

func newDecodeOrder(t Track) decodeOrder {
	scale := max(t.Timescale, 1)
	d := decodeOrder{room: ticksOf(DecodeOrigin, scale), frame: int64(scale) / 10}
	if p, err := t.Picture(); err == nil {
		d.depth = p.Reorder
		if p.FPS > 10 {
			d.frame = int64(float64(scale) / p.FPS)
		}
	}
	return d
}

func (d *decodeOrder) deepen(n int) {
	d.learnt = max(d.learnt, n)
	d.depth = max(d.depth, d.learnt)
}

// next returns the decode time of the unit presented at pts, or false and a deeper depth for the next run.
func (d *decodeOrder) next(pts int64, flags UnitFlags) (int64, bool) {
	if d.count == 0 {
		d.begin(pts, flags)
	}
	dts := pts
	switch {
	case d.held < d.depth:
		dts = min(pts, d.first-d.lead+d.step*int64(d.count))
	case d.held > 0:
		dts = min(pts, d.pending[0])
	}
	if d.count > 0 && dts < d.last {
		d.learnt = min(d.depth+1, maxReorder)
		return 0, false
	}
	if d.depth > 0 {
		d.hold(pts)
	}
	d.count++
	d.last = dts
	return dts, true
}

// begin sets how far before its presentation the first unit is decoded: far enough for the pictures that may be decoded
// after it and shown before it, which an open random access point may have many of.
func (d *decodeOrder) begin(pts int64, flags UnitFlags) {
	d.first = pts
	if d.depth == 0 {
		return
	}
	if flags&Open != 0 || flags&RandomAccess == 0 {
		d.lead, d.step = min(maxReorder*d.frame, pts+d.room), 1
		return
	}
	d.lead = min(int64(d.depth)*d.frame, pts+d.room)
	d.step = d.lead / int64(d.depth)
}

// hold inserts pts among the outstanding times and, once N are held, drops the least.
func (d *decodeOrder) hold(pts int64) {
	i := d.held
	for ; i > 0 && d.pending[i-1] > pts; i-- {
		d.pending[i] = d.pending[i-1]
	}
	d.pending[i] = pts
	if d.held < d.depth {
		d.held++
		return
	}
	copy(d.pending[:d.depth], d.pending[1:d.depth+1])
}
