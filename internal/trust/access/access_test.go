package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

// site is the judge's surroundings, with knobs for faults.
type site struct {
	accesstest.Unstaffed
	now      custody.Instant
	staff    bool
	factsErr error
	diaryErr error
	events   []custody.Event
}

func (s *site) Now() custody.Instant                      { return s.now }
func (s *site) Reading() custody.ClockReading             { return custody.ClockReading{Now: s.now} }
func (s *site) StaffExists(context.Context) (bool, error) { return s.staff, s.factsErr }
func (s *site) Append(_ context.Context, evs ...custody.Event) error {
	if s.diaryErr == nil {
		s.events = append(s.events, evs...)
	}
	return s.diaryErr
}

var noon = at("2026-11-03T12:00:00Z")

func at(s string) custody.Instant {
	i, err := custody.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

func newSite(t *testing.T) (*site, *access.Judge, access.Actor) {
	t.Helper()
	s := &site{now: noon}
	op, err := identity.Operator(keystest.Ring(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return s, access.NewJudge(s, s, s), op
}

func ask(a access.Action) access.Ask {
	return access.Ask{Action: a, Camera: custody.NewCameraID(), Purpose: "checking the new lens",
		Span: custody.Span{Start: at("2026-11-03T10:00:30.5Z"), End: at("2026-11-03T10:02:00.000001Z")}}
}

func TestTheOperatorMayReadUntilStaffExist(t *testing.T) {
	for action, want := range map[access.Action]string{
		access.FootageList:   "2026-11-03T10:00:30.500000Z/2026-11-03T10:02:00.000001Z",
		access.FootageExport: "2026-11-03T10:00:30.500000Z/2026-11-03T10:02:00.000001Z",
		access.FootageRead:   "2026-11-03T10:00:00.000000Z/2026-11-03T10:03:00.000000Z",
	} {
		s, judge, op := newSite(t)
		q := ask(action)
		g, err := judge.Decide(t.Context(), op, q)
		if err != nil || g.Span().String() != want || g.Camera() != q.Camera || g.Action() != action || g.Actor() != op || g.Expires() != noon.Add(time.Hour) {
			t.Fatalf("%s: %+v (%v), want span %s", action, g, err, want)
		}
		if len(s.events) != 1 || s.events[0].Type != custody.EventFootageRead || s.events[0].Subject != string(g.ID()) || s.events[0].Camera != q.Camera {
			t.Fatalf("%s: recorded %+v", action, s.events)
		}
		var body struct{ Detail map[string]string }
		if err := json.Unmarshal(s.events[0].Body, &body); err != nil {
			t.Fatal(err)
		}
		wantDetail := map[string]string{"action": string(action), "asked": q.Span.String(), "granted": want,
			"purpose": q.Purpose, "expires": "2026-11-03T13:00:00.000000Z"}
		if d := cmp.Diff(wantDetail, body.Detail); d != "" {
			t.Errorf("%s: event (-want +got):\n%s", action, d)
		}
	}
}

func TestWholeMinutesStayAsTheyAre(t *testing.T) {
	_, judge, op := newSite(t)
	q := ask(access.FootageRead)
	q.Span = custody.Span{Start: at("2026-11-03T10:00:00Z"), End: at("2026-11-03T10:02:00Z")}
	if g, err := judge.Decide(t.Context(), op, q); err != nil || g.Span() != q.Span {
		t.Errorf("%v (%v), want %v", g.Span(), err, q.Span)
	}
}

func TestRefusalsAreRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*site)
		actor   func(op access.Actor) access.Actor
	}{
		"staff exist":       {func(s *site) { s.staff = true }, func(op access.Actor) access.Actor { return op }},
		"facts unknown":     {func(s *site) { s.factsErr = errors.New("database down") }, func(op access.Actor) access.Actor { return op }},
		"the system itself": {func(*site) {}, func(access.Actor) access.Actor { return identity.System() }},
	} {
		s, judge, op := newSite(t)
		c.prepare(s)
		g, err := judge.Decide(t.Context(), c.actor(op), ask(access.FootageRead))
		if custody.KindOf(err) != custody.Denied || g != (access.Grant{}) {
			t.Errorf("%s: %+v (%v), want Denied", name, g, err)
		}
		if len(s.events) != 1 || s.events[0].Type != custody.EventFootageRefused || !strings.Contains(string(s.events[0].Body), `"reason"`) {
			t.Errorf("%s: recorded %+v", name, s.events)
		}
		if strings.Contains(custody.PublicText(err), "database down") {
			t.Errorf("%s: the public text tells the cause", name)
		}
	}
}

func TestNoRecordNoGrant(t *testing.T) {
	for _, staff := range []bool{false, true} {
		s, judge, op := newSite(t)
		s.diaryErr, s.staff = errors.New("disk full"), staff
		g, err := judge.Decide(t.Context(), op, ask(access.FootageRead))
		if custody.KindOf(err) != custody.Unavailable || g != (access.Grant{}) {
			t.Errorf("staff %v: %+v (%v), want Unavailable and no grant", staff, g, err)
		}
	}
}

func TestMalformedAsksAndNobody(t *testing.T) {
	for name, change := range map[string]func(*access.Ask){
		"no action":      func(a *access.Ask) { a.Action = "" },
		"other action":   func(a *access.Ask) { a.Action = "footage.burn" },
		"no camera":      func(a *access.Ask) { a.Camera = "" },
		"camera by name": func(a *access.Ask) { a.Camera = "Front door" },
		"empty span":     func(a *access.Ask) { a.Span.End = a.Span.Start },
		"endless span":   func(a *access.Ask) { a.Span.End = 1<<63 - 1 },
		"negative span":  func(a *access.Ask) { a.Span.Start = -5 },
		"no purpose":     func(a *access.Ask) { a.Purpose = "" },
		"blank purpose":  func(a *access.Ask) { a.Purpose = "  " },
		"two lines":      func(a *access.Ask) { a.Purpose = "a\nb" },
		"not text":       func(a *access.Ask) { a.Purpose = "\xff" },
		"long purpose":   func(a *access.Ask) { a.Purpose = strings.Repeat("x", 501) },
	} {
		s, judge, op := newSite(t)
		q := ask(access.FootageRead)
		change(&q)
		g, err := judge.Decide(t.Context(), op, q)
		if custody.KindOf(err) != custody.Invalid || g != (access.Grant{}) || len(s.events) != 0 {
			t.Errorf("%s: %+v (%v), %d events, want Invalid", name, g, err, len(s.events))
		}
	}
	s, judge, _ := newSite(t)
	if g, err := judge.Decide(t.Context(), access.Actor{}, ask(access.FootageRead)); custody.KindOf(err) != custody.Denied || g != (access.Grant{}) || len(s.events) != 0 {
		t.Errorf("nobody: %+v (%v)", g, err)
	}
}

func TestAGrantPermitsWhatWasDecidedAndNothingElse(t *testing.T) {
	_, judge, op := newSite(t)
	q := ask(access.FootageExport)
	g, err := judge.Decide(t.Context(), op, q)
	if err != nil {
		t.Fatal(err)
	}
	in := func(from, to custody.Instant) custody.Span {
		return custody.Span{Start: q.Span.Start + from, End: q.Span.End + to}
	}
	for name, c := range map[string]struct {
		action access.Action
		camera custody.CameraID
		span   custody.Span
		now    custody.Instant
		ok     bool
	}{
		"all of it":      {access.FootageExport, q.Camera, q.Span, noon, true},
		"a part":         {access.FootageExport, q.Camera, in(5, -5), noon, true},
		"last moment":    {access.FootageExport, q.Camera, q.Span, noon.Add(time.Hour) - 1, true},
		"expired":        {access.FootageExport, q.Camera, q.Span, noon.Add(time.Hour), false},
		"before issue":   {access.FootageExport, q.Camera, q.Span, noon - 1, false},
		"earlier":        {access.FootageExport, q.Camera, in(-1, 0), noon, false},
		"later":          {access.FootageExport, q.Camera, in(0, 1), noon, false},
		"empty":          {access.FootageExport, q.Camera, custody.Span{}, noon, false},
		"other action":   {access.FootageRead, q.Camera, q.Span, noon, false},
		"other camera":   {access.FootageExport, custody.NewCameraID(), q.Span, noon, false},
		"no camera":      {access.FootageExport, "", q.Span, noon, false},
		"outside wholly": {access.FootageExport, q.Camera, custody.Span{Start: 1, End: 2}, noon, false},
	} {
		err := g.Permits(c.action, c.camera, c.span, c.now)
		if (err == nil) != c.ok || err != nil && custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoOtherPackageCanMakeAGrant(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[access.Grant]()) {
		if f.IsExported() {
			t.Errorf("field %s is exported", f.Name)
		}
	}
	var letter struct{ Forged access.Grant }
	_ = json.Unmarshal([]byte(`{"Forged":{"id":"grt_x","action":"footage.read","span":{"Start":0,"End":9}}}`), &letter)
	for _, g := range []access.Grant{{}, letter.Forged} {
		err := g.Permits("", "", custody.Span{Start: 0, End: 1}, 0)
		if custody.KindOf(err) != custody.Denied {
			t.Errorf("the zero grant: %v, want Denied", err)
		}
	}
}
