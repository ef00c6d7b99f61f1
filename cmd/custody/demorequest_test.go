package main

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// TestTheDemonstrationLeavesARequestToDecide: an officer comes, the clerk does what a clerk does, and the director has something to decide.
func TestTheDemonstrationLeavesARequestToDecide(t *testing.T) {
	site := sitetest.New(t, sitetest.Options{Web: true})
	farm := sitetest.Farm(t, simcam.Options{Count: 1, Now: time.Now, Ledger: 1 << 16})
	site.Add(farm.Cameras()...)
	log := &lockedBuffer{}
	term := terminal{out: log, err: log}
	s, err := openServer(t.Context(), site.Config, term, seams{})
	if err != nil {
		t.Fatal(err)
	}
	b := &beset{server: s, t: t, farm: farm, stored: site.Open(), log: log}
	t.Cleanup(b.stop)
	sitetest.WaitUntil(t, time.Minute, "something is recorded", func() bool { return sitetest.Sent(farm.Cameras()[0]) > 60 })
	d := &demo{c: &demoCommand{Accounts: true}, term: term}
	if err := d.people(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	began := s.clock.Now().Add(-2 * time.Second)
	number, err := d.storyOf(t.Context(), s, s.porter.now(), custody.Span{Start: began, End: began.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	r, items, err := s.db.RequestByNumber(t.Context(), number)
	if err != nil || r.State != request.Proposed || len(items) != 1 || items[0].Proposal.Outcome != access.Granted {
		t.Errorf("%v: %s, %+v", err, r.State, items)
	}
}
