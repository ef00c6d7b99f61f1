package sitetest

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestNoFootageWhileTheDiaryCannotBeWritten: whatever keeps the database from committing, no way leads to footage that is not in the diary
// already, every answer says so in time, and recording loses nothing.
func TestNoFootageWhileTheDiaryCannotBeWritten(t *testing.T) {
	t.Parallel()
	t.Run("SQLite is locked", func(t *testing.T) {
		t.Parallel()
		d := darken(t, Options{})
		d.during(func() (over func()) { return lockedSQLite(t, d.site.Conf.Database.Path) })
	})
	t.Run("the disk is full", func(t *testing.T) {
		t.Parallel()
		dir, here := SmallDisk(t, "24m")
		if !here {
			return
		}
		d := darken(t, Options{Edit: func(c *config.Config) { c.Database.Path = filepath.Join(dir, "custody.db") }})
		d.during(func() (over func()) {
			emptyLog(t, d.site.Conf.Database.Path)
			path := Ballast(t, dir, 0)
			WaitUntil(t, time.Minute, "nobody can open a viewing", func() bool { return !d.opens() })
			return func() { remove(t, path) }
		})
	})
	t.Run("PostgreSQL is locked", func(t *testing.T) {
		t.Parallel()
		d := darken(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)})
		d.during(func() (over func()) { return lockedPostgres(t, d.dsn()) })
	})
	t.Run("PostgreSQL only reads", func(t *testing.T) {
		t.Parallel()
		d := darken(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)})
		d.during(func() (over func()) { return readOnlyPostgres(t, d.dsn()) })
	})
}

// darkness is a site whose diary is about to be shut, and somebody who looks at its footage.
type darkness struct {
	t      *testing.T
	farm   *simcam.Farm
	site   *Site
	stored *Stored
	p      *Process
	who    *Spectator
}

func darken(t *testing.T, o Options) *darkness {
	t.Helper()
	o.Web = true
	d := &darkness{t: t, farm: Farm(t, simcam.Options{Count: 2, Ledger: 1 << 18, Now: time.Now}), site: New(t, o)}
	d.site.Add(d.farm.Cameras()...)
	d.stored, d.p = d.site.Open(), d.site.Serve()
	d.who = NewSpectator(t, d.site.Hire("ann", "staff"), d.site.ID(d.farm.Cameras()[0]))
	return d
}

func (d *darkness) dsn() string {
	d.t.Helper()
	dsn, err := config.ReadSecret(d.site.Conf.Database.DSNFile)
	if err != nil {
		d.t.Fatal(err)
	}
	return dsn
}

// during shuts the diary, tries everything, opens it again, and proves what is left behind.
func (d *darkness) during(shut func() (over func())) {
	d.t.Helper()
	over := shut()
	for _, y := range d.who.EveryWay(d.t.Context()) {
		d.t.Log(y)
		d.refused(y)
	}
	for _, y := range d.who.Papers(d.t.Context()) {
		d.t.Log(y)
		if y.Footage > 0 || y.Status != http.StatusOK && y.Status != http.StatusServiceUnavailable {
			d.t.Errorf("%s", y)
		}
	}
	over()
	WaitUntil(d.t, time.Minute, "footage is open again", func() bool { return d.who.Unseen.Media(d.who.part).Status == http.StatusOK })
	WaitUntil(d.t, time.Minute, "the alarms are over", func() bool { return len(openAlarms(d.t, d.stored)) == 0 })
	Still(d.t, d.farm.Cameras())
	d.p.Stop()
	for _, c := range d.farm.Cameras() {
		Whole(d.t, d.stored, d.farm, c, 0)
		wantInOrder(d.t, d.stored, CameraName(c))
	}
}

// opens reports whether a viewing can be opened, and closes it again.
func (d *darkness) opens() bool {
	d.t.Helper()
	v := d.who.p.ViewLive(d.who.Live.Camera)
	if v.Status == http.StatusCreated {
		v.Granted().Stop()
		return true
	}
	v.WantsStatus(http.StatusServiceUnavailable)
	return false
}

// emptyLog lets SQLite's write-ahead log begin anew, so that it needs room for whatever comes next.
func emptyLog(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	WaitUntil(t, time.Minute, "the log is empty", func() bool {
		var busy, pages, moved int
		err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
		return err == nil && busy == 0
	})
}

// refused proves that a way was shut, by a problem that says so and how long to wait.
func (d *darkness) refused(y Try) {
	d.t.Helper()
	good := y.Err == nil && y.Status == http.StatusServiceUnavailable && y.Kind == custody.Unavailable.String() && y.Wait != ""
	if y.Way == "live" { // the socket says so, or is not opened: where the first question to the database is the one that finds it gone
		good = y.Status == int(websocket.StatusTryAgainLater) || y.Status == http.StatusServiceUnavailable
	}
	if !good || y.Footage > 0 || y.Took > 30*time.Second {
		d.t.Errorf("%s", y)
	}
}

// lockedSQLite holds the write lock from a connection that is not the site's.
func lockedSQLite(t *testing.T, path string) (over func()) {
	t.Helper()
	return holding(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(20000)", "BEGIN IMMEDIATE")
}

// lockedPostgres holds the head of the log, as somebody's forgotten session would.
func lockedPostgres(t *testing.T, dsn string) (over func()) {
	t.Helper()
	return holding(t, "pgx", dsn, "BEGIN", "LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE")
}

// holding says the words in one session, which over ends.
func holding(t *testing.T, driver, dsn string, words ...string) (over func()) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(t.Context())
	for i := 0; err == nil && i < len(words); i++ {
		_, err = c.ExecContext(t.Context(), words[i])
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := c.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// readOnlyPostgres makes every session of the database read only, present ones by ending them.
func readOnlyPostgres(t *testing.T, dsn string) (over func()) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := u.Path[1:]
	u.Path = "/postgres"
	say := func(words string) {
		t.Helper()
		db, err := sql.Open("pgx", u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, w := range []string{words, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + name + `'`} {
			if _, err := db.ExecContext(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
	}
	say(`ALTER DATABASE "` + name + `" SET default_transaction_read_only = on`)
	return func() { t.Helper(); say(`ALTER DATABASE "` + name + `" RESET default_transaction_read_only`) }
}
