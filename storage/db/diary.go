package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/trust/audit"
)

var _ inspection.Store = (*DB)(nil)

const (
	maxFound = 1000 // entries of one FindEntries
	// rareEntries is how many entries of one type are gathered and sorted rather than looked for along time.
	rareEntries = 5000

	entryColumns = `SELECT e.epoch, e.idx, e.leaf, e.type, e.digest, b.event_id, b.at, b.actor, b.camera_id, b.subject, b.salt, b.body `
	// CROSS JOIN tells SQLite which table to walk; PostgreSQL has statistics.
	alongTime = entryColumns + `FROM event_body b CROSS JOIN log_entry e WHERE e.epoch = b.epoch AND e.idx = b.idx`
	ofType    = entryColumns + `FROM log_entry e CROSS JOIN event_body b WHERE b.epoch = e.epoch AND b.idx = e.idx AND e.type <> 'segment.sealed'`
)

// FindEntries implements inspection.Store: at most limit entries, and never more than 1000. NotFound: the text of f.After was
// disposed of meanwhile.
func (d *DB) FindEntries(ctx context.Context, f audit.Filter, limit int) ([]audit.Entry, error) {
	const doing = "searching the diary"
	if limit = min(limit, maxFound); limit <= 0 || (f.Cameras != nil && len(f.Cameras) == 0) {
		return nil, nil
	}
	q := &question{text: alongTime}
	if f.Type != "" {
		rare, err := d.isRare(ctx, f.Type)
		if err != nil {
			return nil, fault(d.dialect, err, doing)
		}
		if rare {
			q.text = ofType
		}
	}
	var after int64 // the time of the entry to go on from
	if f.After != nil {
		err := d.read.QueryRowContext(ctx, `SELECT at FROM event_body WHERE epoch = $1 AND idx = $2`, int64(f.After.Epoch), clampInt64(f.After.Index)).Scan(&after)
		if err != nil {
			return nil, d.absent(err, doing, "the entry to go on from was disposed of: search again from the beginning")
		}
	}
	q.narrow(&f, after)
	text, args := q.page(&f, limit)
	es, err := collect(ctx, d.read, scanEntry, text, args...)
	return es, fault(d.dialect, err, doing)
}

// isRare reports whether entries of the type are few enough to sort.
func (d *DB) isRare(ctx context.Context, t custody.EventType) (bool, error) {
	if t == custody.EventSegmentSealed {
		return false, nil
	}
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM log_entry WHERE type = $1 AND type <> 'segment.sealed' LIMIT $2) AS entry`,
		string(t), rareEntries+1).Scan(&n)
	return n <= rareEntries, err
}

// question is a statement that grows, and its arguments.
type question struct {
	text string
	args []any
}

// and adds a term; each %s becomes the marker of the next argument.
func (q *question) and(term string, args ...any) {
	markers := make([]any, len(args))
	for i := range args {
		markers[i] = placeholders(len(q.args)+i+1, 1)
	}
	q.text += " AND " + fmt.Sprintf(term, markers...)
	q.args = append(q.args, args...)
}

// span adds the time asked about, or what is left of it after an entry of that time. Both ends always: without them SQLite would
// rather sort the whole log than walk along the index on time.
func (q *question) span(f *audit.Filter, after int64) {
	from, to := int64(cmp.Or(f.From, math.MinInt64)), int64(cmp.Or(f.To, math.MaxInt64))
	beyond := ">"
	switch {
	case f.After == nil:
	case f.Descending:
		to, beyond = min(to, after+1), "<"
	default:
		from = max(from, after)
	}
	q.and(`b.at >= %s AND b.at < %s`, from, to)
	if f.After != nil {
		q.and(`(b.at, b.epoch, b.idx) `+beyond+` (%s, %s, %s)`, after, int64(f.After.Epoch), clampInt64(f.After.Index))
	}
}

// narrow adds what the filter asks for.
func (q *question) narrow(f *audit.Filter, after int64) {
	q.span(f, after)
	if f.Actor != "" {
		q.and(`b.actor = %s`, f.Actor)
		if f.Actor != "system" { // as the index on actors says
			q.text += ` AND b.actor <> 'system'`
		}
	}
	if f.Type != "" {
		q.and(`e.type = %s`, string(f.Type))
	}
	if f.Camera != "" {
		q.and(`b.camera_id = %s`, string(f.Camera))
	}
	if f.Subject != "" {
		q.and(`b.subject = %s`, f.Subject)
	}
	if f.Cameras != nil {
		args := make([]any, len(f.Cameras))
		for i, c := range f.Cameras {
			args[i] = string(c)
		}
		// Filtered on the way: to fetch the entries of many cameras and sort them would take longer.
		q.and(`COALESCE(b.camera_id, '') IN (`+strings.TrimSuffix(strings.Repeat("%s, ", len(args)), ", ")+`)`, args...)
	}
}

// page ends the question with its order and its limit.
func (q *question) page(f *audit.Filter, limit int) (string, []any) {
	order := ""
	if f.Descending {
		order = " DESC"
	}
	args := append(q.args, limit)
	return fmt.Sprintf(`%s ORDER BY b.at%s, b.epoch%s, b.idx%s LIMIT $%d`, q.text, order, order, order, len(args)), args
}

// EntryOf implements inspection.Store.
func (d *DB) EntryOf(ctx context.Context, id custody.EventID) (audit.Entry, error) {
	e, err := one(ctx, d.read, scanEntry, entryColumns+`FROM event_body b JOIN log_entry e ON e.epoch = b.epoch AND e.idx = b.idx WHERE b.event_id = $1`, string(id))
	return e, d.absent(err, "reading the diary", "there is no entry of that event, or its text was disposed of")
}

// NewestCheckpoint implements inspection.Store.
func (d *DB) NewestCheckpoint(ctx context.Context, epoch uint32) (c audit.Checkpoint, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT epoch, size, note, signed_at FROM checkpoint WHERE epoch = $1 ORDER BY size DESC LIMIT 1`, int64(epoch)).
		Scan(&c.Epoch, &c.Size, &c.Note, &c.At)
	if errors.Is(err, sql.ErrNoRows) {
		return c, custody.Errorf(custody.NotFound, "no checkpoint of epoch %d was signed yet", epoch)
	}
	return c, fault(d.dialect, err, "reading the newest checkpoint")
}
