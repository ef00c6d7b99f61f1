package recorder

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// frame sends one frame of these NAL units, wait after the last, and lets the writer keep up.
func (g *rig) frame(wait time.Duration, ticks int, nals ...[]byte) {
	g.t.Helper()
	g.clock.advance(wait)
	g.rtp += uint32(ticks)
	g.sent++
	var payload []byte
	for _, n := range append(nals, []byte{0x65, 1, 2, 3, 4, byte(g.sent)}) {
		payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(n))), n...)
	}
	g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: g.clock.Now()}, payload)
	if err := g.s.Flush(context.Background()); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) runs() int {
	g.index.mu.Lock()
	defer g.index.mu.Unlock()
	return len(g.index.runs)
}

// flipped is the test SPS with another level: another parameter set.
func flipped(n int) []byte {
	s := bytes.Clone(testSPS)
	s[3] += byte(n % 2)
	return s
}

// A camera whose parameters change with every frame costs at most a burst of runs and then ten a minute; once it calms it is
// recorded again, and what it left is segments and gaps without holes.
func TestParametersThatFlipAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		for i := range 6000 {
			g.frame(100*time.Millisecond, 9000, flipped(i), testPPS)
		}
		synctest.Wait()
		if n := g.runs(); n < runBurst || n > runBurst+110 {
			t.Errorf("%d runs in ten minutes", n)
		}
		g.film(70 * time.Second) // one more rest at most
		before := g.s.Snapshot().Units
		g.film(time.Minute)
		if n := g.s.Snapshot().Units - before; n != 600 {
			t.Errorf("of 600 frames of the calm camera %d were taken", n)
		}
		g.stop()
		if n := len(g.index.causes()); n > 20 {
			t.Errorf("%d gaps: %v", n, g.index.causes())
		}
		if !strings.HasPrefix(g.index.causes()[0], "discontinuity") {
			t.Errorf("gaps are %v", g.index.causes())
		}
	})
}

// Day and night change a camera's parameters, a bad line its connection: neither costs a frame.
func TestHonestChangesAreAllRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		for i := range 360 { // an hour on a line that holds for ten seconds at a time
			g.connect()
			for range 9 {
				g.frame(time.Second, 90000, flipped(i/90), testPPS)
			}
			g.s.Stop(g.clock.Now(), media.GapClosed, "the camera ended the session")
			g.wait(time.Second)
		}
		g.stop()
		g.wantKept(g.sent)
	})
}

// One leap of the RTP time begins a new run at the right wall time, at the cost of no frame.
func TestALeapCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(500 * time.Millisecond)
		for _, apart := range []time.Duration{500 * time.Millisecond, 10 * time.Second, 10 * time.Second} {
			g.frame(100*time.Millisecond, 8*90000)
			g.film(apart)
		}
		now := g.clock.Now()
		g.stop()
		g.wantKept(g.sent)
		if n := len(g.index.runs); n != 4 {
			t.Errorf("%d runs, want 4", n)
		}
		var end custody.Instant
		for _, row := range g.index.rows { // segments settle side by side: the last is not always the latest
			end = max(end, row.Span.End)
		}
		if end.Sub(now).Abs() > time.Second {
			t.Errorf("the record ends %s after the clock", end.Sub(now))
		}
	})
}

// A camera cannot lead its record into the future, neither by leaps nor step by step.
func TestTheRecordStaysInThePresent(t *testing.T) {
	for name, ticks := range map[string]int{"leaps": 9 * 90000, "steps": 5 * 90000 / 2, "a fast clock": 12000} {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(t)
			g.connect()
			for range 3000 {
				g.frame(100*time.Millisecond, ticks)
				if lead := g.s.end.Sub(g.clock.Now()); lead > 20*time.Second {
					t.Fatalf("%s: the record ends %s after the clock", name, lead)
				}
			}
			g.film(2 * time.Minute)
			before := g.s.Snapshot().Units
			g.film(time.Minute)
			if n := g.s.Snapshot().Units - before; n != 600 {
				t.Errorf("%s: of 600 frames of the calm camera %d were taken", name, n)
			}
			runs := g.runs()
			g.stop()
			if runs > 130 {
				t.Errorf("%s: %d runs in five minutes", name, runs)
			}
		})
	}
}

// Parameter sets too large to be worth a run's header are refused with the true cause, not blamed on the disk.
func TestSwollenParametersAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(time.Second)
		nals := [][]byte{testSPS}
		for i := range 8 { // PPS of 60 kB with ids 15, 17, ...
			nals = append(nals, append([]byte{0x68, 0x08 | byte(i)}, bytes.Repeat([]byte{0x55}, 60_000)...))
		}
		for range 100 {
			g.frame(100*time.Millisecond, 9000, nals...)
		}
		g.stop()
		if !slices.ContainsFunc(g.index.gaps, func(x media.Gap) bool { return x.Cause == media.GapNoParams && strings.Contains(x.Detail, "bytes") }) {
			t.Errorf("gaps are %+v", g.index.gaps)
		}
	})
}

func TestPace(t *testing.T) {
	var p pace
	now := custody.Instant(1)
	spent := 0
	for range 3600 {
		now = now.Add(time.Second)
		for spent < 1000 && !p.rests(now) && p.spend(100<<10, now) {
			spent++
		}
	}
	if want := (runBurst + 600) / 7; spent > want || spent < want-10 {
		t.Errorf("%d runs with headers of 100 KiB in an hour, want about %d", spent, want)
	}
}

// A camera is removed right after its session ended: the gap of its removal begins where its footage ends, not before.
func TestAGapBeginsWhereTheFootageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapStopped, "recording was stopped")
		g.s.Disable(func() {})
		g.stop()
		last, gap := g.index.rows[len(g.index.rows)-1], g.index.gaps[len(g.index.gaps)-1]
		if gap.Cause != media.GapDisabled || gap.Span.Start != last.Span.End {
			t.Errorf("the footage ends at %s, the gap %s begins at %s", last.Span.End, gap.Cause, gap.Span.Start)
		}
	})
}

// Sound that leaps ahead leads the record no further than pictures do.
func TestSoundDoesNotLeadTheRecord(t *testing.T) {
	for name, ticks := range map[string]uint32{"leaps": 9 * 48000, "steps": 5 * 48000 / 2, "back": 1<<32 - 3*48000} {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(t)
			g.s.Start(media.RunHeader{Camera: g.s.camera, Stream: g.s.id, Transport: "tcp", Tracks: []media.Track{
				{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{testSPS}, PPS: [][]byte{testPPS}},
				{ID: 2, Codec: media.AAC, Timescale: 48000, Source: media.FromSDP, Config: []byte{0x11, 0x88}}}})
			sound := uint32(0)
			for range 3000 {
				g.frame(100*time.Millisecond, 9000)
				sound += ticks
				g.s.Unit(media.Unit{Track: 2, RTP: sound, Receipt: g.clock.Now()}, []byte{1, 2, 3})
				if lead := g.s.end.Sub(g.clock.Now()); lead > 20*time.Second {
					t.Fatalf("%s: the record ends %s after the clock", name, lead)
				}
			}
			runs := g.runs()
			g.stop()
			if runs > runBurst+60 {
				t.Errorf("%s: %d runs in five minutes", name, runs)
			}
		})
	}
}
