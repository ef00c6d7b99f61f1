package retention_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/s3"
)

// TestTheDiskIsFull: the oldest goes first, whichever camera it is of, nothing that must be kept, and no more than is needed.
func TestTheDiskIsFull(t *testing.T) {
	a := newArchive(t)
	one, two := a.camera("One"), a.camera("Two")
	must(a.desk.PutSchedule(t.Context(), a.may(a.director, access.RetentionManage, ""), retention.Schedule{AtLeast: 5, AtMost: 30}))
	second, first := a.film(one, ago(20), 100), a.film(two, ago(21), 100)
	young := a.film(two, ago(4), 50)
	a.room.total = 400 * objectSize // of 250 that are used; 20 count as full, 25 as room enough
	a.room.others = 135 * objectSize
	done := must(a.worker.Relieve(t.Context()))
	if done.Segments != 64 {
		t.Errorf("%+v", done)
	}
	a.gone(first[:64]...)
	a.there(first[64:]...)
	a.there(second...)
	a.room.others = 400 * objectSize
	done = must(a.worker.Relieve(t.Context()))
	if done.Segments != 136 || a.alarms.rings(retention.AlarmNothing, "") == "" {
		t.Errorf("%+v, alarms %v", done, a.alarms.up)
	}
	a.there(young...)
	ds := must(a.desk.Dispositions(t.Context(), a.scope(a.director, access.RetentionView), custody.Span{Start: 1, End: december.Add(time.Hour)}, 100))
	for _, d := range ds {
		if d.Why != retention.DiskFull || d.Rule.AtLeast != 5 || d.Purged == 0 {
			t.Errorf("%+v", d)
		}
	}
	c := must(a.desk.Certificate(t.Context(), a.scope(a.director, access.RetentionView), custody.Span{Start: december, End: december.Add(time.Hour)}))
	if c.Segments != 200 || c.Bytes != 200*objectSize || c.Unpurged != 0 || c.Cut || c.Final < december.Add(10*24*time.Hour) || len(c.Dispositions) != len(ds) {
		t.Errorf("%+v", c)
	}
}

// TestTheDiskWillBeFull is told 72 hours ahead, and not while enough may still be disposed of.
func TestTheDiskWillBeFull(t *testing.T) {
	a := newArchive(t)
	one := a.camera("One")
	a.film(one, ago(0.9), 100) // a day's; three days will bring three hundred
	a.room.total = 1000 * objectSize
	for _, c := range []struct {
		others int64
		rings  bool
	}{{0, false}, {540, false}, {560, true}, {600, true}, {0, false}} {
		a.room.others = c.others * objectSize
		a.must(a.worker.Foretell(t.Context()))
		if (a.alarms.rings(retention.AlarmFilling, "") != "") != c.rings {
			t.Errorf("with %d of others: %v", c.others, a.alarms.up)
		}
	}
	a.film(one, ago(20), 50) // which may go
	a.room.others = 550 * objectSize
	a.must(a.worker.Foretell(t.Context()))
	if len(a.alarms.up) != 0 {
		t.Errorf("alarms %v", a.alarms.up)
	}
	h := a.hold("", custody.Span{Start: ago(30), End: ago(10)})
	a.must(a.worker.Foretell(t.Context()))
	if a.alarms.rings(retention.AlarmFilling, "") == "" {
		t.Error("what is held does not go")
	}
	a.lift(h.ID)
	a.room.total = 0 // a store without bounds
	a.must(a.worker.Foretell(t.Context()))
	if done := must(a.worker.Relieve(t.Context())); done.Segments != 0 {
		t.Errorf("%+v", done)
	}
}

// blinking is a vault that does not answer about every object.
type blinking struct {
	retention.Strongroom
	asked, fails atomic.Int64
}

func (b *blinking) Present(ctx context.Context, id custody.SegmentID) error {
	if b.asked.Add(1) > b.fails.Load() && b.fails.Load() > 0 {
		return custody.Errorf(custody.Unavailable, "the object store is down")
	}
	return b.Strongroom.Present(ctx, id)
}

// TestALookGoesOn: a look that breaks off raises an alarm and goes on behind the last page, after a restart too. What is sealed later is looked at
// without looking at all again.
func TestALookGoesOn(t *testing.T) {
	a := newArchive(t)
	one := a.camera("One")
	a.film(one, ago(20), 600)
	h := a.hold("", custody.Span{Start: ago(21), End: ago(-9)})
	v := &blinking{Strongroom: a.vault}
	v.fails.Store(300)
	w := a.newWorker(a.db, v)
	a.wants(w.LookAfter(t.Context()), custody.Unavailable, "down")
	if !strings.Contains(a.alarms.rings(retention.AlarmUnverified, string(h.ID)), "could not be looked at") || a.read(h.ID).Verified != 0 {
		t.Errorf("alarms %v", a.alarms.up)
	}
	v.fails.Store(0)
	v.asked.Store(0)
	a.must(a.newWorker(a.db, v).LookAfter(t.Context()))
	if got := a.read(h.ID); got.Objects != 600 || v.asked.Load() != 600-256 || len(a.alarms.up) != 0 {
		t.Errorf("%+v after %d were looked at; alarms %v", got, v.asked.Load(), a.alarms.up)
	}
	v.asked.Store(0)
	a.film(one, a.site.Now(), 2)
	a.site.Advance(2 * time.Minute)
	a.must(w.LookAfter(t.Context()))
	if n := v.asked.Load(); n != 2 {
		t.Errorf("%d were looked at, want the two that are new", n)
	}
	a.must(w.LookAfter(t.Context()))
	if n := v.asked.Load(); n != 2 {
		t.Errorf("%d were looked at, want none so soon", n)
	}
	a.site.Advance(24 * time.Hour)
	a.must(w.LookAfter(t.Context()))
	if got := a.read(h.ID); got.Objects != 602 || v.asked.Load() < 604 {
		t.Errorf("%+v after %d were looked at: every day all are", got, v.asked.Load())
	}
}

// TestALockedObjectStays: what the bucket holds under its own lock is disposed of only in name; it raises an alarm, stays listed and goes when
// the lock is off - with all its versions.
func TestALockedObjectStays(t *testing.T) {
	gw := objecttest.StartGateway(t)
	root := s3.Credentials{AccessKey: gw.AccessKey, SecretKey: gw.SecretKey}
	store := must(s3.New(s3.Config{Endpoint: gw.Endpoint, Region: gw.Region, Bucket: "locked", PathStyle: true, PutCredentials: root, DisposeCredentials: root}))
	if err := store.EnsureBucket(t.Context(), s3.Bucket{Versioning: true, ObjectLock: true}); err != nil {
		t.Fatal(err)
	}
	a := archiveOver(t, store, dbtest.SQLite(t), nil)
	one := a.camera("One")
	ids := a.film(one, ago(40), 3)
	h := a.hold(one.Camera.ID, custody.Span{Start: ago(40), End: ago(40).Add(time.Minute)})
	a.look()
	if l := must(store.LockOf(t.Context(), string(ids[0]))); !l.Held {
		t.Error("the object is not under a legal hold")
	}
	if l := must(store.LockOf(t.Context(), string(ids[1]))); l.Held {
		t.Error("the object beside it is under a legal hold")
	}
	a.must(store.LegalHold(t.Context(), string(ids[1]), true)) // somebody else's
	_, err := a.worker.Carry(t.Context())
	a.wants(err, custody.Denied, "")
	if !strings.Contains(a.alarms.rings(retention.AlarmUnpurged, ""), "1 objects") {
		t.Errorf("alarms %v", a.alarms.up)
	}
	a.there(ids[0])
	a.gone(ids[2])
	a.must(store.LegalHold(t.Context(), string(ids[1]), false))
	a.must(a.worker.Purge(t.Context())) // too soon
	if a.alarms.rings(retention.AlarmUnpurged, "") == "" {
		t.Error("the alarm ended before the object was gone")
	}
	a.site.Advance(11 * time.Minute)
	a.must(a.worker.Purge(t.Context()))
	a.gone(ids[1:]...)
	if len(a.alarms.up) != 0 {
		t.Errorf("alarms %v", a.alarms.up)
	}
	other := a.hold("", custody.Span{Start: ago(41), End: ago(40).Add(30 * time.Second)})
	a.lift(h.ID)
	a.look()
	if l := must(store.LockOf(t.Context(), string(ids[0]))); !l.Held {
		t.Error("another hold stands, and the lock is off")
	}
	a.lift(other.ID)
	a.look()
	if l := must(store.LockOf(t.Context(), string(ids[0]))); l.Held {
		t.Error("no hold stands, and the lock is on")
	}
	a.carry()
	a.gone(ids...)
	for st, err := range store.List(t.Context()) {
		t.Errorf("%+v %v is left", st, err)
	}
}

// TestTheWorkerWorks by itself: started, woken and stopped.
func TestTheWorkerWorks(t *testing.T) {
	a := newArchive(t)
	one := a.camera("One")
	ids := a.film(one, ago(40), 3)
	a.must(a.worker.Start(t.Context()))
	h := a.hold(one.Camera.ID, custody.Span{Start: ago(40), End: ago(40).Add(time.Second)})
	deadline := time.After(30 * time.Second)
	for a.read(h.ID).Verified == 0 {
		select {
		case <-deadline:
			t.Fatal("nobody looked at the hold")
		case <-time.After(10 * time.Millisecond):
		}
	}
	a.worker.Stop()
	a.worker.Stop()
	a.carry()
	if row := must(a.db.Segment(t.Context(), ids[2])); len(row.WrappedKey) != 0 {
		t.Error("nothing was disposed of")
	}
}

// TestEffectiveSchedules: the most particular counts.
func TestEffectiveSchedules(t *testing.T) {
	cam := custody.NewCameraID()
	site, class := retention.Schedule{AtLeast: 10, AtMost: 20}, retention.Schedule{Class: access.StaffArea, AtLeast: 3, AtMost: 60}
	own := retention.Schedule{Camera: cam, AtLeast: 1, AtMost: 2}
	other := retention.Schedule{Camera: custody.NewCameraID(), AtLeast: 99, AtMost: 99}
	for name, c := range map[string]struct {
		all         []retention.Schedule
		kept        retention.Kept
		least, most int
	}{
		"nothing":                     {nil, retention.Kept{Camera: cam, Class: access.PublicArea}, 14, 30},
		"the site's":                  {[]retention.Schedule{other, class, site}, retention.Kept{Camera: cam, Class: access.PublicArea}, 10, 20},
		"the class's":                 {[]retention.Schedule{other, class, site}, retention.Kept{Camera: cam, Class: access.StaffArea}, 3, 60},
		"the registry's":              {[]retention.Schedule{class, site}, retention.Kept{Camera: cam, Class: access.StaffArea, Days: 90}, 3, 90},
		"the registry's, and shorter": {[]retention.Schedule{class, site}, retention.Kept{Camera: cam, Class: access.PublicArea, Days: 7}, 7, 7},
		"the camera's own":            {[]retention.Schedule{class, own, site}, retention.Kept{Camera: cam, Class: access.StaffArea, Days: 7}, 1, 2},
	} {
		if got := retention.EffectiveFor(c.all, c.kept); got.AtLeast != c.least || got.AtMost != c.most {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestOverlappingHolds: each stands alone. Random holds, lifted in a random order; what survives is what a naive count says.
func TestOverlappingHolds(t *testing.T) {
	a := newArchive(t)
	rnd := rand.New(rand.NewPCG(4, 2))
	one := a.camera("One")
	const minutes = 60
	ids := a.film(one, ago(40), minutes)
	covers := func(s custody.Span, m int) bool {
		return s.Overlaps(custody.Span{Start: ago(40).Add(time.Duration(m) * time.Minute), End: ago(40).Add(time.Duration(m+1) * time.Minute)})
	}
	var holds []retention.Held
	for i := range 8 {
		from := ago(40).Add(time.Duration(rnd.IntN(minutes*60)) * time.Second)
		camera := one.Camera.ID
		if i%4 == 0 {
			camera = ""
		}
		holds = append(holds, a.hold(camera, custody.Span{Start: from, End: from.Add(time.Duration(1+rnd.IntN(600)) * time.Second)}))
	}
	rnd.Shuffle(len(holds), func(i, j int) { holds[i], holds[j] = holds[j], holds[i] })
	for n := len(holds); n >= 0; n-- {
		a.carry()
		for m, id := range ids {
			held := slices.ContainsFunc(holds[:n], func(h retention.Held) bool { return covers(h.Span, m) })
			if held {
				a.there(id)
			} else {
				a.gone(id)
			}
		}
		if n > 0 {
			a.lift(holds[n-1].ID)
		}
	}
}
