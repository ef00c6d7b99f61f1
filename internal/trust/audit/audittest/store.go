// Package audittest is an audit.Store in memory, for tests of this room and of others.
//
// Owns: Store, with the same Merkle hashing as a database, and hooks to tamper with what it holds or to make it
// fail. Does not: forget its lock while an iterator's consumer runs (iterators work on snapshots).
package audittest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"iter"
	"slices"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// State is everything the store holds; Change hands it to a test.
type State struct {
	Head        audit.Head
	Entries     map[uint32][]audit.Entry
	Hashes      map[uint32]map[int64]seal.Hash
	Checkpoints []audit.Checkpoint
	Fail        error // if set, every method returns it
}

// Store is an audit.Store. It is safe for concurrent use.
type Store struct {
	mu        sync.Mutex
	state     State
	frontiers map[uint32]*seal.Frontier
}

// NewStore returns an empty log of epoch 1.
func NewStore() *Store {
	return &Store{
		state: State{Head: audit.Head{Epoch: 1, Root: new(seal.Frontier).Root()},
			Entries: map[uint32][]audit.Entry{}, Hashes: map[uint32]map[int64]seal.Hash{1: {}}},
		frontiers: map[uint32]*seal.Frontier{1: {}},
	}
}

// Change lets a test tamper with the store. f must not keep what it is given.
func (s *Store) Change(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}

// Append implements audit.Store.
func (s *Store) Append(_ context.Context, events ...custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Fail != nil {
		return s.state.Fail
	}
	for _, e := range events {
		s.add(e)
	}
	return nil
}

func (s *Store) add(e custody.Event) {
	var salt seal.Salt
	rand.Read(salt[:])
	h := &s.state.Head
	leaf := seal.EventLeaf(e.Type, salt, e.Body)
	at := seal.StoredCount(h.Size)
	f := s.frontiers[h.Epoch]
	for i, hash := range f.Add(leaf, nil) {
		s.state.Hashes[h.Epoch][at+int64(i)] = hash
	}
	s.state.Entries[h.Epoch] = append(s.state.Entries[h.Epoch], audit.Entry{Epoch: h.Epoch, Index: h.Size, Leaf: leaf,
		Salt: &salt, Event: e, Digest: sha256.Sum256(slices.Concat(salt[:], e.Body))})
	h.Size, h.Root = f.Size(), f.Root()
}

// Head implements audit.Store.
func (s *Store) Head(context.Context) (audit.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Head, s.state.Fail
}

// Entries implements audit.Store.
func (s *Store) Entries(_ context.Context, epoch uint32, from, to uint64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		s.mu.Lock()
		all := s.state.Entries[epoch]
		lo, _ := slices.BinarySearchFunc(all, from, byIndex)
		hi, _ := slices.BinarySearchFunc(all, max(from, to), byIndex)
		page, fail := slices.Clone(all[lo:hi]), s.state.Fail
		s.mu.Unlock()
		if fail != nil {
			yield(audit.Entry{}, fail)
			return
		}
		for _, e := range page {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func byIndex(e audit.Entry, index uint64) int { return cmp.Compare(e.Index, index) }

// Hashes implements audit.Store.
func (s *Store) Hashes(_ context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]seal.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := s.state.Hashes[epoch][x]
		if !ok {
			return nil, custody.Errorf(custody.Corrupt, "the log lacks its tree hash %d", x)
		}
		out[i] = h
	}
	return out, s.state.Fail
}

// AddCheckpoint implements audit.Store.
func (s *Store) AddCheckpoint(_ context.Context, c audit.Checkpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.state.Checkpoints {
		if old.Epoch == c.Epoch && old.Size == c.Size {
			if bytes.Equal(old.Note, c.Note) {
				return nil
			}
			return custody.Errorf(custody.Conflict, "another checkpoint of size %d is stored already", c.Size)
		}
	}
	if s.state.Fail == nil {
		s.state.Checkpoints = append(s.state.Checkpoints, c)
	}
	return s.state.Fail
}

// Checkpoints implements audit.Store.
func (s *Store) Checkpoints(context.Context) iter.Seq2[audit.Checkpoint, error] {
	return func(yield func(audit.Checkpoint, error) bool) {
		s.mu.Lock()
		all, fail := slices.Clone(s.state.Checkpoints), s.state.Fail
		s.mu.Unlock()
		if fail != nil {
			yield(audit.Checkpoint{}, fail)
			return
		}
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// StartEpoch implements audit.Store.
func (s *Store) StartEpoch(_ context.Context, epoch uint32, first custody.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Fail != nil {
		return s.state.Fail
	}
	if epoch <= s.state.Head.Epoch {
		return custody.Errorf(custody.Conflict, "log epoch %d is not later than the present one", epoch)
	}
	s.state.Head = audit.Head{Epoch: epoch}
	s.state.Hashes[epoch] = map[int64]seal.Hash{}
	s.frontiers[epoch] = &seal.Frontier{}
	s.add(first)
	return nil
}
