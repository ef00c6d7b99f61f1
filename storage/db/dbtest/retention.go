package dbtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

func destroy(t testing.TB, d *db.DB, x retention.Disposition, ids ...custody.SegmentID) error {
	t.Helper()
	return d.Dispose(t.Context(), x, ids, Event(t, custody.EventFootageDisposed, string(x.ID)))
}

func dispositionRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard"), NewYard(t, d, "Gate")
	ids, others := yard.Minutes(t, d, 8), gate.Minutes(t, d, 2)
	old, err := d.Condemned(ctx, yard.Camera.ID, custody.Span{Start: 1, End: At(330)}, 3)
	must(t, err)
	if len(old) != 3 || old[0].Segment != ids[0] || old[2].Segment != ids[2] || old[0].Camera != yard.Camera.ID || old[0].Bytes != 30<<20 {
		t.Errorf("%+v", old)
	}
	if w, err := d.Weigh(ctx, yard.Camera.ID, custody.Span{Start: At(59), End: At(330)}); err != nil || w != (retention.Weight{Segments: 4, Bytes: 4 * 30 << 20,
		Span: custody.Span{Start: At(60), End: At(300)}}) {
		t.Errorf("%+v %v", w, err)
	}
	before := epochs(t, d)[yard.Camera.ID]
	x := tombstone(yard, 0, 3)
	must(t, destroy(t, d, x, ids[:3]...))
	if epochs(t, d)[yard.Camera.ID] != before+1 {
		t.Error("a disposal leaves the hold epoch")
	}
	for i, id := range ids {
		r, err := d.Segment(ctx, id)
		if err != nil || (len(r.WrappedKey) == 0) != (i < 3) {
			t.Errorf("segment %d: %v, key of %d bytes", i, err, len(r.WrappedKey))
		}
	}
	if tomb, err := d.Tombstone(ctx, ids[1]); err != nil || tomb != (vault.Tombstone{Camera: yard.Camera.ID, At: At(7000), Days: 30}) {
		t.Errorf("%+v %v", tomb, err)
	}
	_, err = d.Tombstone(ctx, ids[4])
	wantKind(t, err, custody.NotFound)
	scope := listing(t, identity.Custodian, access.RetentionView)
	got, err := d.Dispositions(ctx, scope, custody.Span{Start: At(7000), End: At(7001)}, 10)
	if diff := cmp.Diff([]retention.Disposition{x}, got); err != nil || diff != "" {
		t.Error(diff, err)
	}
	for _, s := range []access.Scope{{}, listing(t, identity.Custodian, access.RequestView)} {
		if got, err := d.Dispositions(ctx, s, custody.Span{Start: 0, End: At(9e6)}, 10); err != nil || len(got) != 0 {
			t.Errorf("%v sees %v %v", s.Action(), got, err)
		}
	}
	if got, err := d.Disposed(ctx, yard.Camera.ID, custody.Span{Start: At(179), End: At(900)}, 10); err != nil || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := d.Disposed(ctx, "", custody.Span{Start: At(180), End: At(900)}, 10); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	disposalRefusals(t, d, yard, ids, others)
	purging(t, d, x, ids[:3])
}

// disposalRefusals leave everything as it was.
func disposalRefusals(t *testing.T, d *db.DB, yard *Yard, ids, others []custody.SegmentID) {
	t.Helper()
	h := NewHold(yard.Camera.ID, 430, 431)
	Place(t, d, h)
	size := logSize(t, d)
	wrong := tombstone(yard, 4, 6)
	wrong.Segments = 3
	for name, c := range map[string]struct {
		x    retention.Disposition
		ids  []custody.SegmentID
		kind custody.Kind
	}{
		"held":                   {tombstone(yard, 5, 8), ids[5:8], custody.Conflict},
		"disposed of already":    {tombstone(yard, 2, 4), ids[2:4], custody.Conflict},
		"of another camera":      {tombstone(yard, 0, 2), others, custody.Conflict},
		"outside its span":       {tombstone(yard, 4, 6), ids[3:5], custody.Conflict},
		"nothing":                {tombstone(yard, 4, 4), nil, custody.Invalid},
		"a wrong count":          {wrong, ids[4:6], custody.Invalid},
		"of no camera":           {retention.Disposition{ID: custody.NewDispositionID(), Camera: custody.NewCameraID(), Segments: 1}, ids[4:5], custody.NotFound},
		"for no reason":          {retention.Disposition{ID: custody.NewDispositionID(), Camera: yard.Camera.ID, Span: custody.Span{Start: At(240), End: At(300)}, Segments: 1}, ids[4:5], custody.Invalid},
		"the same segment twice": {tombstone(yard, 4, 6), []custody.SegmentID{ids[4], ids[4]}, custody.Conflict},
	} {
		if err := destroy(t, d, c.x, c.ids...); custody.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
	if n := logSize(t, d); n != size {
		t.Errorf("%d entries of what was refused", n-size)
	}
	for _, id := range ids[3:] {
		if r, err := d.Segment(t.Context(), id); err != nil || len(r.WrappedKey) == 0 {
			t.Errorf("%s lost its key: %v", id, err)
		}
	}
}

func purging(t *testing.T, d *db.DB, x retention.Disposition, ids []custody.SegmentID) {
	t.Helper()
	ctx := t.Context()
	left := func(before float64, want int) []retention.Leftover {
		t.Helper()
		ls, err := d.Unpurged(ctx, At(before), 10)
		if err != nil || len(ls) != want {
			t.Errorf("%d are left, want %d: %v", len(ls), want, err)
		}
		return ls
	}
	for _, l := range left(0, 3) {
		if l.Disposition != x.ID || l.Camera != x.Camera {
			t.Errorf("%+v", l)
		}
	}
	must(t, d.Tried(ctx, At(7100), ids[:1]))
	left(7100, 2)
	left(7101, 3)
	size := logSize(t, d)
	done := func() error {
		return d.Purged(ctx, x.ID, At(7200), ids[1:], Event(t, custody.EventFootagePurged, string(x.ID)))
	}
	must(t, done())
	must(t, done())
	left(9e6, 1)
	if n := logSize(t, d); n != size {
		t.Error("a disposition is done before its last object is gone")
	}
	must(t, d.Purged(ctx, x.ID, At(7300), ids[:1], Event(t, custody.EventFootagePurged, string(x.ID))))
	must(t, done())
	left(9e6, 0)
	if n := logSize(t, d); n != size+1 {
		t.Errorf("%d entries, want one", n-size)
	}
	all, err := d.Disposed(ctx, x.Camera, x.Span, 10)
	if err != nil || len(all) != 1 || all[0].Purged != At(7300) {
		t.Errorf("%+v %v", all, err)
	}
}

// fillHolds stores something in every table of holds and disposal.
func fillHolds(t testing.TB, d *db.DB) {
	t.Helper()
	ctx, y := t.Context(), NewYard(t, d, "Stairs")
	ids := y.Minutes(t, d, 4)
	x := tombstone(y, 0, 2)
	must(t, destroy(t, d, x, ids[:2]...))
	h := Place(t, d, NewHold(y.Camera.ID, 60, 240))
	must(t, d.FinishSurvey(ctx, retention.Survey{Hold: h.ID, Began: At(5100), From: h.Span.Start, Seen: 2}, []retention.Loss{{Camera: y.Camera.ID,
		Span: custody.Span{Start: At(60), End: At(120)}, Disposition: x.ID, Cause: "disposed of"}}))
	must(t, d.KeepSurvey(ctx, retention.Survey{Hold: h.ID, Began: At(5200), From: h.Span.Start}))
	_, err := d.PutSchedule(ctx, retention.Schedule{AtLeast: 10, AtMost: 20}, Event(t, custody.EventScheduleChanged, "site"))
	must(t, err)
}

// holdActs are the changes of holds, schedules and footage, and which of them the rules may judge differently after.
func holdActs(t *testing.T, d *db.DB, y *Yard) []act {
	ctx := t.Context()
	h := NewHold(y.Camera.ID, 1e6, 1e6+60)
	held := retention.Held{Hold: h, Version: 1}
	r := y.Segment(7, custody.Span{Start: At(420), End: At(480)})
	return []act{
		{"PlaceHold", true, func() error { return d.PlaceHold(ctx, h) }},
		{"KeepSurvey", false, func() error { return d.KeepSurvey(ctx, retention.Survey{Hold: h.ID}) }},
		{"FinishSurvey", false, func() error { return d.FinishSurvey(ctx, retention.Survey{Hold: h.ID}, nil) }},
		{"ChangeHold", true, func() (err error) {
			held.Lifted = At(9)
			held, err = d.ChangeHold(ctx, held)
			return err
		}},
		{"SetUnlocked", false, func() error { return d.SetUnlocked(ctx, h.ID, At(10)) }},
		{"PutSchedule", true, func() error { _, err := d.PutSchedule(ctx, retention.Schedule{AtLeast: 1, AtMost: 2}); return err }},
		{"PutSchedule again", true, func() error {
			_, err := d.PutSchedule(ctx, retention.Schedule{AtLeast: 1, AtMost: 3, Version: 1})
			return err
		}},
		{"Dispose", false, func() error {
			if err := Commit(ctx, t, d, r); err != nil {
				return err
			}
			return d.Dispose(ctx, tombstone(y, 7, 8), []custody.SegmentID{r.ID})
		}},
	}
}
