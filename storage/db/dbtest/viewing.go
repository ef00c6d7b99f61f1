package dbtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// NewViewing stores an open viewing of the first hour of the cameras.
func NewViewing(t testing.TB, d *db.DB, s identity.Session, opened float64, cameras ...custody.CameraID) viewing.Viewing {
	t.Helper()
	v := viewing.Viewing{ID: custody.NewViewingID(), Staff: s.Staff, Session: s.ID, Basis: access.Incident, Reference: "2026-7", Text: "a bicycle was taken",
		Cameras: cameras, Span: custody.Span{Start: At(0), End: At(3600)}, Opened: At(opened), Expires: At(opened + 3600)}
	must(t, d.OpenViewing(t.Context(), v, Event(t, custody.EventViewingOpened, string(v.ID))))
	return v
}

func newLook(v viewing.Viewing, camera custody.CameraID, minute int, kind string) viewing.Look {
	return viewing.Look{Viewing: v.ID, Staff: v.Staff, Camera: camera, Minute: At(float64(minute * 60)), Leased: v.Opened, Kind: kind, Served: true}
}

func viewingRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard").Camera.ID, NewYard(t, d, "Gate").Camera.ID
	s := NewSession(t, d, NewStaff(t, d, "ann", identity.Viewer).ID)
	v := NewViewing(t, d, s, 10, max(yard, gate), min(yard, gate)) // in the order asked for
	live := viewing.Viewing{ID: custody.NewViewingID(), Staff: s.Staff, Session: s.ID, Basis: access.Reason, Text: "an alarm", Cameras: []custody.CameraID{yard},
		Live: true, Span: custody.Span{Start: At(20), End: At(40)}, Opened: At(20), Expires: At(40)}
	must(t, d.OpenViewing(ctx, live, Event(t, custody.EventViewingOpened, "l")))
	for _, want := range []viewing.Viewing{v, live} {
		if got, err := d.ViewingByID(ctx, want.ID); err != nil || cmp.Diff(want, got) != "" {
			t.Error(err, cmp.Diff(want, got))
		}
	}
	for name, broken := range map[string]struct {
		change func(*viewing.Viewing)
		kind   custody.Kind
	}{
		"no camera":      {func(v *viewing.Viewing) { v.Cameras = nil }, custody.Invalid},
		"no such camera": {func(v *viewing.Viewing) { v.Cameras = []custody.CameraID{custody.NewCameraID()} }, custody.NotFound},
		"no such staff":  {func(v *viewing.Viewing) { v.Staff = custody.NewStaffID() }, custody.NotFound},
		"no purpose":     {func(v *viewing.Viewing) { v.Text = "" }, custody.Invalid},
		"no basis":       {func(v *viewing.Viewing) { v.Basis = "" }, custody.Invalid},
		"empty span":     {func(v *viewing.Viewing) { v.Span.End = v.Span.Start }, custody.Invalid},
		"the same id":    {func(v *viewing.Viewing) { v.ID = live.ID }, custody.Exists},
	} {
		b := v
		b.ID = custody.NewViewingID()
		broken.change(&b)
		if err := d.OpenViewing(ctx, b); err == nil || custody.KindOf(err) != broken.kind {
			t.Errorf("%s: %v, want %v", name, err, broken.kind)
		}
	}
	h, err := d.Head(ctx)
	must(t, err)
	must(t, d.CloseViewing(ctx, v.ID, At(50), "stopped", nil, Event(t, custody.EventViewingClosed, "v")))
	must(t, d.CloseViewing(ctx, v.ID, At(60), "expired", nil, Event(t, custody.EventViewingClosed, "again")))
	wantSize(t, d, h.Size+1)
	wantKind(t, d.CloseViewing(ctx, custody.NewViewingID(), At(60), "stopped", nil), custody.NotFound)
	v.Closed, v.Why = At(50), "stopped"
	if got, err := d.ViewingByID(ctx, v.ID); err != nil || cmp.Diff(v, got) != "" {
		t.Error(err, cmp.Diff(v, got))
	}
	if open, err := d.OpenViewings(ctx); err != nil || cmp.Diff([]viewing.Viewing{live}, open) != "" {
		t.Error(open, err)
	}
	if got := all(t, d.AllViewings(ctx)); len(got) != 2 {
		t.Errorf("%d viewings, want 2", len(got))
	}
	var nobody access.Scope
	if got, err := d.Viewings(ctx, nobody, 0, 10); err != nil || len(got) != 0 {
		t.Errorf("the empty scope shows %+v, %v", got, err)
	}
	_, err = d.ViewingByID(ctx, custody.NewViewingID())
	wantKind(t, err, custody.NotFound)
}

func leases(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard").Camera.ID, NewYard(t, d, "Gate").Camera.ID
	v := NewViewing(t, d, NewSession(t, d, NewStaff(t, d, "ann", identity.Viewer).ID), 10, yard)
	h, err := d.Head(ctx)
	must(t, err)
	lease := func(looks ...viewing.Look) error {
		return d.Lease(ctx, looks, Event(t, custody.EventFootageServed, "l"))
	}
	a, b, still := newLook(v, yard, 0, "recorded"), newLook(v, yard, 1, "recorded"), newLook(v, yard, 1, "still")
	must(t, lease(a, b))
	must(t, lease(b, a)) // there already: success, and nothing new to tell
	must(t, lease(b, still))
	wantSize(t, d, h.Size+2)
	wantKind(t, lease(newLook(v, gate, 0, "recorded")), custody.NotFound) // none of its cameras
	wantKind(t, lease(newLook(v, yard, 2, "peek")), custody.Invalid)
	crooked := newLook(v, yard, 2, "recorded")
	crooked.Minute++
	wantKind(t, lease(crooked), custody.Invalid)
	stray := newLook(v, yard, 2, "recorded")
	stray.Viewing = custody.NewViewingID()
	wantKind(t, lease(stray), custody.NotFound)
	wantSize(t, d, h.Size+2)
	must(t, d.CloseViewing(ctx, v.ID, At(50), "revoked", []viewing.Look{b}, Event(t, custody.EventViewingClosed, "v")))
	wantKind(t, lease(newLook(v, yard, 3, "recorded")), custody.Conflict) // closed
	b.Served = false
	for _, got := range [][]viewing.Look{all(t, d.AllLooks(ctx)), all(t, d.LooksOf(ctx, v.ID))} {
		if diff := cmp.Diff([]viewing.Look{a, b, still}, got); diff != "" {
			t.Error(diff)
		}
	}
	if got := all(t, d.LooksOf(ctx, custody.NewViewingID())); len(got) != 0 {
		t.Errorf("looks of no viewing: %+v", got)
	}
	var nobody access.Scope
	if got, err := d.Looks(ctx, nobody, yard, v.Span, 10); err != nil || len(got) != 0 {
		t.Errorf("the empty scope shows %+v, %v", got, err)
	}
}
