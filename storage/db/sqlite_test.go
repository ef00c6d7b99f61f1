package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

func TestSQLite(t *testing.T) {
	dbtest.Run(t, dbtest.SQLite)
	keepsPromises(t, dbtest.SQLite)
	t.Run("an older schema goes forward", func(t *testing.T) {
		goesForward(t, db.Config{Driver: db.SQLite, Path: filepath.Join(t.TempDir(), "custody.db")})
	})
	for _, c := range []struct {
		name string
		test func(*testing.T, db.Config)
	}{
		{"nobody rewrites the log", refusesTampering},
		{"tampering is found", findsTampering},
		{"killed while appending", survivesKill},
		{"migrating again changes nothing", migratesAgain},
		{"a dump of an older schema is refused", refusesOldDump},
		{"lookups by time are range scans", rangeScans},
		{"the diary is searched along its indexes", diaryScans},
		{"pragmas reach every connection", pragmas},
		{"an erased key leaves no trace", secureDelete},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, dbtest.SQLite(t)) })
	}
}

// rangeScans reads the plans: 1.4 million segments must not be walked over.
func rangeScans(t *testing.T, c db.Config) {
	d := dbtest.Open(t, c)
	for name, c := range map[string]struct {
		query string
		args  []any
		wants []string
	}{
		"segments of a span": {db.SegmentsOfSpan, []any{"str_x", 1, 2, 256}, []string{
			"SEARCH s USING INDEX segment_time (stream_id=? AND start_at>? AND start_at<?)",
			"SEARCH b USING COVERING INDEX segment_time (stream_id=? AND start_at<?)"}},
		"gaps of a span":    {db.GapsOfSpan, []any{"str_x", 1, 2, 0, "", 256}, []string{"SEARCH gap USING INDEX gap_time (stream_id=? AND (start_at,id)>(?,?) AND start_at<?)"}},
		"looks of a minute": {db.LooksOfMinutes, []any{"cam_x", 1, 2}, []string{"SEARCH l USING INDEX look_minute (camera_id=? AND minute_at>? AND minute_at<?)"}},
		"all segments":      {db.AllSegments, []any{"str_x", 1, 256}, []string{"SEARCH s USING INDEX segment_time ((stream_id,start_at)>(?,?))"}},
	} {
		var plan []string
		for _, r := range ask(t, d, `EXPLAIN QUERY PLAN `+c.query, c.args...) {
			plan = append(plan, r[3])
		}
		text := strings.Join(plan, "\n")
		for _, want := range c.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the plan lacks %q:\n%s", name, want, text)
			}
		}
		if strings.Contains(text, "SCAN ") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s: the plan scans or sorts:\n%s", name, text)
		}
	}
}

// diaryScans reads the plans of searches: a page is found without walking over the log or sorting it. Entries of one microsecond are
// sorted among themselves.
func diaryScans(t *testing.T, c db.Config) {
	d := dbtest.Open(t, c)
	for _, c := range []struct {
		f    audit.Filter
		want string
	}{
		{audit.Filter{}, "event_body_at (at>? AND at<?)"},
		{audit.Filter{From: 1, To: 2, Descending: true}, "event_body_at (at>? AND at<?)"},
		{audit.Filter{Cameras: []custody.CameraID{"a", "b"}, Descending: true}, "event_body_at (at>? AND at<?)"},
		{audit.Filter{Type: custody.EventSegmentSealed, Descending: true}, "event_body_at (at>? AND at<?)"},
		{audit.Filter{From: 1, Actor: "operator"}, "event_body_actor (actor=? AND at>? AND at<?)"},
		{audit.Filter{To: 2, Camera: "cam_x", Type: "test.happened", Descending: true}, "event_body_camera (camera_id=? AND at>? AND at<?)"},
		{audit.Filter{Subject: "x"}, "event_body_subject (subject=? AND at>? AND at<?)"},
	} {
		query, args := db.Asked(c.f, 100)
		var plan []string
		for _, r := range ask(t, d, `EXPLAIN QUERY PLAN `+query, args...) {
			plan = append(plan, r[3])
		}
		text := strings.Join(plan, "\n")
		if !strings.Contains(text, "SEARCH b USING INDEX "+c.want) || strings.Contains(text, "B-TREE FOR ORDER BY") {
			t.Errorf("%+v: the plan lacks %q, or sorts:\n%s", c.f, c.want, text)
		}
	}
}

func pragmas(t *testing.T, c db.Config) {
	d := dbtest.Open(t, c)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1",
		"busy_timeout": "10000", "query_only": "1"} {
		if got := ask(t, d, `PRAGMA `+pragma)[0][0]; got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	info, err := os.Stat(c.Path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the database file has mode %v", info.Mode())
	}
	_, err = db.Open(t.Context(), db.Config{Driver: db.SQLite, Path: filepath.Join(t.TempDir(), "absent", "x.db")})
	wantKind(t, err, custody.Unavailable)
	for _, bad := range []db.Config{{}, {Driver: "mysql"}, {Driver: db.SQLite}, {Driver: db.Postgres, DSN: "postgres://user:hunter2@%zz/"}} {
		_, err = db.Open(t.Context(), bad)
		wantKind(t, err, custody.Invalid)
		if strings.Contains(err.Error(), "hunter2") {
			t.Error("the password is in the error")
		}
	}
	// A path is a path, whatever it looks like.
	odd := db.Config{Driver: db.SQLite, Path: filepath.Join(t.TempDir(), "a?mode=memory&_pragma=foreign_keys(0) #%41.db")}
	e, err := db.Open(t.Context(), odd)
	must(t, err)
	must(t, e.Migrate(t.Context()))
	must(t, e.Close())
	if _, err := os.Stat(odd.Path); err != nil {
		t.Error(err)
	}
	wantUnmigrated, err := db.Open(t.Context(), db.Config{Driver: db.SQLite, Path: filepath.Join(t.TempDir(), "new.db")})
	must(t, err)
	wantKind(t, wantUnmigrated.CheckSchema(t.Context()), custody.Unavailable)
	must(t, wantUnmigrated.Close())
}

// secureDelete looks for a disposed key in the bytes of the database file.
func secureDelete(t *testing.T, c db.Config) {
	d, err := db.Open(t.Context(), c)
	must(t, err)
	y := dbtest.NewYard(t, d, "Yard")
	r := y.Segment(0, custody.Span{Start: dbtest.At(0), End: dbtest.At(60)})
	must(t, dbtest.Commit(t.Context(), t, d, r))
	must(t, d.Close()) // moves the WAL into the file and removes it
	if file, err := os.ReadFile(c.Path); err != nil || !bytes.Contains(file, r.WrappedKey) {
		t.Fatalf("the key is not where the test looks for it: %v", err)
	}
	d, err = db.Open(t.Context(), c)
	must(t, err)
	must(t, d.Tamper(t.Context(), `DELETE FROM segment_key`))
	must(t, d.Close())
	if file, err := os.ReadFile(c.Path); err != nil || bytes.Contains(file, r.WrappedKey) {
		t.Errorf("the erased key is still in the file (%v)", err)
	}
	if _, err := os.Stat(c.Path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("the WAL is still there: %v", err)
	}
}
