package release

import (
	"context"
	"slices"
	"sort"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Why leaves that lie among those of an original are no part of it, beside media.Reason.
const (
	outsideSpan = "outside-span"
	anotherFile = "in-another-file"
	undecodable = "no-random-access" // cause of a gap: footage of which no picture can be decoded alone
	notRecorded = "not-recorded"
	disposedOf  = "disposed"
	leastGap    = 100_000 // microseconds: runs do not meet more closely than that
)

// run is one run of a camera inside an item's span, as it was planned.
type run struct {
	cut      *vault.Cut
	under    custody.GrantID // that cut was opened by
	window   custody.Span
	head     vault.SegmentHead
	row      map[custody.SegmentID]*segment
	order    []*segment // in order of the run
	films    []*film
	clips    int  // that the Cutter finds; not all of them are films
	paramsIn bool // every film's first picture carries its parameter sets
	left     []LeftOut
	widened  custody.Span
}

// segment is one segment of a run.
type segment struct {
	id     custody.SegmentID
	row    media.SegmentRow
	infos  []media.FragmentInfo
	leaves []uint64          // first leaf of each fragment
	shown  []custody.Instant // when the first picture of each is shown: leading pictures are ahead of the one that it begins with
}

// film is one original that is to be made: a Clip of the Cutter.
type film struct {
	run      *run
	clip     int // which of the run
	path     string
	tracks   []media.MovieTrack
	codecs   []media.Track
	span     custody.Span
	units    int
	size     int64
	segments []*segment
	shown    map[custody.SegmentID][]leafRange
	leftOut  []manifest.LeftOut
}

// leafRange is [from, to) of a segment's leaves.
type leafRange struct{ from, to uint64 }

// leafOf tells what becomes of one leaf of a segment.
type leafOf struct {
	leaf   uint64
	film   int // in run.films; -1 for none
	owner  int // the film that lists it as left out; -1 for none
	reason string
}

// plan decides what of a run becomes originals, by reading its units twice and no picture.
func plan(ctx context.Context, ix Index, c *vault.Cut, g access.Grant) (*run, error) {
	window := g.Span()
	head, err := c.Head(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{cut: c, under: g.ID(), window: window, head: head, row: map[custody.SegmentID]*segment{}, paramsIn: true}
	clips, err := r.clipsOf(ctx, window)
	if err != nil {
		return nil, err
	}
	for i := range clips {
		if err := r.film(i, &clips[i]); err != nil {
			return nil, err
		}
	}
	r.clips = len(clips)
	p := &planning{run: r, index: ix, window: window, clips: clips, films: make([]int, len(clips)), at: make([]int, len(clips))}
	p.assign()
	return r, p.walk(ctx)
}

// clipsOf is what the Cutter makes of the run: the same at every call.
func (r *run) clipsOf(ctx context.Context, window custody.Span) ([]media.Clip, error) {
	cutter, err := media.NewCutter(r.head.Run.Tracks, window)
	if err != nil {
		return nil, err
	}
	for u, err := range r.cut.Units(ctx) {
		if err != nil {
			return nil, err
		}
		if err := cutter.Add(u.Shown); err != nil {
			return nil, err
		}
	}
	return cutter.Clips(), nil
}

// film notes a Clip that has pictures, or sound, to be made.
func (r *run) film(n int, clip *media.Clip) error {
	for _, o := range clip.LeftOut {
		r.left = append(r.left, LeftOut{Track: r.codec(o.Track), Why: o.Why, Span: custody.Span{Start: o.First, End: o.Last + 1}, Units: o.Units})
	}
	if !clip.Widened.Empty() && r.widened.Empty() {
		r.widened = clip.Widened
	}
	if len(clip.Units) == 0 || !pictured(clip) {
		return nil
	}
	m, err := movieOf(clip)
	if err != nil {
		return err
	}
	f := &film{run: r, clip: n, tracks: m.Tracks(), units: len(clip.Units), size: m.Size(), shown: map[custody.SegmentID][]leafRange{}}
	for i, t := range clip.Tracks {
		if t.Units == 0 {
			continue
		}
		f.codecs = append(f.codecs, clip.Tracks[i].Track)
		lasts := f.tracks[len(f.codecs)-1].Duration / int64(t.Units)
		end := min(clip.Window.End, max(t.Last+1, t.Last+custody.Instant(media.Rescale(lasts, 1_000_000, t.Track.Timescale))))
		if f.span.Empty() {
			f.span = custody.Span{Start: t.First, End: end}
		}
		f.span = custody.Span{Start: min(f.span.Start, t.First), End: max(f.span.End, end)}
	}
	first := firstPicture(clip)
	r.paramsIn = r.paramsIn && first.Flags&media.HasParams != 0
	r.films = append(r.films, f)
	return nil
}

// pictured reports whether a Clip has a picture, or is of a run that has none.
func pictured(clip *media.Clip) bool {
	return !clip.Tracks[0].Track.Codec.Video() || clip.Tracks[0].Units > 0
}

func firstPicture(clip *media.Clip) media.Unit {
	for _, u := range clip.Units {
		if u.Track == 1 {
			return u.Unit
		}
	}
	return media.Unit{}
}

// movieOf lays a Clip out. Its date is that of its first unit, so that the same footage gives the same file.
func movieOf(clip *media.Clip) (*media.Movie, error) {
	return media.NewMovie(*clip, clip.Units[0].Wall)
}

func (r *run) codec(track uint8) media.Codec { return r.head.Run.Tracks[track-1].Codec }

// planning is a run's second reading: which leaf is shown where, and why not.
type planning struct {
	run    *run
	index  Index
	window custody.Span
	clips  []media.Clip
	films  []int // the film of each clip; the neighbour's for a clip that is none
	at     []int // how far each clip's units were met

	clip   int // that the last unit was of
	number uint32
	open   *segment
	rows   []leafOf
}

// assign gives every clip the film that lists what is left out of it: its own, or the one before it, or the one after.
func (p *planning) assign() {
	own := map[int]int{}
	for i, f := range p.run.films {
		own[f.clip] = i
	}
	last := -1
	if len(p.run.films) > 0 {
		last = 0
	}
	for i := range p.clips {
		if f, ok := own[i]; ok {
			last = f
		}
		p.films[i] = last
	}
}

// walk reads the units again.
func (p *planning) walk(ctx context.Context) error {
	for u, err := range p.run.cut.Units(ctx) {
		if err != nil {
			return err
		}
		if p.open == nil || p.open.id != u.Segment {
			p.close()
			if err := p.begin(ctx, u.Segment); err != nil {
				return err
			}
		}
		l := leafOf{leaf: u.Leaf, film: -1, owner: -1, reason: outsideSpan}
		if u.Inside {
			p.inside(u, &l)
			p.open.show(u)
		}
		p.rows = append(p.rows, l)
		p.number++
	}
	p.close()
	return nil
}

// inside finds the clip of a unit, which is the one that shows it or leaves it out.
func (p *planning) inside(u vault.CutUnit, l *leafOf) {
	for i := p.clip; i < len(p.clips); i++ { // clips follow one another in the stream
		c := &p.clips[i]
		if n := p.at[i]; n < len(c.Units) && c.Units[n].At == p.number {
			p.at[i]++
			p.clip = i
			l.film, l.owner = p.films[i], p.films[i]
			if l.film < 0 || p.run.films[l.film].clip != i { // sound alone, of a stretch without a picture
				l.film, l.reason = -1, string(media.BeforeRandomAccess)
			}
			return
		}
		for _, o := range c.LeftOut {
			if o.Track == u.Track && o.FirstSeq <= u.Seq && u.Seq <= o.LastSeq {
				p.clip = i
				l.owner, l.reason = p.films[i], string(o.Why)
				return
			}
		}
	}
}

// begin opens the next segment of the run.
func (p *planning) begin(ctx context.Context, id custody.SegmentID) error {
	row, err := p.index.Segment(ctx, id)
	if err != nil {
		return err
	}
	s := &segment{id: id, row: row}
	if s.infos, err = media.UnpackFragments(row.Fragments); err != nil {
		return custody.Wrap(custody.Corrupt, err, "segment %s: the row's fragment table cannot be read", id)
	}
	leaf := uint64(1)
	for _, f := range s.infos {
		s.leaves, s.shown = append(s.leaves, leaf), append(s.shown, f.WallStart)
		leaf += uint64(f.Units)
	}
	p.open, p.rows = s, p.rows[:0]
	p.run.row[id], p.run.order = s, append(p.run.order, s)
	return nil
}

// fragment is the number of the fragment that a leaf lies in.
func (s *segment) fragment(leaf uint64) int {
	return max(0, sort.Search(len(s.leaves), func(i int) bool { return s.leaves[i] > leaf })-1)
}

// show notes when a picture is shown.
func (s *segment) show(u vault.CutUnit) {
	if n := s.fragment(u.Leaf); u.Track == 1 {
		s.shown[n] = min(s.shown[n], u.Wall)
	}
}

// close divides the open segment's leaves among the films.
func (p *planning) close() {
	if p.open == nil {
		return
	}
	for i := range p.run.films {
		p.share(i)
	}
}

// share gives one film its part of the open segment: the leaves that it shows, and those that it lists as left out.
func (p *planning) share(n int) {
	f := p.run.films[n]
	first, last := -1, -1
	var shown []leafRange
	for i, l := range p.rows {
		if l.film != n {
			continue
		}
		if last = i; first < 0 {
			first = i
		}
		shown = grow(shown, l.leaf)
	}
	var out []manifest.LeftOut
	for i, l := range p.rows {
		among := first <= i && i <= last && first >= 0
		if l.film == n || !among && (l.film >= 0 || !p.lists(n, &p.rows[i])) {
			continue
		}
		reason := l.reason
		if l.film >= 0 {
			reason = anotherFile
		}
		if k := len(out) - 1; k >= 0 && out[k].From+out[k].Count == l.leaf && out[k].Reason == reason {
			out[k].Count++
			continue
		}
		out = append(out, manifest.LeftOut{Segment: p.open.id, From: l.leaf, Count: 1, Reason: reason})
	}
	if len(shown) == 0 && len(out) == 0 {
		return
	}
	if k := len(f.segments); k > 0 && p.open.row.Number != f.segments[k-1].row.Number+1 {
		if len(shown) == 0 {
			return // of a stretch behind a segment that is missing: a gap, as far as this film goes
		}
		f.segments, f.leftOut = nil, nil
	}
	if len(shown) > 0 {
		f.shown[p.open.id] = shown
	}
	f.segments = append(f.segments, p.open)
	f.leftOut = append(f.leftOut, out...)
}

// lists reports whether a film lists a leaf as left out that no film shows: what was cut off its own clip, and what a fragment holds that
// lies inside the window as a whole, though the unit itself does not.
func (p *planning) lists(n int, l *leafOf) bool {
	if l.owner >= 0 {
		return l.owner == n
	}
	f := p.open.infos[p.open.fragment(l.leaf)]
	inside := p.window.Start <= f.WallStart && f.WallEnd <= p.window.End
	return inside && n == p.first()
}

// first is the first film that has anything to do with the open segment; 0 if none has.
func (p *planning) first() int {
	least := len(p.run.films)
	for _, l := range p.rows {
		if l.owner >= 0 {
			least = min(least, l.owner)
		}
	}
	if least == len(p.run.films) {
		return 0
	}
	return least
}

func grow(ranges []leafRange, leaf uint64) []leafRange {
	if n := len(ranges); n > 0 && ranges[n-1].to == leaf {
		ranges[n-1].to++
		return ranges
	}
	return append(ranges, leafRange{leaf, leaf + 1})
}

// covered is the time of the fragments of which the films tell something: what they show, or list as left out.
func (r *run) covered() []custody.Span {
	told := map[custody.SegmentID][]leafRange{}
	for _, f := range r.films {
		for id, ranges := range f.shown {
			told[id] = append(told[id], ranges...)
		}
		for _, l := range f.leftOut {
			told[l.Segment] = append(told[l.Segment], leafRange{l.From, l.From + l.Count})
		}
	}
	var out []custody.Span
	for _, s := range r.order {
		for i, f := range s.infos {
			from := s.leaves[i]
			if slices.ContainsFunc(told[s.id], func(x leafRange) bool { return x.from < from+uint64(f.Units) && from < x.to }) {
				out = append(out, custody.Span{Start: s.shown[i], End: f.WallEnd})
			}
		}
	}
	return out
}
