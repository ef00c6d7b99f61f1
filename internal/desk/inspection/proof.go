package inspection

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// Proof shows that one entry stands in the signed log as it was written. Whoever has the log's public key checks it with RFC 6962
// arithmetic alone.
type Proof struct {
	Epoch     uint32
	Index     uint64
	Type      custody.EventType
	Leaf      seal.Hash
	Digest    [32]byte   // SHA-256(salt | body)
	Salt      *seal.Salt // with Body, what the digest is of; nil if the text was disposed of
	Body      []byte
	Note      []byte // the newest signed checkpoint that covers it
	Inclusion seal.Proof
}

// Prove proves one entry under a Scope of audit.read. NotFound: there is none, or not for this scope. Unavailable: no checkpoint
// covers it yet. Corrupt: the log does not prove it, and somebody should be told.
func (r *Room) Prove(ctx context.Context, scope access.Scope, id custody.EventID) (Proof, error) {
	e, err := r.entry(ctx, scope, id)
	if err != nil {
		return Proof{}, err
	}
	note, err := r.Store.NewestCheckpoint(ctx, e.Epoch)
	if err != nil && custody.KindOf(err) != custody.NotFound {
		return Proof{}, err
	}
	if err != nil || note.Size <= e.Index {
		return Proof{}, custody.Errorf(custody.Unavailable, "no signed checkpoint covers this entry yet: one is made every minute")
	}
	path, err := seal.ProveInclusion(note.Size, e.Index, r.hashes(ctx, e.Epoch))
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Epoch: e.Epoch, Index: e.Index, Type: e.Event.Type, Leaf: e.Leaf, Digest: e.Digest, Salt: e.Salt, Body: e.Event.Body, Note: note.Note, Inclusion: path}
	return p, r.check(p)
}

func (r *Room) entry(ctx context.Context, scope access.Scope, id custody.EventID) (audit.Entry, error) {
	absent := custody.Errorf(custody.NotFound, "there is no such entry")
	if scope.Action() != access.AuditRead || !scope.Actor().Known() || !custody.ValidID("evt_", string(id)) {
		return audit.Entry{}, absent
	}
	e, err := r.Store.EntryOf(ctx, id)
	if err == nil && !scope.Everything() && (e.Event.Camera == "" || !scope.Includes(e.Event.Camera)) {
		return audit.Entry{}, absent
	}
	return e, err
}

// check is what the receiver of the proof would do.
func (r *Room) check(p Proof) error {
	c, err := seal.OpenCheckpoint(p.Note, seal.KnownKeys(r.Keys()...))
	if err != nil {
		return err
	}
	leaf := seal.EventLeafOfDigest(p.Type, p.Digest)
	if p.Salt != nil && p.Body != nil {
		leaf = seal.EventLeaf(p.Type, *p.Salt, p.Body)
	}
	if leaf != p.Leaf {
		return custody.Errorf(custody.Corrupt, "the entry is not what its leaf was made of")
	}
	return seal.VerifyInclusion(p.Inclusion, c.Size, c.Root, p.Index, leaf)
}

// Checkpoint is the newest signed checkpoint of the log: a C2SP signed note, for anybody. NotFound before the first.
func (r *Room) Checkpoint(ctx context.Context) (audit.Checkpoint, error) {
	h, err := r.Store.Head(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return r.Store.NewestCheckpoint(ctx, h.Epoch)
}

// Consistency proves that the log's first to entries begin with its first from ones (RFC 6962 §2.1.2), in the current epoch, under a
// Scope of audit.read. Invalid unless from <= to <= the log's size.
func (r *Room) Consistency(ctx context.Context, scope access.Scope, from, to uint64) (seal.Proof, error) {
	if scope.Action() != access.AuditRead || !scope.Actor().Known() {
		return nil, custody.Errorf(custody.Denied, "there is no decision that allows this")
	}
	h, err := r.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if from > to || to > h.Size {
		return nil, custody.Errorf(custody.Invalid, "from and to are sizes of the log: from at most to, to at most %d", h.Size)
	}
	return seal.ProveConsistency(from, to, r.hashes(ctx, h.Epoch))
}

func (r *Room) hashes(ctx context.Context, epoch uint32) seal.HashReader {
	return seal.HashReaderFunc(func(indexes []int64) ([]seal.Hash, error) { return r.Store.Hashes(ctx, epoch, indexes) })
}

// LogKey is one public key as C2SP signed-note writes it, with the name of the log's epoch that it belongs to.
type LogKey struct{ Name, Key string }

// LogKeys are the keys that verify the log's checkpoints: every key that ever signed, for every epoch.
func (r *Room) LogKeys(ctx context.Context) ([]LogKey, error) {
	h, err := r.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	var out []LogKey
	for epoch := uint32(1); epoch <= h.Epoch; epoch++ {
		origin, err := seal.Origin(r.Site, epoch)
		if err != nil {
			return nil, err
		}
		for _, pub := range r.Keys() {
			key, err := seal.VerifierKey(origin, pub)
			if err != nil {
				return nil, err
			}
			out = append(out, LogKey{origin, key})
		}
	}
	return out, nil
}
