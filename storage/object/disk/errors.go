package disk

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
)

// failure turns an error of the file system into Unavailable, naming the remedy where there is one. verb
// completes "the object could not be ...". An error that already has a Kind keeps it.
func failure(err error, verb string) error {
	var e *custody.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	why := "its disk reported an error"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		why = "its disk is full: free space or enlarge it"
	case errors.Is(err, syscall.EROFS):
		why = "its disk is read-only: look for disk errors and remount it"
	case errors.Is(err, fs.ErrPermission):
		why = "the service may not write there: correct the owner and mode of the directory"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		why = "the operation was cut short"
	}
	return custody.Wrap(custody.Unavailable, err, "the object could not be %s: %s", verb, why)
}

// lost is failure for an error met under root: where a name is missing because root itself is gone, it says
// that instead.
func (d *Store) lost(err error, verb string) error {
	if errors.Is(err, fs.ErrNotExist) {
		if perr := d.present(); perr != nil {
			return perr
		}
	}
	return failure(err, verb)
}

// absent turns a missing object into NotFound while the store is there, and anything else into failure.
func (d *Store) absent(err error, key string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return failure(err, "read")
	}
	if perr := d.present(); perr != nil {
		return perr
	}
	return custody.Wrap(custody.NotFound, err, "the object %s does not exist", key)
}
