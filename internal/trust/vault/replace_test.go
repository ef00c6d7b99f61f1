package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// TestADamagedObjectIsReplacedFromTheSpool: whatever a store made of an earlier put, before or after the row.
func TestADamagedObjectIsReplacedFromTheSpool(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"nothing": func([]byte) []byte { return nil },
		"half":    func(b []byte) []byte { return b[:len(b)/2] },
		"longer":  func(b []byte) []byte { return append(b, 0) },
		"a byte":  func(b []byte) []byte { b[len(b)/2] ^= 0x20; return b },
		"foreign": func(b []byte) []byte { return bytes.Repeat([]byte{7}, len(b)) },
	} {
		for _, committed := range []bool{false, true} {
			w := newWorld(t)
			v := w.open()
			tk := newTake(noon, 1000)
			p := must(w.record(v, tk, 3).Close(vault.SegmentEnd{}))
			row := must(p.Seal(t.Context()))
			whole := must(os.ReadFile(filepath.Join(w.dir, string(p.ID())+".spool")))
			w.objects.held[string(p.ID())] = damage(bytes.Clone(whole))
			if committed {
				w.catalog.commit(row)
			}
			if err := p.Store(t.Context()); err != nil {
				t.Fatal(name, err)
			}
			if !bytes.Equal(w.objects.held[string(p.ID())], whole) {
				t.Fatal(name, "the store holds other bytes than the spool")
			}
			w.settle(p)
			w.wantFootage(v, tk)
		}
	}
}

// TestWhatARowVouchesForIsNotReplaced: not even by a segment of the same id.
func TestWhatARowVouchesForIsNotReplaced(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	p := must(w.record(v, newTake(noon, 1000), 3).Close(vault.SegmentEnd{}))
	row := must(p.Seal(t.Context()))
	row.ObjectDigest[0] ^= 1
	w.catalog.commit(row)
	w.objects.held[string(p.ID())] = []byte("damaged")
	if err := p.Store(t.Context()); custody.KindOf(err) != custody.Exists || string(w.objects.held[string(p.ID())]) != "damaged" {
		t.Fatal("replaced, or", err)
	}
}

// TestAWholeSegmentIsNotReplaced: a spool that was set back to an earlier state finds a longer segment in the store, which it
// must not shorten.
func TestAWholeSegmentIsNotReplaced(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	tk := newTake(noon, 1000)
	wr := w.record(v, tk, 2)
	earlier := map[string][]byte{}
	for _, file := range must(filepath.Glob(filepath.Join(w.dir, "seg_*"))) {
		earlier[file] = must(os.ReadFile(file))
	}
	if err := wr.Append(t.Context(), tk.next(1000)); err != nil {
		t.Fatal(err)
	}
	p := must(wr.Close(vault.SegmentEnd{}))
	must(p.Seal(t.Context()))
	if err := p.Store(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := bytes.Clone(w.objects.held[string(p.ID())])
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	for file, b := range earlier {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, _, err := w.open().Recover(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	must(found[0].Seal(t.Context()))
	if err := found[0].Store(t.Context()); custody.KindOf(err) != custody.Exists {
		t.Fatal("a whole segment was replaced by an earlier state of it:", err)
	}
	if !bytes.Equal(w.objects.held[string(p.ID())], stored) {
		t.Fatal("the store holds other bytes than before")
	}
}
