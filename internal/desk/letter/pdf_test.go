package letter

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/footage-custody/custody/internal/custody"
)

// file is a PDF as a reader finds it: by its table of objects, its fonts' maps back to characters, its structure.
type file struct {
	t       testing.TB
	raw     []byte
	objects map[int]string
	pages   []string // the text of each, line by line
	marked  map[[2]int]string
}

// readPDF reads a PDF strictly: every object where the table says, every stream of its length.
func readPDF(t testing.TB, b []byte) *file {
	t.Helper()
	f := &file{t: t, raw: b, objects: map[int]string{}, marked: map[[2]int]string{}}
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(b)
	if m == nil || !bytes.HasPrefix(b, []byte("%PDF-1.7\n")) {
		t.Fatal("no PDF")
	}
	table := strings.Split(string(b[number(t, string(m[1])):]), "\n")
	count := number(t, strings.TrimPrefix(table[1], "0 "))
	for i := 1; i < count; i++ {
		offset := number(t, table[2+i][:10])
		head := fmt.Sprintf("%d 0 obj\n", i)
		if !bytes.HasPrefix(b[offset:], []byte(head)) || len(table[2+i]) != 19 {
			t.Fatalf("object %d is not where the table says", i)
		}
		body := b[offset+len(head):]
		if m := regexp.MustCompile(`^<< /Filter /FlateDecode /Length (\d+) `).FindSubmatch(body); m != nil {
			start := bytes.Index(body, []byte("stream\n")) + 7
			n := number(t, string(m[1]))
			if !bytes.HasPrefix(body[start+n:], []byte("\nendstream\nendobj\n")) {
				t.Fatalf("object %d has another length than it says", i)
			}
			z, err := zlib.NewReader(bytes.NewReader(body[start : start+n]))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			f.objects[i] = string(plain)
			continue
		}
		f.objects[i] = string(body[:bytes.Index(body, []byte("\nendobj\n"))])
	}
	fonts := map[string]map[string]string{}
	for n, o := range f.objects {
		if strings.HasPrefix(o, "<< /Type /Font /Subtype /Type0") {
			fonts[fmt.Sprintf("%d 0 R", n)] = f.unicodes(f.refs(o, "ToUnicode")[0])
		}
	}
	for i, n := range f.refs(f.objects[pageList], "Kids") {
		f.page(i, f.objects[n], fonts)
	}
	return f
}

func number(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// refs are the objects that an entry names.
func (f *file) refs(o, entry string) []int {
	f.t.Helper()
	m := regexp.MustCompile(`/` + entry + ` \[?((?:\d+ 0 R ?)+)`).FindStringSubmatch(o)
	if m == nil {
		f.t.Fatalf("there is no %s in %s", entry, o)
	}
	var out []int
	for _, r := range regexp.MustCompile(`(\d+) 0 R`).FindAllStringSubmatch(m[1], -1) {
		out = append(out, number(f.t, r[1]))
	}
	return out
}

func (f *file) unicodes(n int) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>$`).FindAllStringSubmatch(f.objects[n], -1) {
		out[m[1]] = decode16(f.t, m[2])
	}
	return out
}

func decode16(t testing.TB, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}

// page reads the text of a page: a line for each place on it.
func (f *file) page(at int, page string, fonts map[string]map[string]string) {
	f.t.Helper()
	names := map[string]map[string]string{}
	for _, m := range regexp.MustCompile(`/(F\d) (\d+ 0 R)`).FindAllStringSubmatch(page, -1) {
		names[m[1]] = fonts[m[2]]
	}
	var lines []string
	mark, font := -1, ""
	for line := range strings.Lines(f.objects[f.refs(page, "Contents")[0]]) {
		if m := regexp.MustCompile(`/MCID (\d+)`).FindStringSubmatch(line); m != nil {
			mark = number(f.t, m[1])
			lines = append(lines, "")
		} else if strings.Contains(line, "/Artifact") {
			mark = -1
			lines = append(lines, "")
		}
		for _, m := range regexp.MustCompile(`/(F\d) [\d.]+ Tf|<([0-9A-F]*)> Tj`).FindAllStringSubmatch(line, -1) {
			if m[1] != "" {
				font = m[1]
				continue
			}
			text := ""
			for i := 0; i+4 <= len(m[2]); i += 4 {
				c, ok := names[font][m[2][i:i+4]]
				if !ok {
					f.t.Fatalf("glyph %s of page %d stands for nothing", m[2][i:i+4], at+1)
				}
				text += c
			}
			lines[len(lines)-1] = strings.TrimSpace(lines[len(lines)-1] + " " + text)
			if mark >= 0 {
				f.marked[[2]int{at, mark}] = lines[len(lines)-1]
			}
		}
	}
	f.pages = append(f.pages, strings.Join(lines, "\n"))
}

// spoken is the text in the order in which the structure has it: what a reader that speaks says.
func (f *file) spoken() []string {
	f.t.Helper()
	pages := map[int]int{}
	for i, n := range f.refs(f.objects[pageList], "Kids") {
		pages[n] = i
	}
	var out []string
	var walk func(n int)
	walk = func(n int) {
		o := f.objects[n]
		role := regexp.MustCompile(`/S /(\w+)`).FindStringSubmatch(o)[1]
		var text []string
		for _, m := range regexp.MustCompile(`/Pg (\d+) 0 R /MCID (\d+)`).FindAllStringSubmatch(o, -1) {
			text = append(text, f.marked[[2]int{pages[number(f.t, m[1])], number(f.t, m[2])}])
		}
		if len(text) > 0 {
			out = append(out, role+": "+strings.Join(text, " "))
			return
		}
		for _, kid := range f.refs(o, "K") {
			walk(kid)
		}
	}
	walk(f.refs(f.objects[f.refs(f.objects[catalogue], "StructTreeRoot")[0]], "K")[0])
	return out
}

// words are the letters and digits of a text in order: what both forms must agree in.
func plainWords(s string) string {
	return strings.ToLower(strings.Join(regexp.MustCompile(`[\p{L}\p{N}]+`).FindAllString(s, -1), ""))
}

// TestBothFormsSayTheSame: the words of the PDF, read back through its own maps in the order of its structure, are those of the text.
func TestBothFormsSayTheSame(t *testing.T) {
	for name, write := range newSamples(t).all() {
		l, err := write()
		if err != nil {
			t.Fatal(err)
		}
		created := at(t, "2026-11-16T09:30:00-06:00")
		b, err := l.PDF(created)
		if err != nil {
			t.Fatal(err)
		}
		again, err := l.PDF(created)
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s: the same letter is other bytes: %v", name, err)
		}
		f := readPDF(t, b)
		var spoken []string
		for _, s := range f.spoken() {
			_, text, _ := strings.Cut(s, ": ")
			spoken = append(spoken, text)
		}
		if got, want := plainWords(strings.Join(spoken, " ")), plainWords(l.Text()); got != want {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: the PDF says %.80q where the text says %.80q", name, got[max(0, i-20):], want[max(0, i-20):])
		}
		for i, page := range f.pages {
			if !strings.Contains(page, fmt.Sprintf("page %d of %d", i+1, len(f.pages))) {
				t.Errorf("%s, page %d has no number", name, i+1)
			}
		}
		for _, want := range []string{"/Lang (en-US)", "/MarkInfo << /Marked true >>"} {
			if !strings.Contains(f.objects[catalogue], want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		if !bytes.Contains(b, []byte("(D:20261116153000Z)")) {
			t.Errorf("%s is not dated as it was told", name)
		}
		if len(b) > 120_000 {
			t.Errorf("%s has %d bytes: the whole typeface is in it", name, len(b))
		}
	}
}

// TestStructure: one title, headings, lists as lists.
func TestStructure(t *testing.T) {
	s := newSamples(t)
	l, err := s.w.Acknowledge(s.acknowledgement())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.PDF(1)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, line := range readPDF(t, b).spoken() {
		role, _, _ := strings.Cut(line, ": ")
		roles[role]++
	}
	if roles["H1"] != 1 || roles["H2"] != 4 || roles["LBody"] != 21 || roles["P"] < 10 {
		t.Errorf("the structure: %v", roles)
	}
}

// TestCharactersOfOtherScripts are in the file as themselves where the typeface has them, and as a sign for it where it has not.
func TestCharactersOfOtherScripts(t *testing.T) {
	s := newSamples(t)
	a := s.acknowledgement()
	a.Text = "żółć Ελληνικά Кириллица — “quoted” 漢"
	l, err := s.w.Acknowledge(a)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.PDF(1)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(readPDF(t, b).pages, "\n")
	if !strings.Contains(text, "żółć Ελληνικά Кириллица — “quoted” \uFFFD") || !strings.Contains(l.Text(), "漢") {
		t.Errorf("the page:\n%s", text)
	}
}

// TestNoLetterNoFile: the zero Letter has no form.
func TestNoLetterNoFile(t *testing.T) {
	if _, err := (Letter{}).PDF(1); custody.KindOf(err) != custody.Invalid {
		t.Error(err)
	}
}

// TestTheSubsetIsATypeface that reads as one again, with the glyphs that were asked for and the parts of those that have parts.
func TestTheSubsetIsATypeface(t *testing.T) {
	f, err := newFaces()
	if err != nil {
		t.Fatal(err)
	}
	used := map[uint16]bool{}
	for _, r := range "Añż�" {
		used[f.regular.glyph(r)] = true
	}
	b := f.regular.subset(used)
	if got := sum(b) % 4; len(b)%4 != 0 || got > 3 {
		t.Error("not whole words")
	}
	sub := &face{tables: map[string][]byte{}, units: f.regular.units, long: true}
	for i := range int(u16(b, 4)) {
		entry := b[12+16*i:]
		table := b[u32(entry, 8) : u32(entry, 8)+u32(entry, 12)]
		if sum(table) != u32(entry, 4) {
			t.Errorf("the checksum of %s", entry[:4])
		}
		sub.tables[string(entry[:4])] = table
	}
	sub.glyphs = int(u16(sub.tables["maxp"], 4))
	for g := range used {
		if !bytes.HasPrefix(sub.outline(g), f.regular.outline(g)) || len(f.regular.outline(g)) == 0 {
			t.Errorf("glyph %d is another", g)
		}
		for _, part := range f.regular.parts(g) {
			if !bytes.HasPrefix(sub.outline(part), f.regular.outline(part)) {
				t.Errorf("part %d of glyph %d is missing", part, g)
			}
		}
	}
	if len(f.regular.parts(f.regular.glyph('ñ'))) == 0 {
		t.Error("a letter with an accent has no parts: the test proves nothing")
	}
	if other := f.regular.glyph('Q'); len(sub.outline(other)) != 0 {
		t.Error("a glyph is there that nobody asked for")
	}
}

// FuzzFace reads anything as a typeface: it is refused or read, and nothing breaks.
func FuzzFace(f *testing.F) {
	f.Add(regularFile[:2000], 20)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		broken := bytes.Clone(regularFile)
		if cut > 0 && cut < len(broken) {
			copy(broken[cut:], b)
		} else {
			broken = b
		}
		x, err := readFace("x", broken)
		if err != nil {
			if custody.KindOf(err) != custody.Corrupt {
				t.Error(err)
			}
			return
		}
		x.subset(map[uint16]bool{x.glyph('A'): true, x.glyph('ñ'): true})
		x.width("Añ")
	})
}
