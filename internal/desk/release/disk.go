package release

import (
	"context"
	"errors"
	"syscall"

	"github.com/footage-custody/custody/internal/custody"
)

// noRoom says of an error that a disk was full beneath it, whatever it was taken for on the way: a person has to make room.
func noRoom(err error) error {
	if custody.KindOf(err) != custody.Exhausted && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
		return custody.Wrap(custody.Exhausted, err, "the disk is full: make room and try again")
	}
	return err
}

// diskError classifies an error of the work directory or of a stick; errors of the house pass.
func diskError(err error) error {
	var ours *custody.Error
	switch {
	case err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return custody.Wrap(custody.Exhausted, err, "the disk is full: make room and try again")
	}
	return custody.Wrap(custody.Unavailable, err, "the disk could not be written")
}
