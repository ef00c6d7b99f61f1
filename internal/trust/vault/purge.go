package vault

import (
	"context"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Purge removes the object of a segment whose key was destroyed, with all its versions, and every picture that was kept of it. It is
// idempotent. Errors: Conflict (the segment still has its key, or its spool file), Denied (the store holds the object locked), NotFound (there
// never was such a segment), Unavailable.
func (v *Vault) Purge(ctx context.Context, id custody.SegmentID) error {
	row, err := v.catalog.Segment(ctx, id)
	if err != nil {
		return err
	}
	if len(row.WrappedKey) != 0 || v.spooledSegment(id) != nil {
		return custody.Errorf(custody.Conflict, "segment %s still has its key: its object is not removed", id)
	}
	v.thumbs.forget([]custody.SegmentID{id})
	return v.objects.Purge(ctx, string(id))
}

// Present looks whether the object of a segment is there with its size, and its digest where the store keeps one, and puts the store's own
// lock on it where it has such. Errors: NotFound (no such segment or object), Corrupt, Denied (this process may not lock), Unavailable.
func (v *Vault) Present(ctx context.Context, id custody.SegmentID) error {
	row, err := v.catalog.Segment(ctx, id)
	if err != nil {
		return err
	}
	st, err := v.objects.Stat(ctx, string(id))
	if err != nil {
		return err
	}
	if st.Size != row.ObjectSize || st.Digest != nil && *st.Digest != row.ObjectDigest {
		return custody.Errorf(custody.Corrupt, "the object of segment %s is not what was stored", id)
	}
	return v.objects.Hold(ctx, string(id), true)
}

// Unlock takes the store's own lock off the object. An absent object is success. Errors: Denied (this process may not), Unavailable.
func (v *Vault) Unlock(ctx context.Context, id custody.SegmentID) error {
	err := v.objects.Hold(ctx, string(id), false)
	if custody.KindOf(err) == custody.NotFound {
		return nil
	}
	return err
}

// forget removes every picture of the segments. A directory that cannot be listed keeps them: nothing opens them any more.
func (t *thumbs) forget(segments []custody.SegmentID) {
	if t.dir == "" || t.load() != nil {
		return
	}
	doomed := map[custody.SegmentID]bool{}
	for _, id := range segments {
		doomed[id] = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, e := range t.byName {
		if id, _, _ := strings.Cut(name, "."); doomed[custody.SegmentID(id)] {
			t.drop(e)
		}
	}
}
