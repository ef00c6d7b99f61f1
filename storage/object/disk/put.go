package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// Put implements vault.Objects: it links the source into place when that is possible, and copies
// it otherwise (another file system, another owner, or a source whose fsync failed before).
func (d *Store) Put(ctx context.Context, key string, src vault.Source) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return failure(err, "written")
	}
	f, err := object.OpenSource(src)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return failure(err, "written")
	}
	linked := false
	if !d.suspects.has(info) {
		linked, err = d.putLink(ctx, key, f, info, src)
	}
	if err == nil && !linked {
		err = d.putCopy(ctx, key, f, src)
	}
	if errors.Is(err, fs.ErrExist) {
		return d.same(ctx, key, src)
	}
	return failure(err, "written")
}

// Replace implements vault.Objects: a digested copy is renamed over what is there.
func (d *Store) Replace(ctx context.Context, key string, src vault.Source) error {
	err := d.Put(ctx, key, src)
	if err == nil || custody.KindOf(err) != custody.Exists {
		return err
	}
	f, err := object.OpenSource(src)
	if err != nil {
		return err
	}
	defer f.Close()
	return failure(d.copyTo(ctx, f, src, func(from string) error {
		dir, name := d.path(key)
		if err := d.hook(StepLink, name); err != nil {
			return err
		}
		if err := os.Rename(from, name); err != nil {
			return err
		}
		return d.syncDir(dir)
	}), "written")
}

// putLink makes the source file itself the object. It returns false without an error when the file
// cannot be linked and must be copied, and an error that is fs.ErrExist when the key is taken.
func (d *Store) putLink(ctx context.Context, key string, f *os.File, info os.FileInfo, src vault.Source) (bool, error) {
	if !d.sameFileSystem(info) {
		return false, nil
	}
	if d.verify {
		if err := object.CheckSource(ctx, f, src); err != nil {
			return false, err
		}
	}
	if err := d.syncFile(f); err != nil {
		d.suspects.add(info)
		return false, err
	}
	err := d.place(ctx, f.Name(), key)
	if err == nil {
		forget(f)
	}
	if errors.Is(err, syscall.EXDEV) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EMLINK) {
		return false, nil
	}
	return err == nil, err
}

// putCopy links a digested copy into place.
func (d *Store) putCopy(ctx context.Context, key string, f *os.File, src vault.Source) error {
	return d.copyTo(ctx, f, src, func(from string) error { return d.place(ctx, from, key) })
}

// copyTo writes a digested, durable copy under root/.tmp and hands its name to place.
func (d *Store) copyTo(ctx context.Context, f *os.File, src vault.Source, place func(from string) error) error {
	tmp, err := d.newTemp()
	if err != nil {
		return err
	}
	defer d.dropTemp(tmp)
	n, sum, err := object.Digest(ctx, hookedWriter{d, tmp}, io.NewSectionReader(f, 0, src.Size+1))
	if err != nil {
		return err
	}
	if err := object.MatchSource(src, n, sum); err != nil {
		return err
	}
	if err := d.syncFile(tmp); err != nil {
		return err
	}
	if err := place(tmp.Name()); err != nil {
		return err
	}
	forget(tmp)
	return nil
}

// forget lets the kernel drop a durable file's pages, which the next segments then write to. An object is seldom read
// soon, and a recorder that keeps all it wrote takes ever fresh memory for it: until something else of use has been
// pushed out, and in a virtual machine at the price of the host's fault for each page. Advice only: there is no
// outcome to act on.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }

// place links a synced file to the key's final name and makes the name durable.
func (d *Store) place(ctx context.Context, from, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, name := d.path(key)
	err := d.link(from, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.makeShard(dir); err != nil {
			return err
		}
		err = d.link(from, name)
	}
	if err != nil {
		return err
	}
	return d.keepName(dir)
}

// makeShard creates a shard directory, durably, in a root that is really there.
func (d *Store) makeShard(dir string) error {
	if err := d.present(); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.keepShard(dir)
}

// keepName makes the names in a shard durable, and the shard's own unless this process has done so: the one that
// made the shard may have died before it could.
func (d *Store) keepName(dir string) error {
	if err := d.syncDir(dir); err != nil || d.shards.has(dir) {
		return err
	}
	return d.keepShard(dir)
}

func (d *Store) keepShard(dir string) error {
	err := d.syncDir(d.root)
	if err == nil {
		d.shards.add(dir)
	}
	return err
}

// same decides a Put whose key is taken: the same bytes are made durable and succeed, others are Exists.
func (d *Store) same(ctx context.Context, key string, src vault.Source) error {
	dir, name := d.path(key)
	f, err := d.openObject(key)
	if err != nil {
		return err
	}
	defer f.Close()
	n, sum, err := object.Digest(ctx, io.Discard, io.NewSectionReader(f, 0, src.Size+1))
	if err != nil {
		return failure(err, "compared")
	}
	if n != src.Size || sum != src.Digest {
		return custody.Errorf(custody.Exists, "the object %s exists with other bytes", key)
	}
	if err := d.syncNamed(f, name); err != nil {
		return err
	}
	return d.keepName(dir)
}

func (d *Store) sameFileSystem(info os.FileInfo) bool {
	root, err := os.Stat(d.root)
	return err == nil && inodeOf(root).dev == inodeOf(info).dev
}

func (d *Store) link(from, to string) error {
	if err := d.hook(StepLink, to); err != nil {
		return err
	}
	return os.Link(from, to)
}

func (d *Store) syncFile(f *os.File) error { return d.syncNamed(f, f.Name()) }

func (d *Store) syncNamed(f *os.File, name string) error {
	if err := d.hook(StepSyncFile, name); err != nil {
		return failure(err, "made durable")
	}
	return failure(f.Sync(), "made durable")
}

func (d *Store) syncDir(dir string) error {
	if err := d.hook(StepSyncDir, dir); err != nil {
		return failure(err, "made durable")
	}
	f, err := os.Open(dir)
	if err != nil {
		return d.lost(err, "made durable")
	}
	defer f.Close()
	return failure(f.Sync(), "made durable")
}

// hookedWriter lets the hook see, delay or fail each write of a copy.
type hookedWriter struct {
	d *Store
	f *os.File
}

func (w hookedWriter) Write(p []byte) (int, error) {
	if err := w.d.hook(StepWrite, w.f.Name()); err != nil {
		return 0, err
	}
	return w.f.Write(p)
}
