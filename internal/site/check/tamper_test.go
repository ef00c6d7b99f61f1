package check_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// tampered is a site whose database somebody edited with a shell on the box.
func tampered(t *testing.T, of *site, edit func(*dbtest.Raw)) *site {
	t.Helper()
	s := of.copied(t)
	raw := dbtest.OpenRaw(t, s.config())
	edit(raw)
	raw.Close()
	return s
}

// wantNamed runs a check over a closed site and wants a finding that names the thing.
func wantNamed(t *testing.T, s *site, o check.Options, names ...string) {
	t.Helper()
	if err := s.tryOpen(false); err != nil {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(err.Error(), n) }) {
			t.Errorf("the site did not open, and the reason names none of %q: %v", names, err)
		}
		return // no command works any more, and it says which key is to blame
	}
	r := s.check(o)
	s.close()
	for _, f := range r.Findings {
		if f.What == "" || f.Remedy == "" {
			t.Errorf("a finding without words: %+v", f)
		}
		for _, n := range names {
			if strings.Contains(f.ID+" "+f.What, n) {
				return
			}
		}
	}
	var b strings.Builder
	_ = r.WriteText(&b) // a builder takes everything
	t.Errorf("nothing names %q:\n%s", names, b.String())
}

// row is one row to be edited, and what findings call it.
type row struct {
	where string
	names []string
}

// victims are the rows that the test edits, by table.
func victims(t *testing.T, s *site) map[string]row {
	t.Helper()
	raw := dbtest.OpenRaw(t, s.copied(t).config())
	defer raw.Close()
	out := map[string]row{}
	byID := func(table, column, id string) {
		out[table] = row{fmt.Sprintf("%s = '%s'", column, id), []string{id}}
	}
	seg := raw.Text(`SELECT id FROM segment WHERE camera_offset IS NOT NULL ORDER BY start_at LIMIT 1 OFFSET 1`)
	byID("segment", "id", seg)
	byID("segment_key", "segment_id", seg)
	byID("gap", "id", raw.Text(`SELECT id FROM gap WHERE end_at IS NOT NULL LIMIT 1`))
	byID("run", "id", raw.Text(`SELECT run_id FROM segment WHERE id = '`+seg+`'`))
	byID("camera", "id", raw.Text(`SELECT id FROM camera WHERE name = 'Yard'`))
	door := raw.Text(`SELECT id FROM camera WHERE name = 'Door'`)
	stream := raw.Text(`SELECT id FROM camera_stream WHERE role = 'main' AND camera_id = '` + door + `'`)
	out["camera_stream"] = row{"id = '" + stream + "'", []string{stream, door}}
	byID("purpose_key", "id", raw.Text(`SELECT id FROM purpose_key WHERE purpose = 'segment-wrap' AND retired_at IS NOT NULL`))
	entry := raw.Text(`SELECT idx FROM log_entry WHERE type = 'segment.sealed' ORDER BY idx LIMIT 1 OFFSET 3`)
	for _, table := range []string{"log_entry", "event_body"} {
		out[table] = row{"idx = " + entry, []string{"entry " + entry}}
	}
	out["log_node"] = row{"idx = 9", []string{"tree hash of entries"}}
	out["log_head"] = row{"id = 1", []string{"head", "log", "epoch 2"}}
	_, copied, _ := audit.ParseCheckpointName(must(os.ReadDir(s.path("checkpoints")))[0].Name())
	size := fmt.Sprint(copied)
	out["checkpoint"] = row{"size = " + size, []string{"entry " + size + " ", "filed under"}}
	maps.Copy(out, peopleVictims(raw))
	maps.Copy(out, keptVictims(raw))
	return out
}

// edits say how each column is changed; a column that only stands here with a reason is harmless, and no check finds it.
func edits() map[string]string {
	id := func(prefix string) string { return "'" + prefix + strings.Repeat("a", 26) + "'" }
	return map[string]string{
		"segment.id": id("seg_"), "segment.camera_id": `(SELECT id FROM camera WHERE name = 'Yard')`, "segment.stream_id": `(SELECT id FROM camera_stream WHERE role = 'sub')`,
		"segment.run_id": id("run_"), "segment.number": "number + 50", "segment.continuation": "1 - continuation",
		"segment.start_at": "start_at + 1", "segment.end_at": "end_at - 1", "segment.media_ticks": "media_ticks + 1", "segment.timescale": "timescale + 1",
		"segment.units": "units + 1", "segment.damaged": "damaged + 1", "segment.root": "zeroblob(32)", "segment.leaves": "leaves + 1",
		"segment.object_size": "object_size + 1", "segment.object_digest": "zeroblob(32)", "segment.camera_offset": "camera_offset + 1",
		"segment.fragments": "CAST(substr(fragments, 1, length(fragments) - 1) || x'7f' AS BLOB)", "segment.recovered": "1 - recovered", "segment.sealed_at": "sealed_at + 1",
		"segment_key.segment_id": id("seg_"), "segment_key.key_id": `(SELECT id FROM purpose_key WHERE purpose = 'credentials')`, "segment_key.wrapped": "zeroblob(length(wrapped))",
		"gap.id": id("gap_"), "gap.camera_id": `(SELECT id FROM camera WHERE camera.id <> gap.camera_id)`, "gap.stream_id": `(SELECT id FROM camera_stream s WHERE s.id <> gap.stream_id LIMIT 1)`,
		"gap.start_at": "start_at + 1", "gap.end_at": "end_at - 1", "gap.cause": "'fault'", "gap.detail": "detail || '.'",
		"run.id": id("run_"), "run.stream_id": `(SELECT id FROM camera_stream WHERE role = 'sub')`, "run.camera_id": `(SELECT id FROM camera WHERE camera.id <> run.camera_id)`,
		"run.started_at": "started_at + 1", "run.header": "replace(header, '192.0.2.1', '192.0.2.9')",
		"camera.id": id("cam_"), "camera.name": "'Garden'", "camera.enabled": "1 - enabled", "camera.audio": "1 - audio", "camera.version": "version + 1",
		"camera.added_at": "added_at + 1", "camera.removed_at": "added_at + 5",
		"camera_stream.id": id("str_"), "camera_stream.camera_id": `(SELECT id FROM camera WHERE name = 'Garden' UNION SELECT 'cam_x')`, "camera_stream.position": "5",
		"camera_stream.role": "'third'", "camera_stream.url": "'rtsp://198.51.100.7/main'", "camera_stream.transport": "'udp'",
		"camera_stream.secret": "zeroblob(length(secret))", "camera_stream.secret_key_id": `(SELECT id FROM purpose_key WHERE purpose = 'log-signing')`, "camera_stream.removed_at": "7",
		"purpose_key.id": id("key_"), "purpose_key.purpose": "'credentials'", "purpose_key.wrapped": "zeroblob(length(wrapped))", "purpose_key.public_key": "zeroblob(32)",
		"purpose_key.created_at": "created_at + 1", "purpose_key.retired_at": "retired_at + 1",
		"log_entry.epoch": "2", "log_entry.idx": "999", "log_entry.type": "'segment.sold'", "log_entry.digest": "zeroblob(32)", "log_entry.leaf": "zeroblob(32)",
		"event_body.epoch": "2", "event_body.idx": "999", "event_body.event_id": id("evt_"), "event_body.at": "at + 1", "event_body.actor": "'operator'",
		"event_body.camera_id": `(SELECT id FROM camera WHERE camera.id <> event_body.camera_id)`, "event_body.subject": `(SELECT max(id) FROM run)`, "event_body.salt": "zeroblob(16)", "event_body.body": "CAST(replace(body, 'units', 'unitz') AS BLOB)",
		"log_node.epoch": "2", "log_node.idx": "9999", "log_node.hash": "zeroblob(32)",
		"log_head.id": "2", "log_head.epoch": "2", "log_head.size": "size - 1", "log_head.root": "zeroblob(32)",
		"checkpoint.epoch": "2", "checkpoint.size": "size + 1", "checkpoint.note": "CAST(replace(note, x'0a0a', x'0a0b') AS BLOB)",
	}
}

// harmless lists what may change without a finding, and why.
func harmless() map[string]string {
	return map[string]string{
		"camera.hold_epoch":    "a counter that holds and disposals raise to exclude each other; no event says its value",
		"checkpoint.signed_at": "the signed note has no time in it (C2SP tlog-checkpoint)",
		"clock_sample":         "measurements between segments; each segment's own camera offset is sealed",
		"time_sync":            "the kernel's opinion of its clock, for people",
		"site_setting":         "settings change what is done, not what was recorded",
		"registry":             "a counter that tells a running recorder to look at the cameras",
		"schema_version":       "the migration tool's own table, which CheckSchema holds against the program",
		"alarm":                "a list for people; raising and clearing are events",
		"quarantine":           "its key alone says anything, and object.quarantined says it too: see TestObjectsThatNothingAccountsForAreNamedAndKept",
	}
}

func TestEveryColumnOfEveryRowIsWatched(t *testing.T) {
	s := recorded(t)
	rows, edits, harmless, people := victims(t, s), edits(), harmless(), peopleEdits()
	maps.Copy(edits, people)
	maps.Copy(harmless, peopleHarmless())
	maps.Copy(edits, keptEdits())
	maps.Copy(harmless, keptHarmless())
	maps.Copy(harmless, releaseHarmless())
	schema := dbtest.OpenRaw(t, s.copied(t).config())
	defer schema.Close()
	for _, table := range schema.Tables() {
		for _, column := range schema.Columns(table) {
			name := table + "." + column
			if harmless[table]+harmless[name] != "" {
				continue
			}
			t.Run(name, func(t *testing.T) {
				edit, ok := edits[name]
				if !ok {
					t.Fatal("nobody says how to change this column, or why it may change unnoticed")
				}
				r := rows[table]
				names := r.names
				if strings.HasSuffix(name, "id") && strings.HasPrefix(edit, "'") {
					names = append(slices.Clone(names), strings.Trim(edit, "'")) // the thing under its false name
				}
				wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) {
					if n := raw.Do(fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", table, column, edit, r.where)); n != 1 {
						t.Fatalf("%d rows changed", n)
					}
				}), check.Options{Quick: people[name] != ""}, names...) // no object says anything about people
			})
		}
	}
}

func TestEveryDeletedRowIsNamed(t *testing.T) {
	s := recorded(t)
	for table, r := range victims(t, s) {
		t.Run(table, func(t *testing.T) {
			wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) { raw.Do("DELETE FROM " + table + " WHERE " + r.where) }), check.Options{}, r.names...)
		})
	}
}

func TestHarmlessChangesAreHarmless(t *testing.T) {
	s := tampered(t, recorded(t), func(raw *dbtest.Raw) {
		raw.Do(`UPDATE camera SET hold_epoch = hold_epoch + 1`)
		raw.Do(`UPDATE checkpoint SET signed_at = signed_at + 1`)
		raw.Do(`UPDATE clock_sample SET offset_us = offset_us + 1`)
		raw.Do(`UPDATE camera_stream SET url = url || '/other'`) // events leave the path out, which may hold a vendor's secret
		raw.Do(`UPDATE registry SET generation = generation + 1`)
		raw.Do(`INSERT INTO site_setting VALUES ('a', 'b')`)
		raw.Do(`INSERT INTO alarm VALUES ('a', 'b', 1, NULL, 'c')`)
		raw.Do(`INSERT INTO time_sync VALUES (1, 'ok', 0, 0)`)
		raw.Do(`UPDATE session SET seen_at = seen_at + 1, idle_at = idle_at + 1`)
		raw.Do(`UPDATE staff_secret SET totp_step = 0, version = version + 1`)
		raw.Do(`UPDATE passkey SET used_at = 5`)
		raw.Do(`INSERT INTO sign_in_attempt VALUES ('a', 1, 1, NULL)`)
		raw.Do(`UPDATE access_generation SET generation = generation + 1`)
		raw.Do(`DELETE FROM timeline_bucket`)
		raw.Do(`DELETE FROM segment_activity`)
	})
	s.open(false)
	defer s.close()
	wantClean(t, "after changes that matter to nobody", s.check(check.Options{Deep: true}))
}

func TestRowsThatWereSwappedOrInvented(t *testing.T) {
	s := recorded(t)
	rows := victims(t, s)
	swap := func(table, column, a, b string) string {
		return fmt.Sprintf("UPDATE %[1]s SET %[2]s = CASE %[2]s WHEN %[3]s THEN -1 ELSE %[3]s END WHERE %[2]s IN (%[3]s, %[4]s);"+
			"UPDATE %[1]s SET %[2]s = %[4]s WHERE %[2]s = -1", table, column, a, b)
	}
	seg := rows["segment"]
	for name, c := range map[string]struct {
		do    string
		names []string
	}{
		"two entries change places":  {swap("log_entry", "idx", "12", "13") + ";" + swap("event_body", "idx", "12", "13"), []string{"entry 12", "entries 12"}},
		"a segment changes its run":  {`UPDATE segment SET run_id = (SELECT id FROM run WHERE run.id <> segment.run_id LIMIT 1), number = 77 WHERE ` + seg.where, seg.names},
		"a segment is moved in time": {`UPDATE segment SET start_at = start_at + 30000000, end_at = end_at + 30000000 WHERE ` + seg.where, seg.names},
		"a gap is added": {`INSERT INTO gap SELECT 'gap_' || substr(id, 5), camera_id, stream_id, start_at - 5000000, start_at - 4000000, 'stopped', '' FROM segment WHERE ` + seg.where,
			[]string{"gap_" + seg.names[0][4:]}},
		"an open gap in the midst": {`UPDATE gap SET end_at = NULL WHERE ` + rows["gap"].where, rows["gap"].names},
		"a hidden object":          {`INSERT INTO quarantine SELECT id, 1, 'x' FROM segment WHERE ` + seg.where, seg.names},
		"a header by one byte":     {`UPDATE run SET header = replace(header, '"sdp"', '"sDp"') WHERE ` + rows["run"].where, rows["run"].names},
	} {
		t.Run(name, func(t *testing.T) {
			wantNamed(t, tampered(t, s, func(raw *dbtest.Raw) {
				if strings.Contains(c.do, "end_at = NULL") {
					raw.Do(`DROP INDEX gap_open`)
				}
				for _, statement := range strings.Split(c.do, ";") {
					if raw.Do(statement) == 0 {
						t.Fatalf("%s changed nothing", statement)
					}
				}
			}), check.Options{}, c.names...)
		})
	}
}
