package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

const key = "seg_abcdefghijklmnopqrstuvwxyz"

// tape is a hook that records the steps and fails one of them.
type tape struct {
	mu    sync.Mutex
	root  string
	steps []string
	fail  disk.Step
	on    string // only where the path contains this
	err   error
}

func (p *tape) hook(s disk.Step, path string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	rel, err := filepath.Rel(p.root, path)
	switch {
	case err != nil || strings.HasPrefix(rel, ".."):
		rel = "source"
	case strings.HasPrefix(rel, ".tmp/"):
		rel = "copy"
	}
	p.steps = append(p.steps, string(s)+" "+rel)
	if p.err != nil && s == p.fail && strings.Contains(rel, p.on) {
		return p.err
	}
	return nil
}

// rewind forgets what was recorded and sets what fails next.
func (p *tape) rewind(fail disk.Step, on string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps, p.fail, p.on, p.err = nil, fail, on, err
}

func taped(t *testing.T, root string) (*disk.Store, *tape) {
	t.Helper()
	p := &tape{root: root}
	d := open(t, root, disk.Options{Create: true, Hook: p.hook})
	p.rewind("", "", nil)
	return d, p
}

func wants(t *testing.T, kind custody.Kind, err error, what string) {
	t.Helper()
	if err == nil || custody.KindOf(err) != kind {
		t.Fatalf("%s: %v (%v); want %v", what, err, custody.KindOf(err), kind)
	}
}

func TestOrderOfDurability(t *testing.T) {
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	for name, c := range map[string]struct {
		root string
		want []string
	}{
		"linked": {t.TempDir(), []string{"sync-file source", "link ab/" + key, "sync-dir .", "link ab/" + key, "sync-dir ab"}},
		"copied": {otherFileSystem(t), []string{"write copy", "sync-file copy", "link ab/" + key, "sync-dir .", "link ab/" + key, "sync-dir ab"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := taped(t, c.root)
			if err := d.Put(t.Context(), key, src); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, p.steps); diff != "" {
				t.Error(diff)
			}
			p.rewind("", "", nil)
			if err := d.Put(t.Context(), key, src); err != nil {
				t.Fatal(err)
			}
			if end := p.steps[len(p.steps)-2:]; !slices.Equal(end, []string{"sync-file ab/" + key, "sync-dir ab"}) {
				t.Errorf("the retry does not make the object durable: %v", p.steps)
			}
		})
	}
}

// TestFaults fails every step in turn: the put is Unavailable, the key absent or whole, the retry succeeds.
func TestFaults(t *testing.T) {
	data := objecttest.Bytes(1, 600_000)
	src := objecttest.WriteSource(t, t.TempDir(), data)
	for _, root := range []string{t.TempDir(), otherFileSystem(t)} {
		d, p := taped(t, root)
		n := 0
		for _, step := range []disk.Step{disk.StepWrite, disk.StepSyncFile, disk.StepLink, disk.StepSyncDir} {
			for _, errno := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS, syscall.EDQUOT} {
				n++
				k := fmt.Sprintf("seg_%02dfault", n)
				p.rewind(step, "", errno)
				err := d.Put(t.Context(), k, src)
				if linked := !slices.Contains(p.steps, "write copy"); step == disk.StepWrite && linked {
					continue
				}
				wants(t, custody.Unavailable, err, string(step))
				if !errors.Is(err, errno) {
					t.Errorf("the cause of %v is lost: %v", errno, err)
				}
				p.rewind("", "", nil)
				if st, err := d.Stat(t.Context(), k); err == nil && st.Size != src.Size {
					t.Fatalf("after %s: %+v", step, st)
				}
				if err := d.Put(t.Context(), k, src); err != nil {
					t.Fatal(err)
				}
				mustHold(t, d, k, data)
			}
		}
		if left, err := os.ReadDir(filepath.Join(root, ".tmp")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// TestFailedSourceIsCopied: after a failed fsync the kernel calls the lost pages clean, so the file may
// not be linked.
func TestFailedSourceIsCopied(t *testing.T) {
	d, p := taped(t, t.TempDir())
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	p.rewind(disk.StepSyncFile, "source", syscall.EIO)
	wants(t, custody.Unavailable, d.Put(t.Context(), key, src), "put")
	p.rewind("", "", nil)
	if err := d.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.steps, "write copy") {
		t.Errorf("linked all the same: %v", p.steps)
	}
}

func TestLinkSharesTheFile(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, disk.Options{Create: true})
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	if err := d.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	a, errA := os.Stat(src.Path)
	b, errB := os.Stat(filepath.Join(root, "ab", key))
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		t.Errorf("not linked: %v, %v", errA, errB)
	}
}

func TestWrongDigestIsCaught(t *testing.T) {
	src := objecttest.WriteSource(t, t.TempDir(), objecttest.Bytes(2, 100_000))
	src.Digest[0] ^= 1
	for name, d := range map[string]*disk.Store{
		"copying":   open(t, otherFileSystem(t), disk.Options{Create: true}),
		"verifying": open(t, t.TempDir(), disk.Options{Create: true, VerifyOnPut: true}),
	} {
		wants(t, custody.Corrupt, d.Put(t.Context(), key, src), name)
		_, err := d.Stat(t.Context(), key)
		wants(t, custody.NotFound, err, name)
	}
}

func TestLeftovers(t *testing.T) {
	root := t.TempDir()
	open(t, root, disk.Options{Create: true})
	tmp := filepath.Join(root, ".tmp")
	for _, name := range []string{"put-1.part", "put-2.part.link", "put-held.part", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.Open(filepath.Join(tmp, "put-held.part"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	d := open(t, root, disk.Options{})
	var names []string
	entries, err := os.ReadDir(tmp)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || !slices.Equal(names, []string{"notes.txt", "put-held.part"}) {
		t.Errorf("%v, %v", names, err)
	}
	for st, err := range d.List(t.Context()) {
		t.Errorf("a leftover is listed: %+v, %v", st, err)
	}
}

// TestMissingRoot replaces the store's directory by an empty one, as an unmounted disk does.
func TestMissingRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), "objects")
	d := open(t, root, disk.Options{Create: true})
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	if err := d.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(root, root+".away"); err != nil {
		t.Fatal(err)
	}
	for _, empty := range []bool{false, true} {
		if empty {
			if err := os.Mkdir(root, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		_, statErr := d.Stat(t.Context(), key)
		_, openErr := d.Open(t.Context(), key)
		_, _, freeErr := d.Free(t.Context())
		_, againErr := disk.Open(root, disk.Options{})
		var listErr error
		for _, err := range d.List(t.Context()) {
			listErr = err
		}
		for name, err := range map[string]error{
			"Stat": statErr, "Open": openErr, "Free": freeErr, "List": listErr, "Open again": againErr,
			"Put": d.Put(t.Context(), "seg_new", src), "Purge": d.Purge(t.Context(), key),
			"ReadAt": d.ReadAt(t.Context(), key, make([]byte, 1), 0),
		} {
			wants(t, custody.Unavailable, err, name)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 0 {
		t.Errorf("something was written where the disk was: %v, %v", entries, err)
	}
}

func TestCreateRefusesForeignDirectory(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "thesis.odt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := disk.Open(root, disk.Options{Create: true})
	wants(t, custody.Invalid, err, "Open")
}

func TestStrangersInTheTree(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, disk.Options{Create: true})
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	if err := d.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	shard := filepath.Join(root, "ab")
	link, dir := "seg_abc", "seg_abd"
	for _, err := range []error{
		os.Symlink("/etc/passwd", filepath.Join(shard, link)), os.Mkdir(filepath.Join(shard, dir), 0o700),
		os.WriteFile(filepath.Join(shard, "seg_zz"), nil, 0o600), os.WriteFile(filepath.Join(shard, "X.bak"), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []string{link, dir} {
		_, statErr := d.Stat(t.Context(), k)
		_, openErr := d.Open(t.Context(), k)
		wants(t, custody.Corrupt, statErr, "Stat")
		wants(t, custody.Corrupt, openErr, "Open")
		wants(t, custody.Corrupt, d.Put(t.Context(), k, src), "Put")
	}
	var got []string
	for st, err := range d.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, st.Key)
	}
	if !slices.Equal(got, []string{key}) {
		t.Errorf("listed %v", got)
	}
}

func TestShrinkingFileIsCorrupt(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, disk.Options{Create: true})
	if err := d.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), objecttest.Bytes(3, 1<<20))); err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Truncate(filepath.Join(root, "ab", key), 1000); err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, r)
	wants(t, custody.Corrupt, err, "reading")
}

func TestPurgeFaults(t *testing.T) {
	d, p := taped(t, t.TempDir())
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	if err := d.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	p.rewind(disk.StepRemove, "", syscall.EPERM)
	wants(t, custody.Denied, d.Purge(t.Context(), key), "a locked file")
	mustHold(t, d, key, []byte("bytes"))
	p.rewind(disk.StepSyncDir, "", syscall.EIO)
	wants(t, custody.Unavailable, d.Purge(t.Context(), key), "a failed fsync")
	p.rewind("", "", nil)
	if err := d.Purge(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.steps, "sync-dir ab") {
		t.Errorf("the retry does not make the removal durable: %v", p.steps)
	}
}

func TestFree(t *testing.T) {
	avail, total, err := open(t, t.TempDir(), disk.Options{Create: true}).Free(t.Context())
	if err != nil || avail == 0 || total < avail {
		t.Errorf("%d of %d, %v", avail, total, err)
	}
}

func mustHold(t *testing.T, d vault.Objects, key string, data []byte) {
	t.Helper()
	got := make([]byte, len(data))
	if err := d.ReadAt(t.Context(), key, got, 0); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%s: %v, or other bytes", key, err)
	}
}
