package recorder

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// A restored index may not know the stream of a segment that the spool still has: the segment stays there, an alarm says so,
// and neither what comes behind it nor the stop waits for it.
func TestASegmentThatTheIndexRefusesStaysInTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		refuse := true
		g.index.on = func(row media.SegmentRow) {
			if refuse {
				refuse = false
				g.index.runs = slices.DeleteFunc(g.index.runs, func(h media.RunHeader) bool { return h.Run == row.Run })
			}
		}
		g.connect()
		g.film(10 * time.Second)
		g.s.Stop(g.clock.Now(), media.GapClosed, "the camera closed the connection")
		g.connect()
		g.film(2 * time.Minute)
		began := time.Now()
		g.r.Stop(time.Minute)
		if time.Since(began) > 30*time.Second {
			t.Error("the stop waited for a segment that the index will never take")
		}
		if !g.alarms.raised(AlarmRefused) {
			t.Error("no alarm told of it")
		}
		kept := 0
		for id := range g.spool.stored {
			if !g.spool.dropped[id] {
				kept++
			}
		}
		if kept != 1 || len(g.index.rows) == 0 {
			t.Errorf("%d segments stay in the spool and %d are indexed, want 1 and more than none", kept, len(g.index.rows))
		}
	})
}
