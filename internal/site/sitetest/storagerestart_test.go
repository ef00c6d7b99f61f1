package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestTheRecorderRestartsWhileTheObjectStoreIsDown: killed, and told to stop, it keeps its spool, and a later process settles
// it, recovered segments and new ones alike.
func TestTheRecorderRestartsWhileTheObjectStoreIsDown(t *testing.T) {
	t.Parallel()
	s := newStage(t, stageOptions{cameras: 2})
	cams := s.farm.Cameras()
	s.p = s.site.Serve()
	s.watch()
	stop := CutRuns(cams, time.Second)
	defer stop()
	WaitUntil(t, time.Minute, "every camera has a row", s.everyCameraHasRows)
	s.proxy.Set(objecttest.Fault{Mode: objecttest.Down})
	for _, name := range []string{"SIGTERM", "kill -9"} {
		before := s.spooled()
		WaitUntil(t, time.Minute, "more segments wait", func() bool { return s.spooled() >= before+4 && s.alarmed(storeAlarm) })
		rows, waiting := len(s.rows()), s.spooled()
		if name == "SIGTERM" {
			s.p.Stop()
		} else {
			s.p.Kill()
		}
		if n := s.spooled(); n < waiting {
			t.Errorf("%s: %d segments waited, %d are left in the spool", name, waiting, n)
		}
		s.p = s.site.Serve()
		WaitUntil(t, time.Minute, "the alarm is raised again", func() bool { return s.alarmed(storeAlarm) })
		if n := len(s.rows()); n != rows {
			t.Errorf("%s: %d rows were committed while the store was down", name, n-rows)
		}
	}
	s.proxy.Set(objecttest.Fault{})
	s.drained(2 * time.Minute)
	stop()
	Still(t, cams)
	s.p.Stop()
	crashes, stops := 0, 0
	for _, c := range cams {
		Whole(t, s.behind, s.farm, c, 40) // a fragment of 2 s and what was on its way: lost with a killed process
		for _, g := range s.behind.Gaps(CameraName(c)) {
			switch g.Cause {
			case media.GapCrash:
				crashes++
			case media.GapStopped:
				stops++
			}
		}
	}
	if crashes != len(cams) || stops != 2*len(cams) { // and the last one, still open
		t.Errorf("%d gaps tell of the kill and %d of the stops", crashes, stops)
	}
	s.sealed()
}
