package request

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

var update = flag.Bool("update", false, "write the diagrams anew")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s is not what the table says (go test -update): %v\n%s", path, err, got)
	}
}

func states() []State {
	return []State{Received, Clarify, Misdirected, Scoped, Proposed, Decided, Available, Delivered, Closed}
}

func stages() []Stage { return []Stage{access.Scoped, access.Proposed, access.Decided, access.Ended} }

// TestTheDiagram writes both tables as Mermaid state diagrams.
func TestTheDiagram(t *testing.T) {
	var b strings.Builder
	b.WriteString("%% made from table.go by go test -update\nstateDiagram-v2\n    direction LR\n    state \"follows from the items\" as derived\n")
	for _, s := range []State{Received, Scoped, Proposed, Decided, Delivered} {
		fmt.Fprintf(&b, "    derived --> %s\n", s)
	}
	for _, r := range requestRules() {
		label := fmt.Sprintf("%s (%s)", r.act, r.who)
		for _, g := range r.guard {
			label += " if " + g.name
		}
		from := r.from
		if from == nil {
			from = []State{"[*]"}
		}
		for _, f := range from {
			to := string(r.to)
			switch r.to {
			case Derived:
				to = "derived"
			case same:
				to = string(f)
			}
			fmt.Fprintf(&b, "    %s --> %s: %s\n", f, to, label)
		}
	}
	b.WriteString("    state item {\n")
	for _, r := range itemRules() {
		label := fmt.Sprintf("%s (%s)", r.act, r.who)
		for _, g := range r.guard {
			label += " if " + g
		}
		from := r.from
		if from == nil {
			from = []Stage{"[*]"}
		}
		for _, f := range from {
			fmt.Fprintf(&b, "        %s --> %s: %s\n", strings.Replace("item_"+string(f), "item_[*]", "[*]", 1), "item_"+string(r.to), label)
		}
	}
	b.WriteString("    }\n")
	golden(t, "testdata/states.mmd", b.String())
}

// TestTheTableIsClosed writes what every act does in every state, and proves that nothing leads out of the table.
func TestTheTableIsClosed(t *testing.T) {
	var b strings.Builder
	out := []Item{{Stage: access.Decided, Decision: Decision{Outcome: access.Granted}, Out: 1}}
	for _, row := range requestRules() {
		for _, s := range states() {
			r, whole := Request{State: s}, out
			if row.act == ActMisdirect {
				whole = nil
			}
			err := move(row.act, 1, &r, whole)
			if err != nil && r.State != s || !slices.Contains(states(), r.State) {
				t.Errorf("%s from %s leads to %q (%v)", row.act, s, r.State, err)
			}
			if (err == nil) != slices.Contains(row.from, s) {
				t.Errorf("%s from %s: %v, which is not what the table says", row.act, s, err)
			}
			to := string(r.State)
			if err != nil {
				to = "-"
			}
			fmt.Fprintf(&b, "request %-10s %-12s %s\n", row.act, s, to)
		}
	}
	for _, row := range itemRules() {
		for _, s := range states() {
			for _, st := range stages() {
				it := Item{Stage: st}
				to := "-"
				if err := step(row.act, &Request{State: s}, &it); err == nil {
					to = string(it.Stage)
				}
				if allowed := slices.Contains(row.from, st) && slices.Contains(atWork(), s); allowed != (to != "-") || !slices.Contains(stages(), it.Stage) {
					t.Errorf("%s of a %s item in %s leads to %s", row.act, st, s, to)
				}
				if to != "-" {
					fmt.Fprintf(&b, "item    %-10s %-12s %-9s %s\n", row.act, s, st, to)
				}
			}
		}
	}
	golden(t, "testdata/matrix.txt", b.String())
}

// TestRandomWalks takes 10,000 steps of any act in any order. In each state that is reached: it is in the table; it is what the items say; who
// proposed did not decide (A3); what is out was granted (A2); and Ruling has grown exactly when what is decided changed.
func TestRandomWalks(t *testing.T) {
	taken := map[string]bool{}
	for seed := range uint64(50) {
		w := &walk{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), taken: taken}
		w.r = Request{ID: custody.NewRequestID(), Number: "REQ-2026-0001", State: Received, Version: 1}
		for i := range 200 {
			w.now = custody.Instant(i+1) * 1e9
			w.step()
			w.prove(seed, i)
		}
	}
	for _, act := range []Act{ActClarify, ActMisdirect, ActResume, ActPackage, ActHandOver, ActReceipt, ActRecall, ActClose, ActReopen, ActAdd, ActRescope, ActWithdraw, ActPropose, ActDecide} {
		if !taken[string(act)] {
			t.Errorf("no walk ever got to %s: the test proves nothing about it", act)
		}
	}
	for _, s := range states() {
		if !taken[string(s)] {
			t.Errorf("no walk ever came to %s", s)
		}
	}
}

// walk is a request on its way.
type walk struct {
	t     *testing.T
	rnd   *rand.Rand
	now   custody.Instant
	r     Request
	items []Item
	taken map[string]bool
	ruled bool // the last step changed what is decided
}

var people = []custody.StaffID{"stf_a", "stf_b", "stf_c"}

func (w *walk) anybody() custody.StaffID { return people[w.rnd.IntN(len(people))] }

// step tries one act, as the desk and the store do it.
func (w *walk) step() {
	before := make(map[custody.ItemID]Decision)
	for _, it := range w.items {
		before[it.ID] = it.Decision
	}
	was := w.r
	all := append(requestRules()[1:], rule{act: "item"}, rule{act: "item"}, rule{act: "item"}, rule{act: "item"}, rule{act: "item"}, rule{act: "item"})
	if w.rnd.IntN(5) > 0 { // mostly what is possible, so that the walk gets somewhere
		all = slices.DeleteFunc(all, func(r rule) bool { return r.act != "item" && !slices.Contains(r.from, w.r.State) })
	}
	row := all[w.rnd.IntN(len(all))]
	if (w.r.State == Decided || w.r.State == Available) && w.rnd.IntN(3) == 0 {
		row = requestRule(map[State]Act{Decided: ActPackage, Available: ActHandOver}[w.r.State])
	}
	var err error
	switch {
	case row.act == "item":
		w.item()
	case row.who == System:
		var out Moved
		var ids []custody.ItemID
		for _, it := range w.items {
			ids = append(ids, it.ID)
		}
		if out, err = Move(row.act, w.r, w.items, ids, "system", w.now); err == nil {
			w.r, w.items = out.Request, out.Items
		}
	case row.act == ActClose:
		can := closings(w.now, &w.r, w.items)
		if len(can) == 0 || w.r.State == Closed || w.rnd.IntN(4) > 0 {
			return
		}
		if err = move(row.act, w.now, &w.r, w.items); err == nil {
			w.r.Ended, w.r.Closing = w.now, can[0]
		}
	case row.act == ActReopen:
		if err = move(row.act, w.now, &w.r, w.items); err == nil {
			w.r.Ended, w.r.Closing = 0, ""
		}
	default:
		err = move(row.act, w.now, &w.r, w.items)
	}
	if err != nil {
		if custody.KindOf(err) != custody.Conflict {
			w.t.Fatalf("%s: %v", row.act, err)
		}
		return
	}
	w.taken[string(row.act)], w.taken[string(w.r.State)] = true, true
	w.ruled = false
	for _, it := range w.items {
		w.ruled = w.ruled || before[it.ID] != it.Decision
	}
	if grew := w.r.Ruling > was.Ruling; grew != w.ruled {
		w.t.Errorf("%s: ruling %d after %d, decided anew: %v", row.act, w.r.Ruling, was.Ruling, w.ruled)
	}
}

// item tries one act on an item.
func (w *walk) item() {
	if settled(w.r.State) == nil && (len(w.items) == 0 || len(w.items) < 4 && w.rnd.IntN(6) == 0) {
		w.items = append(w.items, Item{ID: custody.NewItemID(), Place: len(w.items) + 1, Stage: itemRuleOf(ActAdd).to})
		settle(w.now, &w.r, w.items, false)
		w.taken[string(ActAdd)] = true
		return
	}
	if len(w.items) == 0 {
		return
	}
	it := &w.items[w.rnd.IntN(len(w.items))]
	act := []Act{ActRescope, ActWithdraw, ActPropose, ActPropose, ActPropose, ActDecide, ActDecide, ActDecide}[w.rnd.IntN(8)]
	who := w.anybody()
	if act == ActDecide && it.Proposal.By == who {
		return // the judge, the room and the store refuse it
	}
	ruled := it.Decision != (Decision{})
	if step(act, &w.r, it) != nil {
		return
	}
	outcome := access.Outcomes()[w.rnd.IntN(4)]
	switch act {
	case ActRescope:
		it.Proposal, it.Decision = Proposal{}, Decision{}
	case ActWithdraw:
		it.Decision = Decision{}
	case ActPropose:
		it.Proposal = Proposal{Outcome: outcome, By: who, At: w.now}
	case ActDecide:
		it.Decision, ruled = Decision{Outcome: outcome, By: who, At: w.now}, true
	}
	settle(w.now, &w.r, w.items, ruled)
	w.taken[string(act)] = true
}

func (w *walk) prove(seed uint64, step int) {
	if !slices.Contains(states(), w.r.State) {
		w.t.Fatalf("walk %d, step %d: the state %q is in no table", seed, step, w.r.State)
	}
	if (w.r.State == Closed) != (w.r.Ended != 0) || (w.r.State == Closed) != (w.r.Closing != "") {
		w.t.Fatalf("walk %d, step %d: %s, ended %d as %q", seed, step, w.r.State, w.r.Ended, w.r.Closing)
	}
	says := derive(w.items)
	switch w.r.State {
	case Received, Scoped, Proposed, Decided, Delivered:
		if says != w.r.State {
			w.t.Fatalf("walk %d, step %d: %s, but the items say %s: %+v", seed, step, w.r.State, says, w.items)
		}
	case Available:
		if says != Decided && says != Delivered {
			w.t.Fatalf("walk %d, step %d: available, but the items say %s", seed, step, says)
		}
	}
	for _, it := range w.items {
		decided := it.Decision != (Decision{})
		if decided != (it.Stage == access.Decided) || decided && it.Decision.By == it.Proposal.By || it.Stage == access.Scoped && it.Proposal != (Proposal{}) {
			w.t.Fatalf("walk %d, step %d: %+v", seed, step, it)
		}
		if it.Out != 0 && it.Decision.Outcome != access.Granted {
			w.t.Fatalf("walk %d, step %d: out and not granted: %+v", seed, step, it)
		}
	}
}

// TestAPackageIsMovedByTheSameTable: situation 4 on this side. What is recalled is decided no longer, whatever comes after is a new ruling, and
// only what was in the package falls.
func TestAPackageIsMovedByTheSameTable(t *testing.T) {
	granted := func(id custody.ItemID) Item {
		return Item{ID: id, Stage: access.Decided, Proposal: Proposal{By: "stf_a"}, Decision: Decision{Outcome: access.Granted, By: "stf_b", At: 5}}
	}
	items := []Item{granted("itm_1"), {ID: "itm_2", Stage: access.Decided, Decision: Decision{Outcome: access.Refused}}, {ID: "itm_3", Stage: access.Ended}}
	ids := []custody.ItemID{"itm_1", "itm_2", "itm_3"}
	r := Request{ID: custody.NewRequestID(), State: Decided, Version: 7, Ruling: 3}
	if _, err := Move(ActHandOver, r, items, ids, "system", 10); custody.KindOf(err) != custody.Conflict {
		t.Errorf("handed over before there is a package: %v", err)
	}
	if _, err := Move(ActDecide, r, items, ids, "system", 10); err == nil {
		t.Error("the program decides")
	}
	m, err := Move(ActPackage, r, items, ids, "system", 10)
	if err != nil || m.Request.State != Available || m.Request.Version != 8 || m.Request.Ruling != 3 || len(m.Changed) != 0 {
		t.Fatalf("packaged: %+v %v", m, err)
	}
	if m, err = Move(ActHandOver, m.Request, m.Items, ids, "stf_a", 20); err != nil || m.Request.State != Delivered || len(m.Changed) != 1 || m.Items[0].Out != 20 || items[0].Out != 0 {
		t.Fatalf("handed over: %+v %v", m, err)
	}
	closed, err := Move(ActReceipt, m.Request, m.Items, ids, "stf_a", 30)
	if err != nil || closed.Request.State != Closed || closed.Request.Closing != PartReleased || closed.Request.Ended != 30 {
		t.Fatalf("signed for: %+v %v", closed, err)
	}
	for _, from := range []Moved{m, closed} {
		back, err := Move(ActRecall, from.Request, from.Items, ids, "stf_b", 40)
		if err != nil || back.Items[0].Stage != access.Ended || back.Items[0].Decision != (Decision{}) || back.Items[0].Out != 0 ||
			back.Items[1] != items[1] || back.Request.Ruling != 4 || len(back.Changed) != 1 {
			t.Errorf("recalled: %+v %v", back, err)
		}
		if want := map[State]State{Delivered: Decided, Closed: Closed}[from.Request.State]; back.Request.State != want {
			t.Errorf("recalled from %s: %s", from.Request.State, back.Request.State)
		}
	}
	inspect := append(slices.Clone(m.Items), Item{ID: "itm_4", Stage: access.Decided, Decision: Decision{Outcome: access.InspectOnly}})
	if _, err := Move(ActReceipt, m.Request, inspect, ids, "stf_a", 30); custody.KindOf(err) != custody.Conflict {
		t.Errorf("closed although something is still to be inspected: %v", err)
	}
}

// TestClosingsFollowFromTheItems lists how requests may be closed.
func TestClosingsFollowFromTheItems(t *testing.T) {
	it := func(o Outcome, out custody.Instant) Item {
		return Item{Stage: access.Decided, Decision: Decision{Outcome: o}, Out: out}
	}
	month := custody.Instant(1).Add(AbandonAfter)
	for _, c := range []struct {
		state State
		now   custody.Instant
		items []Item
		want  []Closing
	}{
		{Received, 9, nil, []Closing{Withdrawn}},
		{Scoped, 9, []Item{{Stage: access.Scoped}}, []Closing{Withdrawn}},
		{Clarify, 9, nil, []Closing{Withdrawn}},
		{Clarify, month, nil, []Closing{Withdrawn, Abandoned}},
		{Misdirected, 9, nil, []Closing{Elsewhere, Withdrawn}},
		{Decided, 9, []Item{it(access.Granted, 0)}, []Closing{Withdrawn}},
		{Available, month, []Item{it(access.Granted, 0)}, []Closing{Withdrawn, Abandoned}},
		{Delivered, 9, []Item{it(access.Granted, 5)}, []Closing{Released}},
		{Delivered, 9, []Item{it(access.Granted, 5), it(access.NoRecord, 0)}, []Closing{PartReleased}},
		{Decided, 9, []Item{it(access.Refused, 0), it(access.NoRecord, 0)}, []Closing{DeniedWhole, Withdrawn}},
		{Decided, 9, []Item{it(access.NoRecord, 0), {Stage: access.Ended}}, []Closing{NoRecord, Withdrawn}},
		{Decided, 9, []Item{it(access.InspectOnly, 0), it(access.Refused, 0)}, []Closing{Inspected, Withdrawn}},
		{Decided, 9, []Item{{Stage: access.Ended}}, []Closing{Withdrawn}},
	} {
		r := Request{State: c.state, Since: 1}
		if got := closings(c.now, &r, c.items); !slices.Equal(got, c.want) {
			t.Errorf("%s with %+v: %v, want %v", c.state, c.items, got, c.want)
		}
	}
}

// TestWhatTheItemsSay lists states that follow from items.
func TestWhatTheItemsSay(t *testing.T) {
	granted, out := Item{Stage: access.Decided, Decision: Decision{Outcome: access.Granted}}, Item{Stage: access.Decided, Decision: Decision{Outcome: access.Granted}, Out: 1}
	denied, proposed := Item{Stage: access.Decided, Decision: Decision{Outcome: access.Refused}}, Item{Stage: access.Proposed}
	scoped, ended := Item{Stage: access.Scoped}, Item{Stage: access.Ended}
	for _, c := range []struct {
		items []Item
		want  State
	}{
		{nil, Received}, {[]Item{scoped}, Scoped}, {[]Item{proposed, out, scoped}, Scoped}, {[]Item{proposed, out}, Proposed}, {[]Item{granted}, Decided},
		{[]Item{out, granted}, Decided}, {[]Item{out, denied, ended}, Delivered}, {[]Item{denied}, Decided}, {[]Item{ended}, Decided}, {[]Item{out, out}, Delivered},
	} {
		if got := derive(c.items); got != c.want {
			t.Errorf("%+v say %s, want %s", c.items, got, c.want)
		}
	}
}

func TestUncovered(t *testing.T) {
	s := func(a, b custody.Instant) custody.Span { return custody.Span{Start: a, End: b} }
	for _, c := range []struct {
		others, want []custody.Span
	}{
		{nil, []custody.Span{s(10, 20)}},
		{[]custody.Span{s(0, 30)}, nil},
		{[]custody.Span{s(15, 30), s(0, 12)}, []custody.Span{s(12, 15)}},
		{[]custody.Span{s(12, 14), s(13, 13), s(20, 30), s(5, 10)}, []custody.Span{s(10, 12), s(14, 20)}},
	} {
		if got := uncovered(s(10, 20), c.others); !slices.Equal(got, c.want) {
			t.Errorf("%v leave %v, want %v", c.others, got, c.want)
		}
	}
}
