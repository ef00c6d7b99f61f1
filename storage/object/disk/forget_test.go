package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestPutLeavesThePageCache: what was put takes no memory. On a file system that lives in memory
// there is nothing to see but that putting works.
func TestPutLeavesThePageCache(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "objects")
	store, err := disk.Open(root, disk.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	src := objecttest.WriteSource(t, dir, objecttest.Bytes(1, 4<<20))
	if !onDisk(t, src.Path) {
		t.Log("the temporary directory is in memory")
	} else if !cached(t, src.Path) {
		t.Fatal("a file that was just written is not in the page cache, so that the test proves nothing")
	}
	if err := store.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(root, "*", key))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if onDisk(t, names[0]) && cached(t, names[0]) {
		t.Error("the object is still in the page cache")
	}
}

// onDisk reports whether the file's pages may leave memory.
func onDisk(t *testing.T, path string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Type != unix.TMPFS_MAGIC && st.Type != unix.RAMFS_MAGIC && st.Type != unix.OVERLAYFS_SUPER_MAGIC
}

// cached reports whether the middle of the file can be read without waiting for a disk.
func cached(t *testing.T, path string) bool {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := unix.Preadv2(int(f.Fd()), [][]byte{make([]byte, 4096)}, 2<<20, unix.RWF_NOWAIT)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	return n > 0
}
