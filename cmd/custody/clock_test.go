package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/site/station"
)

// steppedWall is the machine's wall clock, moved by a test; monotonic time stays the machine's.
type steppedWall struct{ by atomic.Int64 }

func (w *steppedWall) step(d time.Duration) { w.by.Add(int64(d)) }

func (w *steppedWall) sources(t *testing.T) *station.Sources {
	t.Helper()
	s, err := station.Machine()
	if err != nil {
		t.Fatal(err)
	}
	wall := s.Wall
	s.Wall = func() time.Time { return wall().Add(time.Duration(w.by.Load())) }
	return &s
}

func recorded(in *inside, frames uint64) func() bool {
	return func() bool {
		for _, s := range in.recorder.Snapshots() {
			if s.Kept < frames {
				return false
			}
		}
		return len(in.recorder.Snapshots()) > 0
	}
}

// checkTruth: nothing overlaps, nothing is missing between the first record and the last, and the invariants hold.
func checkTruth(t *testing.T, in *inside, names ...string) {
	t.Helper()
	for _, name := range names {
		pieces := in.record(name)
		for i := 1; i < len(pieces); i++ {
			if pieces[i].span.Start != pieces[i-1].span.End {
				t.Errorf("%s: %s %s is followed by %s %s", name, pieces[i-1].Kind, pieces[i-1].span, pieces[i].Kind, pieces[i].span)
			}
		}
	}
	if out, code := command(t, "--config", in.path, "check"); code != 0 {
		t.Errorf("custody check: exit code %d\n%s", code, out)
	}
}

func TestTheClockStepsForward(t *testing.T) {
	t.Parallel()
	farm := sitetest.Farm(t, simcam.Options{Count: 2, Ledger: 1 << 16, Now: time.Now})
	wall := &steppedWall{}
	in := startInside(t, seams{clock: wall.sources(t)}, farm)
	until(t, time.Minute, "50 frames are kept", recorded(in, 50))
	before := in.clock.Now()
	wall.step(3 * time.Minute)
	until(t, 20*time.Second, "the clock has followed", func() bool { return in.clock.Now().Sub(before) > 3*time.Minute })
	until(t, time.Minute, "200 frames are kept", recorded(in, 200))
	in.stop()
	for _, cam := range farm.Cameras() {
		gaps := gapsOf(in.record(sitetest.CameraName(cam)), media.GapClockStep)
		if len(gaps) != 1 || gaps[0].Seconds < 175 || gaps[0].Seconds > 185 {
			for _, p := range in.record(sitetest.CameraName(cam)) {
				t.Logf("%s %s %s %.3f s, %d frames", p.Kind, p.Cause, p.span, p.Seconds, p.Units)
			}
			t.Errorf("%d gaps with cause clock-step, want one of about 180 s", len(gaps))
		}
	}
	checkTruth(t, in, "cam0001", "cam0002")
}

func TestTheClockStepsBackward(t *testing.T) {
	t.Parallel()
	farm := sitetest.Farm(t, simcam.Options{Count: 2, Ledger: 1 << 16, Now: time.Now})
	wall := &steppedWall{}
	in := startInside(t, seams{clock: wall.sources(t)}, farm)
	until(t, time.Minute, "50 frames are kept", recorded(in, 50))
	wall.step(-5 * time.Minute)
	until(t, 20*time.Second, "the offset is noticed", func() bool { return in.clock.State().Offset < -4*time.Minute })
	last, began := in.clock.Now(), time.Now()
	until(t, time.Minute, "250 frames are kept", recorded(in, 250))
	passed := in.clock.Now().Sub(last)
	if real := time.Since(began); passed > real || passed < real*99/100 {
		t.Errorf("%v of station time passed in %v: more than 0.5 %% slower, or faster", passed, real)
	}
	in.stop()
	for _, cam := range farm.Cameras() {
		pieces := in.record(sitetest.CameraName(cam))
		if len(pieces) != 2 || pieces[0].Kind != "recorded" || pieces[1].Cause != media.GapStopped {
			t.Errorf("a backward step left %d pieces, want one recording and its end", len(pieces))
		}
	}
	checkTruth(t, in, "cam0001", "cam0002")
}

// A restart with the wall clock set back hours keeps station time going forward, so that nothing is overwritten.
func TestTheWallClockIsSetBackWhileTheSiteIsDown(t *testing.T) {
	t.Parallel()
	farm := sitetest.Farm(t, simcam.Options{Count: 1, Ledger: 1 << 16, Now: time.Now})
	wall := &steppedWall{}
	in := startInside(t, seams{clock: wall.sources(t)}, farm)
	until(t, time.Minute, "50 frames are kept", recorded(in, 50))
	end := in.clock.Now()
	in.stop()
	wall.step(-2 * time.Hour)
	in.open(seams{clock: wall.sources(t)})
	if now := in.clock.Now(); now < end {
		t.Fatalf("station time went back from %s to %s", end, now)
	}
	until(t, time.Minute, "50 more frames are kept", recorded(in, 50))
	in.stop()
	checkTruth(t, in, "cam0001")
}

// On both daylight-saving nights the record goes straight through; only the words at the edge change.
func TestRecordingThroughTheDaylightSavingNights(t *testing.T) {
	t.Parallel()
	for _, night := range []struct {
		name, start, before, after string
	}{
		{"autumn", "2027-11-07T06:59:50Z", "01:59:5", "CST"}, // 02:00 CDT becomes 01:00 CST
		{"spring", "2028-03-12T07:59:50Z", "01:59:5", "CDT"}, // 02:00 CST becomes 03:00 CDT
	} {
		t.Run(night.name, func(t *testing.T) {
			t.Parallel()
			start, err := custody.ParseInstant(night.start)
			if err != nil {
				t.Fatal(err)
			}
			farm := sitetest.Farm(t, simcam.Options{Count: 1, Ledger: 1 << 16, Now: time.Now})
			wall := &steppedWall{}
			wall.step(time.Until(start.Time()))
			in := startInside(t, seams{clock: wall.sources(t)}, farm)
			until(t, time.Minute, "240 frames are kept", recorded(in, 240))
			in.stop()
			pieces := in.record("cam0001")
			if len(pieces) != 2 || pieces[0].Seconds < 14 {
				t.Fatalf("the night is in %d pieces: %+v", len(pieces), pieces[0])
			}
			var table strings.Builder
			if err := writePieces(&table, pieces, in.zone()); err != nil {
				t.Fatal(err)
			}
			if text := table.String(); !strings.Contains(text, night.before) || !strings.Contains(text, night.after) {
				t.Errorf("the night reads\n%s", text)
			}
			checkTruth(t, in, "cam0001")
		})
	}
}

// zone is the site's, also after it has stopped.
func (in *inside) zone() *time.Location {
	in.t.Helper()
	b, err := openBooks(in.t.Context(), in.path, in.log)
	if err != nil {
		in.t.Fatal(err)
	}
	defer b.close()
	return b.config.Site.Location()
}
