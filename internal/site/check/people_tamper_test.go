package check_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// peopleVictims are the rows of people that the tests edit, by table.
func peopleVictims(raw *dbtest.Raw) map[string]row {
	out := map[string]row{}
	byID := func(table, column, id string) {
		out[table] = row{fmt.Sprintf("%s = '%s'", column, id), []string{id}}
	}
	clerk, director := raw.Text(`SELECT id FROM staff WHERE login = 'clerk'`), raw.Text(`SELECT id FROM staff WHERE login = 'director'`)
	byID("staff", "id", clerk)
	byID("camera_assignment", "staff_id", clerk)
	byID("staff_secret", "staff_id", director)
	byID("role_grant", "id", raw.Text(`SELECT id FROM role_grant WHERE revoked_at IS NOT NULL`))
	byID("invitation", "id", raw.Text(`SELECT id FROM invitation WHERE used_at IS NULL`))
	byID("session", "id", raw.Text(`SELECT id FROM session WHERE staff_id = '`+clerk+`' AND ended_at IS NULL`))
	byID("restriction", "id", raw.Text(`SELECT id FROM restriction WHERE lifted_at IS NOT NULL`))
	viewing := raw.Text(`SELECT id FROM viewing WHERE staff_id = '` + clerk + `'`)
	byID("viewing", "id", viewing)
	byID("viewing_camera", "viewing_id", viewing)
	minute := raw.Text(`SELECT min(minute_at) FROM look WHERE viewing_id = '` + viewing + `' AND kind = 'recorded'`)
	out["look"] = row{"viewing_id = '" + viewing + "' AND kind = 'recorded' AND minute_at = " + minute, []string{viewing}}
	out["passkey"] = row{"staff_id = '" + director + "'", []string{"YSBjcmVkZW50aWFs"}} // its id in base64
	out["rule_setting"] = row{"id = 1", []string{"rule_setting", "rules' settings"}}
	maps.Copy(out, requestVictims(raw))
	maps.Copy(out, archiveVictims(raw))
	return out
}

// peopleEdits say how each column is changed, as edits does.
func peopleEdits() map[string]string {
	id := func(prefix string) string { return "'" + prefix + strings.Repeat("a", 26) + "'" }
	another := `(SELECT id FROM staff s WHERE s.login = 'newcomer')`
	yard := `(SELECT id FROM camera WHERE name = 'Yard')`
	out := requestEdits()
	maps.Copy(out, archiveEdits())
	maps.Copy(out, map[string]string{
		"camera.place": "'in the garden'", "camera.class": "'library-record'", "camera.retention_days": "1",
		"staff.id": id("stf_"), "staff.login": "'boss'", "staff.name": "'Dana'", "staff.enabled": "1 - enabled", "staff.all_cameras": "1 - all_cameras",
		"staff.added_at": "added_at + 1", "staff.acknowledged_at": "acknowledged_at + 1", "staff.policy": "'2'", "staff.version": "version + 1",
		"staff_secret.staff_id": id("stf_"), "staff_secret.password": "replace(password, '$', '+')", "staff_secret.totp": "zeroblob(length(totp))",
		"staff_secret.totp_key_id": `(SELECT id FROM purpose_key WHERE purpose = 'credentials')`, "staff_secret.codes": "substr(codes, 33)",
		"camera_assignment.staff_id": another, "camera_assignment.camera_id": yard,
		"role_grant.id": id("rol_"), "role_grant.staff_id": another, "role_grant.role": "'administrator'", "role_grant.from_at": "from_at - 1",
		"role_grant.until_at": "until_at + 1", "role_grant.given_by": "'operator'", "role_grant.given_at": "given_at + 1", "role_grant.reason": "'because'",
		"role_grant.revoked_at": "NULL",
		"passkey.id":            "x'0102'", "passkey.staff_id": another, "passkey.label": "'mine'", "passkey.record": "CAST(replace(record, 'AAEC', 'AAED') AS BLOB)",
		"passkey.added_at": "added_at + 1",
		"invitation.id":    id("inv_"), "invitation.staff_id": `(SELECT id FROM staff WHERE login = 'clerk')`, "invitation.digest": "zeroblob(32)", "invitation.made_at": "made_at + 1",
		"invitation.expires_at": "expires_at + 86400000000", "invitation.used_at": "made_at",
		"session.id": id("ses_"), "session.staff_id": another, "session.opened_at": "opened_at + 1", "session.fresh_at": "fresh_at + 900000000",
		"session.expires_at": "expires_at + 86400000000", "session.ended_at": "opened_at", "session.enrol": "1 - enrol", "session.method": "'passkey'",
		"session.address": "'192.0.2.200'", "session.bearer": "1 - bearer",
		"restriction.id": id("rst_"), "restriction.camera_id": yard, "restriction.start_at": "start_at + 1", "restriction.end_at": "end_at - 1",
		"restriction.kind": "'hold'", "restriction.reason": "'because'", "restriction.placed_by": "'operator'", "restriction.placed_at": "placed_at + 1",
		"restriction.lifted_at": "NULL",
		"rule_setting.id":       "2", "rule_setting.viewing_minutes": "480", "rule_setting.viewer_age_days": "3650", "rule_setting.policy_version": "'9'",
		"rule_setting.policy_text": "'Look at what you like.'", "rule_setting.acknowledge_days": "3650", "rule_setting.set_up_at": "NULL", "rule_setting.version": "version + 1",
		"viewing.id": id("viw_"), "viewing.staff_id": another, "viewing.session_id": id("ses_"), "viewing.basis": "'reason'", "viewing.reference": "'OR-2026-0002'",
		"viewing.purpose": "'nothing at all'", "viewing.live": "1 - live", "viewing.start_at": "start_at + 1", "viewing.end_at": "end_at - 1",
		"viewing.opened_at": "opened_at + 1", "viewing.expires_at": "expires_at + 1", "viewing.closed_at": "closed_at + 1", "viewing.why": "'expired'",
		"viewing_camera.viewing_id": id("viw_"), "viewing_camera.camera_id": yard, "viewing_camera.position": "3",
		"look.viewing_id": `(SELECT v.id FROM viewing v WHERE v.live)`, "look.camera_id": yard, "look.minute_at": "minute_at + 6000000000", "look.kind": "'live'",
		"look.leased_at": "leased_at + 1", "look.served": "1 - served",
	})
	return out
}

// peopleHarmless lists what may change without a finding, and why.
func peopleHarmless() map[string]string {
	out := requestHarmless()
	maps.Copy(out, archiveHarmless())
	maps.Copy(out, map[string]string{
		"session.seen_at":         "the last use, which no event says; a session ends by expires_at whatever it says",
		"session.idle_at":         "moves with every use, which no event says",
		"staff_secret.totp_step":  "moves with every sign-in; set back it makes a code good twice within a minute and a half",
		"staff_secret.version":    "a counter for compare-and-swap",
		"passkey.used_at":         "moves with every sign-in",
		"viewing_camera.position": "a viewing of one camera: nothing stands before or after it",
		"sign_in_attempt":         "what slows guessing down; it opens nothing",
		"access_generation":       "a counter that tells the judge to look again",
		"segment_activity":        "derived from footage, a hint where to look",
		"timeline_bucket":         "derived from segments and gaps, which are proved themselves",
		"delivery":                "edited column by column in TestHandOversAreWhatTheLogSays",
	})
	return out
}

// TestWhoGivesThemselvesPowerIsNamed is what somebody would do who can write to the database and not to the log.
func TestWhoGivesThemselvesPowerIsNamed(t *testing.T) {
	s := recorded(t)
	clerk, leaver := `(SELECT id FROM staff WHERE login = 'clerk')`, `(SELECT id FROM staff WHERE login = 'leaver')`
	raw := dbtest.OpenRaw(t, s.copied(t).config())
	who := raw.Text("SELECT " + clerk)
	gone := raw.Text("SELECT " + leaver)
	seen := raw.Text(`SELECT id FROM viewing WHERE staff_id = ` + clerk)
	ended := raw.Text(`SELECT id FROM session WHERE staff_id = ` + leaver)
	sealed := raw.Text(`SELECT id FROM restriction WHERE lifted_at IS NULL`)
	raw.Close()
	a26 := strings.Repeat("a", 26)
	for name, c := range map[string]struct {
		do, what string
		names    []string
	}{
		"a role":               {`INSERT INTO role_grant SELECT 'rol_` + a26 + `', ` + clerk + `, 'custodian', 1, NULL, 'operator', 1, '', NULL`, "no log entry", []string{"rol_" + a26}},
		"an account enabled":   {`UPDATE staff SET enabled = 1 WHERE login = 'leaver'`, "enabled", []string{gone}},
		"every camera":         {`UPDATE staff SET all_cameras = 1 WHERE login = 'clerk'`, "all_cameras", []string{who}},
		"one more camera":      {`INSERT INTO camera_assignment SELECT ` + clerk + `, id FROM camera WHERE name = 'Yard'`, "camera_assignment", []string{who}},
		"a restriction lifted": {`UPDATE restriction SET lifted_at = 5 WHERE lifted_at IS NULL`, "an end that stands in no log entry", []string{sealed}},
		"a restriction gone":   {`DELETE FROM restriction WHERE lifted_at IS NULL`, "gone", []string{sealed}},
		"old footage":          {`UPDATE rule_setting SET viewer_age_days = 3650`, "viewer_age_days", []string{"rule_setting"}},
		"another's password": {`UPDATE staff_secret SET password = (SELECT password FROM staff_secret WHERE staff_id = ` + clerk + `)
			WHERE staff_id = (SELECT id FROM staff WHERE login = 'director')`, "password", nil},
		"no second factor": {`UPDATE staff_secret SET totp = NULL, totp_key_id = NULL WHERE totp IS NOT NULL`, "second factor", nil},
		"a passkey":        {`INSERT INTO passkey SELECT x'31', ` + clerk + `, 'mine', CAST('{"publicKey":"AAAA"}' AS BLOB), 1, NULL`, "no log entry", []string{"MQ"}},
		"a link":           {`INSERT INTO invitation SELECT 'inv_` + a26 + `', ` + clerk + `, zeroblob(32), 1, 9000000000000000, NULL`, "by the log it does not", []string{"inv_" + a26}},
		"a session again":  {`UPDATE session SET ended_at = NULL, expires_at = 9000000000000000 WHERE id = '` + ended + `'`, "the log has ended it", []string{ended}},
		"another account": {`INSERT INTO staff SELECT 'stf_` + a26 + `', 'ghost', 'G', 1, 1, 1, 1, '1', 1;
			INSERT INTO staff_secret SELECT 'stf_` + a26 + `', password, NULL, NULL, 0, NULL, 1 FROM staff_secret WHERE staff_id = ` + clerk, "no log entry", []string{"stf_" + a26}},
		"nobody looked": {`DELETE FROM look WHERE viewing_id = '` + seen + `'; DELETE FROM viewing_camera WHERE viewing_id = '` + seen + `'; DELETE FROM viewing WHERE id = '` + seen + `'`,
			"its row is gone", []string{seen}},
		"somebody else looked": {`UPDATE viewing SET staff_id = (SELECT id FROM staff WHERE login = 'newcomer') WHERE id = '` + seen + `'`, "staff_id", []string{seen}},
		"nothing was sent":     {`UPDATE look SET served = 0 WHERE viewing_id = '` + seen + `'`, "an end that stands in no log entry", []string{seen}},
	} {
		t.Run(name, func(t *testing.T) {
			c2 := tampered(t, s, func(raw *dbtest.Raw) {
				for _, statement := range strings.Split(c.do, ";") {
					if raw.Do(statement) == 0 {
						t.Fatalf("%s changed nothing", statement)
					}
				}
			})
			c2.open(false)
			defer c2.close()
			wantFinding(t, c2.check(check.Options{Quick: true}), c.what, c.names)
		})
	}
}

// wantFinding wants one finding that says what, about one of the names.
func wantFinding(t *testing.T, r *check.Report, what string, names []string) {
	t.Helper()
	for _, f := range r.Findings {
		about := len(names) == 0
		for _, n := range names {
			about = about || strings.Contains(f.ID, n)
		}
		if about && strings.Contains(f.What, what) {
			return
		}
	}
	var b strings.Builder
	_ = r.WriteText(&b) // a builder takes everything
	t.Errorf("nothing about %q says %q:\n%s", names, what, b.String())
}

// TestWhatTheLogItselfContradictsIsNamed writes entries as a program could that does not keep to the order.
func TestWhatTheLogItselfContradictsIsNamed(t *testing.T) {
	base := recorded(t)
	base.open(false)
	cam := must(base.db.Cameras(t.Context()))[0].ID
	var open, closed custody.ViewingID
	var who custody.StaffID
	for v, err := range base.db.AllViewings(t.Context()) {
		base.must(err)
		if v.Closed == 0 {
			open, who = v.ID, v.Staff
		} else {
			closed = v.ID
		}
	}
	noon := base.clock.Now() - base.clock.Now()%60_000_000
	base.close()
	served := func(kind string, at custody.Instant) map[string]string {
		return map[string]string{"minute": at.String(), "kind": kind}
	}
	for name, c := range map[string]struct {
		event         custody.EventType
		actor         string
		subject       string
		detail        any
		finding, what string
	}{
		"after the end":       {custody.EventFootageServed, string(who), string(closed), served("recorded", noon), "look", "not open by the log"},
		"of no viewing":       {custody.EventFootageServed, string(who), string(custody.NewViewingID()), served("recorded", noon), "look", "not open by the log"},
		"by somebody else":    {custody.EventFootageServed, "operator", string(open), served("recorded", noon), "look", "opened the viewing"},
		"without a decision":  {custody.EventFootageServed, string(who), string(open), served("live", noon), "look", "no entry before it allows footage.live"},
		"of an unknown kind":  {custody.EventFootageServed, string(who), string(open), served("peek", noon), "look", "no entry before it allows"},
		"of another day":      {custody.EventFootageServed, string(who), string(open), served("recorded", noon+86_400_000_000), "look", "outside of the span"},
		"an end twice":        {custody.EventViewingClosed, string(who), string(closed), map[string]string{"why": "stopped"}, "viewing", "not open by the log"},
		"a link of nobody's":  {custody.EventInvitationUsed, string(who), string(who), map[string]string{"invitation": "inv_x"}, "invitation", "that no log entry made"},
		"a look without row":  {custody.EventFootageServed, string(who), string(open), served("still", noon), "look", "its row is gone"},
		"a change of nobody":  {custody.EventStaffChanged, "operator", "stf_x", map[string]bool{"enabled": true}, "entry", "whom no entry adds"},
		"a minute not a time": {custody.EventFootageServed, string(who), string(open), map[string]string{"minute": "noon"}, "entry", "cannot be understood"},
	} {
		t.Run(name, func(t *testing.T) {
			s := base.copied(t)
			s.open(false)
			defer s.close()
			s.must(s.db.Append(t.Context(), must(custody.NewEvent(c.event, s.clock.Now(), c.actor, cam, c.subject, c.detail))))
			for _, f := range s.check(check.Options{Quick: true}).Findings {
				if f.Kind == c.finding && strings.Contains(f.What, c.what) {
					return
				}
			}
			t.Errorf("nothing says %q about a %s: %+v", c.what, c.finding, s.check(check.Options{Quick: true}).Findings)
		})
	}
}
