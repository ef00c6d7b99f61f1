package lossyfs_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/site/sitetest/lossyfs"
)

type rig struct {
	t   *testing.T
	d   *lossyfs.Disk
	dir string
}

func newRig(t *testing.T) *rig {
	r := &rig{t, lossyfs.New(), t.TempDir()}
	r.must(r.d.Mount(r.dir))
	t.Cleanup(func() { r.d.Release(); r.must(r.d.Unmount()) })
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string, sync bool) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(name), os.O_WRONLY|os.O_CREATE, 0o600)
	r.must(err)
	_, err = f.WriteString(text)
	r.must(err)
	if sync {
		r.must(f.Sync())
	}
	r.must(f.Close())
}

func (r *rig) syncDir(name string) {
	r.t.Helper()
	f, err := os.Open(r.path(name))
	r.must(err)
	r.must(f.Sync())
	r.must(f.Close())
}

func (r *rig) cut(how lossyfs.Cut) {
	r.t.Helper()
	r.must(r.d.Unmount())
	r.d.Cut(how, rand.New(rand.NewPCG(1, 1)))
	r.must(r.d.Mount(r.dir))
}

func (r *rig) want(name, text string) {
	r.t.Helper()
	b, err := os.ReadFile(r.path(name))
	if text == "" && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil || string(b) != text {
		r.t.Errorf("%s: %q %v, want %q", name, b, err, text)
	}
}

func TestOnlyWhatWasSyncedSurvives(t *testing.T) {
	r := newRig(t)
	r.write("both", "one", true)
	r.write("bytes", "two", true)
	r.write("name", "", false)
	r.must(os.Mkdir(r.path("dir"), 0o700))
	r.must(os.Link(r.path("both"), r.path("link")))
	r.syncDir("")
	r.write("both", "three", true)
	r.write("both", "forty", false)
	r.write("late", "five", true)
	r.write("dir/in", "six", true)
	r.must(os.Rename(r.path("bytes"), r.path("renamed")))
	r.want("renamed", "two")
	r.cut(lossyfs.Clean)
	for name, text := range map[string]string{"both": "three", "link": "three", "bytes": "two", "renamed": "", "late": "", "dir/in": ""} {
		r.want(name, text)
	}
	st, err := os.Stat(r.path("both"))
	r.must(err)
	if n := st.Sys().(*syscall.Stat_t).Nlink; n != 2 {
		t.Errorf("a file with two names has %d", n)
	}
	r.must(os.Remove(r.path("link")))
	r.must(os.Truncate(r.path("both"), 2))
	r.cut(lossyfs.Clean)
	r.want("link", "three")
}

func TestATornCutLeavesOldPagesNewPagesAndZeros(t *testing.T) {
	r := newRig(t)
	const pages = 64
	fill := func(c byte) string { return string(repeat(c, pages*4096)) }
	r.write("f", fill('a'), true)
	r.syncDir("")
	r.write("f", fill('b'), false)
	r.cut(lossyfs.Torn)
	b, err := os.ReadFile(r.path("f"))
	r.must(err)
	seen := map[byte]int{}
	for p := range pages {
		seen[b[p*4096]]++
	}
	if seen['a'] == 0 || seen['b'] == 0 || seen['a']+seen['b'] != pages {
		t.Errorf("pages by content: %v", seen)
	}
}

func repeat(c byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = c
	}
	return out
}

// A program on a stopped machine waits; killed, it leaves exactly what was done before.
func TestAStoppedMachineDoesNothingMore(t *testing.T) {
	for _, done := range []bool{false, true} {
		r := newRig(t)
		stopped := r.d.StopAfter(3, done) // create, write, rename of the first mv
		// Not with cmd.Dir: the child would enter the directory while it borrows this process's thread.
		cmd := exec.Command("sh", "-c", "cd $0; echo x >a; mv a b; mv b c; echo y >d", r.dir)
		r.must(cmd.Start())
		select {
		case <-stopped:
		case <-time.After(10 * time.Second):
			t.Fatal("the machine does not stop")
		}
		r.must(cmd.Process.Kill())
		r.d.Release()
		if err := cmd.Wait(); err == nil {
			t.Error("the program ended well")
		}
		r.must(r.d.Unmount())
		out := t.TempDir()
		r.must(r.d.Export(out))
		names, err := filepath.Glob(filepath.Join(out, "*"))
		r.must(err)
		if want := map[bool]string{false: "a", true: "b"}[done]; len(names) != 1 || filepath.Base(names[0]) != want {
			t.Errorf("done %t: %v is there, want %s", done, names, want)
		}
		r.d.Cut(lossyfs.Clean, nil)
	}
}
