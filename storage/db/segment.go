package db

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

var _ recorder.Index = (*DB)(nil)

// CommitSegment implements recorder.Index. The run must have been started (StartRun is idempotent, so recovery
// calls it first), else NotFound. Exists: the run has another segment of that number.
func (d *DB) CommitSegment(ctx context.Context, row media.SegmentRow, ev custody.Event) error {
	if err := validSegment(&row); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{
		doing: "storing the segment", camera: row.Camera, events: []custody.Event{ev},
		apply: func(t *tx) (bool, error) { return putSegment(t, &row) },
	})
}

func validSegment(r *media.SegmentRow) error {
	switch {
	case !custody.ValidID("seg_", string(r.ID)):
		return custody.Errorf(custody.Invalid, "segment id %q is not well formed", r.ID)
	case r.Span.Empty():
		return custody.Errorf(custody.Invalid, "segment %s has an empty span", r.ID)
	case len(r.WrappedKey) == 0:
		return custody.Errorf(custody.Invalid, "segment %s has no wrapped key", r.ID)
	case r.Units > 1<<63-1 || r.Leaves > 1<<63-1:
		return custody.Errorf(custody.Invalid, "segment %s has an impossible count", r.ID)
	}
	return nil
}

func putSegment(t *tx, r *media.SegmentRow) (bool, error) {
	var root, digest []byte
	err := t.row(`SELECT root, object_digest FROM segment WHERE id = $1`, string(r.ID)).Scan(&root, &digest)
	switch {
	case err == nil && bytes.Equal(root, r.Root[:]) && bytes.Equal(digest, r.ObjectDigest[:]):
		return false, nil
	case err == nil:
		return false, custody.Errorf(custody.Conflict, "segment %s is stored already with other bytes", r.ID)
	case !errors.Is(err, sql.ErrNoRows):
		return false, err
	}
	if err := refuseOverlap(t, r); err != nil {
		return false, err
	}
	var offset any
	if r.CameraOffset != nil {
		offset = *r.CameraOffset
	}
	fragments := r.Fragments
	if fragments == nil {
		fragments = []byte{}
	}
	_, err = t.exec(insertText("segment", segmentColumns, 1),
		string(r.ID), string(r.Camera), string(r.Stream), string(r.Run), int64(r.Number), r.Continuation, int64(r.Span.Start),
		int64(r.Span.End), r.MediaTicks, int64(r.Timescale), int64(r.Units), int64(r.Damaged), r.Root[:], int64(r.Leaves), r.ObjectSize,
		r.ObjectDigest[:], offset, fragments, r.Recovered, int64(r.SealedAt))
	if err != nil {
		return false, err
	}
	_, err = t.exec(`INSERT INTO segment_key (segment_id, key_id, wrapped) VALUES ($1, $2, $3)`, string(r.ID), string(r.KeyID), r.WrappedKey)
	if err != nil || len(r.Activity) == 0 || len(r.Activity) > maxActivity {
		return true, err
	}
	_, err = t.exec(`INSERT INTO segment_activity (stream_id, start_at, activity) VALUES ($1, $2, $3)`, string(r.Stream), int64(r.Span.Start), r.Activity)
	return true, err
}

// maxActivity is the longest hint that is kept.
const maxActivity = 4096

// refuseOverlap enforces I3. Stored segments of a stream do not overlap, so only the last one that begins
// before the new one ends can. The camera's row is locked, so nobody adds one meanwhile.
func refuseOverlap(t *tx, r *media.SegmentRow) error {
	var id string
	var end custody.Instant
	err := t.row(`SELECT id, end_at FROM segment WHERE stream_id = $1 AND start_at < $2 ORDER BY start_at DESC LIMIT 1`,
		string(r.Stream), int64(r.Span.End)).Scan(&id, &end)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case end > r.Span.Start:
		return custody.Errorf(custody.Conflict, "segment %s would overlap segment %s of its stream", r.ID, id)
	}
	return nil
}

// StartRun implements recorder.Index. The same header again is success and stores nothing; another header under
// the id is Conflict.
func (d *DB) StartRun(ctx context.Context, h media.RunHeader, ev custody.Event) error {
	if !custody.ValidID("run_", string(h.Run)) {
		return custody.Errorf(custody.Invalid, "run id %q is not well formed", h.Run)
	}
	header, err := json.Marshal(h)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "the header of run %s cannot be written", h.Run)
	}
	if len(header) > 1<<20 {
		return custody.Errorf(custody.Invalid, "the header of run %s is larger than 1 MiB", h.Run)
	}
	return d.seq.commit(ctx, &change{doing: "storing the run", camera: h.Camera, events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		var stored string
		err := t.row(`SELECT header FROM run WHERE id = $1`, string(h.Run)).Scan(&stored)
		switch {
		case err == nil && stored == string(header):
			return false, nil
		case err == nil:
			return false, custody.Errorf(custody.Conflict, "run %s is stored already with another header", h.Run)
		case !errors.Is(err, sql.ErrNoRows):
			return false, err
		}
		_, err = t.exec(`INSERT INTO run (id, stream_id, camera_id, started_at, header) VALUES ($1, $2, $3, $4, $5)`,
			string(h.Run), string(h.Stream), string(h.Camera), int64(h.Started), string(header))
		return true, err
	}})
}

// Tail implements recorder.Index.
func (d *DB) Tail(ctx context.Context, stream custody.StreamID) (recorder.Tail, error) {
	var tail recorder.Tail
	var lastSegment, lastGap int64
	err := d.read.QueryRowContext(ctx, `SELECT
		COALESCE((SELECT end_at FROM segment WHERE stream_id = $1 ORDER BY start_at DESC LIMIT 1), 0),
		COALESCE((SELECT end_at FROM gap WHERE stream_id = $1 AND end_at IS NOT NULL ORDER BY end_at DESC LIMIT 1), 0)`,
		string(stream)).Scan(&lastSegment, &lastGap)
	if err != nil {
		return tail, fault(d.dialect, err, "reading the end of the record")
	}
	tail.LastEnd = custody.Instant(max(lastSegment, lastGap))
	tail.OpenGap, err = openGap(ctx, d.read, stream)
	return tail, fault(d.dialect, err, "reading the end of the record")
}

// AddClockSample implements recorder.Index. A second sample of a stream at the same instant is dropped.
func (d *DB) AddClockSample(ctx context.Context, s recorder.ClockSample) error {
	return d.seq.commit(ctx, &change{doing: "storing a clock sample", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO clock_sample (stream_id, sampled_at, run_id, offset_us) VALUES ($1, $2, $3, $4)
			ON CONFLICT (stream_id, sampled_at) DO NOTHING`, string(s.Stream), int64(s.At), string(s.Run), s.Offset)
		return false, err
	}})
}
