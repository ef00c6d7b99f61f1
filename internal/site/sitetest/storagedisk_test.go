package sitetest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

// TestTheDiskFillsUp: cameras of 4 Mbit/s fill a small disk that also holds the database and the objects. Recording stops at
// the reserve, says so, and goes on by itself when there is room. Then another program takes the last byte at once, and at
// last the spool reaches its own limit.
func TestTheDiskFillsUp(t *testing.T) {
	t.Parallel()
	const reserve = 256 << 20
	dir, here := SmallDisk(t, "480m")
	if !here {
		return
	}
	farm := Farm(t, simcam.Options{Count: 3, Profile: simcam.Bench, Ledger: 1 << 18, Now: time.Now})
	site := New(t, Options{Edit: func(c *config.Config) {
		own := *c
		*c = config.Default(filepath.Join(dir, "data"))
		c.Site, c.Operator = own.Site, own.Operator
		c.Spool.MinFreeBytes = reserve
	}})
	site.Add(farm.Cameras()...)
	f := &filling{t, site.Open(), site.Serve()}
	WaitUntil(t, time.Minute, "all cameras record", func() bool { return f.recording() && Sent(farm.Cameras()[2]) > 60 })

	// The cameras use up the last 8 MiB above the reserve by themselves.
	path := Ballast(t, dir, reserve+8<<20)
	f.untilFull()
	if left := freeOn(t, dir); left < reserve-16<<20 {
		t.Errorf("%d bytes are left: recording did not stop at the reserve of %d", left, reserve)
	}
	WaitUntil(t, time.Minute, "the database tells of it", func() bool { return len(openAlarms(t, f.stored)) > 0 })
	f.relieve(path, Scaled(5*time.Second, time.Minute))

	// Another program takes everything at once, the reserve too.
	path = Ballast(t, dir, 0)
	f.untilFull()
	f.relieve(path, Scaled(8*time.Second, time.Minute))

	// The spool outgrows its own limit: a file without blocks stands for hours without the object store.
	path = filepath.Join(site.Conf.Spool.Dir, "large.spool")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, int64(site.Conf.Spool.MaxBytes))); err != nil {
		t.Fatal(err)
	}
	f.untilFull()
	f.relieve(path, Scaled(time.Second, 10*time.Second))

	WaitUntil(t, 2*time.Minute, "every alarm is over", func() bool {
		return len(openAlarms(t, f.stored)) == 0 && !metricLine(t, f.p, "custody_alarm{")
	})
	Still(t, farm.Cameras())
	f.p.Stop()
	for _, c := range farm.Cameras() {
		wantFullGaps(t, f.stored, farm, c)
	}
}

// filling is a site whose disk is running full.
type filling struct {
	t      *testing.T
	stored *Stored
	p      *Process
}

const fullAlarm = `custody_alarm{alarm="storage-full"} 1`

func (f *filling) recording() bool {
	return !metricLine(f.t, f.p, "custody_stream_gap_open{") && !metricLine(f.t, f.p, fullAlarm)
}

func (f *filling) untilFull() {
	f.t.Helper()
	WaitUntil(f.t, time.Minute, "there is no room", func() bool {
		return metricLine(f.t, f.p, "custody_stream_gap_open{") && metricLine(f.t, f.p, fullAlarm)
	})
}

// relieve removes after a while what took the room, and waits until recording goes on by itself.
func (f *filling) relieve(path string, lasting time.Duration) {
	f.t.Helper()
	over := time.NewTimer(lasting)
	<-over.C
	before := time.Now()
	remove(f.t, path)
	WaitUntil(f.t, 10*time.Second, "recording resumes by itself", f.recording)
	f.t.Logf("recording again %v after there was room", time.Since(before).Round(time.Millisecond))
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// wantFullGaps proves that the gaps of cause storage-full are exactly where frames are missing.
func wantFullGaps(t *testing.T, stored *Stored, farm *simcam.Farm, cam *simcam.Camera) {
	t.Helper()
	units, gaps := stored.Units(CameraName(cam)), stored.Gaps(CameraName(cam))
	for _, g := range gaps {
		t.Logf("%s: %s %s %s", CameraName(cam), g.Cause, g.Span, g.Detail)
	}
	holes := Holes(t, units, farm, cam)
	if len(holes) != 3 {
		t.Errorf("%s: frames are missing in %d places, there was no room three times", CameraName(cam), len(holes))
	}
	TruthfulGaps(t, units, gaps, holes, media.GapStorageFull, time.Second/15)
}
