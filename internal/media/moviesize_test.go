package media_test

import (
	"io"
	"runtime"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// hour yields a run of an hour and a bit: 15 pictures a second of that many bytes, B-frames among them, and AAC.
func hour(bytes uint32, yield func(media.Shown)) {
	var picture, sound uint64
	for second := range int64(3700) {
		for i := range int64(15) {
			u := media.Unit{Track: 1, Seq: picture, DTS: second*1000 + i*66, PTS: second*1000 + i*66 + 66*(i%3), Size: bytes}
			if i == 0 {
				u.Flags = media.RandomAccess
			}
			picture++
			yield(media.Shown{Unit: u, Wall: epoch + custody.Instant(u.PTS*1000)})
		}
		for range 47 {
			u := media.Unit{Track: 2, Seq: sound, DTS: int64(sound) * 1024, PTS: int64(sound) * 1024, Size: 170}
			sound++
			yield(media.Shown{Unit: u, Wall: epoch + custody.Instant(media.Rescale(u.PTS, 1_000_000, 48000))})
		}
	}
}

// cutHour plans and writes an hour, and returns the size of the file. look is called now and then.
func cutHour(t testing.TB, bytes uint32, look func()) int64 {
	t.Helper()
	c, err := media.NewCutter(cutTracks(), seconds(30, 3630))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	often := func() {
		if n++; n%2000 == 0 {
			look()
		}
	}
	hour(bytes, func(u media.Shown) {
		if err := c.Add(u); err != nil {
			t.Fatal(err)
		}
		often()
	})
	clips := c.Clips()
	m, err := media.NewMovie(clips[0], 0)
	if err != nil || len(clips) != 1 || clips[0].Tracks[0].Units < 53_990 {
		t.Fatalf("%d clips, %v", len(clips), err)
	}
	payload := make([]byte, bytes+170)
	err = m.Write(io.Discard, func(u media.Taken) ([]byte, error) {
		often()
		return payload[:u.Size], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m.Size()
}

// TestAnHourTakesLittleMemory: at most 64 MiB on the heap, garbage included, however large the pictures are.
func TestAnHourTakesLittleMemory(t *testing.T) {
	for _, bytes := range []uint32{1000, 300_000} {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		before, most := stats.HeapAlloc, uint64(0)
		size := cutHour(t, bytes, func() {
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc)
		})
		t.Logf("%d MiB of film: %d MiB of memory", size>>20, int64(most-before)>>20)
		if most > before+64<<20 {
			t.Errorf("%d MiB of film took %d MiB of memory", size>>20, (most-before)>>20)
		}
	}
}

// BenchmarkMovie plans and writes an hour at 4 Mbit/s from payloads that are in memory.
func BenchmarkMovie(b *testing.B) {
	for b.Loop() {
		b.SetBytes(cutHour(b, 33_333, func() {}))
	}
}
