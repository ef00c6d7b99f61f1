package manifest

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// cut is what a package is made of: the window that was decided, and what of it is left out on purpose.
type cut struct {
	window  custody.Span
	silent  bool // the sound is left out
	closed  bool // the run header is not disclosed
	viewing bool // with a viewing copy
	redact  bool // a redacted copy alone
	gap     *Gap
	name    string // of the original; front-desk if empty
}

const secondOf = custody.Instant(1_000_000)

func window(from, to custody.Instant) custody.Span {
	return custody.Span{Start: noon + from, End: noon + to}
}

// content makes the content of a package out of what was recorded.
func (s *stage) content(c cut) Content {
	if c.redact {
		return s.derived(c)
	}
	begin := custody.Instant(0) // of the first random access unit inside the window
	var segments []Segment
	var units []disclosure
	item := s.item(c, Granted)
	r := Rendition{Path: "data/original/" + cmp.Or(c.name, "front-desk") + ".mp4", Kind: Original, Span: SpanOf(c.window), Codec: "h264", Run: s.run.Run, Stream: s.run.Stream}
	for _, t := range s.run.Tracks {
		if t.ID == 1 || !c.silent {
			r.Tracks = append(r.Tracks, Track{ID: t.ID, Codec: string(t.Codec), Timescale: t.Timescale, Base: -2 * int64(t.Timescale)})
		}
	}
	for _, row := range s.rows {
		if !row.Span.Overlaps(c.window) {
			continue
		}
		within := map[int]bool{}
		n := -1
		leaves, shown, kept := s.unitsOf(row, func(u media.Unit, wall custody.Instant) bool {
			n++
			if !c.window.Contains(wall) {
				return false
			}
			if begin == 0 && u.Track == 1 && u.Flags&media.RandomAccess != 0 {
				begin = wall
			}
			within[n] = true
			return begin != 0 && wall >= begin && (u.Track == 1 || !c.silent)
		})
		units = append(units, kept...)
		r.Segments = append(r.Segments, row.ID)
		r.LeftOut = append(r.LeftOut, leftOut(row.ID, shown, within)...)
		item.Segments = append(item.Segments, s.noted(row))
		segments = append(segments, must(Prove(row.ID, row.Root, must(s.run.Encode()), !c.closed, leaves, []Shown{{r.Path, shown}}, row.Fragments, s.sealedEvent(row.ID))))
	}
	item.Renditions = []Rendition{r}
	data := []Data{bytesOf(r.Path, s.film(units, len(r.Tracks)))}
	if c.viewing {
		data = append(data, bytesOf("data/viewing/front-desk.mp4", s.blank()))
		item.Renditions = append(item.Renditions, Rendition{Path: "data/viewing/front-desk.mp4", Kind: Viewing, Span: SpanOf(c.window), Codec: "h264",
			Parents: []Parent{{Segment: item.Segments[0].ID, SHA256: item.Segments[0].SHA256}}})
	}
	return s.around(item, data, segments)
}

// blank is a file that is footage, whatever it shows.
func (s *stage) blank() []byte { return must(media.InitSection(s.run.Tracks)) }

// leftOut lists what lies in the window and is not shown, and what lies between two units that are shown: the sound of a fragment
// follows all its pictures, so that some of these may be of after the window.
func leftOut(id custody.SegmentID, shown []*Unit, within map[int]bool) (out []LeftOut) {
	is := func(u *Unit) bool { return u != nil }
	first, last := slices.IndexFunc(shown, is), len(shown)
	for last > 0 && !is(shown[last-1]) {
		last--
	}
	for i, u := range shown {
		if u != nil || !within[i] && (i < first || i >= last) {
			continue
		}
		leaf := uint64(i) + 1
		if n := len(out); n > 0 && out[n-1].From+out[n-1].Count == leaf {
			out[n-1].Count++
			continue
		}
		out = append(out, LeftOut{Segment: id, From: leaf, Count: 1, Reason: "before the first picture that can be decoded alone, or sound"})
	}
	return out
}

func (s *stage) noted(row media.SegmentRow) SegmentNote {
	return SegmentNote{ID: row.ID, Stream: row.Stream, Run: row.Run, Number: row.Number, Span: SpanOf(row.Span), Sealed: Time(row.SealedAt), Size: row.ObjectSize, SHA256: row.ObjectDigest}
}

func (s *stage) item(c cut, o Outcome) Item {
	item := Item{Number: "1", Outcome: o, Camera: Camera{ID: s.run.Camera, Name: "Front desk"}, Requested: SpanOf(c.window), Decided: SpanOf(c.window),
		Clock: []ClockSample{{At: Time(noon), Clock: "camera", Offset: -1200, Source: "RTCP sender report"}}}
	if c.gap != nil {
		item.Gaps = []Gap{*c.gap}
	}
	return item
}

// derived is a package with a redacted copy alone.
func (s *stage) derived(c cut) Content {
	item := s.item(c, Redacted)
	item.Citation = "22.7(13)"
	item.Segments = []SegmentNote{s.noted(s.rows[0])}
	item.Renditions = []Rendition{{Path: "data/redacted/front-desk.mp4", Kind: Redact, Span: SpanOf(c.window), Codec: "h264",
		Parents: []Parent{{Segment: s.rows[0].ID, SHA256: s.rows[0].ObjectDigest}}}}
	return s.around(item, []Data{bytesOf(item.Renditions[0].Path, s.blank())}, nil)
}

// around adds everything else.
func (s *stage) around(item Item, data []Data, segments []Segment) Content {
	signer := must(seal.NewSigner(s.origin, s.log))
	body := s.events[1]
	c := Content{
		Package: Package{Format: Format, ID: "pkg_1", Made: Time(noon + 7200*secondOf), Site: Site{Name: "Example Public Library", Zone: "America/Chicago"},
			Request:  Request{Number: "2026-0042", Kind: "law-enforcement", Received: Time(noon + 3600*secondOf), Logged: Time(noon + 3660*secondOf)},
			Prepared: Person{Role: "clerk", At: Time(noon + 3700*secondOf)}, Decided: Person{Role: "director", At: Time(noon + 3800*secondOf)},
			Items: []Item{item}, Tools: []Tool{{"custody", "1.0"}}},
		Custody: []Entry{
			{At: Time(body.At), Act: string(body.Type), By: "system", Item: "1", Event: s.logged(1)},
			{At: Time(noon + 3800*secondOf), Act: "item.decided", By: "director", Item: "1", Detail: "granted <in full> & at once"},
		},
		Segments: func(yield func(Segment, error) bool) {
			for _, p := range segments {
				if !yield(p, nil) {
					return
				}
			}
		},
		Checkpoint: must(seal.Checkpoint{Origin: s.origin, Size: s.tree.Size(), Root: s.tree.Root()}.Sign(signer)),
		LogKey:     must(seal.VerifierKey(s.origin, s.log.Public().(ed25519.PublicKey))),
		SigningKey: SigningKey{Verifier: must(VerifierKey(KeyName("library.example"), s.signing.Public().(ed25519.PublicKey))), Created: s.logged(0)},
		Data:       data,
	}
	return c
}

// write makes a package that must verify, and returns its folder.
func (s *stage) write(c Content) string {
	s.tb.Helper()
	dir := filepath.Join(s.tb.TempDir(), "package")
	report, err := Write(context.Background(), dir, c, s.signing)
	if err != nil {
		s.tb.Fatalf("%v\n%s", err, report.Text())
	}
	return dir
}

// resign makes a changed folder look as if the site had made it so: every manifest and the signature are written anew. That is what
// somebody with the package-signing key, but not the log's, can do.
func (s *stage) resign(dir string) {
	s.tb.Helper()
	tags, data := sums{}, sums{}
	octets := int64(0)
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || !info.Mode().IsRegular() {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		b, err := os.ReadFile(path)
		switch {
		case strings.HasPrefix(name, dirData):
			data[name], octets = sha256.Sum256(b), octets+int64(len(b))
		case name != fileSignature && name != fileTagManifest && name != fileManifest && name != fileBagInfo:
			tags[name] = sha256.Sum256(b)
		}
		return err
	})
	if err != nil {
		s.tb.Fatal(err)
	}
	p, _ := ParsePackage(read(s.tb, dir, filePackage))
	put(s.tb, dir, fileManifest, data.encode())
	put(s.tb, dir, fileBagInfo, bagInfo(&p, len(data), octets))
	for _, name := range []string{fileManifest, fileBagInfo} {
		tags[name] = sha256.Sum256(read(s.tb, dir, name))
	}
	raw := tags.encode()
	put(s.tb, dir, fileTagManifest, raw)
	put(s.tb, dir, fileSignature, must(sign(s.signing, KeyName("library.example"), p.ID, sha256.Sum256(raw))))
}

func read(tb testing.TB, dir, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func put(tb testing.TB, dir, name string, b []byte) {
	tb.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		tb.Fatal(err)
	}
}

// verify checks a package with keys from outside.
func verify(tb testing.TB, path string, keys ...string) Report {
	tb.Helper()
	src, err := OpenSource(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	r, err := Verify(context.Background(), src, Options{LogKeys: keys})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// copied is a copy of a package to change.
func copied(tb testing.TB, dir string) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		tb.Fatal(err)
	}
	return to
}
