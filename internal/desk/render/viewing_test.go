package render_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
)

// window is [start+from, start+to).
func window(start custody.Instant, from, to time.Duration) custody.Span {
	return custody.Span{Start: start.Add(from), End: start.Add(to)}
}

func TestAViewingHoldsExactlyThePicturesOfItsWindow(t *testing.T) {
	plain := source{w: 320, h: 180, first: 1000, count: 60, rate: 10}
	for name, s := range map[string]struct {
		codec []string
		times string
	}{
		"plain":         {codec: h264("-bf", "0")},
		"B-pictures":    {codec: h264("-bf", "3", "-b_strategy", "0")},
		"open GOP":      {codec: h264("-bf", "2", "-b_strategy", "0", "-x264-params", "open-gop=1:keyint=20:min-keyint=20:scenecut=0")},
		"H.265":         {codec: h265("bframes=2:keyint=20:min-keyint=20:open-gop=0")},
		"H.265 open":    {codec: h265("bframes=3:keyint=20:min-keyint=20:open-gop=1")},
		"variable rate": {codec: h264("-bf", "2"), times: "'9000*N+1200*mod(N\\,7)+if(gte(N\\,30)\\,180000\\,0)'"},
		"full range":    {codec: h264("-bf", "0", "-pix_fmt", "yuvj420p")},
	} {
		t.Run(name, func(t *testing.T) {
			src := plain
			src.codec, src.times = s.codec, s.times
			r := src.record(t, dusk)
			for _, span := range []custody.Span{
				window(dusk, 2300*time.Millisecond, 4700*time.Millisecond),       // the end is the instant of a picture: it stays out
				window(dusk, 2299999*time.Microsecond, 4700001*time.Microsecond), // both are within
				window(dusk, 2300001*time.Microsecond, 2400001*time.Microsecond), // one picture
				window(dusk, -time.Second, 20*time.Second),
			} {
				b, made := view(t, reelOf(t, span, r))
				wanted := want(span, r)
				same(t, watch(t, b, made), wanted)
				if made.Pictures != len(wanted) || made.Undecoded+made.Slates+made.Resized+made.Damaged != 0 || made.Sound || made.Duration != span.Duration() {
					t.Errorf("%s: %+v", span, made)
				}
				if sum := samplesLast(t, b); sum != span.Duration() {
					t.Errorf("%s: the samples last %v: players that believe it leave out the last picture", span, sum)
				}
			}
		})
	}
}

// samplesLast is the sum of the pictures' durations, as the file's first table of samples tells them (ISO/IEC 14496-12 8.6.1.2).
func samplesLast(t *testing.T, film []byte) (sum time.Duration) {
	t.Helper()
	_, table, ok := bytes.Cut(film, []byte("stts"))
	if !ok {
		t.Fatal("no table of times")
	}
	for i := range binary.BigEndian.Uint32(table[4:]) {
		row := table[8+8*i:]
		sum += time.Duration(binary.BigEndian.Uint32(row)) * time.Duration(binary.BigEndian.Uint32(row[4:])) * time.Microsecond
	}
	return sum
}

func TestAChangeOfSizeIsScaledToTheMostFrequent(t *testing.T) {
	wide := source{w: 640, h: 360, first: 1, count: 40, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
	square := source{w: 480, h: 360, first: 100, count: 20, rate: 10, codec: h264("-bf", "2")}.record(t, dusk.Add(4*time.Second))
	span := window(dusk, time.Second, 5500*time.Millisecond)
	b, made := view(t, reelOf(t, span, wide, square))
	got := watch(t, b, made)
	same(t, got[:30], want(span, wide))
	if made.Width != 640 || made.PictureHeight != 360 || made.Resized != 15 || made.Pictures != 45 || len(got) != 45 {
		t.Errorf("%+v, %d pictures", made, len(got))
	}
	last := got[44].luma // black bars beside the picture, which is grey
	if left, middle := last[180*640+20], last[180*640+320]; left > 20 || middle < 60 {
		t.Errorf("luma %d at the edge and %d in the middle", left, middle)
	}
}

func TestAGapIsDeclared(t *testing.T) {
	before := source{w: 640, h: 360, first: 1, count: 30, rate: 10, codec: h264("-bf", "2")}.record(t, dusk)
	after := source{w: 640, h: 360, first: 500, count: 30, rate: 10, codec: h265("bframes=2")}.record(t, dusk.Add(18*time.Second))
	span := window(dusk, time.Second, 20*time.Second)
	reel := reelOf(t, span, before, after)
	reel.Gaps = []render.ReelGap{
		{Span: window(dusk, -time.Minute, 0), Cause: "crash"},
		{Span: window(dusk, 3*time.Second, 18*time.Second-1), Cause: "camera-unreachable"},
		{Span: window(dusk, 19950*time.Millisecond, time.Hour), Cause: "stopped"},
	}
	b, made := view(t, reel)
	got := watch(t, b, made)
	wanted := want(span, before, after)
	wanted = append(wanted[:20:20], append([]shown{{at: 2_000_000, number: -1}}, wanted[20:]...)...)
	same(t, got, append(wanted, shown{at: 18_950_000, number: -1}))
	if made.Slates != 2 || made.Pictures != 40 || made.Undecoded != 0 {
		t.Errorf("%+v", made)
	}
	picture := render.Slate([]string{"NO RECORDING", "from 2026-11-01 01:30:03.000 -05:00", "to 2026-11-01 01:30:17.999 -05:00",
		"(2026-11-01 06:30:03.000 UTC to", "2026-11-01 06:30:17.999 UTC)", "camera-unreachable"}, 640, 360)
	alike(t, got[20].luma[:640*360], picture, render.Slate([]string{"NO RECORDING", "from 2026-11-01 01:30:03.000 -05:00", "to 2026-11-01 01:30:17.998 -05:00",
		"(2026-11-01 06:30:03.000 UTC to", "2026-11-01 06:30:17.999 UTC)", "camera-unreachable"}, 640, 360))
	keep(t, "gap", b)
}

// alike compares two planes of luma, which encoding changes a little, and sees to it that another, which differs in a digit, is less alike.
func alike(t *testing.T, got, want, other []byte) {
	t.Helper()
	distance := func(want []byte) (sum, written int) {
		for i := range want {
			sum += max(int(got[i])-int(want[i]), int(want[i])-int(got[i]))
			if want[i] > 100 {
				written++
			}
		}
		return sum, written
	}
	if len(got) != len(want) || len(got) != len(other) || bytes.Equal(want, other) {
		t.Fatalf("%d points, want %d; %d of another", len(got), len(want), len(other))
	}
	sum, written := distance(want)
	if far, _ := distance(other); written < 200 || sum > 25*written || far < sum+1000 {
		t.Errorf("the pictures differ by %d in all, by %d from what is wrong by a digit; %d points are written on", sum, far, written)
	}
}

// keep leaves a rendition behind for a person to look at, where the environment asks for it.
func keep(t *testing.T, name string, b []byte) {
	t.Helper()
	if dir := os.Getenv("CUSTODY_KEEP"); dir != "" {
		if err := os.WriteFile(dir+"/"+name+".mp4", b, 0o644); err != nil {
			t.Error(err)
		}
	}
}

func TestTheTimeBelowEachPictureIsItsOwn(t *testing.T) {
	spring := custody.Instant(1_772_956_798_000_000) // 2026-03-08T07:59:58Z: two seconds before 2 o'clock becomes 3
	autumn := dusk.Add(30*time.Minute - 2*time.Second)
	for _, c := range []struct {
		start       custody.Instant
		size        int
		first, last string
	}{
		{spring, 640, "2026-03-08 01:59:59.000 -06:00   2026-03-08 07:59:59.000 UTC", "2026-03-08 03:00:00.900 -05:00   2026-03-08 08:00:00.900 UTC"},
		{autumn, 640, "2026-11-01 01:59:59.000 -05:00   2026-11-01 06:59:59.000 UTC", "2026-11-01 01:00:00.900 -06:00   2026-11-01 07:00:00.900 UTC"},
		{autumn, 320, "2026-11-01 01:59:59.000 -05:00   2026-11-01 06:59:59.000 UTC", "2026-11-01 01:00:00.900 -06:00   2026-11-01 07:00:00.900 UTC"},
		{autumn, 160, "2026-11-01   01:59:59.000 -05:00   2026-11-01   06:59:59.000 UTC", "2026-11-01   01:00:00.900 -06:00   2026-11-01   07:00:00.900 UTC"},
		{autumn, 1920, "2026-11-01 01:59:59.000 -05:00   2026-11-01 06:59:59.000 UTC", "2026-11-01 01:00:00.900 -06:00   2026-11-01 07:00:00.900 UTC"},
	} {
		r := source{w: c.size, h: c.size * 9 / 16, count: 40, rate: 10, codec: h264("-bf", "2")}.record(t, c.start)
		r.piece.Frames[15].Damaged = true
		b, made := view(t, reelOf(t, window(c.start, time.Second, 3*time.Second), r))
		got := watch(t, b, made)
		if len(got) != 20 || made.Damaged != 1 {
			t.Fatalf("%d pictures: %+v", len(got), made)
		}
		for i, p := range got {
			text := render.ReadStrip(p.luma[made.Width*made.PictureHeight:], made.Width, "REQ-2026-0007/1")
			at := c.start.Add(time.Second + time.Duration(i)*100*time.Millisecond)
			clock := at.Time().In(chicago(t)).Format("2006-01-02 15:04:05.000 -07:00   ") + at.Time().Format("2006-01-02 15:04:05.000 UTC")
			switch i {
			case 0:
				clock = c.first
			case 5:
				clock += "   DAMAGED"
			case 19:
				clock = c.last
			}
			if squeeze(text) != squeeze("REQ-2026-0007/1   "+clock) {
				t.Errorf("%d wide, picture %d: %q, want %q", c.size, i, text, clock)
			}
		}
		keep(t, fmt.Sprintf("strip-%d", c.size), b)
	}
}

// squeeze makes every row of spaces one: how the text is set in lines does not matter.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestTheSameReelGivesTheSameBytes(t *testing.T) {
	r := source{w: 320, h: 180, count: 40, rate: 10, codec: h264("-bf", "2"), sound: []string{"-c:a", "aac"}, seconds: 4}.record(t, dusk)
	reel := reelOf(t, window(dusk, time.Second, 3*time.Second), r)
	a, _ := view(t, reel)
	b, _ := view(t, reel)
	if !bytes.Equal(a, b) {
		t.Error("two renditions differ")
	}
}

func TestPicturesOfAnySizeComeOut(t *testing.T) {
	for _, size := range [][2]int{{3840, 2160}, {4096, 4096}, {180, 320}, {64, 48}, {16, 16}} {
		r := source{w: size[0], h: size[1], first: 7, count: 4, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
		span := window(dusk, 100*time.Millisecond, 300*time.Millisecond)
		b, made := view(t, reelOf(t, span, r))
		got := watch(t, b, made)
		if len(got) != 2 || made.Undecoded > 0 || made.Width*made.PictureHeight > 4100*3100 || made.Width*size[1]/size[0] > made.PictureHeight+2 {
			t.Errorf("%v: %d pictures, %+v", size, len(got), made)
		}
		if size[0] > 128 {
			same(t, got, want(span, r))
		}
	}
}
