package sitetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// storeFault is one thing that goes wrong with the object store and what the site makes of it.
type storeFault struct {
	objecttest.Fault
	lasts time.Duration
	alarm string // empty: the site copes, and rows go on
}

const (
	storeAlarm   = "object-store"
	corruptAlarm = "object-store-corrupt"
)

// TestTheObjectStoreFails: whatever the object store does, no frame is lost, no row comes before its object is verified, no
// object is stored twice, and everything drains by itself.
func TestTheObjectStoreFails(t *testing.T) {
	t.Parallel()
	minute := Scaled(2*time.Second, time.Minute)
	slow := storeFault{objecttest.Fault{Mode: objecttest.Slow, Delay: 250 * time.Millisecond}, 4 * time.Second, ""}
	if Full() { // beyond the driver's patience
		slow = storeFault{objecttest.Fault{Mode: objecttest.Slow, Delay: 40 * time.Second}, 2 * time.Minute, storeAlarm}
	}
	for name, c := range map[string]struct {
		stageOptions
		faults []storeFault
	}{
		"out of reach": {stageOptions{cameras: Scaled(2, 4)}, []storeFault{
			{objecttest.Fault{Mode: objecttest.Down}, Scaled(4*time.Second, 10*time.Minute), storeAlarm},
			slow,
			{objecttest.Fault{Mode: objecttest.Error500}, minute, storeAlarm},
			{objecttest.Fault{Mode: objecttest.LoseAnswer}, minute, storeAlarm},
		}},
		"lies about puts": {stageOptions{cameras: 2}, []storeFault{
			{objecttest.Fault{Mode: objecttest.DropPuts}, minute, storeAlarm},
			{objecttest.Fault{Mode: objecttest.AlterPuts}, minute, corruptAlarm},
			{objecttest.Fault{Mode: objecttest.CutPuts}, minute, corruptAlarm},
			{objecttest.Fault{Mode: objecttest.OldStore}, minute, ""},
		}},
		"lies about everything": {stageOptions{cameras: 2, reread: true, dispose: true}, []storeFault{
			{objecttest.Fault{Mode: objecttest.ForgePuts}, minute, corruptAlarm},
			{objecttest.Fault{Mode: objecttest.AlterReads}, minute, corruptAlarm},
			{objecttest.Fault{Mode: objecttest.CutReads}, minute, corruptAlarm},
			{objecttest.Fault{Mode: objecttest.ShortenReads}, minute, corruptAlarm},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.stageOptions)
			s.p = s.site.Serve()
			s.watch()
			stop := CutRuns(s.farm.Cameras(), Scaled(time.Second, 8*time.Second))
			defer stop()
			WaitUntil(t, time.Minute, "every camera has a row", func() bool { return s.everyCameraHasRows() })
			for _, f := range c.faults {
				s.suffer(f)
			}
			stop()
			Still(t, s.farm.Cameras())
			s.p.Stop()
			s.settledWell(c.stageOptions)
		})
	}
}

func (s *stage) everyCameraHasRows() bool {
	for _, c := range s.farm.Cameras() {
		if len(s.behind.Segments(CameraName(c))) == 0 {
			return false
		}
	}
	return true
}

// suffer lets a fault last and proves what must be so during and after it.
func (s *stage) suffer(f storeFault) {
	s.t.Helper()
	log, rows := len(s.p.Log()), len(s.rows())
	s.proxy.Set(f.Fault)
	over := time.NewTimer(f.lasts)
	defer over.Stop()
	if f.alarm != "" {
		WaitUntil(s.t, 90*time.Second, fmt.Sprintf("%s raises the alarm %s", f.Mode, f.alarm), func() bool { return s.alarmed(f.alarm) })
		if !strings.Contains(s.p.Log()[log:], "kind="+f.alarm+" ") {
			s.t.Errorf("%s: the log does not tell of %s", f.Mode, f.alarm)
		}
		rows = len(s.rows()) // some were on their way when it began
	}
	waiting := s.spooled()
	<-over.C
	if f.alarm == "" {
		WaitUntil(s.t, 30*time.Second, fmt.Sprintf("%s lets rows be committed", f.Mode), func() bool { return len(s.rows()) > rows })
	} else {
		WaitUntil(s.t, 30*time.Second, fmt.Sprintf("%s makes the spool grow", f.Mode), func() bool { return s.spooled() > waiting })
		if n := len(s.rows()); n != rows {
			s.t.Errorf("%s: %d rows were committed meanwhile", f.Mode, n-rows)
		}
	}
	if s.proxy.Hits()[f.Mode] == 0 {
		s.t.Errorf("%s was never met", f.Mode)
	}
	s.proxy.Set(objecttest.Fault{})
	s.drained(2 * time.Minute)
}

// settledWell proves what is stored at the end.
func (s *stage) settledWell(o stageOptions) {
	s.t.Helper()
	for _, c := range s.farm.Cameras() {
		Whole(s.t, s.behind, s.farm, c, 0)
		for _, g := range s.behind.Gaps(CameraName(c)) {
			if g.Cause != media.GapDiscontinuity && g.Cause != media.GapStopped {
				s.t.Errorf("%s has a gap of cause %s, %s: %s", CameraName(c), g.Cause, g.Span, g.Detail)
			}
		}
	}
	s.sealed()
	damaged := 0
	for _, n := range objecttest.Versions(s.t, s.gw, s.site.Conf.Objects.Bucket) {
		damaged += n - 1
	}
	if damaged > 0 && (o.dispose || s.proxy.Hits()[objecttest.AlterPuts] == 0) {
		s.t.Errorf("%d versions lie below the objects", damaged)
	}
	s.t.Logf("%d segments, %d damaged versions kept below them, faults %v", len(s.rows()), damaged, s.proxy.Hits())
}
