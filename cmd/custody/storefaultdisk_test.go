package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/site/station"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// hangingDisk is the machine's disk whose writes and fsyncs of spool files can be made to hang: those of all files until short
// is closed, but those of one file, the first that is written, until long is.
type hangingDisk struct {
	vault.OSDisk
	mu          sync.Mutex
	short, long chan struct{} // nil while nothing hangs
	victim      string
}

func (d *hangingDisk) hang() (short, long chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.short, d.long = make(chan struct{}), make(chan struct{})
	return d.short, d.long
}

func (d *hangingDisk) wait(path string) {
	d.mu.Lock()
	if d.short != nil && d.victim == "" {
		d.victim = path
	}
	gate := d.short
	if path == d.victim {
		gate = d.long
	}
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// Create implements vault.Disk.
func (d *hangingDisk) Create(path string) (vault.File, error) {
	return d.wrap(path)(d.OSDisk.Create(path))
}

// OpenWrite implements vault.Disk.
func (d *hangingDisk) OpenWrite(path string) (vault.File, error) {
	return d.wrap(path)(d.OSDisk.OpenWrite(path))
}

func (d *hangingDisk) wrap(path string) func(vault.File, error) (vault.File, error) {
	return func(f vault.File, err error) (vault.File, error) {
		if err != nil || !strings.HasSuffix(path, ".spool") {
			return f, err
		}
		return &hangingFile{f, d, path}, nil
	}
}

type hangingFile struct {
	vault.File
	d    *hangingDisk
	path string
}

// WriteAt implements io.WriterAt.
func (f *hangingFile) WriteAt(p []byte, off int64) (int, error) {
	f.d.wait(f.path)
	return f.File.WriteAt(p, off)
}

// Sync implements vault.File.
func (f *hangingFile) Sync() error {
	f.d.wait(f.path)
	return f.File.Sync()
}

const cameraBuffer = 8 << 20 // PERFORMANCE.md: the stall buffer of a camera

// TestTheSpoolDiskHangs: 10 s are borne by the buffers, at 4 Mbit/s a camera. A stream that hangs longer loses fragments, and its
// gap says which; the others lose nothing; all go on by themselves.
func TestTheSpoolDiskHangs(t *testing.T) {
	t.Parallel()
	disk := &hangingDisk{}
	b := besetSite(t, simcam.Options{Count: 3, Profile: simcam.Bench}, nil, seams{disk: disk})
	short, long := disk.hang()
	lasts(10 * time.Second)
	if !b.each(func(s recorder.Snapshot) bool { return s.QueueBytes > cameraBuffer/4 }) {
		t.Error("the disk did not hang, or the cameras send less than 4 Mbit/s")
	}
	close(short)
	until(t, 10*time.Second, "all streams but one have caught up", func() bool {
		behind := 0
		for _, s := range b.recorder.Snapshots() {
			if s.QueueBytes > 1<<20 {
				behind++
			}
		}
		return behind == 1
	})
	until(t, time.Minute, "the one loses fragments", func() bool {
		return !b.each(func(s recorder.Snapshot) bool { return s.QueueItems < 12 })
	})
	lasts(sitetest.Scaled(4*time.Second, 35*time.Second))
	if !b.each(func(s recorder.Snapshot) bool { return s.QueueBytes <= cameraBuffer }) {
		t.Error("a stream keeps more than its buffer")
	}
	close(long)
	until(t, 10*time.Second, "the alarm is raised", func() bool { return strings.Contains(b.log.String(), "kind=storage-stalled") })
	b.recovered()
	sitetest.Still(t, b.farm.Cameras())
	b.stop()
	b.wantOneHole(media.GapStorageStall, true)
}

// wantOneHole proves that gaps of that cause say exactly where frames are missing: of one camera alone, or of each.
func (b *beset) wantOneHole(cause media.GapCause, alone bool) {
	b.t.Helper()
	cameras := 0
	for _, c := range b.farm.Cameras() {
		units, gaps := b.stored.Units(sitetest.CameraName(c)), b.stored.Gaps(sitetest.CameraName(c))
		holes := sitetest.Holes(b.t, units, b.farm, c)
		sitetest.TruthfulGaps(b.t, units, gaps, holes, cause, time.Second/15)
		for _, g := range gaps {
			b.t.Logf("%s: %s %s %s", sitetest.CameraName(c), g.Cause, g.Span, g.Detail)
		}
		if len(holes) > 1 {
			b.t.Errorf("frames are missing in %d places", len(holes))
		}
		cameras += len(holes)
	}
	want := 1
	if !alone {
		want = len(b.farm.Cameras())
	}
	if cameras != want {
		b.t.Errorf("frames of %d cameras are missing, not of %d", cameras, want)
	}
}

// TestTheDiskIsFullUnforeseen: a quota or a neighbour leaves nothing although there seemed to be plenty, under spool, objects and database.
func TestTheDiskIsFullUnforeseen(t *testing.T) {
	t.Parallel()
	dir, here := sitetest.SmallDisk(t, "96m")
	if !here {
		return
	}
	b := besetSite(t, simcam.Options{Count: 2, Profile: simcam.Bench}, func(c *config.Config) {
		own := *c
		*c = config.Default(filepath.Join(dir, "data"))
		c.Site, c.Operator = own.Site, own.Operator
	}, seams{free: func() (uint64, error) { return 1 << 40, nil }})
	path := sitetest.Ballast(t, dir, 0)
	until(t, time.Minute, "no stream is recorded", func() bool {
		return b.alarmed(recorder.AlarmStorageFull) && b.each(func(s recorder.Snapshot) bool { return s.Gap == media.GapStorageFull })
	})
	lasts(sitetest.Scaled(5*time.Second, time.Minute))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "recording resumes by itself", func() bool {
		return b.each(func(s recorder.Snapshot) bool { return s.Gap == "" })
	})
	b.recovered()
	sitetest.Still(t, b.farm.Cameras())
	b.stop()
	b.wantOneHole(media.GapStorageFull, false)
}

// TestTheDiskIsForecastToFillUp: the alarm comes 72 hours ahead by trend (CONTRACTS 25), neither earlier nor without a trend.
func TestTheDiskIsForecastToFillUp(t *testing.T) {
	const look, reserve = 90 * time.Second, 256 << 20
	var mu sync.Mutex
	at, free := time.Duration(0), float64(0)
	began := time.Now()
	passed := func() time.Duration { mu.Lock(); defer mu.Unlock(); return at }
	clock := &station.Sources{Wall: func() time.Time { return began.Add(passed()) }, Mono: passed, Boot: "a test"}
	in := startInside(t, seams{clock: clock, free: func() (uint64, error) { mu.Lock(); defer mu.Unlock(); return uint64(free), nil }}, nil)
	for _, c := range []struct {
		hours float64 // from the last look until the reserve is reached
		want  bool
	}{{80, false}, {71, true}, {1, true}, {-10, false}} {
		g := newGauge(in.server) // the server's own looks are real time apart
		const perSecond, looks = 1 << 20, 20
		for i := range looks {
			mu.Lock()
			at += look
			left := c.hours*3600 + float64(looks-1-i)*look.Seconds()
			free = reserve + perSecond*left
			if c.hours < 0 { // it empties
				free = 1<<40 + float64(i)*perSecond
			}
			mu.Unlock()
			g.look(t.Context())
		}
		if got := slices.Contains(in.bell.names(), "disk-filling"); got != c.want {
			t.Errorf("%v h ahead: alarm %v, forecast %v", c.hours, got, g.snapshot().Spool.Full)
		}
		until(t, time.Minute, "the database knows it too", func() bool {
			open, err := in.db.OpenAlarms(t.Context())
			return err == nil && (len(open) == 1) == c.want
		})
	}
}
