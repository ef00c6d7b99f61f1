package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// scanObjects proves I2, and I1 as far as names and sizes go: every object has a row of its size, be it a segment's or a package's, lies in
// the spool too, is of a package that is being made, or is quarantined; every row has an object.
func (p *pass) scanObjects(ctx context.Context) error {
	apart, err := p.quarantined(ctx)
	if err != nil {
		return err
	}
	p.report.count("I2", "in quarantine", uint64(len(apart)))
	if err := p.scanPacked(ctx, apart); err != nil {
		return err
	}
	var n uint64
	for st, err := range p.Objects.List(ctx) {
		if err != nil {
			return err
		}
		if n++; n%1000 == 0 {
			p.Progress("objects", n, p.segments)
		}
		if !apart[st.Key] {
			p.stored.subtract(objectRecord(st.Key, st.Size))
		}
	}
	p.report.count("I2", "objects", n)
	if err := p.spoolFiles(ctx); err != nil {
		return err
	}
	for _, cells := range chunks(p.stored.unequal()) {
		if p.report.full() {
			p.report.omit("I2", uint64(len(cells)))
			continue
		}
		if err := p.resolveObjects(ctx, p.stored.within(cells), apart); err != nil {
			return err
		}
	}
	return nil
}

// quarantined are the keys of the objects that were set apart; there should be few. They are tallied for the comparison
// with the log, so that nobody hides an object by a row.
func (p *pass) quarantined(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	for key, err := range p.Books.AllQuarantined(ctx) {
		if err != nil {
			return nil, err
		}
		out[key] = true
		p.log.add(quarantineRecord(key))
	}
	return out, nil
}

// spoolFiles names what lies in the spool and cannot be read. It looks twice, because a file may be settled meanwhile.
func (p *pass) spoolFiles(ctx context.Context) error {
	first, err := p.Vault.Spooled(ctx)
	if err != nil {
		return err
	}
	p.report.count("I2", "in the spool", uint64(len(first)))
	bad := map[custody.SegmentID]bool{}
	for _, s := range first {
		if s.Err != nil {
			bad[s.ID] = true
		}
	}
	if len(bad) == 0 {
		return nil
	}
	again, err := p.Vault.Spooled(ctx)
	if err != nil {
		return err
	}
	for _, s := range again {
		if s.Err != nil && bad[s.ID] {
			p.report.add(Finding{"I2", "spool", string(s.ID), "a spool file cannot be read: " + custody.PublicText(s.Err) + cause(s.Err),
				"leave it where it is: the next start of the recorder sets it apart; look for its .key file in a copy of the spool directory"})
		}
	}
	return nil
}

// resolveObjects reads rows and store again for the keys in some cells and looks at each that stands on one side only.
func (p *pass) resolveObjects(ctx context.Context, wanted func(name) bool, apart map[string]bool) error {
	rows, objects := map[name]record{}, map[name]record{}
	for row, err := range p.Books.AllSegments(ctx) {
		if err != nil {
			return err
		}
		if rec := objectRecord(string(row.ID), row.ObjectSize); wanted(rec.name()) && len(row.WrappedKey) != 0 {
			rows[rec.name()] = rec
		}
	}
	for s, err := range p.packed(ctx, nil) {
		if err != nil {
			return err
		}
		if rec := s.record(); wanted(rec.name()) {
			rows[rec.name()] = rec
		}
	}
	for st, err := range p.Objects.List(ctx) {
		if err != nil {
			return err
		}
		if rec := objectRecord(st.Key, st.Size); wanted(rec.name()) && !apart[st.Key] {
			objects[rec.name()] = rec
		}
	}
	for _, d := range disagreements(rows, objects) {
		var err error
		if d.row != nil {
			err = p.objectOfRow(ctx, d, apart[d.id])
		} else {
			err = p.strayObject(ctx, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// objectOfRow looks again at a row whose object is not there or has another size.
func (p *pass) objectOfRow(ctx context.Context, d disagreement, apart bool) error {
	kind := "segment"
	if custody.ValidID("pkg_", d.id) {
		kind = "package"
	}
	st, err := p.Objects.Stat(ctx, d.id)
	if err != nil && p.disposedSince(ctx, d.id) {
		return nil
	}
	switch {
	case err != nil && custody.KindOf(err) == custody.NotFound:
		p.report.add(Finding{"I1", kind, d.id, "its object is gone from the object store",
			"restore the object from a copy of the store or an earlier version of it; until then it is lost"})
	case err != nil:
		return err
	case objectRecord(d.id, st.Size).fields[0] != d.row.fields[0]:
		p.report.add(Finding{"I1", kind, d.id, fmt.Sprintf("its object has %d bytes, the row says %s", st.Size, d.row.fields[0].value),
			"restore the object from a copy of the store or an earlier version of it"})
	case apart:
		p.report.add(Finding{"I2", "object", d.id, "the object is in quarantine, but a row needs it", "take it out of the quarantine table"})
	}
	return nil
}

// strayObject looks for an object without a row in the spool and then among the rows: an object reaches the store while its
// spool file exists, and the file goes only after the row is there.
func (p *pass) strayObject(ctx context.Context, d disagreement) error {
	spooled, err := p.Vault.SpoolSegments()
	if err != nil {
		return err
	}
	if slices.Contains(spooled, custody.SegmentID(d.id)) {
		return nil
	}
	if known, err := p.strayPackage(ctx, d.id); err != nil || known {
		return err
	}
	row, err := p.Books.Segment(ctx, custody.SegmentID(d.id))
	gone, err := missing(err)
	if err != nil || !gone {
		if err == nil && len(row.WrappedKey) == 0 {
			return p.strayRemains(ctx, d.id)
		}
		return err
	}
	if _, err := p.Objects.Stat(ctx, d.id); err != nil {
		gone, err := missing(err)
		if gone {
			return nil // purged since
		}
		return err
	}
	p.report.add(Finding{"I2", "object", d.id, "nothing accounts for this object: it has no row, no spool file, and is not in quarantine",
		"do not delete it: if a row was lost, restore the row from a backup; otherwise set the object apart and find out who put it there"})
	return nil
}
