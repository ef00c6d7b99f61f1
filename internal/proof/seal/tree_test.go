package seal_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"golang.org/x/mod/sumdb/tlog"
)

func leaves(n int) []seal.Hash {
	out := make([]seal.Hash, n)
	for i := range out {
		out[i] = seal.RunLeaf(binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	return out
}

// rfcRoot is RFC 6962 §2.1 written down as it stands in the text: the oracle.
func rfcRoot(l []seal.Hash) seal.Hash {
	switch len(l) {
	case 0:
		h, _ := tlog.ParseHash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") // SHA-256 of nothing
		return h
	case 1:
		return l[0]
	}
	k := 1
	for k*2 < len(l) {
		k *= 2
	}
	return tlog.NodeHash(rfcRoot(l[:k]), rfcRoot(l[k:]))
}

func TestTreesAgreeWithTheRFC(t *testing.T) {
	for n := range 130 {
		l := leaves(n)
		want := rfcRoot(l)
		var compact seal.SegmentTree
		for _, h := range l {
			compact.Add(h)
		}
		full := seal.NewTree(l)
		stored, err := seal.RootOf(uint64(n), full)
		if err != nil || compact.Root() != want || full.Root() != want || stored != want {
			t.Fatalf("size %d: compact %v, full %v, stored %v (%v), want %v", n, compact.Root(), full.Root(), stored, err, want)
		}
		if compact.Size() != uint64(n) || full.Size() != uint64(n) {
			t.Fatalf("size %d: compact says %d, full says %d", n, compact.Size(), full.Size())
		}
	}
}

func TestStoredHashesMatchTheFrontier(t *testing.T) {
	var f seal.Frontier
	tree := &seal.Tree{}
	for i, leaf := range leaves(200) {
		n := uint64(i)
		want, err := seal.StoredHashes(n, leaf, tree)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Add(leaf, nil)
		if !slices.Equal(got, want) || seal.StoredCount(n+1)-seal.StoredCount(n) != int64(len(got)) {
			t.Fatalf("leaf %d: %d hashes stored, %d expected", n, len(got), len(want))
		}
		tree.Add(leaf)
		level, at := seal.SplitStoredIndex(seal.StoredCount(n))
		if level != 0 || at != n {
			t.Fatalf("leaf %d is stored as (%d, %d)", n, level, at)
		}
	}
}

func TestInclusionAndConsistency(t *testing.T) {
	const top = 40
	all := leaves(top)
	for size := uint64(0); size <= top; size++ {
		tree := seal.NewTree(all[:size])
		root := tree.Root()
		for i := range size {
			p, err := seal.ProveInclusion(size, i, tree)
			if err != nil || seal.VerifyInclusion(p, size, root, i, all[i]) != nil {
				t.Fatalf("inclusion of %d in %d: %v", i, size, err)
			}
			if seal.VerifyInclusion(p, size, root, i, seal.RunLeaf(nil)) == nil {
				t.Fatalf("inclusion of a foreign leaf at %d in %d accepted", i, size)
			}
		}
		for old := uint64(0); old <= size; old++ {
			oldRoot := rfcRoot(all[:old])
			p, err := seal.ProveConsistency(old, size, tree)
			if err != nil || seal.VerifyConsistency(p, old, oldRoot, size, root) != nil {
				t.Fatalf("consistency %d to %d: %v", old, size, err)
			}
			if seal.VerifyConsistency(p, old, seal.RunLeaf(nil), size, root) == nil {
				t.Fatalf("consistency of a fork at %d with %d accepted", old, size)
			}
			if seal.VerifyConsistency(append(p, root), old, oldRoot, size, root) == nil {
				t.Fatalf("a longer proof from %d to %d accepted", old, size)
			}
		}
	}
}

func TestProofsOutsideTheTreeAreInvalid(t *testing.T) {
	tree := seal.NewTree(leaves(3))
	for name, err := range map[string]error{
		"inclusion beyond":  second(seal.ProveInclusion(3, 3, tree)),
		"inclusion in none": second(seal.ProveInclusion(0, 0, tree)),
		"shrinking log":     second(seal.ProveConsistency(4, 3, tree)),
		"giant tree":        second(seal.ProveInclusion(seal.MaxSize+1, 0, tree)),
		"empty range":       second(seal.ProveRange(3, 1, 1, tree)),
		"reversed range":    second(seal.ProveRange(3, 2, 1, tree)),
		"range beyond":      second(seal.ProveRange(3, 2, 4, tree)),
		"giant root":        second(seal.RootOf(seal.MaxSize+1, tree)),
		"unknown leaf":      second(tree.Leaf(3)),
		"giant log":         second(seal.StoredHashes(seal.MaxSize, seal.Hash{}, tree)),
		"reader too short":  second(seal.RootOf(4, tree)),
	} {
		if custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	if seal.VerifyInclusion(nil, seal.MaxSize+1, seal.Hash{}, 0, seal.Hash{}) == nil {
		t.Error("a proof about a giant tree was accepted")
	}
	if seal.VerifyConsistency(nil, 0, tree.Root(), 3, tree.Root()) == nil {
		t.Error("an empty log with a root that is not the empty one was accepted")
	}
}

func second[T any](_ T, err error) error { return err }

func TestRangeProofsOfEveryRange(t *testing.T) {
	for size := uint64(1); size <= 40; size++ {
		l := leaves(int(size))
		tree := seal.NewTree(l)
		for from := range size {
			for to := from + 1; to <= size; to++ {
				checkRange(t, tree, l, from, to)
			}
		}
	}
}

func TestRangeProofsOfLongSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		size := 1 + r.Uint64N(20000)
		l := leaves(int(size))
		from := r.Uint64N(size)
		checkRange(t, seal.NewTree(l), l, from, from+1+r.Uint64N(size-from))
	}
}

func checkRange(t *testing.T, tree *seal.Tree, l []seal.Hash, from, to uint64) {
	t.Helper()
	size, root := tree.Size(), tree.Root()
	p, err := seal.ProveRange(size, from, to, tree)
	if err != nil || seal.VerifyRange(p, size, root, from, l[from:to]) != nil {
		t.Fatalf("[%d, %d) of %d: %v", from, to, size, err)
	}
	depth := 0
	for s := size; s > 0; s >>= 1 {
		depth++
	}
	if len(p) > 2*depth {
		t.Fatalf("[%d, %d) of %d: %d hashes for a tree of depth %d", from, to, size, len(p), depth)
	}
	changed := slices.Clone(l[from:to])
	changed[len(changed)/2] = seal.TableLeaf(nil)
	bad := map[string]error{
		"changed leaf": seal.VerifyRange(p, size, root, from, changed),
		"other root":   seal.VerifyRange(p, size, seal.TableLeaf(nil), from, l[from:to]),
		"longer proof": seal.VerifyRange(append(slices.Clone(p), root), size, root, from, l[from:to]),
		"fewer leaves": seal.VerifyRange(p, size, root, from, l[from:to-1]),
		"one further":  seal.VerifyRange(p, size, root, from+1, l[from:to]),
		"overflow":     seal.VerifyRange(p, size, root, ^uint64(0), l[from:to]),
		"giant":        seal.VerifyRange(p, seal.MaxSize+1, root, from, l[from:to]),
	}
	if len(p) > 0 {
		bad["shorter proof"] = seal.VerifyRange(p[:len(p)-1], size, root, from, l[from:to])
		flipped := slices.Clone(p)
		flipped[len(p)/2][7] ^= 1
		bad["flipped proof"] = seal.VerifyRange(flipped, size, root, from, l[from:to])
	}
	for name, err := range bad {
		if custody.KindOf(err) != custody.Corrupt {
			t.Fatalf("[%d, %d) of %d, %s: %v, want Corrupt", from, to, size, name, err)
		}
	}
}

func FuzzVerifyRange(f *testing.F) {
	f.Add(uint64(7), uint64(2), uint64(5), []byte{})
	f.Add(uint64(1<<40), uint64(1<<39), uint64(3), make([]byte, 32*80))
	f.Add(^uint64(0), uint64(0), uint64(1), []byte("short"))
	f.Fuzz(func(t *testing.T, size, from, count uint64, proof []byte) {
		var p seal.Proof
		for h := range slices.Chunk(proof, 32) {
			var one seal.Hash
			copy(one[:], h)
			p = append(p, one)
		}
		var root seal.Hash
		if seal.VerifyRange(p, size, root, from, leaves(int(count%64))) == nil {
			t.Fatal("a proof for the zero root was accepted")
		}
		_ = seal.VerifyInclusion(p, size, root, from, root)
		_ = seal.VerifyConsistency(p, from, root, size, root)
	})
}
