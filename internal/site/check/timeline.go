package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// piece is one stretch of a stream's record: a segment, or a gap (then run is empty).
type piece struct {
	stream custody.StreamID
	kind   string
	id     string
	span   custody.Span // End 0: an open gap
	run    custody.RunID
	number uint32
}

func (p piece) String() string { return p.kind + " " + p.id }

func segmentPiece(r *media.SegmentRow) piece {
	return piece{r.Stream, "segment", string(r.ID), r.Span, r.Run, r.Number}
}

func gapPiece(g *media.Gap) piece {
	return piece{stream: g.Stream, kind: "gap", id: string(g.ID), span: g.Span}
}

// suspect is a flaw in a stream's record between two pieces; it becomes a finding if it is still there at a second look.
type suspect struct {
	before, after piece
	flaw          string // overlap, hole, numbers
	hole          custody.Span
}

// between compares a piece with the one that reaches furthest of those before it. Pieces come in order of their start.
func between(before, after piece) []suspect {
	s := suspect{before: before, after: after}
	switch {
	case before.span.End == 0 || after.span.Start < before.span.End:
		s.flaw = "overlap"
	case after.span.Start > before.span.End:
		s.flaw, s.hole = "hole", custody.Span{Start: before.span.End, End: after.span.Start}
	case before.run != "" && before.run == after.run && after.number != before.number+1:
		s.flaw = "numbers" // they adjoin, so nothing can have been lost between them
	default:
		return nil
	}
	return []suspect{s}
}

// timeline walks along one stream's record after another.
type timeline struct {
	last     *piece
	suspects []suspect
	more     uint64 // beyond MaxFindings
}

func (t *timeline) step(next piece) {
	if t.last == nil || t.last.stream != next.stream {
		t.last = &next
		return
	}
	for _, s := range between(*t.last, next) {
		if len(t.suspects) < MaxFindings {
			t.suspects = append(t.suspects, s)
		} else {
			t.more++
		}
	}
	if t.last.span.End != 0 && (next.span.End == 0 || next.span.End >= t.last.span.End) {
		t.last = &next
	}
}

// fill takes from a hole what spool files of the stream, in order of time, cover. One without an index ends where nobody knows yet, so it
// may reach to the hole's end.
func fill(hole custody.Span, stream custody.StreamID, spooled []vault.SpooledSegment) (rest custody.Span) {
	for _, s := range spooled {
		if s.Err != nil || s.Stream != stream || s.Span.Start > hole.Start {
			continue
		}
		end := s.Span.End
		if end == 0 {
			end = hole.End
		}
		hole.Start = max(hole.Start, min(end, hole.End))
	}
	return hole
}

// lookAgain looks at suspects again: first at the spool, then, while nothing is written, at the rows around each. What
// fills a hole began before the piece after it, so by then it is in the one or in the other.
func (p *pass) lookAgain(ctx context.Context, suspects []suspect) error {
	if len(suspects) == 0 {
		return nil
	}
	spooled, err := p.Vault.Spooled(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(spooled, func(a, b vault.SpooledSegment) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	for _, s := range suspects {
		if err := p.second(ctx, s, spooled); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) second(ctx context.Context, s suspect, spooled []vault.SpooledSegment) error {
	var pieces []piece
	err := p.atRest(ctx, nil, func() (err error) {
		pieces, err = p.around(ctx, s)
		return err
	})
	if err != nil {
		return err
	}
	t := timeline{}
	for _, next := range pieces {
		t.step(next)
	}
	for _, still := range t.suspects {
		if still.before.id == s.before.id && still.after.id == s.after.id && still.flaw == s.flaw {
			p.accuse(still, spooled)
		}
	}
	return nil
}

// around reads the pieces from the start of the one before to the end of the one after, with the instants next to them.
func (p *pass) around(ctx context.Context, s suspect) ([]piece, error) {
	span := custody.Span{Start: min(s.before.span.Start, s.after.span.Start), End: max(s.before.span.End, s.after.span.End, s.after.span.Start+1)}
	var out []piece
	for row, err := range p.Books.Segments(ctx, s.after.stream, span) {
		if err != nil {
			return nil, err
		}
		out = append(out, segmentPiece(&row))
	}
	for g, err := range p.Books.Gaps(ctx, s.after.stream, span) {
		if err != nil {
			return nil, err
		}
		out = append(out, gapPiece(&g))
	}
	slices.SortStableFunc(out, func(a, b piece) int { return cmp.Compare(a.span.Start, b.span.Start) })
	return out, nil
}

func (p *pass) accuse(s suspect, spooled []vault.SpooledSegment) {
	f := Finding{Invariant: "I3", Kind: s.after.kind, ID: s.after.id, Remedy: remedyRow}
	switch s.flaw {
	case "overlap":
		f.What = fmt.Sprintf("it starts at %s, within %s (%s)", s.after.span.Start, s.before, spanText(s.before.span))
	case "numbers":
		f.What = fmt.Sprintf("it is number %d of run %s, but %s right before it is number %d", s.after.number, s.after.run, s.before, s.before.number)
	case "hole":
		rest := fill(s.hole, s.after.stream, spooled)
		if rest.Empty() {
			return
		}
		f.What = fmt.Sprintf("between %s and it nothing says what happened to stream %s in %s: neither a segment nor a gap", s.before, s.after.stream, rest)
	}
	p.report.add(f)
}

func spanText(s custody.Span) string {
	if s.End == 0 {
		return s.Start.String() + ", open"
	}
	return s.String()
}
