package letter

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/footage-custody/custody/internal/custody"
)

// pdf is a PDF file that is being written (ISO 32000-1): objects, and where each begins. Object 1 is the catalogue, 2 the list of pages.
type pdf struct {
	out     bytes.Buffer
	offsets []int // of object i+1; 0 while it is only reserved
}

const catalogue, pageList = 1, 2

func newPDF() *pdf {
	p := &pdf{offsets: make([]int, 2)}
	p.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return p
}

// reserve is the number of an object that is written later.
func (p *pdf) reserve() int {
	p.offsets = append(p.offsets, 0)
	return len(p.offsets)
}

// object writes an object.
func (p *pdf) object(number int, format string, args ...any) {
	p.offsets[number-1] = p.out.Len()
	fmt.Fprintf(&p.out, "%d 0 obj\n", number)
	fmt.Fprintf(&p.out, format, args...)
	p.out.WriteString("\nendobj\n")
}

// stream writes an object with compressed content; entries are further ones of its dictionary.
func (p *pdf) stream(number int, entries string, content []byte) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(content) // a bytes.Buffer takes everything
	_ = z.Close()
	p.object(number, "<< /Filter /FlateDecode /Length %d %s>>\nstream\n%s\nendstream", packed.Len(), entries, packed.Bytes())
}

// finish writes the table of objects and the trailer. The file's id is a digest of what it holds, so equal letters are equal files.
func (p *pdf) finish(info int) []byte {
	id := sha256.Sum256(p.out.Bytes())
	at := p.out.Len()
	fmt.Fprintf(&p.out, "xref\n0 %d\n0000000000 65535 f \n", len(p.offsets)+1)
	for _, offset := range p.offsets {
		fmt.Fprintf(&p.out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&p.out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%x> <%x>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(p.offsets)+1, catalogue, info, id[:16], id[:16], at)
	return p.out.Bytes()
}

// words is a text string of a PDF in UTF-16.
func words(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

// typeface is a face in use: which glyphs, and which characters they stand for.
type typeface struct {
	*face
	name string // in the content: F1
	used map[uint16]rune
}

// show is a text as the operand of Tj, and notes its glyphs.
func (t *typeface) show(text string) string {
	var b strings.Builder
	b.WriteByte('<')
	for _, r := range text {
		g := t.glyph(r)
		if t.glyphOf[r] == 0 {
			r = '\uFFFD' // what is seen is what is said
		}
		if old, ok := t.used[g]; !ok || r < old {
			t.used[g] = r
		}
		fmt.Fprintf(&b, "%04X", g)
	}
	return b.String() + ">"
}

// write writes the typeface's objects and returns the number of the one that pages name.
func (t *typeface) write(p *pdf) int {
	font, descendant, descriptor, file, unicodes := p.reserve(), p.reserve(), p.reserve(), p.reserve(), p.reserve()
	glyphs := slices.Sorted(maps.Keys(t.used))
	needed := map[uint16]bool{}
	var widths, chars strings.Builder
	for _, g := range glyphs {
		needed[g] = true
		fmt.Fprintf(&widths, "%d [%d] ", g, t.advance(g))
	}
	tag := sha256.Sum256([]byte(fmt.Sprint(t.face.name, glyphs)))
	name := make([]byte, 6) // tells one selection of glyphs from another
	for i := range name {
		name[i] = 'A' + tag[i]%26
	}
	full := fmt.Sprintf("%s+%s", name, t.face.name)
	scale := func(n int) int { return n * 1000 / t.units }
	p.object(font, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>",
		full, descendant, unicodes)
	p.object(descendant, "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "+
		"/FontDescriptor %d 0 R /CIDToGIDMap /Identity /DW 600 /W [%s] >>", full, descriptor, strings.TrimSpace(widths.String()))
	p.object(descriptor, "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d "+
		"/CapHeight 729 /StemV 80 /FontFile2 %d 0 R >>", full, scale(t.box[0]), scale(t.box[1]), scale(t.box[2]), scale(t.box[3]),
		scale(t.ascent), scale(t.descent), file)
	subset := t.subset(needed)
	p.stream(file, fmt.Sprintf("/Length1 %d ", len(subset)), subset)
	for chunk := range slices.Chunk(glyphs, 100) {
		fmt.Fprintf(&chars, "%d beginbfchar\n", len(chunk))
		for _, g := range chunk {
			fmt.Fprintf(&chars, "<%04X> <", g)
			for _, u := range utf16.Encode([]rune{t.used[g]}) {
				fmt.Fprintf(&chars, "%04X", u)
			}
			chars.WriteString(">\n")
		}
		chars.WriteString("endbfchar\n")
	}
	p.stream(unicodes, "", []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"+
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"+chars.String()+
		"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"))
	return font
}

// PDF is the letter as a PDF file of US Letter pages, with its structure for readers that speak. created is the date in the file, given so
// that the same letter is the same bytes. A character that the typefaces have not is shown as a sign for that; Text has it.
func (l Letter) PDF(created custody.Instant) ([]byte, error) {
	if l.faces == nil {
		return nil, custody.Errorf(custody.Invalid, "there is no letter")
	}
	d := newSheets(l)
	d.flow()
	return d.write(created), nil
}
