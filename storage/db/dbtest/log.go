package dbtest

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db"
)

func all[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		must(t, err)
		out = append(out, v)
	}
	return out
}

func events(t testing.TB, prefix string, n int) []custody.Event {
	t.Helper()
	out := make([]custody.Event, n)
	for i := range out {
		out[i] = Event(t, "test.happened", fmt.Sprintf("%s-%d", prefix, i))
	}
	return out
}

func logGrows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	var want []custody.Event
	var leaves []seal.Hash
	older := map[uint64]seal.Hash{}
	for n := range 40 {
		batch := events(t, fmt.Sprint(n), 1+n%3)
		must(t, d.Append(ctx, batch...))
		want = append(want, batch...)
		h, err := d.Head(ctx)
		must(t, err)
		older[h.Size] = h.Root
	}
	var got []custody.Event
	for _, e := range all(t, d.Entries(ctx, 1, 0, 1<<40)) {
		if e.Index != uint64(len(leaves)) || e.Salt == nil || seal.EventLeaf(e.Event.Type, *e.Salt, e.Event.Body) != e.Leaf ||
			seal.EventLeafOfDigest(e.Event.Type, e.Digest) != e.Leaf {
			t.Fatalf("entry %d does not give its leaf", e.Index)
		}
		leaves, got = append(leaves, e.Leaf), append(got, e.Event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	head, err := d.Head(ctx)
	must(t, err)
	proveAll(t, d, head, leaves, older)
}

// proveAll recomputes the root from the leaves alone, then proves each leaf and each older head from what is stored.
func proveAll(t testing.TB, d *db.DB, head audit.Head, leaves []seal.Hash, older map[uint64]seal.Hash) {
	t.Helper()
	memory := map[int64]seal.Hash{}
	inMemory := tlog.HashReaderFunc(func(ix []int64) (out []seal.Hash, err error) {
		for _, i := range ix {
			out = append(out, memory[i])
		}
		return out, nil
	})
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), leaf, inMemory)
		must(t, err)
		for k, h := range hashes {
			memory[tlog.StoredHashIndex(0, int64(i))+int64(k)] = h
		}
	}
	size := int64(head.Size)
	root, err := tlog.TreeHash(size, inMemory)
	must(t, err)
	if root != head.Root || size != int64(len(leaves)) {
		t.Fatalf("head %d %v, the %d leaves give %v", head.Size, head.Root, len(leaves), root)
	}
	stored := tlog.HashReaderFunc(func(ix []int64) ([]seal.Hash, error) { return d.Hashes(t.Context(), head.Epoch, ix) })
	for i, leaf := range leaves {
		p, err := tlog.ProveRecord(size, int64(i), stored)
		must(t, err)
		must(t, tlog.CheckRecord(p, size, head.Root, int64(i), leaf))
	}
	for n, old := range older {
		p, err := tlog.ProveTree(size, int64(n), stored)
		must(t, err)
		must(t, tlog.CheckTree(p, size, head.Root, int64(n), old))
	}
}

func logPaged(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	must(t, d.Append(ctx)) // nothing is success
	const n = 1300         // several pages, several chunks, one batch
	must(t, d.Append(ctx, events(t, "e", n)...))
	for _, r := range []struct{ from, to, want uint64 }{{0, n, n}, {0, 256, 256}, {255, 257, 2}, {1000, 5000, 300}, {n, n + 1, 0}, {7, 7, 0}} {
		var count uint64
		for e, err := range d.Entries(ctx, 1, r.from, r.to) {
			must(t, err)
			if e.Index != r.from+count || e.Event.Subject != fmt.Sprintf("e-%d", e.Index) {
				t.Fatalf("entry %d %q where %d was due", e.Index, e.Event.Subject, r.from+count)
			}
			count++
		}
		if count != r.want {
			t.Errorf("[%d,%d): %d entries, want %d", r.from, r.to, count, r.want)
		}
	}
	for range d.Entries(ctx, 1, 0, n) {
		break // a consumer may stop
	}
	_, err := d.Hashes(ctx, 1, []int64{0, 1 << 40})
	wantKind(t, err, custody.Corrupt)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range d.Entries(gone, 1, 0, n) {
		wantKind(t, err, custody.Unavailable)
	}
}

func logEpochs(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	must(t, d.Append(ctx, events(t, "one", 5)...))
	wantKind(t, d.StartEpoch(ctx, 1, Event(t, custody.EventLogEpoch, "again")), custody.Conflict)
	wantSize(t, d, 5)
	must(t, d.StartEpoch(ctx, 2, Event(t, custody.EventLogEpoch, "restored")))
	must(t, d.Append(ctx, events(t, "two", 2)...))
	h, err := d.Head(ctx)
	must(t, err)
	if h.Epoch != 2 || h.Size != 3 {
		t.Fatalf("head %+v, want epoch 2 with 3 entries", h)
	}
	second := all(t, d.Entries(ctx, 2, 0, 10))
	if len(second) != 3 || second[0].Event.Type != custody.EventLogEpoch {
		t.Fatalf("epoch 2 begins with %+v", second)
	}
	if first := all(t, d.Entries(ctx, 1, 0, 10)); len(first) != 5 {
		t.Fatalf("epoch 1 has %d entries left, want 5", len(first))
	}
	wantKind(t, d.StartEpoch(ctx, 1, Event(t, custody.EventLogEpoch, "back")), custody.Conflict)
}

func checkpoints(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	want := []audit.Checkpoint{{Epoch: 1, Size: 0, Note: []byte("a"), At: At(1)}, {Epoch: 1, Size: 7, Note: []byte("b"), At: At(2)},
		{Epoch: 2, Size: 1, Note: []byte("c"), At: At(3)}}
	for _, i := range []int{2, 0, 1, 1} { // in any order, and again
		must(t, d.AddCheckpoint(ctx, want[i]))
	}
	wantKind(t, d.AddCheckpoint(ctx, audit.Checkpoint{Epoch: 1, Size: 7, Note: []byte("other"), At: At(4)}), custody.Conflict)
	if diff := cmp.Diff(want, all(t, d.Checkpoints(ctx))); diff != "" {
		t.Fatal(diff)
	}
}
