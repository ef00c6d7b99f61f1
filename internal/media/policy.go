package media

import (
	"hash/fnv"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Boundary says what to do with the open segment before a fragment is appended.
type Boundary uint8

const (
	Stay     Boundary = iota // the fragment belongs to the open segment
	Cut                      // close the segment: the fragment begins the next at a random access point
	CutShort                 // close the segment at a hard limit: SegmentEnd.Continuation
)

// SegmentPolicy decides where the segments of one stream end (CONTRACTS 3): at the first random access point SegmentTarget
// after the segment's start, at the latest before SegmentMaxTime, SegmentMaxBytes or MaxFragments would be exceeded. The first segment aims
// for SegmentTarget less the stagger, so that cameras started together do not settle together. One per run;
// not safe for concurrent use.
type SegmentPolicy struct {
	target time.Duration
	open   bool
	start  custody.Instant
	bytes  int64
	count  int
}

// NewSegmentPolicy begins a run. stagger is limited to 0 <= stagger <= SegmentTarget; see Stagger.
func NewSegmentPolicy(stagger time.Duration) *SegmentPolicy {
	return &SegmentPolicy{target: SegmentTarget - min(max(stagger, 0), SegmentTarget)}
}

// Stagger is a stream's own part of a minute, from its id: 0 up to 50 s in whole milliseconds.
func Stagger(stream custody.StreamID) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(stream))
	return time.Duration(h.Sum32()%50_000) * time.Millisecond
}

// Next decides about the next fragment of the run, whose content takes size bytes, and takes it for appended: after Cut or
// CutShort it is the first of a new segment. The run's first fragment always stays.
func (p *SegmentPolicy) Next(f FragmentInfo, size int64) Boundary {
	if !p.open {
		p.open = true
		p.restart(f, size)
		return Stay
	}
	switch {
	case f.RandomAccess && f.WallStart.Sub(p.start) >= p.target:
		p.target = SegmentTarget
		p.restart(f, size)
		return Cut
	case f.WallEnd.Sub(p.start) > SegmentMaxTime || p.bytes+size > SegmentMaxBytes || p.count >= MaxFragments:
		p.target = SegmentTarget
		p.restart(f, size)
		return CutShort
	}
	p.bytes += size
	p.count++
	return Stay
}

func (p *SegmentPolicy) restart(f FragmentInfo, size int64) {
	p.start, p.bytes, p.count = f.WallStart, size, 1
}
