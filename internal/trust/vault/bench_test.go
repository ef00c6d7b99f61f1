package vault_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
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

// BenchmarkReadRun reads and decrypts seven megabytes at a time on every core, each fragment judged: what serving costs.
func BenchmarkReadRun(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	tk := newTake(noon, benchUnit)
	w.record(v, tk, 28)
	g := w.grant(tk.head.Run.Camera, access.FootageRead, tk.span())
	b.SetBytes(7 * int64(len(tk.fragments[0])))
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for n := uint32(0); p.Next(); n = (n + 7) % 28 {
			s, err := v.ReadRun(b.Context(), g, tk.head.ID, n, n+6)
			if err != nil {
				b.Error(err)
				return
			}
			s.Free()
		}
	})
}

// BenchmarkReadPlain is the control of BenchmarkReadRun: the same file, the same ranges, no more than read.
func BenchmarkReadPlain(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	tk := newTake(noon, benchUnit)
	w.record(v, tk, 28)
	size := 7 * len(tk.fragments[0])
	b.SetBytes(int64(size))
	b.RunParallel(func(p *testing.PB) {
		buf := make([]byte, size)
		for n := 0; p.Next(); n = (n + 1) % 3 {
			f, err := os.Open(filepath.Join(w.dir, string(tk.head.ID)+".spool"))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := f.ReadAt(buf, int64(n*size)); err != nil {
				b.Error(err)
			}
			f.Close()
		}
	})
}

// BenchmarkPublish is what a unit of 17 KB costs a recorder beside fragmenting it, without and with somebody who watches.
func BenchmarkPublish(b *testing.B) {
	for name, feeds := range map[string]int{"unwatched": 0, "watched": 1, "watched by 50": 50} {
		b.Run(name, func(b *testing.B) {
			s := newStudio(b, 30, 17_000)
			s.film(1)
			payload := make([]byte, 17_000)
			for range feeds {
				s.subscribe()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				u := s.sent[0].Unit
				u.Seq = uint64(i)
				if i%30 != 0 {
					u.Flags = 0
				}
				if s.tap.Watched() {
					s.tap.Publish(s.builder, u, payload)
				}
			}
		})
	}
}

// BenchmarkPieces lists an hour of a stream whose rows are at hand.
func BenchmarkPieces(b *testing.B) {
	w := newWorld(b)
	v := w.open()
	camera, stream := custody.NewCameraID(), custody.NewStreamID()
	for i := range 60 {
		tk := newTake(noon.Add(time.Duration(i)*time.Minute), 4)
		tk.head.Run.Camera, tk.head.Run.Stream = camera, stream
		w.settle(must(w.record(v, tk, 30).Close(vault.SegmentEnd{})))
	}
	g := w.grant(camera, access.FootageRead, custody.Span{Start: noon, End: noon.Add(time.Hour)})
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if pieces, err := v.Pieces(b.Context(), g, stream, g.Span()); err != nil || len(pieces) != 60 {
			b.Fatal(len(pieces), err)
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
