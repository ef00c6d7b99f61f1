package request_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// library is a small library: a real judge and a real database, two cameras in public areas and one at the desk, and footage as the test says.
type library struct {
	t     testing.TB
	db    *db.DB
	site  *accesstest.Site // its clock, and who signs people in
	judge *access.Judge
	desk  *request.Desk

	clerk, director, deputy, page access.Actor

	yard, hall, loans custody.CameraID
	footage           map[custody.CameraID]request.Inventory
}

// tuesday is when most stories begin: Tuesday 3 November 2026, 14:00 in Iowa.
var tuesday = instant("2026-11-03T14:00:00-06:00")

func instant(s string) custody.Instant {
	i, err := custody.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

// span is from an instant on, in minutes.
func span(from custody.Instant, minutes int) custody.Span {
	return custody.Span{Start: from, End: from.Add(time.Duration(minutes) * time.Minute)}
}

func newLibrary(t testing.TB) *library {
	t.Helper()
	l := &library{t: t, db: dbtest.Open(t, dbtest.SQLite(t)), site: accesstest.New(tuesday), footage: map[custody.CameraID]request.Inventory{}}
	l.judge = access.NewJudge(l.db.Facts(), audit.NewLog(l.db), l.site)
	l.desk = request.New(request.Parts{Store: l.db, Footage: l, Calendar: iowa{}, Clock: l.site})
	l.yard, l.hall, l.loans = l.camera("Yard", access.PublicArea), l.camera("Hall", access.PublicArea), l.camera("Loans", access.LibraryRecord)
	l.clerk, l.director = l.person("clerk", identity.Preparer), l.person("director", identity.Custodian)
	l.deputy, l.page = l.person("deputy", identity.Custodian), l.person("page", identity.Viewer)
	return l
}

func (l *library) camera(name string, class access.Class) custody.CameraID {
	y := dbtest.NewYard(l.t, l.db, name)
	c := y.Camera
	c.Class = class
	l.must(l.db.UpdateCamera(context.Background(), c, dbtest.Event(l.t, custody.EventCameraChanged, string(c.ID))))
	l.footage[c.ID] = request.Inventory{Class: class, Recorded: []custody.Span{{Start: tuesday.Add(-240 * time.Hour), End: tuesday.Add(24 * 60 * time.Hour)}}}
	return c.ID
}

// person is a member of staff who has signed in, acknowledged the policy and given credentials a moment ago.
func (l *library) person(login string, role identity.Role) access.Actor {
	l.t.Helper()
	a := l.site.Person(l.t)
	ctx, now := context.Background(), l.site.Now()
	s := identity.Staff{ID: a.Staff(), Login: login, Name: login, Enabled: true, AllCameras: true, Added: now}
	l.must(l.db.AddStaff(ctx, s, []identity.RoleGrant{{ID: custody.NewRoleGrantID(), Staff: s.ID, Role: role, From: now, At: now, By: "operator"}}, nil))
	s.Acknowledged, s.Policy, s.Version = now, "1", 1
	l.must(l.db.UpdateStaff(ctx, s))
	l.must(l.db.OpenSession(ctx, identity.Session{ID: a.Session(), Staff: s.ID, Opened: now, Seen: now, Fresh: now, Expires: now.Add(90000 * time.Hour), Idle: now.Add(90000 * time.Hour), Method: "test"}))
	return a
}

func (l *library) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// may is the judge's answer; credentials are given anew before a decision.
func (l *library) ask(who access.Actor, action access.Action, subject string, version ...int64) (access.Grant, error) {
	l.t.Helper()
	l.must(l.db.ConfirmSession(context.Background(), who.Session(), l.site.Now(), true))
	l.site.Advance(3 * time.Second) // the judge looks again whether anything changed
	return l.judge.Decide(context.Background(), who, access.Ask{Action: action, Subject: subject, Version: append(version, 0)[0]})
}

func (l *library) may(who access.Actor, action access.Action, subject string, version ...int64) access.Grant {
	l.t.Helper()
	g, err := l.ask(who, action, subject, version...)
	l.must(err)
	return g
}

func (l *library) scope(who access.Actor) access.Scope {
	l.t.Helper()
	s, err := l.judge.Scope(context.Background(), who, access.RequestView)
	l.must(err)
	return s
}

func (l *library) log(in request.In) request.Logged {
	l.t.Helper()
	r, err := l.desk.Log(context.Background(), l.may(l.clerk, access.RequestLog, ""), in)
	l.must(err)
	return r
}

// police logs a complete request of an officer for the yard.
func (l *library) police(s custody.Span) request.Logged {
	l.t.Helper()
	return l.log(request.In{Kind: access.LawEnforcement, Channel: request.InPerson, Text: "a bicycle was taken from the yard",
		Officer: request.Officer{Agency: "Springfield PD", Name: "N. Riviera", Badge: "7", Case: "26-1", Offence: "theft", AtSite: true},
		Asked:   request.Asked{Cameras: []custody.CameraID{l.yard}, Span: s}})
}

// agency puts the police into the directory.
func (l *library) agency() custody.AgencyID {
	l.t.Helper()
	a, err := l.desk.PutAgency(context.Background(), l.may(l.director, access.AgencyManage, ""), request.Agency{Name: "Springfield PD", Phone: "+1 641 555 0100", Source: "city web page, 1 November"})
	l.must(err)
	return a.ID
}

func (l *library) calledBack(id custody.RequestID, reached bool) {
	l.t.Helper()
	_, err := l.desk.CallBack(context.Background(), l.may(l.clerk, access.RequestPrepare, string(id)), id, l.agency(), reached, "dispatch")
	l.must(err)
}

func (l *library) add(id custody.RequestID, camera custody.CameraID, s custody.Span) request.Item {
	l.t.Helper()
	_, it, _, err := l.desk.AddItem(context.Background(), l.may(l.clerk, access.RequestPrepare, string(id)), id, camera, s)
	l.must(err)
	return it
}

func (l *library) propose(who access.Actor, id custody.ItemID, in request.Ruling) error {
	l.t.Helper()
	g, err := l.ask(who, access.RequestPrepare, string(id))
	if err == nil {
		_, err = l.desk.Propose(context.Background(), g, id, in)
	}
	return err
}

func (l *library) decide(who access.Actor, id custody.ItemID, in request.Ruling) error {
	l.t.Helper()
	g, err := l.ask(who, access.RequestDecide, string(id))
	if err == nil {
		_, err = l.desk.Decide(context.Background(), g, id, in)
	}
	return err
}

func (l *library) file(id custody.RequestID) request.File {
	l.t.Helper()
	f, err := l.desk.ByID(context.Background(), l.scope(l.clerk), id)
	l.must(err)
	return f
}

// wants fails unless err is of that kind and says so.
func (l *library) wants(err error, kind custody.Kind, says string) {
	l.t.Helper()
	if err == nil || custody.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		l.t.Errorf("got %v (%v), want %v and %q", err, custody.KindOf(err), kind, says)
	}
}

func (l *library) state(id custody.RequestID, want request.State) {
	l.t.Helper()
	if got := l.file(id).State; got != want {
		l.t.Errorf("the request is %s, want %s", got, want)
	}
}

// Inventory implements request.Footage.
func (l *library) Inventory(_ context.Context, camera custody.CameraID, s custody.Span) (request.Inventory, error) {
	inv, ok := l.footage[camera]
	if !ok {
		return inv, custody.Errorf(custody.NotFound, "there is no such camera")
	}
	var out []custody.Span
	for _, r := range inv.Recorded {
		if c := r.Intersect(s); !c.Empty() {
			out = append(out, c)
		}
	}
	inv.Recorded = out
	return inv, nil
}

// AllCameras implements request.Footage.
func (l *library) AllCameras(context.Context) (map[custody.CameraID]access.Class, error) {
	out := map[custody.CameraID]access.Class{}
	for id, inv := range l.footage {
		out[id] = inv.Class
	}
	return out, nil
}

// granted is the whole way of an item of the police to its decision.
func (l *library) granted(s custody.Span) (request.File, request.Item) {
	l.t.Helper()
	r := l.police(s)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, s)
	l.must(l.propose(l.clerk, it.ID, request.Ruling{Outcome: access.Granted}))
	l.must(l.decide(l.director, it.ID, request.Ruling{Outcome: access.Granted}))
	return l.file(r.ID), it
}

// iowa is a calendar with the holidays of November 2026, in a zone six hours behind UTC.
type iowa struct{}

var zone = time.FixedZone("CST", -6*3600)

func (iowa) steps(from custody.Instant, n int, counts func(time.Time) string) (custody.Instant, []request.DayStep) {
	day := from.Time().In(zone)
	day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	var out []request.DayStep
	for counted := 0; counted < n; {
		day = day.AddDate(0, 0, 1)
		s := request.DayStep{Day: day.Format("2006-01-02"), Why: counts(day)}
		if s.Why == "" {
			counted++
			s.Counted = counted
		}
		out = append(out, s)
	}
	return custody.InstantOf(day.AddDate(0, 0, 1)), out
}

// AfterBusinessDays implements request.Calendar.
func (c iowa) AfterBusinessDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	return c.steps(from, n, func(d time.Time) string {
		switch {
		case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
			return d.Weekday().String()
		case d.Format("01-02") == "11-11":
			return "Veterans Day"
		}
		return ""
	})
}

// AfterCalendarDays implements request.Calendar.
func (c iowa) AfterCalendarDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	return c.steps(from, n, func(time.Time) string { return "" })
}

// Year implements request.Calendar.
func (iowa) Year(at custody.Instant) int { return at.Time().In(zone).Year() }

// Local implements request.Calendar.
func (iowa) Local(at custody.Instant) string { return at.Time().In(zone).Format("2 Jan 15:04:05") }

// entries are the entries about a request in the diary, by type.
func (l *library) entries(id custody.RequestID) []string {
	l.t.Helper()
	var out []string
	h, err := l.db.Head(context.Background())
	l.must(err)
	for e, err := range l.db.Entries(context.Background(), h.Epoch, 0, h.Size) {
		l.must(err)
		if e.Event.Subject == string(id) && !slices.Contains([]custody.EventType{custody.EventActAllowed, custody.EventActRefused}, e.Event.Type) {
			out = append(out, fmt.Sprintf("%s by %s", e.Event.Type, e.Event.Actor[:3]))
		}
	}
	return out
}
