package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestWhoIsConcernedReadsNothing: a request that concerns a member of staff, its items, papers, letters, holds, packages and hand-overs answer
// them word for word as what does not exist does, and are in no list; the lists of everybody else are whole.
func TestWhoIsConcernedReadsNothing(t *testing.T) {
	b := newBureau(t)
	d := b.HandedOver(b.hall, noon(b.Site))
	theirs, other := string(d.Request), b.Scoped(access.OpenRecords, b.hall, noon(b.Site))
	subject := b.Hire("subject", identity.StageFull, nil, identity.Custodian, identity.Preparer)
	reads := func() (requests api.Requests, holds api.Holds) {
		b.As(subject).Get("/api/requests?limit=1").Wants(http.StatusOK).Into(&requests)
		b.As(subject).Get("/api/holds").Wants(http.StatusOK).Into(&holds)
		return requests, holds
	}
	director := b.directorSays()
	var r api.Request
	var paper api.Attachment
	director.Upload("/api/requests/"+theirs+"/attachments?name=a", []byte("a")).Wants(http.StatusOK).Into(&paper)
	director.Get("/api/requests/" + theirs).Wants(http.StatusOK).Into(&r)
	lines := map[string]string{"/api/requests/" + theirs: theirs, "/api/requests/" + theirs + "/story": theirs, "/api/requests/" + theirs + "/letters/answer": theirs,
		"/api/requests/" + theirs + "/letters/acknowledgement": theirs, "/api/requests/" + theirs + "/attachments/" + paper.ID: theirs,
		"/api/requests/" + theirs + "/items/" + r.Items[0].ID + "/preview": r.Items[0].ID, "/api/holds/" + r.Holds[0].ID: r.Holds[0].ID,
		"/api/packages/" + string(d.Package): string(d.Package), "/api/packages/" + string(d.Package) + "/documents/package.json": string(d.Package),
		"/api/packages/" + string(d.Package) + "/receipt": string(d.Package)}
	b.As(subject).Do("PATCH", "/api/requests/"+theirs, object{"concerned": []string{string(subject.ID)}, "because": "I am in the picture", "version": r.Version}).Wants(http.StatusNotFound)
	if now, _, err := b.DB.RequestByID(t.Context(), d.Request); err != nil || len(now.Concerned) != 1 {
		t.Fatalf("who says that it concerns them is heard: %+v %v", now.Concerned, err)
	}
	none := map[string]string{"req_": string(custody.NewRequestID()), "itm_": string(custody.NewItemID()), "hld_": string(custody.NewHoldID()), "pkg_": string(custody.NewPackageID())}
	for path, id := range lines {
		a, absent := b.As(subject).Get(path).Wants(http.StatusNotFound), b.As(subject).Get(strings.ReplaceAll(path, id, none[id[:4]])).Wants(http.StatusNotFound)
		if p, q := detailIn(t, a), detailIn(t, absent); p != q {
			t.Errorf("%s answers %q, and what does not exist %q", path, p, q)
		}
		if a := director.Get(path); a.Status == http.StatusNotFound {
			t.Errorf("%s is hidden from everybody: %s", path, a.Body)
		}
	}
	b.As(subject).Do("POST", "/api/deliveries/"+string(d.ID)+"/receipt", object{"signed_by": "x"}).Wants(http.StatusNotFound)
	requests, holds := reads()
	if len(requests.Requests) != 1 || requests.Requests[0].ID != string(other.ID) {
		t.Errorf("a list of one shows %+v", requests.Requests)
	}
	for _, h := range holds.Holds {
		if h.Request == theirs {
			t.Errorf("the list of holds tells of it: %+v", h)
		}
	}
	var whole api.Requests
	if director.Get("/api/requests").Wants(http.StatusOK).Into(&whole); len(whole.Requests) != 2 || len(holds.Holds) == 0 {
		t.Errorf("the director sees %d requests, who is concerned %d holds of others", len(whole.Requests), len(holds.Holds))
	}
}

// detailIn is what a problem says.
func detailIn(t *testing.T, a apitest.Answer) string {
	t.Helper()
	var p struct{ Detail string }
	a.Into(&p)
	return p.Detail
}
