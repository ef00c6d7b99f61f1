package viewing_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
)

func TestACrashIsClosedByTheNextStart(t *testing.T) {
	s, ann, o, _ := small(t)
	next := viewing.NewDesk(s.parts, viewing.Options{})
	if err := next.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer next.Stop()
	v := s.books.viewings[o.ID]
	if v.Why != viewing.WhyRestart || v.Closed == 0 {
		t.Errorf("the viewing ended %q at %s", v.Why, v.Closed)
	}
	_, err := next.Index(t.Context(), ann, o.ID, viewing.Request{Camera: o.Cameras[0], Span: o.Span})
	s.wants(custody.NotFound, err, "a viewing of before the crash")
	if got := must(next.ByID(t.Context(), ann, o.ID)); got.Why != viewing.WhyRestart {
		t.Errorf("its owner is told %+v", got)
	}
	if evs := s.Events(custody.EventViewingClosed); len(evs) != 1 || evs[0].Actor != "system" {
		t.Errorf("events %+v", evs)
	}
}

// TestTheSweeperEndsWhatNobodyAsksAbout runs the real sweeper on a clock of its own.
func TestTheSweeperEndsWhatNobodyAsksAbout(t *testing.T) {
	s, ann, expires, _ := small(t)
	ben := s.Person(t, "viewer")
	revoked := s.open(ben, expires.Span, expires.Cameras...)
	synctest.Test(t, func(t *testing.T) {
		desk := viewing.NewDesk(s.parts, viewing.Options{})
		if err := desk.Start(t.Context()); err != nil { // it closes what the other desk has open
			t.Fatal(err)
		}
		o := must(desk.Open(t.Context(), ann, viewing.Ask{Basis: access.Reason, Text: "a test", Cameras: expires.Cameras, Span: expires.Span, Minutes: 5}))
		p := must(desk.Open(t.Context(), ben, viewing.Ask{Basis: access.Incident, Text: "a test", Cameras: expires.Cameras, Span: expires.Span}))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s.books.viewings[o.ID].Closed != 0 || s.books.viewings[p.ID].Closed != 0 {
			t.Error("the sweeper ended what is good")
		}
		s.BreakFacts(custody.Errorf(custody.Unavailable, "the database is away"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s.books.viewings[p.ID].Closed != 0 {
			t.Error("the sweeper ended what could not be judged for a moment")
		}
		s.BreakFacts(nil)
		s.RevokeRole(ben, "viewer")
		s.Advance(2 * time.Second)
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if v := s.books.viewings[p.ID]; v.Why != viewing.WhyRevoked {
			t.Errorf("after the role was taken: %q, want revoked", v.Why)
		}
		s.BreakDiary(custody.Errorf(custody.Unavailable, "full"))
		s.Advance(5 * time.Minute)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if v := s.books.viewings[o.ID]; v.Closed != 0 {
			t.Error("an end was stored without its event")
		}
		s.BreakDiary(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if v := s.books.viewings[o.ID]; v.Why != viewing.WhyExpired {
			t.Errorf("after five minutes: %q, want expired", v.Why)
		}
		desk.Stop()
	})
	_ = revoked
}

func TestSeatsAreBounded(t *testing.T) {
	s, ann, o, _ := small(t)
	ask := viewing.Ask{Basis: access.Reason, Text: "a test", Cameras: o.Cameras, Span: o.Span}
	for range viewing.MaxOfSession - 1 {
		must(s.desk.Open(t.Context(), ann, ask))
	}
	_, err := s.desk.Open(t.Context(), ann, ask)
	s.wants(custody.Exhausted, err, "one too many")
	if err := s.desk.Close(t.Context(), ann, o.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Close(t.Context(), ann, o.ID); err != nil {
		t.Errorf("closing again: %v", err)
	}
	must(s.desk.Open(t.Context(), ann, ask))
	s.wants(custody.NotFound, s.desk.Close(t.Context(), s.person(), o.ID), "another's viewing")
	for name, a := range map[string]viewing.Ask{
		"no basis":     {Text: "x", Cameras: o.Cameras, Span: o.Span},
		"no text":      {Basis: access.Reason, Cameras: o.Cameras, Span: o.Span},
		"two lines":    {Basis: access.Reason, Text: "a\nb", Cameras: o.Cameras, Span: o.Span},
		"no number":    {Basis: access.OnRequest, Text: "x", Cameras: o.Cameras, Span: o.Span},
		"twice":        {Basis: access.Reason, Text: "x", Cameras: append(o.Cameras, o.Cameras...), Span: o.Span},
		"no span":      {Basis: access.Reason, Text: "x", Cameras: o.Cameras},
		"a long one":   {Basis: access.Reason, Text: "x", Cameras: o.Cameras, Span: custody.Span{Start: 1, End: noon}},
		"not a camera": {Basis: access.Reason, Text: "x", Cameras: []custody.CameraID{"cam_x"}, Span: o.Span},
	} {
		_, err := s.desk.Open(t.Context(), ann, a)
		s.wants(custody.Invalid, err, name)
	}
	_, err = s.desk.Open(t.Context(), access.Actor{}, ask)
	s.wants(custody.Denied, err, "nobody")
	ask.Cameras = []custody.CameraID{custody.NewCameraID()}
	_, err = s.desk.Open(t.Context(), s.person(), ask)
	s.wants(custody.NotFound, err, "a camera that is not")
}
