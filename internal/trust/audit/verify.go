package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// Verification says what to verify and against what.
type Verification struct {
	Store    Store
	Keys     seal.Verifiers // every key that ever signed the log
	Site     string         // names the log
	Sinks    map[string]CheckpointSink
	Progress func(done, total uint64) // entries so far and at the current epoch's head; may be nil
}

// Problem is one thing that is not as it was written.
type Problem struct {
	Epoch uint32
	Entry uint64 // the entry it is about; for a checkpoint its size
	What  string // one sentence that names it
}

// String names the place, then the trouble.
func (p Problem) String() string {
	return fmt.Sprintf("epoch %d, entry %d: %s", p.Epoch, p.Entry, p.What)
}

// Report is the outcome of Verify.
type Report struct {
	Entries, Checkpoints, Copies uint64 // how many were looked at
	Problems                     []Problem
	Omitted                      uint64 // problems beyond MaxProblems
}

// MaxProblems is how many problems a Report names; the rest is counted.
const MaxProblems = 1000

const (
	chunk    = 1024 // entries held in memory at a time
	maxHoles = 100  // missing entries after which an epoch is given up
)

// Verify proves the whole log, from the first epoch to the head as it is when Verify is called, in one pass and in memory
// that does not grow with it: every leaf is computed again from its type and digest, and the digest from salt and body where they
// still exist; indexed fields are compared with the body; every stored tree hash and the head's root with what the
// leaves yield; every checkpoint, here and off the box, has its signature verified and its root compared at its size,
// which proves that each extends the one before (A5); every later epoch names the checkpoint it follows.
//
// What is broken is in the Report. The error is not about the log: the store or a sink could not be read, or ctx ended.
func Verify(ctx context.Context, v Verification) (Report, error) {
	head, err := v.Store.Head(ctx)
	if err != nil {
		return Report{}, err
	}
	p := &pass{Verification: v, head: head}
	p.open(ctx)
	defer p.close()
	for epoch := uint32(1); epoch <= head.Epoch; epoch++ {
		if err := p.epoch(ctx, epoch); err != nil {
			return p.report, err
		}
	}
	p.beyond(head.Epoch)
	return p.report, p.failed
}

// pass is one Verify under way.
type pass struct {
	Verification
	head    Head
	report  Report
	claims  []*claims
	failed  error // a sink or the store could not be read to its end
	current uint32
	tree    seal.Frontier
	nodes   []seal.Hash
	holes   int
}

func (p *pass) problem(epoch uint32, entry uint64, format string, args ...any) {
	if len(p.report.Problems) >= MaxProblems {
		p.report.Omitted++
		return
	}
	p.report.Problems = append(p.report.Problems, Problem{epoch, entry, fmt.Sprintf(format, args...)})
}

func (p *pass) epoch(ctx context.Context, epoch uint32) error {
	p.current, p.tree, p.holes = epoch, seal.Frontier{}, 0
	p.reach()
	for more := true; more; {
		var err error
		if more, err = p.chunk(ctx); err != nil {
			return err
		}
		if p.Progress != nil {
			p.Progress(p.report.Entries, p.head.Size)
		}
	}
	size := p.tree.Size()
	if epoch == p.head.Epoch {
		if size == p.head.Size && p.tree.Root() != p.head.Root {
			p.problem(epoch, size, "the head's root is not the root of the log's %d entries", size)
		}
		return p.ends(ctx, epoch)
	}
	next := make([]*seal.Hash, 1)
	if err := p.gather(ctx, seal.StoredCount(size), next); err != nil {
		return err
	}
	if next[0] != nil && p.holes == 0 {
		p.problem(epoch, size, "the entry is missing, but its tree hash is stored")
	}
	return p.ends(ctx, epoch)
}

// chunk verifies the next entries of the epoch and reports whether there may be more.
func (p *pass) chunk(ctx context.Context) (more bool, err error) {
	from := p.tree.Size()
	to := from + chunk
	if p.current == p.head.Epoch {
		to = min(to, p.head.Size)
	}
	if from == to {
		return false, nil
	}
	var stored []*seal.Hash
	var serr error
	var reading sync.WaitGroup
	reading.Go(func() { stored, serr = p.stored(ctx, from, to) }) // beside the entries: half of the time goes there
	entries, broken, err := p.read(ctx, from, to)
	reading.Wait()
	if err = cmp.Or(err, serr); err != nil {
		return false, err
	}
	for _, e := range entries {
		n := seal.StoredCount(e.Index+1) - seal.StoredCount(e.Index)
		p.entry(e, stored[:n])
		stored = stored[n:]
	}
	if err := ctx.Err(); err != nil {
		return false, custody.Wrap(custody.Unavailable, err, "the verification was stopped")
	}
	if p.tree.Size() == to {
		return true, nil
	}
	if broken == "" && p.current != p.head.Epoch {
		return false, nil // the end of an older epoch
	}
	return p.hole(ctx, broken)
}

// read gathers entries from the store up to the first that is missing or cannot be read, and says in broken what is wrong there.
func (p *pass) read(ctx context.Context, from, to uint64) (entries []Entry, broken string, err error) {
	for e, err := range p.Store.Entries(ctx, p.current, from, to) {
		want := from + uint64(len(entries))
		switch {
		case err != nil && custody.KindOf(err) == custody.Corrupt:
			return entries, custody.PublicText(err), nil
		case err != nil:
			return nil, "", err
		case e.Index != want || e.Epoch != p.current:
			return entries, "the entry is missing", nil
		}
		entries = append(entries, e)
	}
	return entries, "", nil
}

// hole passes over one entry that is not there. Its stored tree hash stands in for it, and the checkpoints after it tell
// whether that hash is the right one. It reports whether the epoch can go on.
func (p *pass) hole(ctx context.Context, broken string) (more bool, err error) {
	n := p.tree.Size()
	if broken == "" {
		broken = "the entry is missing"
	}
	p.problem(p.current, n, "%s", broken)
	p.holes++
	leaf := make([]*seal.Hash, 1)
	if err := p.gather(ctx, seal.StoredCount(n), leaf); err != nil {
		return false, err
	}
	if leaf[0] == nil || p.holes > maxHoles {
		p.problem(p.current, n, "the entries after it cannot be verified")
		return false, nil
	}
	p.add(*leaf[0], nil)
	return true, nil
}

// stored returns the stored tree hashes of the entries [from, to), nil where one is missing.
func (p *pass) stored(ctx context.Context, from, to uint64) ([]*seal.Hash, error) {
	lo := seal.StoredCount(from)
	out := make([]*seal.Hash, seal.StoredCount(to)-lo)
	return out, p.gather(ctx, lo, out)
}

// gather fills out with the stored hashes from index lo on, halving its way to those that are missing.
func (p *pass) gather(ctx context.Context, lo int64, out []*seal.Hash) error {
	if len(out) == 0 {
		return nil
	}
	indexes := make([]int64, len(out))
	for i := range indexes {
		indexes[i] = lo + int64(i)
	}
	hashes, err := p.Store.Hashes(ctx, p.current, indexes)
	if kind := custody.KindOf(err); err != nil && kind != custody.Corrupt && kind != custody.NotFound {
		return err
	}
	if err != nil && len(out) == 1 {
		return nil
	}
	if err != nil {
		half := len(out) / 2
		return errors.Join(p.gather(ctx, lo, out[:half]), p.gather(ctx, lo+int64(half), out[half:]))
	}
	for i := range hashes {
		out[i] = &hashes[i]
	}
	return nil
}

// entry verifies one entry against itself and against the stored hashes that were written with it.
func (p *pass) entry(e Entry, stored []*seal.Hash) {
	p.report.Entries++
	if e.Index == 0 {
		p.begins(e)
	}
	p.body(e)
	leaf := seal.EventLeafOfDigest(e.Event.Type, e.Digest)
	if leaf != e.Leaf {
		// Two of three decide, so that one changed row does not make every later hash look wrong.
		p.problem(e.Epoch, e.Index, "the entry's type, digest or leaf is not what was logged")
		if stored[0] != nil && *stored[0] == e.Leaf {
			leaf = e.Leaf
		}
	}
	p.add(leaf, stored)
}

// body compares what may be disposed of with what stays for ever.
func (p *pass) body(e Entry) {
	if e.Salt == nil && e.Event.Body == nil {
		return // disposed of
	}
	if e.Salt == nil || e.Event.Body == nil {
		p.problem(e.Epoch, e.Index, "only one of the entry's salt and body is stored")
		return
	}
	h := sha256.New()
	h.Write(e.Salt[:])
	h.Write(e.Event.Body)
	if [32]byte(h.Sum(nil)) != e.Digest {
		p.problem(e.Epoch, e.Index, "the entry's body, salt or digest is not what was logged")
		return
	}
	if err := CheckEvent(e.Event); err != nil {
		p.problem(e.Epoch, e.Index, "%s", custody.PublicText(err))
	}
}

// add grows the tree by a leaf and compares the hashes this completes with the stored ones; nil compares nothing.
func (p *pass) add(leaf seal.Hash, stored []*seal.Hash) {
	n := p.tree.Size()
	p.nodes = p.tree.Add(leaf, p.nodes[:0])
	for level := range stored {
		what := "is not what its entries yield"
		if stored[level] == nil {
			what = "is missing"
		} else if *stored[level] == p.nodes[level] {
			continue
		}
		p.problem(p.current, n, "the tree hash of entries %d to %d (level %d) %s", n+1-1<<level, n, level, what)
	}
	p.reach()
}
