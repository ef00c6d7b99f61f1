package media_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// cutTracks is a run of H.264 pictures at 1000 ticks a second with AAC at 48 kHz.
func cutTracks() []media.Track {
	sps, pps := pyramid()
	return []media.Track{
		{ID: 1, Codec: media.H264, Timescale: 1000, SPS: [][]byte{sps}, PPS: [][]byte{pps}},
		{ID: 2, Codec: media.AAC, Timescale: 48000, Config: []byte{0x11, 0x90}},
	}
}

// pictures reads a line such as "I0 P4 b2 O9 r6 !P12": kind and, in seconds, when it is shown. I is a closed random access point, O an
// open one, r a leading picture, any other letter a picture; ! marks a damaged one, | a unit that is missing.
func pictures(t *testing.T, line string) (units []media.Shown) {
	t.Helper()
	seq := uint64(0)
	for i, word := range strings.Fields(line) {
		if word == "|" {
			seq++
			continue
		}
		u := media.Shown{Unit: media.Unit{Track: 1, Seq: seq, Size: 10}}
		if rest, ok := strings.CutPrefix(word, "!"); ok {
			u.Flags, word = media.Damaged, rest
		}
		var kind rune
		var at int64
		if n, err := fmt.Sscanf(word, "%c%d", &kind, &at); n != 2 || err != nil {
			t.Fatal(word, err)
		}
		u.Flags |= map[rune]media.UnitFlags{'I': media.RandomAccess, 'O': media.RandomAccess | media.Open, 'r': media.Leading}[kind]
		u.PTS, u.DTS, u.Wall = at*1000, int64(i)*1000-20_000, epoch+custody.Instant(at*1_000_000)
		units = append(units, u)
		seq++
	}
	return units
}

func seconds(from, to int64) custody.Span {
	return custody.Span{Start: epoch + custody.Instant(from*1_000_000), End: epoch + custody.Instant(to*1_000_000)}
}

// told says what clips hold: the seconds of the pictures, then what is left out, then what widening the window would give.
func told(clips []media.Clip) string {
	var out []string
	for _, c := range clips {
		line := "takes"
		for _, u := range c.Units {
			line += fmt.Sprintf(" %d", u.PTS/1000)
		}
		for _, o := range c.LeftOut {
			line += fmt.Sprintf("; %d-%d %s", o.FirstSeq, o.LastSeq, o.Why)
			if o.Damaged > 0 {
				line += fmt.Sprintf(" (%d damaged)", o.Damaged)
			}
		}
		if d := c.Tracks[0].Damaged; d > 0 {
			line += fmt.Sprintf("; %d damaged", d)
		}
		if !c.Widened.Empty() {
			line += fmt.Sprintf("; widen to %d", (c.Widened.Start-epoch)/1_000_000)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestCutsOfSmallStreams(t *testing.T) {
	for name, test := range map[string]struct {
		stream   string
		from, to int64
		want     string
	}{
		"all of it":                      {"I0 P1 P2", 0, 3, "takes 0 1 2"},
		"nothing inside":                 {"I0 P1 P2", 5, 9, ""},
		"from the point inside":          {"I0 P1 P2 P3 I4 P5 P6", 2, 6, "takes 4 5; 2-3 before-random-access; widen to 0"},
		"at the point exactly":           {"I0 P1 I2 P3 I4", 2, 4, "takes 2 3"},
		"no point inside":                {"I0 P1 P2 P3 I4", 1, 4, "takes; 1-3 before-random-access; widen to 0"},
		"no point known at all":          {"P1 P2 P3", 1, 4, "takes; 0-2 before-random-access"},
		"an open point is no start":      {"I0 P1 O2 P3 P4", 2, 9, "takes; 2-4 before-random-access; widen to 0"},
		"and what widens is closed too":  {"I0 P1 O2 P3 P4 I6", 3, 9, "takes 6; 3-4 before-random-access; widen to 0"},
		"an open point inside stays":     {"I0 P1 O4 r2 r3 P5", 0, 9, "takes 0 1 4 2 3 5"},
		"B-frames at the end":            {"I0 P4 b2 b1 b3 P8 b6 b5 b7", 0, 6, "takes 0 4 2 1 3; 7-7 after-outside"},
		"an end between P and b":         {"I0 P4 b2 b1 b3", 0, 4, "takes 0; 2-4 after-outside"},
		"leading pictures of the next":   {"I0 P1 O4 r2 r3", 0, 4, "takes 0 1; 3-4 after-outside"},
		"leading pictures of the start":  {"I0 P1 I4 r2 r3 P5", 3, 9, "takes 4 5; 4-4 leading-picture; widen to 0"},
		"leading pictures outside":       {"I0 P1 I4 r2 r3 P5", 4, 9, "takes 4 5"},
		"leading pictures after a point": {"I0 P1 I4 r2 r3 P5", 0, 9, "takes 0 1 4 2 3 5"},
		"damage is flagged":              {"I0 !P1 P2 !P3 I4 !P5", 3, 9, "takes 4 5; 3-3 before-random-access (1 damaged); 1 damaged; widen to 0"},
		"a gap is not spliced":           {"I0 P1 | P3 P4 I5 P6", 0, 9, "takes 0 1\ntakes 5 6; 3-4 before-random-access"},
		"nothing widens over a gap":      {"I0 P1 | P3 P4 I5 P6", 4, 9, "takes 5 6; 4-4 before-random-access"},
		"time that leaps out and back":   {"I0 P1 I2 P99 I3 P4 P5 P6", 0, 9, "takes 3 4 5 6; 0-2 shorter-sequence"},
		"the first of two":               {"I0 P1 P99 I3 P4", 0, 9, "takes 0 1; 3-4 after-outside"},
		"a leading picture that leaps":   {"I1 P2 P3 I6 r0 P7 P8 P9 P10", 1, 99, "takes 6 7 8 9 10; 0-2 shorter-sequence"},
		"it may not be worth it":         {"I1 P2 P3 I6 r0 P7", 1, 99, "takes 1 2 3 6; 5-5 after-outside"},
	} {
		t.Run(name, func(t *testing.T) {
			units, window := pictures(t, test.stream), seconds(test.from, test.to)
			clips := cutAt(t, cutTracks(), window, units)
			if got := told(clips); got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.stream, got, test.want)
			}
			checkClips(t, cutTracks(), window, units, clips)
		})
	}
}

// TestSoundOfACut: a unit of sound is taken if it begins and ends inside the window, whatever the pictures do.
func TestSoundOfACut(t *testing.T) {
	units := pictures(t, "I0 P1 P2")
	for i := range int64(60) { // 48 samples a millisecond, 1024 a unit
		tick := i * 1024
		if i >= 30 {
			tick += 480_000 // ten seconds without sound
		}
		wall := epoch + custody.Instant(media.Rescale(tick, 1_000_000, 48000))
		units = append(units, media.Shown{Unit: media.Unit{Track: 2, Seq: uint64(i), PTS: tick, DTS: tick, Size: 3}, Wall: wall})
	}
	at := func(us int64) custody.Instant { return epoch + custody.Instant(us) }
	for name, test := range map[string]struct {
		window      custody.Span
		first, last uint64
		omitted     int
	}{
		"all":                                  {custody.Span{Start: at(0), End: at(60_000_000)}, 0, 59, 0},
		"from the middle of a unit":            {custody.Span{Start: at(1), End: at(60_000_000)}, 1, 59, 0},
		"to the end of a unit":                 {custody.Span{Start: at(0), End: at(64_000)}, 0, 2, 0},
		"to just before it":                    {custody.Span{Start: at(0), End: at(63_999)}, 0, 1, 1},
		"before a silence: 2048 at most":       {custody.Span{Start: at(0), End: at(618_667 + 42_667)}, 0, 29, 0},
		"a microsecond less":                   {custody.Span{Start: at(0), End: at(618_666 + 42_666)}, 0, 28, 1},
		"the last: nobody knows when it ended": {custody.Span{Start: at(0), End: at(11_258_666 + 30_000)}, 0, 58, 1},
	} {
		t.Run(name, func(t *testing.T) {
			clips := cutAt(t, cutTracks(), test.window, units)
			checkClips(t, cutTracks(), test.window, units, clips)
			var sound []uint64
			for _, u := range clips[0].Units {
				if u.Track == 2 {
					sound = append(sound, u.Seq)
				}
			}
			if len(sound) == 0 || sound[0] != test.first || sound[len(sound)-1] != test.last {
				t.Errorf("units %v, want %d to %d", sound, test.first, test.last)
			}
			omitted := 0
			for _, o := range clips[0].LeftOut {
				if o.Track == 2 && o.Why == media.ReachesPastEnd {
					omitted += o.Units
				}
			}
			if omitted != test.omitted {
				t.Errorf("%d units reach past the end, want %d", omitted, test.omitted)
			}
		})
	}
}

func TestCutsRefuseWhatIsNoRun(t *testing.T) {
	if _, err := media.NewCutter(cutTracks(), seconds(3, 3)); custody.KindOf(err) != custody.Invalid {
		t.Errorf("an empty window: %v", err)
	}
	if _, err := media.NewCutter(nil, seconds(3, 4)); custody.KindOf(err) != custody.Invalid {
		t.Errorf("no tracks: %v", err)
	}
	good := pictures(t, "I0 P1")
	for name, test := range map[string]struct {
		u    media.Unit
		kind custody.Kind
	}{
		"an unknown track":           {media.Unit{Track: 3, Seq: 1}, custody.Invalid},
		"no track":                   {media.Unit{Seq: 1}, custody.Invalid},
		"the same unit again":        {good[0].Unit, custody.Corrupt},
		"an earlier decode time":     {media.Unit{Track: 1, Seq: 1, DTS: -30_000}, custody.Corrupt},
		"a number that goes back":    {media.Unit{Track: 1, Seq: 0, DTS: 5}, custody.Corrupt},
		"and, for contrast, the due": {good[1].Unit, custody.Internal},
	} {
		c, err := media.NewCutter(cutTracks(), seconds(0, 9))
		if err != nil || c.Add(good[0]) != nil {
			t.Fatal(err)
		}
		if err := c.Add(media.Shown{Unit: test.u}); custody.KindOf(err) != test.kind || (err == nil) != (test.kind == custody.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scramble makes a run of any shape out of bytes: two for each unit.
func scramble(b []byte) (units []media.Shown) {
	var seq [3]uint64
	var dts [3]int64
	for i := 0; i+1 < len(b); i += 2 {
		kind, time := b[i], int64(int8(b[i+1]))
		u := media.Unit{Track: 1 + kind>>7, Flags: media.UnitFlags(kind & 0x3f), Size: uint32(kind)}
		if kind&0x40 != 0 && time < 0 {
			seq[u.Track]++ // a unit is missing
		}
		u.Seq = seq[u.Track]
		seq[u.Track]++
		dts[u.Track] += (time & 15) * 64
		u.DTS, u.PTS = dts[u.Track], dts[u.Track]+time>>4*64
		units = append(units, media.Shown{Unit: u, Wall: epoch + custody.Instant(i*500_000+int(time)*100_000)})
	}
	return units
}

// FuzzCutter holds clips of runs of any shape against the oracle, and their movies against the reader.
func FuzzCutter(f *testing.F) {
	f.Add(uint8(0), uint8(200), []byte{1, 0, 0, 1, 0, 2, 1, 3, 4, 0xf0, 0, 5})
	f.Add(uint8(3), uint8(9), []byte{0x21, 0, 4, 1, 128, 2, 0x41, 0x83, 4, 0xf0, 128, 5, 2, 6, 1, 1, 128, 1})
	f.Fuzz(func(t *testing.T, from, lasts uint8, b []byte) {
		b = b[:min(len(b), 400)]
		window := custody.Span{Start: epoch + custody.Instant(from)*300_000}
		window.End = window.Start + (1+custody.Instant(lasts))*200_000
		checkScrambled(t, window, scramble(b))
	})
}

// TestRandomCuts is the fuzz target's law over runs that a seed makes, mostly such as cameras send.
func TestRandomCuts(t *testing.T) {
	random := rand.New(rand.NewPCG(18, 18))
	for range 3000 {
		b := make([]byte, 2*random.IntN(60))
		for i := range b {
			switch b[i] = byte(random.IntN(256)); {
			case i%2 == 1:
				b[i] &= 0x9f
			case random.IntN(12) == 0:
				b[i] = 1
			case random.IntN(3) > 0:
				b[i] &= 0xc4
			}
		}
		window := custody.Span{Start: epoch + custody.Instant(random.IntN(40))*500_000}
		window.End = window.Start + custody.Instant(1+random.IntN(60))*400_000
		checkScrambled(t, window, scramble(b))
	}
}

func checkScrambled(t *testing.T, window custody.Span, units []media.Shown) {
	t.Helper()
	clips := cutAt(t, cutTracks(), window, units)
	checkClips(t, cutTracks(), window, units, clips)
	for _, clip := range clips {
		m, err := media.NewMovie(clip, 0)
		if (err != nil) != (len(clip.Units) == 0) {
			t.Fatalf("%d units: %v", len(clip.Units), err)
		}
		if err == nil {
			checkMovie(t, clip, m, func(u media.Taken) []byte { return fakePayload(u.Unit) })
		}
	}
}

// fakePayload are bytes of a unit's length that no other unit has.
func fakePayload(u media.Unit) []byte {
	b := make([]byte, u.Size)
	copy(b, fmt.Sprintf("%d/%d", u.Track, u.Seq))
	return b
}
