package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// DecisionFresh is how long ago credentials were last given in full at most by who decides an item, recalls a package, lifts a hold, or changes
// the schedule or the directory of agencies.
const DecisionFresh = 5 * time.Minute

// RequestKind is who asks, and with it which law holds.
type RequestKind string

const (
	OpenRecords    RequestKind = "open-records"
	LawEnforcement RequestKind = "law-enforcement"
)

// Stage is how far an item of a request is, as the rules see it.
type Stage string

const (
	Scoped   Stage = "scoped"   // a camera and a span; nothing is proposed for it as it stands
	Proposed Stage = "proposed" // a preparer proposed an outcome for exactly this span
	Decided  Stage = "decided"  // the custodian decided; Outcome is what, as long as Lapses lies ahead
	Ended    Stage = "ended"    // withdrawn or recalled: nothing leaves under it any more
)

// Outcome is what was decided about an item.
type Outcome string

const (
	Granted     Outcome = "grant"
	InspectOnly Outcome = "inspect-only" // may be looked at under supervision; no copy leaves
	Refused     Outcome = "deny"
	NoRecord    Outcome = "no-record"
)

// Outcomes lists every outcome that is open today.
func Outcomes() []Outcome { return []Outcome{Granted, InspectOnly, Refused, NoRecord} }

// MatterFacts are what the rules need to know about the request, item, hold or package that an act is about. Of an item and a package
// the facts of the request are there too.
type MatterFacts struct {
	Request    custody.RequestID // empty for a hold without a request
	Kind       RequestKind
	Open       bool              // the request is neither closed nor disposed of
	Concerned  []custody.StaffID // who filed the request or is its subject: they act on nothing of it
	Disposed   bool              // its file was disposed of: it rests for good
	CalledBack bool              // the officer was reached on a number of the site's own directory

	// Of an item.
	Stage    Stage
	Camera   custody.CameraID
	Span     custody.Span
	Outcome  Outcome         // what was decided; empty before
	Lapses   custody.Instant // of a decision: the first instant at which it no longer counts; of a package the earliest such, 0 for none
	Proposer custody.StaffID // of an item, who proposed; of a hold, who proposed to lift it; of a request, who proposed to dispose of its file
	// Deputy tells for whom the Proposer was custodian for dated time, at any time since the proposal or in days to come.
	Deputy []Deputy

	// Of a package: it is stored, verified and not recalled, and every item in it is decided so. Shows is the footage of those items.
	Ready bool
	Shows []Shown
}

// Shown is footage that a package holds.
type Shown struct {
	Camera custody.CameraID
	Span   custody.Span
}

// Deputy is one delegation of the custodian's role.
type Deputy struct {
	For  custody.StaffID
	From custody.Instant // its first instant
}

// Keeping is what stands against the disposal of a camera's footage.
type Keeping struct {
	Held    []custody.Span // held, however full the disk; in any order, clipped to what was asked for
	AtLeast time.Duration  // no footage younger than this is disposed of
}

// matterPrefixes are the ids about which the facts know a matter.
func matterPrefixes() []string { return []string{"req_", "itm_", "hld_", "pkg_"} }

func isMatter(subject string) bool {
	for _, p := range matterPrefixes() {
		if strings.HasPrefix(subject, p) {
			return custody.ValidID(p, subject)
		}
	}
	return false
}

// matter is what a question says about a request.
type matter struct {
	known               string // "none", "unknown", "open", "closed" or "disposed"
	kind                RequestKind
	stage               Stage
	outcome             Outcome
	concerned, proposer bool
	calledBack, ready   bool
	other               bool  // an item's own camera or span is not the one asked for
	sees                bool  // who prepares or decides an item may know when there is footage of its camera
	shows               kinds // of a package that is to be handed over: what its footage is known to show by now
}

// matter reads what the Ask is about: its subject, or the request whose number a look refers to.
func (s *scene) matter(ctx context.Context, ask Ask, span custody.Span) (matter, error) {
	var f MatterFacts
	var err error
	switch {
	case isMatter(ask.Subject):
		f, err = s.judge.facts.Matter(ctx, ask.Subject)
	case ask.Action.looks() && ask.Basis == OnRequest:
		f, err = s.judge.facts.RequestNumbered(ctx, ask.Reference)
	default:
		return matter{known: "none"}, nil
	}
	if custody.KindOf(err) == custody.NotFound {
		return matter{known: "unknown"}, nil
	}
	if err != nil {
		return matter{}, unknown(err)
	}
	m := matter{known: "closed", kind: f.Kind, stage: f.Stage, calledBack: f.CalledBack, ready: f.Ready, proposer: s.same(f)}
	switch {
	case f.Disposed:
		m.known = "disposed"
	case f.Open:
		m.known = "open"
	}
	for _, id := range f.Concerned {
		m.concerned = m.concerned || id == s.actor.Staff() && id != ""
	}
	if m.ready && f.Lapses != 0 {
		m.ready = s.before(f.Lapses)
	}
	if f.Stage == Decided && s.before(f.Lapses) {
		m.outcome = f.Outcome
	}
	m.other = ask.Action.footage() && f.Stage != "" && (f.Camera != ask.Camera || span.Start < f.Span.Start || span.End > f.Span.End)
	switch ask.Action {
	case PackageHandOver:
		m.shows, err = s.shows(ctx, f.Shows)
	case RequestPrepare, RequestDecide:
		m.sees, err = s.sees(ctx, f.Camera)
	}
	return m, err
}

// sees reports whether the actor may know when there is footage of a camera; of none they may not.
func (s *scene) sees(ctx context.Context, camera custody.CameraID) (bool, error) {
	if camera == "" {
		return false, nil
	}
	c, err := s.judge.facts.Camera(ctx, camera)
	if custody.KindOf(err) == custody.NotFound {
		return false, nil
	}
	if err != nil {
		return false, unknown(err)
	}
	_, ok := s.allows(FootageList, c, true)
	return ok, nil
}

// shows are the kinds of restriction that lie on footage now, whatever lay there when it was packaged. A camera of library records counts as
// that restriction, and a camera that is not known as every one.
func (s *scene) shows(ctx context.Context, all []Shown) (kinds, error) {
	var out kinds
	for _, f := range all {
		c, err := s.judge.facts.Camera(ctx, f.Camera)
		switch {
		case custody.KindOf(err) == custody.NotFound:
			out |= kindOf("")
		case err != nil:
			return 0, unknown(err)
		case c.Class == LibraryRecord:
			out |= kindOf(RestrictLibraryRecord)
		}
		rs, err := s.judge.facts.Restrictions(ctx, f.Camera, f.Span)
		if err != nil {
			return 0, unknown(err)
		}
		for _, r := range rs {
			out |= kindOf(r.Kind)
		}
	}
	return out, nil
}

// same reports whether the actor counts as the person who proposed: a delegate counts as themselves and as whoever they stand for
// (REQUESTS.md 2.3), whichever of the two proposes, and so do two delegates of one person.
func (s *scene) same(f MatterFacts) bool {
	if f.Proposer == "" {
		return false
	}
	proposed := []custody.StaffID{f.Proposer}
	for _, d := range f.Deputy {
		if !s.before(d.From) {
			proposed = append(proposed, d.For)
		}
	}
	if slices.Contains(proposed, s.actor.Staff()) {
		return true
	}
	return slices.ContainsFunc(s.delegators, func(by string) bool {
		return custody.ValidID("stf_", by) && slices.Contains(proposed, custody.StaffID(by))
	})
}

// keeping is what closes footage to disposal, in the form of restrictions.
func (s *scene) keeping(ctx context.Context, camera custody.CameraID, span custody.Span) ([]Restriction, error) {
	k, err := s.judge.facts.Keeping(ctx, camera, span)
	if err != nil {
		return nil, err
	}
	var out []Restriction
	for _, held := range k.Held {
		out = append(out, Restriction{Camera: camera, Span: held, Kind: keptHeld})
	}
	if young := (custody.Span{Start: s.now.Add(-k.AtLeast), End: never}); young.Overlaps(span) {
		out = append(out, Restriction{Camera: camera, Span: young, Kind: keptYoung})
	}
	return out, nil
}
