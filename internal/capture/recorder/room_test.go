package recorder

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheSpoolAtItsLimitStopsRecordingAndADrainResumesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.s.Close()
		g.r.Stop(time.Minute)
		g.boot(Options{MaxBytes: 100})
		g.connect()
		for _, used := range []uint64{100, 101, 80, 75} { // at, beyond, not enough below, enough below the limit
			g.used.Store(used)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			g.film(10 * time.Second)
		}
		g.stop()
		g.wantKept(200)
		g.wantGaps("stopped 0.1", "storage-full 20.0", "stopped open")
		if !g.alarms.raised(AlarmStorageFull) || !g.alarms.none() {
			t.Error("the alarm was not raised and cleared")
		}
	})
}
