package objecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
)

func readEdges(h *harness) {
	const size = 10_000
	data := Bytes(7, size)
	h.put("seg_r", data)
	h.put("seg_zero", nil)
	for _, c := range []struct {
		key  string
		n    int
		off  int64
		kind custody.Kind // Internal: success
	}{
		{"seg_r", 1, 0, 0}, {"seg_r", 1, size - 1, 0}, {"seg_r", size, 0, 0}, {"seg_r", 4097, 4095, 0},
		{"seg_r", 0, 0, 0}, {"seg_r", 0, size, 0}, {"seg_zero", 0, 0, 0},
		{"seg_r", 1, size, custody.Corrupt}, {"seg_r", size + 1, 0, custody.Corrupt}, {"seg_r", 2, size - 1, custody.Corrupt},
		{"seg_r", 1, 1 << 40, custody.Corrupt}, {"seg_zero", 1, 0, custody.Corrupt},
		{"seg_r", 1, -1, custody.Invalid}, {"seg_r", 2, math.MaxInt64 - 1, custody.Invalid},
	} {
		p := make([]byte, c.n)
		err := h.store.ReadAt(h.ctx, c.key, p, c.off)
		if c.kind != 0 {
			h.wants(c.kind, err, fmt.Sprintf("ReadAt(%s, %d bytes at %d)", c.key, c.n, c.off))
			continue
		}
		if err != nil || c.n > 0 && !bytes.Equal(p, data[c.off:c.off+int64(c.n)]) {
			h.Fatalf("ReadAt(%s, %d bytes at %d): %v or other bytes", c.key, c.n, c.off, err)
		}
	}
}

func readConcurrently(h *harness) {
	data := Bytes(8, 200_000)
	h.put("seg_many", data)
	for i, err := range race(func(i int) error {
		p := make([]byte, 1000+i)
		off := int64(i * 3000)
		if err := h.store.ReadAt(h.ctx, "seg_many", p, off); err != nil {
			return err
		}
		if !bytes.Equal(p, data[off:off+int64(len(p))]) {
			return errors.New("other bytes")
		}
		return nil
	}) {
		if err != nil {
			h.Errorf("reader %d: %v", i, err)
		}
	}
}

func openStream(h *harness) {
	data := Bytes(9, 3<<20)
	h.put("seg_open", data)
	r, err := h.store.Open(h.ctx, "seg_open")
	if err != nil {
		h.Fatal(err)
	}
	part := make([]byte, 1000)
	if _, err := io.ReadFull(r, part); err != nil || !bytes.Equal(part, data[:1000]) {
		h.Fatalf("the first bytes: %v", err)
	}
	if err := r.Close(); err != nil {
		h.Fatalf("Close half-way: %v", err)
	}

	ctx, cancel := context.WithCancel(h.ctx)
	r, err = h.store.Open(ctx, "seg_open")
	if err != nil {
		h.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, part); err != nil {
		h.Fatal(err)
	}
	cancel()
	_, err = io.Copy(io.Discard, r)
	h.wants(custody.Unavailable, err, "reading on after the context ended")
	h.holds("seg_open", data)
}

func absentKeys(h *harness) {
	h.wantsAbsent("seg_none")
	_, err := h.store.Open(h.ctx, "seg_none")
	h.wants(custody.NotFound, err, "Open")
	h.wants(custody.NotFound, h.store.ReadAt(h.ctx, "seg_none", make([]byte, 1), 0), "ReadAt")
	h.wants(custody.NotFound, h.store.ReadAt(h.ctx, "seg_none", nil, 0), "ReadAt of nothing")
	if err := h.store.Purge(h.ctx, "seg_none"); err != nil {
		h.Fatalf("Purge: %v", err)
	}
	for st, err := range h.store.List(h.ctx) {
		h.Fatalf("an empty store lists %+v, %v", st, err)
	}
}

func badKeys(h *harness) {
	src := h.source([]byte("x"))
	for _, key := range []string{"", ".", "..", "a/b", "/a", "A", "seg-1", "seg_1.tmp", "a b", "ä", "a\x00", "a\n", string(bytes.Repeat([]byte("a"), 65))} {
		_, statErr := h.store.Stat(h.ctx, key)
		_, openErr := h.store.Open(h.ctx, key)
		for name, err := range map[string]error{
			"Put":    h.store.Put(h.ctx, key, src),
			"Stat":   statErr,
			"Open":   openErr,
			"ReadAt": h.store.ReadAt(h.ctx, key, make([]byte, 1), 0),
			"Purge":  h.store.Purge(h.ctx, key),
		} {
			h.wants(custody.Invalid, err, fmt.Sprintf("%s(%q)", name, key))
		}
	}
}

// listOrder stores more keys than a page of S3 holds, of several kinds that interleave.
func listOrder(h *harness) {
	want := []string{"0", "9_", "_", "_x", "a", "a_", "aa", "seg", "seg2_a", "seg_", "seg__", "seg_2", "seg_a", "seg_a_", "zz"}
	for range 1050 {
		want = append(want, string(custody.NewSegmentID()))
	}
	for range 40 {
		want = append(want, string(custody.NewGapID()))
	}
	src := h.source([]byte("listed"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < len(want); i += 8 {
				if err := h.store.Put(h.ctx, want[i], src); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		h.Fatal(failed)
	}
	slices.Sort(want)
	var got []string
	for st, err := range h.store.List(h.ctx) {
		if err != nil || st.Size != 6 {
			h.Fatalf("%+v, %v", st, err)
		}
		got = append(got, st.Key)
	}
	if !slices.Equal(got, want) {
		h.Fatalf("%d keys listed, %d put, or out of order", len(got), len(want))
	}
}

func listEndsEarly(h *harness) {
	for i := range 10 {
		h.put(fmt.Sprintf("seg_%d", i), []byte("x"))
	}
	n := 0
	for _, err := range h.store.List(h.ctx) {
		if err != nil {
			h.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	n = 0
	for range h.store.List(h.ctx) { // and again from the start
		n++
	}
	if n != 10 {
		h.Fatalf("listed %d of 10", n)
	}
}
