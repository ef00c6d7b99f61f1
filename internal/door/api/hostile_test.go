package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

const canary = "canary-zebra-7731"

// problem is what every error must look like.
func problem(t *testing.T, a apitest.Answer) {
	t.Helper()
	var p struct {
		Status    int
		Title     string
		RequestID string `json:"request_id"`
	}
	a.Into(&p)
	if ct := a.Header.Get("Content-Type"); ct != "application/problem+json" || p.Status != a.Status || p.Title == "" || p.RequestID == "" {
		t.Errorf("not a whole problem (%s): %s", ct, a.Body)
	}
	if bytes.Contains(a.Body, []byte("canary")) {
		t.Errorf("the answer repeats what was submitted: %s", a.Body)
	}
}

func TestNoAnswerRepeatsWhatWasSubmitted(t *testing.T) {
	s := apitest.New(t)
	admin := s.As(s.Hire("admin", identity.StageFull, nil, identity.Administrator))
	nobody := s.As(apitest.Person{})
	for _, c := range []struct {
		voice        apitest.Voice
		method, path string
		body         string
		status       int
	}{
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"` + canary + `","extra":"` + canary + `"}`, 422},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"p","` + canary + `":1}`, 422},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":{"canary":"` + canary + `"}}`, 422},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"` + canary, 400},
		{nobody, "POST", "/api/sign-in", `["` + canary + `"]`, 422},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"a","password":"` + canary + `"}`, 400},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"a","PASSWORD":"` + canary + `"}`, 400},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"p","client":"` + canary + `"}`, 422},
		{nobody, "POST", "/api/sign-in", strings.Repeat("[", 1000), 400},
		{nobody, "POST", "/api/sign-in", `{"login":"x","password":"` + strings.Repeat("p", 70<<10) + `"}`, 413},
		{nobody, "POST", "/api/sign-in", ``, 400},
		{admin, "GET", "/api/staff?" + canary + "=1", "", 422},
		{admin, "GET", "/api/staff/" + canary, "", 404},
		{admin, "PATCH", "/api/staff/" + canary, `{"version":1}`, 404},
		{admin, "POST", "/api/admin/cameras", `{"name":"n","url":"http://u:` + canary + `@192.0.2.1/"}`, 422},
		{admin, "POST", "/api/admin/cameras/test", `{"url":"` + canary + `"}`, 422},
		{admin, "POST", "/api/delegations", `{"to":"` + canary + `","from":"x","until":"y","reason":"z"}`, 403},
		{admin, "GET", "/api/viewings/" + canary, "", 404},
	} {
		var body any
		if c.body != "" || c.method != "GET" {
			body = []byte(c.body)
		}
		problem(t, c.voice.Do(c.method, c.path, body).Wants(c.status))
	}
	problem(t, nobody.Do("POST", "/api/sign-in", []byte(`login=x`), "Content-Type", "application/x-www-form-urlencoded").Wants(415))
	if strings.Contains(s.Log.String(), canary) {
		t.Error("the log has what was submitted")
	}
}

// TestNoFieldComesInUnseen tries to set what no shape has.
func TestNoFieldComesInUnseen(t *testing.T) {
	s := apitest.New(t)
	p := s.Hire("admin", identity.StageFull, nil, identity.Administrator)
	admin := s.As(p)
	var me struct{ Version int64 }
	admin.Get("/api/staff/" + string(p.ID)).Wants(http.StatusOK).Into(&me)
	for _, field := range []string{"roles", "id", "login", "has_password", "acknowledged_at", "Password", "HasTOTP", "policy", "bundle"} {
		body, _ := json.Marshal(map[string]any{"version": me.Version, field: "x"})
		problem(t, admin.Do("PATCH", "/api/staff/"+string(p.ID), body).Wants(http.StatusUnprocessableEntity))
	}
	cam := string(s.Camera("Hall", access.PublicArea))
	for _, field := range []string{"class", "streams", "secret", "hold_epoch", "removed", "retention_days", "id"} {
		body, _ := json.Marshal(map[string]any{"version": 1, field: "staff-area"})
		problem(t, admin.Do("PATCH", "/api/admin/cameras/"+cam, body).Wants(http.StatusUnprocessableEntity))
	}
	for _, path := range []string{"/api/staff/" + string(p.ID), "/api/admin/cameras/" + cam, "/api/settings"} {
		problem(t, admin.Do("PATCH", path, []byte(`{}`)).Wants(http.StatusUnprocessableEntity)) // a change carries the version that was read
	}
	admin.Do("PATCH", "/api/staff/"+string(p.ID), map[string]any{"name": "Other", "version": me.Version + 7}).Wants(http.StatusConflict)
}

func TestPurposeBeforePictures(t *testing.T) {
	s := apitest.New(t)
	hall, yard := s.Camera("Hall", access.PublicArea), s.Camera("Yard", access.PublicArea)
	span := custody.Span{Start: s.Clock.Now().Add(-3600e9), End: s.Clock.Now().Add(-1800e9)}
	clerk := s.As(s.Hire("clerk", identity.StageFull, []custody.CameraID{hall}, identity.Viewer))
	other := s.As(s.Hire("other", identity.StageFull, nil, identity.Viewer))
	auditor := s.As(s.Hire("auditor", identity.StageFull, nil, identity.Auditor))

	var v struct{ ID string }
	clerk.View(hall, span).Wants(http.StatusCreated).Into(&v)
	clerk.View(yard, span).Wants(http.StatusNotFound)
	clerk.View(custody.NewCameraID(), span).Wants(http.StatusNotFound)
	clerk.Do("POST", "/api/viewings", map[string]any{"cameras": []string{string(hall)}, "text": "t"}).Wants(http.StatusUnprocessableEntity)

	index := "/api/viewings/" + v.ID + "/cameras/" + string(hall) + "/index?from_us=1&to_us=2"
	clerk.Get("/api/viewings/" + v.ID).Wants(http.StatusOK)
	clerk.Get(index).Wants(http.StatusOK)
	other.Get("/api/viewings/" + v.ID).Wants(http.StatusNotFound)
	other.Get(index).Wants(http.StatusNotFound)
	clerk.Do("DELETE", "/api/viewings/"+v.ID, nil).Wants(http.StatusNoContent)
	clerk.Get(index).Wants(http.StatusForbidden)

	var own, all struct{ Viewings []any }
	clerk.Get("/api/me/viewings").Wants(http.StatusOK).Into(&own)
	other.Get("/api/me/viewings").Wants(http.StatusOK).Into(&all)
	if len(own.Viewings) != 1 || len(all.Viewings) != 0 {
		t.Errorf("the clerk sees %d viewings of their own, another %d of theirs", len(own.Viewings), len(all.Viewings))
	}
	auditor.Get("/api/audit/export?format=csv").Wants(http.StatusOK)
	var page struct{ Entries []struct{ Type string } }
	auditor.Get("/api/audit?type=audit.exported").Wants(http.StatusOK).Into(&page)
	if len(page.Entries) != 2 {
		t.Errorf("an export left %d entries, want one before and one after", len(page.Entries))
	}
}

// TestAPanicTellsNothing lets a handler panic with a secret in its hands: the caller learns a number, the log a place.
func TestAPanicTellsNothing(t *testing.T) {
	s := apitest.New(t)
	admin := s.As(s.Hire("admin", identity.StageFull, nil, identity.Administrator))
	s.Faint = func() { panic("the password is " + canary) }
	problem(t, admin.Get("/api/health").Wants(http.StatusInternalServerError))
	s.Faint = func() { panic(&custody.Error{Kind: custody.Denied, Public: canary}) }
	problem(t, admin.Get("/api/health").Wants(http.StatusInternalServerError))
	s.Faint = func() { _ = []string{canary}[len(canary)] }
	problem(t, admin.Get("/api/health").Wants(http.StatusInternalServerError))
	if log := s.Log.String(); strings.Contains(log, canary) || !strings.Contains(log, "hostile_test.go") {
		t.Errorf("the log tells of the panic: %s", s.Log.Tail(2000))
	}
	s.Faint = nil
	admin.Get("/api/health").Wants(http.StatusOK)
}
