package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/site/sitetest"
)

// aged is a site with a front door whose wall clock can be set, with a clerk and a director.
type aged struct {
	*beset
	site            *sitetest.Site
	wall            *steppedWall
	clerk, director *sitetest.Person
}

func newAged(t *testing.T, cameras int) *aged {
	t.Helper()
	a := &aged{wall: &steppedWall{}, site: sitetest.New(t, sitetest.Options{Web: true})}
	a.beset = &beset{t: t, farm: sitetest.Farm(t, simcam.Options{Count: cameras, Now: time.Now, Ledger: 1 << 16}), log: &lockedBuffer{}}
	a.site.Add(a.farm.Cameras()...)
	a.stored = a.site.Open()
	s, err := openServer(t.Context(), a.site.Config, terminal{out: a.log, err: a.log}, seams{clock: a.wall.sources(t)})
	if err != nil {
		t.Fatal(err)
	}
	a.server = s
	t.Cleanup(a.stop)
	select {
	case <-s.porter.opened:
	case <-time.After(frontWithin):
		t.Fatal("the front door does not open")
	}
	a.clerk, a.director = a.site.Hire("clerk", "staff"), a.site.Hire("director", "custodian")
	for _, c := range a.farm.Cameras() {
		until(t, time.Minute, "every camera has sent something", func() bool { return sitetest.Sent(c) > 60 })
	}
	for _, c := range a.farm.Cameras() {
		c.Do(simcam.Refuse{For: time.Hour})
	}
	until(t, time.Minute, "what was recorded is settled", func() bool {
		for _, c := range a.farm.Cameras() {
			if len(a.stored.Segments(sitetest.CameraName(c))) == 0 {
				return false
			}
		}
		return true
	})
	return a
}

// later lets that much time pass; everybody signs in again.
func (a *aged) later(by time.Duration) {
	a.t.Helper()
	before := a.clock.Now()
	a.wall.step(by)
	until(a.t, 20*time.Second, "the clock has followed", func() bool { return a.clock.Now().Sub(before) >= by })
	a.clerk.SignIn()
	a.director.SignIn()
}

// TestALapsedDecisionGivesNothing: a package lies ready for thirty days and nobody takes it. Nothing of it leaves then, and its footage is held still.
func TestALapsedDecisionGivesNothing(t *testing.T) {
	t.Parallel()
	a := newAged(t, 1)
	name := sitetest.CameraName(a.farm.Cameras()[0])
	segments := a.stored.Segments(name)
	at := sitetest.Stretch{Camera: a.site.ID(a.farm.Cameras()[0]), Span: segments[0].Span}
	agency := a.director.Lists()
	logged := a.clerk.Logs(sitetest.Asks(at))
	a.clerk.CallsBack(logged.ID, agency)
	r := a.director.Decides(a.clerk.Proposes(a.clerk.Adds(a.clerk.Request(logged.ID), at), "grant"), "grant")
	pkg := a.clerk.Waits(r.ID)
	a.clerk.Get("/api/packages/" + pkg.ID + "/zip").OK()
	a.later(31 * 24 * time.Hour)
	for _, who := range []*sitetest.Person{a.clerk, a.director} {
		who.Get("/api/packages/" + pkg.ID + "/zip").Wants(custody.Denied)
		who.Post("/api/packages/"+pkg.ID+"/verify", nil).Wants(custody.Denied)
		who.Post("/api/packages/"+pkg.ID+"/deliveries", map[string]any{"way": "folder", "recipient": "N. Riviera", "agency": "Springfield PD",
			"badge": "B-7", "signed_by": "N. Riviera"}).Wants(custody.Denied)
	}
	if _, err := a.keeper.Carry(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := a.stored.Objects.Stat(t.Context(), string(segments[0].ID)); err != nil {
		t.Errorf("the footage of an open request: %v", err)
	}
	a.stop()
}

// TestAHoldAgainstDisposal places a hold over HTTP while the very span is disposed of. Either the tombstone was first, and the hold tells of the loss, or
// the footage lives.
func TestAHoldAgainstDisposal(t *testing.T) {
	t.Parallel()
	a := newAged(t, sitetest.Scaled(20, 60))
	a.schedule("", 3650)
	a.later(40 * 24 * time.Hour)
	random, lost := rand.New(rand.NewPCG(5, 1)), 0
	for _, c := range a.farm.Cameras() {
		if a.held(c, time.Duration(random.Int64N(int64(12*time.Millisecond)))-9*time.Millisecond) {
			lost++
		}
	}
	t.Logf("of %d holds %d came too late", len(a.farm.Cameras()), lost)
	a.stop()
}

// schedule says how long footage of a camera is kept, or of the site.
func (a *aged) schedule(camera custody.CameraID, most int) {
	a.t.Helper()
	a.director.Confirms()
	a.director.Do(http.MethodPut, "/api/retention", map[string]any{"camera": camera, "at_least_days": 1, "at_most_days": most, "version": 0}).OK()
}

// held places a hold on what a camera recorded that long after it begins to be disposed of, or before.
func (a *aged) held(c *simcam.Camera, after time.Duration) (lost bool) {
	a.t.Helper()
	segments, id := a.stored.Segments(sitetest.CameraName(c)), a.site.ID(c)
	span := custody.Span{Start: segments[0].Span.Start, End: segments[len(segments)-1].Span.End}
	a.schedule(id, 30)
	done := make(chan error, 1)
	go func() {
		<-time.After(-after)
		_, err := a.keeper.Carry(a.t.Context())
		done <- err
	}()
	<-time.After(after)
	var h api.Hold
	a.clerk.Post("/api/holds", map[string]any{"camera": id, "from": span.Start.String(), "to": span.End.String(), "reason": "a fall on the stairs"}).
		WantsStatus(http.StatusCreated).Into(&h)
	if err := <-done; err != nil {
		a.t.Error(err)
	}
	until(a.t, 30*time.Second, "the hold was looked after", func() bool {
		if err := a.keeper.LookAfter(a.t.Context()); err != nil {
			a.t.Fatal(err)
		}
		a.clerk.Get("/api/holds/" + h.ID).Into(&h)
		return h.VerifiedAt != ""
	})
	there := 0
	for _, s := range segments {
		if _, err := a.stored.Objects.Stat(a.t.Context(), string(s.ID)); err == nil {
			there++
		}
	}
	told := fmt.Sprintf("%s: %d of %d objects are there, the hold covers %d and tells of %+v", sitetest.CameraName(c), there, len(segments), h.Objects, h.Lost)
	if lost = len(h.Lost) > 0; lost && (there != 0 || h.Lost[0].Disposition == "") || !lost && (there != len(segments) || h.Objects != there) {
		a.t.Error(told)
	}
	return lost
}
