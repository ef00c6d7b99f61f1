package check

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// scanRows reads every row once: it proves each by itself, proves I3 along each stream, and tallies all of them for the
// comparisons with the log and with the object store.
func (p *pass) scanRows(ctx context.Context) error {
	var err error
	if p.began, err = p.Log.Head(ctx); err != nil {
		return err
	}
	if err := p.scanRuns(ctx); err != nil {
		return err
	}
	t := timeline{}
	for next, err := range p.pieces(ctx) {
		if err != nil {
			return err
		}
		t.step(next)
	}
	p.report.omit("I3", t.more)
	return p.lookAgain(ctx, t.suspects)
}

// pieces merges segments and gaps by stream and start, and looks at each row as it comes by. Ids are lower-case
// base32, which every collation orders alike.
func (p *pass) pieces(ctx context.Context) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		nextGap, stop := iter.Pull2(p.gapPieces(ctx))
		defer stop()
		gap, err, more := nextGap()
		before := func(s piece) bool {
			return gap.stream < s.stream || gap.stream == s.stream && gap.span.Start < s.span.Start
		}
		for row, rowErr := range p.Books.AllSegments(ctx) {
			if rowErr != nil {
				yield(piece{}, rowErr)
				return
			}
			p.segment(&row)
			s := segmentPiece(&row)
			for ; more && (err != nil || before(s)); gap, err, more = nextGap() {
				if !yield(gap, err) || err != nil {
					return
				}
			}
			if !yield(s, nil) {
				return
			}
		}
		for ; more; gap, err, more = nextGap() {
			if !yield(gap, err) || err != nil {
				return
			}
		}
	}
}

func (p *pass) gapPieces(ctx context.Context) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		for g, err := range p.Books.AllGaps(ctx) {
			if err == nil {
				p.log.add(gapRecord(&g))
				p.report.count("I3", "gaps", 1)
			}
			if !yield(gapPiece(&g), err) {
				return
			}
		}
	}
}

// segment looks at one row by itself.
func (p *pass) segment(row *media.SegmentRow) {
	p.segments++
	if p.segments%1000 == 0 {
		p.Progress("rows", p.segments, 0)
	}
	p.report.count("I3", "segments", 1)
	p.log.add(segmentRecord(row))
	if len(row.WrappedKey) != 0 {
		p.stored.add(objectRecord(string(row.ID), row.ObjectSize))
	}
	if flaws := tableFlaws(row); len(flaws) > 0 {
		p.report.add(Finding{"I3", "segment", string(row.ID), "its fragment table and its row disagree: " + strings.Join(flaws, "; "), remedyRow})
	}
	if len(row.WrappedKey) == 0 {
		p.keyless(row)
		return
	}
	if !p.Quick {
		return // reading the object opens the key
	}
	key, err := p.Ring.UnwrapSegment(row.ID, row.KeyID, row.WrappedKey)
	clear(key[:])
	if err != nil {
		p.report.add(Finding{"I1", "segment", string(row.ID), "its key cannot be opened: " + custody.PublicText(err),
			"restore the row of its key from a backup; without it the footage is lost"})
	}
}

// slewSlack allows for the roundings of ticks to microseconds.
const slewSlack = 5 * time.Microsecond

// tableFlaws says how a row's fragment table contradicts the row or itself: its fragments adjoin, fill the span, add up to the
// row's counts, and are slewed by no more than the clock may be (CONTRACTS 1).
func tableFlaws(row *media.SegmentRow) (flaws []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			flaws = append(flaws, fmt.Sprintf(format, args...))
		}
	}
	infos, err := media.UnpackFragments(row.Fragments)
	if err != nil || len(infos) == 0 {
		return []string{"the table cannot be read"}
	}
	var units, damaged uint64
	var ticks int64
	for i, f := range infos {
		units, damaged, ticks = units+uint64(f.Units), damaged+uint64(f.Damaged), ticks+f.MediaTicks
		say(f.Number != uint32(i), "fragment %d has the number %d", i, f.Number)
		say(f.WallEnd <= f.WallStart, "fragment %d is empty", i)
		passed := f.MediaTicks
		if i+1 < len(infos) {
			say(infos[i+1].WallStart != f.WallEnd, "fragments %d and %d do not adjoin", i, i+1)
			passed = infos[i+1].FirstTick - f.FirstTick // with units that were lost between them
		}
		mediaTime := time.Duration(media.Rescale(passed, 1_000_000, row.Timescale)) * time.Microsecond
		slew := (f.WallEnd.Sub(f.WallStart) - mediaTime).Abs()
		say(slew > mediaTime.Abs()/media.MaxSlew+slewSlack, "fragment %d lasts %s by the clock and %s by its media", i, f.WallEnd.Sub(f.WallStart), mediaTime)
		if len(flaws) > 5 {
			return append(flaws, "and more")
		}
	}
	say(infos[0].WallStart != row.Span.Start || infos[len(infos)-1].WallEnd != row.Span.End, "it spans %s to %s, the row %s",
		infos[0].WallStart, infos[len(infos)-1].WallEnd, row.Span)
	say(units != row.Units, "it counts %d units, the row %d", units, row.Units)
	say(damaged != row.Damaged, "it counts %d damaged units, the row %d", damaged, row.Damaged)
	say(ticks != row.MediaTicks, "it adds up to %d ticks, the row says %d", ticks, row.MediaTicks)
	say(row.Leaves != row.Units+2, "the row counts %d leaves for %d units, a run header and a fragment table", row.Leaves, row.Units)
	return flaws
}

// scanRuns looks at every run: its header is whole, agrees with its columns, and its tracks say where their parameters
// come from (I4).
func (p *pass) scanRuns(ctx context.Context) error {
	for run, err := range p.Books.AllRuns(ctx) {
		if err != nil {
			return err
		}
		p.log.add(runRecord(&run))
		p.report.count("I4", "runs", 1)
		if flaw := runFlaw(&run); flaw != "" {
			p.report.add(Finding{"I4", "run", string(run.ID), flaw, remedyRow})
		}
	}
	return nil
}

func runFlaw(run *Run) string {
	h, err := media.ParseRunHeader([]byte(run.Text))
	if err != nil {
		return "its header cannot be read: " + custody.PublicText(err)
	}
	if h.Run != run.ID || h.Stream != run.Stream || h.Camera != run.Camera || h.Started != run.Started {
		return "its header is that of another run, stream, camera or time than its columns say"
	}
	if _, err := media.InitSection(h.Tracks); err != nil {
		return "its tracks cannot be played: " + custody.PublicText(err)
	}
	for _, t := range h.Tracks {
		if t.Source != media.FromSDP && t.Source != media.FromStream {
			return fmt.Sprintf("track %d does not say whether its parameters came from the SDP or the stream", t.ID)
		}
	}
	return ""
}
