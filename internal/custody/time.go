package custody

import (
	"fmt"
	"math"
	"time"
)

// Instant is a moment in UTC, in microseconds since 1970-01-01T00:00:00Z. The zero Instant means
// "unknown" wherever a field may be unset.
type Instant int64

// InstantOf truncates t to a whole microsecond.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns i as a time.Time in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add returns i moved by d, truncated to a whole microsecond.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Sub returns the time from j to i. What is longer than a Duration holds, 292 years, is the longest Duration: whoever bounds a span
// that somebody else chose can rely on it.
func (i Instant) Sub(j Instant) time.Duration {
	const longest = Instant(math.MaxInt64 / int64(time.Microsecond))
	d := i - j
	switch {
	case i > j && (d < 0 || d > longest):
		return math.MaxInt64
	case i < j && (d > 0 || d < -longest):
		return math.MinInt64
	}
	return time.Duration(d) * time.Microsecond
}

// String writes RFC 3339 in UTC with exactly six decimals, so that strings sort like instants.
func (i Instant) String() string { return i.Time().Format("2006-01-02T15:04:05.000000Z") }

// ParseInstant reads RFC 3339 with any offset. It fails on anything finer than the calendar allows,
// and on a text without an offset: a local time is not an instant.
func ParseInstant(s string) (Instant, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not an instant: write it like 2026-11-03T14:05:00Z or with an offset such as -06:00", s)
	}
	return InstantOf(t), nil
}

// Span is the half-open interval [Start, End) of instants.
type Span struct {
	Start, End Instant
}

// Empty reports whether no instant lies in s.
func (s Span) Empty() bool { return s.End <= s.Start }

// Duration is the length of s; zero when s is empty.
func (s Span) Duration() time.Duration {
	if s.Empty() {
		return 0
	}
	return s.End.Sub(s.Start)
}

// Contains reports Start <= i < End.
func (s Span) Contains(i Instant) bool { return s.Start <= i && i < s.End }

// Overlaps reports whether some instant lies in both spans.
func (s Span) Overlaps(o Span) bool {
	return s.Start < o.End && o.Start < s.End && !s.Empty() && !o.Empty()
}

// Intersect returns the instants in both spans; the result may be empty.
func (s Span) Intersect(o Span) Span {
	r := Span{max(s.Start, o.Start), min(s.End, o.End)}
	if r.Empty() {
		return Span{}
	}
	return r
}

// String writes the span as an ISO 8601 interval in UTC.
func (s Span) String() string { return fmt.Sprintf("%s/%s", s.Start, s.End) }

// Clock is the station's time. Both methods are safe for concurrent use and cost well under a
// microsecond, so they may be called for every packet.
//
// Implementations: internal/site/station in production, a hand-driven one in tests.
type Clock interface {
	// Now is station time: boot anchor plus monotonic time, slewed by at most 0.5 %, never backwards,
	// also not across a restart (CONTRACTS 1).
	Now() Instant
	// Reading is Now together with the monotonic time since the process's anchor and the epoch: the
	// number of confirmed forward steps (> 2 s) so far. Who sees the epoch change closes its run with
	// gap cause clock-step.
	Reading() ClockReading
}

// ClockReading is one coherent look at the station clock.
type ClockReading struct {
	Now   Instant
	Mono  time.Duration
	Epoch uint64
}
