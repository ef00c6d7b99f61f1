package db

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

var _ vault.Tombs = (*DB)(nil)

const selectDisposition = `SELECT id, camera_id, start_at, end_at, segments, bytes, why, COALESCE(rule_camera, ''), COALESCE(rule_class, ''),
	at_least, at_most, at, COALESCE(purged_at, 0), final_at FROM disposition `

func scanDisposition(rows *sql.Rows) (d retention.Disposition, err error) {
	return d, rows.Scan(&d.ID, &d.Camera, &d.Span.Start, &d.Span.End, &d.Segments, &d.Bytes, &d.Why, &d.Rule.Camera, &d.Rule.Class,
		&d.Rule.AtLeast, &d.Rule.AtMost, &d.At, &d.Purged, &d.Final)
}

// Condemned implements retention.Store: the oldest of each stream, and of those the oldest.
func (d *DB) Condemned(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]retention.Condemned, error) {
	const doing = "reading what may be disposed of"
	streams, err := streamsOf(ctx, d.read, camera)
	if err != nil {
		return nil, fault(d.dialect, err, doing)
	}
	var out []retention.Condemned
	for _, s := range streams {
		cs, err := collect(ctx, d.read, scanCondemned, selectKept+`WHERE k.stream_id = $1 AND k.start_at >= $2 AND k.start_at < $3 AND k.end_at <= $3
			ORDER BY k.start_at LIMIT $4`, string(s), int64(span.Start), int64(span.End), limit)
		if err != nil {
			return nil, fault(d.dialect, err, doing)
		}
		out = append(out, cs...)
	}
	slices.SortFunc(out, func(a, b retention.Condemned) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Segment, b.Segment))
	})
	return out[:min(limit, len(out))], nil
}

// Weigh implements retention.Store.
func (d *DB) Weigh(ctx context.Context, camera custody.CameraID, span custody.Span) (retention.Weight, error) {
	w, err := one(ctx, d.read, func(rows *sql.Rows) (w retention.Weight, err error) {
		return w, rows.Scan(&w.Segments, &w.Bytes, &w.Span.Start, &w.Span.End)
	}, `SELECT count(*), CAST(COALESCE(sum(s.object_size), 0) AS BIGINT), COALESCE(min(k.start_at), 0), COALESCE(max(k.end_at), 0) FROM kept_segment k
		JOIN segment s ON s.stream_id = k.stream_id AND s.start_at = k.start_at JOIN camera_stream c ON c.id = k.stream_id
		WHERE c.camera_id = $1 AND k.start_at >= $2 AND k.end_at <= $3 AND k.start_at < $3`, string(camera), int64(span.Start), int64(span.End))
	return w, fault(d.dialect, err, "weighing footage")
}

// Dispose implements retention.Store.
func (d *DB) Dispose(ctx context.Context, x retention.Disposition, segments []custody.SegmentID, evs ...custody.Event) error {
	if len(segments) == 0 || len(segments) != x.Segments || !custody.ValidID("dsp_", string(x.ID)) {
		return custody.Errorf(custody.Invalid, "a disposition has an id, and as many segments as it says")
	}
	return d.seq.commit(ctx, &change{doing: "disposing of footage", camera: x.Camera, events: evs, apply: func(t *tx) (bool, error) {
		if err := raiseHoldEpoch(t, x.Camera); err != nil {
			return false, err
		}
		if err := unheld(t, x.Camera, x.Span); err != nil {
			return false, err
		}
		_, err := t.exec(`INSERT INTO disposition (id, camera_id, start_at, end_at, segments, bytes, why, rule_camera, rule_class, at_least, at_most,
			at, final_at, purged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)`, string(x.ID), string(x.Camera),
			int64(x.Span.Start), int64(x.Span.End), x.Segments, x.Bytes, string(x.Why), orNull(string(x.Rule.Camera)), orNull(string(x.Rule.Class)),
			x.Rule.AtLeast, x.Rule.AtMost, int64(x.At), int64(x.Final))
		if err != nil {
			return false, err
		}
		return true, destroyKeys(t, &x, segments)
	}})
}

// unheld fails with Conflict if a standing hold overlaps.
func unheld(t *tx, camera custody.CameraID, span custody.Span) error {
	var n int
	err := t.row(`SELECT count(*) FROM hold WHERE lifted_at IS NULL AND (camera_id = $1 OR camera_id IS NULL) AND start_at < $3 AND end_at > $2`,
		string(camera), int64(span.Start), int64(span.End)).Scan(&n)
	if err == nil && n > 0 {
		err = custody.Errorf(custody.Conflict, "this footage is held: nothing of it is disposed of")
	}
	return err
}

func destroyKeys(t *tx, x *retention.Disposition, segments []custody.SegmentID) error {
	for _, id := range segments {
		n, err := t.exec(`INSERT INTO disposed_segment (segment_id, disposition_id, key_id, tried_at) SELECT k.segment_id, $2, k.key_id, 0
			FROM segment_key k JOIN segment s ON s.id = k.segment_id WHERE k.segment_id = $1 AND s.camera_id = $3 AND s.start_at >= $4 AND s.end_at <= $5`,
			string(id), string(x.ID), string(x.Camera), int64(x.Span.Start), int64(x.Span.End))
		if err == nil && n == 0 {
			err = custody.Errorf(custody.Conflict, "segment %s was disposed of meanwhile, or does not lie in what is disposed of", id)
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM segment_key WHERE segment_id = $1`, string(id))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Unpurged implements retention.Store.
func (d *DB) Unpurged(ctx context.Context, before custody.Instant, limit int) ([]retention.Leftover, error) {
	ls, err := collect(ctx, d.read, func(rows *sql.Rows) (l retention.Leftover, err error) {
		return l, rows.Scan(&l.Segment, &l.Disposition, &l.Camera)
	}, `SELECT x.segment_id, x.disposition_id, d.camera_id FROM disposed_segment x JOIN disposition d ON d.id = x.disposition_id
		WHERE x.purged_at IS NULL AND x.tried_at < $1 ORDER BY x.tried_at, x.segment_id LIMIT $2`, int64(before), limit)
	return ls, fault(d.dialect, err, "reading what is to be removed")
}

// Tried implements retention.Store.
func (d *DB) Tried(ctx context.Context, at custody.Instant, segments []custody.SegmentID) error {
	return d.seq.commit(ctx, &change{doing: "noting what could not be removed", apply: func(t *tx) (bool, error) {
		for _, id := range segments {
			if _, err := t.exec(`UPDATE disposed_segment SET tried_at = $2 WHERE segment_id = $1 AND purged_at IS NULL`, string(id), int64(at)); err != nil {
				return false, err
			}
		}
		return false, nil
	}})
}

// Purged implements retention.Store. Saying it again changes nothing.
func (d *DB) Purged(ctx context.Context, id custody.DispositionID, at custody.Instant, segments []custody.SegmentID, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "noting what was removed", events: evs, apply: func(t *tx) (bool, error) {
		for _, s := range segments {
			if _, err := t.exec(`UPDATE disposed_segment SET purged_at = $3 WHERE segment_id = $1 AND disposition_id = $2 AND purged_at IS NULL`,
				string(s), string(id), int64(at)); err != nil {
				return false, err
			}
		}
		n, err := t.exec(`UPDATE disposition SET purged_at = $2 WHERE id = $1 AND purged_at IS NULL AND NOT EXISTS
			(SELECT 1 FROM disposed_segment WHERE disposition_id = $1 AND purged_at IS NULL)`, string(id), int64(at))
		return n == 1, err
	}})
}

// Dispositions implements retention.Store. A scope of anything else shows none.
func (d *DB) Dispositions(ctx context.Context, scope access.Scope, span custody.Span, limit int) ([]retention.Disposition, error) {
	if scope.Action() != access.RetentionView || !scope.Everything() {
		return nil, nil
	}
	return d.dispositions(ctx, selectDisposition+`WHERE at >= $1 AND at < $2 ORDER BY at DESC, id LIMIT $3`, int64(span.Start), int64(span.End), limit)
}

// Disposed implements retention.Store.
func (d *DB) Disposed(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]retention.Disposition, error) {
	query, args := selectDisposition+`WHERE end_at > $1 AND start_at < $2`, []any{int64(span.Start), int64(span.End), limit}
	if camera != "" {
		query, args = query+` AND camera_id = $4`, append(args, string(camera))
	}
	return d.dispositions(ctx, query+` ORDER BY start_at, id LIMIT $3`, args...)
}

func (d *DB) dispositions(ctx context.Context, query string, args ...any) ([]retention.Disposition, error) {
	ds, err := collect(ctx, d.read, scanDisposition, query, args...)
	return ds, fault(d.dialect, err, "reading dispositions")
}

// Tombstone implements vault.Tombs.
func (d *DB) Tombstone(ctx context.Context, id custody.SegmentID) (vault.Tombstone, error) {
	x, err := one(ctx, d.read, scanDisposition, selectDisposition+`WHERE id = (SELECT disposition_id FROM disposed_segment WHERE segment_id = $1)`, string(id))
	return vault.Tombstone{Camera: x.Camera, At: x.At, Days: x.Rule.Days(x.Why)}, d.absent(err, "reading a tombstone", "this segment was not disposed of")
}
