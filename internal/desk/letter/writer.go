package letter

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// House is who writes the letters, and in which words. What is empty in Fees and Remedies stands for what the comment says; nothing is
// assumed about fees.
type House struct {
	Name         string // of the body: "River Public Library"; required
	Address      string // lines, separated by newlines; may be empty
	Contact      string // how the lawful custodian is reached; may be empty
	Custodian    string // the office that decides: "Library Director"; empty for "Lawful custodian"
	Jurisdiction string // one of Jurisdictions
	// Fees is the body's notice about fees, word for word as its counsel confirmed it; empty: the letters say nothing about fees.
	Fees string
	// Remedies is what a requester may do against a decision; empty: the jurisdiction's, marked as a default that counsel confirms.
	Remedies string
	Calendar *Calendar // required
}

// Writer writes a body's letters: plain words, data in, a finished Letter out. It never looks at a clock. It is safe for concurrent use.
type Writer struct {
	House
	words *wording
	faces *faces
}

// limits of what a House holds, in bytes.
const (
	maxName  = 200
	maxWords = 4000
)

// New returns the writer of a house. It fails with Invalid if something that is required is missing or too long.
func New(h House) (*Writer, error) {
	h.Name = clean(h.Name)
	switch {
	case h.Name == "" || len(h.Name) > maxName:
		return nil, custody.Errorf(custody.Invalid, "letters need the name of the body, of at most %d bytes", maxName)
	case h.Calendar == nil:
		return nil, custody.Errorf(custody.Invalid, "letters need the site's calendar")
	case len(h.Address) > maxWords || len(h.Contact) > maxWords || len(h.Fees) > maxWords || len(h.Remedies) > maxWords || len(h.Custodian) > maxName:
		return nil, custody.Errorf(custody.Invalid, "an address, a contact, a fee notice and the remedies have at most %d bytes each", maxWords)
	}
	h.Custodian = cmp.Or(clean(h.Custodian), "Lawful custodian")
	words, err := wordingOf(h.Jurisdiction)
	if err != nil {
		return nil, err
	}
	faces, err := newFaces()
	if err != nil {
		return nil, err
	}
	return &Writer{h, words, faces}, nil
}

// begin starts a letter. name stands at the foot of each page; dated 0 leaves the date out.
func (w *Writer) begin(title, name string, dated custody.Instant) page {
	l := &Letter{Title: clean(title), name: clean(name), lang: "en-US", faces: w.faces, head: []string{w.Name}}
	l.head = append(l.head, cleanLines(w.Address)...)
	l.head = append(l.head, cleanLines(w.Contact)...)
	if dated != 0 {
		l.dated = w.Calendar.Date(dated)
	}
	return page{l}
}

// needs reports with Invalid the first field that is empty. pairs are names and values in turn.
func needs(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if clean(pairs[i+1]) == "" || !utf8.ValidString(pairs[i+1]) {
			return custody.Errorf(custody.Invalid, "the letter needs the %s", pairs[i])
		}
	}
	return nil
}

// caution is the line under whatever is a legal default.
const caution = "This is general information about the law and a default of the program. It is not legal advice; counsel confirms it."

// remedies writes what somebody may do against a decision.
func (w *Writer) remedies(p page, kind Kind) {
	if w.Remedies != "" {
		p.say(strings.Join(cleanLines(w.Remedies), " "))
		return
	}
	p.say(w.words.remedies[kind], caution)
}

// when is a span in the site's zone and in UTC.
func (w *Writer) when(s custody.Span) string {
	return fmt.Sprintf("%s (%s)", w.Calendar.span(s), universal(s))
}

// counted is "1 file" or "2 files".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// sizeOf is a size as people read it, and exactly.
func sizeOf(n int64) string {
	switch {
	case n >= 1_000_000_000:
		return fmt.Sprintf("%d.%d GB", n/1_000_000_000, n/100_000_000%10)
	case n >= 1_000_000:
		return fmt.Sprintf("%d.%d MB", n/1_000_000, n/100_000%10)
	case n >= 1000:
		return fmt.Sprintf("%d.%d kB", n/1000, n/100%10)
	}
	return counted(int(n), "byte")
}
