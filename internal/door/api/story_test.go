package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/trust/access"
)

// TestAHoldNamesItsRequest, in the list and alone, and after every act on it; one without a request has no number.
func TestAHoldNamesItsRequest(t *testing.T) {
	b := newBureau(t)
	f, free := b.Logged(access.OpenRecords, b.hall, noon(b.Site)), b.Held(b.hall, noon(b.Site))
	clerk, director := b.clerkSays(), b.directorSays()
	var all api.Holds
	clerk.Get("/api/holds").Wants(http.StatusOK).Into(&all)
	want := map[bool]string{true: f.Number, false: ""}
	for _, h := range all.Holds {
		if h.Number != want[h.Request == string(f.ID)] {
			t.Errorf("the hold of %q is of number %q", h.Request, h.Number)
		}
		var one api.Hold
		if clerk.Get("/api/holds/" + h.ID).Wants(http.StatusOK).Into(&one); one.Number != h.Number {
			t.Errorf("alone it is of %q, in the list of %q", one.Number, h.Number)
		}
		if director.Do("POST", "/api/holds/"+h.ID+"/lift", object{"why": "no longer"}).Wants(http.StatusOK).Into(&one); one.Number != h.Number {
			t.Errorf("when its end is proposed it is of %q, before of %q", one.Number, h.Number)
		}
	}
	if len(all.Holds) != 2 || free.Request != "" {
		t.Errorf("%d holds", len(all.Holds))
	}
}

// TestTheStorySaysWhereTheRequestMoved: every move of a request is told with where to, and no two in the same words.
func TestTheStorySaysWhereTheRequestMoved(t *testing.T) {
	b := newBureau(t)
	d := b.HandedOver(b.hall, noon(b.Site))
	f := b.Scoped(access.OpenRecords, b.hall, noon(b.Site))
	for _, act := range []string{"clarify", "resume", "misdirect", "resume"} {
		b.clerkSays().Do("POST", "/api/requests/"+string(f.ID)+"/"+act, object{"text": "x"}).Wants(http.StatusOK)
	}
	told := map[string]bool{}
	for _, id := range []custody.RequestID{d.Request, f.ID} {
		var s api.Story
		b.clerkSays().Get("/api/requests/" + string(id) + "/story").Wants(http.StatusOK).Into(&s)
		for _, e := range s.Entries {
			if e.Act == string(custody.EventRequestMoved) {
				told[e.Text] = true
			}
		}
	}
	words := ""
	for text := range told {
		words += text + "\n"
	}
	for _, want := range []string{"may be handed over", "the receipt is out", "asked for more", "Another body", "are to be proposed"} {
		if !strings.Contains(words, want) {
			t.Errorf("no entry says %q:\n%s", want, words)
		}
	}
	if strings.Contains(words, "moved on") {
		t.Errorf("an entry does not say where to:\n%s", words)
	}
}

// TestWhoHasAPackageMadeAgainIsInTheDiary, and who stops one, each once; an act that came to nothing is not.
func TestWhoHasAPackageMadeAgainIsInTheDiary(t *testing.T) {
	b := newBureau(t)
	p := b.Failed(access.OpenRecords, b.hall, noon(b.Site))
	one := "/api/packages/" + string(p.ID)
	entries := func(act custody.EventType) (by []string) {
		var s api.Story
		b.clerkSays().Get("/api/requests/" + string(p.Request) + "/story").Wants(http.StatusOK).Into(&s)
		for _, e := range s.Entries {
			if e.Act == string(act) {
				by = append(by, e.By)
			}
		}
		return by
	}
	failed := len(entries(custody.EventPackageFailed))
	b.clerkSays().Do("POST", one+"/retry", nil).Wants(http.StatusNoContent)
	problem(t, b.directorSays().Do("POST", one+"/retry", nil).Wants(http.StatusConflict))
	b.directorSays().Do("POST", one+"/cancel", nil).Wants(http.StatusNoContent)
	problem(t, b.clerkSays().Do("POST", one+"/cancel", nil).Wants(http.StatusConflict))
	if by := entries(custody.EventPackageRetried); len(by) != 1 || by[0] != b.nameOf(b.Clerk().ID) {
		t.Errorf("made again by %v", by)
	}
	if by := entries(custody.EventPackageFailed); len(by) != failed+1 || by[failed] != b.nameOf(b.Director().ID) {
		t.Errorf("stopped by %v", by)
	}
}

// nameOf is what a member of staff is called.
func (b *bureau) nameOf(id custody.StaffID) string {
	s, err := b.DB.StaffByID(context.Background(), id)
	if err != nil {
		return err.Error()
	}
	return s.Name
}
