package db

import (
	"context"
	"database/sql"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

const gapColumns = `id, camera_id, stream_id, start_at, COALESCE(end_at, 0), cause, detail`

func scanGap(rows *sql.Rows) (g media.Gap, err error) {
	return g, rows.Scan(&g.ID, &g.Camera, &g.Stream, &g.Span.Start, &g.Span.End, &g.Cause, &g.Detail)
}

func openGap(ctx context.Context, q querier, stream custody.StreamID) (*media.Gap, error) {
	gaps, err := collect(ctx, q, scanGap, `SELECT `+gapColumns+` FROM gap WHERE stream_id = $1 AND end_at IS NULL`, string(stream))
	if err != nil || len(gaps) == 0 {
		return nil, err
	}
	return &gaps[0], nil
}

// SetGap implements recorder.Index. Detail is shortened to 200 bytes.
func (d *DB) SetGap(ctx context.Context, g media.Gap, ev custody.Event) error {
	if err := validGap(&g); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "opening the gap", camera: g.Camera, events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		open, err := openGap(t.ctx, t.Tx, g.Stream)
		if err != nil {
			return false, err
		}
		if open != nil {
			if open.Cause == g.Cause {
				return false, nil
			}
			if err := endGap(t, open, g.Span.Start); err != nil {
				return false, err
			}
		}
		return true, putGap(t, &g, nil)
	}})
}

// CloseGap implements recorder.Index.
func (d *DB) CloseGap(ctx context.Context, stream custody.StreamID, at custody.Instant, ev custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "closing the gap", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		open, err := openGap(t.ctx, t.Tx, stream)
		if err != nil || open == nil {
			return false, err
		}
		return true, endGap(t, open, at)
	}})
}

// AddGap implements recorder.Index. The same gap again is success and stores nothing; another one under the id is
// Conflict, an empty span Invalid. Detail is shortened to 200 bytes.
func (d *DB) AddGap(ctx context.Context, g media.Gap, ev custody.Event) error {
	if err := validGap(&g); err != nil {
		return err
	}
	if g.Span.Empty() {
		return custody.Errorf(custody.Invalid, "gap %s has an empty span", g.ID)
	}
	return d.seq.commit(ctx, &change{doing: "storing the gap", camera: g.Camera, events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		stored, err := collect(t.ctx, t.Tx, scanGap, `SELECT `+gapColumns+` FROM gap WHERE id = $1`, string(g.ID))
		if err != nil {
			return false, err
		}
		if len(stored) == 0 {
			return true, putGap(t, &g, int64(g.Span.End))
		}
		if stored[0] != g {
			return false, custody.Errorf(custody.Conflict, "gap %s is stored already and differs", g.ID)
		}
		return false, nil
	}})
}

func validGap(g *media.Gap) error {
	if !custody.ValidID("gap_", string(g.ID)) || !custody.ValidID("str_", string(g.Stream)) {
		return custody.Errorf(custody.Invalid, "gap id %q or stream id %q is not well formed", g.ID, g.Stream)
	}
	if !isText(string(g.Cause)) {
		return custody.Errorf(custody.Invalid, "the cause of gap %s is not text", g.ID)
	}
	g.Detail = toText(g.Detail, 200)
	return nil
}

func putGap(t *tx, g *media.Gap, end any) error {
	_, err := t.exec(`INSERT INTO gap (id, camera_id, stream_id, start_at, end_at, cause, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(g.ID), string(g.Camera), string(g.Stream), int64(g.Span.Start), end, string(g.Cause), g.Detail)
	return err
}

// endGap closes an open gap; one that would be empty never was.
func endGap(t *tx, g *media.Gap, at custody.Instant) error {
	query, args := `UPDATE gap SET end_at = $2 WHERE id = $1`, []any{string(g.ID), int64(at)}
	if at <= g.Span.Start {
		query, args = `DELETE FROM gap WHERE id = $1`, args[:1]
	}
	_, err := t.exec(query, args...)
	return err
}
