package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// Stopped as an operator does, again and again, a recorder loses nothing: what was sent before the signal, less what was
// still on its way, is stored, the fragment being filled too, and the time until the next start is a gap that says stopped.
func TestStoppedWellNothingIsLost(t *testing.T) {
	site := New(t, Options{})
	l := newLoad(t)
	site.Add(l.cams...)
	var stops []death
	for range Scaled(3, 10) {
		p := site.Serve()
		l.settledIn(t)
		stops = append(stops, l.note("stop", p.Stop))
		<-time.After(composed) // a shorter stop is hidden in the pictures that a camera with B-frames saw before it sent them
	}
	stored := site.Open()
	stored.provesClean(t, l.cams, false)
	for i, cam := range l.cams {
		for _, s := range Compare(t, stored.Units(CameraName(cam)), l.farm, cam, 1) {
			due := l.dueAt(stops, i, s.Number)
			if len(s.Missing) > 0 || s.Cut != nil || len(s.Stored) < due {
				t.Errorf("%s session %d: %d of %d units due are stored, %d missing in the midst", CameraName(cam), s.Number, len(s.Stored), due, len(s.Missing))
			}
		}
		record := stored.record(CameraName(cam))
		provesRecord(t, CameraName(cam), record)
		said := 0
		for _, r := range record {
			if r.cause == media.GapStopped {
				said++
			}
		}
		if said != len(stops) {
			t.Errorf("%s: stopped %d times, declared %d times: %v", CameraName(cam), len(stops), said, record)
		}
	}
}

// dueAt is how many units of a session were sent in time before the stop that ended it.
func (l *load) dueAt(stops []death, number int, session uint32) int {
	for _, d := range stops {
		if _, known := d.sent[number][session]; known {
			return int(d.due.sent[number][session].Units)
		}
	}
	return 0
}
