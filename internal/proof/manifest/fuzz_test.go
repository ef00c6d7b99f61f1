package manifest

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// kept is the first package of the format, as the command's tests keep it.
const kept = "../../../cmd/custody-verify/testdata/package"

func seed(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(kept, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzPackage(f *testing.F) {
	seed(f, filePackage)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePackage(b)
		if err != nil {
			return
		}
		if again, err := encode(&p); err != nil || !bytes.Equal(again, b) {
			t.Errorf("it has two spellings")
		}
		if bytes.Contains(page(&p, "key"), []byte("<script")) {
			t.Error("the page carries a script")
		}
	})
}

func FuzzCustody(f *testing.F) {
	seed(f, fileCustody)
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := ParseCustody(b)
		if err != nil {
			return
		}
		if again, err := encodeCustody(entries); err != nil || !bytes.Equal(again, b) {
			t.Error("it has two spellings")
		}
	})
}

func FuzzSums(f *testing.F) {
	seed(f, fileTagManifest)
	seed(f, fileManifest)
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseSums(b); err == nil && !bytes.Equal(s.encode(), b) {
			t.Error("it has two spellings")
		}
	})
}

func FuzzSegmentProof(f *testing.F) {
	seed(f, dirSegments+"*.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parseSegmentProof(b)
		if err != nil {
			return
		}
		s := &provedSegment{proof: p}
		if s.prove(p.Segment, seal.Checkpoint{Origin: "x/custody/log/1", Size: 3}) == nil {
			t.Error("it is proved by an empty root")
		}
	})
}

func FuzzRows(f *testing.F) {
	seed(f, dirSegments+"*.units")
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parseRows(b)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range rows {
			again = appendRow(again, r)
		}
		if !bytes.Equal(again, b) {
			t.Error("it has two spellings")
		}
	})
}

// FuzzTable holds our reading of the fragment table against the recorder's.
func FuzzTable(f *testing.F) {
	packed := must(media.PackFragments([]media.FragmentInfo{
		{WallStart: noon, MediaTicks: 180000, WallEnd: noon + 2e6, Length: 900, Offset: 28, Units: 30, RandomAccess: true},
		{Number: 1, WallStart: noon + 2e6, FirstTick: 180000, MediaTicks: 90000, WallEnd: noon + 3e6, Length: 400, Offset: 928, Units: 12, Damaged: 1, ClockError: -5},
		{Number: 3, WallStart: noon + 4e6, FirstTick: 360000, MediaTicks: 90000, WallEnd: noon + 5e6, Length: 400, Offset: 2000, Units: 1},
	}))
	f.Add(packed)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseTable(b)
		want, bad := media.UnpackFragments(b)
		if bad != nil || err != nil {
			return
		}
		for i, w := range want {
			g := got[i]
			if g.wall != (custody.Span{Start: w.WallStart, End: w.WallEnd}) || g.firstTick != w.FirstTick || g.ticks != w.MediaTicks || g.units != uint64(w.Units) {
				t.Fatalf("fragment %d: %+v, the recorder reads %+v", i, g, w)
			}
			for _, pts := range []int64{w.FirstTick, w.FirstTick + 1, w.FirstTick - 7001, w.FirstTick + 123456} {
				if wall := g.wallOf(pts, 90000, 90000); wall != media.UnitWall(w, 90000, pts) {
					t.Fatalf("tick %d: %s, the recorder says %s", pts, wall, media.UnitWall(w, 90000, pts))
				}
				if wall := g.wallOf(pts, 48000, 90000); wall != media.TrackWall(w, 90000, 48000, pts) {
					t.Fatalf("tick %d of the sound: %s, the recorder says %s", pts, wall, media.TrackWall(w, 90000, 48000, pts))
				}
			}
		}
	})
}

func FuzzSignature(f *testing.F) {
	seed(f, fileSignature)
	seed(f, fileSigningKey)
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := parseVerifierKey(string(b)); err == nil {
			if again, err := VerifierKey(k.name, k.pub); err != nil || again != string(b) {
				t.Error("a key has two spellings")
			}
		}
		k := SigningKey{}
		if decode(b, &k, encode) == nil {
			if key, err := parseVerifierKey(k.Verifier); err == nil && key.verify(b, "x", Digest{}) == nil {
				t.Error("a key signs itself")
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"data/original/a.mp4", "../x", "/etc", "a//b", "NUL", "a.", "com1.txt", "C:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckPath(s) == nil && (!filepath.IsLocal(filepath.FromSlash(s)) || strings.ContainsAny(s, "\\:\x00")) {
			t.Errorf("%q leads out of the package", s)
		}
	})
}

func FuzzZip(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w := must(z.Create("p/" + fileBagit))
	must(w.Write([]byte(bagit)))
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.zip")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := OpenSource(path)
		if err != nil {
			return
		}
		defer src.Close()
		if r, err := Verify(context.Background(), src, Options{}); err == nil && r.Good() {
			t.Errorf("a made-up zip file is %s", r.Verdict)
		}
	})
}

// FuzzOriginal lets anything be the footage of a package that is otherwise whole.
func FuzzOriginal(f *testing.F) {
	seed(f, clip1)
	dir := filepath.Join(f.TempDir(), "package")
	if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
		f.Fatal(err)
	}
	whole := read(f, dir, clip1)
	f.Fuzz(func(t *testing.T, b []byte) {
		src := &swapped{Source: must(OpenSource(dir)), b: b}
		defer src.Close()
		r, err := Verify(context.Background(), src, Options{})
		if err == nil && r.Good() != bytes.Equal(b, whole) {
			t.Errorf("%d bytes are %s", len(b), r.Verdict)
		}
	})
}

// swapped is a package with another original.
type swapped struct {
	Source
	b []byte
}

func (s *swapped) List() ([]Listed, error) {
	l, err := s.Source.List()
	for i := range l {
		if l[i].Path == clip1 {
			l[i].Size = int64(len(s.b))
		}
	}
	return l, err
}

func (s *swapped) Open(path string) (File, error) {
	if path == clip1 {
		return section{bytes.NewReader(s.b)}, nil
	}
	return s.Source.Open(path)
}
