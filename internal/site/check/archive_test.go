package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// earlier is the house's clock three years ago.
type earlier struct{ h *house }

func (e earlier) Now() custody.Instant { return e.h.clock.Now().Add(-3 * 366 * 24 * time.Hour) }

func (e earlier) Reading() custody.ClockReading { return custody.ClockReading{Now: e.Now()} }

// AfterYears implements request.Years.
func (plenty) AfterYears(from custody.Instant, n int) custody.Instant {
	return from.Add(time.Duration(n) * 366 * 24 * time.Hour)
}

// buried is a request of three years ago with words of every kind, whose file was disposed of.
func (h *house) buried(cam custody.CameraID, agency custody.AgencyID) {
	h.t.Helper()
	ctx := h.t.Context()
	desk := request.New(request.Parts{Store: h.db, Footage: plenty{h}, Calendar: plenty{h}, Clock: earlier{h}})
	now := earlier{h}.Now()
	span := custody.Span{Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour)}
	r := must(desk.Log(ctx, h.may(h.clerk, access.Ask{Action: access.RequestLog}), request.In{Kind: access.LawEnforcement, Channel: request.InPerson,
		Text: "a purse", Officer: request.Officer{Agency: "Springfield PD", Name: "L. Lou", Badge: "9", Case: "23-1", Offence: "theft", AtSite: true},
		Asked: request.Asked{Cameras: []custody.CameraID{cam}, Span: span}}))
	id := string(r.ID)
	prepare := func() access.Grant { return h.may(h.clerk, access.Ask{Action: access.RequestPrepare, Subject: id}) }
	must(desk.CallBack(ctx, prepare(), r.ID, agency, true, "the desk sergeant"))
	h.must(desk.Note(ctx, prepare(), r.ID, "he had been drinking"))
	must(desk.Attach(ctx, prepare(), r.ID, "lou.pdf", []byte("%PDF-2")))
	_, it, _, err := desk.AddItem(ctx, prepare(), r.ID, cam, span)
	h.must(err)
	in := request.Ruling{Outcome: access.Refused, Citation: "22.7(50)", Reason: "shows the safe"}
	must(desk.Propose(ctx, h.may(h.clerk, access.Ask{Action: access.RequestPrepare, Subject: string(it.ID)}), it.ID, in))
	for range 2 {
		must(desk.Decide(ctx, h.may(h.director, access.Ask{Action: access.RequestDecide, Subject: string(it.ID)}), it.ID, in))
	}
	must(desk.Close(ctx, h.may(h.director, access.Ask{Action: access.RequestClose, Subject: id}), r.ID, "", "told him so"))
	keeper := retention.New(retention.Parts{Store: h.db, Clock: h.clock})
	for _, held := range must(h.db.HoldsOf(ctx, r.ID)) {
		must(keeper.ProposeLift(ctx, h.may(h.director, access.Ask{Action: access.HoldLift, Subject: string(held.ID)}), held.ID, "long ago"))
		must(keeper.Confirm(ctx, h.may(h.clerk, access.Ask{Action: access.HoldConfirm, Subject: string(held.ID)}), held.ID))
	}
	archive := request.NewArchive(request.ArchiveParts{Store: h.db, Calendar: plenty{h}, Clock: h.clock, Years: 1, Backups: time.Hour})
	must(archive.Propose(ctx, h.may(h.director, access.Ask{Action: access.RequestDispose, Subject: id}), r.ID, "its time is over"))
	must(archive.Confirm(ctx, h.may(h.clerk, access.Ask{Action: access.RequestDisposeConfirm, Subject: id}), r.ID))
}

func archiveVictims(raw *dbtest.Raw) map[string]row {
	id := raw.Text(`SELECT request_id FROM request_disposal`)
	return map[string]row{"request_disposal": {"request_id = '" + id + "'", []string{id}}}
}

func archiveEdits() map[string]string {
	another := `(SELECT id FROM staff s WHERE s.login = 'newcomer')`
	return map[string]string{
		"request_disposal.request_id": `(SELECT id FROM request WHERE number = 'REQ-2026-0002')`, "request_disposal.proposed_by": another,
		"request_disposal.proposed_at": "proposed_at - 1", "request_disposal.why": "'because'", "request_disposal.confirmed_by": another,
		"request_disposal.disposed_at": "disposed_at + 1", "request_disposal.authority": "'my own'", "request_disposal.file_sha256": "zeroblob(32)",
		"request_disposal.final_at": "final_at - 1",
	}
}

func archiveHarmless() map[string]string {
	return map[string]string{"disposed_package": "see TestWhoEmptiesAPackageOrAHandOverByHandIsNamed; when its bytes were removed the store itself says"}
}

// TestWhoEmptiesWordsByHandIsNamed: words that are gone without a disposal, words that are left under one, and disposals that two people did
// not make.
func TestWhoEmptiesWordsByHandIsNamed(t *testing.T) {
	s := recorded(t)
	raw := dbtest.OpenRaw(t, s.copied(t).config())
	gone := raw.Text(`SELECT request_id FROM request_disposal`)
	kept := raw.Text(`SELECT id FROM request WHERE number = 'REQ-2026-0001'`)
	raw.Close()
	cases := map[string]struct{ do, what, about string }{
		"words of a request that stands": {`UPDATE request SET text = '(disposed of)', offence = '' WHERE id = '` + kept + `'`, "words_sha256", kept},
		"a note that stands":             {`UPDATE request_note SET text = '(disposed of)' WHERE request_id = '` + kept + `'`, "text", kept},
		"bytes of a paper that stands":   {`DELETE FROM request_attachment_part`, "its bytes", "att_"},
		"a disposal by hand": {`INSERT INTO request_disposal SELECT '` + kept + `', proposed_by, proposed_at, why, confirmed_by, disposed_at, authority,
			file_sha256, final_at FROM request_disposal`, "no log entry", kept},
		"a disposal taken away": {`DELETE FROM request_disposal`, "its row is gone", gone},
		"a reason":              {`UPDATE request_item SET proposed_reason = 'x' WHERE request_id = '` + gone + `'`, "words are left in: proposed_reason", "itm_"},
		"a decision": {`UPDATE request_decision SET reason = 'x' WHERE item_id IN (SELECT id FROM request_item WHERE request_id = '` + gone + `')`,
			"words are left in: reason", "itm_"},
		"who was spoken to": {`UPDATE call_back SET spoke = 'x' WHERE request_id = '` + gone + `'`, "words are left in: spoke", gone},
		"a note":            {`UPDATE request_note SET text = 'x' WHERE request_id = '` + gone + `'`, "words are left in: text", gone},
		"a paper's name":    {`UPDATE request_attachment SET name = 'x' WHERE request_id = '` + gone + `'`, "words are left in: name", "att_"},
		"a paper's bytes": {`INSERT INTO request_attachment_part SELECT id, 0, x'2550' FROM request_attachment WHERE request_id = '` + gone + `'`,
			"words are left in: request_attachment_part", "att_"},
	}
	for _, column := range []string{"late", "text", "requester", "contact", "agency", "officer", "badge", "case_number", "offence", "pick_up", "why"} {
		cases["the column "+column] = struct{ do, what, about string }{`UPDATE request SET ` + column + ` = 'x' WHERE id = '` + gone + `'`, "words are left in: " + column, gone}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c2 := tampered(t, s, func(raw *dbtest.Raw) {
				if raw.Do(c.do) == 0 {
					t.Fatal("nothing was changed")
				}
			})
			c2.open(false)
			defer c2.close()
			wantFinding(t, c2.check(check.Options{}), c.what, []string{c.about})
		})
	}
}

// TestWhatTheLogTellsOfDisposalsMustBeLawful writes entries as a program could that does not keep to the rules.
func TestWhatTheLogTellsOfDisposalsMustBeLawful(t *testing.T) {
	base := recorded(t)
	base.open(false)
	var closed, gone request.Request
	for r, err := range base.db.AllRequests(t.Context()) {
		base.must(err)
		switch {
		case r.Disposed != 0:
			gone = r
		case r.State == request.Closed:
			closed = r
		}
	}
	staff := must(base.db.AllStaff(t.Context()))
	now := base.clock.Now()
	base.close()
	ann, bob := staff[0].ID, staff[1].ID
	entry := func(r request.Request, alter func(*request.Entry, *request.FileDisposal)) request.Entry {
		r.Version++
		d := request.FileDisposal{Request: r.ID, By: ann, Proposed: now - 1, Confirmed: bob, At: now, Authority: "a schedule", Final: now}
		e := request.Entry{Act: request.ActDispose, From: r.State}
		alter(&e, &d)
		e.Request, e.Disposal = request.ImageOf(r.Blank(now)), request.ImageOfFileDisposal(d)
		return e
	}
	none := func(*request.Entry, *request.FileDisposal) {}
	for name, c := range map[string]struct {
		actor           custody.StaffID
		subject         request.Request
		detail          request.Entry
		invariant, what string
	}{
		"nobody proposed it":   {bob, closed, entry(closed, none), "A3", "no entry before proposes it"},
		"by one person":        {ann, closed, entry(closed, func(_ *request.Entry, d *request.FileDisposal) { d.Confirmed = ann }), "A3", ""},
		"in another's name":    {ann, closed, entry(closed, none), "A3", "in the name of another"},
		"too early":            {bob, closed, entry(closed, none), "A4", "less than 90 days"},
		"while it is held":     {bob, closed, entry(closed, none), "A4", "while hold"},
		"after it was done":    {bob, gone, entry(gone, none), "A4", "after its file was disposed of"},
		"without saying which": {bob, closed, request.Entry{Act: request.ActDispose, From: request.Closed, Request: request.ImageOf(closed)}, "I5", "does not say which"},
	} {
		t.Run(name, func(t *testing.T) {
			s := base.copied(t)
			s.open(false)
			defer s.close()
			s.must(s.db.Append(t.Context(), must(custody.NewEvent(custody.EventRequestDisposed, now, string(c.actor), "", string(c.subject.ID), c.detail))))
			r := s.check(check.Options{Quick: true})
			if !slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Invariant == c.invariant && strings.Contains(f.What, c.what) }) {
				t.Errorf("nothing of %s says %q: %+v", c.invariant, c.what, r.Findings)
			}
		})
	}
}

// TestWhoEmptiesAPackageOrAHandOverByHandIsNamed: hand-overs and packages of a file that was disposed of say what the log says without the
// words; those of others say all of it.
func TestWhoEmptiesAPackageOrAHandOverByHandIsNamed(t *testing.T) {
	s, first := handedOver(t)
	s.open(false)
	k := &dbtest.Desk{Clerk: first.By, Director: must(s.db.AllStaff(t.Context()))[0].ID}
	if k.Director == k.Clerk {
		k.Director = must(s.db.AllStaff(t.Context()))[1].ID
	}
	open, _, err := s.db.RequestByID(t.Context(), first.Request)
	s.must(err)
	open.State, open.Ended, open.Closing = request.Closed, s.clock.Now(), request.Released
	must(s.db.Change(t.Context(), request.Changing{Request: open}, dbtest.Event(t, custody.EventRequestClosed, string(open.ID))))
	var proposal request.FileDisposal
	must(s.db.ProposeDisposal(t.Context(), first.Request, func(g request.Aged) (request.FileDisposal, []custody.Event, error) {
		proposal = request.FileDisposal{Request: g.ID, By: k.Director, Proposed: s.clock.Now(), Why: "old"}
		ev, err := custody.NewEvent(custody.EventDisposalProposed, proposal.Proposed, string(k.Director), "", string(g.ID),
			request.Entry{Act: request.ActProposeDisposal, From: g.State, Request: request.ImageOf(g.Request), Disposal: request.ImageOfFileDisposal(proposal)})
		return proposal, []custody.Event{ev}, err
	}))
	must(s.db.DisposeFile(t.Context(), first.Request, func(g request.Aged, w request.Words) (request.FileDisposal, []custody.Event, error) {
		d := proposal
		d.Confirmed, d.At, d.Authority, d.Final, d.SHA256 = k.Clerk, s.clock.Now(), "a schedule", s.clock.Now(), w.Digest()
		count := w.Counted()
		ev, err := custody.NewEvent(custody.EventRequestDisposed, d.At, string(k.Clerk), "", string(g.ID), request.Entry{Act: request.ActDispose, From: g.State,
			Request: request.ImageOf(g.Blank(d.At)), Disposal: request.ImageOfFileDisposal(d), Destroyed: &count})
		return d, []custody.Event{ev}, err
	}))
	about := func(r *check.Report) []check.Finding {
		return slices.DeleteFunc(slices.Clone(r.Findings), func(f check.Finding) bool {
			return !slices.Contains([]string{"delivery", "receipt", "recall", "release", "destroyed package", "disposal"}, f.Kind) ||
				f.Kind == "release" && strings.Contains(f.What, "stands in no log entry") // these packages are not told as they are made
		})
	}
	r := s.check(check.Options{Quick: true})
	s.close()
	if found := about(r); len(found) != 0 {
		t.Fatalf("nobody changed anything: %+v", found)
	}
	gone := ` WHERE request_id = '` + string(first.Request) + `'`
	for name, c := range map[string]struct{ do, what string }{
		"a recipient is back":       {`UPDATE delivery SET recipient = 'N. Riviera'` + gone, "words are left in: recipient"},
		"who signed is back":        {`UPDATE delivery SET signed_by = 'N. Riviera' WHERE signed_at IS NOT NULL`, "words are left in: signed_by"},
		"a badge is back":           {`UPDATE delivery SET badge = '7', agency = 'PD'` + gone, "words are left in: agency or badge"},
		"a digest is another":       {`UPDATE delivery SET handed_at = handed_at - 1` + gone, "handed_at"},
		"why it was recalled":       {`UPDATE package SET why = 'x'` + gone, "words are left in: why"},
		"a key is back":             {`INSERT INTO package_key SELECT p.id, k.key_id, k.wrapped, k.object_size, k.object_digest FROM package p, package_key k WHERE p.request_id = '` + string(first.Request) + `' LIMIT 1`, "it has a key again"},
		"a key was not destroyed":   {`DELETE FROM disposed_package`, "its row is gone"},
		"a key was never destroyed": {`INSERT INTO disposed_package SELECT id, request_id, 0, NULL FROM package WHERE state = 'ready'`, "no log entry"},
		"a recipient who stands": {`UPDATE delivery SET recipient = '(disposed of)' WHERE request_id <> '` + string(first.Request) + `'`,
			"recipient"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tampered(t, s, func(raw *dbtest.Raw) {
				if raw.Do(c.do) == 0 {
					t.Fatal("nothing was changed")
				}
			})
			s.open(false)
			defer s.close()
			found := about(s.check(check.Options{Quick: true}))
			if !slices.ContainsFunc(found, func(f check.Finding) bool { return strings.Contains(f.What, c.what) && f.Remedy != "" }) {
				t.Errorf("nothing says %q: %s", c.what, fmt.Sprint(found))
			}
		})
	}
}
