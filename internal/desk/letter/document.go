package letter

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// kind is what a block of a letter is.
type kind uint8

const (
	paragraph kind = iota
	heading
	bullet   // one entry of a list
	fact     // a label and what it says
	quote    // somebody else's words, line by line
	fixed    // a line that is never wrapped: digests
	signing  // a line to write on, with what it is for
	emphasis // a paragraph that must not be missed
)

// block is one piece of a letter, in order of reading.
type block struct {
	kind  kind
	label string // of a fact
	text  string
}

// Letter is a finished letter, certificate or receipt: the same words as text and as PDF. It never changes and is safe to share.
type Letter struct {
	// Title is what the letter is: "Your request REQ-2026-0007".
	Title string

	head   []string // who writes: name, address, contact
	dated  string
	name   string // for the foot of each page
	lang   string
	blocks []block
	faces  *faces
}

// page is a letter that is being written.
type page struct{ l *Letter }

func (p page) add(k kind, label, text string) { p.l.blocks = append(p.l.blocks, block{k, label, text}) }

func (p page) say(sentences ...string)  { p.add(paragraph, "", strings.Join(sentences, " ")) }
func (p page) warn(sentences ...string) { p.add(emphasis, "", strings.Join(sentences, " ")) }
func (p page) head(text string)         { p.add(heading, "", text) }
func (p page) list(text string)         { p.add(bullet, "", text) }
func (p page) sign(what string)         { p.add(signing, "", what) }
func (p page) fact(label, text string)  { p.add(fact, label, text) }

// factIf is fact, unless there is nothing to say.
func (p page) factIf(label, text string) {
	if text != "" {
		p.fact(label, text)
	}
}

func (p page) quote(text string) {
	for _, line := range cleanLines(text) {
		p.add(quote, "", line)
	}
}

// digest writes a SHA-256 in groups of eight, four to a line, as people compare it.
func (p page) digest(d [32]byte) {
	s := hex.EncodeToString(d[:])
	for at := 0; at < len(s); at += 32 {
		p.add(fixed, "", s[at:at+8]+"  "+s[at+8:at+16]+"  "+s[at+16:at+24]+"  "+s[at+24:at+32])
	}
}

// Columns is the width of a letter's text.
const Columns = 76

// Text is the letter as plain text: UTF-8, lines of at most Columns characters unless a single word is longer, ended by newlines.
func (l Letter) Text() string {
	var b strings.Builder
	for _, line := range l.head {
		b.WriteString(line + "\n")
	}
	if l.dated != "" {
		b.WriteString("\n" + l.dated + "\n")
	}
	title := wrap(strings.ToUpper(l.Title), 0, 0, Columns)
	b.WriteString("\n" + strings.Join(title, "\n") + "\n" + strings.Repeat("=", longest(title)) + "\n")
	before := heading
	for i, bl := range l.blocks {
		if i == 0 || bl.kind != before || bl.kind == paragraph || bl.kind == emphasis || bl.kind == signing {
			b.WriteByte('\n')
		}
		before = bl.kind
		bl.write(&b)
	}
	return b.String()
}

func (bl block) write(b *strings.Builder) {
	lines := func(first, next, text string) {
		for i, line := range wrap(text, utf8.RuneCountInString(first), utf8.RuneCountInString(next), Columns) {
			if i > 0 {
				first = next
			}
			b.WriteString(strings.TrimRight(first+line, " ") + "\n")
		}
	}
	switch bl.kind {
	case heading:
		b.WriteString(bl.text + "\n" + strings.Repeat("-", utf8.RuneCountInString(bl.text)) + "\n")
	case bullet:
		lines("  - ", "    ", bl.text)
	case fact:
		lines(bl.label+": ", "    ", bl.text)
	case quote:
		lines("  | ", "  | ", bl.text)
	case fixed:
		b.WriteString("    " + bl.text + "\n")
	case signing:
		b.WriteString("\n____________________________________________\n" + bl.text + "\n")
	case emphasis:
		lines("*** ", "    ", bl.text+" ***")
	default:
		lines("", "", bl.text)
	}
}

// wrap breaks a text between words into lines of a width, of which the first lacks first characters and every other one next. An empty text is
// one empty line; a word that is longer than a line is broken.
func wrap(text string, first, next, width int) []string {
	var lines []string
	line, n, room := "", 0, width-first
	end := func() { lines, line, n, room = append(lines, line), "", 0, width-next }
	for word := range strings.FieldsSeq(text) {
		size := utf8.RuneCountInString(word)
		if n > 0 && n+1+size > room {
			end()
		}
		for size > room {
			cut := offsetOf(word, room)
			line, word, size = word[:cut], word[cut:], size-room
			end()
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+size
	}
	return append(lines, line)
}

// offsetOf is where the nth character begins.
func offsetOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func longest(lines []string) int {
	n := 0
	for _, line := range lines {
		n = max(n, utf8.RuneCountInString(line))
	}
	return n
}
