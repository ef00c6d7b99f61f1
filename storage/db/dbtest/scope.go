package dbtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// enlist stores an actor of the judge's site as a member of staff, and opens a viewing for them.
func enlist(t *testing.T, d *db.DB, a access.Actor, login string, opened float64, cameras ...custody.CameraID) viewing.Viewing {
	t.Helper()
	must(t, d.AddStaff(t.Context(), identity.Staff{ID: a.Staff(), Login: login, Name: login, Enabled: true, Added: At(0)}, nil, nil))
	return NewViewing(t, d, identity.Session{ID: a.Session(), Staff: a.Staff()}, opened, cameras...)
}

// scopes asks for looks as the real judge lets people: one's own, everybody's, nobody's.
func scopes(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard, gate := NewYard(t, d, "Yard").Camera.ID, NewYard(t, d, "Gate").Camera.ID
	site := accesstest.New(At(0))
	judge, ann, eve := site.Judge(), site.Person(t, identity.Viewer), site.Person(t, identity.Auditor)
	scope := func(a access.Actor, action access.Action) access.Scope {
		t.Helper()
		s, err := judge.Scope(ctx, a, action)
		must(t, err)
		return s
	}
	v, w := enlist(t, d, ann, "ann", 10, yard, gate), enlist(t, d, eve, "eve", 20, yard)
	mine, hers, other := newLook(v, yard, 5, "recorded"), newLook(w, yard, 6, "still"), newLook(v, gate, 5, "recorded")
	must(t, d.Lease(ctx, []viewing.Look{other, hers, mine}, Event(t, custody.EventFootageServed, "l")))
	for _, c := range []struct {
		name     string
		scope    access.Scope
		viewings []viewing.Viewing
		looks    []viewing.Look
	}{
		{"one's own", scope(ann, access.AuditOwn), []viewing.Viewing{v}, []viewing.Look{mine}},
		{"everybody's", scope(eve, access.AuditRead), []viewing.Viewing{w, v}, []viewing.Look{mine, hers}},
		{"of footage", scope(ann, access.FootageList), nil, nil},
	} {
		if got, err := d.Viewings(ctx, c.scope, 0, 10); err != nil || cmp.Diff(c.viewings, got) != "" {
			t.Errorf("%s: viewings %+v %v", c.name, got, err)
		}
		if got, err := d.Looks(ctx, c.scope, yard, v.Span, 10); err != nil || cmp.Diff(c.looks, got) != "" {
			t.Errorf("%s: looks %+v %v", c.name, got, err)
		}
	}
	auditor := scope(eve, access.AuditRead)
	if got, err := d.Viewings(ctx, auditor, At(20), 10); err != nil || len(got) != 1 || got[0].ID != v.ID {
		t.Errorf("before the later one: %+v %v", got, err)
	}
	for _, c := range []struct {
		start, end float64
		limit      int
		want       int
	}{{300, 420, 10, 2}, {300, 360, 10, 1}, {359.999999, 360, 10, 1}, {330, 360.000001, 10, 2}, {420, 500, 10, 0}, {0, 300, 10, 0}, {300, 420, 1, 1}} {
		got, err := d.Looks(ctx, auditor, yard, custody.Span{Start: At(c.start), End: At(c.end)}, c.limit)
		if err != nil || len(got) != c.want {
			t.Errorf("[%v,%v): %d looks, want %d: %v", c.start, c.end, len(got), c.want, err)
		}
	}
}
