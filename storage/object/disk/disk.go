package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

const (
	markerName = ".custody-objects"
	markerText = "custody objects 1\n"
	tempName   = ".tmp"
)

// Step is one act that decides what a power cut leaves behind.
type Step string

// The steps a Hook sees.
const (
	StepWrite    Step = "write"     // before every write of a copy; path is the temporary file
	StepSyncFile Step = "sync-file" // before fsync of a source, a copy or an existing object
	StepLink     Step = "link"      // before link(2); path is the final name
	StepSyncDir  Step = "sync-dir"  // before fsync of a directory
	StepRemove   Step = "remove"    // before unlinking an object
)

// Hook is called before each step with the path it is about. It may wait (a slow disk) or return an
// error, which then replaces the step (a full or failing disk). It must be safe for concurrent use.
type Hook func(step Step, path string) error

// Options of Open. The zero value opens an existing store and trusts the caller's digest of linked files.
type Options struct {
	// Create makes root and its marker if root is absent or empty. Without it a missing marker is
	// Unavailable: an unmounted disk must not look like an empty store.
	Create bool
	// VerifyOnPut re-reads and digests a file before it is linked into place.
	VerifyOnPut bool
	// Hook injects faults and delays in tests; nil does nothing.
	Hook Hook
}

// Store implements vault.Objects. All methods are safe for concurrent use.
type Store struct {
	root     string
	verify   bool
	hook     Hook
	suspects suspects
	shards   shards
}

var _ vault.Objects = (*Store)(nil)

// Open opens the store at root, checks that its file system has hard links, and removes what a crash
// left under root/.tmp. The store has nothing to close.
func Open(root string, o Options) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "the object store's directory is not valid")
	}
	d := &Store{root: root, verify: o.VerifyOnPut, hook: o.Hook}
	if d.hook == nil {
		d.hook = func(Step, string) error { return nil }
	}
	if o.Create {
		if err := d.create(); err != nil {
			return nil, err
		}
	}
	if err := d.present(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(d.tempDir(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, failure(err, "prepared")
	}
	if err := d.probeLinks(); err != nil {
		return nil, err
	}
	return d, d.clearTemp()
}

// Free returns the bytes an unprivileged process may still write under root, and the size of its file
// system.
func (d *Store) Free(ctx context.Context) (avail, total uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, failure(err, "measured")
	}
	if err := d.present(); err != nil {
		return 0, 0, err
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.root, &st); err != nil {
		return 0, 0, failure(err, "measured")
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// create makes root and the marker. A directory that holds something else is refused.
func (d *Store) create() error {
	if err := os.MkdirAll(d.root, 0o700); err != nil {
		return failure(err, "created")
	}
	if _, err := os.Lstat(d.marker()); err == nil {
		return nil
	}
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return failure(err, "created")
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return custody.Errorf(custody.Invalid, "the directory %s is not an object store and not empty: name an empty one", d.root)
		}
	}
	f, err := os.OpenFile(d.marker(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return failure(err, "created")
	}
	_, err = f.WriteString(markerText)
	if err == nil {
		err = d.syncFile(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return failure(err, "created")
	}
	if err := d.syncDir(d.root); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(d.root))
}

// present fails with Unavailable unless root carries our marker.
func (d *Store) present() error {
	if _, err := os.Lstat(d.marker()); err != nil {
		return custody.Wrap(custody.Unavailable, err,
			"the object store's directory %s is not there: mount its disk, or create the store", d.root)
	}
	return nil
}

// probeLinks makes and removes one hard link under .tmp.
func (d *Store) probeLinks() error {
	f, err := d.newTemp()
	if err != nil {
		return err
	}
	defer d.dropTemp(f)
	other := f.Name() + ".link"
	if err := os.Link(f.Name(), other); err != nil {
		return custody.Wrap(custody.Invalid, err, "the file system of %s has no hard links: choose another for the object store", d.root)
	}
	if err := os.Remove(other); err != nil {
		return failure(err, "prepared")
	}
	return nil
}

func (d *Store) marker() string  { return filepath.Join(d.root, markerName) }
func (d *Store) tempDir() string { return filepath.Join(d.root, tempName) }

// path returns the shard directory and the final name of a valid key.
func (d *Store) path(key string) (dir, name string) {
	dir = filepath.Join(d.root, shard(key))
	return dir, filepath.Join(dir, key)
}

// kind returns the part of a key up to and with its first underscore; empty if it has none.
func kind(key string) string {
	return key[:strings.IndexByte(key, '_')+1]
}

// shard returns the first two characters of the random part, padded with '-', which sorts before every
// character of a key: within one kind, shard order is key order.
func shard(key string) string {
	return (key[len(kind(key)):] + "--")[:2]
}
