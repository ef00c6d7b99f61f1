package db

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Load fills an empty, migrated database from a dump, all or nothing. Conflict: the database is not empty, or the
// dump is of another schema version. Corrupt: the dump is not whole, breaks a rule of the schema, or holds a log
// whose entries, tree and head contradict each other. Nobody else may use the database meanwhile.
func (d *DB) Load(ctx context.Context, r io.Reader) error {
	const doing = "loading the dump"
	if err := d.CheckSchema(ctx); err != nil {
		return err
	}
	version, _, err := d.versions(ctx)
	if err != nil {
		return err
	}
	sqlTx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fault(d.dialect, err, doing)
	}
	defer sqlTx.Rollback()
	if err := d.loadInto(&tx{ctx: ctx, Tx: sqlTx}, r, version); err != nil {
		return err
	}
	return fault(d.dialect, sqlTx.Commit(), doing)
}

// loadInto is Load within a transaction.
func (d *DB) loadInto(t *tx, r io.Reader, version int64) error {
	l := &loader{tx: t, tables: dumped()}
	if err := l.refuseFull(); err != nil {
		return fault(d.dialect, err, "loading the dump")
	}
	if err := l.read(r, version); err != nil {
		return d.blameDump(err)
	}
	return fault(d.dialect, verifyLog(t.ctx, t.Tx), "verifying the log of the dump")
}

// blameDump says that a row which the schema refuses is the dump's fault.
func (d *DB) blameDump(err error) error {
	switch d.dialect.classify(err) {
	case duplicate, missing, refused, appendOnly:
		return custody.Wrap(custody.Corrupt, err, "the dump holds a row that the schema refuses")
	}
	return fault(d.dialect, err, "loading the dump")
}

// loader puts a dump's rows into the tables, in the one order there is.
type loader struct {
	tx      *tx
	tables  []table // that a dump holds
	current int     // index of the table being filled
	rows    uint64  // of the current table, so far
	pending [][]any // not yet inserted
}

// refuseFull makes sure that every table is as the migration left it.
func (l *loader) refuseFull() error {
	for _, table := range tables() {
		query := `SELECT count(*) FROM (SELECT 1 FROM ` + table.name + ` LIMIT 1) AS some_row`
		switch table.name {
		case "log_head":
			query = `SELECT count(*) FROM log_head WHERE epoch <> 1 OR size <> 0`
		case "registry":
			query = `SELECT count(*) FROM registry WHERE generation <> 0`
		case "access_generation":
			query = `SELECT count(*) FROM access_generation WHERE generation <> 0`
		case "rule_setting":
			query = `SELECT count(*) FROM rule_setting WHERE version <> 1`
		}
		var n int
		if err := l.tx.row(query).Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			return custody.Errorf(custody.Conflict, "the database is not empty (table %s): load a dump into a new one", table.name)
		}
	}
	return nil
}

func (l *loader) read(r io.Reader, version int64) error {
	f, err := newFrameReader(r)
	if err != nil {
		return err
	}
	typ, payload, err := f.next()
	if err != nil {
		return err
	}
	if typ != frameSchema {
		return notDump("it does not say its schema")
	}
	if err := l.checkSchema(payload, version); err != nil {
		return err
	}
	for {
		if err := l.tx.ctx.Err(); err != nil {
			return err
		}
		typ, payload, err := f.next()
		if err != nil {
			return err
		}
		switch {
		case typ == frameEnd && l.current == len(l.tables):
			return nil
		case typ == frameRows && l.isCurrent(payload):
			err = l.take(payload[1:])
		case typ == frameTable && l.isCurrent(payload) && len(payload) == 9:
			err = l.finishTable(binary.BigEndian.Uint64(payload[1:]))
		default:
			err = notDump("its frames are out of order")
		}
		if err != nil {
			return err
		}
	}
}

func (l *loader) isCurrent(payload []byte) bool {
	return l.current < len(l.tables) && len(payload) > 0 && int(payload[0]) == l.current
}

// checkSchema compares the dump's description of itself with ours.
func (l *loader) checkSchema(payload []byte, version int64) error {
	var s dumpSchema
	if err := json.Unmarshal(payload, &s); err != nil {
		return custody.Wrap(custody.Corrupt, err, "the dump's description of its schema cannot be read")
	}
	if s.Schema != version {
		return custody.Errorf(custody.Conflict, "the dump has schema %d and this program %d: load it with the program that wrote it, then run custody migrate", s.Schema, version)
	}
	if ours, err := describe(version, l.tables); err != nil || string(ours) != string(payload) {
		return notDump("its tables are not those of its schema version")
	}
	return nil
}

func (l *loader) take(rows []byte) error {
	t := &l.tables[l.current]
	for len(rows) > 0 {
		values, rest, err := parseRow(t, rows)
		if err != nil {
			return err
		}
		rows = rest
		l.rows++
		l.pending = append(l.pending, values)
		if len(l.pending) == insertChunk {
			if err := l.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) flush() error {
	t := &l.tables[l.current]
	rows := l.pending
	l.pending = l.pending[:0]
	if !t.seeded {
		return l.tx.insert(t.name, t.columnNames(), rows)
	}
	for _, r := range rows {
		n, err := l.tx.exec(updateText(t), r...)
		if err != nil {
			return err
		}
		if n != 1 {
			return notDump("table " + t.name + " has more than its one row")
		}
	}
	return nil
}

func (l *loader) finishTable(rows uint64) error {
	if err := l.flush(); err != nil {
		return err
	}
	t := &l.tables[l.current]
	if rows != l.rows || (t.seeded && rows != 1) {
		return notDump("the count of rows of table " + t.name + " is wrong")
	}
	l.current++
	l.rows = 0
	return nil
}

// updateText replaces a seeded table's one row.
func updateText(t *table) string {
	set := make([]string, 0, len(t.columns))
	for i, c := range t.columns[1:] {
		set = append(set, c.name+" = "+placeholders(i+2, 1))
	}
	return `UPDATE ` + t.name + ` SET ` + strings.Join(set, ", ") + ` WHERE ` + t.columns[0].name + ` = $1`
}
