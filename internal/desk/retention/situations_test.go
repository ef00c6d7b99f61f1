package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestSituation01FootageExpiresInTwoHours: it is held first, and everything else comes later.
func TestSituation01FootageExpiresInTwoHours(t *testing.T) {
	a := newArchive(t)
	stairs := a.camera("Stairs")
	ids := a.film(stairs, ago(30).Add(2*time.Hour), 10) // in two hours it is thirty days old
	h := a.hold(stairs.Camera.ID, custody.Span{Start: ago(30).Add(2*time.Hour + 150*time.Second), End: ago(30).Add(2*time.Hour + 5*time.Minute)})
	a.look()
	if got := a.read(h.ID); got.Verified == 0 || got.Verified > h.Placed.Add(time.Minute) || got.Objects != 3 || got.LostAll != 0 {
		t.Errorf("within a minute every object was looked at: %+v", got)
	}
	a.site.Advance(3 * time.Hour)
	if done := a.carry(); done.Segments != 7 {
		t.Errorf("%+v", done)
	}
	a.there(ids[2:5]...) // what the hold touches, however little
	a.gone(append(ids[:2:2], ids[5:]...)...)
	a.site.Advance(300 * 24 * time.Hour)
	a.carry()
	a.there(ids[2:5]...)
	a.lift(h.ID)
	a.carry()
	a.gone(ids...)
	if a.entries(custody.EventHoldPlaced) != 1 || a.entries(custody.EventHoldVerified) != 1 || a.entries(custody.EventHoldLifted) != 1 {
		t.Error("the hold's story is not in the log")
	}
}

// TestSituation02FootageExpired: nothing is left, and the tombstone proves it; what lies beside it is held.
func TestSituation02FootageExpired(t *testing.T) {
	a := newArchive(t)
	stairs := a.camera("Stairs")
	ids := a.film(stairs, ago(30).Add(-5*time.Minute), 10)
	a.carry()
	a.gone(ids[:5]...)
	asked := custody.Span{Start: ago(30).Add(-150 * time.Second), End: ago(30).Add(150 * time.Second)}
	h := a.hold(stairs.Camera.ID, asked)
	a.look()
	got := a.read(h.ID)
	if got.LostAll != 1 || len(got.Lost) != 1 || got.Objects != 3 {
		t.Fatalf("%+v", got)
	}
	lost := got.Lost[0]
	if lost.Span != (custody.Span{Start: asked.Start, End: ago(30)}) || !strings.Contains(lost.Cause, "disposed of on 2026-12-15 under the 30-day rule") {
		t.Errorf("%+v", lost)
	}
	proof := must(a.desk.Disposed(t.Context(), a.scope(a.clerk, access.RequestView), stairs.Camera.ID, asked))
	if len(proof) != 1 || proof[0].ID != lost.Disposition || proof[0].Purged == 0 || proof[0].Final != proof[0].At.Add(10*24*time.Hour) {
		t.Errorf("%+v", proof)
	}
	a.site.Advance(24 * time.Hour)
	a.carry()
	a.there(ids[5:8]...)
	a.gone(ids[8:]...)
}

// TestSituation27AllCamerasAllMonth: it is held with one row, cameras that are added later too.
func TestSituation27AllCamerasAllMonth(t *testing.T) {
	a := newArchive(t)
	one, two := a.camera("One"), a.camera("Two")
	ids := append(a.film(one, ago(20), 3), a.film(two, ago(20), 3)...)
	before := a.film(one, ago(29), 2)
	h := a.hold("", custody.Span{Start: ago(21), End: ago(-9)})
	later := a.camera("Added later")
	ids = append(ids, a.film(later, ago(-1), 3)...)
	a.look()
	if got := a.read(h.ID); got.Objects != 9 {
		t.Errorf("%+v", got)
	}
	a.site.Advance(100 * 24 * time.Hour)
	plan := must(a.desk.Plan(t.Context(), a.scope(a.director, access.RetentionView)))
	if len(plan) != 3 {
		t.Fatalf("%+v", plan)
	}
	for _, p := range plan {
		goes := 0
		if p.Effective.Kept.Camera == one.Camera.ID {
			goes = 2
		}
		if p.Goes.Segments != goes || p.Stays.Segments != 3 || len(p.Held) != 1 || p.Held[0].Hold != h.ID {
			t.Errorf("the plan for a camera: %+v", p)
		}
	}
	a.there(before...) // a dry run
	a.carry()
	a.there(ids...)
	a.gone(before...)
}

// TestSituation29AHeldObjectIsDeleted: nobody gets far, and everybody hears of it; with the disk full nothing held goes either.
func TestSituation29AHeldObjectIsDeleted(t *testing.T) {
	a := newArchive(t)
	ctx, stairs := t.Context(), a.camera("Stairs")
	ids := a.film(stairs, ago(40), 6)
	h := a.hold(stairs.Camera.ID, custody.Span{Start: ago(40), End: ago(40).Add(3 * time.Minute)})
	a.look()
	span := custody.Span{Start: ago(40), End: ago(40).Add(time.Minute)}

	admin := a.person("admin", identity.Administrator)
	for _, who := range []access.Actor{admin, a.director, identity.System()} {
		_, err := a.judge.Decide(ctx, who, access.Ask{Action: access.FootageDispose, Camera: stairs.Camera.ID, Span: span, Purpose: "schedule"})
		a.wants(err, custody.Denied, "")
	}
	job := retention.Disposition{ID: custody.NewDispositionID(), Camera: stairs.Camera.ID, Span: span, Segments: 1, Why: retention.OnSchedule,
		Rule: retention.Schedule{AtLeast: 1, AtMost: 1}, At: december, Final: december}
	a.wants(a.db.Dispose(ctx, job, ids[:1]), custody.Conflict, "held")
	a.wants(a.vault.Purge(ctx, ids[0]), custody.Conflict, "still has its key")

	a.room.total, a.room.others = 1000, 950 // 384 bytes too many
	done := must(a.worker.Relieve(ctx))
	if done.Segments != 3 || !strings.Contains(a.alarms.rings(retention.AlarmNothing, ""), "nothing more may be disposed of") {
		t.Errorf("%+v, alarms %v", done, a.alarms.up)
	}
	a.there(ids[:3]...)
	a.gone(ids[3:]...)
	a.room.others = 0
	must(a.worker.Relieve(ctx))
	if len(a.alarms.up) != 0 {
		t.Errorf("alarms %v", a.alarms.up)
	}

	a.must(a.objects.Purge(ctx, string(ids[1]))) // somebody with a shell
	a.site.Advance(25 * time.Hour)
	a.look()
	if says := a.alarms.rings(retention.AlarmUnverified, string(h.ID)); !strings.Contains(says, "1 objects") {
		t.Errorf("alarms %v", a.alarms.up)
	}
	if got := a.read(h.ID); got.Objects != 2 || got.LostAll != 1 || got.Lost[0].Segment != ids[1] {
		t.Errorf("%+v", got)
	}
	a.lift(h.ID)
	a.look()
	if len(a.alarms.up) != 0 {
		t.Errorf("alarms %v", a.alarms.up)
	}
}
