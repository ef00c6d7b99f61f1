package request_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// AfterYears implements request.Years.
func (iowa) AfterYears(from custody.Instant, n int) custody.Instant {
	day := from.Time().In(zone)
	return custody.InstantOf(time.Date(day.Year()+n, day.Month(), day.Day()+1, 0, 0, 0, 0, zone))
}

// archive is the room where files are disposed of after a year here.
func (l *library) archive() *request.Archive {
	return request.NewArchive(request.ArchiveParts{Store: l.db, Calendar: iowa{}, Clock: l.site, Years: 1, Backups: 14 * 24 * time.Hour})
}

// ended is a request that was closed now, and whose holds were lifted.
func (l *library) ended(words string, concerned ...custody.StaffID) request.File {
	l.t.Helper()
	ctx := context.Background()
	r := l.log(request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: words, Concerned: concerned})
	f, err := l.desk.Close(ctx, l.may(l.deputy, access.RequestClose, string(r.ID)), r.ID, request.Withdrawn, "they found it")
	l.must(err)
	l.lifted(r.ID)
	return f
}

func (l *library) lifted(id custody.RequestID) {
	l.t.Helper()
	ctx := context.Background()
	holds, err := l.db.Holds(ctx, l.scope(l.clerk), id, true, 10)
	l.must(err)
	for _, h := range holds {
		h.Lifted = l.site.Now()
		_, err := l.db.ChangeHold(ctx, h, dbtest.Event(l.t, custody.EventHoldLifted, string(h.ID)))
		l.must(err)
	}
}

// later lets time pass.
func (l *library) later(d time.Duration) { l.site.Advance(d) }

func (l *library) proposed(id custody.RequestID) (request.Aged, error) {
	l.t.Helper()
	g, err := l.ask(l.director, access.RequestDispose, string(id))
	if err != nil {
		return request.Aged{}, err
	}
	return l.archive().Propose(context.Background(), g, id, " long ago ")
}

func (l *library) confirmed(who access.Actor, id custody.RequestID) (request.Aged, error) {
	l.t.Helper()
	g, err := l.ask(who, access.RequestDisposeConfirm, string(id))
	if err != nil {
		return request.Aged{}, err
	}
	return l.archive().Confirm(context.Background(), g, id)
}

// TestAFileIsDisposedOfByTwoPeopleAfterItsTime: not a day earlier, not while it is held, not by one, not by who is concerned, and only once.
func TestAFileIsDisposedOfByTwoPeopleAfterItsTime(t *testing.T) {
	l := newLibrary(t)
	f := l.ended("who took the red umbrella")
	archive, ctx := l.archive(), t.Context()
	_, err := l.proposed(f.ID)
	l.wants(err, custody.Conflict, "the schedule keeps this file until 2027-11-04T06:00:00")
	l.later(364 * 24 * time.Hour)
	_, err = l.proposed(f.ID)
	l.wants(err, custody.Conflict, "the schedule keeps")
	if due, err := archive.List(ctx, l.scope(l.clerk)); err != nil || len(due) != 0 {
		t.Errorf("due a day early: %+v %v", due, err)
	}
	l.later(2 * 24 * time.Hour)
	if due, err := archive.List(ctx, l.scope(l.clerk)); err != nil || len(due) != 1 || archive.Keeps(due[0]) != nil {
		t.Fatalf("due: %+v %v", due, err)
	}
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Conflict, "nobody proposed")
	g, err := l.proposed(f.ID)
	if l.must(err); g.Disposal.Why != "long ago" || g.Disposal.Done() {
		t.Errorf("%+v", g.Disposal)
	}
	_, err = l.proposed(f.ID)
	l.wants(err, custody.Conflict, "somebody proposed this already")
	_, err = l.confirmed(l.director, f.ID)
	l.wants(err, custody.Denied, "you proposed this yourself")
	g, err = l.confirmed(l.clerk, f.ID)
	if l.must(err); g.Text != request.Gone || g.Disposal.SHA256 == ([32]byte{}) || g.Disposal.Authority != "the schedule of request files: 1 year after closing" ||
		g.Disposal.Final != g.Disposal.At.Add(14*24*time.Hour) || g.Disposal.Confirmed != l.clerk.Staff() {
		t.Errorf("%+v", g)
	}
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Denied, "only its tombstone is left")
	_, err = l.ask(l.director, access.RequestClose, string(f.ID))
	l.wants(err, custody.Denied, "only its tombstone is left")
	told := l.entries(f.ID)
	if n := len(told); n < 2 || !strings.HasPrefix(told[n-2], "request.disposal-proposed") || !strings.HasPrefix(told[n-1], "request.disposed") {
		t.Errorf("the diary: %v", told)
	}
}

// TestWhatKeepsAFile: a hold, a recall, a reopening, and who is concerned.
func TestWhatKeepsAFile(t *testing.T) {
	l := newLibrary(t)
	f := l.ended("x")
	mine := l.ended("about the director", l.director.Staff())
	l.later(370 * 24 * time.Hour)
	_, err := l.proposed(mine.ID)
	l.wants(err, custody.Denied, "your own, or about you")
	_, err = l.proposed(f.ID)
	l.must(err)
	h := custody.Hold{ID: custody.NewHoldID(), Request: f.ID, Camera: l.yard, Span: theft, Reason: "a suit", By: "operator", Placed: l.site.Now(), Review: l.site.Now().Add(time.Hour)}
	l.must(l.db.PlaceHold(t.Context(), h, dbtest.Event(t, custody.EventHoldPlaced, string(h.ID))))
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Conflict, "1 holds stand")
	l.lifted(f.ID)
	_, err = l.desk.Reopen(t.Context(), l.may(l.director, access.RequestClose, string(f.ID)), f.ID, "they asked again")
	l.must(err)
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Conflict, "only the file of a closed one")
	_, err = l.desk.Close(t.Context(), l.may(l.director, access.RequestClose, string(f.ID)), f.ID, request.Withdrawn, "no")
	l.must(err)
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Conflict, "the schedule keeps")
	l.later(370 * 24 * time.Hour)
	_, err = l.confirmed(l.clerk, f.ID)
	l.wants(err, custody.Conflict, "nobody proposed") // the reopening voided it
	a := l.archive()
	recalled := request.Aged{Request: request.Request{Ended: l.site.Now().Add(-800 * 24 * time.Hour)}, Recalled: l.site.Now().Add(-89 * 24 * time.Hour)}
	if due := a.Due(recalled); due != recalled.Recalled.Add(request.FloorAfter) || a.Keeps(recalled) == nil {
		t.Errorf("a package was recalled 89 days ago: due %s", due)
	}
	if a.Due(request.Aged{}) != 0 || a.Keeps(request.Aged{}) == nil {
		t.Error("an open request is due")
	}
}

// TestFiftyConfirmAtOnce: one carries it out.
func TestFiftyConfirmAtOnce(t *testing.T) {
	l := newLibrary(t)
	f := l.ended("x")
	l.later(370 * 24 * time.Hour)
	_, err := l.proposed(f.ID)
	l.must(err)
	g := l.may(l.clerk, access.RequestDisposeConfirm, string(f.ID))
	var won atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := l.archive().Confirm(context.Background(), g, f.ID); err == nil {
				won.Add(1)
			} else if k := custody.KindOf(err); k != custody.Conflict && k != custody.Denied {
				t.Error(err)
			}
		})
	}
	if group.Wait(); won.Load() != 1 {
		t.Errorf("%d carried it out", won.Load())
	}
}

// TestNoDisposalWithoutADecision asks with the zero Grant and Scope.
func TestNoDisposalWithoutADecision(t *testing.T) {
	a, ctx := request.NewArchive(request.ArchiveParts{}), t.Context()
	for name, act := range map[string]func() error{
		"Propose": func() error { _, err := a.Propose(ctx, access.Grant{}, "", ""); return err },
		"Confirm": func() error { _, err := a.Confirm(ctx, access.Grant{}, ""); return err },
		"List":    func() error { _, err := a.List(ctx, access.Scope{}); return err },
		"ByID":    func() error { _, err := a.ByID(ctx, access.Scope{}, ""); return err },
	} {
		if err := act(); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheDigestOfAFileIsOfEveryWord: another word anywhere gives another digest; the same words give the same.
func TestTheDigestOfAFileIsOfEveryWord(t *testing.T) {
	seen := map[[32]byte]bool{request.Words{}.Digest(): true}
	if (request.Words{Format: "x", Items: []request.ItemWords{}}).Digest() != (request.Words{}).Digest() {
		t.Error("an empty list is none, and the form is fixed")
	}
	for i, w := range []request.Words{{Number: "a"}, {Late: "a"}, {Text: "a"}, {Requester: "a"}, {Contact: "a"}, {Agency: "a"}, {Officer: "a"}, {Badge: "a"},
		{Case: "a"}, {Offence: "a"}, {PickUp: "a"}, {Why: "a"}, {Items: []request.ItemWords{{Place: 1}}}, {Decisions: []request.ItemWords{{Place: 1}}},
		{Calls: []request.NumberedWords{{Text: "a"}}}, {Notes: []request.NumberedWords{{Text: "a"}}}, {Papers: []request.PaperWords{{Name: "a"}}},
		{Packages: []request.PackageWords{{Why: "a"}}}, {Deliveries: []request.DeliveryWords{{SignedBy: "a"}}}} {
		if d := w.Digest(); seen[d] {
			t.Errorf("words %d have the digest of others", i)
		} else {
			seen[d] = true
		}
	}
}
