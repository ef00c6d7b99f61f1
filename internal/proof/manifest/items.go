package manifest

import (
	"cmp"
	"errors"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// maxUndeclared is how much time between two runs may be without footage and without a declared gap: runs do not meet to the
// microsecond.
const maxUndeclared = custody.Instant(1_000_000)

// items checks what belongs to an item rather than to one file of it, and then reads what is left of the documents.
func (v *verifier) items() error {
	for i := range v.pkg.Items {
		if v.blind {
			break
		}
		if err := v.item(&v.pkg.Items[i]); err != nil {
			return err
		}
	}
	for path := range v.tagSums {
		if v.seen[path] {
			continue
		}
		if _, err := v.tagged(path, MaxDocument); err != nil && !errors.Is(err, errStop) {
			return err
		}
	}
	return nil
}

func (v *verifier) item(item *Item) error {
	originals := false
	for j := range item.Renditions {
		r := &item.Renditions[j]
		if r.Kind == Original {
			originals = true
		} else {
			v.parents(item, r)
		}
	}
	proved := 0
	for _, note := range item.Segments {
		if _, ok := v.tagSums[segmentFile(note.ID)]; !ok && !originals {
			continue // stated only
		}
		s, err := v.segment(note.ID)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		if proved++; s.sealed.note(note.ID, s.sealedAt) != note || s.camera != item.Camera.ID {
			v.report.add(Finding{Weight: Altered, Code: "misstated", File: filePackage, Item: item.Number, Segment: note.ID,
				Text: "What " + filePackage + " says of segment " + string(note.ID) + " is not what the log says."})
		}
	}
	if stated := len(item.Segments) - proved; stated > 0 && !originals {
		v.note("Item %s: %d segments that its files were made of are stated and signed by the site, and not proved here.", item.Number, stated)
	}
	v.gaps(item)
	if originals {
		v.whole(item)
	}
	return nil
}

// parents checks that a file was made of what it says it was.
func (v *verifier) parents(item *Item, r *Rendition) {
	for _, p := range r.Parents {
		if p.Path != "" {
			if d, ok := v.dataSums[p.Path]; !ok || d != p.SHA256 {
				v.fault(Altered, "other-parent", r.Path, "%s was made of %s, which is not in the package as it was.", r.Path, clip(p.Path, maxPath))
			}
			continue
		}
		if !slices.ContainsFunc(item.Segments, func(s SegmentNote) bool { return s.ID == p.Segment && s.SHA256 == p.SHA256 }) {
			v.fault(Altered, "other-parent", r.Path, "%s was made of the segment %s, which its item does not list as it was.", r.Path, clip(string(p.Segment), 40))
		}
	}
}

// gaps checks the declared gaps that name their entry in the log.
func (v *verifier) gaps(item *Item) {
	for _, g := range item.Gaps {
		if g.Event == nil {
			continue
		}
		at := g.Span.Start
		if b, ok := v.entries[*g.Event]; !ok || b.Type != custody.EventGapOpened && b.Type != custody.EventGapClosed || b.Camera != item.Camera.ID {
			v.report.add(Finding{Weight: Altered, Code: "misstated", File: filePackage, Item: item.Number, Time: &at,
				Text: "The gap from " + at.String() + " names an entry of the log that is not disclosed, or is about something else."})
		}
	}
}

// leafRange is [from, to) of a segment's leaves.
type leafRange struct{ from, to uint64 }

// whole checks that an item's originals hold all that was recorded inside the decided span, but for what is listed as left out; and
// that time of which nothing was recorded is declared.
func (v *verifier) whole(item *Item) {
	told := map[custody.SegmentID][]leafRange{}
	for _, r := range item.Renditions {
		for _, id := range r.Segments {
			s := v.segments[id]
			if s == nil || !s.ok {
				continue
			}
			if x, _ := s.proof.of(r.Path); x != nil {
				told[id] = append(told[id], leafRange{x.From, x.From + x.Count})
			}
		}
		for _, l := range r.LeftOut {
			told[l.Segment] = append(told[l.Segment], leafRange{l.From, l.From + l.Count})
		}
	}
	decided := item.Decided.In()
	var covered []custody.Span
	for _, note := range item.Segments {
		s := v.segments[note.ID]
		if s == nil || !s.ok {
			return // named already; what it would have covered is unknown
		}
		ranges := told[note.ID]
		slices.SortFunc(ranges, func(a, b leafRange) int { return cmp.Compare(a.from, b.from) })
		for i := range s.table {
			f := &s.table[i]
			n := overlap(ranges, f.leaf, f.leaf+f.units)
			if n > 0 {
				covered = append(covered, f.wall)
			}
			inside := decided.Start <= f.wall.Start && f.wall.End <= decided.End
			if inside && n < f.units {
				at := Time(f.wall.Start)
				v.report.add(Finding{Weight: Altered, Code: "unit-missing", Item: item.Number, File: filePackage, Segment: note.ID, Time: &at,
					Text: "Of what was recorded at " + at.String() + " inside the decided span not everything is there or listed as left out."})
				covered = append(covered, f.wall)
			}
		}
	}
	for _, g := range item.Gaps {
		covered = append(covered, g.Span.In())
	}
	v.undeclared(item, covered)
}

// overlap is how many of the leaves [from, to) lie in one of the ranges, which are in order.
func overlap(ranges []leafRange, from, to uint64) uint64 {
	n, at := uint64(0), from
	for _, r := range ranges {
		lo, hi := max(r.from, at), min(r.to, to)
		if lo < hi {
			n, at = n+hi-lo, hi
		}
	}
	return n
}

// undeclared names every stretch of the decided span that nothing covers.
func (v *verifier) undeclared(item *Item, covered []custody.Span) {
	slices.SortFunc(covered, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	decided := item.Decided.In()
	at := decided.Start
	for _, s := range append(covered, custody.Span{Start: decided.End, End: decided.End}) {
		if hole := min(s.Start, decided.End) - at; hole > maxUndeclared {
			from := Time(at)
			v.report.add(Finding{Weight: Altered, Code: "undeclared-gap", Item: item.Number, File: filePackage, Time: &from,
				Text: "From " + from.String() + " to " + Time(min(s.Start, decided.End)).String() + " there is neither footage nor a declared gap."})
		}
		at = max(at, s.End)
	}
}
