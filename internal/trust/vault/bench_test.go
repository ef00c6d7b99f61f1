package vault_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// benchUnits makes fragments of about a megabyte: two seconds at 4 Mbit/s.
const benchUnit = 333_000

// BenchmarkAppend encrypts, hashes and writes: what the spool costs a recorder.
func BenchmarkAppend(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	tk := newTake(noon, benchUnit)
	f := tk.next(64 << 10)
	mem, start, end := f.Buffer.Mem, f.Buffer.Start, f.Buffer.End
	var wr vault.Writer
	b.SetBytes(int64(end - start))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%30 == 0 {
			b.StopTimer()
			w.benchSettle(wr)
			tk.head.ID = newTake(noon, 1).head.ID
			wr = must(v.Begin(b.Context(), tk.head))
			b.StartTimer()
		}
		f.Buffer = &media.Buffer{Mem: mem, Start: start, End: end}
		if err := wr.Append(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	w.benchSettle(wr)
}

func (w *world) benchSettle(wr vault.Writer) {
	if wr != nil {
		w.settle(must(wr.Close(vault.SegmentEnd{})))
		clear(w.objects.held)
	}
}

// BenchmarkRead reads and decrypts fragments of a segment in the spool, the Grant checked each time.
func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	tk := newTake(noon, benchUnit)
	w.record(v, tk, 30)
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	b.SetBytes(int64(len(tk.fragments[0])))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, _, err := v.Read(b.Context(), g, tk.head.ID, uint32(i%30)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSeal builds and writes the index of a minute at 15 pictures a second.
func BenchmarkSeal(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	for range b.N {
		b.StopTimer()
		tk := newTake(noon, 100)
		p := must(w.record(v, tk, 300).Close(vault.SegmentEnd{}))
		b.StartTimer()
		must(p.Seal(b.Context()))
		b.StopTimer()
		w.settle(p)
	}
}
