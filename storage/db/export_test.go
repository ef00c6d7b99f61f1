package db

import (
	"context"

	"github.com/footage-custody/custody/internal/trust/audit"
)

// Tamper runs a statement behind the sequencer's back.
func (d *DB) Tamper(ctx context.Context, query string, args ...any) error {
	_, err := d.write.ExecContext(ctx, query, args...)
	return fault(d.dialect, err, "tampering")
}

// Ask returns the rows of a query as text.
func (d *DB) Ask(ctx context.Context, query string, args ...any) ([][]string, error) {
	return askText(ctx, d.read, query, args...)
}

// Kept is how many statements the readers keep prepared.
func (d *DB) Kept() int {
	d.read.mu.RLock()
	defer d.read.mu.RUnlock()
	return len(d.read.kept)
}

// SegmentsOfSpan and its sisters are the statements whose plans matter.
const (
	SegmentsOfSpan = segmentsOfSpan
	GapsOfSpan     = gapsOfSpan
	AllSegments    = allSegments
	LooksOfMinutes = looksOfMinutes
)

// Asked is the statement and the arguments of a search of the diary, from its beginning.
func Asked(f audit.Filter, limit int) (string, []any) {
	q := &question{text: alongTime}
	q.narrow(&f, 0)
	return q.page(&f, limit)
}

// Tables is what the dump knows: table, column, kind, nullable.
func Tables() map[string]map[string][2]string {
	out := map[string]map[string][2]string{}
	for _, t := range tables() {
		cols := map[string][2]string{}
		for _, c := range t.columns {
			null := "not null"
			if c.nullable {
				null = "null"
			}
			cols[c.name] = [2]string{c.kind.String(), null}
		}
		out[t.name] = cols
	}
	return out
}

// MigrateTo brings the schema no further than that version.
func (d *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := d.provider()
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	return fault(d.dialect, err, "migrating")
}
