package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// gallery is a world whose vault keeps pictures.
type gallery struct {
	*world
	v   *vault.Vault
	dir string
	tk  *take
	g   access.Grant
}

func newGallery(t *testing.T, limit int64) *gallery {
	a := &gallery{world: newWorld(t), dir: filepath.Join(t.TempDir(), "thumbs")}
	a.v = a.reopen(limit)
	a.tk = newTake(noon, 100)
	a.settle(must(a.record(a.v, a.tk, 8).Close(vault.SegmentEnd{})))
	a.g = a.grant(a.tk.head.Run.Camera, access.FootageStill, a.tk.span())
	return a
}

func (a *gallery) reopen(limit int64) *vault.Vault {
	if a.v != nil {
		if err := a.v.Close(); err != nil {
			a.tb.Fatal(err)
		}
	}
	o := a.options()
	o.ThumbDir, o.ThumbBytes = a.dir, limit
	v := must(vault.Open(o))
	a.tb.Cleanup(func() { _ = v.Close() })
	return v
}

func (a *gallery) put(n uint32, kind string, jpeg []byte) {
	a.tb.Helper()
	if err := a.v.PutThumb(a.tb.Context(), a.g, a.tk.head.ID, n, kind, jpeg); err != nil {
		a.tb.Fatal(err)
	}
}

// kept is the picture, or nil if none is kept.
func (a *gallery) kept(n uint32, kind string) []byte {
	a.tb.Helper()
	b, err := a.v.Thumb(a.tb.Context(), a.g, a.tk.head.ID, n, kind)
	if err != nil && custody.KindOf(err) != custody.NotFound {
		a.tb.Fatal(err)
	}
	return b
}

func (a *gallery) files() []string { return must(filepath.Glob(filepath.Join(a.dir, "*"))) }

func TestPicturesAreKeptSealedUnderTheSegmentsKey(t *testing.T) {
	a := newGallery(t, 0)
	small, large := []byte("a small picture"), bytes.Repeat([]byte("a large picture"), 9000)
	if a.kept(0, "160") != nil {
		t.Fatal("a picture that nobody kept")
	}
	a.put(0, "160", small)
	a.put(0, "full", small)
	a.put(0, "full", large)
	a.put(1, "160", large)
	check := func() {
		t.Helper()
		if !bytes.Equal(a.kept(0, "160"), small) || !bytes.Equal(a.kept(0, "full"), large) || !bytes.Equal(a.kept(1, "160"), large) || a.kept(2, "160") != nil {
			t.Fatal("not what was kept")
		}
	}
	check()
	for _, path := range a.files() {
		b := must(os.ReadFile(path))
		if bytes.Contains(b, []byte("picture")) || !strings.HasPrefix(filepath.Base(path), string(a.tk.head.ID)) {
			t.Fatal(path, "tells too much")
		}
	}
	if len(a.files()) != 3 {
		t.Fatal(a.files())
	}
	a.v = a.reopen(0)
	check()
	row := must(a.catalog.Segment(t.Context(), a.tk.head.ID))
	row.WrappedKey = nil // the segment was disposed of
	a.catalog.rows[row.ID] = row
	a.v = a.reopen(0)
	if b, err := a.v.Thumb(t.Context(), a.g, a.tk.head.ID, 0, "160"); err == nil || b != nil {
		t.Fatal("a picture outlives its segment's key")
	}
}

func TestADamagedPictureIsRemoved(t *testing.T) {
	a := newGallery(t, 0)
	for name, spoil := range map[string]func(path string, b []byte) error{
		"a flipped bit":    func(path string, b []byte) error { b[len(b)/2] ^= 1; return os.WriteFile(path, b, 0o600) },
		"cut":              func(path string, b []byte) error { return os.WriteFile(path, b[:5], 0o600) },
		"empty":            func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) },
		"gone":             func(path string, _ []byte) error { return os.Remove(path) },
		"too large":        func(path string, _ []byte) error { return os.Truncate(path, 100<<20) },
		"another fragment": func(path string, b []byte) error { return os.Rename(path, strings.Replace(path, ".3.", ".4.", 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			a.put(4, "160", []byte("the fourth"))
			a.put(3, "160", []byte("the third"))
			path := filepath.Join(a.dir, string(a.tk.head.ID)+".3.160.thumb")
			if err := spoil(path, must(os.ReadFile(path))); err != nil {
				t.Fatal(err)
			}
			if got := a.kept(3, "160"); got != nil {
				t.Fatalf("%q", got)
			}
			if name == "another fragment" && a.kept(4, "160") != nil {
				t.Fatal("a picture stands for another")
			}
			if _, err := os.Stat(path); err == nil {
				t.Fatal("it is still there")
			}
		})
	}
}

func TestPicturesAreBoundedAndTheLeastUsedGoFirst(t *testing.T) {
	const each = 100 << 10
	a := newGallery(t, 5*each)
	jpeg := bytes.Repeat([]byte{1}, each-100)
	for n := range uint32(4) {
		a.put(n, "full", jpeg)
	}
	a.kept(0, "full") // used again, so that 1 goes first
	for n := range uint32(3) {
		a.put(4+n, "full", jpeg)
	}
	for n, want := range []bool{true, false, false, true, true, true, true} {
		if got := a.kept(uint32(n), "full") != nil; got != want {
			t.Errorf("picture %d: kept %v", n, got)
		}
	}
	write(t, filepath.Join(a.dir, "half.thumb.tmp"), []byte("half"))
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(a.dir, string(a.tk.head.ID)+".5.full.thumb"), old, old); err != nil {
		t.Fatal(err)
	}
	a.v = a.reopen(4 * each)
	if a.kept(5, "full") != nil || a.kept(6, "full") == nil || len(a.files()) != 4 {
		t.Error("after a restart with a lower limit are left:", a.files())
	}
}

func TestPicturesAreJudgedLikeFootage(t *testing.T) {
	a := newGallery(t, 0)
	a.put(0, "160", []byte("a picture"))
	id, camera := a.tk.head.ID, a.tk.head.Run.Camera
	later := custody.Span{Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)}
	for name, g := range map[string]access.Grant{
		"nobody's": {}, "of a list": a.grant(camera, access.FootageList, a.tk.span()), "of another hour": a.grant(camera, access.FootageStill, later),
		"of another camera": a.grant(custody.NewCameraID(), access.FootageStill, a.tk.span()),
	} {
		b, err := a.v.Thumb(t.Context(), g, id, 0, "160")
		put := a.v.PutThumb(t.Context(), g, id, 0, "160", []byte("another"))
		if err == nil || b != nil || put == nil || custody.KindOf(err) != custody.KindOf(put) {
			t.Error("a Grant", name, err, put)
		}
	}
	if string(a.kept(0, "160")) != "a picture" {
		t.Error("it was replaced")
	}
	for _, kind := range []string{"", "../../etc", "a.b", strings.Repeat("a", 17), "A"} {
		if err := a.v.PutThumb(t.Context(), a.g, id, 0, kind, []byte("x")); custody.KindOf(err) != custody.Invalid {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	for _, jpeg := range [][]byte{nil, make([]byte, vault.MaxThumb+1)} {
		if err := a.v.PutThumb(t.Context(), a.g, id, 0, "160", jpeg); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%d bytes: %v", len(jpeg), err)
		}
	}
	if err := a.v.PutThumb(t.Context(), a.g, id, 99, "160", []byte("x")); custody.KindOf(err) != custody.NotFound {
		t.Error(err)
	}
	w := newWorld(t) // keeps none
	v, tk := w.open(), newTake(noon, 100)
	w.record(v, tk, 1)
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	if err := v.PutThumb(t.Context(), g, tk.head.ID, 0, "160", []byte("x")); err != nil {
		t.Error(err)
	}
	if _, err := v.Thumb(t.Context(), g, tk.head.ID, 0, "160"); custody.KindOf(err) != custody.NotFound {
		t.Error(err)
	}
}
