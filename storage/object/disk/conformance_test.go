package disk_test

import (
	"os"
	"testing"

	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

func open(t *testing.T, root string, o disk.Options) *disk.Store {
	t.Helper()
	d, err := disk.Open(root, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	for name, o := range map[string]disk.Options{
		"linking":   {Create: true},
		"verifying": {Create: true, VerifyOnPut: true},
	} {
		t.Run(name, func(t *testing.T) {
			objecttest.Run(t, func(t *testing.T) vault.Objects { return open(t, t.TempDir(), o) })
		})
	}
	t.Run("copying", func(t *testing.T) {
		objecttest.Run(t, func(t *testing.T) vault.Objects { return open(t, otherFileSystem(t), disk.Options{Create: true}) })
	})
}

// otherFileSystem returns a directory on another file system than t.TempDir's.
func otherFileSystem(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "custody-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
