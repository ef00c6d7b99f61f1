package disk

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object"
)

// Stat implements vault.Objects. Digest is nil and Version empty: a file keeps neither.
func (d *Store) Stat(ctx context.Context, key string) (vault.Stat, error) {
	if err := checkRead(ctx, key); err != nil {
		return vault.Stat{}, err
	}
	_, name := d.path(key)
	info, err := os.Lstat(name)
	if err != nil {
		return vault.Stat{}, d.absent(err, key)
	}
	if !info.Mode().IsRegular() {
		return vault.Stat{}, notAFile(key)
	}
	return vault.Stat{Key: key, Size: info.Size()}, nil
}

// ReadAt implements vault.Objects with one open, pread and close; safe beside a Purge of the same key.
func (d *Store) ReadAt(ctx context.Context, key string, p []byte, off int64) error {
	if err := checkRead(ctx, key); err != nil {
		return err
	}
	if err := object.CheckRange(len(p), off); err != nil {
		return err
	}
	f, err := d.openObject(key)
	if err != nil {
		return err
	}
	defer f.Close()
	if len(p) == 0 {
		return nil
	}
	n, err := f.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return custody.Errorf(custody.Corrupt, "the object %s ends before byte %d", key, off+int64(len(p)))
	}
	return failure(err, "read")
}

// Open implements vault.Objects. The reader fails with Corrupt if the file shrinks while it is read, and
// with Unavailable once ctx ends.
func (d *Store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkRead(ctx, key); err != nil {
		return nil, err
	}
	f, err := d.openObject(key)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, failure(err, "read")
	}
	return &reader{ctx: ctx, key: key, f: f, left: info.Size()}, nil
}

// openObject opens a key's file for reading; a symbolic link or a directory in its place is Corrupt.
func (d *Store) openObject(key string) (*os.File, error) {
	_, name := d.path(key)
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, notAFile(key)
	}
	if err != nil {
		return nil, d.absent(err, key)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, failure(err, "read")
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return nil, notAFile(key)
	}
	return f, nil
}

type reader struct {
	ctx  context.Context
	key  string
	f    *os.File
	left int64
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, failure(err, "read")
	}
	if r.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.f.Read(p)
	r.left -= int64(n)
	if errors.Is(err, io.EOF) {
		return n, custody.Errorf(custody.Corrupt, "the object %s ended %d bytes early", r.key, r.left)
	}
	return n, failure(err, "read")
}

func (r *reader) Close() error { return failure(r.f.Close(), "read") }

func checkRead(ctx context.Context, key string) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	return failure(ctx.Err(), "read")
}

func notAFile(key string) error {
	return custody.Errorf(custody.Corrupt, "the object %s is not a regular file", key)
}
