package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/vault"
)

var _ vault.Catalog = (*DB)(nil)

var segmentColumns = []string{"id", "camera_id", "stream_id", "run_id", "number", "continuation", "start_at", "end_at", "media_ticks",
	"timescale", "units", "damaged", "root", "leaves", "object_size", "object_digest", "camera_offset", "fragments", "recovered", "sealed_at"}

// The statements over segments. The inner query of segmentsOfSpan finds the one segment that may begin before
// the span and reach into it, so that the rest is one range of segment_time.
const (
	selectSegment = `SELECT s.id, s.camera_id, s.stream_id, s.run_id, s.number, s.continuation, s.start_at, s.end_at, s.media_ticks,
		s.timescale, s.units, s.damaged, s.root, s.leaves, s.object_size, s.object_digest, s.camera_offset, s.fragments, s.recovered,
		s.sealed_at, COALESCE(k.key_id, ''), k.wrapped
		FROM segment s LEFT JOIN segment_key k ON k.segment_id = s.id `
	// selectSegmentEver also tells, of a segment that was disposed of, under which key its own was.
	selectSegmentEver = `SELECT s.id, s.camera_id, s.stream_id, s.run_id, s.number, s.continuation, s.start_at, s.end_at, s.media_ticks,
		s.timescale, s.units, s.damaged, s.root, s.leaves, s.object_size, s.object_digest, s.camera_offset, s.fragments, s.recovered,
		s.sealed_at, COALESCE(k.key_id, x.key_id, ''), k.wrapped
		FROM segment s LEFT JOIN segment_key k ON k.segment_id = s.id LEFT JOIN disposed_segment x ON x.segment_id = s.id `
	segmentsOfSpan = selectSegment + `WHERE s.stream_id = $1 AND s.start_at < $3 AND s.end_at > $2 AND s.start_at >= COALESCE(
			(SELECT b.start_at FROM segment b WHERE b.stream_id = $1 AND b.start_at <= $2 ORDER BY b.start_at DESC LIMIT 1), $2)
		ORDER BY s.start_at LIMIT $4`
	allSegments = selectSegmentEver + `WHERE (s.stream_id, s.start_at) > ($1, $2) ORDER BY s.stream_id, s.start_at LIMIT $3`
	gapsOfSpan  = `SELECT ` + gapColumns + ` FROM gap WHERE stream_id = $1 AND start_at < $3 AND (end_at IS NULL OR end_at > $2)
		AND (start_at, id) > ($4, $5) ORDER BY start_at, id LIMIT $6`
)

func scanSegment(rows *sql.Rows) (r media.SegmentRow, err error) {
	var root, digest []byte
	var offset sql.NullInt64
	err = rows.Scan(&r.ID, &r.Camera, &r.Stream, &r.Run, &r.Number, &r.Continuation, &r.Span.Start, &r.Span.End, &r.MediaTicks,
		&r.Timescale, &r.Units, &r.Damaged, &root, &r.Leaves, &r.ObjectSize, &digest, &offset, &r.Fragments, &r.Recovered, &r.SealedAt,
		&r.KeyID, &r.WrappedKey)
	if err != nil {
		return r, err
	}
	if offset.Valid {
		r.CameraOffset = &offset.Int64
	}
	return r, errors.Join(hashInto((*seal.Hash)(&r.Root), root), hashInto((*seal.Hash)(&r.ObjectDigest), digest))
}

// Segment implements vault.Catalog. WrappedKey is nil once the key was disposed of; KeyID still names the key that it was encrypted under.
func (d *DB) Segment(ctx context.Context, id custody.SegmentID) (media.SegmentRow, error) {
	rows, err := collect(ctx, d.read, scanSegment, selectSegmentEver+`WHERE s.id = $1`, string(id))
	if err != nil {
		return media.SegmentRow{}, fault(d.dialect, err, "reading the segment")
	}
	if len(rows) == 0 {
		return media.SegmentRow{}, custody.Errorf(custody.NotFound, "segment %q does not exist", id)
	}
	return rows[0], nil
}

// Segments implements vault.Catalog.
func (d *DB) Segments(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error] {
	if span.Empty() {
		return func(func(media.SegmentRow, error) bool) {}
	}
	return pages(ctx, d, "reading segments", func(ctx context.Context, last *media.SegmentRow) ([]media.SegmentRow, error) {
		from := span.Start
		if last != nil {
			from = last.Span.End
		}
		return collect(ctx, d.read, scanSegment, segmentsOfSpan, string(stream), int64(from), int64(span.End), pageRows)
	})
}

// Gaps implements vault.Catalog.
func (d *DB) Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error] {
	if span.Empty() {
		return func(func(media.Gap, error) bool) {}
	}
	return pages(ctx, d, "reading gaps", func(ctx context.Context, last *media.Gap) ([]media.Gap, error) {
		at, id := int64(-1<<63), ""
		if last != nil {
			at, id = int64(last.Span.Start), string(last.ID)
		}
		return collect(ctx, d.read, scanGap, gapsOfSpan, string(stream), int64(span.Start), int64(span.End), at, id, pageRows)
	})
}

// Run implements vault.Catalog.
func (d *DB) Run(ctx context.Context, id custody.RunID) (media.RunHeader, error) {
	var text string
	err := d.read.QueryRowContext(ctx, `SELECT header FROM run WHERE id = $1`, string(id)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return media.RunHeader{}, custody.Errorf(custody.NotFound, "run %q does not exist", id)
	}
	if err != nil {
		return media.RunHeader{}, fault(d.dialect, err, "reading the run")
	}
	return parseHeader(id, text)
}

func parseHeader(id custody.RunID, text string) (h media.RunHeader, err error) {
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return h, custody.Wrap(custody.Corrupt, err, "the header of run %s cannot be read", id)
	}
	return h, nil
}
