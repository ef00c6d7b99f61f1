package objecttest

import "github.com/footage-custody/custody/internal/custody"

// hold switches the lock of an object to and fro. Whether it keeps the object from being removed is the store's; that it does not once it is off
// is everybody's.
func hold(h *harness) {
	h.put("seg_a", []byte("held"))
	h.put("seg_b", []byte("not held"))
	for range 2 {
		if err := h.store.Hold(h.ctx, "seg_a", true); err != nil {
			h.Fatal(err)
		}
		h.holds("seg_a", []byte("held"))
	}
	h.put("seg_a", []byte("held")) // the same bytes again, under the lock
	if err := h.store.Purge(h.ctx, "seg_b"); err != nil {
		h.Fatal(err)
	}
	for range 2 {
		if err := h.store.Hold(h.ctx, "seg_a", false); err != nil {
			h.Fatal(err)
		}
	}
	if err := h.store.Purge(h.ctx, "seg_a"); err != nil {
		h.Fatal(err)
	}
	for _, on := range []bool{true, false} {
		h.wants(custody.NotFound, h.store.Hold(h.ctx, "seg_a", on), "Hold of an absent key")
		h.wants(custody.Invalid, h.store.Hold(h.ctx, "Seg/", on), "Hold of a bad key")
	}
}
