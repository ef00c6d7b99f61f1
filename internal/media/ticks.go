package media

import (
	"math"
	"math/bits"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const microsPerSecond = 1_000_000

// Rescale returns floor(v × to / from): a time of v ticks at from ticks a second, in ticks at to a second.
// The product is formed in 128 bits; a result outside int64 saturates. A from of 0 counts as 1.
func Rescale(v int64, to, from uint32) int64 {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = -magnitude
	}
	divisor := uint64(max(from, 1))
	hi, lo := bits.Mul64(magnitude, uint64(to))
	if hi >= divisor {
		return saturated(v < 0)
	}
	q, r := bits.Div64(hi, lo, divisor)
	if v < 0 && r != 0 {
		q++ // towards minus infinity
	}
	if q > math.MaxInt64 {
		return saturated(v < 0)
	}
	if v < 0 {
		return -int64(q)
	}
	return int64(q)
}

// micros is a time in ticks, in whole microseconds, rounded down.
func micros(ticks int64, timescale uint32) int64 { return Rescale(ticks, microsPerSecond, timescale) }

// ticksOf is a duration in whole ticks, rounded down to the microsecond first.
func ticksOf(d time.Duration, timescale uint32) int64 {
	return Rescale(d.Microseconds(), timescale, microsPerSecond)
}

func saturated(negative bool) int64 {
	if negative {
		return math.MinInt64
	}
	return math.MaxInt64
}

// satAdd and satSub are a+b and a-b, saturating where they would overflow.
func satAdd(a, b int64) int64 {
	s := a + b
	if (a < 0) == (b < 0) && (s < 0) != (a < 0) {
		return saturated(a < 0)
	}
	return s
}

func satSub(a, b int64) int64 {
	d := a - b
	if (a < 0) != (b < 0) && (d < 0) != (a < 0) {
		return saturated(a < 0)
	}
	return d
}

// UnitWall is the wall time of a unit of track 1: WallStart + floor((pts − FirstTick) × 10⁶ / timescale)
// (CONTRACTS 1), where timescale is track 1's. Leading pictures and B-frames presented before the
// fragment's first unit come out before WallStart. Nothing overflows; an absurd tick saturates.
func UnitWall(info FragmentInfo, timescale uint32, pts int64) custody.Instant {
	return custody.Instant(satAdd(int64(info.WallStart), micros(satSub(pts, info.FirstTick), timescale)))
}

// TrackWall is UnitWall for a unit of any track: pts counts at timescale, FirstTick at clock, track 1's timescale.
// Every track of a run counts from the same instant, so only the rate differs.
func TrackWall(info FragmentInfo, clock, timescale uint32, pts int64) custody.Instant {
	if clock == timescale {
		return UnitWall(info, clock, pts)
	}
	since := satSub(micros(pts, timescale), micros(info.FirstTick, clock))
	return custody.Instant(satAdd(int64(info.WallStart), since))
}
