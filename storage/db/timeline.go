package db

import (
	"context"
	"database/sql"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ viewing.History = History{}

// History is the database as a timeline looks at it. Hours and days that are over are summed up in buckets (Roll); what has no bucket
// is read from the segments themselves, so that the answer is the same with or without them, only later.
type History struct{ db *DB }

// History returns what tells when there is footage. It holds nothing and lives as long as d.
func (d *DB) History() History { return History{d} }

// Gaps implements viewing.History.
func (h History) Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error] {
	return h.db.Gaps(ctx, stream, span)
}

// Restrictions implements viewing.History.
func (h History) Restrictions(ctx context.Context, camera custody.CameraID, span custody.Span) ([]access.Restriction, error) {
	return h.db.Facts().Restrictions(ctx, camera, span)
}

const (
	hour         = custody.Instant(3_600_000_000)
	day          = 24 * hour
	medianDays   = 7    // over which a camera's own median is taken
	fineSpan     = 3    // hours: spans up to this are read fragment by fragment if the step is shorter than a minute
	timelineGaps = 2000 // of one camera, the longest
	maxSpans     = 4000 // of one camera
)

// Timeline implements viewing.History.
func (h History) Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) ([]viewing.Track, error) {
	if scope.Action() != access.FootageList || step <= 0 {
		return nil, nil
	}
	streams, err := h.mainStreams(ctx)
	if err != nil {
		return nil, fault(h.db.dialect, err, "reading the timeline")
	}
	var asked []custody.CameraID
	for _, c := range cameras {
		if scope.Includes(c) && len(streams[c]) > 0 && !slices.Contains(asked, c) {
			asked = append(asked, c)
		}
	}
	out := make([]viewing.Track, len(asked))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, c := range asked {
		g.Go(func() (err error) {
			out[i], err = h.track(ctx, c, streams[c], span, step)
			return fault(h.db.dialect, err, "reading the timeline")
		})
	}
	return out, g.Wait()
}

// mainStreams lists the main streams of every camera, replaced ones included.
func (h History) mainStreams(ctx context.Context) (map[custody.CameraID][]custody.StreamID, error) {
	type pair struct {
		camera custody.CameraID
		stream custody.StreamID
	}
	rows, err := collect(ctx, h.db.read, func(rows *sql.Rows) (p pair, err error) { return p, rows.Scan(&p.camera, &p.stream) },
		`SELECT camera_id, id FROM camera_stream WHERE role = 'main' ORDER BY camera_id, id`)
	out := map[custody.CameraID][]custody.StreamID{}
	for _, p := range rows {
		out[p.camera] = append(out[p.camera], p.stream)
	}
	return out, err
}

// track reads one camera's timeline.
func (h History) track(ctx context.Context, camera custody.CameraID, streams []custody.StreamID, span custody.Span, step time.Duration) (viewing.Track, error) {
	t := viewing.Track{Camera: camera, Streams: streams}
	a := newActivity(span, step)
	for _, stream := range streams {
		recorded, err := h.recorded(ctx, stream, span, a)
		if err != nil {
			return t, err
		}
		gaps, err := h.longestGaps(ctx, stream, span)
		if err != nil {
			return t, err
		}
		first, err := h.first(ctx, stream)
		if err != nil {
			return t, err
		}
		if t.Retained == 0 || first != 0 && first < t.Retained {
			t.Retained = first
		}
		t.Recorded, t.Gaps = append(t.Recorded, recorded...), append(t.Gaps, gaps...)
	}
	slices.SortFunc(t.Recorded, func(x, y custody.Span) int { return int(x.Start - y.Start) })
	slices.SortFunc(t.Gaps, func(x, y media.Gap) int { return int(x.Span.Start - y.Span.Start) })
	t.Recorded = coarse(merged(t.Recorded, seam), maxSpans)
	t.Activity = a.levels()
	restrictions, err := h.Restrictions(ctx, camera, span)
	for _, r := range restrictions {
		t.Restrictions = append(t.Restrictions, viewing.Restricted{Span: r.Span.Intersect(span), Kind: r.Kind})
	}
	return t, err
}

// first is the start of the earliest footage that is still kept; 0 if there is none.
func (h History) first(ctx context.Context, stream custody.StreamID) (custody.Instant, error) {
	rows, err := collect(ctx, h.db.read, func(rows *sql.Rows) (at custody.Instant, err error) { return at, rows.Scan(&at) },
		`SELECT start_at FROM kept_segment WHERE stream_id = $1 ORDER BY start_at LIMIT 1`, string(stream))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0], nil
}

func (h History) longestGaps(ctx context.Context, stream custody.StreamID, span custody.Span) ([]media.Gap, error) {
	return collect(ctx, h.db.read, scanGap, `SELECT `+gapColumns+` FROM gap WHERE stream_id = $1 AND start_at < $3 AND (end_at IS NULL OR end_at > $2)
		ORDER BY COALESCE(end_at, $3) - start_at DESC, id LIMIT $4`, string(stream), int64(span.Start), int64(span.End), timelineGaps)
}

// recorded merges the buckets of the span and, where there is none, the segments; what they tell about activity goes to a.
func (h History) recorded(ctx context.Context, stream custody.StreamID, span custody.Span, a *activity) ([]custody.Span, error) {
	var out []custody.Span
	from := min(span.Start, span.End-medianDays*day)
	days, err := h.buckets(ctx, stream, 24, from-mod(from, day), span.End)
	if err != nil {
		return nil, err
	}
	hours, err := h.buckets(ctx, stream, 1, span.Start-mod(span.Start, day), span.End)
	if err != nil {
		return nil, err
	}
	var missing custody.Span
	for at := from - mod(from, day); at < span.End; at += day {
		b, ok := days[at]
		a.usual(b)
		if at+day <= span.Start {
			continue
		}
		if ok && !a.fine {
			out = append(out, b.within(span)...)
			a.minutes(b)
			continue
		}
		stop := min(at+day, span.End)
		for at := at; at < stop; at += hour {
			b, ok := hours[at]
			a.usual(b)
			if at+hour <= span.Start {
				continue
			}
			if ok && !a.fine {
				out = append(out, b.within(span)...)
				a.minutes(b)
				continue
			}
			if missing.End != at {
				if out, err = h.raw(ctx, stream, missing, span, a, out); err != nil {
					return nil, err
				}
				missing.Start = at
			}
			missing.End = at + hour
		}
	}
	return h.raw(ctx, stream, missing, span, a, out)
}

// raw reads the segments of a span that has no bucket.
func (h History) raw(ctx context.Context, stream custody.StreamID, missing, span custody.Span, a *activity, out []custody.Span) ([]custody.Span, error) {
	if missing.Empty() {
		return out, nil
	}
	err := h.pieces(ctx, h.db.read, stream, missing.Intersect(span), func(p recordedPiece) {
		if c := p.span.Intersect(span).Intersect(missing); !c.Empty() {
			if n := len(out); n > 0 && c.Start-out[n-1].End <= seam && c.Start >= out[n-1].End {
				out[n-1].End = c.End
			} else {
				out = append(out, c)
			}
			a.piece(p)
		}
	})
	return out, err
}

// recordedPiece is one segment as the timeline sees it.
type recordedPiece struct {
	span    custody.Span
	between []uint64 // media.UnpackActivity
}

const piecesOfSpan = `SELECT s.start_at, s.end_at, a.activity FROM segment s JOIN segment_key k ON k.segment_id = s.id
	LEFT JOIN segment_activity a ON a.stream_id = s.stream_id AND a.start_at = s.start_at
	WHERE s.stream_id = $1 AND s.start_at >= $2 AND s.start_at < $3 AND s.end_at > $4 ORDER BY s.start_at`

// longestPiece is more than any segment lasts.
const longestPiece = custody.Instant(10 * 60_000_000)

// pieces yields the segments that overlap the span, in time order, one at a time.
func (h History) pieces(ctx context.Context, q querier, stream custody.StreamID, span custody.Span, yield func(recordedPiece)) error {
	rows, err := q.QueryContext(ctx, piecesOfSpan, string(stream), int64(span.Start-longestPiece), int64(span.End), int64(span.Start))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p recordedPiece
		var b []byte
		if err := rows.Scan(&p.span.Start, &p.span.End, &b); err != nil {
			return err
		}
		p.between = media.UnpackActivity(b)
		yield(p)
	}
	return rows.Err()
}

// buckets reads the buckets of one length that begin in [from, to).
func (h History) buckets(ctx context.Context, stream custody.StreamID, hours int, from, to custody.Instant) (map[custody.Instant]bucket, error) {
	rows, err := collect(ctx, h.db.read, func(rows *sql.Rows) (b bucket, err error) {
		var packed []byte
		if err := rows.Scan(&b.start, &packed, &b.activity); err != nil {
			return b, err
		}
		b.end = b.start + custody.Instant(hours)*hour
		b.recorded, err = unpackSpans(b.start, packed)
		return b, err
	}, `SELECT start_at, recorded, activity FROM timeline_bucket WHERE stream_id = $1 AND hours = $2 AND start_at >= $3 AND start_at < $4 ORDER BY start_at`,
		string(stream), hours, int64(from), int64(to))
	out := make(map[custody.Instant]bucket, len(rows))
	for _, b := range rows {
		out[b.start] = b
	}
	return out, err
}

// mod is the remainder that is never negative.
func mod(a, b custody.Instant) custody.Instant { return (a%b + b) % b }
