package objecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// racers is how many goroutines meet at one key.
const racers = 64

func putThenRead(h *harness) {
	for i, n := range []int{0, 1, 4095, 4096, 1<<20 + 3} {
		key := string(custody.NewSegmentID())
		data := Bytes(uint64(i), n)
		h.put(key, data)
		h.holds(key, data)
	}
	for _, key := range []string{"x", "0", "_", "a_", "a_b", "seg_2", "0123456789012345678901234567890123456789012345678901234567890123"} {
		h.put(key, []byte(key))
		h.holds(key, []byte(key))
	}
}

func putAgain(h *harness) {
	key, data := string(custody.NewSegmentID()), Bytes(1, 300_000)
	src := h.source(data)
	for range 3 {
		if err := h.store.Put(h.ctx, key, src); err != nil {
			h.Fatalf("the same source again: %v", err)
		}
	}
	h.put(key, data) // the same bytes from another file
	other := append([]byte(nil), data...)
	other[150_000] ^= 1
	for name, b := range map[string][]byte{"one bit": other, "shorter": data[:299_999], "longer": append(other, 0), "empty": nil} {
		h.wants(custody.Exists, h.store.Put(h.ctx, key, h.source(b)), name)
		h.holds(key, data)
	}
	h.put("seg_empty", nil)
	h.put("seg_empty", nil)
	h.wants(custody.Exists, h.store.Put(h.ctx, "seg_empty", h.source([]byte{0})), "a byte over an empty object")
	h.holds("seg_empty", nil)
}

func putBadSource(h *harness) {
	good := h.source(Bytes(2, 1000))
	missing, short, long, negative, dir := good, good, good, good, good
	missing.Path += ".gone"
	short.Size, long.Size, negative.Size = 999, 1001, -1
	dir.Path = h.dir
	for name, c := range map[string]struct {
		src  vault.Source
		kind custody.Kind
	}{
		"missing":       {missing, custody.Invalid},
		"negative size": {negative, custody.Invalid},
		"longer file":   {short, custody.Corrupt},
		"shorter file":  {long, custody.Corrupt},
		"directory":     {dir, custody.Corrupt},
	} {
		h.wants(c.kind, h.store.Put(h.ctx, "seg_bad", c.src), name)
		h.wantsAbsent("seg_bad")
	}
}

func putSameConcurrently(h *harness) {
	data := Bytes(3, 100_000)
	srcs := make([]vault.Source, racers)
	for i := range srcs {
		srcs[i] = h.source(data)
	}
	for i, err := range race(func(i int) error { return h.store.Put(h.ctx, "seg_same", srcs[i]) }) {
		if err != nil {
			h.Errorf("racer %d: %v", i, err)
		}
	}
	h.holds("seg_same", data)
}

func putRace(h *harness) {
	srcs := make([]vault.Source, racers)
	for i := range srcs {
		srcs[i] = h.source(Bytes(uint64(100+i), 10_000))
	}
	winner := -1
	for i, err := range race(func(i int) error { return h.store.Put(h.ctx, "seg_race", srcs[i]) }) {
		switch {
		case err == nil && winner >= 0:
			h.Fatalf("racers %d and %d both won", winner, i)
		case err == nil:
			winner = i
		default:
			h.wants(custody.Exists, err, fmt.Sprintf("racer %d", i))
		}
	}
	if winner < 0 {
		h.Fatal("nobody won")
	}
	h.holds("seg_race", Bytes(uint64(100+winner), 10_000))
}

// race calls f from all racers at once and returns their errors.
func race(f func(i int) error) []error {
	errs := make([]error, racers)
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range errs {
		wg.Go(func() {
			<-gate
			errs[i] = f(i)
		})
	}
	close(gate)
	wg.Wait()
	return errs
}

// putCutShort cancels puts at many moments: the key must then be absent or whole, and a retry succeeds.
func putCutShort(h *harness) {
	data := Bytes(4, 2<<20)
	src := h.source(data)
	for i := range 12 {
		key := fmt.Sprintf("seg_cut%02d", i)
		ctx, cancel := context.WithTimeout(h.ctx, time.Duration(i*i)*250*time.Microsecond)
		err := h.store.Put(ctx, key, src)
		cancel()
		if err != nil {
			h.wants(custody.Unavailable, err, "a put cut short")
		}
		st, serr := h.store.Stat(h.ctx, key)
		if serr == nil {
			h.holds(key, data)
		} else {
			h.wants(custody.NotFound, serr, "Stat after a put cut short")
		}
		if err == nil && st.Size != src.Size {
			h.Fatalf("%s was acknowledged and is not there", key)
		}
		if err := h.store.Put(h.ctx, key, src); err != nil {
			h.Fatalf("the retry: %v", err)
		}
		h.holds(key, data)
	}
}

// sourceStaysApart removes the source after the put, as the vault does with its spool file.
func sourceStaysApart(h *harness) {
	data := Bytes(5, 50_000)
	src := h.source(data)
	if err := h.store.Put(h.ctx, "seg_apart", src); err != nil {
		h.Fatal(err)
	}
	if got, err := os.ReadFile(src.Path); err != nil || string(got) != string(data) {
		h.Fatalf("the source changed: %v", err)
	}
	if err := os.Remove(src.Path); err != nil {
		h.Fatal(err)
	}
	h.holds("seg_apart", data)
}

func purge(h *harness) {
	for _, key := range []string{"seg_a", "seg_ab", "seg_abc"} {
		h.put(key, []byte(key))
	}
	for range 2 { // an absent key is success
		if err := h.store.Purge(h.ctx, "seg_ab"); err != nil {
			h.Fatal(err)
		}
		h.wantsAbsent("seg_ab")
	}
	h.holds("seg_a", []byte("seg_a"))
	h.holds("seg_abc", []byte("seg_abc"))
	h.put("seg_ab", []byte("other bytes now"))
	h.holds("seg_ab", []byte("other bytes now"))
}

// purgeConcurrently lets purges and reads meet. A service may trip over that (versitygw answers 500); then
// the purge is Unavailable and its retry succeeds. A read never returns other bytes.
func purgeConcurrently(h *harness) {
	data := Bytes(6, 10_000)
	h.put("seg_gone", data)
	for i, err := range race(func(i int) error {
		if i%2 == 0 {
			return h.store.Purge(h.ctx, "seg_gone")
		}
		p := make([]byte, len(data))
		err := h.store.ReadAt(h.ctx, "seg_gone", p, 0)
		if err == nil && !bytes.Equal(p, data) {
			return errors.New("other bytes")
		}
		return err
	}) {
		kind := custody.KindOf(err)
		if err != nil && kind != custody.Unavailable && (i%2 == 0 || kind != custody.NotFound) {
			h.Errorf("racer %d: %v", i, err)
		}
	}
	if err := h.store.Purge(h.ctx, "seg_gone"); err != nil {
		h.Fatalf("the retry: %v", err)
	}
	h.wantsAbsent("seg_gone")
}

// cancelled calls everything with a context that is over.
func cancelled(h *harness) {
	h.put("seg_c", []byte("abc"))
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	_, statErr := h.store.Stat(ctx, "seg_c")
	_, openErr := h.store.Open(ctx, "seg_c")
	var listErr error
	for _, err := range h.store.List(ctx) {
		listErr = err
	}
	for name, err := range map[string]error{
		"Put":    h.store.Put(ctx, "seg_new", h.source([]byte("new"))),
		"Stat":   statErr,
		"ReadAt": h.store.ReadAt(ctx, "seg_c", make([]byte, 3), 0),
		"Open":   openErr,
		"List":   listErr,
		"Purge":  h.store.Purge(ctx, "seg_c"),
	} {
		h.wants(custody.Unavailable, err, name)
		if !errors.Is(err, context.Canceled) {
			h.Errorf("%s does not say that it was cancelled: %v", name, err)
		}
	}
	h.wantsAbsent("seg_new")
	h.holds("seg_c", []byte("abc"))
}
