package db

import (
	"context"
	"database/sql"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	rollsAtOnce = 32               // buckets that one call of Roll makes
	rollAfter   = 2 * 60 * 1000000 // an hour is summed up this long after its end: until then segments of it are expected
)

// Roll implements viewing.History. It sums up days that are over, and of today the hours. A bucket that a late segment removed is made
// again. It reads segments one at a time and keeps one day.
func (h History) Roll(ctx context.Context, now custody.Instant) (more bool, err error) {
	streams, err := h.mainStreams(ctx)
	left := rollsAtOnce
	for camera, ids := range streams {
		for _, stream := range ids {
			if err == nil && left > 0 {
				err = h.rollStream(ctx, camera, stream, now-rollAfter, &left)
			}
		}
	}
	return left == 0, fault(h.db.dialect, err, "summing up the timeline")
}

func (h History) rollStream(ctx context.Context, camera custody.CameraID, stream custody.StreamID, until custody.Instant, left *int) error {
	first, err := h.first(ctx, stream)
	if err != nil || first == 0 {
		return err
	}
	today := until - mod(until, day)
	days, err := h.starts(ctx, stream, 24)
	if err != nil {
		return err
	}
	for at := first - mod(first, day); at < today && *left > 0; at += day {
		if !days[at] {
			*left--
			if err := h.roll(ctx, camera, stream, 24, at); err != nil {
				return err
			}
		}
	}
	hours, err := h.starts(ctx, stream, 1)
	if err != nil {
		return err
	}
	for at := max(today, first-mod(first, hour)); at+hour <= until && *left > 0; at += hour {
		if !hours[at] {
			*left--
			if err := h.roll(ctx, camera, stream, 1, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h History) starts(ctx context.Context, stream custody.StreamID, hours int) (map[custody.Instant]bool, error) {
	rows, err := collect(ctx, h.db.read, func(rows *sql.Rows) (at custody.Instant, err error) { return at, rows.Scan(&at) },
		`SELECT start_at FROM timeline_bucket WHERE stream_id = $1 AND hours = $2`, string(stream), hours)
	out := make(map[custody.Instant]bool, len(rows))
	for _, at := range rows {
		out[at] = true
	}
	return out, err
}

// roll makes one bucket. It is stored only if the same segments are there still; the camera's row is locked, so nobody adds one meanwhile.
func (h History) roll(ctx context.Context, camera custody.CameraID, stream custody.StreamID, hours int, start custody.Instant) error {
	b := bucket{start: start, end: start + custody.Instant(hours)*hour}
	span := custody.Span{Start: b.start, End: b.end}
	sums, count, last := minutes{}, int64(0), custody.Instant(0)
	err := h.pieces(ctx, h.db.read, stream, span, func(p recordedPiece) {
		b.recorded = append(b.recorded, p.span.Intersect(span))
		sums.add(p)
		count, last = count+1, p.span.Start
	})
	if err != nil {
		return err
	}
	for at, s := range sums {
		if code := s.code(); code != 0 && span.Contains(at) {
			if b.activity == nil {
				b.activity = make([]byte, (b.end-b.start)/minute)
			}
			b.activity[(at-b.start)/minute] = code
		}
	}
	if b.activity == nil {
		b.activity = []byte{}
	}
	packed := packSpans(b.start, merged(b.recorded, seam))
	return h.db.seq.commit(ctx, &change{doing: "summing up the timeline", camera: camera, apply: func(t *tx) (bool, error) {
		var there int64
		var latest custody.Instant
		err := t.row(`SELECT count(*), COALESCE(max(s.start_at), 0) FROM segment s JOIN segment_key k ON k.segment_id = s.id
			WHERE s.stream_id = $1 AND s.start_at >= $2 AND s.start_at < $3 AND s.end_at > $4`,
			string(stream), int64(span.Start-longestPiece), int64(span.End), int64(span.Start)).Scan(&there, &latest)
		if err != nil || there != count || latest != last {
			return false, err // the next Roll makes it
		}
		if hours == 24 {
			if _, err := t.exec(`DELETE FROM timeline_bucket WHERE stream_id = $1 AND hours = 1 AND start_at >= $2 AND start_at < $3`,
				string(stream), int64(b.start), int64(b.end)); err != nil {
				return false, err
			}
		}
		_, err = t.exec(`INSERT INTO timeline_bucket (stream_id, hours, start_at, recorded, activity) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (stream_id, hours, start_at) DO NOTHING`, string(stream), hours, int64(b.start), packed, b.activity)
		return false, err
	}})
}
