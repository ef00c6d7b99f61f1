package request_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

var (
	grant   = request.Ruling{Outcome: access.Granted}
	deny    = request.Ruling{Outcome: access.Refused, Citation: "Iowa Code 22.7(13)"}
	nothing = request.Ruling{Outcome: access.NoRecord, Citation: "The retention schedule"}
	theft   = span(tuesday.Add(-5*time.Hour), 10)
)

// TestSituation01FootageThatExpiresSoonIsHeldFirst: when Log returns, the hold stands, half an hour around; triage comes later.
func TestSituation01FootageThatExpiresSoonIsHeldFirst(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	holds, err := l.db.HoldsOf(t.Context(), r.ID)
	l.must(err)
	want := custody.Span{Start: theft.Start.Add(-30 * time.Minute), End: theft.End.Add(30 * time.Minute)}
	if len(holds) != 1 || holds[0].Camera != l.yard || holds[0].Span != want || holds[0].By != "system" || holds[0].Review != r.Logged.Add(90*24*time.Hour) || holds[0].Lapses != 0 {
		t.Errorf("held: %+v", holds)
	}
	if r.Number != "REQ-2026-0001" || r.State != request.Received || r.Guessed {
		t.Errorf("logged: %+v", r)
	}
	if got := l.entries(r.ID); !slices.Equal(got, []string{"request.logged by stf", "hold.placed by sys"}) {
		t.Errorf("the diary says %v", got)
	}
	later := l.log(request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "next week's fair", Asked: request.Asked{Cameras: []custody.CameraID{l.hall, l.yard}, Span: span(tuesday.Add(200*time.Hour), 60)}})
	if len(later.Holds) != 2 {
		t.Errorf("what lies ahead is not held: %+v", later.Holds)
	}
}

// TestSituation02WhatIsGoneIsNoRecord: with its tombstone named, and a grant is impossible; what is left around it is held.
func TestSituation02WhatIsGoneIsNoRecord(t *testing.T) {
	l := newLibrary(t)
	gone := request.Disposal{Span: theft, Disposition: custody.NewDispositionID(), At: tuesday.Add(-time.Hour)}
	l.footage[l.yard] = request.Inventory{Class: access.PublicArea, Disposed: []request.Disposal{gone}, Recorded: []custody.Span{{Start: theft.End, End: tuesday}}}
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "my bicycle", Asked: request.Asked{Cameras: []custody.CameraID{l.yard}, Span: theft}})
	it := l.add(r.ID, l.yard, theft)
	look, err := l.desk.Look(t.Context(), l.scope(l.clerk), it.ID)
	l.must(err)
	if len(look.Disposed) != 1 || look.Disposed[0] != gone || len(look.Missing) != 0 || !slices.Equal(look.Possible, []access.Outcome{access.Refused, access.NoRecord}) ||
		!strings.Contains(look.Why[access.Granted], "no-record") {
		t.Errorf("what there is: %+v", look)
	}
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "there is no footage of this time")
	l.must(l.propose(l.clerk, it.ID, nothing))
	l.must(l.decide(l.director, it.ID, nothing))
	f, err := l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, "", "disposed of under the 30-day rule")
	if err != nil || f.Closing != request.NoRecord {
		t.Errorf("closed as %q, %v", f.Closing, err)
	}
	there := l.add(l.police(theft).ID, l.yard, span(theft.End, 5))
	l.wants(l.propose(l.clerk, there.ID, nothing), custody.Denied, "there is a record")
}

// TestSituation03TwoCamerasAreTwoDecisions, each alone, in one act or two.
func TestSituation03TwoCamerasAreTwoDecisions(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Email, Text: "yard and hall"})
	one, two := l.add(r.ID, l.yard, theft), l.add(r.ID, l.hall, theft)
	l.state(r.ID, request.Scoped)
	l.must(l.propose(l.clerk, one.ID, grant))
	l.state(r.ID, request.Scoped)
	l.must(l.propose(l.clerk, two.ID, deny))
	l.state(r.ID, request.Proposed)
	f, err := l.desk.DecideAll(t.Context(), request.Deciding{Grant: l.may(l.director, access.RequestDecide, string(one.ID)), Item: one.ID, Ruling: grant},
		request.Deciding{Grant: l.may(l.director, access.RequestDecide, string(two.ID)), Item: two.ID, Ruling: deny})
	l.must(err)
	if f.State != request.Decided || f.Ruling != 1 || f.Items[0].Decision.Outcome != access.Granted || f.Items[1].Decision.Citation != deny.Citation {
		t.Errorf("%+v", f)
	}
	l.wants(l.decide(l.director, two.ID, request.Ruling{Outcome: access.Refused}), custody.Invalid, "name the law")
	l.wants(l.decide(l.director, two.ID, grant), custody.Invalid, "not what was proposed")
	l.must(l.decide(l.director, two.ID, request.Ruling{Outcome: access.Granted, Reason: "nobody is in it"}))
	if f := l.file(r.ID); f.Ruling != 2 || f.Items[1].Proposal.Outcome != access.Refused {
		t.Errorf("decided anew: %+v", f)
	}
	if all, err := l.desk.Rulings(t.Context(), l.scope(l.clerk), r.ID); err != nil || len(all) != 3 || all[1].Superseded == 0 || all[2].Superseded != 0 {
		t.Errorf("the history: %+v %v", all, err)
	}
}

// TestSituation05WhoAskedDoesNotDecide: the director asked; the deputy decides.
func TestSituation05WhoAskedDoesNotDecide(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.InPerson, Text: "my car was hit", Concerned: []custody.StaffID{l.director.Staff()},
		Asked: request.Asked{Cameras: []custody.CameraID{l.yard}, Span: theft}})
	it := l.add(r.ID, l.yard, theft)
	l.wants(l.propose(l.director, it.ID, grant), custody.Denied, "your own")
	l.must(l.propose(l.clerk, it.ID, grant))
	l.wants(l.decide(l.director, it.ID, grant), custody.Denied, "your own")
	_, err := l.ask(l.director, access.RequestClose, string(r.ID))
	l.wants(err, custody.Denied, "your own")
	l.must(l.decide(l.deputy, it.ID, grant))
}

// TestSituation06TheDirectorIsInThePicture: found while preparing; from then on the deputy acts, and a proposal of the director's cannot be
// decided by the director's hand either.
func TestSituation06TheDirectorIsInThePicture(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, theft)
	l.must(l.propose(l.clerk, it.ID, grant))
	before := l.may(l.director, access.RequestDecide, string(it.ID))
	_, err := l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID,
		request.Correction{Concerned: &[]custody.StaffID{l.director.Staff()}})
	l.wants(err, custody.Invalid, "say why")
	_, err = l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID,
		request.Correction{Concerned: &[]custody.StaffID{l.director.Staff()}, Because: "the director is in the picture"})
	l.must(err)
	l.site.Advance(3 * time.Second)
	_, err = l.desk.Decide(t.Context(), before, it.ID, grant) // a decision from before stands no longer
	l.wants(err, custody.Denied, "your own")
	l.wants(l.decide(l.director, it.ID, grant), custody.Denied, "your own")
	l.must(l.decide(l.deputy, it.ID, grant))
	if f := l.file(r.ID); f.Items[0].Decision.By != l.deputy.Staff() || len(f.Concerned) != 1 {
		t.Errorf("%+v", f)
	}
}

// TestSituation09AGapIsListedWithItsCause, and time of which nothing is known is named as such.
func TestSituation09AGapIsListedWithItsCause(t *testing.T) {
	l := newLibrary(t)
	gap := request.Gap{Span: span(theft.Start.Add(2*time.Minute), 1), Cause: "camera-unreachable"}
	l.footage[l.yard] = request.Inventory{Class: access.PublicArea, Gaps: []request.Gap{gap},
		Recorded: []custody.Span{{Start: theft.Start, End: gap.Span.Start}, {Start: gap.Span.End, End: theft.End.Add(-time.Minute)}}}
	it := l.add(l.police(theft).ID, l.yard, theft)
	look, err := l.desk.Look(t.Context(), l.scope(l.clerk), it.ID)
	l.must(err)
	if len(look.Gaps) != 1 || look.Gaps[0] != gap || len(look.Missing) != 1 || look.Missing[0] != span(theft.End.Add(-time.Minute), 1) {
		t.Errorf("%+v", look)
	}
}

// TestSituation11PatronScreensNeverReachTheVoluntaryPath: neither proposed nor decided, also not by a custodian, nor for anybody else.
func TestSituation11PatronScreensNeverReachTheVoluntaryPath(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.loans, theft)
	for _, o := range []request.Ruling{grant, {Outcome: access.InspectOnly, Citation: "22.7(50)"}} {
		l.wants(l.propose(l.clerk, it.ID, o), custody.Denied, "library records")
	}
	l.must(l.propose(l.clerk, it.ID, deny))
	l.wants(l.decide(l.director, it.ID, request.Ruling{Outcome: access.Granted, Reason: "they insist"}), custody.Denied, "library records")
	l.must(l.decide(l.director, it.ID, deny))
	open := l.add(l.log(request.In{Kind: access.OpenRecords, Channel: request.Other, Text: "the desk"}).ID, l.loans, theft)
	l.wants(l.propose(l.clerk, open.ID, grant), custody.Denied, "library records")
}

// TestSituation12HandsAtTheSelfCheckForFortySeconds close that part; the refusal names it, and the rest is granted as a second item.
func TestSituation12HandsAtTheSelfCheckForFortySeconds(t *testing.T) {
	l := newLibrary(t)
	hands := custody.Span{Start: theft.Start.Add(4 * time.Minute), End: theft.Start.Add(4*time.Minute + 40*time.Second)}
	inv := l.footage[l.yard]
	inv.Restricted = []access.Restriction{{Camera: l.yard, Span: hands, Kind: access.RestrictLibraryRecord}}
	l.footage[l.yard] = inv
	r := l.police(theft)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, theft)
	err := l.propose(l.clerk, it.ID, grant)
	l.wants(err, custody.Denied, "3 Nov 09:04:00 to 3 Nov 09:04:40")
	l.wants(err, custody.Denied, "Make items of the rest (3 Nov 09:00:00 to 3 Nov 09:04:00, 3 Nov 09:04:40 to 3 Nov 09:10:00)")
	_, _, _, err = l.desk.Rescope(t.Context(), l.may(l.clerk, access.RequestPrepare, string(it.ID)), it.ID, l.yard, custody.Span{Start: theft.Start, End: hands.Start})
	l.must(err)
	rest, part := l.add(r.ID, l.yard, custody.Span{Start: hands.End, End: theft.End}), l.add(r.ID, l.yard, hands)
	for _, x := range []struct {
		id custody.ItemID
		in request.Ruling
	}{{it.ID, grant}, {rest.ID, grant}, {part.ID, deny}} {
		l.must(l.propose(l.clerk, x.id, x.in))
		l.must(l.decide(l.director, x.id, x.in))
	}
	l.state(r.ID, request.Decided)
}

// TestSituation18TheCallBackFails: the footage is held and goes nowhere; an officer who becomes another has not been called back.
func TestSituation18TheCallBackFails(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	it := l.add(r.ID, l.yard, theft)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "has not been reached")
	l.calledBack(r.ID, false)
	l.wants(l.propose(l.clerk, it.ID, grant), custody.Denied, "only held")
	all, err := l.desk.Agencies(t.Context(), l.scope(l.clerk))
	l.must(err)
	call := func(reached bool) error {
		_, err := l.desk.CallBack(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, all[0].ID, reached, "sergeant")
		return err
	}
	l.must(call(true))
	l.must(l.propose(l.clerk, it.ID, grant))
	l.must(l.decide(l.director, it.ID, grant))
	l.state(r.ID, request.Decided)
	other := l.file(r.ID).Officer
	other.Name, other.Badge = "C. Wiggum", "1"
	f, err := l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, request.Correction{Officer: &other})
	l.must(err)
	if f.CallBack != (request.CallBack{}) || f.State != request.Proposed || f.Items[0].Decision != (request.Decision{}) || f.Ruling != 2 {
		t.Errorf("another officer: %+v", f)
	}
	l.wants(l.decide(l.director, it.ID, grant), custody.Denied, "has not been reached")
	other.Agency = "Shelbyville PD"
	_, err = l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, request.Correction{Officer: &other})
	l.must(err)
	l.wants(call(true), custody.Invalid, "another agency")
	if holds, err := l.db.HoldsOf(t.Context(), r.ID); err != nil || len(holds) == 0 {
		t.Errorf("what is held: %+v %v", holds, err)
	}
}

// TestSituation19StandingAccessIsRefused: what lies ahead is held, and can only be denied; the request is logged and closed like any other.
func TestSituation19StandingAccessIsRefused(t *testing.T) {
	l := newLibrary(t)
	r := l.police(span(tuesday.Add(time.Hour), 60))
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, span(tuesday.Add(time.Hour), 60))
	for _, o := range []request.Ruling{grant, nothing, {Outcome: access.InspectOnly, Citation: "22.7(50)"}} {
		l.wants(l.propose(l.clerk, it.ID, o), custody.Denied, "not over yet")
	}
	l.must(l.propose(l.clerk, it.ID, request.Ruling{Outcome: access.Refused, Citation: "Iowa Code 22.1", Reason: "live access is no request for a record"}))
	l.must(l.decide(l.director, it.ID, request.Ruling{Outcome: access.Refused, Citation: "Iowa Code 22.1", Reason: "live access is no request for a record"}))
	f, err := l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, "", "told by letter")
	if err != nil || f.Closing != request.DeniedWhole {
		t.Errorf("%q %v", f.Closing, err)
	}
}

// TestSituation20SpokenToAPage: the clock runs from the hearing, the words are a transcript, and whether they were read back is said.
func TestSituation20SpokenToAPage(t *testing.T) {
	l := newLibrary(t)
	in := request.In{Kind: access.OpenRecords, Channel: request.InPerson, Text: "She asks for the pictures of the fall on the steps.", Oral: true, Received: tuesday.Add(-26 * time.Hour)}
	g := l.may(l.page, access.RequestLog, "") // any employee logs
	_, err := l.desk.Log(t.Context(), g, in)
	l.wants(err, custody.Invalid, "read back")
	in.ReadBack = true
	r, err := l.desk.Log(t.Context(), g, in)
	l.must(err)
	if r.Received != tuesday.Add(-26*time.Hour) || r.LoggedBy != l.page.Staff() || !r.ReadBack || r.Due != instant("2026-11-18T00:00:00-06:00") {
		t.Errorf("%+v", r)
	}
}

// TestSituation21NobodyHasToSayTheirName: no name, no address, no reason; a pick-up code, and the site is held when nothing was named.
func TestSituation21NobodyHasToSayTheirName(t *testing.T) {
	l := newLibrary(t)
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Telephone, Text: "the steps"})
	if len(r.PickUp) != 8 || !r.Guessed || len(r.Holds) != 1 || r.Holds[0].Camera != "" || r.Holds[0].Span != (custody.Span{Start: r.Received.Add(-24 * time.Hour), End: r.Received}) {
		t.Errorf("%+v", r)
	}
	if code, err := request.ParsePickUp(strings.ToLower(r.PickUp[:4] + " - " + r.PickUp[4:])); err != nil || code != r.PickUp {
		t.Errorf("the code as people write it: %q %v", code, err)
	}
	it := l.add(r.ID, l.hall, span(tuesday.Add(-30*time.Hour), 10))
	if holds, err := l.db.HoldsOf(t.Context(), r.ID); err != nil || len(holds) != 2 {
		t.Errorf("what the scope adds is held too: %+v %v", holds, err)
	}
	l.must(l.propose(l.clerk, it.ID, request.Ruling{Outcome: access.InspectOnly, Citation: "Iowa Code 22.7(50)"}))
	l.must(l.decide(l.director, it.ID, request.Ruling{Outcome: access.InspectOnly, Citation: "Iowa Code 22.7(50)"}))
	f, err := l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(r.ID)), r.ID, "", "looked at it on Thursday")
	if err != nil || f.Closing != request.Inspected {
		t.Errorf("%q %v", f.Closing, err)
	}
}

// TestSituation22ItReachedSomebodyElseFirst: the e-mail to the City Attorney is what counts, and why it took so long is said.
func TestSituation22ItReachedSomebodyElseFirst(t *testing.T) {
	l := newLibrary(t)
	in := request.In{Kind: access.OpenRecords, Channel: request.Email, Text: "Dear City Attorney, ...", Received: tuesday.Add(-90 * time.Hour)}
	g := l.may(l.clerk, access.RequestLog, "")
	_, err := l.desk.Log(context.Background(), g, in)
	l.wants(err, custody.Invalid, "say why")
	in.Late = "it was sent to the City Attorney, who passed it on today"
	r, err := l.desk.Log(context.Background(), g, in)
	l.must(err)
	if r.Received != in.Received || r.Logged < tuesday {
		t.Errorf("%+v", r)
	}
	for _, bad := range []custody.Instant{l.site.Now().Add(time.Minute), tuesday.Add(-400 * 24 * time.Hour)} {
		in.Received = bad
		_, err = l.desk.Log(context.Background(), g, in)
		l.wants(err, custody.Invalid, "received_at")
	}
}

// TestSituation27AllCamerasAllMonth: it is logged and held as asked, not refused; an item is a day at most, and 64 of them.
func TestSituation27AllCamerasAllMonth(t *testing.T) {
	l := newLibrary(t)
	month := custody.Span{Start: tuesday.Add(-30 * 24 * time.Hour), End: tuesday}
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "everything", Asked: request.Asked{Span: month}})
	if len(r.Holds) != 1 || r.Holds[0].Camera != "" || r.Holds[0].Span.Duration() != 30*24*time.Hour+time.Hour {
		t.Errorf("%+v", r.Holds)
	}
	g := l.may(l.clerk, access.RequestPrepare, string(r.ID))
	_, _, _, err := l.desk.AddItem(t.Context(), g, r.ID, l.yard, month)
	l.wants(err, custody.Invalid, "24 hours")
	for i := range request.MaxItems {
		_, _, _, err := l.desk.AddItem(t.Context(), g, r.ID, l.yard, span(month.Start, i+1))
		l.must(err)
	}
	_, _, _, err = l.desk.AddItem(t.Context(), g, r.ID, l.yard, span(month.Start, 9))
	l.wants(err, custody.Exhausted, "64")
	if holds, err := l.db.HoldsOf(t.Context(), r.ID); err != nil || len(holds) != 1 {
		t.Errorf("held twice: %d holds, %v", len(holds), err)
	}
}

// TestADecisionFallsWithItsFacts: what was granted on an officer's word falls when the word changes, and what was proposed or decided by
// somebody whom the request turns out to concern falls too.
func TestADecisionFallsWithItsFacts(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, theft)
	correct := func(c request.Correction) request.File {
		t.Helper()
		f, err := l.desk.Correct(t.Context(), l.may(l.clerk, access.RequestPrepare, string(r.ID)), r.ID, c)
		l.must(err)
		return f
	}
	l.must(l.propose(l.clerk, it.ID, grant))
	l.must(l.decide(l.director, it.ID, grant))
	officer := l.file(r.ID).Officer
	officer.AtSite = false
	if f := correct(request.Correction{Officer: &officer}); f.State != request.Proposed || f.Items[0].Decision != (request.Decision{}) || f.Ruling != 2 || !f.CallBack.Reached {
		t.Errorf("the crime was elsewhere, and the grant stands: %+v", f)
	}
	l.wants(l.decide(l.director, it.ID, grant), custody.Denied, "happened at the library")
	officer.AtSite = true
	correct(request.Correction{Officer: &officer})
	l.must(l.decide(l.director, it.ID, grant))
	who := []custody.StaffID{l.director.Staff()}
	if f := correct(request.Correction{Concerned: &who, Because: "it is the director's bicycle"}); f.State != request.Proposed || f.Items[0].Decision != (request.Decision{}) ||
		f.Ruling != 4 {
		t.Errorf("the director decided about themselves, and it stands: %+v", f)
	}
	who = nil
	correct(request.Correction{Concerned: &who, Because: "it is not"})
	l.must(l.decide(l.director, it.ID, grant))
	who = []custody.StaffID{l.clerk.Staff()}
	if f := correct(request.Correction{Concerned: &who, Because: "it is the clerk's"}); f.State != request.Scoped || f.Items[0].Proposal != (request.Proposal{}) ||
		f.Items[0].Decision != (request.Decision{}) || f.Ruling != 6 {
		t.Errorf("the clerk proposed about themselves, and it stands: %+v", f)
	}
}
