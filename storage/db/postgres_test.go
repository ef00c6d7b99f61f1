package db_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// TestPostgres shares one server among everything that needs one.
func TestPostgres(t *testing.T) {
	server := dbtest.Server(t)
	fresh := func(t testing.TB) db.Config { return server.Database(t) }
	dbtest.Run(t, fresh)
	keepsPromises(t, fresh)
	t.Run("an older schema goes forward", func(t *testing.T) {
		c := fresh(t)
		d, err := db.Open(t.Context(), c)
		must(t, err)
		must(t, d.Tamper(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`))
		must(t, d.Close())
		goesForward(t, c)
	})
	for _, c := range []struct {
		name string
		test func(*testing.T, db.Config)
	}{
		{"nobody rewrites the log", refusesTampering},
		{"tampering is found", findsTampering},
		{"killed while appending", survivesKill},
		{"schemas agree", schemasAgree},
		{"every column is commented", postgresComments},
		{"a dump moves from SQLite", dumpMoves},
		{"migrating again changes nothing", migratesAgain},
		{"a dump of an older schema is refused", refusesOldDump},
		{"the recording role cannot rewrite", grantsHold},
		{"a lost connection is reported truthfully", lostConnection},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, k custody.Kind) {
	t.Helper()
	if err == nil || custody.KindOf(err) != k {
		t.Fatalf("got %v (%v), want an error of kind %v", err, custody.KindOf(err), k)
	}
}

func dumpMoves(t *testing.T, c db.Config) {
	embedded, server := dbtest.Open(t, dbtest.SQLite(t)), dbtest.Open(t, c)
	dbtest.Fill(t, embedded)
	var dump bytes.Buffer
	must(t, embedded.Dump(t.Context(), &dump))
	must(t, server.Load(t.Context(), &dump))
	dbtest.SameContent(t, embedded, server)
}

func migratesAgain(t *testing.T, c db.Config) {
	d := dbtest.Open(t, c)
	must(t, d.Append(t.Context(), dbtest.Event(t, "test.happened", "x")))
	errs := make(chan error, 2)
	for range 2 {
		other := dbtest.Open(t, c)
		go func() { errs <- other.Migrate(t.Context()) }()
	}
	must(t, errors.Join(<-errs, <-errs))
	must(t, d.CheckSchema(t.Context()))
	h, err := d.Head(t.Context())
	must(t, err)
	if h.Size != 1 {
		t.Errorf("the log has %d entries after migrating again", h.Size)
	}
}

// grantsHold works as the recording role: everything the suite does on an ordinary day succeeds, and no
// statement that would rewrite the log is even allowed to reach a trigger.
func grantsHold(t *testing.T, c db.Config) {
	owner := dbtest.Open(t, c)
	const role = `recorder "of" record`
	must(t, owner.Tamper(t.Context(), `CREATE ROLE "recorder ""of"" record" LOGIN`))
	grants, err := db.Grants(role)
	must(t, err)
	must(t, owner.Tamper(t.Context(), grants))
	u, err := url.Parse(c.DSN)
	must(t, err)
	q := u.Query()
	q.Set("user", role)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	d := dbtest.Open(t, db.Config{Driver: db.Postgres, DSN: u.String()})
	must(t, d.CheckSchema(t.Context()))
	dbtest.Fill(t, d)
	for _, query := range []string{`UPDATE log_entry SET type = 'a.b'`, `DELETE FROM log_entry`, `TRUNCATE log_entry CASCADE`, `DELETE FROM log_node`,
		`DELETE FROM checkpoint`, `DELETE FROM log_head`, `DELETE FROM segment`, `UPDATE segment SET units = 0`, `DELETE FROM run`,
		`DELETE FROM look`, `DELETE FROM staff`, `DELETE FROM session`,
		`UPDATE viewing_camera SET position = 1`, `TRUNCATE look`, `INSERT INTO rule_setting SELECT * FROM rule_setting`, `ALTER TABLE log_entry DISABLE TRIGGER ALL`, `DROP TABLE log_entry CASCADE`, `UPDATE event_body SET actor = 'x'`} {
		if err := d.Tamper(t.Context(), query); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v, want Denied", query, err)
		}
	}
	_, err = db.Grants("")
	wantKind(t, err, custody.Invalid)
}

// lostConnection cuts the sequencer's connection just before COMMIT.
func lostConnection(t *testing.T, c db.Config) {
	admin := dbtest.Open(t, c)
	var cut atomic.Bool
	c.Faults = &db.Faults{BeforeCommit: func(int) error {
		if !cut.CompareAndSwap(true, false) {
			return nil
		}
		return admin.Tamper(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()`)
	}}
	d := dbtest.Open(t, c)
	must(t, d.Append(t.Context(), dbtest.Event(t, "test.happened", "1")))
	cut.Store(true)
	wantKind(t, d.Append(t.Context(), dbtest.Event(t, "test.happened", "2")), custody.Unavailable)
	must(t, d.Append(t.Context(), dbtest.Event(t, "test.happened", "3")))
	h, err := d.Head(t.Context())
	must(t, err)
	if h.Size != 2 {
		t.Errorf("the log has %d entries, want 2", h.Size)
	}
}
