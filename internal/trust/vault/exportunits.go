package vault

import (
	"context"
	"iter"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Units yields the run's units as they are sealed: from the fragment with the last closed random access point before the Grant's span, at
// most LongestGroup before it, or from that in which sound of the span begins if it is ahead of that, to the end of the fragment after the one in which the span ends. It reads tables and no picture.
// Errors are Head's; one ends it.
func (c *Cut) Units(ctx context.Context) iter.Seq2[CutUnit, error] {
	return func(yield func(CutUnit, error) bool) {
		if err := c.locate(ctx); err != nil {
			yield(CutUnit{}, err)
			return
		}
		for i := c.start; i < len(c.fragments); i++ {
			if !c.yieldFragment(ctx, i, yield) {
				return
			}
		}
	}
}

func (c *Cut) yieldFragment(ctx context.Context, i int, yield func(CutUnit, error) bool) bool {
	t, err := c.table(ctx, i)
	if err == nil {
		err = c.permitted(i)
	}
	if err != nil {
		return yield(CutUnit{}, err) && false
	}
	for n, u := range t.Units {
		out := CutUnit{Segment: c.fragments[i].segment, Leaf: c.fragments[i].leaf + uint64(n), Reel: i >= c.reel && i < c.reelEnd}
		out.Unit, out.Wall = u, c.wall(i, u)
		if out.Inside, err = c.inside(i, out.Wall); err != nil {
			return yield(CutUnit{}, err) && false
		}
		if !yield(out, nil) {
			return false
		}
	}
	return true
}

// wall is when a unit of fragment i is shown or heard. Its track exists (table).
func (c *Cut) wall(i int, u media.Unit) custody.Instant {
	tracks := c.head.Run.Tracks
	return media.TrackWall(c.fragments[i].info, tracks[0].Timescale, tracks[u.Track-1].Timescale, u.PTS)
}

// locate finds, once, where Units begins and where Reel ends.
func (c *Cut) locate(ctx context.Context) error {
	if c.reelEnd > 0 {
		return nil
	}
	if _, err := c.Head(ctx); err != nil {
		return err
	}
	start, err := c.closedBefore(ctx)
	if err != nil {
		return err
	}
	for needed := true; needed && start > 0; { // sound comes ahead of its pictures
		if needed, err = c.reaches(ctx, start-1); err != nil {
			return err
		}
		if needed {
			start--
		}
	}
	end := c.to
	if end < len(c.fragments) {
		needed, err := c.reaches(ctx, end)
		if err != nil {
			return err
		}
		if needed {
			end++ // it is needed to show what is decoded late
		}
	}
	numbers, n := make([]int, 0, len(c.fragments)-start), 0
	for _, f := range c.fragments[start:] {
		numbers, n = append(numbers, n), n+int(f.info.Units)
	}
	c.start, c.numbers, c.reelEnd = start, numbers, end
	return nil
}

// reaches reports whether a unit of fragment i is shown or heard inside the Grant's span.
func (c *Cut) reaches(ctx context.Context, i int) (bool, error) {
	t, err := c.table(ctx, i)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(t.Units, func(u media.Unit) bool { return c.g.Span().Contains(c.wall(i, u)) }), nil
}

// closedBefore is the last fragment with a closed random access point that is shown before the Grant's span, or as it begins; where
// Reel begins, if there is none near enough.
func (c *Cut) closedBefore(ctx context.Context) (int, error) {
	for i := c.from; i >= 0; i-- {
		t, err := c.table(ctx, i)
		if err != nil {
			return 0, err
		}
		for _, u := range t.Units {
			closed := u.Track == 1 && u.Flags&(media.RandomAccess|media.Open) == media.RandomAccess
			if closed && c.wall(i, u) <= c.g.Span().Start {
				return min(i, c.reel), nil
			}
		}
	}
	return c.reel, nil
}

// table is the unit table of fragment i. Those of its segment are read together and kept until another segment's are asked for.
func (c *Cut) table(ctx context.Context, i int) (UnitTable, error) {
	if i < c.tabled || i >= c.tabled+len(c.tables) {
		first, end := i, i+1
		for first > 0 && c.fragments[first-1].segment == c.fragments[i].segment {
			first--
		}
		for end < len(c.fragments) && c.fragments[end].segment == c.fragments[i].segment {
			end++
		}
		infos := make([]media.FragmentInfo, 0, end-first)
		for _, f := range c.fragments[first:end] {
			infos = append(infos, f.info)
		}
		s, err := c.source(ctx, i)
		if err != nil {
			return UnitTable{}, err
		}
		tables, err := c.v.units(ctx, s, infos)
		if err != nil {
			return UnitTable{}, err
		}
		if err := c.fit(tables); err != nil {
			return UnitTable{}, custody.Wrap(custody.Corrupt, err, "segment %s: its unit tables are not what was sealed", s.id)
		}
		c.tables, c.tabled = tables, first
	}
	return c.tables[i-c.tabled], nil
}

// fit fails unless the tables have as many units as the row says, of tracks that the run has.
func (c *Cut) fit(tables []UnitTable) error {
	for _, t := range tables {
		if len(t.Units) != int(t.Fragment.Units) {
			return custody.Errorf(custody.Corrupt, "fragment %d has %d units; the row says %d", t.Fragment.Number, len(t.Units), t.Fragment.Units)
		}
		for _, u := range t.Units {
			if u.Track == 0 || int(u.Track) > len(c.head.Run.Tracks) {
				return custody.Errorf(custody.Corrupt, "unit %d of fragment %d is of track %d, which the run does not have", u.Seq, t.Fragment.Number, u.Track)
			}
		}
	}
	return nil
}
