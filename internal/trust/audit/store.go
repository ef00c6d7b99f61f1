package audit

import (
	"context"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// Store is the diary's table and its Merkle log as this room needs them; storage/db implements it.
//
// Every state-changing store method of the house, here and elsewhere, takes the events that record the
// change and commits both or neither, through one sequencer that groups them into transactions
// (CONTRACTS 8). On return with nil the change is durable and its events have their place in the log.
type Store interface {
	// Append commits events that accompany no other change. Order within the call is kept.
	Append(ctx context.Context, events ...custody.Event) error
	// Head is the current epoch, size and root of the log.
	Head(ctx context.Context) (Head, error)
	// Entries yields the entries [from, to) of an epoch in order, with their leaf; Body and Salt are nil
	// where they were disposed of.
	Entries(ctx context.Context, epoch uint32, from, to uint64) iter.Seq2[Entry, error]
	// Hashes returns the stored tree hashes at the given tlog storage indexes of an epoch.
	Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error)
	// AddCheckpoint stores a signed checkpoint note. Same size, same bytes: success.
	AddCheckpoint(ctx context.Context, c Checkpoint) error
	// Checkpoints yields every stored checkpoint in order of epoch and size.
	Checkpoints(ctx context.Context) iter.Seq2[Checkpoint, error]
	// StartEpoch begins a new, empty log after a restore; the event becomes its entry 0.
	StartEpoch(ctx context.Context, epoch uint32, first custody.Event) error
}

// Head is the state of the log.
type Head struct {
	Epoch uint32 // from 1; a restore begins the next
	Size  uint64
	Root  seal.Hash
}

// Entry is one leaf of the log.
type Entry struct {
	Epoch  uint32
	Index  uint64
	Leaf   seal.Hash
	Salt   *seal.Salt
	Event  custody.Event // Body nil when disposed of; Type is always there
	Digest [32]byte      // SHA-256(salt | body), kept for ever
}

// Checkpoint is a signed C2SP tlog-checkpoint note.
type Checkpoint struct {
	Epoch uint32
	Size  uint64
	Note  []byte
	At    custody.Instant
}
