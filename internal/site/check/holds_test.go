package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// keep places holds and a schedule, lifts a hold, and disposes of the first three segments of the last stream: the objects of two are removed,
// the third waits for it.
func (h *house) keep() {
	h.t.Helper()
	ctx := h.t.Context()
	h.tick()
	var rows []media.SegmentRow
	for row, err := range h.db.Segments(ctx, h.streams[len(h.streams)-1], custody.Span{Start: 1, End: h.clock.Now()}) {
		h.must(err)
		rows = append(rows, row)
	}
	yard := rows[0].Camera
	for _, c := range must(h.db.Cameras(ctx)) {
		if c.ID != yard {
			h.hold(c.ID, custody.Span{Start: 1e6, End: h.clock.Now().Add(1e12)})
		}
	}
	lifted := retention.Held{Hold: h.hold(yard, custody.Span{Start: rows[0].Span.Start, End: rows[2].Span.End}), Version: 1}
	lifted.LiftBy, lifted.LiftWhy = h.director.Staff(), "it was the wrong camera"
	lifted = must(h.db.ChangeHold(ctx, lifted, h.said(custody.EventHoldLiftProposed, h.director.String(), yard, string(lifted.ID), retention.ChangedDetail(lifted))))
	h.tick()
	lifted.Lifted, lifted.Confirmed = h.clock.Now(), h.clerk.Staff()
	must(h.db.ChangeHold(ctx, lifted, h.said(custody.EventHoldLifted, h.clerk.String(), yard, string(lifted.ID), retention.ChangedDetail(lifted))))
	s := retention.Schedule{AtLeast: 7, AtMost: 28}
	rule := retention.RuleDetail(s)
	rule.Version = 1
	must(h.db.PutSchedule(ctx, s, h.said(custody.EventScheduleChanged, h.director.String(), "", "site", rule)))
	h.tick()
	h.purge(h.dispose(rows[0]), rows[0].ID)
	h.purge(h.dispose(rows[1:3]...), rows[1].ID)
	h.doomed = rows[2].ID
}

// purge removes one object of a disposition.
func (h *house) purge(d custody.DispositionID, id custody.SegmentID) {
	h.t.Helper()
	h.tick()
	now := h.clock.Now()
	h.must(h.vault.Purge(h.t.Context(), id))
	h.must(h.db.Purged(h.t.Context(), d, now, []custody.SegmentID{id}, h.said(custody.EventFootagePurged, "system", "", string(d), retention.Removed{Disposition: d, At: now.String()})))
}

func (h *house) said(t custody.EventType, actor string, camera custody.CameraID, subject string, detail any) custody.Event {
	return must(custody.NewEvent(t, h.clock.Now(), actor, camera, subject, detail))
}

func (h *house) hold(camera custody.CameraID, span custody.Span) custody.Hold {
	h.t.Helper()
	x := custody.Hold{ID: custody.NewHoldID(), Camera: camera, Span: span, Reason: "a fall", By: h.clerk.String(), Placed: h.clock.Now(), Review: h.clock.Now().Add(1e15)}
	h.must(h.db.PlaceHold(h.t.Context(), x, must(x.PlacedEvent())))
	h.must(h.db.FinishSurvey(h.t.Context(), retention.Survey{Hold: x.ID, Began: x.Placed, From: span.Start, Seen: 3}, nil,
		h.said(custody.EventHoldVerified, "system", camera, string(x.ID), retention.HoldVerified{Hold: x.ID, Began: x.Placed.String(), All: true, Objects: 3})))
	return x
}

// dispose is what the retention room's worker does.
func (h *house) dispose(rows ...media.SegmentRow) custody.DispositionID {
	h.t.Helper()
	x := retention.Disposition{ID: custody.NewDispositionID(), Camera: rows[0].Camera, Segments: len(rows), Why: retention.OnSchedule, At: h.clock.Now(),
		Span: custody.Span{Start: rows[0].Span.Start, End: rows[len(rows)-1].Span.End}, Rule: retention.Schedule{AtLeast: 7, AtMost: 28}}
	x.Final = x.At.Add(1e15)
	var ids []custody.SegmentID
	for _, r := range rows {
		ids, x.Bytes = append(ids, r.ID), x.Bytes+r.ObjectSize
	}
	h.must(h.db.Dispose(h.t.Context(), x, ids, h.said(custody.EventFootageDisposed, "system", x.Camera, string(x.ID),
		retention.Destroyed{Disposition: x.ID, Span: x.Span.String(), Segments: ids, Bytes: x.Bytes, Why: x.Why, Rule: retention.RuleDetail(x.Rule),
			Grant: custody.NewGrantID(), Final: x.Final.String()})))
	return x.ID
}

// keptVictims are the rows of holds and disposals that the tests edit, by table.
func keptVictims(raw *dbtest.Raw) map[string]row {
	out := map[string]row{}
	for table, where := range map[string]string{"hold": "reason = 'a fall' AND lifted_at IS NOT NULL", "disposition": "purged_at IS NOT NULL"} {
		id := raw.Text(`SELECT id FROM ` + table + ` WHERE ` + where)
		out[table] = row{fmt.Sprintf("id = '%s'", id), []string{id}}
	}
	out["schedule"] = row{"subject = 'site'", []string{"site", "schedule"}}
	gone := raw.Text(`SELECT segment_id FROM disposed_segment WHERE purged_at IS NULL`)
	out["disposed_segment"] = row{"segment_id = '" + gone + "'", []string{gone}}
	return out
}

// keptEdits say how each column is changed, as edits does.
func keptEdits() map[string]string {
	id := func(prefix string) string { return "'" + prefix + strings.Repeat("a", 26) + "'" }
	door := `(SELECT id FROM camera WHERE name = 'Door')`
	return map[string]string{
		"hold.id": id("hld_"), "hold.request_id": `(SELECT min(id) FROM request)`, "hold.camera_id": "NULL", "hold.start_at": "start_at + 1", "hold.end_at": "end_at - 1",
		"hold.reason": "'because'", "hold.placed_by": "'operator'", "hold.placed_at": "placed_at + 1", "hold.review_at": "review_at + 1", "hold.lapses_at": "review_at",
		"hold.reviewed_at": "placed_at", "hold.surveyed_at": "surveyed_at + 1", "hold.objects": "objects - 1",
		"hold.lift_by": `(SELECT id FROM staff WHERE login = 'newcomer')`, "hold.lift_why": "'because'", "hold.lifted_at": "NULL",
		"hold.confirmed_by": `(SELECT id FROM staff WHERE login = 'newcomer')`,
		"schedule.subject":  "'public-area'", "schedule.camera_id": door, "schedule.class": "'public-area'", "schedule.at_least": "1", "schedule.at_most": "3650",
		"schedule.version": "version + 1",
		"disposition.id":   id("dsp_"), "disposition.camera_id": door, "disposition.start_at": "start_at + 1", "disposition.end_at": "end_at - 1",
		"disposition.segments": "segments + 1", "disposition.bytes": "0", "disposition.why": "'disk-full'", "disposition.rule_camera": door,
		"disposition.rule_class": "'public-area'", "disposition.at_least": "1", "disposition.at_most": "at_most + 1", "disposition.at": "at - 1",
		"disposition.final_at": "at", "disposition.purged_at": "NULL",
		"disposed_segment.segment_id":     `(SELECT segment_id FROM segment_key LIMIT 1)`,
		"disposed_segment.disposition_id": `(SELECT id FROM disposition WHERE id <> disposition_id)`,
		"disposed_segment.key_id":         `(SELECT id FROM purpose_key WHERE purpose = 'credentials')`,
	}
}

// keptHarmless lists what may change without a finding, and why.
func keptHarmless() map[string]string {
	return map[string]string{
		"hold.verified_at":           "when a part of it was last looked at, which is no event; a look at all of it is",
		"hold.lost":                  "counts hold_loss",
		"hold.released_at":           "says that the store's own locks are off, which the store itself decides on",
		"hold.version":               "a counter for compare-and-swap",
		"hold_loss":                  "a list for people; hold.verified and the tombstones say it too",
		"hold_round":                 "how far a look is",
		"kept_segment":               "derived from segments and their keys",
		"disposed_segment.tried_at":  "whose turn it is to be removed",
		"disposed_segment.purged_at": "set back it lets an object that is gone be removed again; of one that is said to be gone and is not see TestDisposalIsWatched",
	}
}

// TestDisposalIsWatched is what somebody would do to destroy what is held, or to keep what was destroyed.
func TestDisposalIsWatched(t *testing.T) {
	s := recorded(t)
	a26 := strings.Repeat("a", 26)
	raw := dbtest.OpenRaw(t, s.copied(t).config())
	kept, gone := raw.Text(`SELECT min(segment_id) FROM segment_key`), raw.Text(`SELECT segment_id FROM disposed_segment WHERE purged_at IS NULL`)
	standing, lifted := raw.Text(`SELECT id FROM hold WHERE reason = 'a fall' AND lifted_at IS NULL`), raw.Text(`SELECT id FROM hold WHERE lifted_at IS NOT NULL`)
	raw.Close()
	for name, c := range map[string]struct{ do, what, named string }{
		"a key is destroyed by hand": {`DELETE FROM segment_key WHERE segment_id = '` + kept + `'`, "no disposal accounts for it", kept},
		"a tombstone is invented": {`DELETE FROM segment_key WHERE segment_id = '` + kept + `'; INSERT INTO disposed_segment SELECT '` + kept + `', disposition_id, key_id, 0, NULL
			FROM disposed_segment LIMIT 1`, "no log entry", kept},
		"a hold ends by hand":          {`UPDATE hold SET lifted_at = 5 WHERE id = '` + standing + `'`, "lifted_at", standing},
		"a hold is deleted":            {`DELETE FROM hold WHERE id = '` + standing + `'`, "gone", standing},
		"a hold shrinks":               {`UPDATE hold SET end_at = start_at + 1 WHERE id = '` + standing + `'`, "start_at or end_at", standing},
		"a hold stands again":          {`UPDATE hold SET lifted_at = NULL, confirmed_by = NULL WHERE id = '` + lifted + `'`, "lifted_at", lifted},
		"a schedule comes by hand":     {`INSERT INTO schedule VALUES ('public-area', NULL, 'public-area', 1, 1, 1)`, "no log entry", "public-area"},
		"a disposal is hidden":         {`UPDATE disposition SET id = 'dsp_` + a26 + `' WHERE purged_at IS NULL`, "no log entry", "dsp_" + a26},
		"a key comes back":             {`INSERT INTO segment_key SELECT '` + gone + `', key_id, wrapped FROM segment_key LIMIT 1`, "has a key again", gone},
		"an object is said to be gone": {`UPDATE disposed_segment SET purged_at = 5 WHERE segment_id = '` + gone + `'`, "is in the store again", gone},
	} {
		t.Run(name, func(t *testing.T) {
			x := tampered(t, s, func(raw *dbtest.Raw) { raw.Do(c.do) })
			x.open(false)
			defer x.close()
			wantSays(t, x.check(check.Options{Quick: true}), c.what, c.named)
		})
	}
}

func wantSays(t *testing.T, r *check.Report, what, named string) {
	t.Helper()
	for _, f := range r.Findings {
		if strings.Contains(f.What, what) && strings.Contains(f.ID, named) {
			return
		}
	}
	t.Errorf("nothing says %q of %s: %+v", what, named, r.Findings)
}

// TestDisposalUnderAHoldIsNamed is a program with all rights on the database that writes an honest log: the log itself convicts it.
func TestDisposalUnderAHoldIsNamed(t *testing.T) {
	s := recorded(t)
	s.open(true)
	defer s.close()
	h := s.staffed()
	h.clerk, h.director = identity.System(), identity.System()
	var row media.SegmentRow
	for r, err := range s.db.Segments(t.Context(), s.streams[len(s.streams)-1], custody.Span{Start: 1, End: s.clock.Now()}) {
		s.must(err)
		row = r
	}
	whole := custody.Hold{ID: custody.NewHoldID(), Span: row.Span, Reason: "a fall", By: "system", Placed: s.clock.Now(), Review: s.clock.Now()}
	s.must(s.db.Append(t.Context(), must(whole.PlacedEvent()))) // and no row that would keep it
	d := h.dispose(row)
	wantSays(t, s.check(check.Options{Quick: true}), "that hold "+string(whole.ID)+" covers", string(d))
	one := whole
	one.ID = custody.NewHoldID()
	s.must(s.db.PlaceHold(t.Context(), one, must(one.PlacedEvent())))
	ended := retention.Held{Hold: one, Version: 1, Lifted: s.clock.Now()}
	must(s.db.ChangeHold(t.Context(), ended, h.said(custody.EventHoldLifted, "system", "", string(one.ID), retention.ChangedDetail(ended))))
	wantSays(t, s.check(check.Options{Quick: true}), "neither by two people nor by its lapse", string(one.ID))
}
