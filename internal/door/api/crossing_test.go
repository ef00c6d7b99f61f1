package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// browser signs a person in as a browser does and returns the cookie and the CSRF value of the session.
func browser(t *testing.T, s *apitest.Site, p apitest.Person) (cookie, csrf string) {
	var in api.SignedIn
	a := s.As(apitest.Person{}).Do("POST", "/api/sign-in", object{"login": p.Login, "password": identitytest.Password, "code": string(p.Code(s))}, "Origin", s.URL, "Sec-Fetch-Site", "same-origin").
		Wants(http.StatusOK).Into(&in)
	set := a.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-custody=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(set, want) {
			t.Errorf("the cookie lacks %s: %s", want, set)
		}
	}
	if strings.Contains(set, "Domain") || in.Token != "" {
		t.Errorf("a browser's sign-in: %s, token %q", set, in.Token)
	}
	cookie, _, _ = strings.Cut(set, ";")
	return cookie, in.Session.CSRF
}

// TestOtherPagesCannotAct tries every act of the table as another site's page would, and as a page that knows too little. Nothing is done:
// the diary has no entry more.
func TestOtherPagesCannotAct(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.event = s.Camera("Hall", access.PublicArea), s.FirstEvent()
	p := s.Hire("all", identity.StageFull, nil, identity.Viewer, identity.Custodian, identity.Administrator, identity.Auditor)
	cookie, csrf := browser(t, s.Site, p)
	_, another := browser(t, s.Site, p)
	nobody := s.As(apitest.Person{})
	nobody.Do("POST", "/api/session/refresh", nil, "Cookie", cookie, "Origin", s.URL, "X-CSRF", csrf).Wants(http.StatusOK)
	wrong := map[string][]string{
		"no header":         {"Cookie", cookie, "Origin", s.URL},
		"empty":             {"Cookie", cookie, "Origin", s.URL, "X-CSRF", ""},
		"another session's": {"Cookie", cookie, "Origin", s.URL, "X-CSRF", another},
		"longer":            {"Cookie", cookie, "Origin", s.URL, "X-CSRF", csrf + "A"},
		"foreign":           {"Cookie", cookie, "Origin", "http://elsewhere.example", "X-CSRF", csrf},
		"null":              {"Cookie", cookie, "Origin", "null", "X-CSRF", csrf},
		"suffix":            {"Cookie", cookie, "Origin", s.URL + ".elsewhere.example", "X-CSRF", csrf},
		"other port":        {"Cookie", cookie, "Origin", "http://localhost:1", "X-CSRF", csrf},
		"other scheme":      {"Cookie", cookie, "Origin", strings.Replace(s.URL, "http:", "https:", 1), "X-CSRF", csrf},
		"cross-site":        {"Cookie", cookie, "Sec-Fetch-Site", "cross-site", "X-CSRF", csrf},
		"same-site":         {"Cookie", cookie, "Sec-Fetch-Site", "same-site", "X-CSRF", csrf},
		"typed":             {"Cookie", cookie, "Sec-Fetch-Site", "none", "X-CSRF", csrf},
		"they disagree":     {"Cookie", cookie, "Origin", s.URL, "Sec-Fetch-Site", "cross-site", "X-CSRF", csrf},
		"no origin":         {"Cookie", cookie, "X-CSRF", csrf},
		"referrer only":     {"Cookie", cookie, "Referer", s.URL + "/", "X-CSRF", csrf},
		"cookie twice":      {"Cookie", cookie + "; " + cookie, "Origin", s.URL, "X-CSRF", csrf},
		"cookie and Bearer": {"Cookie", cookie, "Authorization", "Bearer " + string(p.Token), "Origin", s.URL, "X-CSRF", csrf},
		"foreign Bearer":    {"Authorization", "Bearer " + string(p.Token), "Origin", "http://elsewhere.example"},
		"override":          {"Cookie", cookie, "Origin", s.URL, "X-CSRF", csrf, "X-HTTP-Method-Override", "GET"},
		"override 2":        {"Cookie", cookie, "Origin", s.URL, "X-CSRF", csrf, "X-Method-Override", "DELETE"},
	}
	for _, l := range s.Door.Table() {
		if l.Public || l.Method == http.MethodGet {
			continue
		}
		r := s.valid(t, l, p)
		before := s.logSize(t)
		for name, headers := range wrong {
			if l.Takes > 0 {
				headers = append(slices.Clone(headers), "Content-Type", "application/octet-stream")
			}
			a := nobody.Do(l.Method, r.path, r.body, headers...)
			if a.Status != http.StatusForbidden && a.Status != http.StatusBadRequest {
				t.Errorf("%s, %s: %d %s", l.ID, name, a.Status, a.Body)
			}
		}
		if after := s.logSize(t); after != before {
			t.Errorf("%s: %d entries in the diary by acts that were refused", l.ID, after-before)
		}
	}
}

func (s *stageset) logSize(t *testing.T) uint64 {
	h, err := s.DB.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h.Size
}

// TestNoFieldIsSmuggledIn adds to every body what its shape does not have.
func TestNoFieldIsSmuggledIn(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.event = s.Camera("Hall", access.PublicArea), s.FirstEvent()
	p := s.Hire("all", identity.StageFull, nil, identity.Viewer, identity.Custodian, identity.Administrator, identity.Auditor)
	fields := []string{"id", "Id", "_id", "version2", "roles2", "staff_id", "actor", "by", "at", "session", "sid", "grant", "granted", "admin", "is_admin", "stage", "enrol",
		"has_password", "acknowledged_at", "hold_epoch", "__proto__", "constructor", "viewing", "expires_at", "span", "restrictions"}
	for _, l := range s.Door.Table() {
		r := s.valid(t, l, p)
		base, ok := r.body.(map[string]any)
		if !ok {
			continue
		}
		for _, f := range fields {
			if _, known := base[f]; known || l.ID == "role-give" && f == "roles2" {
				continue
			}
			a := s.As(p).Do(l.Method, r.path, with(base, object{f: "x"}))
			if a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s takes %s: %d %s", l.ID, f, a.Status, a.Body)
			}
		}
	}
}

// TestAddressesCarryNoCredential puts tokens where histories and logs would keep them.
func TestAddressesCarryNoCredential(t *testing.T) {
	s := apitest.New(t)
	p := s.Hire("clerk", identity.StageFull, nil, identity.Viewer)
	nobody := s.As(apitest.Person{})
	for _, key := range []string{"token", "access_token", "Access_Token", "id_token", "jwt", "authorization", "sid", "session", "password", "_method"} {
		problem(t, nobody.Get("/api/session?"+key+"="+string(p.Token)).Wants(http.StatusBadRequest))
		problem(t, s.As(p).Get("/api/cameras?"+key+"=x").Wants(http.StatusBadRequest))
	}
	nobody.Get("/api/session/" + string(p.Token)).Wants(http.StatusNotFound)
	nobody.Get("/api/session?auth=" + string(p.Token)).Wants(http.StatusUnauthorized)
	if strings.Contains(s.Log.String(), string(p.Token)) {
		t.Error("the log has a token that stood in an address")
	}
}

// TestTheSiteHasOneName asks in other names: nothing of a request decides what the site is called.
func TestTheSiteHasOneName(t *testing.T) {
	s := apitest.New(t)
	p := s.Hire("admin", identity.StageFull, nil, identity.Administrator)
	var added api.StaffAdded
	s.As(p).Do("POST", "/api/staff", object{"login": "new", "name": "New", "bundle": "staff", "all_cameras": true, "cameras": []string{}}, "X-Forwarded-Host", "elsewhere.example",
		"X-Forwarded-Proto", "https", "Forwarded", "host=elsewhere.example", "X-Original-URL", "/api/session", "X-Rewrite-URL", "/api/session").Wants(http.StatusCreated).Into(&added)
	if !strings.HasPrefix(added.Invitation.Link, s.URL+"/join#") {
		t.Errorf("the link is %s", added.Invitation.Link)
	}
	own := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct{ request, want string }{
		{"GET /api/site HTTP/1.1\r\nHost: " + own + "\r\n\r\n", "200"},
		{"GET /api/site HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", "421"},
		{"GET /api/site HTTP/1.1\r\nHost: " + own + ".elsewhere.example\r\n\r\n", "421"},
		{"GET /api/site HTTP/1.1\r\nHost: " + own + "@elsewhere.example\r\n\r\n", "4"},
		{"GET http://elsewhere.example/api/site HTTP/1.1\r\nHost: " + own + "\r\n\r\n", "421"},
		{"GET /api/site HTTP/1.1\r\nHost: " + own + "\r\nHost: elsewhere.example\r\n\r\n", "400"},
		{"GET /api/site HTTP/1.1\r\n\r\n", "400"},
		{"GET /api/site HTTP/1.0\r\n\r\n", "421"},
		{"TRACE /api/site HTTP/1.1\r\nHost: " + own + "\r\n\r\n", "405"},
		{"CONNECT " + own + " HTTP/1.1\r\nHost: " + own + "\r\n\r\n", "4"},
		{"POST /api/sign-in HTTP/1.1\r\nHost: " + own + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		{"POST /api/sign-in HTTP/1.1\r\nHost: " + own + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400"},
	} {
		if got := rawly(t, own, c.request); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %s, want %s", c.request, got, c.want)
		}
	}
}

// rawly writes a request as it stands and returns the status.
func rawly(t *testing.T, address, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprint(c, request); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) < 2 || !slices.Contains([]string{"HTTP/1.1", "HTTP/1.0"}, fields[0]) {
		t.Fatalf("%q: %q, %v", request, line, err)
	}
	return fields[1]
}
