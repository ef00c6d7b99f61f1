package db

import (
	"context"
	"database/sql"
	"iter"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// What custody check walks over. Every iterator holds a bounded number of rows; an error ends it.

// AllSegments yields every segment, ordered by stream and start. A segment whose key was disposed of has a nil
// WrappedKey.
func (d *DB) AllSegments(ctx context.Context) iter.Seq2[media.SegmentRow, error] {
	return pages(ctx, d, "reading segments", func(ctx context.Context, last *media.SegmentRow) ([]media.SegmentRow, error) {
		stream, start := "", int64(0)
		if last != nil {
			stream, start = string(last.Stream), int64(last.Span.Start)
		}
		return collect(ctx, d.read, scanSegment, allSegments, stream, start, pageRows)
	})
}

// AllGaps yields every gap, ordered by stream and start.
func (d *DB) AllGaps(ctx context.Context) iter.Seq2[media.Gap, error] {
	return pages(ctx, d, "reading gaps", func(ctx context.Context, last *media.Gap) ([]media.Gap, error) {
		var stream, id string
		var start int64
		if last != nil {
			stream, start, id = string(last.Stream), int64(last.Span.Start), string(last.ID)
		}
		return collect(ctx, d.read, scanGap, `SELECT `+gapColumns+` FROM gap WHERE (stream_id, start_at, id) > ($1, $2, $3)
			ORDER BY stream_id, start_at, id LIMIT $4`, stream, start, id, pageRows)
	})
}

// RunRecord is a run with the columns that index it, which must agree with its header. Text is the header as it is
// stored; Header is zero if that cannot be read.
type RunRecord struct {
	ID      custody.RunID
	Stream  custody.StreamID
	Camera  custody.CameraID
	Started custody.Instant
	Text    string
	Header  media.RunHeader
}

// AllRuns yields every run, ordered by id.
func (d *DB) AllRuns(ctx context.Context) iter.Seq2[RunRecord, error] {
	return pages(ctx, d, "reading runs", func(ctx context.Context, last *RunRecord) ([]RunRecord, error) {
		after := ""
		if last != nil {
			after = string(last.ID)
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (r RunRecord, err error) {
			if err := rows.Scan(&r.ID, &r.Stream, &r.Camera, &r.Started, &r.Text); err != nil {
				return r, err
			}
			if h, err := parseHeader(r.ID, r.Text); err == nil {
				r.Header = h
			}
			return r, nil
		}, `SELECT id, stream_id, camera_id, started_at, header FROM run WHERE id > $1 ORDER BY id LIMIT $2`, after, pageRows)
	})
}

// ClockSamples yields the samples of a stream taken within the span, in time order.
func (d *DB) ClockSamples(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[recorder.ClockSample, error] {
	return pages(ctx, d, "reading clock samples", func(ctx context.Context, last *recorder.ClockSample) ([]recorder.ClockSample, error) {
		from := int64(span.Start)
		if last != nil {
			from = int64(last.At) + 1
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (s recorder.ClockSample, err error) {
			return s, rows.Scan(&s.Stream, &s.Run, &s.At, &s.Offset)
		}, `SELECT stream_id, run_id, sampled_at, offset_us FROM clock_sample
			WHERE stream_id = $1 AND sampled_at >= $2 AND sampled_at < $3 ORDER BY sampled_at LIMIT $4`, string(stream), from, int64(span.End), pageRows)
	})
}

// Count is the number of rows of one table.
type Count struct {
	Table string
	Rows  int64
}

// Counts reports every table, parents before children. It scans an index of each.
func (d *DB) Counts(ctx context.Context) ([]Count, error) {
	var out []Count
	for _, t := range tables() {
		c := Count{Table: t.name}
		if err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM `+t.name).Scan(&c.Rows); err != nil {
			return nil, fault(d.dialect, err, "counting rows")
		}
		out = append(out, c)
	}
	return out, nil
}

// CheckFile asks SQLite whether its own pages, indices and references are whole; Corrupt names the first
// complaint. PostgreSQL answers for itself and is not asked.
func (d *DB) CheckFile(ctx context.Context) error {
	if d.Driver() != SQLite {
		return nil
	}
	const doing = "checking the database file"
	for _, pragma := range []string{"PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"} {
		said, err := collect(ctx, d.read, func(rows *sql.Rows) (string, error) {
			columns, err := rows.Columns()
			if err != nil {
				return "", err
			}
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			var first sql.NullString
			cells[0] = &first
			return first.String, rows.Scan(cells...)
		}, pragma)
		if err != nil {
			return fault(d.dialect, err, doing)
		}
		if len(said) > 0 && said[0] != "ok" {
			return custody.Errorf(custody.Corrupt, "the database file is damaged: %s", toText(said[0], 200))
		}
	}
	return nil
}
