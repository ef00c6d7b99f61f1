package objecttest

import (
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
)

// replace puts other bytes over what is there, shorter, longer and empty ones too; an absent key is put.
func replace(h *harness) {
	data := Bytes(7, 200_000)
	for i, old := range [][]byte{nil, {}, data[:100_000], append(append([]byte(nil), data...), 1), Bytes(8, len(data))} {
		key := fmt.Sprintf("seg_replace%d", i)
		if i > 0 {
			h.put(key, old)
			h.wants(custody.Exists, h.store.Put(h.ctx, key, h.source(data)), "a put before the replacement")
			h.holds(key, old)
		}
		if err := h.store.Replace(h.ctx, key, h.source(data)); err != nil {
			h.Fatalf("Replace(%s): %v", key, err)
		}
		h.holds(key, data)
		h.put(key, data) // what replaced is there like what was put
	}
	h.wants(custody.Exists, h.store.Put(h.ctx, "seg_replace1", h.source([]byte("x"))), "a put after the replacement")
	bad := h.source(data)
	bad.Digest[0] ^= 1
	h.put("seg_bad", []byte("other"))
	h.wants(custody.Corrupt, h.store.Replace(h.ctx, "seg_bad", bad), "a replacement by a source that is not what it says")
	h.holds("seg_bad", []byte("other"))
	if err := h.store.Purge(h.ctx, "seg_replace4"); err != nil {
		h.Fatal(err)
	}
	h.wantsAbsent("seg_replace4")
}

// replaceSame leaves an object alone that is the source already, however many replace it at once.
func replaceSame(h *harness) {
	data := Bytes(9, 50_000)
	h.put("seg_same", data)
	before, err := h.store.Stat(h.ctx, "seg_same")
	if err != nil {
		h.Fatal(err)
	}
	src := h.source(data)
	for i, err := range race(func(int) error { return h.store.Replace(h.ctx, "seg_same", src) }) {
		if err != nil {
			h.Errorf("racer %d: %v", i, err)
		}
	}
	if after, err := h.store.Stat(h.ctx, "seg_same"); err != nil || after.Version != before.Version {
		h.Errorf("the object was written again: version %q, then %q, %v", before.Version, after.Version, err)
	}
	h.holds("seg_same", data)
}
