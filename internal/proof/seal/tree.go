package seal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxSize is the largest tree this room builds or verifies, in leaves. The site's log would need a thousand events a
// second for 35 years to reach it; a larger number in a proof is a lie.
const MaxSize = 1 << 40

// HashReader reads stored tree hashes by storage index. It returns exactly as many hashes as there are
// indexes, or an error. See StoredIndex for the numbering.
type HashReader = tlog.HashReader

// HashReaderFunc is a function that is a HashReader.
type HashReaderFunc = tlog.HashReaderFunc

// StoredIndex numbers the complete subtrees of a log densely, in the order in which appending leaves completes
// them: leaf n is written first, then every subtree that it completes, from the smallest. The subtree at
// (level, n) covers the leaves [n<<level, (n+1)<<level).
func StoredIndex(level int, n uint64) int64 { return tlog.StoredHashIndex(level, int64(n)) }

// SplitStoredIndex is the inverse of StoredIndex.
func SplitStoredIndex(index int64) (level int, n uint64) {
	l, i := tlog.SplitStoredHashIndex(index)
	return l, uint64(i)
}

// StoredCount is the number of hashes stored for a tree of that many leaves. The hashes of leaf n are exactly
// those with an index in [StoredCount(n), StoredCount(n+1)).
func StoredCount(size uint64) int64 { return tlog.StoredHashCount(int64(size)) }

// StoredHashes returns the hashes to store when the leaf is appended at index n, for the storage indexes
// from StoredCount(n) on. It reads at most log2(n) earlier ones.
func StoredHashes(n uint64, leaf Hash, r HashReader) ([]Hash, error) {
	if n >= MaxSize {
		return nil, errSize(n)
	}
	return tlog.StoredHashesForRecordHash(int64(n), leaf, r)
}

// RootOf computes the root of the first size leaves from stored hashes. The root of the empty tree is SHA-256 of
// nothing (RFC 6962 §2.1).
func RootOf(size uint64, r HashReader) (Hash, error) {
	if size > MaxSize {
		return Hash{}, errSize(size)
	}
	return tlog.TreeHash(int64(size), r)
}

// Frontier is a Merkle tree that remembers only the roots of its complete subtrees, at most one a level: any number of
// leaves in constant memory. The zero Frontier is the empty tree. Copying one is a snapshot. It is not safe for
// concurrent use.
type Frontier struct {
	size  uint64
	peaks [41]Hash // peaks[l] is valid iff bit l of size is set; MaxSize is bit 40
}

// Add appends one leaf and returns the hashes of the subtrees it completes, the leaf itself first: those that
// a log stores from StoredCount(size before) on. The slice is appended to into and returned, so that a
// caller who passes the same slice again allocates nothing. It panics beyond MaxSize, which no real sequence reaches.
func (f *Frontier) Add(leaf Hash, into []Hash) []Hash {
	if f.size >= MaxSize {
		panic("seal: a tree has more than 2^40 leaves")
	}
	h, level := leaf, 0
	into = append(into, h)
	for ; f.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(f.peaks[level], h)
		into = append(into, h)
	}
	f.peaks[level] = h
	f.size++
	return into
}

// Size is the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Root is the RFC 6962 root of the leaves so far.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		return emptyRoot()
	}
	level := bits.TrailingZeros64(f.size)
	root := f.peaks[level]
	for level++; level < len(f.peaks); level++ {
		if f.size>>level&1 == 1 {
			root = tlog.NodeHash(f.peaks[level], root)
		}
	}
	return root
}

func emptyRoot() Hash {
	h, _ := tlog.TreeHash(0, nil) // reads nothing and cannot fail for size 0
	return h
}

// SegmentTree gathers the leaves of one segment in order and yields their root. It keeps 41 hashes
// whatever the length. The zero SegmentTree is empty and ready. It is not safe for concurrent use.
type SegmentTree struct {
	frontier Frontier
	scratch  []Hash
}

// Add appends the next leaf.
func (t *SegmentTree) Add(leaf Hash) { t.scratch = t.frontier.Add(leaf, t.scratch[:0]) }

// Size is the number of leaves.
func (t *SegmentTree) Size() uint64 { return t.frontier.Size() }

// Root is the RFC 6962 root of the leaves so far.
func (t *SegmentTree) Root() Hash { return t.frontier.Root() }

// Tree is a SegmentTree that keeps every hash, so that it can prove: 64 bytes a leaf. The zero Tree is empty and ready.
// Once built it may be read concurrently.
type Tree struct {
	frontier Frontier
	stored   []Hash
}

// NewTree builds the tree of all leaves of a segment.
func NewTree(leaves []Hash) *Tree {
	t := &Tree{stored: make([]Hash, 0, 2*len(leaves))}
	for _, l := range leaves {
		t.Add(l)
	}
	return t
}

// Add appends the next leaf.
func (t *Tree) Add(leaf Hash) { t.stored = t.frontier.Add(leaf, t.stored) }

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.frontier.Size() }

// Root is the RFC 6962 root of the leaves so far.
func (t *Tree) Root() Hash { return t.frontier.Root() }

// Leaf returns leaf n. It fails with Invalid beyond the tree.
func (t *Tree) Leaf(n uint64) (Hash, error) {
	if n >= t.Size() {
		return Hash{}, custody.Errorf(custody.Invalid, "leaf %d lies outside a tree of %d leaves", n, t.Size())
	}
	return t.stored[StoredIndex(0, n)], nil
}

// ReadHashes makes a Tree a HashReader.
func (t *Tree) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.stored)) {
			return nil, custody.Errorf(custody.Invalid, "tree hash %d lies outside a tree of %d leaves", x, t.Size())
		}
		out[i] = t.stored[x]
	}
	return out, nil
}

func errSize(n uint64) error {
	return custody.Errorf(custody.Invalid, "a tree of %d leaves is larger than the limit of %d", n, uint64(MaxSize))
}
