package recorder

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// A report may come before a session's first picture is complete, together with it, or later: each session has its sample,
// and none stands before the run that it belongs to.
func TestEverySessionKeepsASampleOfTheCamerasClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		report := func(ahead time.Duration) {
			now := g.clock.Now()
			g.s.Report(media.SenderReport{Track: 1, RTP: g.rtp, Camera: now.Add(ahead), Receipt: now})
		}
		g.connect()
		report(7 * time.Minute)
		g.film(5 * time.Second)
		report(7 * time.Minute)
		g.film(70 * time.Second)
		report(7 * time.Minute)
		g.s.Stop(g.clock.Now(), media.GapClosed, "")
		g.wait(time.Second)
		g.connect()
		report(-time.Hour) // it was away and forgot the time
		g.film(5 * time.Second)
		g.stop()
		var first int
		for i, c := range g.index.samples {
			want := (7 * time.Minute).Microseconds()
			if i == 2 {
				want = -time.Hour.Microseconds()
			}
			if c.Offset != want {
				t.Errorf("sample %d says %d, want %d", i, c.Offset, want)
			}
			if c.Run == g.index.samples[0].Run {
				first++
			}
		}
		if len(g.index.samples) != 3 || first != 2 {
			t.Errorf("%d samples, %d of them of the first run", len(g.index.samples), first)
		}
	})
}
