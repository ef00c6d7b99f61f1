package dbtest

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite" // the driver, without the house's pragmas

	"github.com/footage-custody/custody/storage/db"
)

// Raw is a SQLite file in the hands of somebody with a shell on the box: no triggers, no constraints, no sequencer.
type Raw struct {
	t  testing.TB
	db *sql.DB
}

// OpenRaw opens the file and drops its triggers. Nobody else may have it open meanwhile.
func OpenRaw(t testing.TB, c db.Config) *Raw {
	t.Helper()
	d, err := sql.Open("sqlite", "file:"+c.Path+"?_pragma=ignore_check_constraints(1)&_pragma=foreign_keys(0)&_pragma=synchronous(0)")
	must(t, err)
	d.SetMaxOpenConns(1)
	r := &Raw{t, d}
	for _, name := range r.texts(`SELECT name FROM sqlite_master WHERE type = 'trigger'`) {
		r.Do(`DROP TRIGGER ` + name)
	}
	return r
}

// Do runs a statement and returns how many rows it touched.
func (r *Raw) Do(statement string) int64 {
	r.t.Helper()
	result, err := r.db.Exec(statement)
	if err != nil {
		r.t.Fatalf("%s: %v", statement, err)
	}
	n, err := result.RowsAffected()
	must(r.t, err)
	return n
}

// Text is the first value of a query.
func (r *Raw) Text(query string) string {
	r.t.Helper()
	all := r.texts(query)
	if len(all) == 0 {
		r.t.Fatalf("%s: no row", query)
	}
	return all[0]
}

// Columns lists the columns of a table.
func (r *Raw) Columns(table string) []string {
	r.t.Helper()
	return r.texts(`SELECT name FROM pragma_table_info('` + table + `')`)
}

// Tables lists the tables of the schema.
func (r *Raw) Tables() []string {
	r.t.Helper()
	return r.texts(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
}

func (r *Raw) texts(query string) (out []string) {
	r.t.Helper()
	rows, err := r.db.Query(query)
	must(r.t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(r.t, rows.Scan(&s))
		out = append(out, s)
	}
	must(r.t, rows.Err())
	return out
}

// Close gives the file back.
func (r *Raw) Close() {
	r.t.Helper()
	must(r.t, r.db.Close())
}
