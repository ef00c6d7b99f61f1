package db

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ retention.Store = (*DB)(nil)

const selectHold = `SELECT id, COALESCE(request_id, ''), COALESCE(camera_id, ''), start_at, end_at, reason, placed_by, placed_at, review_at,
	COALESCE(lapses_at, 0), COALESCE(verified_at, 0), COALESCE(surveyed_at, 0), objects, lost, COALESCE(lift_by, ''), COALESCE(lift_why, ''),
	COALESCE(reviewed_at, 0), COALESCE(lifted_at, 0), COALESCE(confirmed_by, ''), version FROM hold `

func scanHold(rows *sql.Rows) (h retention.Held, err error) {
	return h, rows.Scan(&h.ID, &h.Request, &h.Camera, &h.Span.Start, &h.Span.End, &h.Reason, &h.By, &h.Placed, &h.Hold.Review, &h.Lapses,
		&h.Verified, &h.Surveyed, &h.Objects, &h.LostAll, &h.LiftBy, &h.LiftWhy, &h.Reviewed, &h.Lifted, &h.Confirmed, &h.Version)
}

// PlaceHold implements retention.Store. NotFound: the camera or the request does not exist.
func (d *DB) PlaceHold(ctx context.Context, h custody.Hold, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "placing a hold", camera: h.Camera, alone: h.Camera == "", events: evs, apply: func(t *tx) (bool, error) {
		return true, placeHolds(t, []custody.Hold{h})
	}})
}

// ChangeHold implements retention.Store. It only ever makes less held, so it need not meet a disposal.
func (d *DB) ChangeHold(ctx context.Context, h retention.Held, evs ...custody.Event) (retention.Held, error) {
	if !isText(h.LiftWhy) || len(h.LiftWhy) > retention.MaxReason {
		return retention.Held{}, custody.Errorf(custody.Invalid, "why a hold is lifted is at most %d bytes of text", retention.MaxReason)
	}
	if h.Confirmed != "" && h.Confirmed == h.LiftBy {
		return retention.Held{}, custody.Errorf(custody.Denied, "who proposed to lift a hold does not confirm it")
	}
	err := d.seq.commit(ctx, &change{doing: "changing a hold", camera: h.Camera, events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE hold SET review_at = $3, lapses_at = $4, reviewed_at = $5, lift_by = $6, lift_why = $7, lifted_at = $8,
			confirmed_by = $9, version = version + 1 WHERE id = $1 AND version = $2 AND lifted_at IS NULL`, string(h.ID), h.Version,
			int64(h.Hold.Review), orNull(int64(h.Lapses)), orNull(int64(h.Reviewed)), orNull(string(h.LiftBy)), orNull(h.LiftWhy),
			orNull(int64(h.Lifted)), orNull(string(h.Confirmed)))
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM hold WHERE id = $1`, string(h.ID), "the hold")
		}
		return true, err
	}})
	h.Version++
	return h, err
}

// Hold implements retention.Store: the hold with its losses.
func (d *DB) Hold(ctx context.Context, id custody.HoldID) (retention.Held, error) {
	h, err := one(ctx, d.read, scanHold, selectHold+`WHERE id = $1`, string(id))
	if err == nil {
		h.Lost, err = collect(ctx, d.read, scanLoss, selectLoss+`WHERE hold_id = $1 ORDER BY start_at, subject LIMIT $2`, string(id), retention.MaxLosses)
	}
	return h, d.absent(err, "reading a hold", "there is no such hold")
}

const selectLoss = `SELECT camera_id, start_at, end_at, COALESCE(disposition_id, ''), subject, cause FROM hold_loss `

func scanLoss(rows *sql.Rows) (l retention.Loss, err error) {
	err = rows.Scan(&l.Camera, &l.Span.Start, &l.Span.End, &l.Disposition, &l.Segment, &l.Cause)
	if l.Disposition != "" {
		l.Segment = ""
	}
	return l, err
}

// Holds implements retention.Store. Holds of a request that the scope hides are none. A scope of anything else shows none.
func (d *DB) Holds(ctx context.Context, scope access.Scope, request custody.RequestID, standing bool, limit int) ([]retention.Held, error) {
	if scope.Action() != access.RequestView || !scope.Everything() {
		return nil, nil
	}
	query, args := selectHold+`WHERE (lifted_at IS NULL OR NOT $1)`, []any{standing, limit}
	if request != "" {
		query, args = query+` AND request_id = $3`, append(args, string(request))
	}
	hidden, args := hiding(scope, "request_id", args)
	return d.holds(ctx, query+hidden+` ORDER BY placed_at DESC, id LIMIT $2`, args...)
}

func (d *DB) holds(ctx context.Context, query string, args ...any) ([]retention.Held, error) {
	hs, err := collect(ctx, d.read, scanHold, query, args...)
	return hs, fault(d.dialect, err, "reading holds")
}

// StandingOn implements retention.Store.
func (d *DB) StandingOn(ctx context.Context, camera custody.CameraID) ([]custody.Hold, error) {
	hs, err := d.holds(ctx, selectHold+`WHERE lifted_at IS NULL AND (camera_id = $1 OR camera_id IS NULL) ORDER BY start_at, id`, string(camera))
	out := make([]custody.Hold, len(hs))
	for i := range hs {
		out[i] = hs[i].Hold
	}
	return out, err
}

// Lapsed implements retention.Store.
func (d *DB) Lapsed(ctx context.Context, now custody.Instant, limit int) ([]retention.Held, error) {
	return d.holds(ctx, selectHold+`WHERE lifted_at IS NULL AND lapses_at <= $1 ORDER BY lapses_at, id LIMIT $2`, int64(now), limit)
}

// Unlocked implements retention.Store.
func (d *DB) Unlocked(ctx context.Context, limit int) ([]retention.Held, error) {
	return d.holds(ctx, selectHold+`WHERE lifted_at IS NOT NULL AND released_at IS NULL ORDER BY id LIMIT $1`, limit)
}

// SetUnlocked implements retention.Store. Noting it again changes nothing.
func (d *DB) SetUnlocked(ctx context.Context, id custody.HoldID, at custody.Instant) error {
	return d.seq.commit(ctx, &change{doing: "noting that a hold's locks are off", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`UPDATE hold SET released_at = $2 WHERE id = $1 AND released_at IS NULL`, string(id), int64(at))
		return false, err
	}})
}

// Unlooked implements retention.Store.
func (d *DB) Unlooked(ctx context.Context, old, lately custody.Instant, margin time.Duration, limit int) ([]retention.Held, error) {
	return d.holds(ctx, selectHold+`WHERE lifted_at IS NULL AND (surveyed_at IS NULL OR surveyed_at < $1
		OR (verified_at < $2 AND end_at > verified_at - $3)) ORDER BY COALESCE(verified_at, 0), placed_at, id LIMIT $4`,
		int64(old), int64(lately), margin.Microseconds(), limit)
}

// SurveyOf implements retention.Store.
func (d *DB) SurveyOf(ctx context.Context, id custody.HoldID) (retention.Survey, error) {
	s, err := one(ctx, d.read, func(rows *sql.Rows) (s retention.Survey, err error) {
		return s, rows.Scan(&s.Hold, &s.Began, &s.From, &s.Stream, &s.Start, &s.Seen, &s.Missing)
	}, `SELECT hold_id, began_at, from_at, stream_id, start_at, seen, missing FROM hold_round WHERE hold_id = $1`, string(id))
	return s, d.absent(err, "reading how far a look is", "nobody is looking at this hold")
}

// KeepSurvey implements retention.Store.
func (d *DB) KeepSurvey(ctx context.Context, s retention.Survey) error {
	return d.seq.commit(ctx, &change{doing: "noting how far a look is", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO hold_round (hold_id, began_at, from_at, stream_id, start_at, seen, missing) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (hold_id) DO UPDATE SET began_at = excluded.began_at, from_at = excluded.from_at, stream_id = excluded.stream_id,
			start_at = excluded.start_at, seen = excluded.seen, missing = excluded.missing`,
			string(s.Hold), int64(s.Began), int64(s.From), string(s.Stream), int64(s.Start), s.Seen, s.Missing)
		return false, err
	}})
}

// HeldSegments implements retention.Store: a page of one stream after the other, each a range of kept_segment.
func (d *DB) HeldSegments(ctx context.Context, h custody.Hold, from custody.Instant, stream custody.StreamID, start custody.Instant,
	limit int) ([]retention.Condemned, error) {
	const doing = "reading what a hold covers"
	streams, err := streamsOf(ctx, d.read, h.Camera)
	if err != nil {
		return nil, fault(d.dialect, err, doing)
	}
	slices.Sort(streams)
	var out []retention.Condemned
	for _, s := range streams {
		if s < stream || len(out) >= limit {
			continue
		}
		after := custody.Instant(-1 << 62)
		if s == stream {
			after = start
		}
		page, err := collect(ctx, d.read, scanCondemned, selectKept+`WHERE k.stream_id = $1 AND k.start_at > $2 AND k.start_at < $3 AND k.end_at > $4
			AND k.start_at >= COALESCE((SELECT b.start_at FROM kept_segment b WHERE b.stream_id = $1 AND b.start_at <= $4
				ORDER BY b.start_at DESC LIMIT 1), $4) ORDER BY k.start_at LIMIT $5`,
			string(s), int64(after), int64(h.Span.End), int64(max(from, h.Span.Start)), limit-len(out))
		if err != nil {
			return nil, fault(d.dialect, err, doing)
		}
		out = append(out, page...)
	}
	return out, nil
}

// streamsOf lists every stream that the camera ever had; of no camera every stream there ever was.
func streamsOf(ctx context.Context, q querier, camera custody.CameraID) ([]custody.StreamID, error) {
	scan := func(rows *sql.Rows) (s custody.StreamID, err error) { return s, rows.Scan(&s) }
	if camera == "" {
		return collect(ctx, q, scan, `SELECT id FROM camera_stream`)
	}
	return collect(ctx, q, scan, `SELECT id FROM camera_stream WHERE camera_id = $1`, string(camera))
}

const selectKept = `SELECT k.segment_id, k.stream_id, s.camera_id, k.start_at, k.end_at, s.object_size FROM kept_segment k
	JOIN segment s ON s.stream_id = k.stream_id AND s.start_at = k.start_at `

func scanCondemned(rows *sql.Rows) (c retention.Condemned, err error) {
	return c, rows.Scan(&c.Segment, &c.Stream, &c.Camera, &c.Span.Start, &c.Span.End, &c.Bytes)
}

// NoteLosses implements retention.Store. If every loss is known already no event is stored.
func (d *DB) NoteLosses(ctx context.Context, id custody.HoldID, losses []retention.Loss, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "noting what a hold came too late for", events: evs, apply: func(t *tx) (bool, error) {
		n, err := addLosses(t, id, losses)
		return n > 0, err
	}})
}

func addLosses(t *tx, id custody.HoldID, losses []retention.Loss) (added int64, err error) {
	for _, l := range losses {
		subject := string(l.Disposition)
		if subject == "" {
			subject = string(l.Segment)
		}
		n, err := t.exec(`INSERT INTO hold_loss (hold_id, subject, camera_id, start_at, end_at, disposition_id, cause) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (hold_id, subject) DO NOTHING`, string(id), subject, string(l.Camera), int64(l.Span.Start), int64(l.Span.End),
			orNull(string(l.Disposition)), toText(l.Cause, 200))
		if err != nil {
			return 0, err
		}
		added += n
	}
	if added > 0 {
		_, err = t.exec(`UPDATE hold SET lost = lost + $2 WHERE id = $1`, string(id), added)
	}
	return added, err
}

// FinishSurvey implements retention.Store.
func (d *DB) FinishSurvey(ctx context.Context, s retention.Survey, losses []retention.Loss, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "noting that a hold was looked at", events: evs, apply: func(t *tx) (bool, error) {
		if _, err := addLosses(t, s.Hold, losses); err != nil {
			return false, err
		}
		n, err := t.exec(`UPDATE hold SET verified_at = $2, surveyed_at = CASE WHEN start_at >= $3 THEN $2 ELSE surveyed_at END,
			objects = CASE WHEN start_at >= $3 THEN $4 ELSE objects END WHERE id = $1`, string(s.Hold), int64(s.Began), int64(s.From), s.Seen)
		if err == nil && n == 0 {
			err = custody.Errorf(custody.NotFound, "there is no such hold")
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM hold_round WHERE hold_id = $1`, string(s.Hold))
		}
		return true, err
	}})
}
