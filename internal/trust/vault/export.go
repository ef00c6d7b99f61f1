package vault

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// MaxCut is the longest span that Cuts answers at a time.
const MaxCut = 72 * time.Hour

// CutUnit is one access unit of a Cut.
type CutUnit struct {
	media.Shown                   // its instant is by CONTRACTS 1
	Segment     custody.SegmentID // that it is sealed in
	Leaf        uint64            // its leaf in that segment's tree, from 1; leaf 0 is the run header
	Inside      bool              // it is shown inside the Grant's span: nothing else ever leaves
	Reel        bool              // it is in a fragment that Reel writes
}

// Cut is the footage of one run under one Grant, exact to the unit: what a release is made of. What Units yields is numbered from 0, as a
// media.Cutter that is given all of it counts. Each fragment is judged again when it is read, so that a Grant which no longer stands ends
// the work there.
//
// Memory: 130 bytes a fragment, the unit tables of one segment, and three buffers of 4 MiB (of 16 MiB while single fragments are as large)
// between the first Payload or Reel and Close. Not safe for concurrent use.
type Cut struct {
	v         *Vault
	g         access.Grant
	run       custody.RunID
	fragments []cutFragment // from the earliest that may be needed to the one after the last
	from, to  int           // those with a part in the Grant's span: fragments[from:to]
	reel      int           // where Reel begins
	reelEnd   int           // behind where it ends; 0 until located
	start     int           // where Units begins, once located
	numbers   []int         // of the first unit of fragments[start:], once located

	head    *SegmentHead
	tables  []UnitTable // of the fragments of one segment, from tabled on
	tabled  int
	offsets []int // where the units of fragment cut lie in its media data, and its end
	cut     int
	media   []byte

	stretch loaded // fragments read last
	ahead   *reading
}

// cutFragment is one fragment of the run.
type cutFragment struct {
	segment custody.SegmentID
	leaf    uint64 // of its first unit
	info    media.FragmentInfo
}

// Cuts returns a Cut for every run of the stream with footage in the Grant's span, in order of time. The Grant is of FootageExport, or of
// FootageList: then it tells what a release would hold (Cut.Units), and opens no picture. A stream of another camera than the Grant's has
// no footage, like one that does not exist (CONTRACTS 16). Close every Cut.
//
// A fragment counts if a part of it lies in the Grant's span, and what of it lies there must be permitted; if any is not, there is no
// Cut at all, since a release holds everything it was decided on or is not made.
//
// Errors: Invalid (longer than MaxCut), Denied, Corrupt, Unavailable (also while a part of the span is not sealed yet).
func (v *Vault) Cuts(ctx context.Context, g access.Grant, stream custody.StreamID) ([]*Cut, error) {
	if err := stands(g, copying()); err != nil {
		return nil, err
	}
	span := g.Span()
	if span.Duration() > MaxCut {
		return nil, custody.Errorf(custody.Invalid, "the span is longer than %s: decide on shorter spans", MaxCut)
	}
	if v.clock.Now() < span.End {
		return nil, custody.Errorf(custody.Unavailable, "the span has not ended yet: nothing of it can be cut out before")
	}
	open := v.unsealed(g.Camera(), stream, span)
	byRun := map[custody.RunID]*Cut{}
	around := custody.Span{Start: span.Start.Add(-LongestGroup), End: span.End.Add(LongestGroup)}
	for row, err := range v.catalog.Segments(ctx, stream, around) {
		if err != nil {
			return nil, err
		}
		if row.Camera != g.Camera() || len(row.WrappedKey) == 0 {
			continue
		}
		delete(open, row.ID)
		c := byRun[row.Run]
		if c == nil {
			c = &Cut{v: v, g: g, run: row.Run, cut: -1}
			byRun[row.Run] = c
		}
		if err := c.add(row, around); err != nil {
			return nil, err
		}
	}
	if len(open) > 0 {
		return nil, custody.Errorf(custody.Unavailable, "a part of the span was recorded just now and is not sealed yet: try again in three minutes")
	}
	return placed(byRun)
}

// unsealed are the stream's segments in the spool that hold footage of the span, as far as can be told.
func (v *Vault) unsealed(camera custody.CameraID, stream custody.StreamID, span custody.Span) map[custody.SegmentID]bool {
	out := map[custody.SegmentID]bool{}
	for _, s := range v.spooledOf(camera, stream) {
		p := s.piece()
		if n := len(p.Fragments); n > 0 && p.Fragments[0].WallStart < span.End && (p.Growing || p.Fragments[n-1].WallEnd > span.Start) {
			out[p.Segment] = true
		}
	}
	return out
}

// placed leaves the Cuts that have something in the Grant's span, each permitted whole.
func placed(byRun map[custody.RunID]*Cut) ([]*Cut, error) {
	var cuts []*Cut
	for _, c := range byRun {
		if !c.place() {
			continue
		}
		for i := c.from; i < c.to; i++ {
			if err := c.permitted(i); err != nil {
				return nil, err
			}
		}
		cuts = append(cuts, c)
	}
	slices.SortFunc(cuts, func(a, b *Cut) int {
		return cmp.Compare(a.fragments[a.from].info.WallStart, b.fragments[b.from].info.WallStart)
	})
	return cuts, nil
}

// add takes the next segment of the run, and of its fragments those that may be needed.
func (c *Cut) add(row media.SegmentRow, around custody.Span) error {
	infos, err := media.UnpackFragments(row.Fragments)
	if err != nil {
		return custody.Wrap(custody.Corrupt, err, "segment %s: the row's fragment table cannot be read", row.ID)
	}
	leaf := uint64(1)
	for _, f := range infos {
		if f.WallEnd >= around.Start && f.WallStart < around.End {
			c.fragments = append(c.fragments, cutFragment{segment: row.ID, leaf: leaf, info: f})
		}
		leaf += uint64(f.Units)
	}
	return nil
}

// place finds the fragments with a part in the Grant's span and where a decoder begins; false if there are none. The one after the last
// is kept: what is decoded there may be shown before (media.Cutter).
func (c *Cut) place() bool {
	span, from, to := c.g.Span(), -1, 0
	for i, f := range c.fragments {
		if !partOf(span, f.info).Empty() {
			if from < 0 {
				from = i
			}
			to = i + 1
		}
	}
	if from < 0 {
		return false
	}
	c.fragments = slices.Clip(c.fragments[:min(to+1, len(c.fragments))])
	c.from, c.to, c.reel = from, to, from
	for i := from; i >= 0; i-- {
		if f := c.fragments[i].info; f.RandomAccess && f.WallStart <= span.Start {
			c.reel = i
			break
		}
	}
	return true
}

// permitted asks the Grant about fragment i: about what of it lies in the Grant's span, and if that is nothing whether the Grant stands.
func (c *Cut) permitted(i int) error {
	return c.v.permitsPart(c.g, c.g.Camera(), c.fragments[i].info)
}

// inside reports that a unit of fragment i is shown inside the Grant's span. A unit that is shown at another time than its fragment is
// judged alone.
func (c *Cut) inside(i int, wall custody.Instant) (bool, error) {
	return c.v.shownInside(c.g, c.g.Camera(), c.fragments[i].info, wall)
}

// Run is the run.
func (c *Cut) Run() custody.RunID { return c.run }

// Segments are the segments that hold fragments with a part in the Grant's span, in order of time.
func (c *Cut) Segments() []custody.SegmentID {
	var ids []custody.SegmentID
	for _, f := range c.fragments[c.from:c.to] {
		if n := len(ids); n == 0 || ids[n-1] != f.segment {
			ids = append(ids, f.segment)
		}
	}
	return ids
}

// Head is the head of the first of them. Its tracks and its init section are the whole run's. Errors are those of Cuts, and NotFound
// if the segment was disposed of meanwhile.
func (c *Cut) Head(ctx context.Context) (SegmentHead, error) {
	if err := c.permitted(c.from); err != nil {
		return SegmentHead{}, err
	}
	if c.head == nil {
		s, err := c.source(ctx, c.from)
		if err != nil {
			return SegmentHead{}, err
		}
		head, err := c.v.head(ctx, s)
		if err != nil {
			return SegmentHead{}, err
		}
		if err := media.ValidTracks(head.Run.Tracks); err != nil {
			return SegmentHead{}, custody.Wrap(custody.Corrupt, err, "segment %s: its head names no tracks that can be", s.id)
		}
		c.head = &head
	}
	return *c.head, nil
}

// source is the settled segment of fragment i.
func (c *Cut) source(ctx context.Context, i int) (*source, error) {
	s, err := c.v.findSettled(ctx, c.fragments[i].segment)
	if err == nil && s.camera != c.g.Camera() {
		err = custody.Errorf(custody.NotFound, "there is no segment %s", s.id)
	}
	return s, err
}

// fragmentOf finds the fragment of a numbered unit, once located.
func (c *Cut) fragmentOf(at uint32) (i, unit int, ok bool) {
	n := sort.SearchInts(c.numbers, int(at)+1) - 1
	i = c.start + n
	if n < 0 || i >= len(c.fragments) {
		return 0, 0, false
	}
	unit = int(at) - c.numbers[n]
	return i, unit, unit < int(c.fragments[i].info.Units)
}
