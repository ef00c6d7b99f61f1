package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// bench is a site with a request at work, for the rules about matters.
type bench struct {
	t                                *testing.T
	site                             *accesstest.Site
	judge                            *access.Judge
	clerk, director, viewer, auditor access.Actor
	yard, loans                      custody.CameraID
	request, item, hold, pkg         string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := accesstest.New(noon)
	b := &bench{t: t, site: s, judge: s.Judge(), clerk: s.Person(t, identity.Preparer), director: s.Person(t, identity.Custodian),
		viewer: s.Person(t, identity.Viewer), auditor: s.Person(t, identity.Auditor),
		yard: s.AddCamera(access.PublicArea), loans: s.AddCamera(access.LibraryRecord), request: string(custody.NewRequestID()), item: string(custody.NewItemID()),
		hold: string(custody.NewHoldID()), pkg: string(custody.NewPackageID())}
	for _, a := range []access.Actor{b.clerk, b.director, b.viewer, b.auditor} {
		s.ChangeSession(a, func(ses *identity.Session) { ses.Fresh = noon })
	}
	b.put(func(*access.MatterFacts) {})
	return b
}

// put says how everything stands: decided, granted, called back, ready, but for what alter does to it.
func (b *bench) put(alter func(*access.MatterFacts)) {
	f := access.MatterFacts{Request: custody.RequestID(b.request), Kind: access.LawEnforcement, Open: true, CalledBack: true, Stage: access.Decided,
		Camera: b.yard, Span: asked, Outcome: access.Granted, Lapses: noon.Add(30 * 24 * time.Hour), Proposer: b.clerk.Staff(), Ready: true}
	alter(&f)
	for _, id := range []string{b.request, b.item, b.hold, b.pkg} {
		b.site.PutMatter(id, f)
	}
	b.site.PutNumber("REQ-2026-0001", access.MatterFacts{Request: f.Request, Kind: f.Kind, Open: f.Open, Concerned: f.Concerned, CalledBack: f.CalledBack})
}

// judged asks as it is now, after the judge has had time to notice.
func (b *bench) judged(who access.Actor, ask access.Ask) error {
	b.t.Helper()
	_, err := b.judge.Decide(b.t.Context(), who, ask)
	return err
}

func (b *bench) wants(what string, err error, kind custody.Kind, says string) {
	b.t.Helper()
	if err == nil || custody.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		b.t.Errorf("%s: %v (%v), want %v and %q", what, err, custody.KindOf(err), kind, says)
	}
}

func (b *bench) allowed(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Errorf("%s: %v", what, err)
	}
}

// TestWhoWorksOnRequests: everybody logs; who prepares prepares; the custodian decides; nobody else.
func TestWhoWorksOnRequests(t *testing.T) {
	b := newBench(t)
	subject := map[access.Action]string{access.RequestPrepare: b.item, access.RequestDecide: b.item, access.RequestClose: b.request, access.HoldLift: b.hold,
		access.HoldConfirm: b.hold, access.PackageHandOver: b.pkg, access.PackageRecall: b.pkg, access.RequestDispose: b.request}
	for action, may := range map[access.Action]string{
		access.RequestLog: "clerk director viewer auditor", access.RequestView: "clerk director auditor", access.RequestPrepare: "clerk director",
		access.RequestDecide: "director", access.RequestClose: "director", access.AgencyManage: "director", access.HoldPlace: "clerk director",
		access.HoldLift: "director", access.HoldConfirm: "director", access.RetentionManage: "director", access.PackageHandOver: "clerk director", access.PackageRecall: "director",
		access.RequestDispose: "director",
	} {
		for name, who := range map[string]access.Actor{"clerk": b.clerk, "director": b.director, "viewer": b.viewer, "auditor": b.auditor} {
			err := b.judged(who, access.Ask{Action: action, Subject: subject[action]})
			if want := strings.Contains(may, name); (err == nil) != want || err != nil && custody.KindOf(err) != custody.Denied {
				t.Errorf("%s and %s: %v", name, action, err)
			}
		}
	}
}

// TestNobodyActsOnTheirOwnRequest, whatever they are; but anybody holds.
func TestNobodyActsOnTheirOwnRequest(t *testing.T) {
	b := newBench(t)
	b.put(func(f *access.MatterFacts) {
		f.Concerned = []custody.StaffID{b.director.Staff()}
		f.Proposer = custody.NewStaffID()
	})
	for action, subject := range map[access.Action]string{access.RequestPrepare: b.request, access.RequestDecide: b.item, access.RequestClose: b.request, access.HoldLift: b.hold,
		access.HoldConfirm: b.hold, access.PackageHandOver: b.pkg, access.PackageRecall: b.pkg} {
		b.wants(string(action), b.judged(b.director, access.Ask{Action: action, Subject: subject}), custody.Denied, "your own, or about you")
	}
	b.allowed("holding", b.judged(b.director, access.Ask{Action: access.HoldPlace, Subject: b.request}))
	b.wants("looking", b.judged(b.director, access.Ask{Action: access.FootageRead, Camera: b.yard, Span: asked, Purpose: "to see", Basis: access.OnRequest, Reference: "REQ-2026-0001"}),
		custody.Denied, "there is no open request of that number")
	b.allowed("somebody else", b.judged(b.clerk, access.Ask{Action: access.RequestPrepare, Subject: b.request}))
}

// TestNobodyReadsTheirOwnRequest: to whom it concerns it reads like none, by whatever of it they ask, and the lists leave it out; nobody else
// notices. Who may see no requests at all is told the same as ever.
func TestNobodyReadsTheirOwnRequest(t *testing.T) {
	b := newBench(t)
	b.put(func(f *access.MatterFacts) {
		f.Concerned = []custody.StaffID{b.director.Staff(), b.viewer.Staff()}
	})
	none := b.judged(b.director, access.Ask{Action: access.RequestView, Subject: string(custody.NewRequestID())})
	for _, subject := range []string{b.request, b.item, b.hold, b.pkg} {
		err := b.judged(b.director, access.Ask{Action: access.RequestView, Subject: subject})
		if b.wants("to read it", err, custody.NotFound, "nothing of that id"); err == nil || err.Error() != none.Error() {
			t.Errorf("it reads %v, and what does not exist %v", err, none)
		}
		b.allowed("somebody else", b.judged(b.clerk, access.Ask{Action: access.RequestView, Subject: subject}))
		b.wants("who sees no requests", b.judged(b.viewer, access.Ask{Action: access.RequestView, Subject: subject}), custody.Denied, "your roles do not allow")
	}
	id := custody.RequestID(b.request)
	for name, c := range map[string]struct {
		who    access.Actor
		action access.Action
		want   bool
	}{"the director": {b.director, access.RequestView, false}, "the clerk": {b.clerk, access.RequestView, true}, "a list of others": {b.director, access.StaffView, false}} {
		s, err := b.judge.Scope(t.Context(), c.who, c.action)
		if b.allowed("listing", err); s.Shows(id) != c.want || len(s.Unseen()) > 1 {
			t.Errorf("%s is shown it: %v", name, s.Shows(id))
		}
		if c.action == access.RequestView && (!s.Everything() || !s.Shows("") || !s.Shows(custody.NewRequestID())) {
			t.Errorf("%s is not shown what does not concern them", name)
		}
	}
	if (access.Scope{}).Shows("") {
		t.Error("the zero Scope shows something")
	}
	held, err := b.judge.Decide(t.Context(), b.clerk, access.Ask{Action: access.RequestView, Subject: b.request})
	b.allowed("before it concerns them", err)
	b.put(func(f *access.MatterFacts) { f.Concerned = []custody.StaffID{b.clerk.Staff()} })
	b.site.Advance(4 * time.Second)
	b.wants("what is being read", held.Allows(access.RequestView), custody.NotFound, "nothing of that id")
}

// TestWhoProposedDoesNotDecide, nor does who stands for them; the delegate of another does.
func TestWhoProposedDoesNotDecide(t *testing.T) {
	b := newBench(t)
	b.allowed("another", b.judged(b.director, access.Ask{Action: access.RequestDecide, Subject: b.item}))
	b.put(func(f *access.MatterFacts) { f.Proposer = b.director.Staff() })
	b.wants("oneself", b.judged(b.director, access.Ask{Action: access.RequestDecide, Subject: b.item}), custody.Denied, "you proposed this yourself")
	b.wants("confirming one's own", b.judged(b.director, access.Ask{Action: access.HoldConfirm, Subject: b.hold}), custody.Denied, "you proposed this yourself")
	delegate := func(by string) access.Actor {
		who := b.site.Person(t)
		b.site.ChangeSession(who, func(ses *identity.Session) { ses.Fresh = noon })
		g := given(who, identity.Custodian, time.Hour)
		g.By = by
		b.site.PutRole(g)
		b.site.Advance(4 * time.Second)
		return who
	}
	b.wants("the delegate of who proposed", b.judged(delegate(string(b.director.Staff())), access.Ask{Action: access.RequestDecide, Subject: b.item}), custody.Denied, "stand for who did")
	b.allowed("the delegate of another", b.judged(delegate("operator"), access.Ask{Action: access.RequestDecide, Subject: b.item}))
}

// TestADelegateCountsAsWhoTheyStandFor, when they propose no less than when they decide: of an item, and of the end of a hold.
func TestADelegateCountsAsWhoTheyStandFor(t *testing.T) {
	b := newBench(t)
	other := b.site.Person(t, identity.Custodian)
	sister := b.site.Person(t)
	for _, who := range []access.Actor{other, sister} {
		b.site.ChangeSession(who, func(ses *identity.Session) { ses.Fresh = noon })
	}
	g := given(sister, identity.Custodian, time.Hour)
	g.By = string(b.director.Staff())
	b.site.PutRole(g)
	acts := []access.Ask{{Action: access.RequestDecide, Subject: b.item}, {Action: access.HoldConfirm, Subject: b.hold}}
	for _, ask := range acts {
		b.put(func(f *access.MatterFacts) { f.Deputy = []access.Deputy{{For: b.director.Staff(), From: noon}} })
		b.wants("who is stood for, by "+string(ask.Action), b.judged(b.director, ask), custody.Denied, "or they for you")
		b.wants("another delegate of the same, by "+string(ask.Action), b.judged(sister, ask), custody.Denied, "stand for who did")
		b.allowed("another custodian, by "+string(ask.Action), b.judged(other, ask))
		b.put(func(f *access.MatterFacts) { f.Deputy = []access.Deputy{{For: b.director.Staff(), From: noon + 1}} })
		b.allowed("who is stood for from later on, by "+string(ask.Action), b.judged(b.director, ask))
		b.put(func(f *access.MatterFacts) { f.Deputy = []access.Deputy{{For: "operator", From: noon}} })
		b.allowed("the operator is nobody's like, by "+string(ask.Action), b.judged(sister, ask))
	}
	b.put(func(f *access.MatterFacts) {
		f.Deputy = []access.Deputy{{For: b.director.Staff(), From: noon.Add(time.Minute)}}
	})
	d, err := b.judge.Decide(t.Context(), b.director, acts[0])
	b.allowed("before the delegation begins", err)
	b.site.Set(noon.Add(time.Minute))
	b.wants("when it begins", d.Allows(access.RequestDecide), custody.Denied, "or they for you")
}

// TestADecisionNeedsAProposalAFreshSignInAndAnOpenRequest.
func TestADecisionNeedsAProposalAFreshSignInAndAnOpenRequest(t *testing.T) {
	b := newBench(t)
	decide := access.Ask{Action: access.RequestDecide, Subject: b.item}
	for stage, says := range map[access.Stage]string{access.Scoped: "nothing is proposed", access.Ended: "nothing is proposed", "": "nothing is proposed"} {
		b.put(func(f *access.MatterFacts) { f.Stage = stage })
		b.wants("deciding what is "+string(stage), b.judged(b.director, decide), custody.Denied, says)
	}
	b.put(func(f *access.MatterFacts) { f.Open = false })
	for action, subject := range map[access.Action]string{access.RequestDecide: b.item, access.RequestPrepare: b.request, access.PackageHandOver: b.pkg} {
		b.wants("of a closed request "+string(action), b.judged(b.director, access.Ask{Action: action, Subject: subject}), custody.Denied, "closed")
	}
	b.allowed("reopening", b.judged(b.director, access.Ask{Action: access.RequestClose, Subject: b.request}))
	b.put(func(f *access.MatterFacts) { f.Stage = access.Proposed })
	g, err := b.judge.Decide(t.Context(), b.director, decide)
	b.allowed("in time", err)
	b.site.Advance(access.DecisionFresh)
	b.wants("a decision of five minutes ago", g.Allows(access.RequestDecide), custody.Denied, "")
	for action, subject := range map[access.Action]string{access.RequestDecide: b.item, access.HoldLift: b.hold, access.HoldConfirm: b.hold, access.PackageRecall: b.pkg, access.RetentionManage: "",
		access.AgencyManage: string(custody.NewAgencyID())} {
		b.wants("a stale sign-in and "+string(action), b.judged(b.director, access.Ask{Action: action, Subject: subject}), custody.Denied, "sign in again")
	}
	b.allowed("preparing needs none", b.judged(b.director, access.Ask{Action: access.RequestPrepare, Subject: b.request}))
	for _, subject := range []string{string(custody.NewItemID()), string(custody.NewRequestID()), string(custody.NewPackageID())} {
		b.wants("what does not exist", b.judged(b.clerk, access.Ask{Action: access.RequestPrepare, Subject: subject}), custody.NotFound, "nothing of that id")
	}
}

// TestAPackageIsHandedOverOnceItIsReady.
func TestAPackageIsHandedOverOnceItIsReady(t *testing.T) {
	b := newBench(t)
	ask := access.Ask{Action: access.PackageHandOver, Subject: b.pkg}
	g, err := b.judge.Decide(t.Context(), b.clerk, ask)
	b.allowed("ready", err)
	b.put(func(f *access.MatterFacts) { f.Ready = false })
	b.site.Advance(4 * time.Second)
	b.wants("recalled meanwhile", g.Allows(access.PackageHandOver), custody.Denied, "not ready")
	b.wants("recalled", b.judged(b.clerk, ask), custody.Denied, "not ready, or was recalled")
	b.put(func(f *access.MatterFacts) { f.CalledBack = false })
	b.wants("nobody was reached at the second call", b.judged(b.clerk, ask), custody.Denied, "has not been reached")
	b.put(func(f *access.MatterFacts) { f.Kind, f.CalledBack = access.OpenRecords, false })
	b.allowed("open records need no call-back", b.judged(b.clerk, ask))
}

// TestWhatBecameConfidentialIsNotHandedOver: a span is flagged or sealed, or its camera turns out to show library records, after it was packaged.
// A hand-over under way ends; to recall stays possible; a flag beside the package closes nothing.
func TestWhatBecameConfidentialIsNotHandedOver(t *testing.T) {
	b := newBench(t)
	hall := b.site.AddCamera(access.StaffArea)
	b.put(func(f *access.MatterFacts) {
		f.Shows = []access.Shown{{Camera: hall, Span: asked}, {Camera: b.yard, Span: asked}}
	})
	ask := access.Ask{Action: access.PackageHandOver, Subject: b.pkg}
	class := func(to access.Class) {
		b.site.ChangeCamera(b.yard, func(c *access.CameraFacts) { c.Class = to })
	}
	inside := custody.Span{Start: asked.End - 1, End: asked.End.Add(time.Hour)}
	for what, flag := range map[string]func() (lift func()){
		"flagged": func() func() { return b.site.Restrict(b.yard, inside, access.RestrictLibraryRecord) },
		"sealed":  func() func() { return b.site.Restrict(b.yard, inside, access.RestrictSealed) },
		"of a camera of another class": func() func() {
			class(access.LibraryRecord)
			return func() { class(access.PublicArea) }
		},
	} {
		g, err := b.judge.Decide(t.Context(), b.clerk, ask)
		b.allowed("before it is "+what, err)
		lift := flag()
		b.site.Advance(4 * time.Second)
		b.wants("under way when it is "+what, g.Allows(access.PackageHandOver), custody.Denied, "does not leave")
		for _, who := range []access.Actor{b.clerk, b.director} {
			b.wants("handed over when it is "+what, b.judged(who, ask), custody.Denied, "known by now to show library records")
		}
		b.allowed("recalled when it is "+what, b.judged(b.director, access.Ask{Action: access.PackageRecall, Subject: b.pkg}))
		b.allowed("seen in the file when it is "+what, b.judged(b.clerk, access.Ask{Action: access.RequestView, Subject: b.pkg}))
		lift()
		b.site.Advance(4 * time.Second)
	}
	b.site.Restrict(b.yard, custody.Span{Start: asked.End, End: asked.End.Add(time.Hour)}, access.RestrictLibraryRecord)
	b.site.Restrict(b.loans, asked, access.RestrictSealed)
	b.site.Restrict(b.yard, asked, access.RestrictHold)
	b.site.Advance(4 * time.Second)
	b.allowed("what lies beside it", b.judged(b.clerk, ask))
	b.put(func(f *access.MatterFacts) { f.Shows = []access.Shown{{Camera: custody.NewCameraID(), Span: asked}} })
	b.wants("footage of a camera that nobody knows", b.judged(b.clerk, ask), custody.Denied, "does not leave")
}

// TestALookForARequestNamesAnOpenOne.
func TestALookForARequestNamesAnOpenOne(t *testing.T) {
	b := newBench(t)
	ask := access.Ask{Action: access.FootageRead, Camera: b.yard, Span: asked, Purpose: "to see", Basis: access.OnRequest, Reference: "REQ-2026-0001"}
	g, err := b.judge.Decide(t.Context(), b.clerk, ask)
	b.allowed("of an open one", err)
	ask.Reference = "REQ-2026-0002"
	b.wants("of none", b.judged(b.clerk, ask), custody.Denied, "no open request")
	b.put(func(f *access.MatterFacts) { f.Open = false })
	b.site.Advance(4 * time.Second)
	b.wants("closed meanwhile", g.Permits(access.FootageRead, b.yard, asked, b.site.Now()), custody.Denied, "no open request")
}

// TestTheSystemPackagesExactlyWhatWasGranted: camera, span and outcome of an item that stands decided, of an open request, for an officer who was
// called back, and nothing that is confidential. Nobody else takes a copy at all.
func TestTheSystemPackagesExactlyWhatWasGranted(t *testing.T) {
	b := newBench(t)
	system := identity.System()
	ask := access.Ask{Action: access.FootageExport, Camera: b.yard, Span: asked, Subject: b.item, Purpose: "package", Basis: access.OnRequest, Reference: "REQ-2026-0001"}
	b.allowed("as decided", b.judged(system, ask))
	part := ask
	part.Span = custody.Span{Start: asked.Start + 1, End: asked.End - 1}
	b.allowed("a part of it", b.judged(system, part))
	for what, wrong := range map[string]func(*access.Ask){
		"a microsecond before":  func(a *access.Ask) { a.Span.Start-- },
		"a microsecond after":   func(a *access.Ask) { a.Span.End++ },
		"another camera":        func(a *access.Ask) { a.Camera = b.loans },
		"the request, no item":  func(a *access.Ask) { a.Subject = "" },
		"an item of nobody's":   func(a *access.Ask) { a.Subject = string(custody.NewItemID()) },
		"an item badly written": func(a *access.Ask) { a.Subject = b.item + "x" },
	} {
		w := ask
		wrong(&w)
		if err := b.judged(system, w); err == nil {
			t.Errorf("%s is packaged", what)
		}
	}
	for name, who := range map[string]access.Actor{"the clerk": b.clerk, "the director": b.director, "the operator": b.site.Operator(t)} {
		if err := b.judged(who, ask); err == nil {
			t.Errorf("%s takes a copy", name)
		}
	}
	for what, alter := range map[string]func(*access.MatterFacts){
		"denied":             func(f *access.MatterFacts) { f.Outcome = access.Refused },
		"inspect only":       func(f *access.MatterFacts) { f.Outcome = access.InspectOnly },
		"no record":          func(f *access.MatterFacts) { f.Outcome = access.NoRecord },
		"proposed only":      func(f *access.MatterFacts) { f.Stage = access.Proposed },
		"withdrawn":          func(f *access.MatterFacts) { f.Stage = access.Ended },
		"closed":             func(f *access.MatterFacts) { f.Open = false },
		"lapsed":             func(f *access.MatterFacts) { f.Lapses = noon },
		"not called back":    func(f *access.MatterFacts) { f.CalledBack = false },
		"of another camera":  func(f *access.MatterFacts) { f.Camera = b.loans },
		"of another span":    func(f *access.MatterFacts) { f.Span.Start++ },
		"of no kind of ours": func(f *access.MatterFacts) { f.Stage = "" },
	} {
		b.put(func(*access.MatterFacts) {})
		g, err := b.judge.Decide(t.Context(), system, ask)
		b.allowed("before it is "+what, err)
		b.put(alter)
		b.site.Advance(4 * time.Second)
		b.wants("packaged although "+what, b.judged(system, ask), custody.Denied, "")
		if err := g.Permits(access.FootageExport, b.yard, asked, b.site.Now()); err == nil {
			t.Errorf("what is being packaged goes on although it is %s now", what)
		}
	}
	b.put(func(f *access.MatterFacts) { f.Kind, f.CalledBack = access.OpenRecords, false })
	b.allowed("open records need no call-back", b.judged(system, ask))
	lift := b.site.Restrict(b.yard, asked, access.RestrictLibraryRecord)
	b.site.Advance(4 * time.Second)
	b.wants("library records", b.judged(system, ask), custody.Denied, "does not leave")
	lift()
	b.site.Restrict(b.yard, asked, access.RestrictSealed)
	b.site.Advance(4 * time.Second)
	b.wants("sealed", b.judged(system, ask), custody.Denied, "does not leave")
	b.put(func(f *access.MatterFacts) { f.Camera = b.loans })
	ask.Camera = b.loans
	b.wants("a camera of library records", b.judged(system, ask), custody.Denied, "does not leave")
}

// TestADecisionThatLapsesEndsWhatItAllowed, to the microsecond and without any change of the site.
func TestADecisionThatLapsesEndsWhatItAllowed(t *testing.T) {
	b := newBench(t)
	b.put(func(f *access.MatterFacts) { f.Lapses = noon.Add(time.Minute) })
	ask := access.Ask{Action: access.FootageExport, Camera: b.yard, Span: asked, Subject: b.item, Purpose: "package", Basis: access.OnRequest, Reference: "REQ-2026-0001"}
	g, err := b.judge.Decide(t.Context(), identity.System(), ask)
	b.allowed("in time", err)
	b.site.Set(noon.Add(time.Minute) - 1)
	b.allowed("a microsecond before", g.Permits(access.FootageExport, b.yard, asked, b.site.Now()))
	b.site.Set(noon.Add(time.Minute))
	b.wants("at the end", g.Permits(access.FootageExport, b.yard, asked, b.site.Now()), custody.Denied, "")
}

// TestTheSystemDisposesOfNothingHeldOrYoung, and nobody else of anything.
func TestTheSystemDisposesOfNothingHeldOrYoung(t *testing.T) {
	b := newBench(t)
	ask := access.Ask{Action: access.FootageDispose, Camera: b.yard, Span: asked, Purpose: "schedule"}
	g, err := b.judge.Decide(t.Context(), identity.System(), ask)
	b.allowed("old and free", err)
	for name, who := range map[string]access.Actor{"the clerk": b.clerk, "the director": b.director, "the operator": b.site.Operator(t)} {
		if err := b.judged(who, ask); err == nil {
			t.Errorf("%s disposes of footage", name)
		}
	}
	b.site.Keep(b.yard, access.Keeping{Held: []custody.Span{{Start: asked.Start.Add(time.Minute), End: asked.Start.Add(2 * time.Minute)}}})
	b.site.Advance(4 * time.Second)
	b.allowed("beside what is held", g.Permits(access.FootageDispose, b.yard, custody.Span{Start: asked.Start, End: asked.Start.Add(time.Minute)}, b.site.Now()))
	b.wants("what is held by a microsecond", g.Permits(access.FootageDispose, b.yard, custody.Span{Start: asked.Start, End: asked.Start.Add(time.Minute) + 1}, b.site.Now()), custody.Denied, "")
	b.site.Keep(b.yard, access.Keeping{Held: []custody.Span{asked}})
	b.site.Advance(4 * time.Second)
	b.wants("all is held", b.judged(identity.System(), ask), custody.Denied, "held")
	b.site.Keep(b.yard, access.Keeping{AtLeast: 100 * 24 * time.Hour})
	b.site.Advance(4 * time.Second)
	b.wants("too young", b.judged(identity.System(), ask), custody.Denied, "keeps this footage for longer")
}
