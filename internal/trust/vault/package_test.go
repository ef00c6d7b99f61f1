package vault_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
)

// packing is a site with a package's folder, and a preparer who hands packages over.
type packing struct {
	*world
	v     *vault.Vault
	site  *accesstest.Site
	staff access.Actor
	id    custody.PackageID
	dir   string
	files map[string][]byte
}

// packageSizes are sizes of files around the size of a chunk, so that files end and begin everywhere in one.
func packageSizes() map[string]int {
	return map[string]int{
		"bagit.txt": 55, "package.json": 4000, "empty.txt": 0, "proof/log-key": 1, "data/original/a.mp4": 1<<20 - 4056, "data/original/b.mp4": 1 << 20,
		"data/viewing/a.mp4": 5<<20 + 17, "proof/segments/x.units": 70_000, "signature": 300,
	}
}

func newPacking(t testing.TB, sizes map[string]int) *packing {
	p := &packing{world: newWorld(t), site: accesstest.New(noon), id: custody.NewPackageID(), files: map[string][]byte{}}
	p.v = p.open()
	p.staff = p.site.Person(t, identity.Preparer)
	p.dir = filepath.Join(t.TempDir(), "package")
	r := rand.NewChaCha8([32]byte{9})
	for path, size := range sizes {
		b := make([]byte, size)
		r.Read(b)
		p.files[path] = b
		name := filepath.Join(p.dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *packing) may(action access.Action, id custody.PackageID) access.Grant {
	p.tb.Helper()
	p.site.PutMatter(string(id), access.MatterFacts{Request: custody.NewRequestID(), Kind: access.OpenRecords, Open: true, Ready: true})
	g, err := p.site.Judge().Decide(p.tb.Context(), p.staff, access.Ask{Action: action, Subject: string(id)})
	if err != nil {
		p.tb.Fatal(err)
	}
	return g
}

// pack stores a folder that lies there whole.
func pack(ctx context.Context, v *vault.Vault, id custody.PackageID, dir string, progress func(done, total int64)) (vault.SealedPackage, error) {
	p, err := v.Pack(id, dir)
	if err != nil {
		return vault.SealedPackage{}, err
	}
	return v.PutPackage(ctx, p, progress)
}

func (p *packing) put() vault.SealedPackage {
	p.tb.Helper()
	sealed, err := pack(p.tb.Context(), p.v, p.id, p.dir, nil)
	if err != nil {
		p.tb.Fatal(err)
	}
	return sealed
}

// wantWhole reads every file: whole, and in many places at once.
func (p *packing) wantWhole(opened *vault.Package) {
	p.tb.Helper()
	var paths []string
	for _, f := range opened.Files() {
		paths = append(paths, f.Path)
		if f.Size != int64(len(p.files[f.Path])) {
			p.tb.Fatalf("%s has %d bytes, not %d", f.Path, f.Size, len(p.files[f.Path]))
		}
		r := must(opened.Open(f.Path))
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()+1))
		if err != nil || !bytes.Equal(got, p.files[f.Path]) {
			p.tb.Fatalf("%s: %d bytes of %d, %v", f.Path, len(got), len(p.files[f.Path]), err)
		}
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() { p.readAround(r, p.files[f.Path], uint64(n)) })
		}
		all.Wait()
		if err := r.Close(); err != nil {
			p.tb.Fatal(err)
		}
	}
	if len(paths) != len(p.files) || !slices.IsSorted(paths) {
		p.tb.Fatalf("the files are %v", paths)
	}
}

func (p *packing) readAround(r *vault.PackedReader, want []byte, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 40 {
		b, off := make([]byte, 1+rnd.IntN(3<<20>>rnd.IntN(20))), rnd.IntN(len(want)+2)
		n, err := r.ReadAt(b, int64(off))
		rest := want[min(off, len(want)):]
		if n != min(len(b), len(rest)) || !bytes.Equal(b[:n], rest[:n]) || (n < len(b)) != errors.Is(err, io.EOF) || n == len(b) && err != nil {
			p.tb.Errorf("%d bytes at %d of %d: %d bytes, %v", len(b), off, len(want), n, err)
			return
		}
	}
}

// TestAPackageIsReadAsItWasPut goes through a package over a store in memory and one on disk.
func TestAPackageIsReadAsItWasPut(t *testing.T) {
	for name, on := range map[string]bool{"memory": false, "disk": true} {
		t.Run(name, func(t *testing.T) {
			p := newPacking(t, packageSizes())
			if on {
				o := p.options()
				o.Objects, o.Record = must(disk.Open(filepath.Join(t.TempDir(), "objects"), disk.Options{Create: true})), false
				p.v = must(vault.Open(o))
			}
			var told []int64
			sealed, err := pack(t.Context(), p.v, p.id, p.dir, func(done, total int64) { told = append(told, done, total) })
			if err != nil {
				t.Fatal(err)
			}
			if len(told) < 4 || told[len(told)-2] != told[len(told)-1] {
				t.Errorf("progress %v", told)
			}
			if _, err := os.Stat(p.dir + ".sealed"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the working file stays: %v", err)
			}
			if err := p.v.VerifyPackage(t.Context(), p.id, sealed); err != nil {
				t.Error(err)
			}
			p.wantWhole(must(p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed)))
			if _, err := pack(t.Context(), p.v, p.id, p.dir, nil); custody.KindOf(err) != custody.Exists {
				t.Errorf("the same id twice: %v", err)
			}
			for range 2 {
				if err := p.v.PurgePackage(t.Context(), p.id); err != nil {
					t.Error(err)
				}
			}
			if _, err := p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed); custody.KindOf(err) != custody.NotFound {
				t.Errorf("after the purge: %v", err)
			}
			again, err := pack(t.Context(), p.v, p.id, p.dir, nil)
			if err != nil || again.Digest == sealed.Digest {
				t.Errorf("stored again under the same key: %v", err)
			}
		})
	}
}

// TestWhoOpensWhatOfAPackage is the table of Grants: papers to who may see the request, footage to who hands it over.
func TestWhoOpensWhatOfAPackage(t *testing.T) {
	p := newPacking(t, packageSizes())
	sealed := p.put()
	camera := p.site.AddCamera(access.PublicArea)
	look := must(p.site.Judge().Decide(t.Context(), p.staff, access.Ask{Action: access.FootageList, Camera: camera,
		Span: custody.Span{Start: noon, End: noon + 1}, Purpose: "a test"}))
	for name, c := range map[string]struct {
		g             access.Grant
		opens         bool
		papers, films bool
	}{
		"nobody":                        {access.Grant{}, false, false, false},
		"hand-over":                     {p.may(access.PackageHandOver, p.id), true, true, true},
		"hand-over of another package":  {p.may(access.PackageHandOver, custody.NewPackageID()), false, false, false},
		"seeing the request":            {p.may(access.RequestView, p.id), true, true, false},
		"seeing another package":        {p.may(access.RequestView, custody.NewPackageID()), false, false, false},
		"seeing a list of footage":      {look, false, false, false},
		"the system, for the same item": {p.grant(camera, access.FootageExport, custody.Span{Start: noon, End: noon + 1}), true, true, true},
		"an operator who looks":         {p.grant(camera, access.FootageRead, custody.Span{Start: noon, End: noon + 1}), false, false, false},
	} {
		opened, err := p.v.OpenPackage(t.Context(), c.g, p.id, sealed)
		if (err == nil) != c.opens || err != nil && custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		for path := range p.files {
			_, err := opened.Open(path)
			want := c.papers
			if strings.HasPrefix(path, "data/") {
				want = c.films
			}
			if (err == nil) != want || err != nil && custody.KindOf(err) != custody.Denied {
				t.Errorf("%s, %s: %v", name, path, err)
			}
		}
		for _, path := range []string{"", "data", "data/original", "/bagit.txt", "../bagit.txt", "bagit.txt\x00"} {
			if _, err := opened.Open(path); custody.KindOf(err) != custody.NotFound {
				t.Errorf("%s, %q: %v", name, path, err)
			}
		}
	}
}

// TestARecallEndsTheReading recalls a package while it is read.
func TestARecallEndsTheReading(t *testing.T) {
	p := newPacking(t, packageSizes())
	sealed := p.put()
	opened := must(p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed))
	r := must(opened.Open("data/viewing/a.mp4"))
	b := make([]byte, 10)
	must(r.ReadAt(b, 0))
	p.site.PutMatter(string(p.id), access.MatterFacts{Request: custody.NewRequestID(), Kind: access.OpenRecords, Open: true})
	p.site.Advance(3_000_000_000)
	if _, err := r.ReadAt(b, 0); custody.KindOf(err) != custody.Denied {
		t.Errorf("the same reader: %v", err)
	}
	if _, err := opened.Open("bagit.txt"); custody.KindOf(err) != custody.Denied {
		t.Errorf("another file: %v", err)
	}
}

// TestEveryPartOfAPackageIsWatched changes the object in many places, cuts it and exchanges parts: nothing altered is read as if it were
// right, and the verification names it every time.
func TestEveryPartOfAPackageIsWatched(t *testing.T) {
	p := newPacking(t, packageSizes())
	sealed := p.put()
	whole := bytes.Clone(p.objects.held[string(p.id)])
	const chunk = 1<<20 + 28
	changes := map[string]func([]byte) []byte{
		"cut":    func(b []byte) []byte { return b[:len(b)-1] },
		"empty":  func([]byte) []byte { return nil },
		"longer": func(b []byte) []byte { return append(b, 0) },
		"swapped": func(b []byte) []byte {
			return slices.Concat(b[:28], b[28+chunk:28+2*chunk], b[28:28+chunk], b[28+2*chunk:])
		},
		"repeated": func(b []byte) []byte { copy(b[28+chunk:], b[28:28+chunk]); return b },
	}
	for _, at := range []int{0, 7, 11, 12, 27, 28, 40, 28 + chunk - 1, 28 + chunk, len(whole) / 2, len(whole) - 45, len(whole) - 100, len(whole) - 200} {
		changes[fmt.Sprint("byte ", at)] = func(b []byte) []byte { b[at] ^= 0x10; return b }
	}
	for i := 1; i <= 44; i++ {
		changes[fmt.Sprint("byte -", i)] = func(b []byte) []byte { b[len(b)-i] ^= 1; return b }
	}
	for name, change := range changes {
		p.objects.held[string(p.id)] = change(bytes.Clone(whole))
		if err := p.v.VerifyPackage(t.Context(), p.id, sealed); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: verified: %v", name, err)
		}
		opened, err := p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed)
		if err != nil {
			if custody.KindOf(err) != custody.Corrupt {
				t.Errorf("%s: opened: %v", name, err)
			}
			continue
		}
		for path, want := range p.files {
			got, err := io.ReadAll(io.NewSectionReader(must(opened.Open(path)), 0, int64(len(want))))
			if err == nil && !bytes.Equal(got, want) || err != nil && custody.KindOf(err) != custody.Corrupt {
				t.Errorf("%s: %s: %d bytes, %v", name, path, len(got), err)
			}
		}
	}
	p.objects.held[string(p.id)] = whole
	other := sealed
	other.Digest[0] ^= 1
	if err := p.v.VerifyPackage(t.Context(), p.id, other); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("another digest: %v", err)
	}
	other = sealed
	other.Wrapped = slices.Clone(sealed.Wrapped)
	other.Wrapped[5] ^= 1
	if err := p.v.VerifyPackage(t.Context(), p.id, other); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("another key: %v", err)
	}
	id := custody.NewPackageID() // a row that was moved to another package, and the object with it
	p.objects.held[string(id)] = whole
	if err := p.v.VerifyPackage(t.Context(), id, sealed); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("under another id: %v", err)
	}
}

// TestNothingOfAPackageIsHalfVisible stops the storing of a package in many places. What is there afterwards is nothing, or whole.
func TestNothingOfAPackageIsHalfVisible(t *testing.T) {
	p := newPacking(t, packageSizes())
	d := &faultyDisk{room: -1}
	p.disk = d
	o := p.options()
	o.Record = false
	p.v = must(vault.Open(o))
	gone := func(name string, kind custody.Kind, err error) {
		t.Helper()
		if custody.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(p.dir + ".sealed"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the working file stays", name)
		}
		if len(p.objects.held) != 0 {
			t.Errorf("%s: an object stays", name)
		}
	}
	for _, room := range []int64{0, 10, 28, 1 << 20, 3<<20 + 5, 7 << 20, 7<<20 + 60_000} {
		d.set(func(d *faultyDisk) { d.room = room })
		_, err := pack(t.Context(), p.v, p.id, p.dir, nil)
		gone(fmt.Sprint("room for ", room), custody.Exhausted, err)
	}
	d.set(func(d *faultyDisk) { d.room, d.writes = -1, syscall.EIO })
	_, err := pack(t.Context(), p.v, p.id, p.dir, nil)
	gone("writing", custody.Unavailable, err)
	d.set(func(d *faultyDisk) { d.writes = nil })
	p.objects.fail = custody.Errorf(custody.Unavailable, "down")
	_, err = pack(t.Context(), p.v, p.id, p.dir, nil)
	gone("the store is down", custody.Unavailable, err)
	p.objects.fail = nil
	calls := 0
	ctx := &endingContext{Context: t.Context(), after: 4, calls: &calls}
	_, err = pack(ctx, p.v, p.id, p.dir, nil)
	gone("stopped", custody.Unavailable, err)
	grow := filepath.Join(p.dir, "data/viewing/a.mp4")
	_, err = pack(t.Context(), p.v, p.id, p.dir, func(done, total int64) {
		if done < 2<<20 {
			must(0, os.WriteFile(grow, append(bytes.Clone(p.files["data/viewing/a.mp4"]), 1), 0o600))
		}
	})
	gone("a file that grows", custody.Conflict, err)
	must(0, os.WriteFile(grow, p.files["data/viewing/a.mp4"], 0o600))
	must(0, os.WriteFile(p.dir+".sealed", []byte("of an attempt that was killed"), 0o600))
	sealed := p.put()
	if sum := sha256.Sum256(p.objects.held[string(p.id)]); sum != sealed.Digest {
		t.Error("the digest is not the object's")
	}
	p.wantWhole(must(p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed)))
}

func TestOnlyPlainFilesArePacked(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"a link":          func(dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "data", "x")) },
		"a linked folder": func(dir string) error { return os.Symlink("/etc", filepath.Join(dir, "etc")) },
		"a pipe":          func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "p"), 0o600) },
		"a long name": func(dir string) error {
			long := filepath.Join(dir, strings.Repeat("a", 200), strings.Repeat("b", 200))
			return errors.Join(os.MkdirAll(filepath.Dir(long), 0o700), os.WriteFile(long, nil, 0o600))
		},
		"nothing":   os.RemoveAll,
		"no files":  func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) },
		"no folder": func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
	} {
		p := newPacking(t, map[string]int{"bagit.txt": 3, "data/a": 4})
		must(0, spoil(p.dir))
		if _, err := pack(t.Context(), p.v, p.id, p.dir, nil); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newPacking(t, map[string]int{"a": 1})
	for _, id := range []custody.PackageID{"", "pkg_", custody.PackageID(custody.NewSegmentID())} {
		if _, err := pack(t.Context(), p.v, id, p.dir, nil); custody.KindOf(err) != custody.Invalid {
			t.Errorf("id %q: %v", id, err)
		}
		if err := p.v.PurgePackage(t.Context(), id); custody.KindOf(err) != custody.Invalid {
			t.Errorf("id %q purged: %v", id, err)
		}
	}
}
