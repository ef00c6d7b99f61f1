package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// faultyDisk is the real disk with faults in the files it opens.
type faultyDisk struct {
	vault.OSDisk
	mu                      sync.Mutex
	room                    int64 // bytes that may still be written; < 0: no limit
	writes, syncs, truncate error // what the next such calls return, until cleared
	delay                   time.Duration
	synced                  int
}

func (d *faultyDisk) set(f func(*faultyDisk)) { d.mu.Lock(); defer d.mu.Unlock(); f(d) }

func (d *faultyDisk) wrap(f vault.File, err error) (vault.File, error) {
	if err != nil {
		return nil, err
	}
	return &faultyFile{f, d}, nil
}

func (d *faultyDisk) Create(path string) (vault.File, error) { return d.wrap(d.OSDisk.Create(path)) }
func (d *faultyDisk) OpenWrite(path string) (vault.File, error) {
	return d.wrap(d.OSDisk.OpenWrite(path))
}

type faultyFile struct {
	vault.File
	d *faultyDisk
}

func (f *faultyFile) WriteAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.writes != nil {
		return 0, f.d.writes
	}
	if f.d.room >= 0 && int64(len(p)) > f.d.room {
		n, _ := f.File.WriteAt(p[:f.d.room], off)
		f.d.room -= int64(n)
		return n, &os.PathError{Op: "write", Err: syscall.ENOSPC}
	}
	if f.d.room >= 0 {
		f.d.room -= int64(len(p))
	}
	return f.File.WriteAt(p, off)
}

func (f *faultyFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return errors.Join(f.d.truncate, f.File.Truncate(size))
}

func (f *faultyFile) Sync() error {
	f.d.mu.Lock()
	err, delay := f.d.syncs, f.d.delay
	f.d.synced++
	f.d.mu.Unlock()
	<-time.After(delay)
	if err != nil {
		return err
	}
	return f.File.Sync()
}

func TestADiskThatFailsLosesTheFragmentAndNoMore(t *testing.T) {
	eio := &os.PathError{Op: "write", Err: syscall.EIO}
	for _, c := range []struct {
		name   string
		fault  func(*faultyDisk)
		kind   custody.Kind
		broken bool // the writer takes nothing more
	}{
		{"full at once", func(d *faultyDisk) { d.room = 0 }, custody.Exhausted, false},
		{"full within the frame", func(d *faultyDisk) { d.room = 3 }, custody.Exhausted, false},
		{"full within the fragment", func(d *faultyDisk) { d.room = 500 }, custody.Exhausted, false},
		{"a failing write", func(d *faultyDisk) { d.writes = eio }, custody.Unavailable, false},
		{"a failing fsync", func(d *faultyDisk) { d.syncs = eio }, custody.Unavailable, true},
		{"nor can it be cut back", func(d *faultyDisk) { d.room, d.truncate = 500, eio }, custody.Exhausted, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			disk := &faultyDisk{room: -1}
			w.disk, w.durable = disk, vault.PerFragment
			v := w.open()
			tk := newTake(noon, 1000)
			wr := w.record(v, tk, 2)
			disk.set(c.fault)
			released := false
			f := tk.next(64)
			f.Buffer.Release = func() { released = true }
			err := wr.Append(t.Context(), f)
			if custody.KindOf(err) != c.kind || !released {
				t.Fatal(err, custody.KindOf(err), released)
			}
			tk.fragments = tk.fragments[:2]
			tk.seq -= 3
			disk.set(func(d *faultyDisk) { d.room, d.writes, d.syncs, d.truncate = -1, nil, nil, nil })
			if err := wr.Append(t.Context(), tk.next(64)); (err != nil) != c.broken {
				t.Fatal("after the fault:", err)
			}
			if c.broken {
				tk.fragments = tk.fragments[:2]
			}
			row := w.settle(must(wr.Close(vault.SegmentEnd{})))
			if err := v.VerifySegment(t.Context(), row, true); err != nil {
				t.Fatal(err)
			}
			w.wantFootage(v, tk)
		})
	}
}

func TestBeginOnAFullDiskLeavesNothing(t *testing.T) {
	for _, room := range []int64{0, 10, 400} {
		w := newWorld(t)
		w.disk = &faultyDisk{room: room}
		if _, err := w.open().Begin(t.Context(), newTake(noon, 10).head); custody.KindOf(err) != custody.Exhausted {
			t.Fatal(room, err)
		}
		if names := must(vault.OSDisk{}.List(w.dir)); !slices.Equal(names, []string{"spool.lock"}) {
			t.Fatal("left in the spool:", names)
		}
	}
}

func TestSealRepeatsAfterADiskFault(t *testing.T) {
	for name, fault := range map[string]func(*faultyDisk){
		"full":  func(d *faultyDisk) { d.room = 100 },
		"fsync": func(d *faultyDisk) { d.syncs = syscall.EIO },
		"all":   func(d *faultyDisk) { d.syncs, d.truncate = syscall.EIO, syscall.EIO },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			disk := &faultyDisk{room: -1}
			w.disk = disk
			v := w.open()
			tk := newTake(noon, 1000)
			p := must(w.record(v, tk, 3).Close(vault.SegmentEnd{}))
			file := filepath.Join(w.dir, string(p.ID())+".spool")
			before := must(os.Stat(file))
			disk.set(fault)
			for range 2 {
				if _, err := p.Seal(t.Context()); err == nil {
					t.Fatal("sealed on a failing disk")
				}
			}
			if custody.KindOf(p.Store(t.Context())) != custody.Conflict || custody.KindOf(p.Drop()) != custody.Conflict {
				t.Fatal("an unsealed segment was stored or dropped")
			}
			w.wantFootage(v, tk)
			disk.set(func(d *faultyDisk) { d.room, d.syncs, d.truncate = -1, nil, nil })
			must(p.Seal(t.Context()))
			if os.SameFile(before, must(os.Stat(file))) != (name == "full") {
				t.Fatal("a file is rewritten if and only if its fsync failed")
			}
			row := w.settle(p)
			if err := v.VerifySegment(t.Context(), row, true); err != nil {
				t.Fatal(err)
			}
			w.wantFootage(v, tk)
			if left := must(filepath.Glob(filepath.Join(w.dir, "*"))); len(left) != 1 {
				t.Fatal("left in the spool:", left)
			}
		})
	}
}

func TestDurabilityDecidesWhoWaitsForTheDisk(t *testing.T) {
	for durable, most := range map[vault.Durability]int{vault.PerSegment: 1, vault.PerFragment: 5} {
		w := newWorld(t)
		disk := &faultyDisk{room: -1, delay: 5 * time.Millisecond}
		w.disk, w.durable = disk, durable
		wr := w.record(w.open(), newTake(noon, 1000), 4)
		if disk.synced != most { // one for the sidecar
			t.Fatal(durable, "fsynced", disk.synced, "times before it was sealed")
		}
		must(must(wr.Close(vault.SegmentEnd{})).Seal(t.Context()))
	}
}

func TestTheStoreMayBeDown(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	tk := newTake(noon, 1000)
	p := must(w.record(v, tk, 2).Close(vault.SegmentEnd{}))
	row := must(p.Seal(t.Context()))
	w.objects.fail = custody.Errorf(custody.Unavailable, "down")
	if err := p.Store(t.Context()); custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
	if custody.KindOf(p.Drop()) != custody.Conflict {
		t.Fatal("dropped without an object")
	}
	w.wantFootage(v, tk)
	w.objects.fail = nil
	w.objects.lie = func(b []byte) []byte { return b[:len(b)-1] }
	if err := p.Store(t.Context()); custody.KindOf(err) != custody.Corrupt {
		t.Fatal("a store that lies was believed:", err)
	}
	w.objects.lie = nil
	if diff := cmp.Diff(row, w.settle(p)); diff != "" {
		t.Fatal(diff)
	}
}

func TestErrorsHoldNoPath(t *testing.T) {
	w := newWorld(t)
	disk := &faultyDisk{room: -1}
	w.disk = disk
	v := w.open()
	disk.set(func(d *faultyDisk) { d.writes = syscall.EIO })
	_, err := v.Begin(t.Context(), newTake(noon, 10).head)
	if text := custody.PublicText(err); err == nil || strings.Contains(text, w.dir) || custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
}
