package render

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

func FuzzInit(f *testing.F) {
	w := &boxWriter{}
	w.box("ftyp", func() { w.text("iso6") })
	w.box("moov", func() {
		for _, handler := range []string{"vide", "soun"} {
			w.box("trak", func() {
				w.media(handler, "vmhd", 48000, 0, func() {
					w.full("stsd", 0, 0, func() {
						w.u32(1).box("avc1", func() { w.zeros(16).u16(2).zeros(6).u16(640).u16(360).zeros(50) })
					})
				})
			})
		}
	})
	s, err := readInit(w.b)
	if err != nil || s != (shape{width: 640, height: 360, soundScale: 48000, channels: 2}) {
		f.Fatalf("%+v %v", s, err)
	}
	f.Add(w.b)
	f.Add(w.b[:200])
	f.Add([]byte{0, 0, 0, 1, 'm', 'o', 'o', 'v'})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readInit(b)
		if err == nil && (s.width < 16 || s.height < 16 || s.width > maxSide || s.height > maxSide) {
			t.Errorf("%+v", s)
		}
		if err != nil && custody.KindOf(err) != custody.Corrupt {
			t.Error(err)
		}
	})
}

func FuzzUnits(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x67abc\x00\x00\x01\x68d\x00\x00\x00\x01\x65slice\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x06sei\x00\x00\x01\x41more"), 3)
	f.Add([]byte("\x00\x00\x01"), 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		store, err := os.Create(filepath.Join(t.TempDir(), "units"))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		r := &Renderer{o: Options{Stall: 1 << 40}}
		j := r.newJob(t.Context(), 1)
		defer j.close()
		u := newUnits(store, 1<<20)
		if err = u.readFrom(j, &dripping{b, max(chunk, 1)}); err != nil {
			return
		}
		kept, err := os.ReadFile(store.Name())
		if err != nil || int64(len(kept)) != u.bytes || bytes.Contains(kept, []byte("sei")) && !bytes.Contains(b, []byte("sei")) {
			t.Fatalf("%d bytes are kept of %d: %v", len(kept), u.bytes, err)
		}
		for _, size := range u.sizes { // every unit is a row of NAL units, all of them slices
			unit := kept[:size]
			kept = kept[size:]
			for len(unit) > 0 {
				n := 4 + int(binary.BigEndian.Uint32(unit))
				if kind := unit[4] & 31; kind != nalSlice && kind != nalIDR || n > len(unit) {
					t.Fatalf("a NAL unit of kind %d with %d bytes", kind, n)
				}
				unit = unit[n:]
			}
		}
	})
}

// dripping reads a few bytes at a time.
type dripping struct {
	b     []byte
	chunk int
}

func (d *dripping) Read(p []byte) (int, error) {
	n, err := bytes.NewReader(d.b).Read(p[:min(len(p), d.chunk)])
	d.b = d.b[n:]
	return n, err
}

func FuzzSplitting(f *testing.F) {
	f.Add([]byte("\x00\x00\x01\x09\x00\x00\x00\x01abc\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := bufio.NewScanner(bytes.NewReader(b))
		s.Buffer(nil, 1<<20)
		s.Split(splitNAL)
		for s.Scan() {
			if n := s.Bytes(); bytes.Contains(n, []byte{0, 0, 1}) || len(n) > 0 && n[len(n)-1] == 0 {
				t.Errorf("%x", n)
			}
		}
	})
}

func FuzzRow(f *testing.F) {
	f.Add("0,          0,      40000,   100000,      812, 0x8e6a3b3d")
	f.Add("#tb 0: 1/1000000")
	f.Fuzz(func(t *testing.T, line string) {
		if r, ok := readRow(line); !ok && r != (row{}) {
			t.Errorf("%+v", r)
		}
	})
}

func FuzzRescale(f *testing.F) {
	f.Add(int64(-1), uint32(48000), uint32(90000))
	f.Add(int64(-1<<63), uint32(1), uint32(1))
	f.Add(int64(1<<62), uint32(48000), uint32(1))
	f.Fuzz(func(t *testing.T, v int64, to, from uint32) {
		if to == 0 || from == 0 {
			return
		}
		want := new(big.Int).Mul(big.NewInt(v), big.NewInt(int64(to)))
		want.Div(want, big.NewInt(int64(from))) // Euclidean: rounds down for a positive divisor
		limit := big.NewInt(1 << 62)
		if want.CmpAbs(limit) > 0 {
			want.Mul(limit, big.NewInt(int64(want.Sign())))
		}
		if got := rescale(v, int64(to), int64(from)); got != want.Int64() {
			t.Errorf("%d * %d / %d = %d, want %s", v, to, from, got, want)
		}
	})
}
