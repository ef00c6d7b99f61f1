package letter

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Measures of a page, in tenths of a point. US Letter is 612 by 792 points.
const (
	paperWidth, paperHeight = 6120, 7920
	marginSide, marginTop   = 720, 640
	marginFoot              = 860
	footLine                = 520
	lineStep                = 145
)

// element is a piece of the letter's structure: which marks on which pages are one heading, one paragraph.
type element struct {
	role  string // H1, H2, P, LI
	marks [][2]int
}

// sheets lays a letter out on pages.
type sheets struct {
	l             Letter
	regular, bold *typeface
	pages         []*bytes.Buffer
	marks         []int // how many marks a page has
	y             int   // of the line to be written next, from the foot
	elements      []element
}

func newSheets(l Letter) *sheets {
	d := &sheets{l: l, regular: &typeface{l.faces.regular, "F1", map[uint16]rune{}}, bold: &typeface{l.faces.bold, "F2", map[uint16]rune{}}}
	d.turn()
	return d
}

// turn begins another page.
func (d *sheets) turn() {
	d.pages, d.marks, d.y = append(d.pages, &bytes.Buffer{}), append(d.marks, 0), paperHeight-marginTop
}

// need begins another page unless so much of this one is left.
func (d *sheets) need(height int) {
	if d.y-height < marginFoot {
		d.turn()
	}
}

// run is text in one typeface, from a place on.
type run struct {
	t    *typeface
	size int // in tenths of a point
	x    int // from the left margin
	text string
}

// line writes runs side by side as part of an element, and goes down.
func (d *sheets) line(e *element, step int, runs ...run) {
	d.need(step)
	d.y -= step
	at := len(d.pages) - 1
	page := d.pages[at]
	fmt.Fprintf(page, "/%s <</MCID %d>> BDC\nBT\n", e.role, d.marks[at])
	for _, r := range runs {
		fmt.Fprintf(page, "/%s %s Tf 1 0 0 1 %s %s Tm %s Tj\n", r.t.name, points(r.size), points(marginSide+r.x), points(d.y), r.t.show(r.text))
	}
	page.WriteString("ET\nEMC\n")
	e.marks = append(e.marks, [2]int{at, d.marks[at]})
	d.marks[at]++
}

// rule draws a line to write on.
func (d *sheets) rule(width int) {
	from, to, y := points(marginSide), points(marginSide+width), points(d.y)
	fmt.Fprintf(d.pages[len(d.pages)-1], "/Artifact BMC 0.6 w %s %s m %s %s l S EMC\n", from, y, to, y)
}

func points(tenths int) string { return fmt.Sprintf("%d.%d", tenths/10, tenths%10) }

// flow lays out everything from the letterhead to the last line.
func (d *sheets) flow() {
	for i, text := range d.l.head {
		t, size := d.regular, 90
		if i == 0 {
			t, size = d.bold, 120
		}
		d.para("P", t, size, 0, text, nil)
	}
	if d.l.dated != "" {
		d.y -= 120
		d.para("P", d.regular, 100, 0, d.l.dated, nil)
	}
	d.y -= 160
	d.para("H1", d.bold, 160, 0, d.l.Title, nil)
	d.y -= 40
	before := paragraph
	for _, b := range d.l.blocks {
		d.block(b, before)
		before = b.kind
	}
}

// block lays out one block with the room before it.
func (d *sheets) block(b block, before kind) {
	if b.kind != before || b.kind == paragraph || b.kind == emphasis {
		d.y -= 60
	}
	switch b.kind {
	case heading:
		d.y -= 80
		d.need(4 * lineStep) // no heading alone at the foot
		d.para("H2", d.bold, 115, 0, b.text, nil)
	case bullet:
		d.para("LI", d.regular, 100, 140, b.text, &run{d.regular, 100, 30, "\u2022"})
	case fact:
		label := b.label + ":"
		indent := d.bold.width(label)/10 + 60
		d.para("P", d.regular, 100, max(indent, 1300), b.text, &run{d.bold, 100, 0, label})
	case quote:
		d.para("P", d.regular, 100, 200, b.text, nil)
	case fixed:
		d.para("P", d.regular, 100, 200, b.text, nil)
	case emphasis:
		d.para("P", d.bold, 105, 0, b.text, nil)
	case signing:
		d.need(4 * lineStep)
		d.y -= 3 * lineStep
		d.rule(2600)
		d.para("P", d.regular, 85, 0, b.text, nil)
	default:
		d.para("P", d.regular, 100, 0, b.text, nil)
	}
}

// para wraps a text from an indent on; first, if there is one, stands before its first line.
func (d *sheets) para(role string, t *typeface, size, indent int, text string, first *run) {
	e := element{role: role}
	step := size * lineStep / 100
	for i, line := range t.fold(text, (paperWidth-2*marginSide-indent)*1000/size) {
		runs := []run{{t, size, indent, line}}
		if i == 0 && first != nil {
			runs = append([]run{*first}, runs...)
		}
		d.line(&e, step, runs...)
	}
	d.elements = append(d.elements, e)
}

// fold breaks a text between words into lines of at most a width in thousandths of the em; a word that is longer is broken. Two spaces
// in a row, of a digest's groups, stay.
func (t *typeface) fold(text string, width int) []string {
	var lines []string
	line, n, blank := "", 0, t.advance(t.glyph(' '))
	for word := range strings.SplitSeq(text, " ") {
		size := t.width(word)
		if line != "" && n+blank+size > width {
			lines, line, n = append(lines, strings.TrimRight(line, " ")), "", 0
		}
		for size > width {
			cut, part := 0, 0
			for i, r := range word {
				if part += t.advance(t.glyph(r)); part > width && i > 0 {
					break
				}
				cut = i + len(string(r))
			}
			lines, word = append(lines, word[:cut]), word[cut:]
			size = t.width(word)
		}
		if line != "" {
			line, n = line+" ", n+blank
		}
		line, n = line+word, n+size
	}
	return append(lines, line)
}

// write puts everything into a file.
func (d *sheets) write(created custody.Instant) []byte {
	p := newPDF()
	for i, page := range d.pages {
		foot := fmt.Sprintf("%s - page %d of %d", d.l.name, i+1, len(d.pages))
		fmt.Fprintf(page, "/Artifact BMC\nBT /F1 8.0 Tf 1 0 0 1 %s %s Tm %s Tj ET\nEMC\n", points(marginSide), points(footLine), d.regular.show(foot))
	}
	f1, f2 := d.regular.write(p), d.bold.write(p)
	pages := make([]int, len(d.pages))
	var kids strings.Builder
	for i := range d.pages {
		pages[i] = p.reserve()
		fmt.Fprintf(&kids, "%d 0 R ", pages[i])
	}
	for i, page := range d.pages {
		content := p.reserve()
		p.stream(content, "", page.Bytes())
		p.object(pages[i], "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 %d 0 R /F2 %d 0 R >> >> "+
			"/Contents %d 0 R /StructParents %d /Tabs /S >>", pageList, f1, f2, content, i)
	}
	p.object(pageList, "<< /Type /Pages /Kids [%s] /Count %d >>", strings.TrimSpace(kids.String()), len(pages))
	root := d.structure(p, pages)
	info := p.reserve()
	date := created.Time().Format("D:20060102150405Z")
	p.object(info, "<< /Title %s /Author %s /Producer (Custody) /CreationDate (%s) /ModDate (%s) >>", words(d.l.Title), words(d.l.head[0]), date, date)
	p.object(catalogue, "<< /Type /Catalog /Pages %d 0 R /Lang (%s) /MarkInfo << /Marked true >> /StructTreeRoot %d 0 R "+
		"/ViewerPreferences << /DisplayDocTitle true >> >>", pageList, d.l.lang, root)
	return p.finish(info)
}

// structure writes the tree of headings, paragraphs and lists, and for each page what its marks belong to.
func (d *sheets) structure(p *pdf, pages []int) int {
	root, document, numbers := p.reserve(), p.reserve(), p.reserve()
	owner := make([][]int, len(pages))
	for i, n := range d.marks {
		owner[i] = make([]int, n)
	}
	var kids strings.Builder
	for i := 0; i < len(d.elements); {
		if d.elements[i].role != "LI" {
			fmt.Fprintf(&kids, "%d 0 R ", d.place(p, document, d.elements[i], pages, owner))
			i++
			continue
		}
		list := p.reserve()
		var entries strings.Builder
		for ; i < len(d.elements) && d.elements[i].role == "LI"; i++ {
			entry := p.reserve()
			body := d.elements[i]
			body.role = "LBody"
			p.object(entry, "<< /Type /StructElem /S /LI /P %d 0 R /K [%d 0 R] >>", list, d.place(p, entry, body, pages, owner))
			fmt.Fprintf(&entries, "%d 0 R ", entry)
		}
		p.object(list, "<< /Type /StructElem /S /L /P %d 0 R /K [%s] >>", document, strings.TrimSpace(entries.String()))
		fmt.Fprintf(&kids, "%d 0 R ", list)
	}
	p.object(document, "<< /Type /StructElem /S /Document /P %d 0 R /K [%s] >>", root, strings.TrimSpace(kids.String()))
	var tree strings.Builder
	for i, of := range owner {
		fmt.Fprintf(&tree, "%d [", i)
		for _, n := range of {
			fmt.Fprintf(&tree, "%d 0 R ", n)
		}
		tree.WriteString("] ")
	}
	p.object(numbers, "<< /Nums [%s] >>", strings.TrimSpace(tree.String()))
	p.object(root, "<< /Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey %d >>", document, numbers, len(pages))
	return root
}

// place writes one element and notes what its marks belong to.
func (d *sheets) place(p *pdf, parent int, e element, pages []int, owner [][]int) int {
	number := p.reserve()
	var marks strings.Builder
	for _, m := range e.marks {
		fmt.Fprintf(&marks, "<< /Type /MCR /Pg %d 0 R /MCID %d >> ", pages[m[0]], m[1])
		owner[m[0]][m[1]] = number
	}
	p.object(number, "<< /Type /StructElem /S /%s /P %d 0 R /K [%s] >>", e.role, parent, strings.TrimSpace(marks.String()))
	return number
}
