package letter

import (
	"fmt"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// Outcome is what was decided about an item. The words are those of the rules.
type Outcome string

const (
	Granted     Outcome = "grant"
	InspectOnly Outcome = "inspect-only"
	Refused     Outcome = "deny"
	NoRecord    Outcome = "no-record"
)

// says is the outcome as the letters tell it; empty for one that there is not.
func (o Outcome) says() string {
	switch o {
	case Granted:
		return "Given to you"
	case InspectOnly:
		return "You may look at it here; no copy is given"
	case Refused:
		return "Not given"
	case NoRecord:
		return "There is no recording"
	}
	return ""
}

// Item is one camera and one span, and what was decided about it.
type Item struct {
	Number   string // REQ-2026-0007/1
	Camera   string // its name
	Span     custody.Span
	Outcome  Outcome
	Citation string // needed unless it is granted
	Reason   string // in words; may be empty
	Lost     []Lost // of no-record: what proves that there is nothing
}

// Response is what the letter says that answers a request.
type Response struct {
	Dated   custody.Instant
	Number  string // of the request
	Kind    Kind
	To      string // may be empty
	PickUp  string // may be empty
	Package string // number of the package with what is given; empty if nothing is
	Items   []Item // at least one
}

func checkItems(items []Item) error {
	if len(items) == 0 {
		return custody.Errorf(custody.Invalid, "the letter needs at least one item")
	}
	for _, it := range items {
		if err := needs("item's number", it.Number, "item's camera", it.Camera); err != nil {
			return err
		}
		switch {
		case it.Outcome.says() == "":
			return custody.Errorf(custody.Invalid, "item %s: %q is no outcome", clean(it.Number), clean(string(it.Outcome)))
		case it.Outcome != Granted && clean(it.Citation) == "":
			return custody.Errorf(custody.Invalid, "item %s: what is not given in full needs the law that it rests on", clean(it.Number))
		case it.Span.Empty():
			return custody.Errorf(custody.Invalid, "item %s: the span is empty", clean(it.Number))
		}
	}
	return nil
}

// Respond writes the decision: item by item the outcome, and for whatever is not given in full the law, the reason and what the requester
// may do. Errors: Invalid, naming the item.
func (w *Writer) Respond(r Response) (Letter, error) {
	err := r.Kind.check()
	if err == nil {
		err = needs("number", r.Number)
	}
	if err == nil {
		err = checkItems(r.Items)
	}
	if err != nil {
		return Letter{}, err
	}
	p := w.begin("Our decision on your request "+r.Number, r.Number+" - decision", r.Dated)
	p.factIf("To", clean(r.To))
	p.fact("Number", clean(r.Number))
	p.factIf("Pick-up code", clean(r.PickUp))
	p.say(summary(r.Items), "Each camera and time was decided by itself.")
	for _, it := range r.Items {
		w.decided(p, r.Kind, it)
	}
	if r.Package != "" {
		p.head("What you receive")
		p.say(fmt.Sprintf("What is given is in the package %s.", clean(r.Package)),
			"It holds plain video files, a description of what was left out and why, and a page that explains how anybody can check, without us, "+
				"that nothing was changed. You need no special player.")
	}
	p.sign(w.Custodian)
	return *p.l, nil
}

// summary says in one sentence what became of a request.
func summary(items []Item) string {
	n := map[Outcome]int{}
	for _, it := range items {
		n[it.Outcome]++
	}
	switch {
	case n[Granted] == len(items):
		return "You receive all that you asked for."
	case n[Granted] > 0:
		return fmt.Sprintf("You receive %d of %s.", n[Granted], counted(len(items), "part"))
	case n[NoRecord] == len(items):
		return "There is no recording of what you asked for."
	case n[InspectOnly] > 0:
		return "You may look at recordings here; no copy is given."
	}
	return "What you asked for is not given."
}

func (w *Writer) decided(p page, kind Kind, it Item) {
	p.head("Item " + clean(it.Number))
	p.fact("Camera", clean(it.Camera))
	p.fact("Time", w.when(it.Span))
	p.fact("Decision", it.Outcome.says())
	if it.Outcome == Granted {
		p.factIf("Note", clean(it.Reason))
		return
	}
	p.fact("Law", clean(it.Citation))
	p.factIf("Reason", clean(it.Reason))
	w.proof(p, it)
	w.remedies(p, kind)
}

// proof tells of an item without a recording why there is none.
func (w *Writer) proof(p page, it Item) {
	if it.Outcome != NoRecord || len(it.Lost) == 0 {
		return
	}
	p.say("This is what our records say about that time:")
	w.lost(p, it.Lost)
	if slices.ContainsFunc(it.Lost, func(l Lost) bool { return l.At != 0 }) {
		p.say("Each deletion stands in a log in which a later change would show. Ask us for the entry if you want to check it.")
	}
}

// NoRecords writes the letter for a request of which nothing is recorded: every item's outcome is no-record, with what proves it.
func (w *Writer) NoRecords(r Response) (Letter, error) {
	for _, it := range r.Items {
		if it.Outcome != NoRecord || len(it.Lost) == 0 {
			return Letter{}, custody.Errorf(custody.Invalid, "item %s: this letter is for what has no recording, and says why", clean(it.Number))
		}
	}
	l, err := w.Respond(r)
	if err == nil {
		l.Title = "There is no recording: your request " + clean(r.Number)
		l.name = clean(r.Number) + " - no recording"
	}
	return l, err
}

// Invitation is what the letter says that invites a requester to look at recordings.
type Invitation struct {
	Dated  custody.Instant
	Number string
	To     string // may be empty
	PickUp string // may be empty
	Items  []Item // of outcome inspect-only or grant
	Place  string // where: "Meeting room 2"
	Times  []custody.Instant
	With   string // who is in the room: "A member of staff"; may be empty
}

// Invite writes the invitation to look at recordings under supervision. Errors: Invalid, naming what is missing.
func (w *Writer) Invite(v Invitation) (Letter, error) {
	err := needs("number", v.Number, "place", v.Place)
	if err == nil {
		err = checkItems(v.Items)
	}
	if err == nil && len(v.Times) == 0 {
		err = custody.Errorf(custody.Invalid, "the invitation needs at least one time")
	}
	if err != nil {
		return Letter{}, err
	}
	p := w.begin("You may look at the recordings: request "+v.Number, v.Number+" - invitation", v.Dated)
	p.factIf("To", clean(v.To))
	p.fact("Number", clean(v.Number))
	p.factIf("Pick-up code", clean(v.PickUp))
	p.say("You may come and look at the recordings here. Bring the number of your request. You may bring somebody with you.")
	p.head("What you may look at")
	for _, it := range v.Items {
		if it.Outcome != InspectOnly && it.Outcome != Granted {
			return Letter{}, custody.Errorf(custody.Invalid, "item %s: it is not open to inspection", clean(it.Number))
		}
		p.list(fmt.Sprintf("%s, %s: %s", clean(it.Number), clean(it.Camera), w.when(it.Span)))
	}
	p.head("When and where")
	p.fact("Place", clean(v.Place))
	for _, t := range v.Times {
		p.list(w.Calendar.Local(t))
	}
	with := clean(v.With)
	if with == "" {
		with = "A member of staff"
	}
	p.say(with+" is with you and works the player. Tell us which time suits you, or ask for another.",
		"What is shown, and when, is written into our log with the number of your request.")
	for _, line := range cleanLines(w.Fees) {
		p.say(line)
	}
	return *p.l, nil
}
