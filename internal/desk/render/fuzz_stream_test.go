package render

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

// fragmentOf is a moof with one run of these composition offsets, and its mdat.
func fragmentOf(offsets ...uint32) []byte {
	w := &boxWriter{}
	w.box("moof", func() {
		w.box("traf", func() {
			w.full("trun", 1, 0x901, func() {
				w.u32(uint32(len(offsets))).u32(100)
				for _, o := range offsets {
					w.u32(40).u32(o)
				}
			})
		})
	})
	w.box("mdat", func() { w.zeros(20) })
	return w.b
}

// FuzzComposition: however the bytes are divided the verdict is the same, nothing is kept but one moof, and a negative offset in the first
// fragment is refused.
func FuzzComposition(f *testing.F) {
	good, bad := fragmentOf(0, 1000, 3000), fragmentOf(0, 1<<31+5)
	if !forward(good[8:len(good)-28]) || forward(bad[8:len(bad)-28]) {
		f.Fatal("the seeds are not what they are meant to be")
	}
	f.Add(good, 3)
	f.Add(bad, 1)
	f.Add(append(good, bad...), 7)
	f.Add([]byte("\x00\x00\x00\x08moof\x00\x00\x00\x01mdat"), 8)
	f.Add([]byte("\xff\xff\xff\xffmdat"), 2)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		var whole, parts composition
		n, err := whole.Write(b)
		if err == nil && n != len(b) || err != nil && custody.KindOf(err) != custody.Corrupt {
			t.Fatalf("%d of %d: %v", n, len(b), err)
		}
		var perr error
		for rest := b; len(rest) > 0 && perr == nil; {
			k := min(max(chunk, 1), len(rest))
			_, perr = parts.Write(rest[:k])
			rest = rest[k:]
			if len(parts.moof) > len(b) || len(parts.head) > 8 {
				t.Fatalf("%d bytes of %d are kept, %d of a header", len(parts.moof), len(b), len(parts.head))
			}
		}
		if (err == nil) != (perr == nil) {
			t.Fatalf("in one piece: %v; in pieces of %d: %v", err, chunk, perr)
		}
	})
}

// FuzzADTS: what is kept of the encoder's sound is exactly the frames that are counted.
func FuzzADTS(f *testing.F) {
	frame := func(payload string) []byte {
		size := 7 + len(payload)
		return append([]byte{0xff, 0xf1, 0x50, 0x80 | byte(size>>11), byte(size >> 3), byte(size<<5) | 0x1f, 0xfc}, payload...)
	}
	f.Add(bytes.Join([][]byte{frame("ahead"), frame("one"), frame("two!")}, nil), 2)
	f.Add(frame("only the first")[:12], 5)
	f.Add([]byte{0xff, 0xf1, 0, 0, 0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		store, err := os.Create(filepath.Join(t.TempDir(), "sound"))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		r := &Renderer{o: Options{Stall: 1 << 40}}
		j := r.newJob(t.Context(), 1)
		defer j.close()
		s := &soundtrack{}
		if err := s.readFrom(j, &dripping{b, max(chunk, 1)}, store); err != nil {
			return
		}
		var sum int64
		for _, n := range s.sizes {
			sum += int64(n)
		}
		kept, err := os.ReadFile(store.Name())
		if err != nil || sum != s.bytes || int64(len(kept)) != sum || len(s.sizes) > len(b)/8 {
			t.Fatalf("%d frames of %d bytes together, %d counted, %d kept: %v", len(s.sizes), sum, s.bytes, len(kept), err)
		}
	})
}
