package db_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// shape is a schema as far as both databases can tell it: table -> facts in a fixed order.
type shape map[string][]string

func (s shape) add(table string, fact ...string) {
	s[table] = append(s[table], strings.Join(fact, " "))
}

func (s shape) sorted() shape {
	for table := range s {
		slices.Sort(s[table])
	}
	delete(s, "schema_version")
	return s
}

func ask(t *testing.T, d *db.DB, query string, args ...any) [][]string {
	t.Helper()
	rows, err := d.Ask(t.Context(), query, args...)
	must(t, err)
	return rows
}

func sqliteTables(t *testing.T, d *db.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range ask(t, d, `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version'`) {
		out[r[0]] = r[1]
	}
	return out
}

var isBoolean = regexp.MustCompile(`(\w+) +INTEGER NOT NULL CHECK \(\w+ IN \(0, 1\)\)`)

func sqliteShape(t *testing.T, d *db.DB) shape {
	t.Helper()
	s := shape{}
	for table, ddl := range sqliteTables(t, d) {
		if !strings.Contains(ddl[strings.LastIndex(ddl, ")"):], "STRICT") {
			t.Errorf("table %s is not STRICT", table)
		}
		booleans := map[string]bool{}
		for _, m := range isBoolean.FindAllStringSubmatch(ddl, -1) {
			booleans[m[1]] = true
		}
		for _, c := range ask(t, d, `SELECT name, type, "notnull" FROM pragma_table_info($1)`, table) {
			kind := map[string]string{"INTEGER": "integer", "TEXT": "text", "BLOB": "blob"}[c[1]]
			if booleans[c[0]] {
				kind = "boolean"
			}
			s.add(table, "column", c[0], kind, map[string]string{"1": "not null", "0": "null"}[c[2]])
		}
		for _, i := range ask(t, d, `SELECT name, partial FROM pragma_index_list($1) WHERE "unique" = 1`, table) {
			var columns []string
			for _, c := range ask(t, d, `SELECT name FROM pragma_index_info($1) ORDER BY seqno`, i[0]) {
				columns = append(columns, c[0])
			}
			s.add(table, "unique", strings.Join(columns, ","), map[string]string{"1": "partial", "0": "whole"}[i[1]])
		}
		if !strings.Contains(ddl, "WITHOUT ROWID") && regexp.MustCompile(`INTEGER NOT NULL PRIMARY KEY`).MatchString(ddl) {
			key := ask(t, d, `SELECT name FROM pragma_table_info($1) WHERE pk = 1`, table) // the rowid itself, without an index
			s.add(table, "unique", key[0][0], "whole")
		}
		for _, f := range ask(t, d, `SELECT "table", group_concat("from" || '>' || "to") FROM
			(SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq) GROUP BY id`, table) {
			s.add(table, "references", f[0], f[1])
		}
	}
	return s.sorted()
}

func postgresShape(t *testing.T, d *db.DB) shape {
	t.Helper()
	s := shape{}
	kinds := map[string]string{"bigint": "integer", "text": "text", "bytea": "blob", "boolean": "boolean"}
	for _, c := range ask(t, d, `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'`) {
		s.add(c[0], "column", c[1], kinds[c[2]], map[string]string{"NO": "not null", "YES": "null"}[c[3]])
	}
	for _, i := range ask(t, d, `SELECT c.relname, string_agg(a.attname, ',' ORDER BY k.n), CASE WHEN i.indpred IS NULL THEN 'whole' ELSE 'partial' END
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
		CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
		WHERE i.indisunique GROUP BY c.relname, i.indexrelid, i.indpred`) {
		s.add(i[0], "unique", i[1], i[2])
	}
	for _, f := range ask(t, d, `SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, string_agg(a.attname || '>' || b.attname, ',' ORDER BY k.n)
		FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(child, parent, n)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.child JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent
		WHERE c.contype = 'f' GROUP BY c.oid, c.conrelid, c.confrelid`) {
		s.add(f[0], "references", f[1], f[2])
	}
	return s.sorted()
}

func schemasAgree(t *testing.T, c db.Config) {
	lite := sqliteShape(t, dbtest.Open(t, dbtest.SQLite(t)))
	if diff := cmp.Diff(lite, postgresShape(t, dbtest.Open(t, c))); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+) differ:\n%s", diff)
	}
	dump := shape{}
	for table, columns := range db.Tables() {
		for name, c := range columns {
			dump.add(table, "column", name, c[0], c[1])
		}
	}
	for table, facts := range lite {
		lite[table] = slices.DeleteFunc(facts, func(f string) bool { return !strings.HasPrefix(f, "column ") })
	}
	if diff := cmp.Diff(lite, dump.sorted()); diff != "" {
		t.Errorf("the schema (-) and what a dump takes (+) differ:\n%s", diff)
	}
}

// sqliteComments finds, in the DDL as the database itself keeps it, each column's line and its comment.
func sqliteComments(t *testing.T, d *db.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for table, ddl := range sqliteTables(t, d) {
		for _, c := range ask(t, d, `SELECT name FROM pragma_table_info($1)`, table) {
			m := regexp.MustCompile(`(?m)^ {4}` + c[0] + ` .* -- (\S.*)$`).FindStringSubmatch(ddl)
			if m == nil { // a column that a later migration added
				m = regexp.MustCompile(`, ` + c[0] + ` /\* (\S.*?) \*/ `).FindStringSubmatch(ddl)
			}
			if m == nil {
				t.Errorf("column %s.%s has no comment in SQLite", table, c[0])
				continue
			}
			out[table+"."+c[0]] = m[1]
		}
	}
	return out
}

func postgresComments(t *testing.T, c db.Config) {
	got := map[string]string{}
	for _, r := range ask(t, dbtest.Open(t, c), `SELECT c.relname, a.attname, COALESCE(col_description(c.oid, a.attnum), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'schema_version'`) {
		if r[2] == "" {
			t.Errorf("column %s.%s has no comment in PostgreSQL", r[0], r[1])
		}
		got[r[0]+"."+r[1]] = r[2]
	}
	if diff := cmp.Diff(sqliteComments(t, dbtest.Open(t, dbtest.SQLite(t))), got); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+) comment differently:\n%s", diff)
	}
}
