package accesstest

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Parts are an implementation under test, fresh and empty, with the settings of a new site.
type Parts struct {
	Facts     access.Facts
	Store     access.Store
	AddCamera func(t *testing.T, c access.CameraFacts) // ID and Class are the suite's
}

// TestFacts is the conformance suite of access.Facts and access.Store.
func TestFacts(t *testing.T, open func(t *testing.T) Parts) {
	t.Run("settings", func(t *testing.T) { testSettings(t, open(t)) })
	t.Run("restrictions", func(t *testing.T) { testRestrictions(t, open(t)) })
}

// raises proves that an act raises the generation, or that it does not.
func (p Parts) raises(t *testing.T, what string, want bool, act func() error, kind custody.Kind) {
	t.Helper()
	before, err := p.Facts.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = act()
	after, gerr := p.Facts.Generation(t.Context())
	if gerr != nil || after > before != want || (err == nil) != want || err != nil && custody.KindOf(err) != kind {
		t.Errorf("%s: generation %d, then %d (%v, %v)", what, before, after, err, gerr)
	}
}

func testSettings(t *testing.T, p Parts) {
	s, err := p.Facts.Settings(t.Context())
	if err != nil || s.Check() != nil {
		t.Fatalf("a new site's settings: %+v (%v, %v)", s, err, s.Check())
	}
	s.ViewerAgeDays, s.PolicyVersion, s.SetUp = 12, "2027", 5
	p.raises(t, "settings", true, func() error { return p.Store.PutSettings(t.Context(), s) }, 0)
	p.raises(t, "settings of another version", false, func() error { return p.Store.PutSettings(t.Context(), s) }, custody.Conflict)
	if got, err := p.Facts.Settings(t.Context()); err != nil || got.Version != s.Version+1 || got.ViewerAgeDays != 12 || got.PolicyVersion != "2027" || got.SetUp != 5 {
		t.Errorf("%+v (%v)", got, err)
	}
}

func testRestrictions(t *testing.T, p Parts) {
	cam := custody.NewCameraID()
	if _, err := p.Facts.Camera(t.Context(), cam); custody.KindOf(err) != custody.NotFound {
		t.Errorf("no camera: %v", err)
	}
	if _, err := p.Facts.Standing(t.Context(), custody.NewStaffID(), custody.NewSessionID()); custody.KindOf(err) != custody.NotFound {
		t.Errorf("nobody: %v", err)
	}
	p.raises(t, "a camera", true, func() error { p.AddCamera(t, access.CameraFacts{ID: cam, Class: access.StaffArea}); return nil }, 0)
	if c, err := p.Facts.Camera(t.Context(), cam); err != nil || c.ID != cam || c.Class != access.StaffArea || c.Removed || c.Version < 1 {
		t.Errorf("%+v (%v)", c, err)
	}
	r := access.Restriction{ID: custody.NewRestrictionID(), Camera: cam, Span: custody.Span{Start: 100, End: 200}, Kind: access.RestrictSealed, Reason: "a test", By: "operator", At: 50}
	p.raises(t, "a restriction", true, func() error { return p.Store.AddRestriction(t.Context(), r) }, 0)
	for _, c := range []struct {
		from, to custody.Instant
		want     int
	}{{1, 100, 0}, {1, 101, 1}, {150, 160, 1}, {199, 300, 1}, {200, 300, 0}} {
		got, err := p.Facts.Restrictions(t.Context(), cam, custody.Span{Start: c.from, End: c.to})
		if err != nil || len(got) != c.want || c.want == 1 && got[0] != r {
			t.Errorf("[%d,%d): %+v (%v)", c.from, c.to, got, err)
		}
	}
	lift := func(id custody.RestrictionID) func() error {
		return func() error { return p.Store.LiftRestriction(t.Context(), id, 60) }
	}
	p.raises(t, "lifting", true, lift(r.ID), 0)
	p.raises(t, "lifting again", false, lift(r.ID), custody.Conflict)
	p.raises(t, "lifting none", false, lift(custody.NewRestrictionID()), custody.NotFound)
	if got, err := p.Facts.Restrictions(t.Context(), cam, r.Span); err != nil || len(got) != 0 {
		t.Errorf("lifted: %+v (%v)", got, err)
	}
	if all, err := p.Store.AllRestrictions(t.Context(), 10); err != nil || len(all) != 1 || all[0].Lifted != 60 {
		t.Errorf("all: %+v (%v)", all, err)
	}
}
