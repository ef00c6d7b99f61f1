package request_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// TestAFileHasAnEnd: notes by hand stop at a bound, and leave room for what is said about acts; those and the calls have a bound of their own.
// What is refused says which, and leaves no trace.
func TestAFileHasAnEnd(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			n := request.Note{Request: r.ID, Text: "x", By: l.clerk.Staff(), At: l.site.Now()}
			if err := l.db.AddNote(t.Context(), n, dbtest.Event(t, custody.EventRequestNoted, string(r.ID))); err != nil {
				t.Fatalf("note %d: %v", i, err)
			}
		}
	}
	fill(0, request.MaxNotes-1)
	prepare := func() access.Grant { return l.may(l.clerk, access.RequestPrepare, string(r.ID)) }
	l.must(l.desk.Note(t.Context(), prepare(), r.ID, "the last"))
	l.wants(l.desk.Note(t.Context(), prepare(), r.ID, "one more"), custody.Exhausted, "at most 500 notes")
	said := 0
	for {
		_, err := l.desk.Clarify(t.Context(), prepare(), r.ID, "which door?")
		if err == nil {
			said++
			if _, err = l.desk.Resume(t.Context(), prepare(), r.ID, "the back door"); err == nil {
				said++
				continue
			}
		}
		l.wants(err, custody.Exhausted, "at most 1000 notes")
		break
	}
	notes, err := l.desk.Notes(t.Context(), l.scope(l.clerk), r.ID)
	if err != nil || len(notes) != request.MaxRemarks || said != request.MaxRemarks-request.MaxNotes {
		t.Errorf("%d notes, %d about acts (%v)", len(notes), said, err)
	}
	agency := l.agency()
	for i := range request.MaxCallBacks + 1 {
		_, err := l.desk.CallBack(t.Context(), prepare(), r.ID, agency, false, "nobody")
		if i < request.MaxCallBacks {
			l.must(err)
		} else {
			l.wants(err, custody.Exhausted, "at most 100 call-backs")
		}
	}
	if calls, err := l.desk.CallBacks(t.Context(), l.scope(l.clerk), r.ID); err != nil || len(calls) != request.MaxCallBacks {
		t.Errorf("%d calls (%v)", len(calls), err)
	}
}
