package dbtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest/cluster"
)

// SQLite returns the configuration of a new, migrated, empty SQLite database in a temporary directory.
func SQLite(t testing.TB) db.Config {
	t.Helper()
	c := db.Config{Driver: db.SQLite, Path: filepath.Join(t.TempDir(), "custody.db")}
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Postgres is a running PostgreSQL server for tests.
type Postgres struct{ *cluster.Server }

// Server starts a PostgreSQL server, without fsync, that the test stops when it ends.
func Server(t testing.TB) *Postgres {
	t.Helper()
	p, err := cluster.Start(t.Context(), cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &Postgres{p}
}

// Database returns the configuration of a new, migrated, empty database of the server.
func (p *Postgres) Database(t testing.TB) db.Config {
	t.Helper()
	c, err := p.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Open opens a database for the length of the test, which then proves its log and closes it.
func Open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d := OpenDamaged(t, c)
	t.Cleanup(func() {
		if err := d.VerifyLog(context.Background()); err != nil {
			t.Errorf("the log after the test: %v", err)
		}
		if err := d.CheckFile(context.Background()); err != nil {
			t.Errorf("the database file after the test: %v", err)
		}
	})
	return d
}

// OpenDamaged is Open for a test that breaks the log on purpose: nothing is proved at the end.
func OpenDamaged(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Slow makes every commit take at least delay longer, like a disk with slow fsync.
func Slow(delay time.Duration) *db.Faults {
	return &db.Faults{BeforeCommit: func(int) error { time.Sleep(delay); return nil }}
}
