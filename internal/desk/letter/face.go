package letter

import (
	_ "embed"
	"encoding/binary"
	"slices"
	"unicode"

	"github.com/footage-custody/custody/internal/custody"
)

// The typefaces travel with the program, so that a letter looks the same wherever it is made (font/LICENSE.txt).
var (
	//go:embed font/DejaVuSans.ttf
	regularFile []byte
	//go:embed font/DejaVuSans-Bold.ttf
	boldFile []byte
)

// faces are the two typefaces of a letter, read once.
type faces struct{ regular, bold *face }

func newFaces() (*faces, error) {
	regular, err := readFace("DejaVuSans", regularFile)
	if err != nil {
		return nil, err
	}
	bold, err := readFace("DejaVuSans-Bold", boldFile)
	return &faces{regular, bold}, err
}

// face is a TrueType typeface as far as a PDF needs it. It is read-only.
type face struct {
	name            string
	tables          map[string][]byte
	units           int // of the em square
	ascent, descent int
	box             [4]int
	glyphs          int
	long            bool // form of the glyphs' offsets
	advances        []byte
	fullAdvances    int
	glyphOf         map[rune]uint16
}

// readFace reads a typeface that ships with the program. Corrupt if it is none: only a damaged program has such a one.
func readFace(name string, b []byte) (*face, error) {
	f := &face{name: name, tables: map[string][]byte{}, glyphOf: map[rune]uint16{}}
	bad := custody.Errorf(custody.Corrupt, "the typeface %s is damaged: install the program again", name)
	if len(b) < 12 {
		return nil, bad
	}
	for i := range int(u16(b, 4)) {
		at := 12 + 16*i
		if at+16 > len(b) {
			return nil, bad
		}
		from, size := int(u32(b, at+8)), int(u32(b, at+12))
		if from < 0 || size < 0 || from > len(b) || size > len(b)-from {
			return nil, bad
		}
		f.tables[string(b[at:at+4])] = b[from : from+size]
	}
	head, hhea, maxp := f.tables["head"], f.tables["hhea"], f.tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 {
		return nil, bad
	}
	f.units, f.long, f.glyphs = int(u16(head, 18)), u16(head, 50) != 0, int(u16(maxp, 4))
	f.ascent, f.descent, f.fullAdvances = i16(hhea, 4), i16(hhea, 6), int(u16(hhea, 34))
	for i := range f.box {
		f.box[i] = i16(head, 36+2*i)
	}
	f.advances = f.tables["hmtx"]
	width := map[bool]int{false: 2, true: 4}[f.long]
	whole := len(f.advances) >= 4*f.fullAdvances+2*(f.glyphs-f.fullAdvances) && len(f.tables["loca"]) >= width*(f.glyphs+1)
	if f.units == 0 || f.fullAdvances == 0 || !whole || !f.readCharacters() {
		return nil, bad
	}
	return f, nil
}

// readCharacters reads which glyph shows which character: the subtable of 32-bit characters (format 12).
func (f *face) readCharacters() bool {
	c := f.tables["cmap"]
	for i := 0; len(c) >= 4 && i < int(u16(c, 2)) && 12+8*i <= len(c); i++ {
		at := int(u32(c, 4+8*i+4))
		if at+16 > len(c) || u16(c, at) != 12 {
			continue
		}
		groups := int(u32(c, at+12))
		if groups > (len(c)-at-16)/12 {
			return false
		}
		for g := range groups {
			from, to, glyph := u32(c, at+16+12*g), u32(c, at+20+12*g), u32(c, at+24+12*g)
			for r := from; r >= from && r <= to && r <= unicode.MaxRune; r++ {
				if id := glyph + r - from; id < uint32(f.glyphs) {
					f.glyphOf[rune(r)] = uint16(id)
				}
			}
		}
	}
	return len(f.glyphOf) > 0
}

// glyph is what shows a character; of one that the typeface has not, the sign for that.
func (f *face) glyph(r rune) uint16 {
	if id, ok := f.glyphOf[r]; ok {
		return id
	}
	return f.glyphOf['\uFFFD']
}

// advance is the width of a glyph in thousandths of the em.
func (f *face) advance(glyph uint16) int {
	at := 4 * min(int(glyph), f.fullAdvances-1)
	return (int(u16(f.advances, at))*1000 + f.units/2) / f.units
}

// width is that of a text in thousandths of the em.
func (f *face) width(text string) int {
	n := 0
	for _, r := range text {
		n += f.advance(f.glyph(r))
	}
	return n
}

// outline is a glyph's description; empty for a blank.
func (f *face) outline(glyph uint16) []byte {
	loca, from, to := f.tables["loca"], 0, 0
	if f.long {
		from, to = int(u32(loca, 4*int(glyph))), int(u32(loca, 4*int(glyph)+4))
	} else {
		from, to = 2*int(u16(loca, 2*int(glyph))), 2*int(u16(loca, 2*int(glyph)+2))
	}
	if from > to || to > len(f.tables["glyf"]) {
		return nil
	}
	return f.tables["glyf"][from:to]
}

// parts are the glyphs that a glyph is put together of.
func (f *face) parts(glyph uint16) []uint16 {
	b := f.outline(glyph)
	if len(b) < 10 || i16(b, 0) >= 0 {
		return nil
	}
	var out []uint16
	for at := 10; at+4 <= len(b); {
		flags := u16(b, at)
		out = append(out, u16(b, at+2))
		at += 6
		if flags&1 != 0 {
			at += 2
		}
		switch {
		case flags&8 != 0:
			at += 2
		case flags&0x40 != 0:
			at += 4
		case flags&0x80 != 0:
			at += 8
		}
		if flags&0x20 == 0 {
			break
		}
	}
	return out
}

// subset is a typeface file with the outlines of those glyphs only, under the numbers that they had. It is the same for the same glyphs.
func (f *face) subset(used map[uint16]bool) []byte {
	keep := map[uint16]bool{0: true}
	todo := []uint16{0}
	for id := range used {
		keep[id] = true
		todo = append(todo, id)
	}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, part := range f.parts(last) {
			if !keep[part] && int(part) < f.glyphs {
				keep[part] = true
				todo = append(todo, part)
			}
		}
	}
	highest := 0
	for id := range keep {
		highest = max(highest, int(id))
	}
	var glyf, loca, hmtx []byte
	for id := range highest + 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		full := 4 * min(id, f.fullAdvances-1)
		bearing := full + 2
		if id >= f.fullAdvances {
			bearing = 4*f.fullAdvances + 2*(id-f.fullAdvances)
		}
		hmtx = append(append(hmtx, f.advances[full:full+2]...), f.advances[bearing:bearing+2]...)
		if keep[uint16(id)] {
			glyf = append(glyf, f.outline(uint16(id))...)
			glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(f.tables["head"]), slices.Clone(f.tables["hhea"]), slices.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(hhea[34:], uint16(highest+1))
	binary.BigEndian.PutUint16(maxp[4:], uint16(highest+1))
	return assemble(map[string][]byte{"head": head, "hhea": hhea, "maxp": maxp, "hmtx": hmtx, "loca": loca, "glyf": glyf,
		"cvt ": f.tables["cvt "], "fpgm": f.tables["fpgm"], "prep": f.tables["prep"]})
}

// assemble writes tables as one file.
func assemble(tables map[string][]byte) []byte {
	var tags []string
	for tag, b := range tables {
		if len(b) > 0 {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	power := 1
	for power*2 <= len(tags) {
		power *= 2
	}
	log := 0
	for 1<<(log+1) <= power {
		log++
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(tags), power * 16, log, len(tags)*16 - power*16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at := 12 + 16*len(tags)
	for _, tag := range tags {
		b := tables[tag]
		out = append(out, tag...)
		for _, n := range []uint32{sum(b), uint32(at), uint32(len(b))} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		at += (len(b) + 3) &^ 3
	}
	for _, tag := range tags {
		out = append(out, tables[tag]...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out
}

// sum is a table's checksum.
func sum(b []byte) (n uint32) {
	for i := 0; i < len(b); i += 4 {
		var word [4]byte
		copy(word[:], b[i:])
		n += binary.BigEndian.Uint32(word[:])
	}
	return n
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
func i16(b []byte, at int) int    { return int(int16(u16(b, at))) }
