package vault_test

import (
	"bytes"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// anyClosed reports that some instant of the span at which something was recorded is closed. Every run lasts from its first picture to a
// tenth of a second after its last.
func (r *recording) anyClosed(span custody.Span, closed []custody.Span) bool {
	for _, units := range r.sent {
		lasted := custody.Span{Start: units[0].Receipt, End: units[len(units)-1].Receipt.Add(100 * time.Millisecond)}
		part := lasted.Intersect(span)
		if slices.ContainsFunc(closed, part.Overlaps) && !part.Empty() {
			return true
		}
	}
	// A span that is closed whole is refused before anything is looked up.
	return slices.ContainsFunc(closed, func(c custody.Span) bool { return c.Start <= span.Start && span.End <= c.End })
}

// compare takes everything out of the Cuts; it returns how many units left.
func (r *recording) compare(g access.Grant, cuts []*vault.Cut) int {
	r.tb.Helper()
	inside := map[custody.RunID]int{}
	for _, c := range cuts {
		defer c.Close()
		units := r.units(c)
		var reel []byte
		for at, u := range units {
			sent := r.payloadOf(c.Run(), u.Unit)
			if want := g.Span().Contains(u.Receipt); u.Wall != u.Receipt || u.Inside != want || u.Inside && !u.Reel {
				r.tb.Fatalf("%s: unit %d of track %d received at %s: shown at %s, inside %v, in the reel %v", g.Span(), u.Seq, u.Track, u.Receipt, u.Wall, u.Inside, u.Reel)
			}
			if u.Reel {
				reel = append(reel, sent...)
			}
			got, err := c.Payload(r.tb.Context(), uint32(at))
			if (err == nil) != u.Inside || u.Inside && !bytes.Equal(got, sent) || !u.Inside && (custody.KindOf(err) != custody.Denied || got != nil) {
				r.tb.Fatalf("%s: unit %d of track %d, inside %v: %d bytes, %v", g.Span(), u.Seq, u.Track, u.Inside, len(got), err)
			}
			if u.Inside {
				inside[c.Run()]++
			}
		}
		if !bytes.Equal(mediaOf(r.tb, r.reel(c)), reel) {
			r.tb.Fatalf("%s: the reel does not hold the units that are said to be in it", g.Span())
		}
		r.wantPreroll(g, c.Run(), units)
		r.wantEvidence(g, c, units)
	}
	total := 0
	for run, units := range r.sent {
		want := 0
		for _, u := range units {
			if g.Span().Contains(u.Receipt) {
				want++
			}
		}
		if inside[run] != want {
			r.tb.Fatalf("%s: %d units of a run left; %d were recorded", g.Span(), inside[run], want)
		}
		total += want
	}
	return total
}

// wantPreroll checks that what is read begins with the last random access picture that is no later than the span, where there is one.
func (r *recording) wantPreroll(g access.Grant, run custody.RunID, units []vault.CutUnit) {
	r.tb.Helper()
	want := r.sent[run][0].Seq
	for _, s := range r.sent[run] {
		if s.Track == 1 && s.Flags&media.RandomAccess != 0 && s.Receipt <= g.Span().Start {
			want = s.Seq
		}
	}
	first := units[slices.IndexFunc(units, func(u vault.CutUnit) bool { return u.Reel })]
	if first.Track != 1 || r.sent[run][0].Receipt <= g.Span().Start && (first.Seq != want || units[0].Seq != want && !r.late) ||
		units[0].Flags&(media.RandomAccess|media.Open) != media.RandomAccess {
		r.tb.Fatalf("%s: the reel begins with picture %d, the units with %d; the last random access before is %d", g.Span(), first.Seq, units[0].Seq, want)
	}
}

// wantEvidence asks for every other unit of each segment, and proves what is told as a stranger would.
func (r *recording) wantEvidence(g access.Grant, c *vault.Cut, units []vault.CutUnit) {
	r.tb.Helper()
	for _, id := range c.Segments() {
		e, err := r.v.Evidence(r.tb.Context(), g, id, func(u media.Unit) bool { return u.Seq%2 == 0 })
		mine := slices.DeleteFunc(slices.Clone(units), func(u vault.CutUnit) bool { return u.Segment != id || !u.Inside })
		if len(mine) == 0 { // a fragment reaches into the span, and no unit of it does
			if custody.KindOf(err) != custody.NotFound {
				r.tb.Fatal(err)
			}
			continue
		}
		if err != nil {
			r.tb.Fatal(err)
		}
		tree := seal.NewTree(slices.Concat([]seal.Hash{seal.RunLeaf(e.Header)}, e.Leaves, []seal.Hash{seal.TableLeaf(e.Table)}))
		if row := r.catalog.rows[id]; tree.Root() != row.Root || tree.Size() != row.Leaves || e.Row.WrappedKey != nil || e.Row.ObjectDigest != row.ObjectDigest {
			r.tb.Fatal("the evidence does not prove the segment, or tells its key")
		}
		mine = slices.DeleteFunc(mine, func(u vault.CutUnit) bool { return u.Seq%2 != 0 })
		if len(mine) != len(e.Disclosed) {
			r.tb.Fatalf("%d units disclosed; %d were asked for", len(e.Disclosed), len(mine))
		}
		for i, d := range e.Disclosed {
			leaf := seal.UnitLeaf(d.Unit.Track, d.Unit.Seq, d.Unit.RTP, d.Unit.Receipt, uint8(d.Unit.Flags), d.Salt, d.Digest)
			if d.Unit != mine[i].Unit || d.Wall != mine[i].Wall || uint64(d.At)+1 != mine[i].Leaf || leaf != e.Leaves[d.At] {
				r.tb.Fatalf("unit %d of track %d is not its leaf %d", d.Unit.Seq, d.Unit.Track, d.At)
			}
		}
	}
}
