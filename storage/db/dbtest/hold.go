package dbtest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// NewHold makes a hold of the camera, or of the whole site, from one second to another.
func NewHold(camera custody.CameraID, from, to float64) custody.Hold {
	return custody.Hold{ID: custody.NewHoldID(), Camera: camera, Span: custody.Span{Start: At(from), End: At(to)}, Reason: "a fall on the stairs",
		By: "operator", Placed: At(5000), Review: At(9000)}
}

// Place stores the hold with its event.
func Place(t testing.TB, d *db.DB, h custody.Hold) retention.Held {
	t.Helper()
	ev, err := h.PlacedEvent()
	must(t, err)
	must(t, d.PlaceHold(t.Context(), h, ev))
	return retention.Held{Hold: h, Version: 1}
}

// Minutes stores n segments of a minute each, from the yard's first second on.
func (y *Yard) Minutes(t testing.TB, d *db.DB, n int) []custody.SegmentID {
	t.Helper()
	var ids []custody.SegmentID
	for i := range n {
		r := y.Segment(uint32(i), custody.Span{Start: At(float64(i * 60)), End: At(float64(i*60 + 60))})
		must(t, Commit(t.Context(), t, d, r))
		ids = append(ids, r.ID)
	}
	return ids
}

// listing is a Scope by the real judge for somebody of that role.
func listing(t testing.TB, role identity.Role, action access.Action) access.Scope {
	t.Helper()
	site := accesstest.New(At(0))
	s, err := site.Judge().Scope(t.Context(), site.Person(t, role), action)
	must(t, err)
	return s
}

func holdRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard"), NewYard(t, d, "Gate")
	ann, bob := NewStaff(t, d, "ann", identity.Custodian), NewStaff(t, d, "bob", identity.Preparer)
	one, all := Place(t, d, NewHold(yard.Camera.ID, 60, 120)), NewHold("", 600, 1e7)
	all.Placed = At(5001)
	whole := Place(t, d, all)
	for _, h := range []retention.Held{one, whole} {
		got, err := d.Hold(ctx, h.ID)
		must(t, err)
		if diff := cmp.Diff(h, got); diff != "" {
			t.Error(diff)
		}
	}
	bad := NewHold("", 60, 60)
	wantKind(t, d.PlaceHold(ctx, bad), custody.Invalid)
	wantKind(t, d.PlaceHold(ctx, NewHold(custody.NewCameraID(), 1, 2)), custody.NotFound)
	orphan := NewHold("", 1, 2)
	orphan.Request = custody.NewRequestID()
	wantKind(t, d.PlaceHold(ctx, orphan), custody.NotFound)
	wantKind(t, d.PlaceHold(ctx, one.Hold), custody.Exists)
	if got := epochs(t, d); got[yard.Camera.ID] != 2 || got[gate.Camera.ID] != 1 {
		t.Errorf("hold epochs %v: each hold raises those of the cameras that it covers, and no refused one does", got)
	}
	wantHolds(t, d, yard.Camera.ID, one.ID, whole.ID)
	wantHolds(t, d, gate.Camera.ID, whole.ID)
	later := NewYard(t, d, "Added later")
	wantHolds(t, d, later.Camera.ID, whole.ID)
	scope := listing(t, identity.Preparer, access.RequestView)
	hs, err := d.Holds(ctx, scope, "", true, 10)
	if err != nil || len(hs) != 2 || hs[0].ID != whole.ID {
		t.Errorf("%+v %v", hs, err)
	}
	for name, s := range map[string]access.Scope{"nobody": {}, "of schedules": listing(t, identity.Preparer, access.RetentionView)} {
		if hs, err := d.Holds(ctx, s, "", false, 10); err != nil || len(hs) != 0 {
			t.Errorf("%s sees %v %v", name, hs, err)
		}
	}
	lift(t, d, one, ann.ID, bob.ID)
	wantHolds(t, d, yard.Camera.ID, whole.ID)
	if hs, err = d.Holds(ctx, scope, "", true, 10); err != nil || len(hs) != 1 {
		t.Errorf("%+v %v", hs, err)
	}
	if hs, err = d.Holds(ctx, scope, "", false, 10); err != nil || len(hs) != 2 {
		t.Errorf("%+v %v", hs, err)
	}
}

// lift ends a hold by two people, and is refused every other way.
func lift(t *testing.T, d *db.DB, h retention.Held, by, second custody.StaffID) {
	t.Helper()
	ctx := t.Context()
	h.LiftBy, h.LiftWhy = by, "the matter is closed"
	proposed, err := d.ChangeHold(ctx, h, Event(t, custody.EventHoldLiftProposed, string(h.ID)))
	must(t, err)
	_, err = d.ChangeHold(ctx, h)
	wantKind(t, err, custody.Conflict) // another version
	deputy := delegations(t, d, by, string(second), 5000)
	if m, err := d.Facts().Matter(ctx, string(h.ID)); err != nil || !m.Open || m.Proposer != by || !slices.Equal(m.Deputy, deputy) {
		t.Errorf("the rules see %+v %v", m, err)
	}
	proposed.Lifted, proposed.Confirmed = At(6000), by
	_, err = d.ChangeHold(ctx, proposed)
	wantKind(t, err, custody.Denied) // the same person
	proposed.Confirmed = second
	lifted, err := d.ChangeHold(ctx, proposed, Event(t, custody.EventHoldLifted, string(h.ID)))
	must(t, err)
	_, err = d.ChangeHold(ctx, lifted)
	wantKind(t, err, custody.Conflict) // once
	if m, err := d.Facts().Matter(ctx, string(h.ID)); err != nil || m.Open {
		t.Errorf("the rules see %+v %v", m, err)
	}
	none := h
	none.ID = custody.NewHoldID()
	_, err = d.ChangeHold(ctx, none)
	wantKind(t, err, custody.NotFound)
}

func epochs(t *testing.T, d *db.DB) map[custody.CameraID]int64 {
	t.Helper()
	cams, err := d.Cameras(t.Context())
	must(t, err)
	out := map[custody.CameraID]int64{}
	for _, c := range cams {
		out[c.ID] = c.HoldEpoch
	}
	return out
}

func wantHolds(t *testing.T, d *db.DB, camera custody.CameraID, want ...custody.HoldID) {
	t.Helper()
	hs, err := d.StandingOn(t.Context(), camera)
	must(t, err)
	var got []custody.HoldID
	for _, h := range hs {
		got = append(got, h.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s is held by %v, want %v", camera, got, want)
	}
}

// keeping is what the judge is told.
func keeping(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard := NewYard(t, d, "Yard")
	span := custody.Span{Start: At(100), End: At(200)}
	want := func(least int, held ...custody.Span) {
		t.Helper()
		k, err := d.Facts().Keeping(ctx, yard.Camera.ID, span)
		must(t, err)
		slices.SortFunc(k.Held, func(a, b custody.Span) int { return int(a.Start - b.Start) })
		if k.AtLeast != time.Duration(least)*24*time.Hour || !slices.Equal(k.Held, held) {
			t.Errorf("%+v, want %d days and %v", k, least, held)
		}
	}
	want(retention.DefaultAtLeast)
	Place(t, d, NewHold(yard.Camera.ID, 50, 100)) // touches it
	Place(t, d, NewHold(yard.Camera.ID, 200, 300))
	Place(t, d, NewHold(yard.Camera.ID, 50, 101))
	Place(t, d, NewHold("", 199, 1e9))
	want(14, custody.Span{Start: At(100), End: At(101)}, custody.Span{Start: At(199), End: At(200)})
	put := func(s retention.Schedule) retention.Schedule {
		t.Helper()
		s, err := d.PutSchedule(ctx, s, Event(t, custody.EventScheduleChanged, "s"))
		must(t, err)
		return s
	}
	span = custody.Span{Start: At(110), End: At(120)}
	put(retention.Schedule{AtLeast: 20, AtMost: 40})
	want(20)
	put(retention.Schedule{Class: access.PublicArea, AtLeast: 10, AtMost: 40})
	put(retention.Schedule{Class: access.StaffArea, AtLeast: 3, AtMost: 40})
	want(10)
	cam := yard.Camera
	cam.RetentionDays = 7
	must(t, d.UpdateCamera(ctx, cam, Event(t, custody.EventCameraChanged, "c")))
	want(7)
	s := put(retention.Schedule{Camera: cam.ID, AtLeast: 9, AtMost: 9})
	want(9)
	if s.Version != 1 {
		t.Errorf("version %d", s.Version)
	}
	s.AtLeast = 5
	stale := s
	if s = put(s); s.Version != 2 {
		t.Errorf("version %d", s.Version)
	}
	want(5)
	for _, bad := range []retention.Schedule{stale, {Camera: cam.ID, AtLeast: 1, AtMost: 2}, {Class: access.LibraryRecord, AtLeast: 1, AtMost: 2, Version: 1}} {
		_, err := d.PutSchedule(ctx, bad)
		wantKind(t, err, custody.Conflict)
	}
	scheduleRefusals(t, d)
	_, err := d.Facts().Keeping(ctx, custody.NewCameraID(), span)
	wantKind(t, err, custody.NotFound)
}

func scheduleRefusals(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := t.Context()
	_, err := d.PutSchedule(ctx, retention.Schedule{Class: access.LibraryRecord, AtLeast: 3, AtMost: 2})
	wantKind(t, err, custody.Invalid)
	_, err = d.PutSchedule(ctx, retention.Schedule{Camera: custody.NewCameraID(), AtLeast: 1, AtMost: 2})
	wantKind(t, err, custody.NotFound)
	all, err := d.Schedules(ctx)
	if err != nil || len(all) != 4 {
		t.Errorf("%+v %v", all, err)
	}
}

// surveyed is a hold that is looked at.
type surveyed struct {
	*testing.T
	d *db.DB
	h retention.Held
}

// due fails unless exactly those holds are due.
func (s surveyed) due(old, lately float64, want ...custody.HoldID) {
	s.Helper()
	hs, err := s.d.Unlooked(s.Context(), At(old), At(lately), time.Minute, 10)
	must(s, err)
	var got []custody.HoldID
	for _, h := range hs {
		got = append(got, h.ID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("due are %v, want %v", got, want)
	}
}

// covers fails unless exactly those segments are still to be looked at.
func (s surveyed) covers(x retention.Survey, want []custody.SegmentID) {
	s.Helper()
	cs, err := s.d.HeldSegments(s.Context(), s.h.Hold, x.From, x.Stream, x.Start, 10)
	must(s, err)
	var got []custody.SegmentID
	for _, c := range cs {
		got = append(got, c.Segment)
	}
	if !slices.Equal(got, want) {
		s.Errorf("still to come are %v, want %v", got, want)
	}
}

// surveys follow a look at what a hold covers.
func surveys(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard"), NewYard(t, d, "Gate")
	mine := yard.Minutes(t, d, 10)
	gate.Minutes(t, d, 3)
	h := Place(t, d, NewHold(yard.Camera.ID, 90, 300)) // of minutes 1 to 4
	look := surveyed{t, d, h}
	look.due(0, 0, h.ID)
	s := retention.Survey{Hold: h.ID, Began: At(5100), From: h.Span.Start}
	look.covers(s, mine[1:5])
	_, err := d.SurveyOf(ctx, h.ID)
	wantKind(t, err, custody.NotFound)
	s.Stream, s.Start, s.Seen, s.Missing = yard.Stream(), At(120), 1, 1
	for range 2 {
		must(t, d.KeepSurvey(ctx, s))
		if got, err := d.SurveyOf(ctx, h.ID); err != nil || got != s {
			t.Errorf("%+v %v", got, err)
		}
	}
	look.covers(s, mine[3:5])
	gone := retention.Loss{Camera: yard.Camera.ID, Span: custody.Span{Start: At(120), End: At(180)}, Segment: mine[2], Cause: "it is not there"}
	size := logSize(t, d)
	for range 2 {
		must(t, d.NoteLosses(ctx, h.ID, []retention.Loss{gone}, Event(t, custody.EventHoldVerified, "v")))
	}
	if n := logSize(t, d); n != size+1 {
		t.Errorf("%d entries, want one more than %d", n, size)
	}
	must(t, d.FinishSurvey(ctx, s, []retention.Loss{gone}, Event(t, custody.EventHoldVerified, "v")))
	got, err := d.Hold(ctx, h.ID)
	must(t, err)
	want := h
	want.Verified, want.Surveyed, want.Objects, want.LostAll, want.Lost = At(5100), At(5100), 1, 1, []retention.Loss{gone}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	look.due(5100, 6000) // its end lies long before it was looked at
	look.due(5101, 6000, h.ID)
	look.futureHold()
}

// futureHold is looked at as long as footage may be sealed under it.
func (s surveyed) futureHold() {
	s.Helper()
	d, ctx, future := s.d, s.Context(), Place(s, s.d, NewHold("", 5000, 5060))
	s.due(0, 0, future.ID)
	must(s, d.FinishSurvey(ctx, retention.Survey{Hold: future.ID, Began: At(5010), From: At(5000)}, nil))
	s.due(0, 5010)
	s.due(0, 5011, future.ID)
	must(s, d.FinishSurvey(ctx, retention.Survey{Hold: future.ID, Began: At(5120), From: At(5001), Seen: 9}, nil))
	s.due(0, 9999) // a minute after its end
	if got, err := d.Hold(ctx, future.ID); err != nil || got.Verified != At(5120) || got.Surveyed != At(5010) || got.Objects != 0 {
		s.Errorf("a look at a part counts as one at all: %+v %v", got, err)
	}
	wantKind(s, d.FinishSurvey(ctx, retention.Survey{Hold: custody.NewHoldID()}, nil), custody.NotFound)
}

func logSize(t *testing.T, d *db.DB) uint64 {
	t.Helper()
	h, err := d.Head(t.Context())
	must(t, err)
	return h.Size
}

// holdsAgainstDisposal lets 50 people place holds and dispose on one camera, from two processes. Whatever the order: what a hold covers when it is
// committed has its key from then on.
func holdsAgainstDisposal(t *testing.T, c db.Config) {
	a, b := Open(t, c), Open(t, c)
	ctx, yard := t.Context(), NewYard(t, a, "Yard")
	const minutes, people = 100, 50
	ids := yard.Minutes(t, a, minutes)
	var mu sync.Mutex
	var held []custody.Span // by holds that were committed, with what had its key right after
	survived := map[custody.SegmentID]bool{}
	disposed := 0
	together(t, people, func(w int) error {
		d := []*db.DB{a, b}[w%2]
		if w%5 == 0 {
			h := NewHold(yard.Camera.ID, float64(w*120)+30, float64(w*120)+90) // parts of two minutes
			if w%10 == 0 {
				h.Camera = ""
			}
			ev, err := h.PlacedEvent()
			if err == nil {
				err = d.PlaceHold(ctx, h, ev)
			}
			if err != nil {
				return err
			}
			alive, err := d.HeldSegments(ctx, h, h.Span.Start, "", 0, 10)
			mu.Lock()
			defer mu.Unlock()
			held = append(held, h.Span)
			for _, s := range alive {
				survived[s.Segment] = true
			}
			return err
		}
		for i := range 4 { // two minutes at a time, several people at each
			n := (w*7 + i*25) % (minutes - 1)
			x := tombstone(yard, n, n+2)
			err := d.Dispose(ctx, x, ids[n:n+2], Event(t, custody.EventFootageDisposed, string(x.ID)))
			if err != nil && custody.KindOf(err) != custody.Conflict {
				return fmt.Errorf("minute %d: %w", n, err)
			}
			if err == nil {
				mu.Lock()
				disposed++
				mu.Unlock()
			}
		}
		return nil
	})
	for id := range survived {
		if r, err := a.Segment(ctx, id); err != nil || len(r.WrappedKey) == 0 {
			t.Errorf("%s was disposed of under a hold (%v)", id, err)
		}
	}
	if len(survived) == 0 || disposed == 0 || len(held) != people/5 {
		t.Errorf("%d survived, %d disposals, %d holds: the race proves nothing", len(survived), disposed, len(held))
	}
}

// tombstone is of the yard's minutes from and before to.
func tombstone(y *Yard, from, to int) retention.Disposition {
	return retention.Disposition{ID: custody.NewDispositionID(), Camera: y.Camera.ID, Span: custody.Span{Start: At(float64(from * 60)), End: At(float64(to * 60))},
		Segments: to - from, Bytes: int64(to-from) * 30 << 20, Why: retention.OnSchedule, Rule: retention.Schedule{AtLeast: 14, AtMost: 30},
		At: At(7000), Final: At(9000)}
}
