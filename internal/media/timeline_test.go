package media_test

import (
	"math"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A real 320x240 baseline SPS would do; a track without a readable SPS counts as one without reordering.
func flat(timescale uint32) []media.Track {
	return []media.Track{{ID: 1, Codec: media.H264, Timescale: timescale}, {ID: 2, Codec: media.AAC, Timescale: 48000}}
}

func TestTimelineUndoesWraps(t *testing.T) {
	line := media.NewTimeline(flat(90000))
	rtp, receipt := uint32(math.MaxUint32-100_000), epoch
	for i := range int64(200_000) { // two wraps at one unit a second
		u := media.Unit{Track: 1, RTP: rtp, Receipt: receipt}
		if c := line.Place(&u); c != media.Continuous || u.PTS != i*90_000 || u.DTS != u.PTS || u.Seq != uint64(i) {
			t.Fatalf("unit %d: %s at %d/%d, number %d", i, c, u.DTS, u.PTS, u.Seq)
		}
		rtp += 90_000
		receipt += 1_000_000
	}
}

func TestTimelineTellsAJumpFromASilence(t *testing.T) {
	for name, test := range map[string]struct {
		delta int64
		wait  time.Duration
		want  media.Continuity
	}{
		"the next frame":                     {3600, 40 * time.Millisecond, media.Continuous},
		"a burst after a stall":              {3600, 0, media.Continuous},
		"a stall":                            {3600, 8 * time.Second, media.Continuous},
		"frames lost in an hour of silence":  {3600 * 90_000, time.Hour, media.Continuous},
		"nine seconds at once":               {9 * 90_000, 0, media.Continuous},
		"eleven seconds at once":             {11 * 90_000, 0, media.Jumped},
		"an hour at once":                    {3600 * 90_000, time.Second, media.Jumped},
		"an hour back":                       {-3600 * 90_000, time.Second, media.Jumped},
		"half the range":                     {1 << 31, time.Second, media.Jumped},
		"a frame back, without reordering":   {-3600, 40 * time.Millisecond, media.Disordered},
		"the same time again":                {0, 40 * time.Millisecond, media.Continuous},
		"station time that stands still":     {3600, 0, media.Continuous},
		"a station clock behind the receipt": {3600, -time.Second, media.Continuous},
	} {
		t.Run(name, func(t *testing.T) {
			line := media.NewTimeline(flat(90000))
			u := media.Unit{Track: 1, RTP: 77, Receipt: epoch}
			if c := line.Place(&u); c != media.Continuous || u.PTS != 0 {
				t.Fatalf("first unit: %s at %d", c, u.PTS)
			}
			u = media.Unit{Track: 1, RTP: uint32(77 + test.delta), Receipt: epoch.Add(test.wait)}
			before := u
			if c := line.Place(&u); c != test.want {
				t.Fatalf("%s, want %s", c, test.want)
			}
			if test.want == media.Continuous {
				if u.PTS != test.delta {
					t.Errorf("placed at %d, want %d", u.PTS, test.delta)
				}
				return
			}
			if u != before {
				t.Error("a unit that was not placed was changed")
			}
			line.Restart(flat(90000))
			if c := line.Place(&u); c != media.Continuous || u.PTS != 0 || u.Seq != 0 {
				t.Errorf("in the next run: %s at %d, number %d", c, u.PTS, u.Seq)
			}
		})
	}
}

func TestTimelineAlignsTracksByReceipt(t *testing.T) {
	line := media.NewTimeline(flat(90000))
	video := media.Unit{Track: 1, RTP: 5, Receipt: epoch}
	audio := media.Unit{Track: 2, RTP: 900, Receipt: epoch + 250_000}
	stray := media.Unit{Track: 3}
	if a, b, c := line.Place(&video), line.Place(&audio), line.Place(&stray); a != media.Continuous || b != media.Continuous || c != media.Stray {
		t.Fatal(a, b, c)
	}
	if video.PTS != 0 || audio.PTS != 12_000 || audio.DTS != audio.PTS {
		t.Errorf("video at %d, audio at %d/%d", video.PTS, audio.DTS, audio.PTS)
	}
}

// TestTimelineLearnsADepthThatTheStreamDenies sends B-frames under parameters that allow none: every new run is one deeper,
// until the stream fits.
func TestTimelineLearnsADepthThatTheStreamDenies(t *testing.T) {
	line := media.NewTimeline(flat(90000))
	runs := 0
	shown := []uint32{0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11, 16, 14, 13, 15, 20, 18, 17, 19}
	for i, n := range shown {
		u := media.Unit{Track: 1, RTP: 3600 * n, Receipt: epoch + custody.Instant(40_000*i)}
		if i == 0 {
			u.Flags = media.RandomAccess
		}
		if c := line.Place(&u); c != media.Continuous {
			runs++
			line.Restart(flat(90000))
			if c = line.Place(&u); c != media.Continuous {
				t.Fatalf("unit %d begins no run: %s", i, c)
			}
		}
		if u.DTS > u.PTS || u.DTS < -2*90_000 {
			t.Fatalf("unit %d is decoded at %d and shown at %d", i, u.DTS, u.PTS)
		}
	}
	if runs == 0 || runs > 3 {
		t.Errorf("%d new runs for a depth of 2", runs)
	}
}

func FuzzTimeline(f *testing.F) {
	f.Add(uint32(5), []byte{1, 2, 3, 200, 5, 6, 255, 0, 1})
	f.Fuzz(func(t *testing.T, rtp uint32, moves []byte) {
		tracks := flat(90000)
		line := media.NewTimeline(tracks)
		receipt, last := epoch, int64(math.MinInt64)
		var seq uint64
		for i, m := range moves {
			rtp += uint32(int32(int8(m))) * uint32(1+1000*i)
			receipt += custody.Instant(m) * 999
			u := media.Unit{Track: 1, Flags: media.UnitFlags(m), RTP: rtp, Receipt: receipt}
			if line.Place(&u) != media.Continuous {
				line.Restart(tracks)
				last, seq = math.MinInt64, 0
				if c := line.Place(&u); c != media.Continuous {
					t.Fatalf("a run cannot begin: %s", c)
				}
			}
			if u.DTS > u.PTS || u.DTS < last || u.DTS < -2*90_000 || u.Seq != seq {
				t.Fatalf("unit %d: decoded at %d after %d, shown at %d", u.Seq, u.DTS, last, u.PTS)
			}
			last, seq = u.DTS, seq+1
		}
	})
}
