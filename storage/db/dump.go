package db

import (
	"context"
	"database/sql"
	"encoding/binary"
	"io"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Dump writes one consistent snapshot of every table but the transient ones (sessions, invitations, failed sign-ins), in a streaming format that either database can Load and
// that ends with a digest of itself. It holds a few MiB whatever the size of the database and stops no writer; on
// SQLite the WAL grows until it has ended. The dump holds wrapped keys and events: the caller encrypts it.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	const doing = "dumping the database"
	if err := d.CheckSchema(ctx); err != nil {
		return err
	}
	version, _, err := d.versions(ctx)
	if err != nil {
		return err
	}
	t, err := d.read.BeginTx(ctx, d.dialect.snapshot())
	if err != nil {
		return fault(d.dialect, err, doing)
	}
	defer t.Rollback()
	ts := dumped()
	schema, err := describe(version, ts)
	if err != nil {
		return fault(d.dialect, err, doing)
	}
	f, err := newFrameWriter(w)
	if err == nil {
		err = f.frame(frameSchema, schema)
	}
	for i := range ts {
		if err != nil {
			break
		}
		err = dumpTableRows(ctx, t, f, byte(i), &ts[i])
	}
	if err == nil {
		err = f.end()
	}
	return fault(d.dialect, err, doing)
}

func dumpTableRows(ctx context.Context, q querier, f *frameWriter, number byte, t *table) error {
	rows, err := q.QueryContext(ctx, `SELECT `+strings.Join(t.columnNames(), ", ")+` FROM `+t.name+` ORDER BY `+t.key)
	if err != nil {
		return err
	}
	defer rows.Close()
	var count uint64
	targets := scanTargets(t)
	frame := []byte{number}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		before := len(frame)
		for i := range targets {
			v, err := columnValue(t, i, targets[i])
			if err != nil {
				return err
			}
			frame = appendValue(frame, v)
		}
		count++
		if len(frame) >= frameTarget {
			if before > 1 { // a large row travels alone, so that no frame outgrows its bound
				if err := f.frame(frameRows, frame[:before]); err != nil {
					return err
				}
				frame = append(frame[:1], frame[before:]...)
			}
			if len(frame) >= frameTarget {
				if err := f.frame(frameRows, frame); err != nil {
					return err
				}
				frame = frame[:1]
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(frame) > 1 {
		if err := f.frame(frameRows, frame); err != nil {
			return err
		}
	}
	return f.frame(frameTable, binary.BigEndian.AppendUint64([]byte{number}, count))
}

// scanTargets are places for one row, typed by the columns' kinds so that both drivers deliver the same values.
func scanTargets(t *table) []any {
	targets := make([]any, len(t.columns))
	for i, c := range t.columns {
		switch c.kind {
		case integer:
			targets[i] = new(sql.NullInt64)
		case boolean:
			targets[i] = new(sql.NullBool)
		case text:
			targets[i] = new(sql.NullString)
		default:
			targets[i] = new(sql.Null[[]byte])
		}
	}
	return targets
}

// columnValue unwraps a scan target into what appendValue writes.
func columnValue(t *table, i int, target any) (any, error) {
	var v any
	switch x := target.(type) {
	case *sql.NullInt64:
		if x.Valid {
			v = x.Int64
		}
	case *sql.NullBool:
		if x.Valid {
			v = x.Bool
		}
	case *sql.NullString:
		if x.Valid {
			v = x.String
		}
	case *sql.Null[[]byte]:
		if x.Valid {
			v = append([]byte{}, x.V...)
		}
	}
	if v == nil && !t.columns[i].nullable {
		return nil, custody.Errorf(custody.Corrupt, "column %s of table %s is empty where it must not be", t.columns[i].name, t.name)
	}
	return v, nil
}
