package db_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// rewritesPeople are statements that would change who was given what, who looked, and what was closed.
var rewritesPeople = []string{
	`UPDATE staff SET login = 'eve'`, `DELETE FROM staff`,
	`UPDATE role_grant SET role = 'custodian'`, `UPDATE role_grant SET until_at = NULL`, `DELETE FROM role_grant`,
	`UPDATE restriction SET end_at = end_at + 1`, `DELETE FROM restriction`,
	`UPDATE session SET staff_id = staff_id`, `UPDATE viewing SET purpose = 'another'`, `UPDATE viewing SET closed_at = NULL, why = NULL`, `DELETE FROM viewing`,
	`UPDATE viewing_camera SET position = 3`, `DELETE FROM viewing_camera`, `UPDATE look SET minute_at = 0`, `DELETE FROM look`,
}

// rewritesHolds makes what was ordered or destroyed seem otherwise, or destroys what is held.
func rewritesHolds() []string {
	return []string{
		`DELETE FROM segment_key`, `UPDATE hold SET end_at = start_at + 1`, `UPDATE hold SET camera_id = NULL`, `UPDATE hold SET placed_at = 1`,
		`DELETE FROM hold WHERE request_id IS NULL`, `UPDATE hold_loss SET cause = 'never was'`, `DELETE FROM hold_loss`,
		`UPDATE disposition SET bytes = 0`, `UPDATE disposition SET at = at + 1`, `DELETE FROM disposition`,
		`UPDATE disposed_segment SET key_id = key_id`, `DELETE FROM disposed_segment`,
	}
}

func refusesTampering(t *testing.T, c db.Config) {
	d, ctx := dbtest.Open(t, c), t.Context()
	dbtest.Fill(t, d)
	tampering := []string{`UPDATE log_head SET size = size - 1`, `UPDATE log_head SET epoch = 1`, `UPDATE segment SET end_at = end_at + 1`,
		`UPDATE run SET header = '{}'`, `UPDATE event_body SET body = salt`}
	for _, table := range []string{"log_entry", "log_node", "checkpoint", "log_head"} {
		tampering = append(tampering, `DELETE FROM `+table)
	}
	for _, column := range []string{"log_entry SET type = 'a.b'", "log_entry SET leaf = digest", "log_node SET hash = hash", "checkpoint SET note = note"} {
		tampering = append(tampering, `UPDATE `+column)
	}
	if c.Driver == db.SQLite {
		tampering = append(tampering, `INSERT OR REPLACE INTO log_entry SELECT epoch, idx, 'a.b', digest, leaf FROM log_entry`,
			`REPLACE INTO log_node SELECT epoch, idx, zeroblob(32) FROM log_node`, `REPLACE INTO checkpoint SELECT epoch, size, X'00', 0 FROM checkpoint`)
	} else {
		tampering = append(tampering, `TRUNCATE log_entry CASCADE`, `TRUNCATE checkpoint`)
	}
	tampering = append(tampering, rewritesPeople...)
	tampering = append(tampering, rewritesDeliveries()...)
	tampering = append(tampering, rewritesHolds()...)
	for _, query := range tampering {
		if err := d.Tamper(ctx, query); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v, want Denied", query, err)
		}
	}
	for query, kind := range map[string]custody.Kind{
		`INSERT INTO log_entry VALUES (1, 99999, 'a.b', 'short', 'short')`: custody.Invalid,
		`UPDATE camera SET version = 0`:                                    custody.Invalid,
		`DELETE FROM purpose_key`:                                          custody.NotFound,
		`UPDATE gap SET end_at = start_at`:                                 custody.Invalid,
		`UPDATE camera SET class = 'restroom'`:                             custody.Invalid,
		`UPDATE camera SET retention_days = -1`:                            custody.Invalid,
		`UPDATE rule_setting SET viewing_minutes = 481`:                    custody.Invalid,
	} {
		if err := d.Tamper(ctx, query); err == nil || custody.KindOf(err) != kind {
			t.Errorf("%s: %v, want %v", query, err, kind)
		}
	}
	// What the schedule may dispose of, and the log still verifies.
	must(t, d.Tamper(ctx, `UPDATE hold SET lifted_at = 1`))
	must(t, d.Tamper(ctx, `DELETE FROM segment_key`))
	must(t, d.Tamper(ctx, `DELETE FROM event_body WHERE epoch = 1`))
	for r, err := range d.AllSegments(ctx) {
		must(t, err)
		if r.WrappedKey != nil {
			t.Fatal("a key survived its disposal")
		}
	}
	for e, err := range d.Entries(ctx, 1, 0, 5) {
		must(t, err)
		if e.Salt != nil || e.Event.Body != nil || e.Event.Type == "" {
			t.Fatalf("entry %d after its disposal: %+v", e.Index, e)
		}
	}
}

// findsTampering is the administrator who switches the triggers off.
func findsTampering(t *testing.T, c db.Config) {
	d, ctx := dbtest.OpenDamaged(t, c), t.Context()
	for i := range 600 {
		must(t, d.SetSetting(ctx, "k", fmt.Sprint(i), dbtest.Event(t, "test.happened", fmt.Sprint(i))))
	}
	must(t, d.VerifyLog(ctx))
	disarm(t, d)
	zero := strings.Repeat("0", 64)
	blob := map[string]string{db.SQLite: "X'" + zero + "'", db.Postgres: `'\x` + zero + "'"}[c.Driver]
	for _, c := range []struct{ do, undo string }{
		{`UPDATE log_entry SET type = 'other.happened' WHERE idx = 300`, `UPDATE log_entry SET type = 'test.happened' WHERE idx = 300`},
		{`UPDATE event_body SET body = salt WHERE idx = 17`, ""},
		{`UPDATE log_head SET size = 599`, `UPDATE log_head SET size = 600`},
		{`UPDATE log_head SET epoch = 2`, `UPDATE log_head SET epoch = 1`},
		{`DELETE FROM event_body WHERE idx >= 599`, ""},
		{`DELETE FROM log_entry WHERE idx = 599`, ""},
		{`UPDATE log_node SET hash = ` + blob + ` WHERE idx = 1`, `UPDATE log_node SET hash = (SELECT leaf FROM log_entry WHERE idx = 1) WHERE idx = 1`},
	} {
		must(t, d.Tamper(ctx, c.do))
		err := d.VerifyLog(ctx)
		if strings.HasPrefix(c.do, "DELETE FROM event_body") { // disposal, not tampering; the body above still is
			must(t, d.Tamper(ctx, `DELETE FROM event_body WHERE idx = 17`))
			err = d.VerifyLog(ctx)
			must(t, err)
			continue
		}
		wantKind(t, err, custody.Corrupt)
		if c.undo != "" {
			must(t, d.Tamper(ctx, c.undo))
		}
	}
	// A writer refuses to build on a head that its tree does not give.
	must(t, d.Tamper(ctx, `UPDATE log_head SET root = `+blob))
	wantKind(t, d.Append(ctx, dbtest.Event(t, "test.happened", "x")), custody.Corrupt)
	wantKind(t, d.VerifyLog(ctx), custody.Corrupt)
}

func disarm(t *testing.T, d *db.DB) {
	t.Helper()
	if d.Driver() == db.Postgres {
		for _, table := range []string{"log_entry", "log_node", "log_head", "event_body"} {
			must(t, d.Tamper(t.Context(), `ALTER TABLE `+table+` DISABLE TRIGGER USER`))
		}
		return
	}
	names, err := d.Ask(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	must(t, err)
	for _, n := range names {
		must(t, d.Tamper(t.Context(), `DROP TRIGGER `+n[0]))
	}
}
