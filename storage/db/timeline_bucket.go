package db

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	seam     = custody.Instant(100_000)    // adjoining segments may lie this far apart
	minute   = custody.Instant(60_000_000) // of activity, in a bucket
	octave   = 12                          // codes in which activity doubles
	perLevel = 32                          // levels in which it doubles
	middle   = 128                         // the level of the median
)

// bucket is an hour or a day of one stream, summed up.
type bucket struct {
	start, end custody.Instant
	recorded   []custody.Span // in time order, apart, within the bucket
	activity   []byte         // a code a minute; empty if nothing is known
}

// within lists what is recorded of the bucket in the span.
func (b bucket) within(span custody.Span) []custody.Span {
	var out []custody.Span
	for _, r := range b.recorded {
		if c := r.Intersect(span); !c.Empty() {
			out = append(out, c)
		}
	}
	return out
}

// merged joins spans, which are in order of their start, that overlap or lie at most so far apart.
func merged(spans []custody.Span, apart custody.Instant) []custody.Span {
	var out []custody.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start-out[n-1].End <= apart {
			out[n-1].End = max(out[n-1].End, s.End)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// coarse joins the closest spans until at most limit are left.
func coarse(spans []custody.Span, limit int) []custody.Span {
	for apart := custody.Instant(1_000_000); len(spans) > limit; apart *= 2 {
		spans = merged(spans, apart)
	}
	return spans
}

// packSpans codes spans as varints: how far each begins after the end of the one before, and how long it is, in microseconds.
func packSpans(start custody.Instant, spans []custody.Span) []byte {
	b := []byte{}
	for _, s := range coarse(spans, maxSpans) {
		b = binary.AppendUvarint(b, uint64(s.Start-start))
		b = binary.AppendUvarint(b, uint64(s.End-s.Start))
		start = s.End
	}
	return b
}

// unpackSpans reads what packSpans wrote; anything else is Corrupt.
func unpackSpans(start custody.Instant, b []byte) ([]custody.Span, error) {
	var out []custody.Span
	for len(b) > 0 {
		skip, n := binary.Uvarint(b)
		length, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || skip > uint64(day) || length == 0 || length > uint64(day) || len(out) >= maxSpans {
			return nil, custody.Errorf(custody.Corrupt, "a timeline bucket cannot be read")
		}
		s := custody.Span{Start: start + custody.Instant(skip)}
		s.End = s.Start + custody.Instant(length)
		out, start, b = append(out, s), s.End, b[n+m:]
	}
	return out, nil
}

// activity gathers what is known about movement, and tells it in steps.
type activity struct {
	span  custody.Span
	step  custody.Instant
	fine  bool     // steps below a minute, read from the segments
	codes []byte   // the highest code of each step; 0 unknown
	bytes []uint64 // of fine steps
	secs  []float64
	known [256]int // how often each code of a minute was met: the camera's own measure
	loose minutes  // minutes that come from segments
}

// minutes sums bytes by minute.
type minutes map[custody.Instant]*sum

type sum struct {
	bytes   float64
	seconds float64
}

func newActivity(span custody.Span, step time.Duration) *activity {
	a := &activity{span: span, step: custody.Instant(step.Microseconds()), loose: minutes{}}
	a.codes = make([]byte, (int64(span.End-span.Start)+int64(a.step)-1)/int64(a.step))
	a.fine = a.step < minute && span.End-span.Start <= fineSpan*hour
	if a.fine {
		a.bytes, a.secs = make([]uint64, len(a.codes)), make([]float64, len(a.codes))
	}
	return a
}

// usual counts the minutes of a bucket for the median, if it is of the last days.
func (a *activity) usual(b bucket) {
	if b.end <= a.span.End-medianDays*day {
		return
	}
	for _, c := range b.activity {
		a.known[c]++
	}
}

// minutes spreads a bucket's minutes over the steps. With steps of a minute and more it walks along them: thirty days of 32 cameras
// are 1.4 million minutes.
func (a *activity) minutes(b bucket) {
	if a.step < minute {
		for i, c := range b.activity {
			a.raise(b.start+custody.Instant(i)*minute, c)
		}
		return
	}
	codes := b.activity
	at := b.start
	if skip := (a.span.Start - at) / minute; skip > 0 {
		codes, at = codes[min(int(skip), len(codes)):], at+skip*minute
	}
	k := max(0, (at-a.span.Start)/a.step)
	edge := a.span.Start + (k+1)*a.step
	for _, c := range codes {
		for at >= edge {
			k, edge = k+1, edge+a.step
		}
		if int(k) >= len(a.codes) {
			return
		}
		if c > a.codes[k] {
			a.codes[k] = c
		}
		if at += minute; at > edge && int(k)+1 < len(a.codes) && c > a.codes[k+1] {
			a.codes[k+1] = c
		}
	}
}

// raise lifts the steps that a minute touches to its code.
func (a *activity) raise(at custody.Instant, code byte) {
	if code == 0 || at+minute <= a.span.Start || at >= a.span.End {
		return
	}
	first := max(0, (at-a.span.Start)/a.step)
	last := min(custody.Instant(len(a.codes))-1, (at+minute-1-a.span.Start)/a.step)
	for i := first; i <= last; i++ {
		a.codes[i] = max(a.codes[i], code)
	}
}

// piece adds a segment.
func (a *activity) piece(p recordedPiece) {
	a.loose.add(p)
	if !a.fine || len(p.between) == 0 {
		return
	}
	each := float64(p.span.End-p.span.Start) / float64(len(p.between))
	for i, n := range p.between {
		from := p.span.Start + custody.Instant(float64(i)*each)
		to := max(p.span.Start+custody.Instant(float64(i+1)*each), from+1)
		for at := max(from, a.span.Start); at < min(to, a.span.End); {
			k := (at - a.span.Start) / a.step
			end := min(a.span.Start+(k+1)*a.step, to)
			a.bytes[k] += uint64(float64(n) * float64(end-at) / float64(to-from))
			a.secs[k] += float64(end-at) / 1e6
			at = end
		}
	}
}

// add spreads a segment's bytes over its minutes: each fragment counts for the minute of its middle.
func (m minutes) add(p recordedPiece) {
	each := float64(p.span.End-p.span.Start) / float64(max(len(p.between), 1))
	for i, n := range p.between {
		at := p.span.Start + custody.Instant((float64(i)+0.5)*each)
		at -= mod(at, minute)
		if m[at] == nil {
			m[at] = &sum{}
		}
		m[at].bytes += float64(n)
		m[at].seconds += each / 1e6
	}
}

func (s *sum) code() byte { return codeOf(s.bytes, s.seconds) }

// codeOf is a rate on a logarithmic scale: 0 for nothing known, then a twelfth of an octave each from 16 bytes a second.
func codeOf(bytes, seconds float64) byte {
	if seconds <= 0 {
		return 0
	}
	return byte(1 + min(254, math.Round(octave*math.Log2(1+bytes/seconds/16))))
}

// levels tells each step against the median: 128 is the median, each doubling adds 32, 0 is unknown.
func (a *activity) levels() []byte {
	for at, s := range a.loose {
		code := s.code()
		a.known[code]++
		if !a.fine {
			a.raise(at, code)
		}
	}
	for k := range a.secs {
		a.codes[k] = codeOf(float64(a.bytes[k]), a.secs[k])
	}
	median := a.median()
	for i, c := range a.codes {
		if c != 0 {
			a.codes[i] = byte(min(255, max(1, middle+(int(c)-median)*perLevel/octave)))
		}
	}
	return a.codes
}

func (a *activity) median() int {
	total := 0
	for _, n := range a.known[1:] {
		total += n
	}
	seen := 0
	for c := 1; c < 256; c++ {
		if seen += a.known[c]; seen*2 >= total {
			return c
		}
	}
	return 1
}
