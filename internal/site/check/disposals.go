package check

import (
	"context"
	"fmt"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// A disposal makes a record of its tombstone, one of each segment whose key was destroyed, and one of its end: its objects are gone. None
// ever changes.

func dispositionRecords(d *retention.Disposition, yield func(record)) {
	rule := retention.RuleDetail(d.Rule)
	rule.Version = 0
	yield(dispositionRecord(string(d.Camera), d.At.String(), d.Segments, retention.Destroyed{Disposition: d.ID, Span: d.Span.String(), Bytes: d.Bytes, Why: d.Why,
		Rule: rule, Final: d.Final.String()}))
	if d.Purged != 0 {
		yield(ending("disposition", string(d.ID), "purged_at", d.Purged.String()))
	}
}

func dispositionRecord(camera, at string, segments int, d retention.Destroyed) record {
	return record{kind: "disposition", id: string(d.Disposition), fields: []field{
		{"camera_id", camera}, {"start_at or end_at", d.Span}, {"segments", strconv.Itoa(segments)}, {"bytes", strconv.FormatInt(d.Bytes, 10)},
		{"why", string(d.Why)}, {"rule_camera", string(d.Rule.Camera)}, {"rule_class", string(d.Rule.Class)},
		{"at_least", strconv.Itoa(d.Rule.AtLeast)}, {"at_most", strconv.Itoa(d.Rule.AtMost)}, {"at", at}, {"final_at", d.Final},
	}}
}

func remainsRecord(segment custody.SegmentID, d custody.DispositionID) record {
	return record{kind: "disposed segment", id: string(segment), fields: []field{{"disposition_id", string(d)}}}
}

// eachDisposal yields the rows of disposals.
func (p *pass) eachDisposal(ctx context.Context, yield func(record)) error {
	err := each(p.Books.AllDispositions(ctx), func(d retention.Disposition) { dispositionRecords(&d, yield) })
	if err != nil {
		return err
	}
	return each(p.Books.AllRemains(ctx), func(r retention.Remains) { yield(remainsRecord(r.Segment, r.Disposition)) })
}

// seeDisposal reads again what the log told and no row did.
func (p *pass) seeDisposal(ctx context.Context, kind, id string, see func(record)) error {
	if kind == "disposition" {
		return each(p.Books.AllDispositions(ctx), func(d retention.Disposition) { dispositionRecords(&d, see) })
	}
	r, err := p.Books.Remains(ctx, custody.SegmentID(id))
	if err == nil {
		see(remainsRecord(r.Segment, r.Disposition))
	}
	return err
}

// scanDisposals tallies tombstones, and names segments whose key came back.
func (p *pass) scanDisposals(ctx context.Context) error {
	err := each(p.Books.AllDispositions(ctx), func(d retention.Disposition) {
		p.report.count("A4", "disposals", 1)
		dispositionRecords(&d, p.log.add)
	})
	if err != nil {
		return err
	}
	return each(p.Books.AllRemains(ctx), func(r retention.Remains) {
		p.report.count("A4", "disposed segments", 1)
		p.log.add(remainsRecord(r.Segment, r.Disposition))
		if r.Kept {
			p.report.add(Finding{"I5", "segment", string(r.Segment), "it was disposed of and has a key again: somebody brought it back from a copy",
				"find out who did and what was done with it; then destroy the key again"})
		}
	})
}

// keyless looks at a row without a key: its tombstone must say why. Of its object nothing is promised; one that is left is garbage by our
// own journal until it is removed.
func (p *pass) keyless(row *media.SegmentRow) {
	if row.KeyID != "" {
		return
	}
	p.report.add(Finding{"I1", "segment", string(row.ID), "its key is gone, and no disposal accounts for it",
		"restore the row of its key from a backup; without it the footage is lost. Find out who could write to the database"})
}

// disposedSince reports whether a segment or a package lost its key after its row was read.
func (p *pass) disposedSince(ctx context.Context, id string) bool {
	if custody.ValidID("pkg_", id) {
		_, known, err := p.destroyed(ctx, custody.PackageID(id))
		return err == nil && known
	}
	row, err := p.Books.Segment(ctx, custody.SegmentID(id))
	return err == nil && len(row.WrappedKey) == 0 && row.KeyID != ""
}

// strayRemains looks at an object whose segment has no key. One that was removed and is there again, nothing accounts for.
func (p *pass) strayRemains(ctx context.Context, id string) error {
	r, err := p.Books.Remains(ctx, custody.SegmentID(id))
	if gone, err := missing(err); err != nil || gone {
		return err // keyless has named it
	}
	if r.Purged == 0 {
		return nil
	}
	if _, err := p.Objects.Stat(ctx, id); err != nil {
		_, err = missing(err)
		return err
	}
	p.report.add(Finding{"I2", "object", id, "the object of a segment that was disposed of was removed at " + r.Purged.String() + " and is in the store again",
		"nothing can open it; remove it, and find out who put it there"})
	return nil
}

// destroyed follows a disposal: A4 along the log, and what the rows must hold.
func (r *replay) destroyed(e audit.Entry, s said) error {
	if e.Event.Type == custody.EventFootagePurged {
		var d retention.Removed
		if err := detailOf(s, &d); err != nil {
			return err
		}
		rec := ending("disposition", string(d.Disposition), "purged_at", d.At)
		rec.entry = entryName(e)
		r.emit(rec, e)
		return nil
	}
	var d retention.Destroyed
	if err := detailOf(s, &d); err != nil {
		return err
	}
	span, err := spanFrom(d.Span)
	if err != nil {
		return err
	}
	for _, h := range r.kept.holds {
		if h.Lifted == 0 && (h.Camera == "" || string(h.Camera) == s.Camera) && h.Span.Overlaps(span) {
			r.found(Finding{"A4", "disposition", string(d.Disposition), fmt.Sprintf("footage was disposed of (%s) that hold %s covers", entryName(e), h.ID),
				"restore the keys from a backup that is older, and the objects; find out who could write to the database"})
		}
	}
	rec := dispositionRecord(s.Camera, s.At, len(d.Segments), d)
	rec.entry = entryName(e)
	r.emit(rec, e)
	for _, id := range d.Segments {
		rec := remainsRecord(id, d.Disposition)
		rec.entry = entryName(e)
		r.emit(rec, e)
	}
	return nil
}
