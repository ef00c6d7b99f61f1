package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

func TestTheSameRefusalIsRecordedOnceAMinute(t *testing.T) {
	s := accesstest.New(noon)
	judge, viewer := s.Judge(), s.Person(t, identity.Viewer)
	var texts []string
	for range 500 {
		_, err := judge.Decide(t.Context(), viewer, look(custody.NewCameraID()))
		texts = append(texts, custody.PublicText(err))
	}
	if n := len(s.Events(custody.EventFootageRefused)); n != 1 {
		t.Errorf("%d events for 500 invented cameras", n)
	}
	s.Assign(viewer)
	s.Advance(time.Minute)
	_, err := judge.Decide(t.Context(), viewer, look(s.AddCamera(access.PublicArea)))
	texts = append(texts, custody.PublicText(err))
	events := s.Events(custody.EventFootageRefused)
	if len(events) != 2 || detailOf(t, events[1])["again"] != float64(499) || events[1].Camera != "" {
		t.Errorf("a minute later: %d events, %s", len(events), events[len(events)-1].Body)
	}
	for _, text := range texts {
		if text != "there is no such camera" {
			t.Fatalf("a refusal tells more: %q", text)
		}
	}
}

func TestAffairsAreRecordedBeforeTheyHappen(t *testing.T) {
	s := accesstest.New(noon)
	judge, admin := s.Judge(), s.Person(t, identity.Administrator)
	g, err := judge.Decide(t.Context(), admin, access.Ask{Action: access.StaffManage, Subject: "stf_x", Version: 7})
	if err != nil || g.Subject() != "stf_x" || g.Version() != 7 || g.Expires() != noon.Add(access.ActLifetime) {
		t.Fatalf("%+v (%v)", g, err)
	}
	if events := s.Events(); len(events) != 1 || events[0].Type != custody.EventActAllowed || events[0].Subject != "stf_x" || detailOf(t, events[0])["action"] != "staff.manage" {
		t.Errorf("recorded %+v", events)
	}
	if _, err := judge.Scope(t.Context(), admin, access.StaffView); err != nil || len(s.Events()) != 1 {
		t.Errorf("a list that is allowed was recorded (%v)", err)
	}
	cam := s.AddCamera(access.PublicArea)
	if g, err := judge.Decide(t.Context(), admin, access.Ask{Action: access.CameraManage, Camera: cam}); err != nil || g.Version() != 1 {
		t.Errorf("the version that was judged: %d (%v)", g.Version(), err)
	}
	if _, err := judge.Decide(t.Context(), admin, access.Ask{Action: access.CameraManage, Camera: cam, Version: 9}); custody.KindOf(err) != custody.Conflict {
		t.Errorf("another version: %v", err)
	}
}

func TestRulesChangeUnderDecisions(t *testing.T) {
	s := accesstest.New(noon)
	judge, rules, cam := s.Judge(), access.NewRules(s, s, s), s.AddCamera(access.PublicArea)
	who := s.Person(t, identity.Administrator, identity.Custodian)
	may := func(a access.Action) access.Grant {
		t.Helper()
		g, err := judge.Decide(t.Context(), who, access.Ask{Action: a})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	want := access.DefaultSettings()
	want.Version, want.ViewerAgeDays = 1, 7
	got, err := rules.SetSettings(t.Context(), may(access.SettingManage), want)
	if err != nil || got.Version != 2 || got.ViewerAgeDays != 7 {
		t.Fatalf("%+v (%v)", got, err)
	}
	if _, err := rules.SetSettings(t.Context(), may(access.SettingManage), want); custody.KindOf(err) != custody.Conflict {
		t.Errorf("settings that are out of date: %v", err)
	}
	got.ViewingMinutes = 4
	if _, err := rules.SetSettings(t.Context(), may(access.SettingManage), got); custody.KindOf(err) != custody.Invalid || !strings.Contains(err.Error(), "viewing_minutes") {
		t.Errorf("four minutes: %v", err)
	}
	r := access.Restriction{Camera: cam, Span: asked, Kind: access.RestrictSealed, Reason: "counsel's advice"}
	placed, err := rules.PlaceRestriction(t.Context(), may(access.Restrict), r)
	if err != nil || placed.ID == "" || placed.By != string(who.Staff()) {
		t.Fatalf("%+v (%v)", placed, err)
	}
	for _, g := range []access.Grant{{}, may(access.SettingManage)} {
		_, err := rules.PlaceRestriction(t.Context(), g, r)
		lift := rules.LiftRestriction(t.Context(), g, placed.ID)
		if custody.KindOf(err) != custody.Denied || custody.KindOf(lift) != custody.Denied {
			t.Errorf("under another decision: %v, %v", err, lift)
		}
	}
	if err := rules.LiftRestriction(t.Context(), may(access.Restrict), placed.ID); err != nil {
		t.Error(err)
	}
	if err := rules.LiftRestriction(t.Context(), may(access.Restrict), placed.ID); custody.KindOf(err) != custody.Conflict {
		t.Errorf("lifted twice: %v", err)
	}
}

func BenchmarkPermits(b *testing.B) {
	s := accesstest.New(noon)
	cam := s.AddCamera(access.PublicArea)
	g, err := s.Judge().Decide(b.Context(), s.Operator(b), access.Ask{Action: access.FootageRead, Camera: cam, Span: asked, Purpose: "a benchmark"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := g.Permits(access.FootageRead, cam, asked, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzAsk(f *testing.F) {
	f.Add("footage.read", "cam_aaaaaaaaaaaaaaaaaaaaaaaaaa", "why", "incident", "", "", int64(1), int64(2), int64(0))
	f.Add("staff.manage", "", "", "", "x\n", "\xff", int64(0), int64(0), int64(-1))
	s := accesstest.New(noon)
	s.AddCamera(access.PublicArea)
	judge, op := s.Judge(), s.Operator(f)
	f.Fuzz(func(t *testing.T, action, cam, purpose, basis, reference, subject string, from, to, long int64) {
		q := access.Ask{Action: access.Action(action), Camera: custody.CameraID(cam), Purpose: purpose, Basis: access.Basis(basis), Reference: reference,
			Subject: subject, Span: custody.Span{Start: custody.Instant(from), End: custody.Instant(to)}, For: time.Duration(long)}
		if g, err := judge.Decide(t.Context(), op, q); err == nil && (g.Expires() > noon.Add(access.Lifetime) || strings.ContainsAny(g.Purpose(), "\r\n")) {
			t.Errorf("%+v", g)
		}
	})
}
