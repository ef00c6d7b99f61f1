package recorder

import (
	"context"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

func TestRepairs(t *testing.T) {
	for _, c := range []struct {
		name  string
		known []custody.Span
		open  custody.Instant
		end   custody.Instant
		holes []custody.Span
	}{
		{"nothing is known", nil, 0, 0, nil},
		{"only a gap", nil, 10, 0, nil},
		{"all is well", pairs(10, 20, 20, 30), 30, 0, nil},
		{"the end is open, which is not a hole", pairs(10, 20), 0, 0, nil},
		{"a hole between two", pairs(10, 20, 25, 30), 30, 0, pairs(20, 25)},
		{"a hole before the open gap", pairs(10, 20), 25, 0, pairs(20, 25)},
		{"footage behind the open gap", pairs(10, 20, 40, 50), 20, 40, nil},
		{"twice, with a hole", pairs(10, 20, 40, 50, 60, 70), 20, 40, pairs(50, 60)},
		{"a hole before the gap that ends", pairs(10, 20, 40, 50), 25, 40, pairs(20, 25)},
		{"footage in place of the open gap", pairs(10, 20, 20, 30), 20, 20, nil},
		{"footage that begins before the open gap", pairs(10, 20, 22, 30), 25, 22, pairs(20, 22)},
		{"the first that is known follows the gap", pairs(40, 50), 20, 40, nil},
	} {
		end, holes := repairs(c.known, c.open)
		if end != c.end || !cmp.Equal(holes, c.holes) {
			t.Errorf("%s: the gap ends at %d and the holes are %v, want %d and %v", c.name, end, holes, c.end, c.holes)
		}
	}
}

// pairs are spans of which each has a start and an end.
func pairs(at ...custody.Instant) (out []custody.Span) {
	for pair := range slices.Chunk(at, 2) {
		out = append(out, custody.Span{Start: pair[0], End: pair[1]})
	}
	return out
}

// A process that is killed between a fragment's write and the end of its gap in the index leaves the gap open.
func TestFootageInTheSpoolEndsTheGapBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapUnreachable, "no route")
		g.wait(time.Minute)
		g.r.Stop(time.Minute)
		g.index.gaps = g.index.gaps[:1]
		g.index.gaps[0].Span.End = 0
		left := g.leave(5 * time.Second)
		g.wait(15 * time.Second)
		g.boot(Options{LastAlive: left})
		g.connect()
		g.film(10 * time.Second)
		g.stop()
		g.wantGaps("camera-unreachable 59.9", "crash 10.1", "stopped open")
	})
}

// A recovered segment may be settled while its stream is being opened.
func TestFootageThatIsSettledMeanwhileIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.r.Stop(time.Minute)
		g.index.gaps = nil
		g.wait(100 * time.Millisecond) // the last frame's time
		left := g.leave(5 * time.Second)
		g.wait(15 * time.Second)
		g.index.late = synctest.Wait
		g.boot(Options{LastAlive: left})
		g.connect()
		g.film(10 * time.Second)
		g.stop()
		g.wantGaps("crash 10.1", "stopped open")
	})
}

// leave puts a segment that begins now into the spool, as a killed process does, and returns its end.
func (g *rig) leave(d time.Duration) custody.Instant {
	head := vault.SegmentHead{ID: custody.NewSegmentID(), Run: g.index.runs[0]}
	head.Run.Run = custody.NewRunID()
	f := media.FragmentInfo{WallStart: g.clock.Now(), WallEnd: g.clock.Now().Add(d)}
	g.spool.leftovers = append(g.spool.leftovers, &memoryPending{m: g.spool, head: head, infos: []media.FragmentInfo{f}, units: 1})
	return f.WallEnd
}

// A power cut loses segments that were not settled, while the index has the gaps before and after them.
func TestFootageLostBetweenTwoGapsIsDeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		for range 3 {
			g.film(10 * time.Second)
			g.s.Stop(g.clock.Now(), media.GapClosed, "")
			g.wait(5 * time.Second)
			g.connect()
		}
		g.film(10 * time.Second)
		g.stop()
		slices.SortFunc(g.index.rows, func(a, b media.SegmentRow) int { return int(a.Span.Start - b.Span.Start) })
		g.index.rows = slices.Delete(g.index.rows, 1, 2)
		g.boot(Options{LastAlive: g.clock.Now()})
		g.stop()
		if gaps := g.index.causes(); !slices.ContainsFunc(gaps, func(s string) bool { return s == "crash 10.0" || s == "crash 10.1" }) {
			t.Errorf("the lost segment is not declared: %v", gaps)
		}
	})
}

func (x *memoryIndex) Segments(_ context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error] {
	return func(yield func(media.SegmentRow, error) bool) {
		var rows []media.SegmentRow
		err := x.locked(func() error { rows = slices.Clone(x.rows); return nil })
		if err != nil {
			yield(media.SegmentRow{}, err)
			return
		}
		for _, r := range rows {
			if r.Stream == stream && r.Span.Overlaps(span) && !yield(r, nil) {
				return
			}
		}
	}
}

func (x *memoryIndex) Gaps(_ context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error] {
	return func(yield func(media.Gap, error) bool) {
		var gaps []media.Gap
		err := x.locked(func() error { gaps = slices.Clone(x.gaps); return nil })
		if err != nil {
			yield(media.Gap{}, err)
			return
		}
		for _, g := range gaps {
			if g.Stream == stream && (g.Span.End == 0 || g.Span.Overlaps(span)) && !yield(g, nil) {
				return
			}
		}
	}
}
