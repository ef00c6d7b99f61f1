package viewing

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// stretch is consecutive fragments of one segment.
type stretch struct {
	segment     custody.SegmentID
	first, last uint32
}

// How far before a span the random access unit is looked for that opens it: as far as a segment is long, and where that was in vain, as
// far as any camera's groups of pictures are (CONTRACTS 3).
const (
	reach    = media.SegmentMaxTime
	farReach = vault.LongestGroup
)

// parts lists what overlaps the span, in time order. Fragments that no random access unit within the grant opens are left out: nothing
// could show them.
func (d *Desk) parts(ctx context.Context, g access.Grant, stream custody.StreamID, span custody.Span) ([]Part, error) {
	out, lacking, err := d.partsFrom(ctx, g, stream, span, reach)
	if lacking && span.Start.Add(-reach) > g.Span().Start {
		out, _, err = d.partsFrom(ctx, g, stream, span, farReach)
	}
	return out, err
}

// partsFrom is parts with that reach. It tells whether the span's beginning lacks what opens it.
func (d *Desk) partsFrom(ctx context.Context, g access.Grant, stream custody.StreamID, span custody.Span, reach time.Duration) (out []Part, lacking bool, err error) {
	pieces, err := d.p.Vault.Pieces(ctx, g, stream, custody.Span{Start: span.Start.Add(-reach), End: span.End})
	if err != nil {
		return nil, false, err
	}
	for _, p := range pieces {
		for _, f := range p.Fragments {
			lacking = lacking || f.WallStart <= span.Start && span.Start < f.WallEnd
		}
	}
	for _, p := range join(pieces) {
		if p.Span.Overlaps(span) {
			out = append(out, p)
			lacking = lacking && p.Span.Start > span.Start
		}
	}
	return out, lacking, nil
}

// join groups the fragments of pieces in time order into parts. It is the whole rule: a part begins at a random access unit and goes on
// until the next one, over the edge of a segment if that ended early, and never over a hole.
func join(pieces []vault.Piece) []Part {
	var out []Part
	var open *Part                // the last of out, while it may go on
	var before media.FragmentInfo // the fragment before
	for i := range pieces {
		p := &pieces[i]
		if i > 0 && open != nil {
			last := &pieces[i-1]
			whole := last.Continuation && !last.Growing && last.Run == p.Run && last.Number+1 == p.Number
			if !whole || len(p.Fragments) == 0 || p.Fragments[0].Number != 0 {
				open = nil
			}
		}
		for j, f := range p.Fragments {
			if j > 0 && f.Number != before.Number+1 {
				open = nil
			}
			before = f
			switch {
			case f.RandomAccess:
				out = append(out, Part{Segment: p.Segment, First: f.Number, Last: f.Number, Run: p.Run,
					Span: custody.Span{Start: f.WallStart, End: f.WallEnd}, pieces: []stretch{{p.Segment, f.Number, f.Number}}})
				open = &out[len(out)-1]
			case open != nil:
				open.extend(p.Segment, f)
			}
			if open != nil {
				open.Growing = (p.Growing || p.Continuation && i == len(pieces)-1) && j == len(p.Fragments)-1
			}
		}
	}
	return out
}

func (p *Part) extend(segment custody.SegmentID, f media.FragmentInfo) {
	p.Span.End = f.WallEnd
	if segment == p.Segment {
		p.Last = f.Number
	} else {
		p.More++
	}
	if n := len(p.pieces) - 1; p.pieces[n].segment == segment {
		p.pieces[n].last = f.Number
	} else {
		p.pieces = append(p.pieces, stretch{segment, f.Number, f.Number})
	}
}

// Name is the part's name within its segment: "3-4", or "3-4+2" if the two fragments that follow in the run's next segments belong to
// it too. With ".m4s" it is the last element of the part's address.
func (p Part) Name() string {
	s := strconv.FormatUint(uint64(p.First), 10) + "-" + strconv.FormatUint(uint64(p.Last), 10)
	if p.More > 0 {
		s += "+" + strconv.FormatUint(uint64(p.More), 10)
	}
	return s
}

// partName is what Name says.
type partName struct{ first, last, more uint32 }

// parseName reads what Name writes, also with ".m4s" behind. Anything else is a thing that does not exist.
func parseName(s string) (n partName, err error) {
	none := custody.Errorf(custody.NotFound, "there is no such footage in this viewing")
	s = strings.TrimSuffix(s, ".m4s")
	s, more, joined := strings.Cut(s, "+")
	first, last, ok := strings.Cut(s, "-")
	numbers := []struct {
		text string
		to   *uint32
	}{{first, &n.first}, {last, &n.last}, {more, &n.more}}
	for i, v := range numbers {
		if i == 2 && !joined {
			break
		}
		u, err := strconv.ParseUint(v.text, 10, 32)
		if err != nil || strconv.FormatUint(u, 10) != v.text {
			return partName{}, none
		}
		*v.to = uint32(u)
	}
	if !ok || n.last < n.first || n.last >= media.MaxFragments || n.more >= media.MaxFragments || joined && n.more == 0 {
		return partName{}, none
	}
	return n, nil
}
