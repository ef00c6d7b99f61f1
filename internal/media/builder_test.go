package media_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func videoTrack() []media.Track {
	return []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000}}
}

// feed appends units of given sizes at 25 a second, a random access point every gop, and returns what was closed.
func feed(t *testing.T, b *media.Builder, n, gop int, size func(i int) int) (fragments []*media.Fragment) {
	t.Helper()
	for i := range n {
		payload := bytes.Repeat([]byte{byte(i)}, size(i))
		u := media.Unit{Track: 1, Seq: uint64(i), PTS: int64(i) * 3600, DTS: int64(i) * 3600, Size: uint32(len(payload)), Receipt: epoch + custody.Instant(i*40_000)}
		if i%gop == 0 {
			u.Flags = media.RandomAccess
		}
		f, err := b.Append(u, payload)
		if err != nil {
			t.Fatal(err)
		}
		if f != nil {
			fragments = append(fragments, f)
		}
	}
	return fragments
}

func TestFragmentsCloseWhereTheContractSays(t *testing.T) {
	small := func(int) int { return 1000 }
	for name, test := range map[string]struct {
		gop, n int
		size   func(int) int
		want   []int // units of the closed fragments
	}{
		"every second, at the random access point":                    {25, 101, small, []int{25, 25, 25, 25}},
		"two seconds exactly":                                         {50, 151, small, []int{50, 50, 50}},
		"ten seconds: at the target, then at the random access point": {240, 300, small, []int{50, 50, 50, 50, 40, 50}},
		"all random access: at least half a second":                   {1, 40, small, []int{13, 13, 13}},
		"at four mebibytes":                                           {250, 30, func(int) int { return 1 << 20 }, []int{4, 4, 4, 4, 4, 4, 4}},
		"at least one unit":                                           {250, 4, func(int) int { return 8 << 20 }, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := media.NewBuilder(videoTrack(), plainBuffer, 0)
			got := feed(t, b, test.n, test.gop, test.size)
			next := 0
			for i, f := range got {
				if i >= len(test.want) || len(f.Units) != test.want[i] {
					t.Errorf("fragment %d has %d units; want %v", i, len(f.Units), test.want)
				}
				if f.Info.RandomAccess != (next%test.gop == 0) {
					t.Errorf("fragment %d: random access %v", i, f.Info.RandomAccess)
				}
				next += len(f.Units)
			}
			if len(got) != len(test.want) {
				t.Errorf("%d fragments, want %d", len(got), len(test.want))
			}
			if last := b.Close(); len(last.Units) != test.n-next || b.Close() != nil {
				t.Errorf("the last fragment has %d units", len(last.Units))
			}
		})
	}
}

// TestBuilderUsesEveryBufferOnce grows fragments out of tight buffers and counts what is taken and released.
func TestBuilderUsesEveryBufferOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	live := 0
	alloc := func(size int) *media.Buffer {
		live++
		return &media.Buffer{Mem: make([]byte, size), Release: func() { live-- }}
	}
	b := media.NewBuilder(videoTrack(), alloc, 0)
	fragments := feed(t, b, 3000, 60, func(int) int { return 1 + r.IntN(1<<r.IntN(18)) })
	fragments = append(fragments, b.Close())
	if live != len(fragments) {
		t.Errorf("%d buffers for %d fragments", live, len(fragments))
	}
	feed(t, b, 10, 60, func(int) int { return 5 })
	b.Discard()
	b.Discard()
	if live != len(fragments) {
		t.Errorf("a discarded fragment keeps its buffer")
	}
}

func TestBuilderWithoutMemoryLosesOnlyTheUnit(t *testing.T) {
	refuse := true
	b := media.NewBuilder(videoTrack(), func(size int) *media.Buffer {
		if refuse {
			return nil
		}
		return plainBuffer(size)
	}, 0)
	unit := func(i int) media.Unit {
		return media.Unit{Track: 1, Flags: media.RandomAccess, PTS: int64(i) * 90000, DTS: int64(i) * 90000, Size: 100 << 10, Receipt: epoch + custody.Instant(i)*1_000_000}
	}
	payload := make([]byte, 100<<10)
	add := func(i int) *media.Fragment {
		f, err := b.Append(unit(i), payload)
		if refuse != (custody.KindOf(err) == custody.Exhausted) {
			t.Fatalf("unit %d: %v", i, err)
		}
		return f
	}
	add(0)
	refuse = false
	add(1)
	refuse = true
	first := add(2)
	add(3)
	refuse = false
	add(5)
	second := b.Close()
	if first == nil || len(first.Units) != 1 || len(second.Units) != 1 {
		t.Fatal("the fragments do not hold the units for which there was memory")
	}
	if d := second.Info.WallStart.Sub(first.Info.WallStart); d != 4*time.Second {
		t.Errorf("units lost between two fragments took %v, want 4s", d)
	}
}

func TestTheOpenFragmentCanBeLookedInto(t *testing.T) {
	b := media.NewBuilder(append(videoTrack(), media.Track{ID: 2, Codec: media.Opus, Timescale: 48000}), plainBuffer, 0)
	for range b.Open() {
		t.Fatal("there is nothing yet")
	}
	var sent []media.Unit
	for i := range 300 { // grows its buffer, closes fragments
		u := media.Unit{Track: uint8(1 + i%3/2), Seq: uint64(i), PTS: int64(i) * 1800, DTS: int64(i) * 1800, Receipt: epoch + custody.Instant(i*20_000), Size: uint32(1 + i*37)}
		if u.Track == 2 {
			u.PTS, u.DTS, u.Size = int64(i)*960, int64(i)*960, uint32(i)
		}
		f, err := b.Append(u, bytes.Repeat([]byte{byte(i)}, int(u.Size)))
		if err != nil {
			t.Fatal(err)
		}
		if f != nil {
			sent = nil
		}
		sent = append(sent, u)
		n := 0
		for u, payload := range b.Open() {
			if u != sent[n] || !bytes.Equal(payload, bytes.Repeat([]byte{byte(u.Seq)}, int(u.Size))) {
				t.Fatalf("after %d units unit %d of the open fragment is not what was sent", i+1, n)
			}
			n++
		}
		if n != len(sent) {
			t.Fatalf("after %d units the open fragment shows %d of %d", i+1, n, len(sent))
		}
	}
	for range b.Open() {
		break
	}
	b.Close()
	for range b.Open() {
		t.Fatal("there is nothing left")
	}
}

func TestBuilderRefusesStrangers(t *testing.T) {
	b := media.NewBuilder(videoTrack(), plainBuffer, 0)
	for _, u := range []media.Unit{{Track: 0, Size: 1}, {Track: 2, Size: 1}, {Track: 1, Size: 2}} {
		if f, err := b.Append(u, []byte{1}); f != nil || custody.KindOf(err) != custody.Invalid {
			t.Errorf("%+v: %v", u, err)
		}
	}
	if b.Close() != nil {
		t.Error("a fragment of nothing")
	}
}

// FuzzBuilder appends units with absurd times, as a hostile camera's Timeline could give, and worse.
func FuzzBuilder(f *testing.F) {
	f.Add(uint64(1), uint16(300))
	f.Add(uint64(99), uint16(1000))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := media.NewBuilder(flat(90000), plainBuffer, custody.Instant(r.Int64()>>r.IntN(60)))
		payload := make([]byte, 300)
		var end custody.Instant
		check := func(f *media.Fragment) {
			if f == nil {
				return
			}
			if f.Info.WallEnd < f.Info.WallStart || end != 0 && f.Info.WallStart < end || f.Info.MediaTicks < 0 || f.Info.Units == 0 {
				t.Fatalf("%+v after %v", f.Info, end)
			}
			end = f.Info.WallEnd
		}
		for range n % 2000 {
			size := r.IntN(len(payload))
			u := media.Unit{Track: uint8(1 + r.IntN(2)), Flags: media.UnitFlags(r.Uint32()), PTS: r.Int64() >> r.IntN(63), DTS: r.Int64() >> r.IntN(63), Size: uint32(size), Receipt: custody.Instant(r.Int64() >> r.IntN(63))}
			f, err := b.Append(u, payload[:size])
			if err != nil {
				t.Fatal(err)
			}
			check(f)
		}
		check(b.Close())
	})
}

func BenchmarkBuilderAppend(b *testing.B) {
	const size = 33 << 10 // 4 Mbit/s at 15 a second
	pool := make([]*media.Buffer, 0, 4)
	builder := media.NewBuilder(videoTrack(), func(n int) *media.Buffer {
		if l := len(pool); l > 0 && len(pool[l-1].Mem) >= n {
			buf := pool[l-1]
			pool = pool[:l-1]
			return buf
		}
		buf := &media.Buffer{Mem: make([]byte, n*2)}
		buf.Release = func() { pool = append(pool, buf) }
		return buf
	}, 0)
	payload := make([]byte, size)
	b.SetBytes(size)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		u := media.Unit{Track: 1, Seq: uint64(i), PTS: i * 6000, DTS: i * 6000, Size: size, Receipt: epoch + custody.Instant(i*66_666)}
		if i%30 == 0 {
			u.Flags = media.RandomAccess
		}
		f, err := builder.Append(u, payload)
		if err != nil {
			b.Fatal(err)
		}
		if f != nil {
			f.Buffer.Release()
		}
		i++
	}
}
