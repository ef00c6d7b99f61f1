package viewing_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// TestAKillAfterTheFirstByteFindsTheEntry keeps looks in a real database, and looks at it from outside the moment a byte is out.
func TestAKillAfterTheFirstByteFindsTheEntry(t *testing.T) {
	s := newStage(t)
	c := dbtest.SQLite(t)
	var slow atomic.Pointer[chan struct{}]
	c.Faults = &db.Faults{BeforeCommit: func(int) error {
		if held := slow.Load(); held != nil {
			<-*held
		}
		return nil
	}}
	d := dbtest.Open(t, c)
	y := dbtest.NewYard(t, d, "Door")
	cam, ann := y.Camera.ID, s.person()
	s.PutCamera(access.CameraFacts{ID: cam, Class: access.PublicArea, Version: 1})
	s.streams[cam] = y.Stream()
	if err := d.AddStaff(t.Context(), identity.Staff{ID: ann.Staff(), Login: "ann", Name: "Ann", Enabled: true, Added: noon}, nil, nil); err != nil {
		t.Fatal(err)
	}
	s.film(cam, shape{start: noon, pictures: 1200, group: 20, segment: 100})
	s.parts.Store = d
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: time.Second})
	o := s.open(ann, custody.Span{Start: noon, End: noon.Add(2 * time.Minute)}, cam)
	x := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: o.Span}))
	clip := must(s.desk.Media(t.Context(), ann, o.ID, cam, x.Parts[0].Segment, x.Parts[0].Name()))
	defer clip.Close()
	must(clip.Read(make([]byte, 1)))

	held := make(chan struct{}) // somebody holds the database
	slow.Store(&held)
	last := x.Parts[len(x.Parts)-1]
	_, err := s.media(ann, o.ID, cam, last.Segment, last.Name())
	s.wants(custody.Unavailable, err, "a locked diary")
	slow.Store(nil)
	close(held)

	after := must(db.Open(t.Context(), c)) // what the next process finds
	defer after.Close()
	found := false
	for e, err := range after.Entries(t.Context(), 1, 0, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		found = found || e.Event.Type == custody.EventFootageServed && e.Event.Subject == string(o.ID) && e.Event.Camera == cam
	}
	if !found {
		t.Error("a byte left and the diary of the next process does not have the look")
	}
	next := s.parts
	next.Store = after
	desk := viewing.NewDesk(next, viewing.Options{})
	if err := desk.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer desk.Stop()
	if v := must(after.ViewingByID(t.Context(), o.ID)); v.Why != viewing.WhyRestart {
		t.Errorf("the viewing ended %q, want restart", v.Why)
	}
}
