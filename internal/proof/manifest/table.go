package manifest

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/footage-custody/custody/internal/custody"
)

// stretch is one fragment of a segment's fragment table: when its media time is.
type stretch struct {
	wall      custody.Span
	firstTick int64 // wall.Start in media time of track 1
	ticks     int64 // media duration
	units     uint64
	leaf      uint64 // of its first unit
}

const (
	maxStretches = 4096

	tableRandomAccess = 1 << 0
	tableNumber       = 1 << 1
	tableOffset       = 1 << 2
	tableWall         = 1 << 3
	tableTick         = 1 << 4
	tableDamaged      = 1 << 5
)

// parseTable reads a fragment table as FORMAT.md describes it. Only what places units in time is kept; the rest is read past. The bytes
// are proved by their leaf, so a table that is read is one that the recorder wrote.
func parseTable(b []byte) ([]stretch, error) {
	r := tableReader{b: b}
	version, count, _ := r.byte(), r.uint(), r.byte()
	if r.bad || version != 1 || count == 0 || count > maxStretches || count*6 > uint64(len(r.b)) {
		return nil, custody.Errorf(custody.Corrupt, "the fragment table cannot be read")
	}
	out := make([]stretch, 0, count)
	var prev stretch
	leaf := uint64(1)
	for range count {
		prev = r.stretch(prev)
		prev.leaf = leaf
		leaf += prev.units
		out = append(out, prev)
	}
	if r.bad || len(r.b) > 0 || leaf > maxLeaves {
		return nil, custody.Errorf(custody.Corrupt, "the fragment table cannot be read")
	}
	return out, nil
}

type tableReader struct {
	b   []byte
	bad bool
}

func (r *tableReader) stretch(prev stretch) stretch {
	flags := r.byte()
	if flags&tableNumber != 0 {
		r.uint()
	}
	var wall, tick int64
	if flags&tableOffset != 0 {
		r.int()
	}
	if flags&tableWall != 0 {
		wall = r.int()
	}
	if flags&tableTick != 0 {
		tick = r.int()
	}
	if flags&tableDamaged != 0 {
		r.uint()
	}
	r.int() // length of the record, less the one before
	var f stretch
	f.firstTick = prev.firstTick + prev.ticks + tick
	f.ticks = prev.ticks + r.int()
	f.wall.Start = prev.wall.End + custody.Instant(wall)
	f.wall.End = f.wall.Start + (prev.wall.End - prev.wall.Start) + custody.Instant(r.int())
	r.int() // clock error
	units := int64(prev.units) + r.int()
	f.units = uint64(units)
	r.bad = r.bad || units < 1 || units > maxLeaves || f.wall.Start < 0 || f.wall.End < f.wall.Start || f.ticks < 0 ||
		f.firstTick < -maxTick || f.firstTick > maxTick || f.ticks > maxTick || f.wall.End > maxTick || flags >= 1<<6
	return f
}

func (r *tableReader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *tableReader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *tableReader) int() int64 {
	u := r.uint()
	if u&1 != 0 {
		return ^int64(u >> 1)
	}
	return int64(u >> 1)
}

// wallOf is the wall time of a unit whose presentation time is pts at that timescale; clock is track 1's (CONTRACTS 1).
func (f *stretch) wallOf(pts int64, timescale, clock uint32) custody.Instant {
	if timescale == clock {
		return f.wall.Start + custody.Instant(micros(pts-f.firstTick, clock))
	}
	return f.wall.Start + custody.Instant(micros(pts, timescale)-micros(f.firstTick, clock))
}

// micros is floor(ticks × 10⁶ / timescale). |ticks| is at most 2^61.
func micros(ticks int64, timescale uint32) int64 {
	magnitude := uint64(ticks)
	if ticks < 0 {
		magnitude = -magnitude
	}
	hi, lo := bits.Mul64(magnitude, 1_000_000)
	if hi >= uint64(timescale) {
		return math.MaxInt64 / 4
	}
	q, rest := bits.Div64(hi, lo, uint64(timescale))
	if q > math.MaxInt64/4 {
		q = math.MaxInt64 / 4
	}
	if ticks < 0 {
		if rest != 0 {
			q++
		}
		return -int64(q)
	}
	return int64(q)
}
