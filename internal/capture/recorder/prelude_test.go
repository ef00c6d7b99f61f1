package recorder

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// withSets is a key picture that brings its parameter sets.
func withSets() []byte {
	unit := append([]byte{0, 0, 0, byte(len(testSPS))}, testSPS...)
	unit = append(append(unit, 0, 0, 0, byte(len(testPPS))), testPPS...)
	return append(unit, 0, 0, 0, 2, 0x65, 0x88)
}

func (g *rig) sound(n int) {
	for range n {
		g.clock.advance(20 * time.Millisecond)
		g.sent++
		g.s.Unit(media.Unit{Track: 2, RTP: uint32(g.sent) * 960, Receipt: g.clock.Now()}, []byte{1, 2, 3})
	}
}

// Sound waits for the picture that brings the parameter sets; if none comes, or too late, it is given up and the gap says so.
func TestSoundWaitsForTheParameterSets(t *testing.T) {
	for name, c := range map[string]struct {
		before int
		kept   int
		gaps   []string
	}{
		"none":     {0, 60, []string{"stopped open"}},
		"some":     {10, 70, []string{"stopped open"}},
		"too many": {preludeUnits + 50, 60, []string{"no-parameters 1.0", "stopped open"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t)
				g.s.Start(media.RunHeader{Camera: g.s.camera, Stream: g.s.id, Tracks: []media.Track{
					{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP},
					{ID: 2, Codec: media.Opus, Timescale: 48000, Source: media.FromSDP, Channels: 2}}})
				g.sound(c.before)
				g.s.Unit(media.Unit{Track: 1, RTP: g.rtp, Receipt: g.clock.Now()}, withSets())
				g.film(time.Second)
				g.sound(49)
				g.stop()
				g.wantKept(c.kept)
				g.wantGaps(c.gaps...)
			})
		})
	}
}

// A camera with B-frames sends what is shown later first, so its footage begins before its first picture came; it
// never begins within a gap that has ended.
func TestFootageNeverReachesIntoAnEndedGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.connect()
		g.film(5 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapClosed, "")
		g.wait(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapUnreachable, "")
		g.wait(100 * time.Millisecond)
		g.connect()
		for _, shown := range []uint32{0, 4, 2, 1, 3, 8, 6, 5, 7} { // the fifth picture comes second
			u := media.Unit{Track: 1, RTP: g.rtp + shown*9000, Receipt: g.clock.Now()}
			g.s.Unit(u, []byte{0, 0, 0, 2, 0x65, 0x88})
			g.clock.advance(100 * time.Millisecond)
		}
		g.stop() // proves that segments and gaps adjoin
	})
}
