package disk_test

import (
	"slices"
	"syscall"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// A shard may have been made by a process that died, or failed, before its name was durable. The next put into
// it, by that process or another, makes it so before it succeeds; further ones need not.
func TestAShardsNameIsMadeDurable(t *testing.T) {
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	root := t.TempDir()
	d, p := taped(t, root)
	p.rewind(disk.StepSyncDir, ".", syscall.EIO)
	wants(t, custody.Unavailable, d.Put(t.Context(), key, src), "a root that cannot be synced")
	for _, store := range []func() (*disk.Store, *tape){
		func() (*disk.Store, *tape) { return d, p },
		func() (*disk.Store, *tape) { return taped(t, root) },
	} {
		d, p := store()
		for n, want := range []bool{true, false} {
			p.rewind("", "", nil)
			if err := d.Put(t.Context(), key, src); err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(p.steps, "sync-dir ."); got != want {
				t.Errorf("put %d makes the shard's name durable: %t, want %t: %v", n+1, got, want, p.steps)
			}
		}
	}
}
