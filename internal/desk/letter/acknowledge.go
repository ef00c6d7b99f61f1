package letter

import (
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Held is footage that is kept for a request.
type Held struct {
	Camera string       // its name; empty for every camera of the site
	Span   custody.Span // the whole of it, with the time before and after what was asked for
}

// Lost is time of which there is no footage any more, or never was.
type Lost struct {
	Camera    string
	Span      custody.Span
	Why       string          // "destroyed on schedule after 30 days", "the camera could not be reached"
	Tombstone string          // id of the disposal's record; empty if nothing was destroyed
	At        custody.Instant // when it was destroyed; 0 if nothing was
}

// Clock is one date by which something happens, with its arithmetic.
type Clock struct {
	What  string          // "we decide by", as part of a sentence: "We decide by ..."
	End   custody.Instant // as a Calendar returned it: the end of the last day
	Steps []DayStep       // as the Calendar returned them; nil leaves the arithmetic out
}

// Acknowledgement is what the letter says that answers a request at once.
type Acknowledgement struct {
	Dated    custody.Instant
	Number   string // REQ-2026-0007
	Kind     Kind
	PickUp   string // the code with which somebody who gave no address asks how it stands; required for open records
	To       string // who asked; may be empty
	Received custody.Instant
	Channel  string // "by telephone"; may be empty
	Text     string // what was asked, word for word
	Oral     bool   // it was spoken, and staff wrote it down
	ReadBack bool   // and read it back
	Held     []Held
	Review   custody.Instant // when the hold is looked at again; 0 leaves it out
	Lost     []Lost
	Clocks   []Clock
}

// Acknowledge writes the letter that tells a requester their number, what is kept for them, what was lost already, the dates with their
// arithmetic and what they may do. It fails with Invalid if the number, the pick-up code of an open-records request or the text is missing.
func (w *Writer) Acknowledge(a Acknowledgement) (Letter, error) {
	err := a.Kind.check()
	if err == nil {
		err = needs("number", a.Number, "text of the request", a.Text)
	}
	if err == nil && a.Kind == OpenRecords {
		err = needs("pick-up code", a.PickUp)
	}
	if err != nil {
		return Letter{}, err
	}
	p := w.begin("We have your request "+a.Number, a.Number+" - acknowledgement", a.Dated)
	if a.To != "" {
		p.fact("To", clean(a.To))
	}
	p.fact("Number", clean(a.Number))
	if a.Kind == OpenRecords {
		p.fact("Pick-up code", clean(a.PickUp))
	}
	how := ""
	if a.Channel != "" {
		how = ", " + clean(a.Channel)
	}
	p.fact("Received", w.Calendar.Local(a.Received)+how)
	if a.Kind == OpenRecords {
		p.say("Keep the number and the code. With them you can ask us how your request stands without giving your name, and take what we hand over.",
			"You do not have to say who you are or why you ask.")
	}
	w.asked(p, a)
	w.kept(p, a)
	w.dates(p, a)
	if a.Kind == OpenRecords && w.Fees != "" {
		p.head("Fees")
		for _, line := range cleanLines(w.Fees) {
			p.say(line)
		}
	}
	p.head("If you disagree with us")
	w.remedies(p, a.Kind)
	return *p.l, nil
}

func (w *Writer) asked(p page, a Acknowledgement) {
	p.head("What you asked for")
	switch {
	case a.Oral && a.ReadBack:
		p.say("You told us. We wrote this down and read it back to you:")
	case a.Oral:
		p.say("You told us. We wrote this down:")
	default:
		p.say("In your own words:")
	}
	p.quote(a.Text)
	p.say("Tell us if something in it is wrong.")
}

func (w *Writer) kept(p page, a Acknowledgement) {
	p.head("What we keep for you")
	if len(a.Held) == 0 {
		p.say("Nothing is held for this request yet.")
	} else {
		p.say("These recordings are not deleted while your request is open. We keep some time before and after what you asked for. " +
			"Recordings are held whether or not they can be given out.")
	}
	for _, h := range a.Held {
		name := clean(h.Camera)
		if name == "" {
			name = "Every camera"
		}
		p.list(name + ": " + w.when(h.Span))
	}
	if a.Review != 0 && len(a.Held) > 0 {
		p.say(fmt.Sprintf("On %s somebody looks at whether they still have to be kept. They are not deleted on that day by themselves.",
			w.Calendar.Date(a.Review)))
	}
	if len(a.Lost) > 0 {
		p.say("Of the time you asked about, this was not there any more when your request reached us, or was never recorded:")
		w.lost(p, a.Lost)
	}
}

// lost lists what is not there, with what proves it.
func (w *Writer) lost(p page, lost []Lost) {
	for _, l := range lost {
		text := fmt.Sprintf("%s: %s. %s.", clean(l.Camera), w.when(l.Span), strings.TrimSuffix(sentence(l.Why, "The cause is not known"), "."))
		if l.At != 0 {
			text += fmt.Sprintf(" Deleted on %s; the record of it is %s.", w.Calendar.Date(l.At), clean(l.Tombstone))
		}
		p.list(text)
	}
}

// sentence is a text with a capital at its beginning, or another if it is empty.
func sentence(text, otherwise string) string {
	text = clean(text)
	if text == "" {
		return otherwise
	}
	first := offsetOf(text, 1)
	return strings.ToUpper(text[:first]) + text[first:]
}

func (w *Writer) dates(p page, a Acknowledgement) {
	if len(a.Clocks) == 0 {
		return
	}
	p.head("What happens when")
	for _, c := range a.Clocks {
		p.list(fmt.Sprintf("%s %s.", sentence(c.What, "By"), w.Calendar.lastDay(c.End)))
	}
	p.say("If we need longer we write to you before that day and say why. If a day passes without an answer, nothing is decided by that.")
	for _, c := range a.Clocks {
		if c.Steps == nil {
			continue
		}
		p.say(fmt.Sprintf("How we counted to %s. The day on which the request reached us does not count:", w.Calendar.lastDay(c.End)))
		for _, line := range describe(c.Steps) {
			p.list(line)
		}
	}
	p.say(caution)
}
