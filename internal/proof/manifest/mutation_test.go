package manifest

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
	"github.com/footage-custody/custody/internal/proof/seal"
)

const clip1 = "data/original/front-desk.mp4"

// crime is what somebody does to a package, and what must be said of it.
type crime struct {
	do      func(t *testing.T, s *stage, dir string)
	forged  bool // all manifests and the signature are written anew, as with the package-signing key
	verdict Verdict
	code    string
	text    string // part of what a person reads
}

func edit(name string, change func([]byte) []byte) func(*testing.T, *stage, string) {
	return func(t *testing.T, _ *stage, dir string) { put(t, dir, name, change(read(t, dir, name))) }
}

func replaced(old, by string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(by), 1) }
}

// document changes package.json as its author could.
func document(change func(*Package)) func(*testing.T, *stage, string) {
	return func(t *testing.T, _ *stage, dir string) {
		p := must(ParsePackage(read(t, dir, filePackage)))
		change(&p)
		put(t, dir, filePackage, must(encode(&p)))
	}
}

// proofOf changes the proof of segment n.
func proofOf(n int, change func(*SegmentProof)) func(*testing.T, *stage, string) {
	return func(t *testing.T, s *stage, dir string) {
		name := segmentFile(s.rows[n].ID)
		p := must(parseSegmentProof(read(t, dir, name)))
		change(&p)
		put(t, dir, name, must(encode(&p)))
	}
}

// rowsIn changes the unit rows of segment n.
func rowsIn(n int, change func([]Row) []Row) func(*testing.T, *stage, string) {
	return func(t *testing.T, s *stage, dir string) {
		name := segmentRowsFile(s.rows[n].ID)
		var b []byte
		for _, r := range change(must(parseRows(read(t, dir, name)))) {
			b = appendRow(b, r)
		}
		put(t, dir, name, b)
	}
}

// frames changes the original as a list of units, one moof and mdat each; the first element is the head.
func frames(change func([][]byte) [][]byte) func(*testing.T, *stage, string) {
	return edit(clip1, func(b []byte) []byte {
		var parts [][]byte
		at := 0
		for at < len(b) {
			n := int(binary.BigEndian.Uint32(b[at:]))
			switch string(b[at+4 : at+8]) {
			case "moov", "mdat":
				parts[len(parts)-1] = append(parts[len(parts)-1], b[at:at+n]...)
			default:
				parts = append(parts, slices.Clone(b[at:at+n]))
			}
			at += n
		}
		return bytes.Join(change(parts), nil)
	})
}

// crimes are told on a package of pictures 30 to 269, in three segments, beginning at 12:00:03.
func crimes() map[string]crime {
	return map[string]crime{
		"a unit is altered": {forged: true, verdict: NotAuthentic, code: "unit-altered", text: "Unit 32 of track 1, near 2026-11-03T12:00:03.200000Z, is not what the camera sent.",
			do: frames(func(f [][]byte) [][]byte { f[3][len(f[3])-1] ^= 1; return f })},
		"a unit is dropped": {forged: true, verdict: NotAuthentic, code: "unit-missing", text: "Unit 34 of track 1",
			do: frames(func(f [][]byte) [][]byte { return slices.Delete(f, 5, 6) })},
		"the last unit is dropped": {forged: true, verdict: NotAuthentic, code: "unit-missing", text: "Unit 269 of track 1",
			do: frames(func(f [][]byte) [][]byte { return f[:len(f)-1] })},
		"a unit is added": {forged: true, verdict: NotAuthentic, code: "unit-added", text: "one that the camera did not send",
			do: frames(func(f [][]byte) [][]byte {
				extra := slices.Clone(f[5])
				extra[len(extra)-3] ^= 9
				return slices.Insert(f, 6, extra)
			})},
		"a unit is added at the end": {forged: true, verdict: NotAuthentic, code: "unit-added", text: "1 units at the end of track 1",
			do: frames(func(f [][]byte) [][]byte {
				extra := slices.Clone(f[len(f)-1])
				extra[len(extra)-3] ^= 9
				binary.BigEndian.PutUint64(extra[bytes.Index(extra, []byte("tfdt"))+8:], 1<<30)
				return append(f, extra)
			})},
		"two units change places": {forged: true, verdict: NotAuthentic, code: "unit-moved", text: "have changed places, the first being unit 36",
			do: frames(func(f [][]byte) [][]byte {
				a, b := len(f[7])-304, len(f[8])-304
				x := slices.Clone(f[7][a:])
				copy(f[7][a:], f[8][b:])
				copy(f[8][b:], x)
				return f
			})},
		"a time is changed": {forged: true, verdict: NotAuthentic, code: "time-changed", text: "shown at another time",
			do: frames(func(f [][]byte) [][]byte {
				at := bytes.Index(f[9], []byte("tfdt")) + 8
				binary.BigEndian.PutUint64(f[9][at:], binary.BigEndian.Uint64(f[9][at:])+9)
				return f
			})},
		"all times are shifted": {forged: true, verdict: NotAuthentic, code: "time-shifted", text: "The times of data/original/front-desk.mp4 are shifted",
			do: document(func(p *Package) { p.Items[0].Renditions[0].Tracks[0].Base += 9000 })},
		"an edit list hides the beginning": {forged: true, verdict: NotAuthentic, code: "edit-list", text: "edit list",
			do: edit(clip1, func(b []byte) []byte {
				edts := []byte("\x00\x00\x00\x24edts\x00\x00\x00\x1celst\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10\x00\x00\x10\x00\x00\x01\x00\x00")
				return grown(b, "tkhd", edts, "trak", "moov")
			})},
		"something hides behind the pictures": {forged: true, verdict: NotAuthentic, code: "hidden-data", text: "the box free",
			do: edit(clip1, func(b []byte) []byte { return append(b, "\x00\x00\x00\x0cfreeabcd"...) })},
		"something hides among the pictures": {forged: true, verdict: NotAuthentic, code: "hidden-data", text: "belong to no unit",
			do: edit(clip1, func(b []byte) []byte { return append(b, "\x00\x00\x00\x0cmdatabcd"...) })},
		"the parameters are changed": {forged: true, verdict: NotAuthentic, code: "other-parameters", text: "other parameters",
			do: edit(clip1, func(b []byte) []byte {
				b[bytes.Index(b, []byte{0x67, 0x42, 0xc0, 0x0a})+12] ^= 1
				return b
			})},
		"the file is of no known kind": {forged: true, verdict: NotAuthentic, code: "bad-media", text: "cannot be read as footage",
			do: edit(clip1, func([]byte) []byte { return []byte("hello, world") })},
		"a gap is cut": {forged: true, verdict: NotAuthentic, code: "missing-segment", text: "segment 2 of the run stands where segment 1 belongs",
			do: document(func(p *Package) {
				p.Items[0].Renditions[0].Segments = slices.Delete(p.Items[0].Renditions[0].Segments, 1, 2)
			})},
		"the end is cut off": {forged: true, verdict: NotAuthentic, code: "undeclared-gap", text: "there is neither footage nor a declared gap",
			do: document(func(p *Package) {
				p.Items[0].Renditions[0].Segments = p.Items[0].Renditions[0].Segments[:2]
				p.Items[0].Segments = p.Items[0].Segments[:2]
			})},
		"units are not disclosed": {forged: true, verdict: NotAuthentic, code: "unit-missing", text: "neither in data/original/front-desk.mp4 nor listed as left out",
			do: func(t *testing.T, s *stage, dir string) {
				rowsIn(1, func(r []Row) []Row {
					for i := 20; i < 23; i++ {
						r[i] = Row{Hash: r[i].Unit.Leaf()}
					}
					return r
				})(t, s, dir)
				frames(func(f [][]byte) [][]byte { return slices.Delete(f, 1+70+20, 1+70+23) })(t, s, dir)
			}},
		"the span is narrowed on paper": {forged: true, verdict: NotAuthentic, code: "outside-span", text: "outside the span that was released",
			do: document(func(p *Package) { p.Items[0].Renditions[0].Span.Start += Time(secondOf) })},
		"another camera is named": {forged: true, verdict: NotAuthentic, code: "other-camera", text: "recorded of another camera",
			do: document(func(p *Package) { p.Items[0].Camera.ID = custody.NewCameraID() })},
		"a segment is misstated": {forged: true, verdict: NotAuthentic, code: "misstated", text: "is not what the log says",
			do: document(func(p *Package) { p.Items[0].Segments[1].Size++ })},
		"a receipt time is changed": {forged: true, verdict: NotAuthentic, code: "not-sealed", text: "their leaves do not lead to the segment's root",
			do: rowsIn(1, func(r []Row) []Row { r[5].Unit.Receipt++; return r })},
		"a flag is changed": {forged: true, verdict: NotAuthentic, code: "not-sealed",
			do: rowsIn(2, func(r []Row) []Row { r[5].Unit.Flags ^= 2; return r })},
		"picture and proof are changed together": {forged: true, verdict: NotAuthentic, code: "not-sealed",
			do: func(t *testing.T, s *stage, dir string) {
				frames(func(f [][]byte) [][]byte { f[3][len(f[3])-1] ^= 1; return f })(t, s, dir)
				b := read(t, dir, clip1)
				m := must(mp4box.Read(bytes.NewReader(b), int64(len(b))))
				x := m.Tracks[0].Samples[2]
				rowsIn(0, func(r []Row) []Row { r[2].Unit.Payload = sha(b[x.Offset : x.Offset+int64(x.Size)]); return r })(t, s, dir)
			}},
		"rows are cut off": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "rows where",
			do: rowsIn(1, func(r []Row) []Row { return r[:len(r)-1] })},
		"the range proof is cut short": {forged: true, verdict: NotAuthentic, code: "not-sealed",
			do: proofOf(0, func(p *SegmentProof) { p.Units[0].Proof = p.Units[0].Proof[1:] })},
		"the table's proof is cut short": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "its fragment table is not the one that was sealed",
			do: proofOf(0, func(p *SegmentProof) { p.Table.Proof = p.Table.Proof[1:] })},
		"the fragment table is changed": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "its fragment table is not the one that was sealed",
			do: proofOf(0, func(p *SegmentProof) { p.Table.Bytes[9] ^= 1 })},
		"the run header is changed": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "its run header is not the one that was sealed",
			do: proofOf(0, func(p *SegmentProof) { p.Header.Bytes = replaced("192.0.2.7", "192.0.2.8")(p.Header.Bytes) })},
		"the segment's entry is changed": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "does not hold it as entry",
			do: proofOf(0, func(p *SegmentProof) { p.Sealed.Body = replaced(`"units":1`, `"units":2`)(p.Sealed.Body) })},
		"the entry's proof is cut short": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "does not hold it as entry",
			do: proofOf(0, func(p *SegmentProof) { p.Sealed.Proof = p.Sealed.Proof[1:] })},
		"the segments are exchanged": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "about another segment",
			do: func(t *testing.T, s *stage, dir string) {
				a, b := must(parseSegmentProof(read(t, dir, segmentFile(s.rows[0].ID)))), must(parseSegmentProof(read(t, dir, segmentFile(s.rows[1].ID))))
				a.Sealed, a.Table, a.Header, a.Units = b.Sealed, b.Table, b.Header, b.Units
				put(t, dir, segmentFile(s.rows[0].ID), must(encode(&a)))
			}},
		"the chain of custody is rewritten": {forged: true, verdict: NotAuthentic, code: "not-in-log", text: "Line 1 of custody.jsonl",
			do: edit(fileCustody, replaced(`"act":"segment.sealed"`, `"act":"segment.solved"`))},
	}
}

// moreCrimes need no forged signature, or are about files and keys.
func moreCrimes() map[string]crime {
	return map[string]crime{
		"package.json is edited": {verdict: NotAuthentic, code: "altered-file", text: "package.json is not what was signed", do: edit(filePackage, replaced("Front desk", "Back door"))},
		"package.json repeats a member": {forged: true, verdict: NotAuthentic, code: "bad-document", text: "one form",
			do: edit(filePackage, replaced(`"id": "pkg_1",`, `"id": "pkg_2", "id": "pkg_1",`))},
		"a page is edited":          {verdict: NotAuthentic, code: "altered-file", text: "VERIFY.html", do: edit(filePage, replaced("NOT AUTHENTIC", "FINE"))},
		"the manifest is edited":    {verdict: NotAuthentic, code: "altered-file", text: "manifest-sha256.txt", do: edit(fileManifest, replaced("data", "Data"))},
		"the signature is edited":   {verdict: NotAuthentic, code: "bad-signature", text: "not signed as it stands", do: edit(fileSignature, replaced("=", "A"))},
		"a line leaves the bag":     {verdict: NotAuthentic, code: "bad-signature", do: edit(fileTagManifest, func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })},
		"the original is removed":   {verdict: Unverifiable, code: "missing-file", text: clip1 + " is missing", do: remove(clip1)},
		"package.json is removed":   {verdict: Unverifiable, code: "missing-file", text: "package.json is missing", do: remove(filePackage)},
		"the signature is removed":  {verdict: Unverifiable, code: "missing-file", text: "signature is missing", do: remove(fileSignature)},
		"the checkpoint is removed": {verdict: Unverifiable, code: "missing-file", text: "proof/checkpoint is missing", do: remove(fileCheckpoint)},
		"a proof is removed": {forged: true, verdict: Unverifiable, code: "no-proof", text: "cannot be proved without",
			do: func(t *testing.T, s *stage, dir string) { remove(segmentFile(s.rows[1].ID))(t, s, dir) }},
		"the rows are removed": {forged: true, verdict: Unverifiable, code: "missing-line", text: ".units",
			do: func(t *testing.T, s *stage, dir string) { remove(segmentRowsFile(s.rows[1].ID))(t, s, dir) }},
		"the signer's entry is removed": {forged: true, verdict: Unverifiable, code: "unknown-signer", text: "nobody vouches",
			do: edit(fileSigningKey, func(b []byte) []byte {
				var k SigningKey
				_ = decode(b, &k, encode)
				k.Created = nil
				return must(encode(&k))
			})},
		"a file is added": {verdict: NotAuthentic, code: "unknown-file", text: "data/original/more.mp4 does not belong to the package",
			do: func(t *testing.T, _ *stage, dir string) { put(t, dir, "data/original/more.mp4", []byte("x")) }},
		"a listed file is added": {forged: true, verdict: NotAuthentic, code: "unknown-file", text: "does not mention",
			do: func(t *testing.T, _ *stage, dir string) { put(t, dir, "data/original/more.mp4", []byte("x")) }},
		"a document is added": {forged: true, verdict: NotAuthentic, code: "bad-document", text: "run-me.exe",
			do: func(t *testing.T, _ *stage, dir string) { put(t, dir, "run-me.exe", []byte("x")) }},
		"a hidden file is added": {verdict: NotAuthentic, code: "bad-name", text: ".hidden",
			do: func(t *testing.T, _ *stage, dir string) { put(t, dir, ".hidden", []byte("x")) }},
		"a name differs in case alone": {verdict: NotAuthentic, code: "double-name", text: "upper and lower case",
			do: func(t *testing.T, _ *stage, dir string) { put(t, dir, "PACKAGE.json", []byte("x")) }},
		"a link leads out": {verdict: NotAuthentic, code: "strange-file", text: "a symbolic link",
			do: func(t *testing.T, _ *stage, dir string) {
				_ = os.Remove(filepath.Join(dir, filePage))
				if err := os.Symlink("/etc/passwd", filepath.Join(dir, filePage)); err != nil {
					t.Fatal(err)
				}
			}},
		"the checkpoint is another log's": {forged: true, verdict: NotAuthentic, code: "other-log", text: "is not signed by the key that you gave",
			do: func(t *testing.T, s *stage, dir string) {
				_, s.log, _ = ed25519.GenerateKey(rand.Reader)
				c := must(seal.Checkpoint{Origin: s.origin, Size: s.tree.Size(), Root: s.tree.Root()}.Sign(must(seal.NewSigner(s.origin, s.log))))
				put(t, dir, fileCheckpoint, c)
				put(t, dir, fileLogKey, []byte(must(seal.VerifierKey(s.origin, s.log.Public().(ed25519.PublicKey)))+"\n"))
			}},
		"the checkpoint is an older one": {forged: true, verdict: NotAuthentic, code: "bad-proof", text: "which has 3 entries, does not hold it",
			do: func(t *testing.T, s *stage, dir string) {
				c := seal.Checkpoint{Origin: s.origin, Size: 3, Root: must(seal.RootOf(3, s.tree))}
				put(t, dir, fileCheckpoint, must(c.Sign(must(seal.NewSigner(s.origin, s.log)))))
			}},
		"the package is signed by somebody else": {forged: true, verdict: NotAuthentic, code: "other-signer", text: "a key that the log does not announce",
			do: func(t *testing.T, s *stage, dir string) {
				_, s.signing, _ = ed25519.GenerateKey(rand.Reader)
				edit(fileSigningKey, func(b []byte) []byte {
					var k SigningKey
					_ = decode(b, &k, encode)
					k.Verifier = must(VerifierKey(KeyName("library.example"), s.signing.Public().(ed25519.PublicKey)))
					return must(encode(&k))
				})(t, s, dir)
			}},
	}
}

func remove(name string) func(*testing.T, *stage, string) {
	return func(t *testing.T, _ *stage, dir string) {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
}

// grown puts a box behind another and lets the boxes around grow.
func grown(b []byte, behind string, box []byte, around ...string) []byte {
	at := bytes.Index(b, []byte(behind)) - 4
	at += int(binary.BigEndian.Uint32(b[at:]))
	for _, kind := range around {
		i := bytes.Index(b, []byte(kind)) - 4
		binary.BigEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:])+uint32(len(box)))
	}
	return slices.Insert(b, at, box...)
}

func TestEveryCrimeIsTold(t *testing.T) {
	s := newStage(t, false)
	s.record(30, 300)
	content := s.content(cut{window: window(3e6, 27e6)})
	dir := s.write(content)
	all := crimes()
	maps.Copy(all, moreCrimes())
	maps.Copy(all, strictCrimes())
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			own := *s
			bad := copied(t, dir)
			c.do(t, &own, bad)
			if c.forged {
				own.resign(bad)
			}
			r := verify(t, bad, content.LogKey)
			found := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == c.code })
			if r.Verdict != c.verdict || !found || !strings.Contains(r.Text(), c.text) {
				t.Errorf("want %s, %s, %q; got %s", c.verdict, c.code, c.text, r.Text())
				for _, f := range r.Findings {
					t.Logf("%+v", f)
				}
			}
		})
	}
	if r := verify(t, dir, content.LogKey); r.Verdict != Authentic {
		t.Errorf("the package that was copied is not whole any more: %s", r.Text())
	}
}

// TestNoByteCanChange flips bytes in every file of a package, without signing anew: everywhere in small files, here and there in large.
func TestNoByteCanChange(t *testing.T) {
	s := newStage(t, true)
	s.record(4, 60)
	content := s.content(cut{window: window(1e6, 3e6)})
	dir := s.write(content)
	src := must(OpenSource(dir))
	defer src.Close()
	places := 40 // in each file
	if os.Getenv("CUSTODY_ACCEPT") == "1" {
		places = 4000
	}
	for _, l := range must(src.List()) {
		b := read(t, dir, l.Path)
		for at := 0; at < len(b); at += 1 + len(b)/places {
			bad := slices.Clone(b)
			bad[at] ^= byte(1 + at%255)
			put(t, dir, l.Path, bad)
			if r := verify(t, dir, content.LogKey); r.Verdict != NotAuthentic {
				t.Fatalf("byte %d of %s was changed, and the package is %s\n%s", at, l.Path, r.Verdict, r.Text())
			}
		}
		put(t, dir, l.Path, b)
	}
	if r := verify(t, dir, content.LogKey); r.Verdict != Authentic {
		t.Fatal(r.Text())
	}
}

func TestZipFiles(t *testing.T) {
	s := newStage(t, false)
	s.record(5, 300)
	content := s.content(cut{window: window(1e6, 4e6)})
	dir := s.write(content)
	write := func(method uint16, around, extra string) string {
		path := filepath.Join(t.TempDir(), "package.zip")
		f := must(os.Create(path))
		z := zip.NewWriter(f)
		src := must(OpenSource(dir))
		defer src.Close()
		for _, l := range must(src.List()) {
			w := must(z.CreateHeader(&zip.FileHeader{Name: around + l.Path, Method: method}))
			must(w.Write(read(t, dir, l.Path)))
		}
		if extra != "" {
			must(must(z.CreateHeader(&zip.FileHeader{Name: extra})).Write([]byte("x")))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		method        uint16
		around, extra string
		verdict       Verdict
		code          string
	}{
		"stored":                     {zip.Store, "", "", Authentic, ""},
		"compressed, in a folder":    {zip.Deflate, "request 2026-0042/", "", Authentic, ""},
		"with a name that leads out": {zip.Store, "", "../../evil", NotAuthentic, "bad-name"},
		"with an absolute name":      {zip.Store, "", "/etc/evil", NotAuthentic, "bad-name"},
		"with a name twice":          {zip.Store, "", filePackage, NotAuthentic, "double-name"},
		"with a Windows device":      {zip.Store, "", "data/NUL.mp4", NotAuthentic, "bad-name"},
	} {
		r := verify(t, write(c.method, c.around, c.extra), content.LogKey)
		if r.Verdict != c.verdict || c.code != "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == c.code }) {
			t.Errorf("%s: %s", name, r.Text())
		}
	}
}
