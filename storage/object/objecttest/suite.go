package objecttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Run is the conformance suite. newStore returns a fresh, empty store; it is called once per sub-test
// and may use t to clean up.
func Run(t *testing.T, newStore func(t *testing.T) vault.Objects) {
	for name, test := range map[string]func(*harness){
		"put then read":         putThenRead,
		"put again":             putAgain,
		"put of a bad source":   putBadSource,
		"put same concurrently": putSameConcurrently,
		"put race of others":    putRace,
		"put cut short":         putCutShort,
		"source stays apart":    sourceStaysApart,
		"replace":               replace,
		"replace of the same":   replaceSame,
		"read edges":            readEdges,
		"read concurrently":     readConcurrently,
		"open":                  openStream,
		"absent":                absentKeys,
		"bad keys":              badKeys,
		"cancelled":             cancelled,
		"list":                  listOrder,
		"list ends early":       listEndsEarly,
		"purge":                 purge,
		"purge concurrently":    purgeConcurrently,
		"hold":                  hold,
	} {
		t.Run(name, func(t *testing.T) {
			h := &harness{T: t, ctx: t.Context(), store: newStore(t), dir: t.TempDir()}
			test(h)
			h.consistent()
		})
	}
}

// harness is one store under test and what it must hold.
type harness struct {
	*testing.T
	ctx   context.Context
	store vault.Objects
	dir   string
}

// Bytes returns n bytes that depend on seed.
func Bytes(seed uint64, n int) []byte {
	b := make([]byte, n)
	var key [32]byte
	key[0], key[1], key[2] = byte(seed), byte(seed>>8), byte(seed>>16)
	rand.NewChaCha8(key).Read(b)
	return b
}

// WriteSource writes data to a fresh file in dir and describes it.
func WriteSource(t testing.TB, dir string, data []byte) vault.Source {
	t.Helper()
	f, err := os.CreateTemp(dir, "source-*")
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return vault.Source{Path: f.Name(), Size: int64(len(data)), Digest: sha256.Sum256(data)}
}

func (h *harness) source(data []byte) vault.Source { return WriteSource(h, h.dir, data) }

// put stores data under key or fails the test.
func (h *harness) put(key string, data []byte) {
	h.Helper()
	if err := h.store.Put(h.ctx, key, h.source(data)); err != nil {
		h.Fatalf("Put(%s): %v", key, err)
	}
}

// holds fails the test unless the store holds exactly data under key, seen in every way there is.
func (h *harness) holds(key string, data []byte) {
	h.Helper()
	st, err := h.store.Stat(h.ctx, key)
	if err != nil || st.Key != key || st.Size != int64(len(data)) {
		h.Fatalf("Stat(%s) = %+v, %v; want size %d", key, st, err, len(data))
	}
	if st.Digest != nil && *st.Digest != sha256.Sum256(data) {
		h.Fatalf("Stat(%s) reports another digest", key)
	}
	got := make([]byte, len(data))
	if err := h.store.ReadAt(h.ctx, key, got, 0); err != nil || !bytes.Equal(got, data) {
		h.Fatalf("ReadAt(%s): %v, equal %v", key, err, bytes.Equal(got, data))
	}
	if got := h.read(key); !bytes.Equal(got, data) {
		h.Fatalf("Open(%s) read %d bytes, not the %d put", key, len(got), len(data))
	}
}

func (h *harness) read(key string) []byte {
	h.Helper()
	r, err := h.store.Open(h.ctx, key)
	if err != nil {
		h.Fatalf("Open(%s): %v", key, err)
	}
	got, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		h.Fatalf("reading %s: %v", key, err)
	}
	return got
}

// wants fails the test unless err has the kind and a public sentence.
func (h *harness) wants(kind custody.Kind, err error, what string) {
	h.Helper()
	var e *custody.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Public == "" {
		h.Fatalf("%s: %v (%v); want %v", what, err, custody.KindOf(err), kind)
	}
}

func (h *harness) wantsAbsent(key string) {
	h.Helper()
	_, err := h.store.Stat(h.ctx, key)
	h.wants(custody.NotFound, err, "Stat("+key+")")
}

// consistent ends every test: what List shows is in order, and Stat and a full read agree with it.
func (h *harness) consistent() {
	h.Helper()
	last, n := "", 0
	for st, err := range h.store.List(h.ctx) {
		if err != nil {
			h.Fatalf("List: %v", err)
		}
		if st.Key <= last {
			h.Fatalf("List: %s after %s", st.Key, last)
		}
		last = st.Key
		if n++; n > 20 {
			continue // order for all, bytes for some
		}
		got, err := h.store.Stat(h.ctx, st.Key)
		if err != nil || got.Size != st.Size || int64(len(h.read(st.Key))) != st.Size {
			h.Fatalf("%s: listed with size %d, found %+v, %v", st.Key, st.Size, got, err)
		}
	}
}
