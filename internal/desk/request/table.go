package request

import (
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Act is one way in which a request or an item moves.
type Act string

// Acts on a request.
const (
	ActLog       Act = "log"
	ActClarify   Act = "clarify"   // the requester is asked something
	ActMisdirect Act = "misdirect" // another body has it
	ActResume    Act = "resume"
	ActCorrect   Act = "correct"   // facts: who asks, what is asked, who is concerned
	ActCallBack  Act = "call-back" // the officer is called on a number of the site's directory
	ActPackage   Act = "package"   // a package of what is decided was made and verified
	ActHandOver  Act = "hand-over" // it was handed over
	ActReceipt   Act = "receipt"   // it was signed for, and nothing else is out
	ActRecall    Act = "recall"    // it was recalled: what was decided about its items counts no more
	ActClose     Act = "close"
	ActReopen    Act = "reopen"
	// ActProposeDisposal and ActDispose are of two people (dispose.go).
	ActProposeDisposal Act = "propose-disposal"
	ActDispose         Act = "dispose"
)

// Acts on an item.
const (
	ActAdd      Act = "add"
	ActRescope  Act = "rescope"  // another camera or span
	ActWithdraw Act = "withdraw" // it is asked for no longer
	ActPropose  Act = "propose"
	ActDecide   Act = "decide"
	ActDisown   Act = "disown" // a correction says that the request concerns who proposed it
)

// System stands where the program itself acts, in the course of another act.
const System access.Action = "system"

// rule is one row of the table: who may do the act from which states, where it leads, what must hold, and which entry of the diary
// records it. An act that is not in the table for a state does not exist.
type rule struct {
	act   Act
	from  []State // of a request; a nil from is a request that is not there yet
	to    State   // Derived: what the items say (see derive)
	who   access.Action
	guard []guard
	event custody.EventType
}

// Derived in the table stands for the state that follows from the items.
const Derived State = "(from its items)"

// guard is a condition on an act, with its name in the diagram.
type guard struct {
	name  string
	holds func(now custody.Instant, r *Request, items []Item) error
}

// atWork are the states in which items are worked on.
func atWork() []State { return []State{Received, Scoped, Proposed, Decided, Available, Delivered} }

// open are all states but Closed.
func open() []State { return append(atWork(), Clarify, Misdirected) }

// requestRules is the table of requests.
func requestRules() []rule {
	clean, closed, settled := guard{"nothing is out", nothingOut}, guard{"the closing fits", nil}, guard{"all is out", wholeOut}
	granted := guard{"something is granted", someGranted}
	due, second := guard{"its time is over and nothing keeps it", nil}, guard{"another person proposed it", nil}
	return []rule{
		{ActLog, nil, Received, access.RequestLog, nil, custody.EventRequestLogged},
		{ActClarify, []State{Received, Scoped, Proposed, Decided}, Clarify, access.RequestPrepare, nil, custody.EventRequestMoved},
		{ActMisdirect, []State{Received, Scoped, Proposed, Decided}, Misdirected, access.RequestPrepare, []guard{clean}, custody.EventRequestMoved},
		{ActResume, []State{Clarify, Misdirected}, Derived, access.RequestPrepare, nil, custody.EventRequestMoved},
		{ActCorrect, open(), same, access.RequestPrepare, nil, custody.EventRequestChanged},
		{ActCallBack, open(), same, access.RequestPrepare, nil, custody.EventCallBackMade},
		{ActPackage, []State{Decided}, Available, System, []guard{granted}, custody.EventRequestMoved},
		{ActHandOver, []State{Available, Delivered}, Delivered, System, []guard{granted}, custody.EventRequestMoved},
		{ActReceipt, []State{Delivered}, Closed, System, []guard{settled}, custody.EventRequestClosed},
		{ActRecall, append(open(), Closed), Derived, System, nil, custody.EventItemWithdrawn},
		{ActClose, open(), Closed, access.RequestClose, []guard{closed}, custody.EventRequestClosed},
		{ActReopen, []State{Closed}, Derived, access.RequestClose, nil, custody.EventRequestReopened},
		{ActProposeDisposal, []State{Closed}, same, access.RequestDispose, []guard{due}, custody.EventDisposalProposed},
		{ActDispose, []State{Closed}, same, access.RequestDisposeConfirm, []guard{due, second}, custody.EventRequestDisposed},
	}
}

// same in the table leaves the state as it is, unless the act voids what was decided.
const same State = "(as it was)"

// itemRule is one row of the table of items. The request must be at work, and its state follows from its items afterwards.
type itemRule struct {
	act   Act
	from  []Stage // nil: an item that is not there yet
	to    Stage
	who   access.Action
	guard []string // in guard.go
	event custody.EventType
}

// itemRules is the table of items.
func itemRules() []itemRule {
	return []itemRule{
		{ActAdd, nil, access.Scoped, access.RequestPrepare, []string{"it fits"}, custody.EventItemScoped},
		{ActRescope, []Stage{access.Scoped, access.Proposed, access.Decided}, access.Scoped, access.RequestPrepare, []string{"it fits", "it is not out"}, custody.EventItemScoped},
		{ActWithdraw, []Stage{access.Scoped, access.Proposed, access.Decided}, access.Ended, access.RequestPrepare, []string{"it is not out"}, custody.EventItemWithdrawn},
		{ActPropose, []Stage{access.Scoped, access.Proposed}, access.Proposed, access.RequestPrepare, []string{"the outcome is possible"}, custody.EventItemProposed},
		{ActDecide, []Stage{access.Proposed, access.Decided}, access.Decided, access.RequestDecide, []string{"the outcome is possible", "another person proposed it", "it is not out"}, custody.EventItemDecided},
		{ActCorrect, []Stage{access.Decided}, access.Proposed, access.RequestPrepare, []string{"the officer or their word is another, or who decided is concerned", "it is not out"}, custody.EventRequestChanged},
		{ActDisown, []Stage{access.Proposed, access.Decided}, access.Scoped, access.RequestPrepare, []string{"who proposed is concerned", "it is not out"}, custody.EventRequestChanged},
		{ActHandOver, []Stage{access.Decided}, access.Decided, System, []string{"it is granted"}, custody.EventRequestMoved},
		{ActRecall, []Stage{access.Decided}, access.Ended, System, []string{"it is granted"}, custody.EventItemWithdrawn},
	}
}

// requestRule is the row of an act; that of an act on items has no state.
func requestRule(act Act) rule {
	for _, r := range requestRules() {
		if r.act == act {
			return r
		}
	}
	return rule{}
}

func itemRuleOf(act Act) itemRule {
	i := slices.IndexFunc(itemRules(), func(r itemRule) bool { return r.act == act })
	return itemRules()[i] // the acts are ours
}

// Leads reports whether the table lets an act lead from one state to the other; from is empty for a request that was not there. It says
// nothing of guards. What changes no state (a note, a paper) is no act of the table.
func Leads(act Act, from, to State) bool {
	derived := []State{Received, Scoped, Proposed, Decided, Delivered}
	if row := requestRule(act); row.act != "" && (from == "" && row.from == nil || slices.Contains(row.from, from)) {
		switch row.to {
		case same: // a correction that voids what was decided
			return to == from || act == ActCorrect && slices.Contains(derived, to)
		case Derived:
			return slices.Contains(derived, to) || act == ActRecall && to == from
		}
		return to == row.to
	}
	if slices.ContainsFunc(itemRules(), func(r itemRule) bool {
		return r.act == act && r.who != System && r.event != custody.EventRequestChanged
	}) {
		return slices.Contains(atWork(), from) && (slices.Contains(derived, to) || from == Available && to == Available)
	}
	return false
}

// move applies a row of the table to a request. Conflict if the table has no such move, or a guard does not hold.
func move(act Act, now custody.Instant, r *Request, items []Item) error {
	row := requestRule(act)
	if err := rests(r); err != nil {
		return err
	}
	if !slices.Contains(row.from, r.State) {
		return custody.Errorf(custody.Conflict, "the request is %s: that cannot be done with it now", r.State)
	}
	for _, g := range row.guard {
		if g.holds == nil {
			continue
		}
		if err := g.holds(now, r, items); err != nil {
			return err
		}
	}
	switch row.to {
	case same:
	case Derived:
		r.enter(derive(items), now)
	default:
		r.enter(row.to, now)
	}
	return nil
}

// step applies a row of the table to an item of a request that is at work; the caller settles the request afterwards.
func step(act Act, r *Request, it *Item) error {
	row := itemRuleOf(act)
	if !slices.Contains(atWork(), r.State) {
		return custody.Errorf(custody.Conflict, "the request is %s: resume or reopen it first", r.State)
	}
	if !slices.Contains(row.from, it.Stage) {
		return custody.Errorf(custody.Conflict, "the item is %s: that cannot be done with it now", it.Stage)
	}
	if slices.Contains(row.guard, "it is not out") && it.Out != 0 {
		return custody.Errorf(custody.Conflict, "the item's footage was handed over: recall the package first, or add another item")
	}
	it.Stage = row.to
	return nil
}

// settle gives a request that is at work the state that follows from its items. What was packaged stays available only while nothing
// is decided anew.
func settle(now custody.Instant, r *Request, items []Item, ruled bool) {
	if ruled {
		r.Ruling++
	}
	next := derive(items)
	if next == Decided && r.State == Available && !ruled {
		return
	}
	r.enter(next, now)
}

func (r *Request) enter(s State, now custody.Instant) {
	if r.State != s {
		r.State, r.Since = s, now
	}
}

// derive is the state that follows from the items of a request. It is never Available: that a package is ready is the store's to say.
func derive(items []Item) State {
	if len(items) == 0 {
		return Received
	}
	pending, granted, out := false, 0, 0
	for _, it := range items {
		switch it.Stage {
		case access.Scoped:
			return Scoped
		case access.Proposed:
			pending = true
		case access.Decided:
			if it.Decision.Outcome == access.Granted {
				granted++
			}
			if it.Out != 0 {
				out++
			}
		}
	}
	switch {
	case pending:
		return Proposed
	case granted > 0 && granted == out:
		return Delivered
	}
	return Decided
}

// closings are how a request may be closed as it stands, the one that follows from its items first.
func closings(now custody.Instant, r *Request, items []Item) []Closing {
	var out []Closing
	if c := outcome(r, items); c != "" {
		out = append(out, c)
	}
	if r.State == Misdirected {
		out = append(out, Elsewhere)
	}
	if r.State != Delivered {
		out = append(out, Withdrawn)
	}
	if (r.State == Clarify || r.State == Available) && now >= r.Since.Add(AbandonAfter) {
		out = append(out, Abandoned)
	}
	return out
}

// outcome is the closing that follows from what was decided; empty while something is undecided, or granted and not handed over.
func outcome(r *Request, items []Item) Closing {
	if r.State != Decided && r.State != Delivered {
		return ""
	}
	count := map[Outcome]int{}
	for _, it := range items {
		if it.Stage != access.Decided {
			continue
		}
		if it.Decision.Outcome == access.Granted && it.Out == 0 {
			return ""
		}
		count[it.Decision.Outcome]++
	}
	withheld := count[access.InspectOnly] + count[access.Refused] + count[access.NoRecord]
	switch {
	case count[access.Granted] > 0 && withheld == 0:
		return Released
	case count[access.Granted] > 0:
		return PartReleased
	case count[access.InspectOnly] > 0:
		return Inspected
	case count[access.Refused] > 0:
		return DeniedWhole
	case count[access.NoRecord] > 0:
		return NoRecord
	}
	return ""
}

func someGranted(_ custody.Instant, _ *Request, items []Item) error {
	if !slices.ContainsFunc(items, func(it Item) bool { return it.Stage == access.Decided && it.Decision.Outcome == access.Granted }) {
		return custody.Errorf(custody.Conflict, "nothing of the request is granted")
	}
	return nil
}

func nothingOut(_ custody.Instant, _ *Request, items []Item) error {
	if slices.ContainsFunc(items, func(it Item) bool { return it.Out != 0 }) {
		return custody.Errorf(custody.Conflict, "footage of the request was handed over already")
	}
	return nil
}

// wholeOut holds if nothing but granted items is left: who was also to inspect something has not finished.
func wholeOut(_ custody.Instant, r *Request, items []Item) error {
	for _, it := range items {
		if it.Stage == access.Decided && it.Decision.Outcome == access.InspectOnly {
			return custody.Errorf(custody.Conflict, "an item is still to be inspected")
		}
	}
	if c := outcome(r, items); c != Released && c != PartReleased {
		return custody.Errorf(custody.Conflict, "not everything that was granted is handed over")
	}
	return nil
}
