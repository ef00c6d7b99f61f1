package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	desk "github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// bureau is a site where two people work on requests about one hall.
type bureau struct {
	*apitest.Site
	hall custody.CameraID
}

func newBureau(t *testing.T) *bureau {
	s := apitest.New(t)
	return &bureau{s, s.Camera("Hall", access.PublicArea)}
}

func (b *bureau) clerkSays() apitest.Voice    { return b.As(b.SignIn(b.Clerk())) }
func (b *bureau) directorSays() apitest.Voice { return b.As(b.SignIn(b.Director())) }

// edit is a change of a request with a body that is right but for its version.
type edit struct {
	method, path string
	body         object
	director     bool
}

// edits are all changes that carry a version, on a request with one proposed item.
func (b *bureau) edits(f desk.File) []edit {
	one := "/api/requests/" + string(f.ID)
	item := string(f.Items[0].ID)
	span := noon(b.Site)
	scope := object{"camera": string(b.hall), "from": span.Start.String(), "to": span.End.Add(-time.Minute).String()}
	ruling := object{"items": []object{{"item": item, "outcome": "deny", "citation": "Iowa Code 22.7(50)"}}}
	return []edit{
		{"PATCH", one, object{"requester": object{"name": "A. Person", "contact": ""}}, false},
		{"POST", one + "/items", scope, false},
		{"PUT", one + "/items/" + item, scope, false},
		{"POST", one + "/items/" + item + "/withdraw", object{"why": "no longer"}, false},
		{"POST", one + "/propose", ruling, false},
		{"POST", one + "/decide", ruling, true},
		{"POST", one + "/close", object{"closing": "withdrawn", "why": "no longer"}, true},
		{"POST", one + "/reopen", object{"why": "again"}, true},
	}
}

func plus(o object, name string, value any) object {
	out := object{name: value}
	for k, v := range o {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// TestNobodyChangesWhatTheyDidNotSee sends changes with versions that are not the request's, and with none.
func TestNobodyChangesWhatTheyDidNotSee(t *testing.T) {
	b := newBureau(t)
	f := b.Proposed(access.OpenRecords, b.hall, noon(b.Site), access.Refused)
	clerk, director := b.clerkSays(), b.directorSays()
	for _, e := range b.edits(f) {
		v := clerk
		if e.director {
			v = director
		}
		for _, stale := range []int64{f.Version - 1, f.Version + 1} {
			problem(t, v.Do(e.method, e.path, plus(e.body, "version", stale)).Wants(http.StatusConflict))
		}
		for _, none := range []any{0, -1, "3", nil, 1.5, 1e30} {
			problem(t, v.Do(e.method, e.path, plus(e.body, "version", none)).Wants(http.StatusUnprocessableEntity))
		}
		problem(t, v.Do(e.method, e.path, e.body).Wants(http.StatusUnprocessableEntity))
		problem(t, v.Do(e.method, e.path, plus(plus(e.body, "version", f.Version), "state", "closed")).Wants(http.StatusUnprocessableEntity))
	}
	b.is(t, f)
}

// is holds a request against what it was.
func (b *bureau) is(t *testing.T, f desk.File) {
	t.Helper()
	now, items, err := b.DB.RequestByID(t.Context(), f.ID)
	if err != nil || now.Version != f.Version || now.State != f.State || len(items) != len(f.Items) {
		t.Errorf("the request is %s at version %d with %d items, was %s at %d with %d (%v)", now.State, now.Version, len(items), f.State, f.Version, len(f.Items), err)
	}
}

// TestAnItemAnswersUnderItsOwnRequest asks for an item by the path of another request, and of none.
func TestAnItemAnswersUnderItsOwnRequest(t *testing.T) {
	b := newBureau(t)
	f, other := b.Proposed(access.OpenRecords, b.hall, noon(b.Site), access.Refused), b.Scoped(access.OpenRecords, b.hall, noon(b.Site))
	clerk, director := b.clerkSays(), b.directorSays()
	for _, id := range []string{string(other.ID), string(custody.NewRequestID())} {
		for _, e := range b.edits(f)[2:6] {
			v := clerk
			if e.director {
				v = director
			}
			problem(t, v.Do(e.method, strings.Replace(e.path, string(f.ID), id, 1), plus(e.body, "version", f.Version)).Wants(http.StatusNotFound))
		}
		problem(t, clerk.Get("/api/requests/"+id+"/items/"+string(f.Items[0].ID)+"/preview").Wants(http.StatusNotFound))
	}
	b.is(t, f)
	clerk.Get("/api/requests/" + string(f.ID) + "/items/" + string(f.Items[0].ID) + "/preview").Wants(http.StatusOK)
}

// TestIdsOfTheWrongKindNameNothing puts ids of other things, and what is no id, where an id belongs.
func TestIdsOfTheWrongKindNameNothing(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.event = s.Camera("Hall", access.PublicArea), s.FirstEvent()
	wrong := []string{string(s.assigned), string(s.FirstEvent()), string(custody.NewRequestID()), string(custody.NewItemID()), string(custody.NewPackageID()),
		string(custody.NewHoldID()), string(custody.NewDeliveryID()), string(custody.NewAgencyID()), string(custody.NewAttachmentID()), canary, "..%2f..%2fetc", "%00", "req_", strings.Repeat("a", 600)}
	for _, l := range s.Door.Table() {
		x, ok := s.prop(t, l.ID)
		if !ok || len(x.ids) == 0 {
			continue
		}
		voice := s.As(s.SignIn(s.Director()))
		for name := range x.ids {
			if !strings.Contains(l.Path, ":"+name) {
				continue
			}
			for _, id := range wrong {
				path := strings.ReplaceAll(l.Path, ":"+name, id)
				for other, right := range x.ids {
					path = strings.ReplaceAll(path, ":"+other, right)
				}
				var a apitest.Answer
				if raw, ok := x.body.([]byte); ok {
					a = voice.Upload(path, raw)
				} else {
					a = voice.Do(l.Method, path+x.query, x.body)
				}
				if a.Status != http.StatusNotFound && a.Status != http.StatusBadRequest {
					t.Errorf("%s with %.40s as %s: %d %.200s", l.ID, id, name, a.Status, a.Body)
				}
				if a.Status != http.StatusBadRequest {
					problem(t, a)
				}
			}
		}
	}
}

// TestWhoIsConcernedActsOnNothing names the clerk and the director as subjects of requests.
func TestWhoIsConcernedActsOnNothing(t *testing.T) {
	b := newBureau(t)
	f := b.Proposed(access.OpenRecords, b.hall, noon(b.Site), access.Refused)
	p := b.Packed(access.OpenRecords, b.hall, noon(b.Site))
	other := b.As(b.Hire("other", identity.StageFull, nil, identity.Custodian))
	people := []string{string(b.Clerk().ID), string(b.Director().ID)}
	for _, id := range []custody.RequestID{f.ID, p.Request} {
		var r api.Request
		other.Get("/api/requests/" + string(id)).Wants(http.StatusOK).Into(&r)
		other.Do("PATCH", "/api/requests/"+string(id), object{"concerned": people, "because": "they stand in the picture", "version": r.Version}).Wants(http.StatusOK)
	}
	now, _, err := b.DB.RequestByID(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	clerk, director := b.clerkSays(), b.directorSays()
	for _, e := range b.edits(f) {
		for _, v := range []apitest.Voice{clerk, director} {
			problem(t, v.Do(e.method, e.path, plus(e.body, "version", now.Version)).Wants(http.StatusForbidden))
		}
	}
	one, pkg := "/api/requests/"+string(f.ID), "/api/packages/"+string(p.ID)
	for path, body := range map[string]object{one + "/notes": {"text": "x"}, one + "/clarify": {"text": "x"}, one + "/misdirect": {"text": "x"},
		pkg + "/deliveries": {"way": "folder", "recipient": "somebody"}, pkg + "/recall": {"why": "x"}} {
		problem(t, director.Do("POST", path, body).Wants(http.StatusForbidden))
	}
	problem(t, director.Upload(one+"/attachments?name=a", []byte("a")).Wants(http.StatusForbidden))
	problem(t, director.Get(pkg+"/zip").Wants(http.StatusForbidden))
	problem(t, director.Do("POST", pkg+"/verify", nil).Wants(http.StatusForbidden))
	now.Version-- // what the loop compares with
	if again, _, err := b.DB.RequestByID(t.Context(), f.ID); err != nil || again.Version != now.Version+1 {
		t.Errorf("the request is at version %d (%v), was at %d", again.Version, err, now.Version+1)
	}
}

// TestClosedRequestsRest tries every change on a request that was closed, and takes its package out.
func TestClosedRequestsRest(t *testing.T) {
	b := newBureau(t)
	f := b.Proposed(access.OpenRecords, b.hall, noon(b.Site), access.Refused)
	clerk, director := b.clerkSays(), b.directorSays()
	one := "/api/requests/" + string(f.ID)
	var r api.Request
	director.Do("POST", one+"/close", object{"closing": "withdrawn", "why": "no longer", "version": f.Version}).Wants(http.StatusOK).Into(&r)
	if r.State != "closed" || r.Closing != "withdrawn" || r.Next.Act != "none" || r.Due != nil {
		t.Errorf("closed: %+v", r)
	}
	for _, e := range b.edits(f)[:6] {
		v := clerk
		if e.director {
			v = director
		}
		problem(t, v.Do(e.method, e.path, plus(e.body, "version", r.Version)).Wants(http.StatusForbidden))
	}
	for _, act := range []string{"notes", "clarify", "misdirect", "resume"} {
		problem(t, clerk.Do("POST", one+"/"+act, object{"text": "x"}).Wants(http.StatusForbidden))
	}
	problem(t, clerk.Upload(one+"/attachments?name=a", []byte("a")).Wants(http.StatusForbidden))
	problem(t, director.Do("POST", one+"/close", object{"closing": "withdrawn", "why": "again", "version": r.Version}).Wants(http.StatusConflict))
	version := r.Version
	r = api.Request{}
	director.Do("POST", one+"/reopen", object{"why": "asked again", "version": version}).Wants(http.StatusOK).Into(&r)
	if r.State == "closed" || r.Closing != "" {
		t.Errorf("reopened: %s %s", r.State, r.Closing)
	}
	clerk.Do("POST", one+"/notes", object{"text": "opened again"}).Wants(http.StatusOK)
}

// TestDecisionsAreSignedFor lets a sign-in grow stale before every act that wants a fresh one.
func TestDecisionsAreSignedFor(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.event = s.Camera("Hall", access.PublicArea), s.FirstEvent()
	for _, l := range s.Door.Table() {
		if !signed(l.ID) {
			continue
		}
		x, _ := s.prop(t, l.ID)
		path := l.Path
		for name, id := range x.ids {
			path = strings.ReplaceAll(path, ":"+name, id)
		}
		p := s.Hire(s.fresh("custodian"), identity.StageFull, nil, identity.Custodian)
		for range 3 {
			s.Clock.Advance(2 * time.Minute)
			if renewed := s.As(p).Get("/api/session").Wants(http.StatusOK).Header.Get("X-Token"); renewed != "" {
				p.Token = identity.Secret(renewed)
			}
		}
		a := s.As(p).Do(l.Method, path+x.query, x.body).Wants(http.StatusForbidden)
		var why struct{ Confirm bool }
		if a.Into(&why); !why.Confirm {
			t.Errorf("%s does not say that credentials have to be given again: %s", l.ID, a.Body)
		}
		c := s.As(p).Do("POST", "/api/session/confirm", object{"password": identitytest.Password, "code": string(p.Code(s.Site))}).Wants(http.StatusOK)
		if renewed := c.Header.Get("X-Token"); renewed != "" {
			p.Token = identity.Secret(renewed)
		}
		if a := s.As(p).Do(l.Method, path+x.query, x.body); a.Status/100 != 2 {
			t.Errorf("%s, signed for: %d %s", l.ID, a.Status, a.Body)
		}
	}
}
