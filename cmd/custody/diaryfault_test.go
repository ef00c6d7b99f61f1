package main

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/storage/db"
)

// besetFront is a site inside the test's process with a front door, and somebody who looks at its first camera.
func besetFront(t *testing.T, under seams) (*beset, *sitetest.Spectator) {
	t.Helper()
	b := &beset{t: t, farm: sitetest.Farm(t, simcam.Options{Count: 2, Now: time.Now, Ledger: 1 << 18}), log: &lockedBuffer{}}
	site := sitetest.New(t, sitetest.Options{Web: true})
	site.Add(b.farm.Cameras()...)
	b.stored = site.Open()
	s, err := openServer(t.Context(), site.Config, terminal{out: b.log, err: b.log}, under)
	if err != nil {
		t.Fatal(err)
	}
	b.server = s
	t.Cleanup(b.stop)
	select {
	case <-s.porter.opened:
	case <-time.After(frontWithin):
		t.Fatal("the front door does not open")
	}
	return b, sitetest.NewSpectator(t, site.Hire("ann", "staff"), site.ID(b.farm.Cameras()[0]))
}

// TestNoFootageWhileCommitsAreRefused: every commit fails, as on a full disk, and afterwards everything is open again by itself.
func TestNoFootageWhileCommitsAreRefused(t *testing.T) {
	t.Parallel()
	var refuse atomic.Bool
	b, ann := besetFront(t, seams{commits: &db.Faults{BeforeCommit: func(int) error {
		if refuse.Load() {
			return errors.New("database or disk is full (injected)")
		}
		return nil
	}}})
	refuse.Store(true)
	before := b.served()
	for range 2 {
		for _, y := range ann.EveryWay(t.Context()) {
			if y.Footage > 0 || y.Way != "live" && (y.Status != http.StatusServiceUnavailable || y.Wait == "") || y.Way == "live" && y.Status != 1013 {
				t.Errorf("%s", y)
			}
		}
	}
	refuse.Store(false)
	if n := b.served(); n != before {
		t.Errorf("%d looks were committed by a diary that refuses", n-before)
	}
	until(t, 20*time.Second, "footage is open again", func() bool {
		for _, y := range ann.EveryWay(t.Context()) {
			if y.Footage == 0 && y.Way != "transcoded" && y.Status > 299 && y.Way != "sign in, wrongly" {
				t.Log(y)
				return false
			}
		}
		return true
	})
	b.recovered()
	b.nothingLost()
}

// TestFootageWaitsForASlowDiary: commits take longer than bytes wait. Whatever leaves at last is in the diary before.
func TestFootageWaitsForASlowDiary(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	b, ann := besetFront(t, seams{commits: &db.Faults{BeforeCommit: func(int) error {
		if slow.Load() {
			lasts(8 * time.Second)
		}
		return nil
	}}})
	before := b.served()
	slow.Store(true)
	for _, y := range ann.EveryWay(t.Context()) {
		t.Log(y)
		if y.Footage > 0 && b.served() == before {
			t.Errorf("before it is in the diary: %s", y)
		}
		if y.Err != nil && y.Way != "live" || y.Took > 32*time.Second {
			t.Errorf("no answer in time: %s", y)
		}
	}
	late := false
	for range 3 { // the leases that were late count by now
		for _, y := range ann.EveryWay(t.Context()) {
			late = late || y.Footage > 0
			if y.Footage > 0 && b.served() == before {
				t.Errorf("before it is in the diary: %s", y)
			}
		}
		if late {
			break
		}
	}
	if slow.Store(false); !late {
		t.Error("a slow diary keeps footage closed for ever")
	}
	b.recovered()
	b.nothingLost()
}

// served is how many looks are in the diary.
func (b *beset) served() int {
	b.t.Helper()
	return len(b.stored.Diary("footage.served"))
}
