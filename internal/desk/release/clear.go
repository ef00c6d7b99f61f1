package release

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// clear removes the bytes of packages whose request's file was disposed of: their keys are gone, so that nothing opens them any more. What
// cannot be removed is tried again after a rest, and keeps nothing else from being done. Its error is that the database does not answer.
func (k *Packer) clear(ctx context.Context, now custody.Instant) error {
	left, err := k.p.Store.Leftovers(ctx, now.Add(-rest), dueAtOnce)
	for _, id := range left {
		purge := k.p.Vault.PurgePackage(ctx, id)
		if ctx.Err() != nil {
			return nil
		}
		if purge != nil {
			k.p.Log.Warn("the bytes of a package whose key was destroyed could not be removed; it is tried again", "package", id, "err", purge)
		}
		if err := k.p.Store.Tried(ctx, id, now, purge == nil); err != nil {
			return err
		}
	}
	return err
}

// Gone is a package whose key was destroyed with its request's file.
type Gone struct {
	Package custody.PackageID
	Request custody.RequestID
	Purged  custody.Instant // when its bytes were removed; 0 before
}
