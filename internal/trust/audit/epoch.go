package audit

import (
	"context"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// epochDetail is the detail of log.epoch, the first entry of every epoch after the first.
type epochDetail struct {
	Follows string `json:"follows"` // the signed note of the last checkpoint known; empty if there was none
}

// Resume begins a new epoch of the log after a restore (CONTRACTS 22): its first entry, log.epoch, carries the latest signed
// checkpoint found in the restored store and off the box, so that the new epoch follows the old log openly and is
// never a fork of it. It returns the new epoch, which is later than any that was found. A sink that cannot be read
// fails the whole: an epoch that ignores a checkpoint would look like a cover-up.
func Resume(ctx context.Context, store Store, sinks []CheckpointSink, keys seal.Verifiers, at custody.Instant, by string) (uint32, error) {
	head, err := store.Head(ctx)
	if err != nil {
		return 0, err
	}
	latest, note, err := lastStored(ctx, store, keys)
	if err != nil {
		return 0, err
	}
	for _, s := range sinks {
		c, n, err := newest(ctx, s, keys)
		if err != nil {
			return 0, err
		}
		if c != nil && (latest == nil || later(*c, *latest)) {
			latest, note = c, n
		}
	}
	epoch := head.Epoch + 1
	if latest != nil {
		epoch = max(epoch, latest.Epoch()+1)
	}
	ev, err := custody.NewEvent(custody.EventLogEpoch, at, by, "", "", epochDetail{string(note)})
	if err != nil {
		return 0, err
	}
	return epoch, store.StartEpoch(ctx, epoch, ev)
}

// lastStored is the store's last checkpoint, verified; nil if it has none.
func lastStored(ctx context.Context, store Store, keys seal.Verifiers) (*seal.Checkpoint, []byte, error) {
	var last Checkpoint
	for c, err := range store.Checkpoints(ctx) {
		if err != nil {
			return nil, nil, err
		}
		last = c
	}
	if last.Note == nil {
		return nil, nil, nil
	}
	c, err := openStored(last, keys)
	return &c, last.Note, err
}

// openStored verifies a stored checkpoint and that it is filed where it belongs.
func openStored(stored Checkpoint, keys seal.Verifiers) (seal.Checkpoint, error) {
	c, err := seal.OpenCheckpoint(stored.Note, keys)
	if err != nil {
		return c, err
	}
	if c.Epoch() != stored.Epoch || c.Size != stored.Size {
		return c, custody.Errorf(custody.Corrupt, "the checkpoint filed under epoch %d, size %d is that of epoch %d, size %d", stored.Epoch, stored.Size, c.Epoch(), c.Size)
	}
	return c, nil
}

func later(a, b seal.Checkpoint) bool {
	return a.Epoch() > b.Epoch() || a.Epoch() == b.Epoch() && a.Size > b.Size
}

// follows reads from an epoch's first entry which checkpoint it follows; the zero Checkpoint if it names none.
func follows(first Entry, keys seal.Verifiers) (seal.Checkpoint, error) {
	if first.Event.Type != custody.EventLogEpoch {
		return seal.Checkpoint{}, custody.Errorf(custody.Corrupt, "the epoch does not begin with a log.epoch entry")
	}
	var body struct {
		Detail epochDetail `json:"detail"`
	}
	if first.Event.Body == nil || json.Unmarshal(first.Event.Body, &body) != nil {
		return seal.Checkpoint{}, custody.Errorf(custody.Corrupt, "the epoch's first entry does not say what it follows")
	}
	if body.Detail.Follows == "" {
		return seal.Checkpoint{}, nil
	}
	c, err := seal.OpenCheckpoint([]byte(body.Detail.Follows), keys)
	if err == nil && c.Epoch() >= first.Epoch {
		err = custody.Errorf(custody.Corrupt, "the epoch claims to follow a later one")
	}
	return c, err
}

// Follows returns the checkpoint that an epoch begun by Resume names as the one it follows; the zero Checkpoint if there was
// none to name. Corrupt: the epoch does not begin like one that Resume began, or the checkpoint does not verify.
func Follows(ctx context.Context, store Store, epoch uint32, keys seal.Verifiers) (seal.Checkpoint, error) {
	for e, err := range store.Entries(ctx, epoch, 0, 1) {
		if err != nil {
			return seal.Checkpoint{}, err
		}
		return follows(e, keys)
	}
	return seal.Checkpoint{}, custody.Errorf(custody.Corrupt, "epoch %d of the log has no first entry", epoch)
}
