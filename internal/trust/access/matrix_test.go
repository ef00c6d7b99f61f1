package access_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

var update = flag.Bool("update", false, "write testdata/matrix.golden anew")

// matrix asks the judge everything and writes down what it said.
type matrix struct {
	*accesstest.Site
	t      *testing.T
	judge  *access.Judge
	people []someone
	out    *tabwriter.Writer
}

type someone struct {
	name  string
	actor access.Actor
}

func newMatrix(t *testing.T, out *tabwriter.Writer) *matrix {
	m := &matrix{Site: accesstest.New(noon), t: t, out: out}
	m.judge = m.Judge()
	m.PutNumber("R-1", access.MatterFacts{Open: true})
	for _, r := range identity.Roles() {
		m.people = append(m.people, someone{string(r), m.Person(t, r)})
	}
	m.people = append(m.people, someone{"no role", m.Person(t)}, someone{"operator", m.Operator(t)})
	return m
}

var lookActions = []access.Action{access.FootageList, access.FootageRead, access.FootageStill, access.FootageLive, access.FootageExport}

// cell is one answer in a letter or two.
func (m *matrix) cell(a access.Actor, q access.Ask) string {
	if q.Action == access.FootageLive {
		q.Span = custody.Span{Start: noon, End: noon.Add(time.Minute)}
	}
	_, err := m.judge.Decide(context.Background(), a, q)
	switch {
	case err == nil:
		return "yes"
	case custody.KindOf(err) == custody.Denied && access.WhoCan(err) != "":
		return "no"
	case custody.KindOf(err) == custody.NotFound:
		return "404"
	}
	m.t.Errorf("%s %+v: %v", a, q, err)
	return "?"
}

func (m *matrix) row(name string, a access.Actor, q access.Ask, actions []access.Action) {
	fmt.Fprint(m.out, name)
	for _, action := range actions {
		q.Action = action
		fmt.Fprint(m.out, "\t", m.cell(a, q))
	}
	fmt.Fprintln(m.out)
}

func (m *matrix) heading(title string, actions []access.Action) {
	fmt.Fprintf(m.out, "\n%s", title)
	for _, a := range actions {
		fmt.Fprint(m.out, "\t", a)
	}
	fmt.Fprintln(m.out)
}

func reference(basis access.Basis) access.Ask {
	return access.Ask{Purpose: "the matrix", Basis: basis, Reference: "R-1", Span: asked}
}

var bases = []access.Basis{access.Incident, access.OnRequest, access.Reason}

// cameras: role x basis x class and assignment.
func (m *matrix) cameras() {
	removed := m.AddCamera(access.PublicArea)
	m.ChangeCamera(removed, func(c *access.CameraFacts) { c.Removed = true })
	other := m.AddCamera(access.PublicArea)
	shown := []struct {
		name string
		id   custody.CameraID
	}{{"public-area", m.AddCamera(access.PublicArea)}, {"staff-area", m.AddCamera(access.StaffArea)}, {"library-record", m.AddCamera(access.LibraryRecord)},
		{"removed", removed}, {"not assigned", other}, {"no such camera", custody.NewCameraID()}}
	for _, p := range m.people {
		if p.actor.Staff() != "" {
			m.Assign(p.actor, shown[0].id, shown[1].id, shown[2].id, removed)
		}
		m.heading(p.name, lookActions)
		for _, c := range shown {
			for _, b := range bases {
				q := reference(b)
				q.Camera = c.id
				m.row(c.name+", "+string(b), p.actor, q, lookActions)
			}
		}
	}
}

// closed: role x basis x restriction and age, on a camera of the public area.
func (m *matrix) closed() {
	cam := m.AddCamera(access.PublicArea)
	always := custody.Span{Start: 1, End: noon.Add(100 * 24 * time.Hour)}
	actions := lookActions[1:4]
	for _, p := range m.people {
		if p.actor.Staff() != "" {
			m.ChangeStaff(p.actor, func(s *identity.Staff) { s.AllCameras = true })
		}
		m.heading(p.name, actions)
		for _, kind := range []access.RestrictionKind{access.RestrictLibraryRecord, access.RestrictSealed, access.RestrictHold, "unheard-of"} {
			lift := m.Restrict(cam, always, kind)
			for _, b := range bases {
				q := reference(b)
				q.Camera = cam
				m.row(string(kind)+", "+string(b), p.actor, q, actions)
			}
			lift()
		}
		for _, b := range bases {
			q := reference(b)
			q.Camera, q.Span = cam, custody.Span{Start: noon.Add(-40 * 24 * time.Hour), End: noon.Add(-39 * 24 * time.Hour)}
			m.row("old footage, "+string(b), p.actor, q, actions[:2])
		}
	}
}

// affairs: role x act, on the site, on a camera and on one of library records.
func (m *matrix) affairs() {
	about := []struct {
		name string
		id   custody.CameraID
	}{{"the site", ""}, {"a camera", m.AddCamera(access.PublicArea)}, {"library-record", m.AddCamera(access.LibraryRecord)}}
	for _, action := range access.Actions()[len(lookActions)+1:] { // no person disposes of footage
		fmt.Fprintf(m.out, "\n%s", action)
		for _, a := range about {
			fmt.Fprint(m.out, "\t", a.name)
		}
		fmt.Fprintln(m.out, "\tlist")
		for _, p := range m.people {
			fmt.Fprint(m.out, p.name)
			for _, a := range about {
				fmt.Fprint(m.out, "\t", m.cell(p.actor, access.Ask{Action: action, Camera: a.id}))
			}
			s, err := m.judge.Scope(context.Background(), p.actor, action)
			fmt.Fprintf(m.out, "\t%s\n", map[bool]string{true: "all", false: map[bool]string{true: "own", false: "no"}[err == nil]}[s.Everything()])
		}
	}
}

// stages: what the state of an account and a session changes for somebody who has every role.
func (m *matrix) stages() {
	all := m.Person(m.t, identity.Roles()...)
	cam := m.AddCamera(access.PublicArea)
	stage := func(name string, s func(*identity.Staff), e func(*identity.Session)) {
		m.ChangeStaff(all, s)
		m.ChangeSession(all, e)
		fmt.Fprintf(m.out, "\n%s:", name)
		for _, action := range access.Actions() {
			q := access.Ask{Action: action}
			if strings.HasPrefix(string(action), "footage.") || strings.HasPrefix(string(action), "camera.") {
				q.Camera = cam
			}
			if strings.HasPrefix(string(action), "footage.") {
				q.Purpose, q.Basis, q.Span = "the matrix", access.Incident, asked
			}
			if m.cell(all, q) == "yes" {
				fmt.Fprint(m.out, " ", action)
			}
		}
		fmt.Fprintln(m.out)
	}
	same, still := func(*identity.Staff) {}, func(*identity.Session) {}
	stage("every role", same, still)
	stage("enrolling", same, func(e *identity.Session) { e.Enrol = true })
	stage("never acknowledged", func(s *identity.Staff) { s.Acknowledged = 0 }, func(e *identity.Session) { e.Enrol = false })
	stage("acknowledged another version", func(s *identity.Staff) { s.Acknowledged, s.Policy = noon, "0" }, still)
	stage("acknowledged 365 days ago", func(s *identity.Staff) { s.Acknowledged, s.Policy = noon.Add(-365*24*time.Hour), "1" }, still)
	stage("a microsecond less", func(s *identity.Staff) { s.Acknowledged++ }, still)
	stage("disabled", func(s *identity.Staff) { s.Enabled = false }, still)
	stage("signed out", func(s *identity.Staff) { s.Enabled = true }, func(e *identity.Session) { e.Ended = noon })
	stage("session expired", same, func(e *identity.Session) { e.Ended, e.Expires = 0, noon })
	stage("session idle", same, func(e *identity.Session) { e.Expires, e.Idle = noon+1, noon })
}

// TestMatrix prints the rules as they are: a change of policy.cedar shows here, cell by cell. Run it with -update to accept one.
func TestMatrix(t *testing.T) {
	var b bytes.Buffer
	out := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "yes: allowed; no: refused with a reason; 404: looks like a camera that does not exist. Made by TestMatrix -update.")
	m := newMatrix(t, out)
	for _, part := range []struct {
		title string
		write func()
	}{{"ROLE, CAMERA AND BASIS", m.cameras}, {"RESTRICTIONS AND AGE", m.closed}, {"THE SITE'S OWN AFFAIRS", m.affairs}, {"STATE OF ACCOUNT AND SESSION", m.stages}} {
		fmt.Fprintf(out, "\n==== %s\n", part.title)
		part.write()
	}
	fmt.Fprintf(out, "\n==== BEFORE STAFF EXIST\n")
	first := &matrix{Site: accesstest.New(noon), t: t, out: out}
	first.judge = first.Judge()
	q := reference("")
	q.Camera = first.AddCamera(access.LibraryRecord)
	first.heading("operator", lookActions)
	first.row("library-record", first.Operator(t), q, lookActions)
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/matrix.golden"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); d != "" {
		t.Errorf("the rules changed (-golden +now):\n%s", d)
	}
}
