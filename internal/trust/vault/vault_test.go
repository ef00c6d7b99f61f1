package vault_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// record begins the take's segment and appends n fragments.
func (w *world) record(v *vault.Vault, t *take, n int) vault.Writer {
	w.tb.Helper()
	wr, err := v.Begin(w.tb.Context(), t.head)
	if err != nil {
		w.tb.Fatal(err)
	}
	for i := range n {
		if err := wr.Append(w.tb.Context(), t.next([]int{media.Tailroom, 4096}[i%2])); err != nil {
			w.tb.Fatal(err)
		}
	}
	return wr
}

// settle takes a pending segment through the rest of the commit protocol.
func (w *world) settle(p vault.Pending) media.SegmentRow {
	w.tb.Helper()
	row, err := p.Seal(w.tb.Context())
	if err != nil {
		w.tb.Fatal(err)
	}
	if err := p.Store(w.tb.Context()); err != nil {
		w.tb.Fatal(err)
	}
	w.catalog.commit(row)
	if err := p.Drop(); err != nil {
		w.tb.Fatal(err)
	}
	return row
}

// wantFootage checks that every fragment of the take reads back as it was, with its evidence.
func (w *world) wantFootage(v *vault.Vault, t *take) {
	w.tb.Helper()
	g := w.grant(t.head.Run.Camera, access.FootageExport, t.span())
	for n, want := range t.fragments {
		got, info, err := v.Read(w.tb.Context(), g, t.head.ID, uint32(n))
		if err != nil || !bytes.Equal(got, want) || info.Number != uint32(n) {
			w.tb.Fatalf("fragment %d: %v, %d bytes of %d", n, err, len(got), len(want))
		}
	}
	head, err := v.Init(w.tb.Context(), g, t.head.ID)
	if diff := cmp.Diff(t.head, head); err != nil || diff != "" {
		w.tb.Fatal(err, diff)
	}
	tables, err := v.Units(w.tb.Context(), g, t.head.ID)
	if err != nil || len(tables) != len(t.fragments) {
		w.tb.Fatal(err, len(tables))
	}
	for n, table := range tables {
		data := t.fragments[n][32:]
		for i, u := range table.Units {
			if sha256.Sum256(data[:u.Size]) != table.Digests[i] || u.Seq != uint64(3*n+i) {
				w.tb.Fatalf("fragment %d, unit %d: not its evidence", n, i)
			}
			data = data[u.Size:]
		}
	}
}

func TestFootageReadsTheSameWhileWrittenWaitingAndSettled(t *testing.T) {
	for _, durable := range []vault.Durability{vault.PerSegment, vault.PerFragment} {
		w := newWorld(t)
		w.durable = durable
		v := w.open()
		tk := newTake(noon, 5000)
		wr := w.record(v, tk, 5)
		w.wantFootage(v, tk)
		offset := int64(-1234)
		p, err := wr.Close(vault.SegmentEnd{Continuation: true, CameraOffset: &offset})
		if err != nil {
			t.Fatal(err)
		}
		w.wantFootage(v, tk)
		spoolFile := filepath.Join(w.dir, string(tk.head.ID)+".spool")
		row, err := p.Seal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Seal(t.Context())
		if diff := cmp.Diff(row, again); err != nil || diff != "" {
			t.Fatal("sealing twice differs", err, diff)
		}
		w.wantFootage(v, tk)
		spooled := must(os.ReadFile(spoolFile))
		if settled := w.settle(p); !cmp.Equal(settled, row) || p.Store(t.Context()) != nil || p.Drop() != nil {
			t.Fatal("a repeated step has another result")
		}
		w.wantFootage(v, tk)
		if !bytes.Equal(spooled, w.objects.held[string(tk.head.ID)]) || sha256.Sum256(spooled) != row.ObjectDigest {
			t.Fatal("the object is not the spool file")
		}
		var between []uint64
		for _, f := range tk.fragments {
			between = append(between, uint64(len(f)-32))
		}
		want := media.SegmentRow{
			ID: tk.head.ID, Camera: tk.head.Run.Camera, Stream: tk.head.Run.Stream, Run: tk.head.Run.Run, Number: 3, Continuation: true,
			Span: tk.span(), MediaTicks: 5 * 180000, Timescale: 90000, Units: 15, Leaves: 17, CameraOffset: &offset, Root: row.Root,
			ObjectSize: int64(len(spooled)), ObjectDigest: row.ObjectDigest, KeyID: row.KeyID, WrappedKey: row.WrappedKey, Fragments: row.Fragments,
			Activity: media.PackActivity(between),
		}
		if diff := cmp.Diff(want, row); diff != "" {
			t.Fatal(diff)
		}
		if names := must(vault.OSDisk{}.List(w.dir)); !slices.Equal(names, []string{"spool.lock"}) {
			t.Fatal("left in the spool:", names)
		}
		if err := v.VerifySegment(t.Context(), row, true); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSegmentWithoutFragmentsLeavesNothing(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	p, err := w.record(v, newTake(noon, 10), 0).Close(vault.SegmentEnd{})
	if p != nil || err != nil {
		t.Fatal(p, err)
	}
	if names := must(vault.OSDisk{}.List(w.dir)); !slices.Equal(names, []string{"spool.lock"}) {
		t.Fatal("left in the spool:", names)
	}
}

func TestGrantIsCheckedOnEveryRead(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	tk, other := newTake(noon, 100), newTake(noon, 100)
	w.record(v, tk, 5)
	w.record(v, other, 1)
	cam := tk.head.Run.Camera
	from := func(a, b int64) custody.Span {
		return custody.Span{Start: noon + custody.Instant(a), End: noon + custody.Instant(b)}
	}
	exact := w.grant(cam, access.FootageExport, from(2e6, 6e6))
	for _, c := range []struct {
		name     string
		grant    access.Grant
		seg      custody.SegmentID
		fragment uint32
		kind     custody.Kind
		ok       bool
	}{
		{"starts at the span's start", exact, tk.head.ID, 1, 0, true},
		{"starts inside", exact, tk.head.ID, 2, 0, true},
		{"starts at the span's end", exact, tk.head.ID, 3, custody.Denied, false},
		{"starts before and reaches in", w.grant(cam, access.FootageExport, from(1, 1e6)), tk.head.ID, 0, custody.Denied, false},
		{"looking widens to the minute", w.grant(cam, access.FootageRead, from(1, 2)), tk.head.ID, 4, 0, true},
		{"listing is not reading", w.grant(cam, access.FootageList, from(0, 6e7)), tk.head.ID, 0, custody.Denied, false},
		{"no decision", access.Grant{}, tk.head.ID, 0, custody.Denied, false},
		{"another camera's segment", exact, other.head.ID, 0, custody.NotFound, false},
		{"no such segment", exact, custody.NewSegmentID(), 0, custody.NotFound, false},
		{"no such fragment", exact, tk.head.ID, 5, custody.NotFound, false},
		{"a number beyond all", exact, tk.head.ID, 1<<32 - 1, custody.NotFound, false},
	} {
		_, _, err := v.Read(t.Context(), c.grant, c.seg, c.fragment)
		if (err == nil) != c.ok || err != nil && custody.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if tables, err := v.Units(t.Context(), exact, tk.head.ID); err != nil || len(tables) != 2 || tables[0].Fragment.Number != 1 {
		t.Errorf("units outside the span: %v %v", tables, err)
	}
	if _, err := v.Init(t.Context(), w.grant(cam, access.FootageExport, from(1, 1e6)), tk.head.ID); custody.KindOf(err) != custody.Denied {
		t.Errorf("init section without a fragment: %v", err)
	}
	w.mu.Lock()
	w.now = noon.Add(access.Lifetime + time.Second)
	w.mu.Unlock()
	if _, _, err := v.Read(t.Context(), exact, tk.head.ID, 1); custody.KindOf(err) != custody.Denied {
		t.Errorf("an expired decision opened footage: %v", err)
	}
}

func TestReadingIsNotDisturbedBySettling(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	tk := newTake(noon, 20000)
	wr := w.record(v, tk, 1)
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	want := tk.fragments[0]
	stop, done := make(chan struct{}), make(chan error)
	for range 2 {
		go func() {
			for {
				got, _, err := v.Read(t.Context(), g, tk.head.ID, 0)
				if err == nil && !bytes.Equal(got, want) {
					err = custody.Errorf(custody.Internal, "other bytes")
				}
				select {
				case <-stop:
					done <- err
					return
				default:
				}
				if err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range 50 {
		if err := wr.Append(t.Context(), tk.next(0x1000)); err != nil {
			t.Fatal(err)
		}
	}
	w.settle(must(wr.Close(vault.SegmentEnd{})))
	w.wantFootage(v, tk)
	close(stop)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestOneProcessRecords(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	tk := newTake(noon, 100)
	w.settle(must(w.record(v, tk, 1).Close(vault.SegmentEnd{})))
	if _, err := vault.Open(w.options()); custody.KindOf(err) != custody.Conflict {
		t.Fatal("a second recorder was let in:", err)
	}
	o := w.options()
	o.Record = false
	checker, err := vault.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	w.wantFootage(checker, tk)
	if _, err := checker.Begin(t.Context(), tk.head); custody.KindOf(err) != custody.Conflict {
		t.Fatal("a checker may record:", err)
	}
	for range 2 {
		if err := v.Close(); err != nil {
			t.Fatal("closing is not idempotent:", err)
		}
	}
	second := newWorld(t)
	second.dir = w.dir
	second.open()
}
