package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// requestVictims are the rows of requests that the tests edit, by table.
func requestVictims(raw *dbtest.Raw) map[string]row {
	out := map[string]row{}
	byID := func(table, column, id string) {
		out[table] = row{fmt.Sprintf("%s = '%s'", column, id), []string{id}}
	}
	police := raw.Text(`SELECT id FROM request WHERE number = 'REQ-2026-0001'`)
	closed := raw.Text(`SELECT id FROM request WHERE state = 'closed' AND text <> '(disposed of)'`)
	concerned := raw.Text(`SELECT request_id FROM request_concerned`)
	item := raw.Text(`SELECT id FROM request_item WHERE place = 2`)
	paper := raw.Text(`SELECT id FROM request_attachment WHERE name <> '(disposed of)'`)
	byID("request", "id", closed)
	byID("request_camera", "request_id", police)
	byID("request_concerned", "request_id", concerned)
	byID("request_item", "id", item)
	out["request_decision"] = row{"number = 1 AND item_id = '" + item + "'", []string{item}}
	byID("call_back", "request_id", police)
	byID("request_note", "request_id", police)
	byID("request_attachment", "id", paper)
	out["request_attachment_part"] = row{"attachment_id = '" + paper + "'", []string{paper, "request_attachment_part"}}
	byID("agency", "id", raw.Text(`SELECT id FROM agency`))
	return out
}

// requestEdits say how each column is changed, as edits does.
func requestEdits() map[string]string {
	id := func(prefix string) string { return "'" + prefix + strings.Repeat("a", 26) + "'" }
	another := `(SELECT id FROM staff s WHERE s.login = 'newcomer')`
	yard := `(SELECT id FROM camera WHERE name = 'Yard')`
	return map[string]string{
		"agency.id": id("agy_"), "agency.name": "'Shelbyville PD'", "agency.phone": "'555 0199'", "agency.source": "'a card'", "agency.removed": "1 - removed", "agency.version": "version + 1",
		"request.id": id("req_"), "request.number": "'REQ-2026-0099'", "request.kind": "'law-enforcement'",
		"request.state": "'received'", "request.since_at": "since_at + 1", "request.channel": "'e-mail'", "request.received_at": "received_at - 1", "request.logged_at": "logged_at + 1",
		"request.logged_by": another, "request.late": "'was ill'", "request.text": "'the other door'", "request.oral": "1 - oral", "request.read_back": "1 - read_back",
		"request.inspect": "1 - inspect", "request.requester": "'Ann'", "request.contact": "'ann@example.org'", "request.agency": "'PD'", "request.officer": "'C. Wiggum'", "request.badge": "'1'",
		"request.case_number": "'2'", "request.offence": "'murder'", "request.at_site": "1 - at_site", "request.asked_start_at": "5", "request.asked_end_at": "9",
		"request.pick_up": "'AAAAAAAA'", "request.due_at": "due_at + 86400000000", "request.ended_at": "ended_at + 1", "request.closing": "'denied'", "request.why": "'lost it'",
		"request.version": "version + 1", "request.ruling": "ruling + 1",
		"request_camera.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_camera.camera_id": yard,
		"request_concerned.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_concerned.staff_id": another,
		"request_item.id": id("itm_"), "request_item.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_item.place": "9", "request_item.camera_id": yard,
		"request_item.start_at": "start_at - 1", "request_item.end_at": "end_at + 1", "request_item.stage": "'ended'", "request_item.proposed_outcome": "'grant'",
		"request_item.proposed_citation": "'22.7(5)'", "request_item.proposed_reason": "'none'", "request_item.proposed_by": another, "request_item.proposed_at": "proposed_at + 1",
		"request_item.out_at":      "5",
		"request_decision.item_id": id("itm_"), "request_decision.number": "7", "request_decision.camera_id": yard, "request_decision.start_at": "start_at - 1",
		"request_decision.end_at": "end_at + 1", "request_decision.proposed_by": another, "request_decision.outcome": "'grant'", "request_decision.citation": "'22.7(5)'",
		"request_decision.reason": "'none'", "request_decision.decided_by": another, "request_decision.decided_at": "decided_at - 1", "request_decision.lapses_at": "lapses_at + 1",
		"request_decision.superseded_at": "superseded_at + 1",
		"call_back.request_id":           `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "call_back.number": "3", "call_back.agency_id": id("agy_"), "call_back.phone": "'555 0199'", "call_back.reached": "1 - reached",
		"call_back.spoke": "'nobody'", "call_back.made_by": another, "call_back.made_at": "made_at + 1",
		"request_note.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_note.number": "3", "request_note.text": "'calm'", "request_note.made_by": another,
		"request_note.made_at":  "made_at + 1",
		"request_attachment.id": id("att_"), "request_attachment.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_attachment.name": "'warrant.pdf'",
		"request_attachment.size": "size + 1", "request_attachment.sha256": "zeroblob(32)", "request_attachment.added_by": another, "request_attachment.added_at": "added_at + 1",
		"request_attachment_part.attachment_id": id("att_"),
	}
}

// requestHarmless lists what may change without a finding, and why.
func requestHarmless() map[string]string {
	return map[string]string{
		"request.call_back":               "see TestWhoMakesADecisionByHandIsNamed; a request that nobody called back about has none to hide",
		"request_attachment_part.content": "a quick check reads no paper; see TestWhoMakesADecisionByHandIsNamed",
		"request.year":                    "a part of the number, which is proved itself",
		"request.place":                   "a part of the number, which is proved itself",
		"request_camera.position":         "one camera was named: nothing stands before or after it",
		"request_attachment_part.part":    "a paper of one part: nothing stands before or after it",
		"request_year":                    "a counter: a number that is given twice the database refuses, and one that is left out is found when it is given",
	}
}

// TestWhoMakesADecisionByHandIsNamed is what somebody would do who can write to the database and not to the log.
func TestWhoMakesADecisionByHandIsNamed(t *testing.T) {
	s := recorded(t)
	raw := dbtest.OpenRaw(t, s.copied(t).config())
	denied := raw.Text(`SELECT id FROM request_item WHERE place = 2`)
	raw.Close()
	a26 := strings.Repeat("a", 26)
	for name, c := range map[string]struct{ do, what, about string }{
		"a denial becomes a grant":   {`UPDATE request_decision SET outcome = 'grant' WHERE superseded_at IS NULL AND item_id = '` + denied + `'`, "decision", denied},
		"a decision stands again":    {`UPDATE request_decision SET superseded_at = 5 WHERE number = 2; UPDATE request_decision SET superseded_at = NULL WHERE number = 1`, "decision", denied},
		"a decision is gone":         {`DELETE FROM request_decision WHERE item_id = '` + denied + `' AND number = 1`, "its row is gone", denied},
		"a request is added":         {`INSERT INTO request SELECT 'req_` + a26 + `', 'REQ-2026-0044', year, 44, kind, state, since_at, channel, received_at, logged_at, logged_by, late, text, oral, read_back, inspect, requester, contact, agency, officer, badge, case_number, offence, at_site, asked_start_at, asked_end_at, NULL, pick_up, due_at, ended_at, closing, why, 1, 0 FROM request WHERE number = 'REQ-2026-0002'`, "no log entry", "req_" + a26},
		"nobody is concerned":        {`DELETE FROM request_concerned`, "concerned", "req_"},
		"an officer was called back": {`UPDATE request SET call_back = NULL WHERE number = 'REQ-2026-0001'`, "called_back", "req_"},
		"a paper is another":         {`UPDATE request_attachment_part SET content = x'2550444e'`, "its bytes", "att_"},
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
			wantFinding(t, c2.check(check.Options{}), c.what, []string{c.about})
		})
	}
}

// TestWhatTheLogTellsOfRequestsMustBeLawful writes entries as a program could that does not keep to the rules.
func TestWhatTheLogTellsOfRequestsMustBeLawful(t *testing.T) {
	base := recorded(t)
	base.open(false)
	var police request.Request
	var granted request.Item
	for r, err := range base.db.AllRequests(t.Context()) {
		base.must(err)
		if r.Number == "REQ-2026-0001" {
			police = r
		}
	}
	for i, err := range base.db.AllItems(t.Context()) {
		base.must(err)
		if i.Place == 1 {
			granted = i
		}
	}
	base.close()
	proposer, decider := granted.Proposal.By, granted.Decision.By
	ruled := func(alter func(*request.Item)) request.Entry {
		it := granted
		it.Decision.At++
		alter(&it)
		r := police
		r.Version, r.Ruling = r.Version+1, r.Ruling+1
		return request.Entry{Act: request.ActDecide, From: r.State, Request: request.ImageOf(r), Items: []request.ItemImage{request.ImageOfItem(it)}}
	}
	image := func(act request.Act, alter func(*request.Request)) request.Entry {
		r := police
		r.Version++
		alter(&r)
		return request.Entry{Act: act, From: police.State, Request: request.ImageOf(r)}
	}
	for name, c := range map[string]struct {
		event           custody.EventType
		actor           custody.StaffID
		subject         custody.RequestID
		detail          request.Entry
		invariant, what string
	}{
		"decided by who proposed": {custody.EventItemDecided, proposer, police.ID, ruled(func(i *request.Item) { i.Decision.By = proposer }), "A3", "who proposed it"},
		"in another's name":       {custody.EventItemDecided, proposer, police.ID, ruled(func(*request.Item) {}), "A3", "in the name of another"},
		"not as proposed": {custody.EventItemDecided, decider, police.ID, ruled(func(i *request.Item) { i.Span.End++ }), "A2",
			"another camera or span"},
		"never proposed": {custody.EventItemDecided, decider, police.ID, ruled(func(i *request.Item) { i.ID = custody.NewItemID() }), "A2", "no entry before proposes"},
		"by the concerned": {custody.EventItemDecided, decider, police.ID, func() request.Entry {
			e := ruled(func(*request.Item) {})
			e.Request.Concerned = []custody.StaffID{decider}
			return e
		}(), "A3", "whom the request concerns"},
		"out without a grant": {custody.EventItemDecided, decider, police.ID, ruled(func(i *request.Item) { i.Out, i.Decision.Outcome = 9, access.Refused }), "A2", "is not granted"},
		"a move of no table": {custody.EventRequestMoved, "system", police.ID, image(request.ActHandOver, func(r *request.Request) { r.State = request.Delivered }), "A2",
			"which the table of states does not have"},
		"a version left out": {custody.EventRequestChanged, proposer, police.ID, image(request.ActCorrect, func(r *request.Request) { r.Version++ }), "I5", "a version is missing"},
		"another channel":    {custody.EventRequestChanged, proposer, police.ID, image(request.ActCorrect, func(r *request.Request) { r.Channel = request.Letter }), "I5", "never changes"},
		"a ruling taken back": {custody.EventRequestChanged, proposer, police.ID, image(request.ActCorrect, func(r *request.Request) { r.Ruling-- }), "A2",
			"went back"},
		"a number left out": {custody.EventRequestLogged, proposer, custody.NewRequestID(), func() request.Entry {
			e := image(request.ActLog, func(r *request.Request) { r.Number, r.Version, r.State = "REQ-2026-0009", 1, request.Received })
			e.From = ""
			return e
		}(), "I5", "does not follow"},
	} {
		t.Run(name, func(t *testing.T) {
			s := base.copied(t)
			s.open(false)
			defer s.close()
			s.must(s.db.Append(t.Context(), must(custody.NewEvent(c.event, s.clock.Now(), string(c.actor), "", string(c.subject), c.detail))))
			r := s.check(check.Options{Quick: true})
			for _, f := range r.Findings {
				if f.Invariant == c.invariant && strings.Contains(f.What, c.what) {
					return
				}
			}
			t.Errorf("nothing of %s says %q: %+v", c.invariant, c.what, r.Findings)
		})
	}
}
