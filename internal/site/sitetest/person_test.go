package sitetest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
)

// TestPeople is the shortest story of the front door, with everything that people of tests are made of.
func TestPeople(t *testing.T) {
	t.Parallel()
	farm := Farm(t, simcam.Options{Count: 2})
	s := New(t, Options{Web: true, Edit: func(c *config.Config) { c.Web.SecondFactor = config.FactorRequired }})
	s.Add(farm.Cameras()...)
	s.Serve()
	entrance, office := s.ID(farm.Cameras()[0]), s.ID(farm.Cameras()[1])
	clerk := s.Hire("clerk", "staff", CameraName(farm.Cameras()[0]))
	auditor := s.Hire("auditor", "auditor")

	s.As(nil).View(entrance, Ago(time.Minute)).WantsSignIn()
	s.As(clerk).View(office, Ago(time.Minute)).Wants(custody.NotFound)
	s.As(auditor).View(entrance, Ago(time.Minute)).Wants(custody.Denied)

	around := Ago(time.Minute)
	around.End = around.End.Add(time.Minute)
	w := s.As(clerk).Watch(entrance, around)
	WaitUntil(t, 20*time.Second, "there is a part to be watched", func() bool { return len(w.Index().Parts) > 1 })
	x := w.Index()
	w.Init(x.Runs[0]).OK()
	w.Media(x.Parts[0]).OK()
	w.Still(custody.Instant(x.Parts[0].StartUS)).OK()
	w.Playlist().OK()
	w.By(auditor).Media(x.Parts[0]).Wants(custody.NotFound)

	browser := clerk.Browser()
	w = s.As(browser).WatchLive(entrance)
	live := w.Live()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		m, err := live.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if m.WallUS != 0 && m.Type == "" {
			break
		}
	}
	browser.Do(http.MethodDelete, "/api/session", nil, "Origin", "http://elsewhere.example", "Sec-Fetch-Site", "cross-site").Wants(custody.Denied)
	browser.Do(http.MethodDelete, "/api/session", nil, "X-CSRF", "").Wants(custody.Denied)
	browser.Delete("/api/session").OK()
	browser.Get("/api/session").WantsSignIn()
	if last, _, code, err := live.UntilEnd(ctx); code < 4000 {
		t.Errorf("signed out, and the live pictures end with %d, %+v: %v", code, last, err)
	}
	clerk.Get("/api/session").OK()
}
