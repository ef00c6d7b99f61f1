package db

import (
	"context"
	"database/sql"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
)

// What custody check walks over among holds and disposals. Every iterator holds a bounded number of rows; an error ends it.

// AllHolds yields every hold, lifted ones included, ordered by id.
func (d *DB) AllHolds(ctx context.Context) iter.Seq2[retention.Held, error] {
	return pages(ctx, d, "reading holds", func(ctx context.Context, last *retention.Held) ([]retention.Held, error) {
		var after custody.HoldID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanHold, selectHold+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
	})
}

// AllDispositions yields every tombstone, ordered by id.
func (d *DB) AllDispositions(ctx context.Context) iter.Seq2[retention.Disposition, error] {
	return pages(ctx, d, "reading dispositions", func(ctx context.Context, last *retention.Disposition) ([]retention.Disposition, error) {
		var after custody.DispositionID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanDisposition, selectDisposition+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
	})
}

const selectRemains = `SELECT x.segment_id, x.disposition_id, COALESCE(x.purged_at, 0), k.segment_id IS NOT NULL
	FROM disposed_segment x LEFT JOIN segment_key k ON k.segment_id = x.segment_id `

func scanRemains(rows *sql.Rows) (r retention.Remains, err error) {
	return r, rows.Scan(&r.Segment, &r.Disposition, &r.Purged, &r.Kept)
}

// AllRemains yields every segment that was disposed of, ordered by id.
func (d *DB) AllRemains(ctx context.Context) iter.Seq2[retention.Remains, error] {
	return pages(ctx, d, "reading what was disposed of", func(ctx context.Context, last *retention.Remains) ([]retention.Remains, error) {
		var after custody.SegmentID
		if last != nil {
			after = last.Segment
		}
		return collect(ctx, d.read, scanRemains, selectRemains+`WHERE x.segment_id > $1 ORDER BY x.segment_id LIMIT $2`, string(after), pageRows)
	})
}

// Remains is one segment that was disposed of; NotFound if it was not.
func (d *DB) Remains(ctx context.Context, id custody.SegmentID) (retention.Remains, error) {
	r, err := one(ctx, d.read, scanRemains, selectRemains+`WHERE x.segment_id = $1`, string(id))
	return r, d.absent(err, "reading what was disposed of", "this segment was not disposed of")
}
