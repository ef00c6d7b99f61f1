package vault_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
)

// shelved is a world over a disk store, with ten minutes of a stream of 4 Mbit/s in it: 300 MB.
func shelved(b *testing.B) (*world, *vault.Vault, *take) {
	w := newWorld(b)
	o := w.options()
	o.Objects = must(disk.Open(filepath.Join(b.TempDir(), "objects"), disk.Options{Create: true}))
	v := must(vault.Open(o))
	b.Cleanup(func() { _ = v.Close() })
	first := newTake(noon, benchUnit)
	for n := range 10 {
		tk := newTake(noon.Add(time.Duration(n)*time.Minute), benchUnit)
		id := tk.head.ID
		tk.head.Run = first.head.Run
		tk.head.ID, tk.head.Number = id, uint32(n)
		tk.head.Run.Started = noon.Add(time.Duration(n) * time.Minute)
		wr := must(v.Begin(b.Context(), tk.head))
		f := tk.next(64 << 10)
		for i := range 30 {
			mem := make([]byte, len(f.Buffer.Mem))
			copy(mem, f.Buffer.Mem)
			next := *f
			next.Info.WallStart = tk.head.Run.Started.Add(time.Duration(2*i) * time.Second)
			next.Info.FirstTick = int64(30*n+i) * 180_000
			next.Units = append([]media.Unit(nil), f.Units...)
			for k := range next.Units {
				u := &next.Units[k]
				u.PTS, u.DTS, u.Seq = next.Info.FirstTick+int64(k)*6000, next.Info.FirstTick+int64(k)*6000, uint64(3*(30*n+i)+k)
				u.Flags = media.RandomAccess
			}
			next.Buffer = &media.Buffer{Mem: mem, Start: f.Buffer.Start, End: f.Buffer.End}
			if err := wr.Append(b.Context(), &next); err != nil {
				b.Fatal(err)
			}
		}
		w.settle(must(wr.Close(vault.SegmentEnd{})))
	}
	w.mu.Lock()
	w.now = noon.Add(11 * time.Minute)
	w.mu.Unlock()
	return w, v, first
}

// BenchmarkCut plans ten minutes and reads every payload, as release does to write the original rendition.
func BenchmarkCut(b *testing.B) {
	w, v, tk := shelved(b)
	g := w.grant(tk.head.Run.Camera, access.FootageExport, custody.Span{Start: noon, End: noon.Add(10 * time.Minute)})
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		cuts := must(v.Cuts(b.Context(), g, tk.head.Run.Stream))
		bytes, at := 0, uint32(0)
		for u, err := range cuts[0].Units(b.Context()) {
			if err != nil || !u.Inside {
				b.Fatal(u, err)
			}
			at++
		}
		for i := range at {
			p, err := cuts[0].Payload(b.Context(), i)
			if err != nil {
				b.Fatal(err)
			}
			bytes += len(p)
		}
		cuts[0].Close()
		b.SetBytes(int64(bytes))
	}
}

// BenchmarkEvidence proves one segment of ninety units.
func BenchmarkEvidence(b *testing.B) {
	w, v, tk := shelved(b)
	g := w.grant(tk.head.Run.Camera, access.FootageExport, custody.Span{Start: noon, End: noon.Add(10 * time.Minute)})
	id := must(v.Cuts(b.Context(), g, tk.head.Run.Stream))[0].Segments()[4]
	b.ResetTimer()
	for range b.N {
		if _, err := v.Evidence(b.Context(), g, id, func(media.Unit) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutPackage stores a package of 256 MiB on disk, every byte of it durable.
func BenchmarkPutPackage(b *testing.B) {
	p := newPacking(b, map[string]int{"package.json": 100_000, "data/original/a.mp4": 128 << 20, "data/viewing/a.mp4": 128 << 20})
	o := p.options()
	o.Objects, o.Record = must(disk.Open(filepath.Join(filepath.Dir(p.dir), "objects"), disk.Options{Create: true})), false
	v := must(vault.Open(o))
	b.SetBytes(256 << 20)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		id := custody.NewPackageID()
		if _, err := pack(b.Context(), v, id, p.dir, nil); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := v.PurgePackage(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkWriteAndHash is the control of BenchmarkPutPackage: the same bytes hashed, written and synced, and nothing else.
func BenchmarkWriteAndHash(b *testing.B) {
	block, path := make([]byte, 1<<20), filepath.Join(b.TempDir(), "file")
	b.SetBytes(256 << 20)
	for range b.N {
		sum := sha256.New()
		f := must(os.Create(path))
		for range 256 {
			sum.Write(block)
			must(f.Write(block))
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		must(0, f.Close())
		must(0, os.Remove(path))
	}
}

// BenchmarkReadPackage reads it again, a mebibyte at a time.
func BenchmarkReadPackage(b *testing.B) {
	p := newPacking(b, map[string]int{"data/original/a.mp4": 128<<20 + 5, "a": 7})
	sealed := p.put()
	r := must(must(p.v.OpenPackage(b.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed)).Open("data/original/a.mp4"))
	buf := make([]byte, 1<<20)
	b.SetBytes(128 << 20)
	b.ResetTimer()
	for range b.N {
		for off := int64(0); off < 128<<20; off += 1 << 20 {
			if _, err := r.ReadAt(buf, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}
