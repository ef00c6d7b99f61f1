package access_test

import (
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
)

var noon = at("2026-11-03T12:00:00Z")

func at(s string) custody.Instant {
	i, err := custody.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

// asked is two minutes of this morning.
var asked = custody.Span{Start: at("2026-11-03T10:00:30.5Z"), End: at("2026-11-03T10:02:00.000001Z")}

func newSite(t *testing.T) (*accesstest.Site, *access.Judge, access.Actor, custody.CameraID) {
	t.Helper()
	s := accesstest.New(noon)
	return s, s.Judge(), s.Operator(t), s.AddCamera(access.PublicArea)
}

func ask(a access.Action, cam custody.CameraID) access.Ask {
	q := access.Ask{Action: a, Camera: cam, Purpose: "checking the new lens", Span: asked}
	if a == access.FootageLive {
		q.Span = custody.Span{Start: noon, End: noon.Add(time.Hour)}
	}
	return q
}

func look(cam custody.CameraID) access.Ask {
	q := ask(access.FootageRead, cam)
	q.Basis = access.Reason
	return q
}

func detailOf(t *testing.T, e custody.Event) map[string]any {
	t.Helper()
	var body struct{ Detail map[string]any }
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Detail
}

func TestTheOperatorMayReadUntilStaffExist(t *testing.T) {
	for action, want := range map[access.Action]string{
		access.FootageList:   "2026-11-03T10:00:30.500000Z/2026-11-03T10:02:00.000001Z",
		access.FootageExport: "2026-11-03T10:00:30.500000Z/2026-11-03T10:02:00.000001Z",
		access.FootageRead:   "2026-11-03T10:00:00.000000Z/2026-11-03T10:03:00.000000Z",
		access.FootageStill:  "2026-11-03T10:00:00.000000Z/2026-11-03T10:03:00.000000Z",
		access.FootageLive:   "2026-11-03T12:00:00.000000Z/2026-11-03T13:00:00.000000Z",
	} {
		s, judge, op, cam := newSite(t)
		q := ask(action, cam)
		g, err := judge.Decide(t.Context(), op, q)
		if err != nil || g.Span().String() != want || g.Camera() != cam || g.Action() != action || g.Actor() != op || g.Expires() != noon.Add(time.Hour) {
			t.Fatalf("%s: %+v (%v), want span %s", action, g, err, want)
		}
		events := s.Events()
		if len(events) != 1 || events[0].Type != custody.EventFootageRead || events[0].Subject != string(g.ID()) || events[0].Camera != cam {
			t.Fatalf("%s: recorded %+v", action, events)
		}
		wantDetail := map[string]any{"action": string(action), "asked": q.Span.String(), "granted": want, "purpose": q.Purpose,
			"expires": "2026-11-03T13:00:00.000000Z", "rules": []any{"operator-looks-before-staff-exist"}}
		if d := cmp.Diff(wantDetail, detailOf(t, events[0])); d != "" {
			t.Errorf("%s: event (-want +got):\n%s", action, d)
		}
	}
	s, judge, op, cam := newSite(t)
	s.Person(t)
	if _, err := judge.Decide(t.Context(), op, ask(access.FootageRead, cam)); custody.KindOf(err) != custody.Denied || access.WhoCan(err) != "a member of staff" {
		t.Errorf("once staff exist: %v", err)
	}
}

func TestWholeMinutesStayAsTheyAre(t *testing.T) {
	_, judge, op, cam := newSite(t)
	q := ask(access.FootageRead, cam)
	q.Span = custody.Span{Start: at("2026-11-03T10:00:00Z"), End: at("2026-11-03T10:02:00Z")}
	if g, err := judge.Decide(t.Context(), op, q); err != nil || g.Span() != q.Span {
		t.Errorf("%v (%v), want %v", g.Span(), err, q.Span)
	}
}

func TestNothingKnownNoGrant(t *testing.T) {
	s, judge, op, cam := newSite(t)
	s.BreakFacts(errors.New("database down"))
	g, err := judge.Decide(t.Context(), op, ask(access.FootageRead, cam))
	if custody.KindOf(err) != custody.Unavailable || g != (access.Grant{}) || strings.Contains(custody.PublicText(err), "database") {
		t.Errorf("%+v (%v), want Unavailable and the cause kept private", g, err)
	}
}

func TestNoRecordNoGrant(t *testing.T) {
	for _, staff := range []bool{false, true} {
		s, judge, op, cam := newSite(t)
		if staff {
			s.Person(t)
		}
		s.BreakDiary(errors.New("disk full"))
		g, err := judge.Decide(t.Context(), op, ask(access.FootageRead, cam))
		if custody.KindOf(err) != custody.Unavailable || g != (access.Grant{}) {
			t.Errorf("staff %v: %+v (%v), want Unavailable and no grant", staff, g, err)
		}
	}
}

func TestMalformedAsksAndNobody(t *testing.T) {
	for name, change := range map[string]func(*access.Ask){
		"no action":       func(a *access.Ask) { a.Action = "" },
		"other action":    func(a *access.Ask) { a.Action = "footage.burn" },
		"no camera":       func(a *access.Ask) { a.Camera = "" },
		"camera by name":  func(a *access.Ask) { a.Camera = "Front door" },
		"empty span":      func(a *access.Ask) { a.Span.End = a.Span.Start },
		"endless span":    func(a *access.Ask) { a.Span.End = 1<<63 - 1 },
		"negative span":   func(a *access.Ask) { a.Span.Start = -5 },
		"no purpose":      func(a *access.Ask) { a.Purpose = "" },
		"blank purpose":   func(a *access.Ask) { a.Purpose = "  " },
		"two lines":       func(a *access.Ask) { a.Purpose = "a\nb" },
		"not text":        func(a *access.Ask) { a.Purpose = "\xff" },
		"long purpose":    func(a *access.Ask) { a.Purpose = strings.Repeat("x", 501) },
		"other basis":     func(a *access.Ask) { a.Basis = "curiosity" },
		"no number":       func(a *access.Ask) { a.Basis = access.OnRequest },
		"long reference":  func(a *access.Ask) { a.Reference = strings.Repeat("x", 81) },
		"viewing by name": func(a *access.Ask) { a.Viewing = "mine" },
		"long subject":    func(a *access.Ask) { a.Subject = strings.Repeat("x", 65) },
		"negative time":   func(a *access.Ask) { a.For = -1 },
		"past live":       func(a *access.Ask) { a.Action = access.FootageLive },
		"span of no film": func(a *access.Ask) { a.Action = access.StaffManage },
	} {
		s, judge, op, cam := newSite(t)
		q := ask(access.FootageRead, cam)
		change(&q)
		g, err := judge.Decide(t.Context(), op, q)
		if custody.KindOf(err) != custody.Invalid || g != (access.Grant{}) || len(s.Events()) != 0 {
			t.Errorf("%s: %+v (%v), %d events, want Invalid", name, g, err, len(s.Events()))
		}
	}
	s, judge, _, cam := newSite(t)
	if g, err := judge.Decide(t.Context(), access.Actor{}, ask(access.FootageRead, cam)); custody.KindOf(err) != custody.Denied || g != (access.Grant{}) || len(s.Events()) != 0 {
		t.Errorf("nobody: %+v (%v)", g, err)
	}
	if _, err := judge.Decide(t.Context(), identity.System(), ask(access.FootageRead, cam)); custody.KindOf(err) != custody.Denied || len(s.Events()) != 1 {
		t.Errorf("the system: %v", err)
	}
}

func TestAGrantPermitsWhatWasDecidedAndNothingElse(t *testing.T) {
	_, judge, op, cam := newSite(t)
	q := ask(access.FootageExport, cam)
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
		"all of it":      {access.FootageExport, cam, q.Span, noon, true},
		"a part":         {access.FootageExport, cam, in(5, -5), noon, true},
		"last moment":    {access.FootageExport, cam, q.Span, noon.Add(time.Hour) - 1, true},
		"starts inside":  {access.FootageExport, cam, custody.Span{Start: q.Span.End - 1, End: q.Span.End.Add(5 * time.Minute)}, noon, true},
		"too long":       {access.FootageExport, cam, custody.Span{Start: q.Span.End - 1, End: q.Span.End.Add(5*time.Minute) + 1}, noon, false},
		"expired":        {access.FootageExport, cam, q.Span, noon.Add(time.Hour), false},
		"before issue":   {access.FootageExport, cam, q.Span, noon - 1, false},
		"earlier":        {access.FootageExport, cam, in(-1, 0), noon, false},
		"at its end":     {access.FootageExport, cam, custody.Span{Start: q.Span.End, End: q.Span.End + 1}, noon, false},
		"empty":          {access.FootageExport, cam, custody.Span{}, noon, false},
		"other action":   {access.FootageRead, cam, q.Span, noon, false},
		"other camera":   {access.FootageExport, custody.NewCameraID(), q.Span, noon, false},
		"no camera":      {access.FootageExport, "", q.Span, noon, false},
		"outside wholly": {access.FootageExport, cam, custody.Span{Start: 1, End: 2}, noon, false},
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
		for _, err := range []error{g.Permits("", "", custody.Span{Start: 0, End: 1}, 0), g.Standing(), g.Allows("")} {
			if custody.KindOf(err) != custody.Denied {
				t.Errorf("the zero grant: %v, want Denied", err)
			}
		}
	}
}
