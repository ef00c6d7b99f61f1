package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// compareLog proves I5 for rows: every segment, run, gap, quarantine, camera and key is what its events say, and every event has
// its row. The tables have been tallied by scanRows, before the head that is replayed here was read.
func (p *pass) compareLog(ctx context.Context) error {
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	recent := late{}
	r := newReplay(p.Log, func(rec record, e audit.Entry) {
		p.log.subtract(rec)
		if e.Epoch == p.began.Epoch && e.Index >= p.began.Size {
			at := p.log.place(rec.name())
			recent[at] = append(recent[at], p.log.digest(&rec))
		}
	})
	r.wrong = func(e audit.Entry, what string) {
		p.report.add(Finding{"A5", "entry", entryName(e), fmt.Sprintf("the entry (%s): %s", e.Event.Type, what), remedyLog})
	}
	r.found = p.report.add
	if err := r.to(ctx, head); err != nil {
		return err
	}
	r.told()
	for _, g := range r.open {
		p.log.subtract(*g)
	}
	p.report.count("I5", "log entries", r.entries)
	r.emit, r.wrong = func(record, audit.Entry) {}, nil
	if err := p.compareRegisters(ctx, r); err != nil {
		return err
	}
	if err := p.compareKept(ctx, r); err != nil {
		return err
	}
	if err := p.compareFiles(ctx, r); err != nil {
		return err
	}
	p.log.excuse(recent)
	for _, cells := range chunks(p.log.unequal()) {
		if p.report.full() {
			p.report.omit("I5", uint64(len(cells))) // at least one record differs in each
			continue
		}
		if err := p.resolveLog(ctx, p.log.within(cells)); err != nil {
			return err
		}
	}
	return nil
}

// resolveLog reads tables and log again for the names in some cells and says which records differ.
func (p *pass) resolveLog(ctx context.Context, wanted func(name) bool) error {
	rows, logged := map[name]record{}, map[name]record{}
	keep := func(rec record) {
		if wanted(rec.name()) {
			rows[rec.name()] = rec
		}
	}
	if err := p.eachRow(ctx, keep); err != nil {
		return err
	}
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	r := newReplay(p.Log, func(rec record, _ audit.Entry) {
		n := rec.name()
		if !wanted(n) {
			return
		}
		if first, twice := logged[n]; twice && rec.kind == "look" {
			return // a lease whose commit was in doubt is written down again; the row is of the first
		} else if twice {
			p.report.add(Finding{"I5", rec.kind, rec.id, fmt.Sprintf("two log entries record it: %s, and %s", first.entry, rec.entry), remedyLog})
			return
		}
		logged[n] = rec
	})
	if err := r.to(ctx, head); err != nil {
		return err
	}
	r.told()
	for _, g := range r.open {
		if wanted(g.name()) {
			logged[g.name()] = *g
		}
	}
	for _, d := range disagreements(rows, logged) {
		stands, err := p.confirm(ctx, r, logged, &d)
		if err != nil {
			return err
		}
		if stands {
			p.blame(d)
		}
	}
	return nil
}

// eachRow yields the tables that have a record in the log for every row.
func (p *pass) eachRow(ctx context.Context, yield func(record)) error {
	for row, err := range p.Books.AllSegments(ctx) {
		if err != nil {
			return err
		}
		yield(segmentRecord(&row))
	}
	for g, err := range p.Books.AllGaps(ctx) {
		if err != nil {
			return err
		}
		yield(gapRecord(&g))
	}
	for run, err := range p.Books.AllRuns(ctx) {
		if err != nil {
			return err
		}
		yield(runRecord(&run))
	}
	for key, err := range p.Books.AllQuarantined(ctx) {
		if err != nil {
			return err
		}
		yield(quarantineRecord(key))
	}
	if err := p.eachDisposal(ctx, yield); err != nil {
		return err
	}
	return p.eachPerson(ctx, yield)
}

// disagreement is one thing about which two sides differ; a side that does not know it is nil.
type disagreement struct {
	name
	row, logged *record
}

func disagreements(rows, logged map[name]record) []disagreement {
	var out []disagreement
	for n, row := range rows {
		other, ok := logged[n]
		switch {
		case !ok:
			out = append(out, disagreement{n, &row, nil})
		case row.differs(&other) != "" || len(row.fields) != len(other.fields):
			out = append(out, disagreement{n, &row, &other})
		}
	}
	for n, other := range logged {
		if _, ok := rows[n]; !ok {
			out = append(out, disagreement{n, nil, &other})
		}
	}
	slices.SortFunc(out, func(a, b disagreement) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	return out
}

// confirm looks again at what a running recorder may have changed between the two readings. A row without an entry, or
// one that differs and never changes, stands: the row was read first.
func (p *pass) confirm(ctx context.Context, r *replay, logged map[name]record, d *disagreement) (bool, error) {
	switch {
	case d.kind == "gap":
		return p.confirmGap(ctx, r, logged, d)
	case d.row != nil && d.logged != nil && (d.kind == "delivery" || d.kind == "receipt"):
		d.row = nil // its request's file may have been disposed of meanwhile
		return p.confirmPerson(ctx, d)
	case d.row != nil:
		return true, nil
	case d.kind == "segment":
		row, err := p.Books.Segment(ctx, custody.SegmentID(d.id))
		if err == nil {
			rec := segmentRecord(&row)
			d.row = &rec
			return rec.differs(d.logged) != "", nil
		}
		return missing(err)
	case d.kind == "quarantine":
		for key, err := range p.Books.AllQuarantined(ctx) {
			if err != nil || key == d.id {
				return false, err
			}
		}
		return true, nil
	case d.kind != "run":
		return p.confirmPerson(ctx, d)
	default:
		_, err := p.Books.Run(ctx, custody.RunID(d.id))
		if err == nil {
			return false, nil // it was committed since; its record is compared by the next check
		}
		return missing(err)
	}
}

// missing tells a row that is not there from a database that does not answer.
func missing(err error) (bool, error) {
	switch custody.KindOf(err) {
	case custody.NotFound, custody.Corrupt:
		return true, nil
	}
	return false, err
}

// confirmGap compares one gap while nothing is being written.
func (p *pass) confirmGap(ctx context.Context, r *replay, logged map[name]record, d *disagreement) (bool, error) {
	known := d.row
	if known == nil {
		known = d.logged
	}
	stream := custody.StreamID(known.fields[1].value)
	start, err := custody.ParseInstant(known.fields[gapStart].value)
	if err != nil {
		return true, nil // no gap of ours starts nowhere
	}
	r.emit = func(rec record, _ audit.Entry) {
		if rec.name() == d.name {
			logged[d.name] = rec
		}
	}
	d.row = nil
	err = p.atRest(ctx, r, func() error {
		d.row = nil
		for g, err := range p.Books.Gaps(ctx, stream, custody.Span{Start: start, End: start + 1}) {
			if err != nil {
				return err
			}
			if string(g.ID) == d.id {
				rec := gapRecord(&g)
				d.row = &rec
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	d.logged = nil
	if rec, ok := logged[d.name]; ok {
		d.logged = &rec
	}
	for _, g := range r.open {
		if g.name() == d.name {
			d.logged = g
		}
	}
	if d.row == nil || d.logged == nil {
		return d.row != d.logged, nil
	}
	return d.row.differs(d.logged) != "", nil
}

const (
	remedyLog = "compare with a checkpoint kept elsewhere and restore the log from the last backup before the change; find out who could write to the database"
	remedyRow = "restore the row from a backup or from its log entry; find out who could write to the database"
)

// blame words a disagreement between a table and the log.
func (p *pass) blame(d disagreement) {
	kind, ends := strings.CutPrefix(d.kind, endOf)
	f := Finding{Invariant: "I5", Kind: kind, ID: d.id, Remedy: remedyRow}
	switch kind {
	case "viewing", "look":
		f.Invariant = "A1"
	case "delivery", "receipt", "recall":
		f.Invariant = "A2"
	case "hold", "schedule", "disposition", "disposed segment":
		f.Invariant = "A4"
	}
	switch {
	case d.row == nil && d.logged == nil:
		return
	case ends && d.row == nil:
		f.What = fmt.Sprintf("the log records how it ended (%s), and its row does not: %s", d.logged.entry, d.logged.fields[0].name)
	case ends && d.logged == nil:
		f.What = "its row has an end that stands in no log entry: " + d.row.fields[0].name
	case d.row == nil:
		f.What = fmt.Sprintf("the log records it (%s), but its row is gone", d.logged.entry)
	case d.row == nil && (kind == "session" || kind == "invitation"):
		f.What = fmt.Sprintf("by the log it stands (%s), but its row is gone or was ended by hand", d.logged.entry)
	case d.logged == nil && (kind == "session" || kind == "invitation"):
		f.What = "its row stands and by the log it does not: the row was added by hand, or the log has ended it"
		f.Remedy = "end it, see what was done with it, and find out who could write to the database"
	case d.logged == nil:
		f.What = "its row stands in no log entry: the row was added by hand, its id was changed, or its entry is gone"
	default:
		f.What = fmt.Sprintf("its row differs from what was logged (%s) in: %s", d.logged.entry, d.row.differs(d.logged))
	}
	p.report.add(f)
}
