package request_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestNothingHappensWithoutADecision asks every act with the zero Grant, and every list with the zero Scope; whoever went on to the store, which
// is absent, would panic.
func TestNothingHappensWithoutADecision(t *testing.T) {
	k, ctx := request.New(request.Parts{Clock: accesstest.New(tuesday)}), t.Context()
	var g access.Grant
	var s access.Scope
	for name, act := range map[string]func() error{
		"Log":            func() error { _, err := k.Log(ctx, g, request.In{}); return err },
		"Correct":        func() error { _, err := k.Correct(ctx, g, "", request.Correction{}); return err },
		"CallBack":       func() error { _, err := k.CallBack(ctx, g, "", "", true, ""); return err },
		"Clarify":        func() error { _, err := k.Clarify(ctx, g, "", ""); return err },
		"Misdirect":      func() error { _, err := k.Misdirect(ctx, g, "", ""); return err },
		"Resume":         func() error { _, err := k.Resume(ctx, g, "", ""); return err },
		"Note":           func() error { return k.Note(ctx, g, "", "") },
		"Attach":         func() error { _, err := k.Attach(ctx, g, "", "", nil); return err },
		"ReadAttachment": func() error { _, _, err := k.ReadAttachment(ctx, g, "", ""); return err },
		"AddItem":        func() error { _, _, _, err := k.AddItem(ctx, g, "", "", custody.Span{}); return err },
		"Rescope":        func() error { _, _, _, err := k.Rescope(ctx, g, "", "", custody.Span{}); return err },
		"WithdrawItem":   func() error { _, err := k.WithdrawItem(ctx, g, "", ""); return err },
		"Propose":        func() error { _, err := k.Propose(ctx, g, "", grant); return err },
		"Decide":         func() error { _, err := k.Decide(ctx, g, "", grant); return err },
		"Close":          func() error { _, err := k.Close(ctx, g, "", "", "w"); return err },
		"Reopen":         func() error { _, err := k.Reopen(ctx, g, "", "w"); return err },
		"PutAgency":      func() error { _, err := k.PutAgency(ctx, g, request.Agency{}); return err },
		"List":           func() error { _, err := k.List(ctx, s, request.Filter{}); return err },
		"ByID":           func() error { _, err := k.ByID(ctx, s, ""); return err },
		"ByItem":         func() error { _, err := k.ByItem(ctx, s, ""); return err },
		"ByNumber":       func() error { _, err := k.ByNumber(ctx, s, "REQ-2026-0001"); return err },
		"Look":           func() error { _, err := k.Look(ctx, s, ""); return err },
		"Acknowledge":    func() error { _, err := k.Acknowledge(ctx, s, ""); return err },
		"Rulings":        func() error { _, err := k.Rulings(ctx, s, ""); return err },
		"CallBacks":      func() error { _, err := k.CallBacks(ctx, s, ""); return err },
		"Notes":          func() error { _, err := k.Notes(ctx, s, ""); return err },
		"Attachments":    func() error { _, err := k.Attachments(ctx, s, ""); return err },
		"Agencies":       func() error { _, err := k.Agencies(ctx, s); return err },
	} {
		if err := act(); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s without a decision: %v", name, err)
		}
	}
}

// TestADecisionAboutOneThingChangesNoOther: the Grant's subject, action and version are what is changed.
func TestADecisionAboutOneThingChangesNoOther(t *testing.T) {
	l := newLibrary(t)
	r, other := l.police(theft), l.police(theft)
	it, theirs := l.add(r.ID, l.hall, theft), l.add(other.ID, l.hall, theft)
	_, err := l.desk.Propose(t.Context(), l.may(l.clerk, access.RequestPrepare, string(it.ID)), theirs.ID, deny)
	l.wants(err, custody.Denied, "about something else")
	_, err = l.desk.Propose(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), it.ID, deny)
	l.wants(err, custody.Denied, "about something else")
	_, err = l.desk.Decide(t.Context(), l.may(l.director, access.RequestPrepare, string(it.ID)), it.ID, deny)
	l.wants(err, custody.Denied, "no decision that allows")
	before := l.file(r.ID).Version
	l.must(l.propose(l.clerk, it.ID, deny))
	_, err = l.desk.Decide(t.Context(), l.may(l.director, access.RequestDecide, string(it.ID), before), it.ID, deny)
	l.wants(err, custody.Conflict, "changed meanwhile")
	_, err = l.desk.Decide(t.Context(), l.may(l.director, access.RequestDecide, string(it.ID), before+1), it.ID, deny)
	l.must(err)
	_, err = l.desk.DecideAll(t.Context(), request.Deciding{Grant: l.may(l.director, access.RequestDecide, string(it.ID)), Item: it.ID, Ruling: deny},
		request.Deciding{Grant: l.may(l.clerk, access.RequestPrepare, string(theirs.ID)), Item: theirs.ID, Ruling: deny})
	l.wants(err, custody.Denied, "")
}

// TestTheRoomRefusesWhatAJudgeOverlooks: were the judge told wrong about who proposed and who is concerned, the room still knows.
func TestTheRoomRefusesWhatAJudgeOverlooks(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "x", Concerned: []custody.StaffID{l.deputy.Staff()}})
	it := l.add(r.ID, l.hall, theft)
	l.must(l.propose(l.director, it.ID, grant))
	now := l.site.Now()
	for _, who := range []access.Actor{l.director, l.deputy} {
		l.site.PutRole(identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: who.Staff(), Role: identity.Custodian, From: tuesday, At: tuesday, By: "operator"})
		l.site.ChangeSession(who, func(s *identity.Session) { s.Fresh = now })
	}
	l.site.PutMatter(string(it.ID), access.MatterFacts{Open: true, Stage: access.Proposed, Proposer: l.clerk.Staff()})
	misled := l.site.Judge()
	for who, says := range map[access.Actor]string{l.director: "you proposed this yourself", l.deputy: "your own"} {
		g, err := misled.Decide(t.Context(), who, access.Ask{Action: access.RequestDecide, Subject: string(it.ID)})
		l.must(err)
		_, err = l.desk.Decide(t.Context(), g, it.ID, grant)
		l.wants(err, custody.Denied, says)
	}
}

// TestAChangeOfScopeVoids: what was proposed and decided is gone from the item and stays in the history; what the new scope adds is held.
func TestAChangeOfScopeVoids(t *testing.T) {
	l := newLibrary(t)
	f, it := l.granted(theft)
	wider := custody.Span{Start: theft.Start.Add(-2 * time.Hour), End: theft.End}
	f, it, _, err := l.desk.Rescope(t.Context(), l.may(l.clerk, access.RequestPrepare, string(it.ID)), it.ID, l.yard, wider)
	l.must(err)
	if it.Stage != access.Scoped || it.Decision != (request.Decision{}) || it.Proposal != (request.Proposal{}) || f.Ruling != 2 || f.State != request.Scoped {
		t.Errorf("%+v in %+v", it, f.Request)
	}
	l.wants(l.decide(l.director, it.ID, grant), custody.Denied, "nothing is proposed")
	holds, err := l.db.HoldsOf(t.Context(), f.ID)
	if err != nil || len(holds) != 2 || holds[0].Span.Start != wider.Start.Add(-30*time.Minute) {
		t.Errorf("what is held: %+v %v", holds, err)
	}
	_, _, _, err = l.desk.Rescope(t.Context(), l.may(l.clerk, access.RequestPrepare, string(it.ID)), it.ID, l.yard, wider)
	l.wants(err, custody.Invalid, "already")
	if _, err := l.desk.WithdrawItem(t.Context(), l.may(l.clerk, access.RequestPrepare, string(it.ID)), it.ID, "they found it"); err != nil {
		t.Error(err)
	}
	l.state(f.ID, request.Decided)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Conflict, "ended")
	if holds, err := l.db.HoldsOf(t.Context(), f.ID); err != nil || len(holds) != 2 {
		t.Errorf("a withdrawal lets nothing go: %+v %v", holds, err)
	}
}

// TestAskingBackAndSendingElsewhere: the clocks run on, the hold stays, and work waits until it is resumed.
func TestAskingBackAndSendingElsewhere(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	prepare := func() access.Grant { return l.may(l.clerk, access.RequestPrepare, string(r.ID)) }
	f, err := l.desk.Clarify(t.Context(), prepare(), r.ID, "which of the two bicycles?")
	l.must(err)
	if f.State != request.Clarify || f.Due != r.Due {
		t.Errorf("%+v", f.Request)
	}
	_, _, _, err = l.desk.AddItem(t.Context(), prepare(), r.ID, l.yard, theft)
	l.wants(err, custody.Conflict, "resume")
	_, err = l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, request.Abandoned, "no answer")
	l.wants(err, custody.Conflict, "withdrawn")
	_, err = l.desk.Resume(t.Context(), prepare(), r.ID, "the red one")
	l.must(err)
	_, err = l.desk.Misdirect(t.Context(), prepare(), r.ID, "the street belongs to the city")
	l.must(err)
	f, err = l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, request.Elsewhere, "sent on to the city clerk")
	if err != nil || f.Closing != request.Elsewhere {
		t.Errorf("%+v %v", f, err)
	}
	_, err = l.ask(l.clerk, access.RequestPrepare, string(r.ID))
	l.wants(err, custody.Denied, "closed")
	f, err = l.desk.Reopen(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, "it is ours after all")
	if err != nil || f.State != request.Received || f.Closing != "" || f.Ended != 0 {
		t.Errorf("%+v %v", f, err)
	}
	notes, err := l.desk.Notes(t.Context(), l.scope(l.clerk), r.ID)
	if err != nil || len(notes) != 4 || notes[0].Text != "which of the two bicycles?" {
		t.Errorf("%+v %v", notes, err)
	}
}

// TestClocksShowTheirArithmetic: received on Tuesday 3 November 2026, ten business days end on the 18th and twenty days on the 23rd (LAW.md).
func TestClocksShowTheirArithmetic(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "the steps", Received: tuesday})
	ack, err := l.desk.Acknowledge(t.Context(), l.scope(l.clerk), r.ID)
	l.must(err)
	days := map[string]string{}
	for _, c := range ack.Clocks {
		days[c.Name] = c.Day
		for _, a := range c.Alerts {
			days[c.Name] += fmt.Sprintf(" %s %s", a.Tell, a.Day)
			if a.At != instant(a.Day+"T00:00:00-06:00") {
				t.Errorf("an alert of %s is due at %s", a.Day, a.At)
			}
		}
	}
	want := map[string]string{"acknowledge": "2026-11-05", "decide": "2026-11-18 preparer 2026-11-10 custodian 2026-11-16 board 2026-11-18",
		"outer-limit": "2026-11-23 preparer 2026-11-18 custodian 2026-11-21 board 2026-11-23"}
	for name, w := range want {
		if days[name] != w {
			t.Errorf("%s: %s, want %s", name, days[name], w)
		}
	}
	decide := ack.Clocks[1]
	if i := slices.IndexFunc(decide.Steps, func(s request.DayStep) bool { return s.Day == "2026-11-11" }); i < 0 || decide.Steps[i].Why != "Veterans Day" || decide.Steps[i].Counted != 0 {
		t.Errorf("the arithmetic: %+v", decide.Steps)
	}
	if decide.At != instant("2026-11-19T00:00:00-06:00") || r.Due != decide.At || decide.Overdue(decide.At-1) || !decide.Overdue(decide.At) || ack.Clocks[0].Met != r.Logged {
		t.Errorf("%+v", decide)
	}
	if !ack.Guessed || len(ack.Held) != 1 || len(ack.Remedies) == 0 || ack.PickUp != r.PickUp {
		t.Errorf("%+v", ack)
	}
	police := l.police(theft)
	if c := l.desk.Clocks(police.Request, nil); len(c) != 2 || c[1].Day != "2026-11-05" {
		t.Errorf("the police: %+v", c)
	}
	f, _ := l.granted(theft)
	if c := l.desk.Clocks(f.Request, f.Items); c[1].Met == 0 || c[1].Met != f.Items[0].Decision.At {
		t.Errorf("decided: %+v", c[1])
	}
}

// TestListsAreByTheDayDue, closed ones last.
func TestListsAreByTheDayDue(t *testing.T) {
	l := newLibrary(t)
	late := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "a"})
	gone := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "b"})
	soon := l.police(theft)
	_, err := l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(gone.ID)), gone.ID, request.Withdrawn, "found it")
	l.must(err)
	for _, c := range []struct {
		filter request.Filter
		want   []custody.RequestID
	}{
		{request.Filter{}, []custody.RequestID{soon.ID, late.ID, gone.ID}},
		{request.Filter{Open: true}, []custody.RequestID{soon.ID, late.ID}},
		{request.Filter{State: request.Closed}, []custody.RequestID{gone.ID}},
		{request.Filter{Limit: 1}, []custody.RequestID{soon.ID}},
	} {
		got, err := l.desk.List(t.Context(), l.scope(l.clerk), c.filter)
		var ids []custody.RequestID
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		if err != nil || !slices.Equal(ids, c.want) {
			t.Errorf("%+v: %v, want %v (%v)", c.filter, ids, c.want, err)
		}
	}
	if _, err := l.desk.List(t.Context(), l.scope(l.clerk), request.Filter{Limit: 501}); custody.KindOf(err) != custody.Invalid {
		t.Errorf("501: %v", err)
	}
	if f, err := l.desk.ByNumber(t.Context(), l.scope(l.clerk), soon.Number); err != nil || f.ID != soon.ID {
		t.Errorf("%+v %v", f, err)
	}
}

// TestHostileWords: what people and programs may write, and may not.
func TestHostileWords(t *testing.T) {
	l := newLibrary(t)
	g := l.may(l.clerk, access.RequestLog, "")
	good := request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "日本語, emoji 🎥, right-to-left \u202e, quotes '\"; DROP TABLE request;--\n\ttabs"}
	r, err := l.desk.Log(t.Context(), g, good)
	if err != nil || l.file(r.ID).Text != good.Text {
		t.Errorf("words changed: %q %v", l.file(r.ID).Text, err)
	}
	for name, alter := range map[string]func(*request.In){
		"no words":             func(in *request.In) { in.Text = " \n" },
		"too many":             func(in *request.In) { in.Text = strings.Repeat("x", 20001) },
		"a NUL":                func(in *request.In) { in.Text = "a\x00b" },
		"an escape":            func(in *request.In) { in.Text = "\x1b[2J" },
		"no text":              func(in *request.In) { in.Text = "\xff\xfe" },
		"no kind":              func(in *request.In) { in.Kind = "subpoena" },
		"no channel":           func(in *request.In) { in.Channel = "" },
		"a name of two lines":  func(in *request.In) { in.Requester.Name = "a\nb" },
		"a long name":          func(in *request.In) { in.Requester.Name = strings.Repeat("x", 201) },
		"an officer":           func(in *request.In) { in.Officer.Name = "x" },
		"no such camera's id":  func(in *request.In) { in.Asked.Cameras = []custody.CameraID{"cam_x"} },
		"a camera twice":       func(in *request.In) { in.Asked.Cameras = []custody.CameraID{l.yard, l.yard} },
		"backwards":            func(in *request.In) { in.Asked.Span = custody.Span{Start: 9, End: 8} },
		"ten years":            func(in *request.In) { in.Asked.Span = custody.Span{Start: 1, End: tuesday} },
		"two years ahead":      func(in *request.In) { in.Asked.Span = span(tuesday.Add(2*366*24*time.Hour), 5) },
		"the end of time":      func(in *request.In) { in.Asked.Span = custody.Span{Start: 1<<62 - 1, End: 1<<63 - 1} },
		"before time began":    func(in *request.In) { in.Asked.Span = custody.Span{Start: -1 << 63, End: 5} },
		"concerned by no id":   func(in *request.In) { in.Concerned = []custody.StaffID{"boss"} },
		"read back, not oral":  func(in *request.In) { in.ReadBack = true },
		"received before time": func(in *request.In) { in.Received = -1 << 63 },
	} {
		in := good
		alter(&in)
		if _, err := l.desk.Log(t.Context(), g, in); custody.KindOf(err) != custody.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := good
	in.Asked.Cameras = []custody.CameraID{custody.NewCameraID()}
	_, err = l.desk.Log(t.Context(), g, in)
	l.wants(err, custody.NotFound, "camera")
	in = good
	in.Concerned = []custody.StaffID{custody.NewStaffID()}
	_, err = l.desk.Log(t.Context(), g, in)
	l.wants(err, custody.NotFound, "")
}

// TestPapersAreInert: their bytes come back as they were, their names do no harm, and another request's paper is none of this one's.
func TestPapersAreInert(t *testing.T) {
	l := newLibrary(t)
	r, other := l.police(theft), l.police(theft)
	content := []byte("<script>alert(1)</script>\x00\xff")
	a, err := l.desk.Attach(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, "../../etc/\x1b[2Jpass<wd>\u202e.pdf", content)
	l.must(err)
	if a.Name != "[2Jpasswd.pdf" {
		t.Errorf("its name is %q", a.Name)
	}
	got, b, err := l.desk.ReadAttachment(t.Context(), l.may(l.clerk, access.RequestView, string(r.ID)), r.ID, a.ID)
	if err != nil || got != a || string(b) != string(content) {
		t.Errorf("%+v %q %v", got, b, err)
	}
	_, _, err = l.desk.ReadAttachment(t.Context(), l.may(l.clerk, access.RequestView, string(other.ID)), other.ID, a.ID)
	l.wants(err, custody.NotFound, "no such attachment")
	for _, n := range []int{0, 10<<20 + 1} {
		_, err = l.desk.Attach(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, "x", make([]byte, n))
		l.wants(err, custody.Invalid, "10 MiB")
	}
}

// TestTheDirectory: numbers are the site's own, entries are changed and taken off, and none is called that is not offered.
func TestTheDirectory(t *testing.T) {
	l := newLibrary(t)
	id := l.agency()
	put := func(a request.Agency) (request.Agency, error) {
		return l.desk.PutAgency(t.Context(), l.may(l.director, access.AgencyManage, string(a.ID)), a)
	}
	for _, bad := range []request.Agency{{Name: "PD", Phone: "call me", Source: "x"}, {Name: "PD", Phone: "+1 641", Source: ""}, {Name: "", Phone: "555 0100", Source: "x"}, {Name: "PD", Phone: "+-()", Source: "x"}} {
		_, err := put(bad)
		l.wants(err, custody.Invalid, "")
	}
	_, err := put(request.Agency{Name: " springfield  pd", Phone: "555 0102", Source: "a card"})
	l.wants(err, custody.Exists, "has an entry")
	_, err = put(request.Agency{ID: id, Name: "Springfield PD", Phone: "555 0103", Source: "a letter", Version: 9})
	l.wants(err, custody.Conflict, "")
	a, err := put(request.Agency{ID: id, Name: "Springfield PD", Phone: "555 0103", Source: "a letter", Version: 1, Removed: true})
	if err != nil || a.Version != 2 {
		t.Errorf("%+v %v", a, err)
	}
	r := l.police(theft)
	_, err = l.desk.CallBack(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, id, true, "x")
	l.wants(err, custody.NotFound, "no such entry")
}

// TestLawEnforcementNeedsItsFacts before anything is granted, and no more than four hours of a camera.
func TestLawEnforcementNeedsItsFacts(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.LawEnforcement, Channel: request.Telephone, Text: "the yard, now"})
	it := l.add(r.ID, l.yard, custody.Span{Start: theft.Start.Add(-6 * time.Hour), End: theft.Start})
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "the agency, the officer's name, the badge, the agency's case number, the offence, that it happened at the library")
	l.calledBack(r.ID, true) // the directory's entry says which agency it is
	whole := request.Officer{Agency: "Springfield PD", Name: "N", Badge: "7", Case: "1", Offence: "theft"}
	_, err := l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, request.Correction{Officer: &whole})
	l.must(err)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "needs: that it happened at the library")
	whole.AtSite = true
	_, err = l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, request.Correction{Officer: &whole})
	l.must(err)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "has not been reached") // the officer was named after the call
	all, err := l.desk.Agencies(t.Context(), l.scope(l.clerk))
	l.must(err)
	_, err = l.desk.CallBack(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, all[0].ID, true, "N")
	l.must(err)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "at most 4 hours")
}

// TestFiftyAtOnceHaveOneOutcome: they decide, rescope, withdraw and close the same thing; one act leads from each state to the next.
func TestFiftyAtOnceHaveOneOutcome(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "x"})
	it := l.add(r.ID, l.hall, theft)
	l.must(l.propose(l.clerk, it.ID, grant))
	version := l.file(r.ID).Version
	decide, prepare := l.may(l.director, access.RequestDecide, string(it.ID), version), l.may(l.clerk, access.RequestPrepare, string(it.ID), version)
	end := l.may(l.director, access.RequestClose, string(r.ID), version)
	var won atomic.Int32
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			var err error
			switch i % 4 {
			case 0:
				_, err = l.desk.Decide(t.Context(), decide, it.ID, grant)
			case 1:
				_, _, _, err = l.desk.Rescope(t.Context(), prepare, it.ID, l.yard, theft)
			case 2:
				_, err = l.desk.WithdrawItem(t.Context(), prepare, it.ID, "w")
			case 3:
				_, err = l.desk.Close(t.Context(), end, r.ID, request.Withdrawn, "w")
			}
			switch custody.KindOf(err) {
			case custody.Conflict, custody.Denied: // somebody was faster, or the judge saw it first
			default:
				if err != nil {
					t.Error(err)
				}
				won.Add(1)
			}
		})
	}
	group.Wait()
	if f := l.file(r.ID); won.Load() != 1 || f.Version != version+1 {
		t.Errorf("%d had their way, version %d after %d", won.Load(), f.Version, version)
	}
}
