package seal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
)

// Proof is a list of tree hashes whose meaning and number follow from the claim that it proves.
type Proof []Hash

// ProveInclusion proves that the tree of that size has its leaf at index (RFC 6962 §2.1.1). It fails with
// Invalid if index >= size; an error of the reader is returned as it is.
func ProveInclusion(size, index uint64, r HashReader) (Proof, error) {
	if size > MaxSize || index >= size {
		return nil, custody.Errorf(custody.Invalid, "leaf %d lies outside a tree of %d leaves", index, size)
	}
	p, err := tlog.ProveRecord(int64(size), int64(index), r)
	return Proof(p), err
}

// VerifyInclusion checks that a tree of that size and root holds leaf at index. Every failure is Corrupt.
func VerifyInclusion(p Proof, size uint64, root Hash, index uint64, leaf Hash) error {
	if size > MaxSize || index >= size {
		return custody.Errorf(custody.Corrupt, "leaf %d lies outside a tree of %d leaves", index, size)
	}
	err := tlog.CheckRecord(tlog.RecordProof(p), int64(size), root, int64(index), leaf)
	return custody.Wrap(custody.Corrupt, err, "leaf %d is not part of the tree of %d leaves with root %s", index, size, root)
}

// ProveConsistency proves that the tree of newSize leaves begins with the tree of oldSize leaves (RFC 6962
// §2.1.2). From the empty tree, and between equal sizes, the proof is empty.
func ProveConsistency(oldSize, newSize uint64, r HashReader) (Proof, error) {
	if oldSize > newSize || newSize > MaxSize {
		return nil, custody.Errorf(custody.Invalid, "a tree of %d leaves cannot extend one of %d", newSize, oldSize)
	}
	if oldSize == 0 || oldSize == newSize {
		return Proof{}, nil
	}
	p, err := tlog.ProveTree(int64(newSize), int64(oldSize), r)
	return Proof(p), err
}

// VerifyConsistency checks that the tree (newSize, newRoot) begins with the tree (oldSize, oldRoot). Every
// failure is Corrupt: the log was forked, rewritten or cut short.
func VerifyConsistency(p Proof, oldSize uint64, oldRoot Hash, newSize uint64, newRoot Hash) error {
	ok := oldSize <= newSize && newSize <= MaxSize
	if ok && oldSize == 0 {
		ok = len(p) == 0 && oldRoot == emptyRoot() && (newSize > 0 || newRoot == oldRoot)
	} else if ok {
		ok = tlog.CheckTree(tlog.TreeProof(p), int64(newSize), newRoot, int64(oldSize), oldRoot) == nil
	}
	if !ok {
		return custody.Errorf(custody.Corrupt, "the log of %d entries with root %s does not extend the one of %d entries with root %s",
			newSize, newRoot, oldSize, oldRoot)
	}
	return nil
}

// ProveRange proves that the leaves [from, to) stand at exactly those places in a tree of that size. The proof
// holds the roots of the largest subtrees outside the range, from left to right: at most 2 log2(size)
// hashes however long the range. An empty range proves nothing and is Invalid.
func ProveRange(size, from, to uint64, r HashReader) (Proof, error) {
	if err := checkRange(size, from, to); err != nil {
		return nil, err
	}
	outside := outsideOf(node{0, size}, from, to, nil)
	var indexes []int64
	for _, n := range outside {
		indexes = n.perfect(indexes)
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	if len(hashes) != len(indexes) {
		return nil, custody.Errorf(custody.Internal, "the hash reader returned %d hashes for %d indexes", len(hashes), len(indexes))
	}
	p := make(Proof, 0, len(outside))
	for _, n := range outside {
		count := len(n.perfect(nil))
		p = append(p, fold(hashes[:count]))
		hashes = hashes[count:]
	}
	return p, nil
}

// VerifyRange checks that a tree of that size and root holds leaves at [from, from+len(leaves)). Every
// failure is Corrupt. Its work is linear in the number of leaves. Size and root must come from the same trusted
// source: a root alone does not fix the number of leaves to the right of the range.
func VerifyRange(p Proof, size uint64, root Hash, from uint64, leaves []Hash) error {
	to := from + uint64(len(leaves))
	if to < from || checkRange(size, from, to) != nil {
		return custody.Errorf(custody.Corrupt, "%d leaves from %d on do not lie inside a tree of %d leaves", len(leaves), from, size)
	}
	v := rangeVerifier{from: from, to: to, leaves: leaves, proof: p}
	got := v.hash(node{0, size})
	if v.short || len(v.proof) != 0 || got != root {
		return custody.Errorf(custody.Corrupt, "the leaves %d to %d are not those of the tree of %d leaves with root %s", from, to-1, size, root)
	}
	return nil
}

func checkRange(size, from, to uint64) error {
	if size > MaxSize || from >= to || to > size {
		return custody.Errorf(custody.Invalid, "the leaves [%d, %d) are not a range of a tree of %d leaves", from, to, size)
	}
	return nil
}

// node is the subtree of the leaves [lo, hi) as RFC 6962 §2.1 splits a tree.
type node struct{ lo, hi uint64 }

func (n node) len() uint64 { return n.hi - n.lo }

// split returns the children: the left one holds the largest power of two smaller than the length.
func (n node) split() (left, right node) {
	mid := n.lo + 1<<(bits.Len64(n.len()-1)-1)
	return node{n.lo, mid}, node{mid, n.hi}
}

// perfect appends the storage indexes of the complete subtrees that n falls into, from left to right.
func (n node) perfect(indexes []int64) []int64 {
	if n.len()&(n.len()-1) == 0 {
		level := bits.TrailingZeros64(n.len())
		return append(indexes, StoredIndex(level, n.lo>>level))
	}
	left, right := n.split()
	return right.perfect(left.perfect(indexes))
}

// fold hashes complete subtrees of falling size into the root over them all.
func fold(hashes []Hash) Hash {
	h := hashes[len(hashes)-1]
	for i := len(hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(hashes[i], h)
	}
	return h
}

// outsideOf appends the largest subtrees of n that hold no leaf of [from, to), from left to right.
func outsideOf(n node, from, to uint64, out []node) []node {
	switch {
	case n.hi <= from || n.lo >= to:
		return append(out, n)
	case from <= n.lo && n.hi <= to:
		return out
	}
	left, right := n.split()
	return outsideOf(right, from, to, outsideOf(left, from, to, out))
}

type rangeVerifier struct {
	from, to uint64
	leaves   []Hash
	proof    Proof
	short    bool // the proof held fewer hashes than its shape demands
}

// hash is the root of n: taken from the proof outside the range, computed inside it.
func (v *rangeVerifier) hash(n node) Hash {
	if n.hi <= v.from || n.lo >= v.to {
		if len(v.proof) == 0 {
			v.short = true
			return Hash{}
		}
		h := v.proof[0]
		v.proof = v.proof[1:]
		return h
	}
	if n.len() == 1 {
		return v.leaves[n.lo-v.from]
	}
	left, right := n.split()
	l := v.hash(left)
	return tlog.NodeHash(l, v.hash(right))
}
