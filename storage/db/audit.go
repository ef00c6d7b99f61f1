package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

var _ audit.Store = (*DB)(nil)

// Append implements audit.Store.
func (d *DB) Append(ctx context.Context, events ...custody.Event) error {
	if len(events) == 0 {
		return nil
	}
	return d.seq.commit(ctx, &change{doing: "recording an event", events: events})
}

// Head implements audit.Store.
func (d *DB) Head(ctx context.Context) (audit.Head, error) {
	h, err := scanHead(d.read.QueryRowContext(ctx, `SELECT epoch, size, root FROM log_head WHERE id = 1`))
	return h, fault(d.dialect, err, "reading the log's head")
}

// Entries implements audit.Store. An entry that is missing between two others is Corrupt.
func (d *DB) Entries(ctx context.Context, epoch uint32, from, to uint64) iter.Seq2[audit.Entry, error] {
	return pages(ctx, d, "reading the log", func(ctx context.Context, last *audit.Entry) ([]audit.Entry, error) {
		next := from
		if last != nil {
			next = last.Index + 1
		}
		return readEntries(ctx, d.read, epoch, next, to)
	})
}

func readEntries(ctx context.Context, q querier, epoch uint32, from, to uint64) ([]audit.Entry, error) {
	page, err := collect(ctx, q, scanEntry, entryColumns+`FROM log_entry e LEFT JOIN event_body b ON b.epoch = e.epoch AND b.idx = e.idx
		WHERE e.epoch = $1 AND e.idx >= $2 AND e.idx < $3 ORDER BY e.idx LIMIT $4`, epoch, int64(from), clampInt64(to), pageRows)
	for i := range page {
		if page[i].Index != from+uint64(i) {
			return nil, custody.Errorf(custody.Corrupt, "entry %d of the log is missing in epoch %d", from+uint64(i), epoch)
		}
	}
	return page, err
}

func clampInt64(n uint64) int64 { return int64(min(n, 1<<63-1)) }

func scanEntry(rows *sql.Rows) (e audit.Entry, err error) {
	var leaf, digest, salt, body []byte
	var id, actor, camera, subject sql.NullString
	var at sql.NullInt64
	if err := rows.Scan(&e.Epoch, &e.Index, &leaf, &e.Event.Type, &digest, &id, &at, &actor, &camera, &subject, &salt, &body); err != nil {
		return e, err
	}
	if err := errors.Join(hashInto(&e.Leaf, leaf), hashInto((*seal.Hash)(&e.Digest), digest)); err != nil {
		return e, err
	}
	if !id.Valid {
		return e, nil // disposed of
	}
	if len(salt) != len(seal.Salt{}) {
		return e, custody.Errorf(custody.Corrupt, "the salt of log entry %d has %d bytes", e.Index, len(salt))
	}
	s := seal.Salt(salt)
	e.Salt = &s
	e.Event.ID, e.Event.At, e.Event.Actor = custody.EventID(id.String), custody.Instant(at.Int64), actor.String
	e.Event.Camera, e.Event.Subject, e.Event.Body = custody.CameraID(camera.String), subject.String, body
	return e, nil
}

// Hashes implements audit.Store. A hash that is not stored is Corrupt.
func (d *DB) Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error) {
	h, err := readHashes(ctx, d.read, epoch, indexes)
	return h, fault(d.dialect, err, "reading the log's tree")
}

// AddCheckpoint implements audit.Store. Another note for the same epoch and size is Conflict.
func (d *DB) AddCheckpoint(ctx context.Context, c audit.Checkpoint) error {
	return d.seq.commit(ctx, &change{doing: "storing a checkpoint", apply: func(t *tx) (bool, error) {
		var note []byte
		err := t.row(`SELECT note FROM checkpoint WHERE epoch = $1 AND size = $2`, c.Epoch, clampInt64(c.Size)).Scan(&note)
		switch {
		case err == nil && bytes.Equal(note, c.Note):
			return false, nil
		case err == nil:
			return false, custody.Errorf(custody.Conflict, "another checkpoint of epoch %d, size %d is stored already", c.Epoch, c.Size)
		case !errors.Is(err, sql.ErrNoRows):
			return false, err
		}
		_, err = t.exec(`INSERT INTO checkpoint (epoch, size, note, signed_at) VALUES ($1, $2, $3, $4)`,
			c.Epoch, clampInt64(c.Size), c.Note, int64(c.At))
		return false, err
	}})
}

// Checkpoints implements audit.Store.
func (d *DB) Checkpoints(ctx context.Context) iter.Seq2[audit.Checkpoint, error] {
	return pages(ctx, d, "reading checkpoints", func(ctx context.Context, last *audit.Checkpoint) ([]audit.Checkpoint, error) {
		epoch, size := int64(-1), int64(-1)
		if last != nil {
			epoch, size = int64(last.Epoch), int64(last.Size)
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (c audit.Checkpoint, err error) {
			return c, rows.Scan(&c.Epoch, &c.Size, &c.Note, &c.At)
		}, `SELECT epoch, size, note, signed_at FROM checkpoint WHERE (epoch, size) > ($1, $2) ORDER BY epoch, size LIMIT $3`,
			epoch, size, pageRows)
	})
}

// StartEpoch implements audit.Store. An epoch that is not later than the present one is Conflict.
func (d *DB) StartEpoch(ctx context.Context, epoch uint32, first custody.Event) error {
	empty := sha256.Sum256(nil)
	return d.seq.commit(ctx, &change{
		doing: "beginning a log epoch", alone: true, events: []custody.Event{first},
		apply: func(t *tx) (bool, error) {
			n, err := t.exec(`UPDATE log_head SET epoch = $1, size = 0, root = $2 WHERE id = 1 AND epoch < $1`, int64(epoch), empty[:])
			if err == nil && n == 0 {
				err = custody.Errorf(custody.Conflict, "log epoch %d is not later than the present one", epoch)
			}
			return true, err
		},
	})
}
