package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object"
)

// Purge implements vault.Objects. A file that the system will not let go (an immutable attribute, a foreign
// owner) is Denied.
func (d *Store) Purge(ctx context.Context, key string) error {
	if err := object.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return failure(err, "removed")
	}
	dir, name := d.path(key)
	err := d.hook(StepRemove, name)
	if err == nil {
		err = os.Remove(name)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.settleAbsence(dir)
	case errors.Is(err, fs.ErrPermission):
		return custody.Wrap(custody.Denied, err, "the object %s is locked: its file may not be removed", key)
	case err != nil:
		return failure(err, "removed")
	}
	return d.syncDir(dir)
}

// Hold implements vault.Objects. A directory has no lock that would keep its owner from removing a file, so this only looks that it is there.
func (d *Store) Hold(ctx context.Context, key string, _ bool) error {
	_, err := d.Stat(ctx, key)
	return err
}

// settleAbsence makes an earlier removal durable, whose own directory fsync may have failed.
func (d *Store) settleAbsence(dir string) error {
	if err := d.present(); err != nil {
		return err
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.syncDir(dir)
}
