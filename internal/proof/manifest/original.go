package manifest

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
	"github.com/footage-custody/custody/internal/proof/seal"
)

const (
	// looseness is how far a unit may lie from the fragment that the tree places it in: pictures are shown out of order, and sound
	// is aligned by its receipt.
	looseness = custody.Instant(4_000_000)
	// maxLate bounds how far the promptest unit's receipt may lie from its wall time, either way, in microseconds: the recorder ends
	// a run whose media clock strays by 10 s.
	maxLate = 12_000_000
)

// proving is the check of one original.
type proving struct {
	v      *verifier
	item   *Item
	r      *Rendition
	result *FileResult
	lanes  map[uint8]*lane
	out    map[custody.SegmentID][]leafRange // listed as left out, in order
}

// lane is one track on its way through the segments.
type lane struct {
	track   Track
	samples []mp4box.Sample
	digests []Digest
	next    int
	last    *Unit // the one before, and its media time
	lastPTS int64
	least   int64 // least receipt less wall time, microseconds

	anchors, exact int // first units of fragments, and those that the fragment table places where the file does
}

// original proves every unit of a file: its bytes to its leaf, the leaves to their segment's root, the segment to the log.
func (v *verifier) original(item *Item, r *Rendition, f File, film *film) error {
	p := &proving{v: v, item: item, r: r, lanes: map[uint8]*lane{}, out: map[custody.SegmentID][]leafRange{}}
	for _, l := range r.LeftOut {
		p.out[l.Segment] = append(p.out[l.Segment], leafRange{l.From, l.From + l.Count})
	}
	for i := range v.report.Files {
		if v.report.Files[i].Path == r.Path {
			p.result = &v.report.Files[i]
		}
	}
	if !p.tracks(film) {
		return nil
	}
	for n, id := range r.Segments {
		s, err := v.segment(id)
		if err != nil {
			return err
		}
		if s == nil {
			v.fault(Missing, "no-proof", r.Path, "What %s holds of segment %s and after cannot be proved without the segment's own proof.", r.Path, id)
			return nil
		}
		if !p.belongs(n, s) {
			return nil
		}
		if err := p.segment(s); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
	p.finish()
	return p.parameters(f, film)
}

func (p *proving) fault(w Weight, code string, at *Time, format string, args ...any) {
	p.v.report.add(Finding{Weight: w, Code: code, File: p.r.Path, Item: p.item.Number, Time: at, Text: fmt.Sprintf(format, args...)})
}

// unitFault names one unit.
func (p *proving) unitFault(code string, s *provedSegment, u *Unit, at custody.Instant, format string, args ...any) {
	t, seq := Time(at), u.Seq
	p.v.report.add(Finding{Weight: Altered, Code: code, File: p.r.Path, Item: p.item.Number, Segment: s.proof.Segment, Track: u.Track, Unit: &seq, Time: &t,
		Text: fmt.Sprintf(format, args...)})
}

// tracks pairs the file's tracks with those that package.json states.
func (p *proving) tracks(film *film) bool {
	for i, t := range film.file.Tracks {
		for _, want := range p.r.Tracks {
			if uint32(want.ID) == t.ID && want.Timescale == t.Timescale && len(t.Entries) == 1 && t.Entries[0].Format == formatOf(want.Codec) {
				p.lanes[want.ID] = &lane{track: want, samples: t.Samples, digests: film.digests[i], least: math.MaxInt64}
			}
		}
	}
	if len(p.lanes) != len(p.r.Tracks) || len(p.lanes) != len(film.file.Tracks) {
		p.fault(Altered, "bad-media", nil, "The tracks of %s are not those that %s states.", p.r.Path, filePackage)
		return false
	}
	return true
}

func formatOf(codec string) string {
	switch codec {
	case "h264":
		return "avc1"
	case "h265":
		return "hvc1"
	case "aac":
		return "mp4a"
	case "opus":
		return "Opus"
	}
	return ""
}

// belongs checks that segment n of the file is of the camera, stream and run that it should be, and follows the one before.
func (p *proving) belongs(n int, s *provedSegment) bool {
	start := Time(s.sealed.Start)
	if s.camera != p.item.Camera.ID || s.sealed.Stream != p.r.Stream || s.sealed.Run != p.r.Run {
		p.fault(Altered, "other-camera", &start, "Segment %s was recorded of another camera or run than %s claims.", s.proof.Segment, p.r.Path)
		return false
	}
	if first := p.v.segments[p.r.Segments[0]]; s.sealed.Number != first.sealed.Number+uint32(n) {
		p.fault(Altered, "missing-segment", &start, "A segment is left out of %s: before %s, segment %d of the run stands where segment %d belongs.",
			p.r.Path, start, s.sealed.Number, first.sealed.Number+uint32(n))
		return false
	}
	if l := p.lanes[1]; l != nil && l.track.Timescale != s.sealed.Timescale {
		p.fault(Altered, "time-changed", &start, "%s counts time at another rate than was sealed.", p.r.Path)
		return false
	}
	return true
}

// segment matches the segment's rows with the file's samples and proves the rows.
func (p *proving) segment(s *provedSegment) error {
	part, skip := s.proof.of(p.r.Path)
	if part == nil {
		return nil // everything of it inside the span is listed as left out, which the item's check sees
	}
	path := segmentRowsFile(s.proof.Segment)
	raw, err := p.v.tagged(path, MaxUnits)
	if err != nil {
		return err
	}
	rows, err := parseRows(raw)
	count := uint64(0)
	for _, x := range s.proof.Units {
		count += x.Count
	}
	if err == nil && uint64(len(rows)) != count {
		err = custody.Errorf(custody.Corrupt, "it has %d rows where %d belong", len(rows), count)
	}
	if err != nil {
		p.fault(Altered, "bad-proof", nil, "%s cannot be used: %s.", path, custody.PublicText(err))
		return errStop
	}
	rows = rows[skip : skip+part.Count]
	leaves := make([]seal.Hash, len(rows))
	byTrack := map[uint8][]int{}
	for i := range rows {
		leaves[i] = rows[i].Hash
		if u := rows[i].Unit; u != nil {
			leaves[i] = u.Leaf()
			byTrack[u.Track] = append(byTrack[u.Track], i)
		}
	}
	start := Time(s.sealed.Start)
	if err := seal.VerifyRange(part.Proof, s.sealed.Leaves, seal.Hash(s.sealed.Root), part.From, leaves); err != nil {
		p.fault(Altered, "not-sealed", &start, "The units of %s in segment %s, which begins at %s, are not what was sealed: their leaves do not lead to the segment's root.",
			p.r.Path, s.proof.Segment, start)
	}
	for track, indexes := range byTrack {
		l := p.lanes[track]
		if l == nil {
			p.fault(Altered, "unit-missing", &start, "Track %d of segment %s is disclosed, and %s does not have it.", track, s.proof.Segment, p.r.Path)
			continue
		}
		p.match(s, l, part.From, rows, indexes)
	}
	p.hidden(s, part.From, rows)
	return nil
}

// match walks along one track; from is the leaf of the first row. Where file and proof part it finds out which unit was put in, taken out, moved or changed.
func (p *proving) match(s *provedSegment, l *lane, from uint64, rows []Row, indexes []int) {
	have := func(n int) *Digest {
		if n >= len(l.digests) {
			return nil
		}
		return &l.digests[n]
	}
	same := func(d *Digest, i int) bool {
		return d != nil && i < len(indexes) && rows[indexes[i]].Unit.Payload == *d
	}
	for i := 0; i < len(indexes); {
		u := rows[indexes[i]].Unit
		leaf := from + uint64(indexes[i])
		here, after := have(l.next), have(l.next+1)
		at := p.shownAt(s, l, leaf)
		switch {
		case same(here, i):
			p.place(s, l, u, leaf)
			p.result.Units++
			if u.Flags&flagDamaged != 0 {
				p.result.Damaged++
			}
			i, l.next = i+1, l.next+1
		case same(after, i) && same(here, i+1):
			p.unitFault("unit-moved", s, u, at, "Two units of track %d near %s have changed places, the first being unit %d.", u.Track, Time(at), u.Seq)
			i, l.next, l.last = i+2, l.next+2, nil
		case same(after, i):
			p.unitFault("unit-added", s, u, at, "Before unit %d of track %d, near %s, stands one that the camera did not send.", u.Seq, u.Track, Time(at))
			l.next++
		case here == nil || same(here, i+1):
			p.unitFault("unit-missing", s, u, at, "Unit %d of track %d, near %s, is missing.", u.Seq, u.Track, Time(at))
			i, l.last = i+1, nil
		default:
			p.unitFault("unit-altered", s, u, at, "Unit %d of track %d, near %s, is not what the camera sent.", u.Seq, u.Track, Time(at))
			i, l.next, l.last = i+1, l.next+1, nil
		}
	}
}

const flagDamaged = 2

// shownAt is when the file shows the sample that stands where this leaf's unit belongs; near enough if it is none of ours.
func (p *proving) shownAt(s *provedSegment, l *lane, leaf uint64) custody.Instant {
	f := s.stretchOf(leaf)
	if l.next >= len(l.samples) {
		return f.wall.Start
	}
	return f.wallOf(l.samples[l.next].PTS()+l.track.Base, l.track.Timescale, s.sealed.Timescale)
}

// stretchOf is the fragment that a leaf of a unit belongs to.
func (s *provedSegment) stretchOf(leaf uint64) *stretch {
	n := sort.Search(len(s.table), func(i int) bool { return s.table[i].leaf+s.table[i].units > leaf })
	return &s.table[min(n, len(s.table)-1)]
}

// place checks when a unit is shown: against the unit before it, the fragment table, and the span.
func (p *proving) place(s *provedSegment, l *lane, u *Unit, leaf uint64) {
	f := s.stretchOf(leaf)
	pts := l.samples[l.next].PTS() + l.track.Base
	wall := f.wallOf(pts, l.track.Timescale, s.sealed.Timescale)
	if l.last != nil && uint32(pts-l.lastPTS) != u.RTP-l.last.RTP {
		p.unitFault("time-changed", s, u, wall, "Unit %d of track %d is shown at another time than the camera gave it: the file places it at %s.", u.Seq, u.Track, Time(wall))
	}
	l.last, l.lastPTS = u, pts
	if wall < f.wall.Start-looseness || wall > f.wall.End+looseness {
		p.unitFault("time-changed", s, u, wall, "Unit %d of track %d is shown at %s, and was recorded about %s.", u.Seq, u.Track, Time(wall), Time(f.wall.Start))
	}
	if !p.r.Span.In().Contains(wall) {
		p.unitFault("outside-span", s, u, wall, "Unit %d of track %d is of %s, outside the span that was released.", u.Seq, u.Track, Time(wall))
	}
	if u.Track == 1 && leaf == f.leaf && (s.sealed.Number > 0 || leaf > 1) {
		l.anchors++
		if pts == f.firstTick {
			l.exact++
		}
	}
	l.least = min(l.least, int64(u.Receipt)-int64(wall))
}

// hidden checks that leaves between disclosed ones that are not disclosed themselves are listed as left out.
func (p *proving) hidden(s *provedSegment, from uint64, rows []Row) {
	out := p.out[s.proof.Segment]
	for i := 0; i < len(rows); i++ {
		if rows[i].Unit != nil || leavesOut(out, from+uint64(i)) {
			continue
		}
		first := i
		for i+1 < len(rows) && rows[i+1].Unit == nil && !leavesOut(out, from+uint64(i)+1) {
			i++
		}
		at := Time(s.stretchOf(from + uint64(first)).wall.Start)
		p.fault(Altered, "unit-missing", &at, "%d units near %s were recorded, and are neither in %s nor listed as left out.", i-first+1, at, p.r.Path)
	}
}

// leavesOut reports whether a leaf lies in one of the ranges, which are in order and apart.
func leavesOut(ranges []leafRange, leaf uint64) bool {
	n := sort.Search(len(ranges), func(i int) bool { return ranges[i].to > leaf })
	return n < len(ranges) && ranges[n].from <= leaf
}

// finish checks what only the whole file shows.
func (p *proving) finish() {
	for _, t := range p.r.Tracks {
		l := p.lanes[t.ID]
		if n := len(l.samples) - l.next; n > 0 {
			p.fault(Altered, "unit-added", nil, "%s holds %d units at the end of track %d that nothing proves.", p.r.Path, n, t.ID)
		}
		if l.anchors > 0 && 2*l.exact < l.anchors {
			p.fault(Altered, "time-shifted", nil, "The times of %s are shifted: %d of %d fragments begin elsewhere than the fragment table says.", p.r.Path, l.anchors-l.exact, l.anchors)
		}
		if l.least != math.MaxInt64 && (l.least > maxLate || l.least < -maxLate) {
			p.fault(Altered, "time-shifted", nil, "The times of track %d of %s lie %d seconds from when its units were received.", t.ID, p.r.Path, l.least/1_000_000)
		}
		if t.ID == 1 && l.anchors == 0 && len(l.samples) > 0 {
			p.v.note("%s is too short to hold the beginning of a fragment: its times follow from when its units were received, to within %d seconds.", p.r.Path, maxLate/1_000_000)
		}
	}
}
