package vault_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// crashed records the take without settling it and forgets the process.
func (w *world) crashed(tk *take, fragments int) (spool, sidecar string) {
	w.tb.Helper()
	v := w.open()
	w.record(v, tk, fragments)
	if err := v.Close(); err != nil {
		w.tb.Fatal(err)
	}
	path := filepath.Join(w.dir, string(tk.head.ID))
	return path + ".spool", path + ".key"
}

func write(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// oddity is something to be found in a spool directory, and what recovery makes of it.
type oddity struct {
	name        string
	spoil       func(w *world, spool, sidecar string, b []byte) error
	left        int // fragments recovered
	quarantined int // files put aside
	removed     int
}

func oddities() []oddity {
	id := string(custody.NewSegmentID())
	flip := func(b []byte, at int) []byte { b = bytes.Clone(b); b[at] ^= 1; return b }
	return []oddity{
		{"nothing odd", func(*world, string, string, []byte) error { return nil }, 3, 0, 0},
		{"torn within the last unit table", func(_ *world, s, _ string, b []byte) error { return os.Truncate(s, int64(len(b)-1)) }, 2, 0, 0},
		{"torn within the header", func(_ *world, s, _ string, b []byte) error { return os.Truncate(s, 11) }, 0, 0, 1},
		{"torn within the head", func(_ *world, s, _ string, b []byte) error { return os.Truncate(s, 100) }, 0, 0, 1},
		{"empty", func(_ *world, s, _ string, b []byte) error { return os.Truncate(s, 0) }, 0, 0, 1},
		{"empty without sidecar", func(_ *world, s, k string, _ []byte) error { return errors.Join(os.Remove(k), os.Truncate(s, 0)) }, 0, 0, 1},
		{"a flipped magic", func(_ *world, s, _ string, b []byte) error { return os.WriteFile(s, flip(b, 0), 0o600) }, 0, 2, 0},
		{"a flipped head", func(_ *world, s, _ string, b []byte) error { return os.WriteFile(s, flip(b, 60), 0o600) }, 0, 2, 0},
		{"a flipped last fragment", func(_ *world, s, _ string, b []byte) error { return os.WriteFile(s, flip(b, len(b)-400), 0o600) }, 2, 1, 0},
		{"zeros behind the last fragment", func(_ *world, s, _ string, b []byte) error {
			return os.WriteFile(s, append(b, make([]byte, 9000)...), 0o600)
		}, 3, 0, 0},
		{"no sidecar, no row", func(_ *world, _, k string, _ []byte) error { return os.Remove(k) }, 0, 1, 0},
		{"a garbage sidecar", func(_ *world, _, k string, _ []byte) error { return os.WriteFile(k, []byte("{}"), 0o600) }, 0, 2, 0},
		{"a sidecar without footage", func(_ *world, s, _ string, _ []byte) error { return os.Remove(s) }, 0, 1, 0},
		{"garbage beside it", func(w *world, _, _ string, _ []byte) error {
			for _, name := range []string{"notes.txt", "x.spool", "seg_x.key", id + ".spool"} {
				write(w.tb, filepath.Join(w.dir, name), []byte("garbage"))
			}
			return nil
		}, 3, 4, 0},
		{"temporary files", func(w *world, _, _ string, _ []byte) error {
			write(w.tb, filepath.Join(w.dir, id+".key.tmp"), nil)
			write(w.tb, filepath.Join(w.dir, id+".spool.tmp"), nil)
			return nil
		}, 3, 0, 2},
		{"linked into the object store and spoilt there", func(w *world, s, _ string, b []byte) error {
			write(w.tb, s, b[:len(b)-5])
			return os.Link(s, filepath.Join(w.tb.TempDir(), "object"))
		}, 0, 2, 0},
	}
}

func TestRecoveryOfOddities(t *testing.T) {
	for _, c := range oddities() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			tk := newTake(noon, 1000)
			spool, sidecar := w.crashed(tk, 3)
			if err := c.spoil(w, spool, sidecar, must(os.ReadFile(spool))); err != nil {
				t.Fatal(err)
			}
			v := w.open()
			pending, report, err := v.Recover(t.Context())
			if err != nil || len(pending) != min(c.left, 1) || len(report.Quarantined) != c.quarantined || len(report.Removed) != c.removed {
				t.Fatalf("%v, %d pending, %+v", err, len(pending), report)
			}
			for _, name := range report.Quarantined {
				if _, err := os.Stat(filepath.Join(w.dir, "quarantine", name)); err != nil {
					t.Error("reported but not kept:", name)
				}
			}
			for _, p := range pending {
				row := w.settle(p)
				if got := len(must(media.UnpackFragments(row.Fragments))); got != c.left || !row.Recovered {
					t.Fatal(got, "fragments", row.Recovered)
				}
				if err := v.VerifySegment(t.Context(), row, true); err != nil {
					t.Fatal(err)
				}
				tk.fragments = tk.fragments[:c.left]
				w.wantFootage(v, tk)
			}
			if left := must(vault.OSDisk{}.List(w.dir)); !slices.Equal(left, []string{"spool.lock"}) {
				t.Fatal("left in the spool:", left)
			}
		})
	}
}

// A crash in the midst of Drop leaves a spool file whose key is in the row already, or a sidecar that nobody needs.
func TestRecoveryKnowsWhatIsCommitted(t *testing.T) {
	for _, gone := range []string{".key", ".spool"} {
		w := newWorld(t)
		v := w.open()
		tk := newTake(noon, 1000)
		p := must(w.record(v, tk, 2).Close(vault.SegmentEnd{}))
		row := must(p.Seal(t.Context()))
		if err := p.Store(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.catalog.commit(row)
		if err := os.Remove(filepath.Join(w.dir, string(p.ID())+gone)); err != nil {
			t.Fatal(err)
		}
		_ = v.Close()
		v = w.open()
		pending, report, err := v.Recover(t.Context())
		if err != nil || len(report.Quarantined) != 0 || len(pending) != map[string]int{".key": 1, ".spool": 0}[gone] {
			t.Fatal(err, len(pending), report)
		}
		for _, p := range pending {
			if again := w.settle(p); again.ObjectDigest != row.ObjectDigest || again.Root != row.Root || !bytes.Equal(again.Activity, row.Activity) {
				t.Fatal("settling again changed the segment")
			}
		}
		w.wantFootage(v, tk)
		if left := must(vault.OSDisk{}.List(w.dir)); !slices.Equal(left, []string{"spool.lock"}) {
			t.Fatal("left in the spool:", left)
		}
	}
}

func TestRecoveryOfManyFilesKeepsMemoryBounded(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	const files, size = 100, 100_000
	for i := range files {
		w.record(v, newTake(noon+custody.Instant(files-i)*60e6, size), 3)
	}
	_ = v.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	v = w.open()
	pending, report, err := v.Recover(t.Context())
	if err != nil || len(pending) != files || report.Segments != files || len(must(v.SpoolSegments())) != files {
		t.Fatal(err, len(pending), report)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > files*16<<10 {
		t.Errorf("recovery of %d files holds %d bytes", files, held)
	}
	if !slices.IsSortedFunc(pending, func(a, b vault.Pending) int { return int(a.Span().Start - b.Span().Start) }) {
		t.Error("not in order of time")
	}
	if again, _, err := v.Recover(t.Context()); err != nil || len(again) != 0 {
		t.Error("taken over twice:", len(again), err)
	}
}

// Recording goes on while recovery runs; neither takes the other's files.
func TestRecoveryLeavesLiveSegmentsAlone(t *testing.T) {
	w := newWorld(t)
	old, live := newTake(noon, 1000), newTake(noon+60e6, 1000)
	w.crashed(old, 2)
	v := w.open()
	wr := w.record(v, live, 1)
	pending, report, err := v.Recover(t.Context())
	if err != nil || len(pending) != 1 || pending[0].ID() != old.head.ID || len(report.Removed)+len(report.Quarantined) != 0 {
		t.Fatal(err, len(pending), report)
	}
	if err := wr.Append(t.Context(), live.next(64)); err != nil {
		t.Fatal(err)
	}
	w.wantFootage(v, old)
	w.wantFootage(v, live)
}
