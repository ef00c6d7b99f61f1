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

// TestAHoldEndsByTwoPeople: the custodian proposes, another person confirms; nobody does both, nobody else does either, and neither with a decision
// about something else.
func TestAHoldEndsByTwoPeople(t *testing.T) {
	a := newArchive(t)
	ctx, cam := t.Context(), a.camera("Stairs").Camera.ID
	h, other := a.hold(cam, custody.Span{Start: ago(3), End: ago(2)}), a.hold("", custody.Span{Start: ago(3), End: ago(2)})
	id := string(h.ID)
	_, err := a.desk.Confirm(ctx, a.may(a.deputy, access.HoldConfirm, id), h.ID)
	a.wants(err, custody.Conflict, "nobody proposed")
	_, err = a.ask(a.clerk, access.HoldLift, id)
	a.wants(err, custody.Denied, "")
	_, err = a.desk.ProposeLift(ctx, a.may(a.director, access.HoldLift, string(other.ID)), h.ID, "over")
	a.wants(err, custody.Denied, "something else")
	_, err = a.desk.ProposeLift(ctx, a.may(a.clerk, access.HoldPlace, id), h.ID, "over")
	a.wants(err, custody.Denied, "hold.lift")
	for _, why := range []string{"", " \n", strings.Repeat("x", 501), "a\x00b", "\xff"} {
		_, err = a.desk.ProposeLift(ctx, a.may(a.director, access.HoldLift, id), h.ID, why)
		a.wants(err, custody.Invalid, "why")
	}
	proposed := must(a.desk.ProposeLift(ctx, a.may(a.director, access.HoldLift, id), h.ID, "over"))
	if !proposed.Standing() || proposed.LiftBy != a.director.Staff() {
		t.Errorf("%+v", proposed)
	}
	_, err = a.desk.ProposeLift(ctx, a.may(a.director, access.HoldLift, id), h.ID, "again")
	a.wants(err, custody.Conflict, "already")
	_, err = a.ask(a.director, access.HoldConfirm, id)
	a.wants(err, custody.Denied, "yourself")
	early := a.may(a.deputy, access.HoldConfirm, id)
	reviewed := must(a.desk.Review(ctx, a.may(a.clerk, access.HoldPlace, id), h.ID, a.site.Now().Add(24*time.Hour)))
	if reviewed.LiftBy != "" || reviewed.Reviewed == 0 {
		t.Errorf("a review keeps the hold: %+v", reviewed)
	}
	_, err = a.desk.Confirm(ctx, early, h.ID)
	a.wants(err, custody.Conflict, "nobody proposed")
	a.lift(h.ID)
	for _, err := range []error{
		func() error { _, err := a.desk.Confirm(ctx, a.may(a.deputy, access.HoldConfirm, id), h.ID); return err }(),
		func() error {
			_, err := a.desk.ProposeLift(ctx, a.may(a.director, access.HoldLift, id), h.ID, "again")
			return err
		}(),
		func() error {
			_, err := a.desk.Review(ctx, a.may(a.clerk, access.HoldPlace, id), h.ID, a.site.Now()+1e9)
			return err
		}(),
	} {
		a.wants(err, custody.Conflict, "lifted")
	}
	standing := must(a.desk.Holds(ctx, a.scope(a.clerk, access.RequestView), "", true))
	if len(standing) != 1 || standing[0].ID != other.ID {
		t.Errorf("%+v", standing)
	}
}

// TestAHoldIsPlacedUnderADecision about it, with fields that mean something.
func TestAHoldIsPlacedUnderADecision(t *testing.T) {
	a := newArchive(t)
	ctx, cam := t.Context(), a.camera("Stairs").Camera.ID
	good := retention.Want{Camera: cam, Span: custody.Span{Start: ago(3), End: ago(-100)}, Reason: "a fall"}
	viewer := a.person("viewer", identity.Viewer)
	_, err := a.ask(viewer, access.HoldPlace, "")
	a.wants(err, custody.Denied, "")
	_, err = a.desk.Place(ctx, access.Grant{}, good)
	a.wants(err, custody.Denied, "")
	elsewhere := must(a.ask(a.clerk, access.HoldPlace, "", a.camera("Hall").Camera.ID))
	_, err = a.desk.Place(ctx, elsewhere, good)
	a.wants(err, custody.Denied, "something else")
	_, err = a.desk.Place(ctx, a.may(a.clerk, access.HoldPlace, ""), retention.Want{Request: custody.NewRequestID(), Span: good.Span, Reason: "r"})
	a.wants(err, custody.Denied, "something else")
	for field, spoil := range map[string]func(*retention.Want){
		"camera":   func(w *retention.Want) { w.Camera = "cam_x" },
		"from, to": func(w *retention.Want) { w.Span.End = w.Span.Start },
		"to ten":   func(w *retention.Want) { w.Span.End = ago(-3660) },
		"1970":     func(w *retention.Want) { w.Span.Start = 0 },
		"reason":   func(w *retention.Want) { w.Reason = "" },
		"review":   func(w *retention.Want) { w.Review = december },
		"lapses":   func(w *retention.Want) { w.Lapses = december },
	} {
		w := good
		spoil(&w)
		_, err := a.desk.Place(ctx, a.may(a.clerk, access.HoldPlace, ""), w)
		says := strings.TrimPrefix(field, "to ")
		a.wants(err, custody.Invalid, says)
	}
	_, err = a.desk.Place(ctx, a.may(a.clerk, access.HoldPlace, ""), retention.Want{Camera: custody.NewCameraID(), Span: good.Span, Reason: "r"})
	a.wants(err, custody.NotFound, "")
	h := must(a.desk.Place(ctx, a.may(a.clerk, access.HoldPlace, ""), good))
	if h.Hold.Review != h.Placed.Add(retention.ReviewAfter) || h.By != a.clerk.String() {
		t.Errorf("%+v", h)
	}
}

// TestSchedulesAreTheCustodians: who sees them, who sets them, what they may say.
func TestSchedulesAreTheCustodians(t *testing.T) {
	a := newArchive(t)
	ctx, cam := t.Context(), a.camera("Stairs").Camera.ID
	_, err := a.ask(a.clerk, access.RetentionManage, "")
	a.wants(err, custody.Denied, "")
	set := func(s retention.Schedule) error {
		_, err := a.desk.PutSchedule(ctx, a.may(a.director, access.RetentionManage, ""), s)
		return err
	}
	for says, s := range map[string]retention.Schedule{
		"one camera, one class": {Camera: cam, Class: access.PublicArea, AtLeast: 1, AtMost: 2},
		"camera":                {Camera: "cam_x", AtLeast: 1, AtMost: 2},
		"class":                 {Class: "restroom", AtLeast: 1, AtMost: 2},
		"at least":              {AtLeast: 3, AtMost: 2},
		"at most":               {AtLeast: 1, AtMost: 3651},
	} {
		a.wants(set(s), custody.Invalid, says)
	}
	a.wants(set(retention.Schedule{AtLeast: 0, AtMost: 2}), custody.Invalid, "at least")
	a.must(set(retention.Schedule{AtLeast: 2, AtMost: 3}))
	a.wants(set(retention.Schedule{AtLeast: 2, AtMost: 4}), custody.Conflict, "read it again")
	rows, effective, err := a.desk.Schedules(ctx, a.scope(a.clerk, access.RetentionView))
	if err != nil || len(rows) != 1 || len(effective) != 1 || effective[0].AtMost != 3 || effective[0].Kept.Camera != cam {
		t.Errorf("%+v %+v %v", rows, effective, err)
	}
	span := custody.Span{Start: 1, End: december}
	for name, s := range map[string]access.Scope{"nobody": {}, "of requests": a.scope(a.clerk, access.RequestView)} {
		_, _, err1 := a.desk.Schedules(ctx, s)
		_, err2 := a.desk.Plan(ctx, s)
		_, err3 := a.desk.Dispositions(ctx, s, span, 10)
		_, err4 := a.desk.Certificate(ctx, s, span)
		for _, err := range []error{err1, err2, err3, err4} {
			if custody.KindOf(err) != custody.Denied {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	_, err1 := a.desk.Holds(ctx, a.scope(a.clerk, access.RetentionView), "", false)
	_, err2 := a.desk.Hold(ctx, access.Scope{}, custody.NewHoldID())
	_, err3 := a.desk.Disposed(ctx, access.Scope{}, cam, span)
	for _, err := range []error{err1, err2, err3} {
		a.wants(err, custody.Denied, "")
	}
	_, err = a.desk.Hold(ctx, a.scope(a.clerk, access.RequestView), custody.NewHoldID())
	a.wants(err, custody.NotFound, "")
	_, err = a.desk.Certificate(ctx, a.scope(a.director, access.RetentionView), custody.Span{Start: 2, End: 2})
	a.wants(err, custody.Invalid, "period")
}
