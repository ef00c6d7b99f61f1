package api_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got): go test -run %s -update, and read what changed\n%s", path, t.Name(), diff)
	}
}

// TestTheTableOfLines prints every line of the API.
func TestTheTableOfLines(t *testing.T) {
	s := apitest.New(t)
	var out strings.Builder
	for _, l := range s.Door.Table() {
		fmt.Fprintf(&out, "%s\t%s\n", l, l.ID)
	}
	golden(t, "routes.golden", out.String())
}

// request is a valid minimal request for one line, made afresh so that what it changes is its own.
type request struct {
	path string
	body any
}

// stageset has the site on which every line is asked by everybody.
type stageset struct {
	*apitest.Site
	assigned, other custody.CameraID
	event           custody.EventID
	n               int
	props           map[string]prop // of lines about requests, until they are used up
}

// fresh is a name that nothing has yet.
func (s *stageset) fresh(what string) string { s.n++; return what + strconv.Itoa(s.n) }

// valid is the request for a line.
func (s *stageset) valid(t *testing.T, l gate.Line, p apitest.Person) request {
	t.Helper()
	path := l.Path
	put := func(name, value string) { path = strings.ReplaceAll(path, ":"+name, value) }
	put("passkey", "AAAA")
	put("viewing", string(custody.NewViewingID()))
	put("segment", string(custody.NewSegmentID())+".mp4")
	put("range", "0-0.m4s")
	put("event", string(s.event))
	var version int64
	switch l.ID {
	case "staff-member", "staff-change", "staff-invite", "staff-sign-out", "role-give", "role-take", "delegate":
		m := s.Hire(s.fresh("target"), identity.StageEnrol, nil, identity.Viewer)
		member, grants, err := s.Identity.Member(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		version = member.Version
		put("staff", string(m.ID))
		put("grant", string(grants[0].ID))
		return request{path, body(l.ID, s, p, m.ID, version)}
	case "camera-change", "camera-remove", "camera-credentials", "camera-class", "camera-try", "admin-camera":
		put("camera", string(s.Camera(s.fresh("camera "), access.PublicArea)))
		version = 1
	case "restriction-lift":
		r, err := s.Office.Restrict(t.Context(), s.Decide(access.Ask{Action: access.Restrict, Camera: s.assigned}), access.Restriction{Camera: s.assigned,
			Span: custody.Span{Start: 1e15, End: 1e15 + 1e6}, Kind: access.RestrictSealed, Reason: "a test"})
		if err != nil {
			t.Fatal(err)
		}
		put("restriction", string(r.ID))
	}
	if x, ok := s.prop(t, l.ID); ok {
		for name, value := range x.ids {
			put(name, value)
		}
		return request{path + x.query, x.body}
	}
	put("camera", string(s.assigned))
	return request{path + query(l.ID, s), body(l.ID, s, p, "", version)}
}

func query(id string, s *stageset) string {
	switch id {
	case "timeline", "audit-watchers":
		return "?from=2026-11-03T10:00:00Z&to=2026-11-03T11:00:00Z&camera=" + string(s.assigned)
	case "footage-index", "footage-playlist":
		return "?from_us=1793700000000000&to_us=1793700060000000"
	case "footage-still", "footage-thumb":
		return "?at_us=1793700000000000"
	case "log-consistency":
		return "?from=1&to=2"
	case "audit-export":
		return "?format=csv"
	case "local-times":
		return "?at=2026-11-01T01:30"
	}
	return ""
}

func body(id string, s *stageset, p apitest.Person, member custody.StaffID, version int64) any {
	switch id {
	case "sign-in":
		return map[string]any{"login": "nobody", "password": "wrong"}
	case "sign-in-passkey-finish":
		return map[string]any{"ticket": "none", "credential": map[string]any{}}
	case "invitation-use":
		return map[string]any{"token": "none", "password": "some long password"}
	case "session-confirm", "recovery-codes", "totp-remove":
		return map[string]any{"password": identitytest.Password, "code": string(p.Code(s.Site))}
	case "password-change":
		return map[string]any{"old": identitytest.Password, "new": identitytest.Password + " 2"}
	case "totp-finish":
		return map[string]any{"code": "000000"}
	case "passkey-finish":
		return map[string]any{"ticket": "none", "credential": map[string]any{}, "label": "phone"}
	case "policy-acknowledge":
		return map[string]any{"version": access.DefaultSettings().PolicyVersion}
	case "viewing-open":
		return map[string]any{"basis": "reason", "text": "a wallet was lost", "cameras": []string{string(s.assigned)},
			"from": s.Clock.Now().Add(-3600e9).String(), "to": s.Clock.Now().Add(-1800e9).String()}
	case "staff-add":
		return map[string]any{"login": s.fresh("new"), "name": "New", "bundle": "staff", "all_cameras": true, "cameras": []string{}}
	case "staff-change":
		return map[string]any{"name": "Other", "version": version}
	case "role-give":
		return map[string]any{"role": "auditor"}
	case "delegate":
		return map[string]any{"to": string(member), "from": s.Clock.Now().String(), "until": s.Clock.Now().Add(3600e9).String(), "reason": "away"}
	case "camera-add":
		return map[string]any{"name": s.fresh("added "), "url": "rtsp://192.0.2.9/main"}
	case "camera-try-address":
		return map[string]any{"url": "rtsp://192.0.2.9/main"}
	case "camera-change":
		return map[string]any{"place": "Hall", "version": version}
	case "camera-credentials":
		return map[string]any{"user": "u", "password": "p"}
	case "camera-class":
		return map[string]any{"class": "staff-area", "version": version}
	case "settings-change":
		settings, _ := s.DB.Facts().Settings(context.Background())
		return map[string]any{"viewing_minutes": 30 + s.n%30, "version": settings.Version}
	case "restrict":
		return map[string]any{"camera": string(s.assigned), "from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z", "kind": "sealed", "reason": "a test"}
	}
	return nil
}

// ends are the lines after which the session that asked is over or another.
func ends(id string) bool {
	return slices.Contains([]string{"session-end", "sessions-end", "password-change", "totp-remove", "policy-acknowledge", "passkey-finish"}, id)
}

// somebody is a column of the table.
type somebody struct {
	name  string
	roles []identity.Role
	none  bool // no camera is assigned
}

func everybody() []somebody {
	return []somebody{
		{"viewer assigned", []identity.Role{identity.Viewer}, false}, {"viewer unassigned", []identity.Role{identity.Viewer}, true},
		{"preparer", []identity.Role{identity.Preparer}, false}, {"reviewer", []identity.Role{identity.Reviewer}, false},
		{"custodian", []identity.Role{identity.Custodian}, false}, {"counsel", []identity.Role{identity.Counsel}, false},
		{"auditor", []identity.Role{identity.Auditor}, false}, {"administrator", []identity.Role{identity.Administrator}, false},
	}
}

// TestEveryLineForEverybody asks every line with a valid minimal request: nobody, and each role at each stage of a session.
func TestEveryLineForEverybody(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.other = s.Camera("Hall", access.PublicArea), s.Camera("Yard", access.PublicArea)
	s.event = s.FirstEvent()
	s.Checkpoint()
	s.Hire("keeper", identity.StageFull, nil, identity.Administrator) // so that nobody else is the last one
	columns := []string{"nobody"}
	rows := map[string][]int{}
	lines := s.Door.Table()
	ask := func(l gate.Line, p *apitest.Person, hire func() apitest.Person) {
		r := s.valid(t, l, *p)
		if signed(l.ID) {
			*p = hire() // who gave credentials a moment ago
		}
		status := s.As(*p).Ask(l, r.path, r.body)
		if rows[l.ID] = append(rows[l.ID], status); status < 300 {
			delete(s.props, l.ID)
		}
	}
	for _, l := range lines {
		ask(l, &apitest.Person{}, func() apitest.Person { return apitest.Person{} })
	}
	for _, who := range everybody() {
		for _, stage := range []identity.Stage{identity.StageEnrol, identity.StageAcknowledge, identity.StageFull} {
			columns = append(columns, who.name+" "+string(stage))
			cameras := []custody.CameraID{s.assigned}
			if who.none {
				cameras = []custody.CameraID{s.other}
			}
			s.Clock.Advance(48 * time.Hour) // what earlier columns got wrong is forgiven
			hire := func() apitest.Person { return s.Hire(s.fresh("person"), stage, cameras, who.roles...) }
			p := hire()
			for _, l := range lines {
				ask(l, &p, hire)
				if ends(l.ID) {
					p = hire()
				}
			}
		}
	}
	golden(t, "access.golden", table(columns, lines, rows))
}

// table prints the columns as a legend and then one line for each line of the API.
func table(columns []string, lines []gate.Line, rows map[string][]int) string {
	var out strings.Builder
	out.WriteString("Status of a valid minimal request to every line. Columns:\n")
	for i, c := range columns {
		fmt.Fprintf(&out, "%3d %s\n", i, c)
	}
	fmt.Fprintf(&out, "%-24s", "")
	for i := range columns {
		fmt.Fprintf(&out, "%4d", i)
	}
	for _, l := range lines {
		fmt.Fprintf(&out, "\n%-24s", l.ID)
		for _, status := range rows[l.ID] {
			fmt.Fprintf(&out, " %3d", status)
		}
	}
	out.WriteByte('\n')
	return out.String()
}

// TestNobodyComesInByALineOfSomebody holds the table against the rule behind it: without a credential only public lines answer.
func TestNobodyComesInByALineOfSomebody(t *testing.T) {
	s := &stageset{Site: apitest.New(t)}
	s.assigned, s.event = s.Camera("Hall", access.PublicArea), s.FirstEvent()
	for _, l := range s.Door.Table() {
		r := s.valid(t, l, apitest.Person{})
		status := s.As(apitest.Person{}).Ask(l, r.path, r.body)
		if open := status != http.StatusUnauthorized; open && !l.Public {
			t.Errorf("%s answered nobody with %d", l.ID, status)
		}
	}
}
