package main

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// beset is a site inside the test's process whose storage is disturbed. What it leaves is proved by custody check.
type beset struct {
	*server
	t      *testing.T
	farm   *simcam.Farm
	stored *sitetest.Stored
	log    *lockedBuffer
}

func besetSite(t *testing.T, o simcam.Options, edit func(*config.Config), under seams) *beset {
	t.Helper()
	o.Now, o.Ledger = time.Now, 1<<18
	b := &beset{t: t, farm: sitetest.Farm(t, o), log: &lockedBuffer{}}
	site := sitetest.New(t, sitetest.Options{Edit: edit})
	site.Add(b.farm.Cameras()...)
	b.stored = site.Open()
	for _, c := range b.farm.Cameras() {
		b.stored.WatchRows(sitetest.CameraName(c))
	}
	s, err := openServer(t.Context(), site.Config, terminal{out: b.log, err: b.log}, under)
	if err != nil {
		t.Fatal(err)
	}
	b.server = s
	t.Cleanup(b.stop)
	until(t, time.Minute, "all cameras record", func() bool { return b.each(func(s recorder.Snapshot) bool { return s.Kept > 30 }) })
	return b
}

func (b *beset) stop() {
	if b.server != nil {
		if err := b.server.close(); err != nil {
			b.t.Error(err)
		}
		b.server = nil
	}
	if b.t.Failed() {
		b.t.Log(b.log)
	}
}

// each reports whether it is so of every stream.
func (b *beset) each(is func(recorder.Snapshot) bool) bool {
	all := b.recorder.Snapshots()
	return len(all) == len(b.farm.Cameras()) && !slices.ContainsFunc(all, func(s recorder.Snapshot) bool { return !is(s) })
}

func (b *beset) alarmed(kind recorder.AlarmKind) bool {
	return slices.Contains(b.bell.names(), string(kind))
}

// lasts lets the present state last.
func lasts(d time.Duration) {
	t := time.NewTimer(d)
	<-t.C
}

// recovered waits until all is well again, in the process and in the database.
func (b *beset) recovered() {
	b.t.Helper()
	until(b.t, 2*time.Minute, "everything is settled and every alarm is over", func() bool {
		open, err := b.stored.DB.OpenAlarms(b.t.Context())
		return err == nil && len(open) == 0 && len(b.bell.names()) == 0 && b.recorder.Site().Settling == 0 &&
			b.each(func(s recorder.Snapshot) bool { return s.Gap == "" && s.IndexPending == 0 })
	})
}

// nothingLost ends recording and proves that every frame is stored and no gap says otherwise.
func (b *beset) nothingLost() {
	b.t.Helper()
	sitetest.Still(b.t, b.farm.Cameras())
	b.stop()
	for _, c := range b.farm.Cameras() {
		sitetest.Whole(b.t, b.stored, b.farm, c, 0)
		for _, g := range b.stored.Gaps(sitetest.CameraName(c)) {
			if g.Cause != media.GapDiscontinuity && g.Cause != media.GapStopped {
				b.t.Errorf("a gap of cause %s, %s: %s", g.Cause, g.Span, g.Detail)
			}
		}
	}
}

// TestTheDiskStoreFails is TestTheObjectStoreFails of sitetest for the disk store, whose faults are its answers.
func TestTheDiskStoreFails(t *testing.T) {
	t.Parallel()
	var store *objecttest.Faulty
	b := besetSite(t, simcam.Options{Count: 2}, nil, seams{objects: func(o vault.Objects) vault.Objects {
		store = objecttest.NewFaulty(o)
		return store
	}})
	defer sitetest.CutRuns(b.farm.Cameras(), sitetest.Scaled(time.Second, 8*time.Second))()
	for _, f := range []objecttest.Fault{
		{Mode: objecttest.Down}, {Mode: objecttest.DropPuts}, {Mode: objecttest.LoseAnswer}, {Mode: objecttest.Slow, Delay: 300 * time.Millisecond},
	} {
		store.Set(f)
		if f.Mode != objecttest.Slow {
			until(t, time.Minute, string(f.Mode)+" raises the alarm", func() bool { return b.alarmed(recorder.AlarmStore) })
		}
		lasts(sitetest.Scaled(2*time.Second, time.Minute))
		until(t, time.Minute, string(f.Mode)+" makes segments wait", func() bool { return b.recorder.Site().Settling > 0 })
		store.Set(objecttest.Fault{})
		b.recovered()
	}
	b.nothingLost()
}

// TestTheDatabaseRefusesCommits: SQLite's commits fail, then their acknowledgements are lost, then they are slow. Recording goes on,
// and the index learns everything once.
func TestTheDatabaseRefusesCommits(t *testing.T) {
	t.Parallel()
	var refuse, forget, slow atomic.Bool
	commits := &db.Faults{
		BeforeCommit: func(int) error {
			if slow.Load() {
				lasts(500 * time.Millisecond)
			}
			if refuse.Load() {
				return errors.New("database is locked (injected)")
			}
			return nil
		},
		AfterCommit: func(int) error {
			if forget.Load() {
				return errors.New("the acknowledgement was lost (injected)")
			}
			return nil
		},
	}
	b := besetSite(t, simcam.Options{Count: 2}, nil, seams{commits: commits})
	defer sitetest.CutRuns(b.farm.Cameras(), sitetest.Scaled(time.Second, 8*time.Second))()
	for _, fault := range []*atomic.Bool{&refuse, &forget, &slow} {
		fault.Store(true)
		if fault == &refuse {
			until(t, time.Minute, "the alarm is raised", func() bool { return b.alarmed(recorder.AlarmIndex) })
		}
		lasts(sitetest.Scaled(4*time.Second, time.Minute))
		if fault == &refuse {
			until(t, time.Minute, "what the database refused is kept", func() bool {
				return b.each(func(s recorder.Snapshot) bool { return s.IndexPending > 1 })
			})
		}
		fault.Store(false)
		b.recovered()
	}
	b.nothingLost()
}
