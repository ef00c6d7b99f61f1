package access_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// watching is a viewer who looks at a camera.
func watching(t *testing.T, roles ...identity.Role) (*accesstest.Site, access.Actor, access.Grant) {
	t.Helper()
	s := accesstest.New(noon)
	cam := s.AddCamera(access.PublicArea)
	viewer := s.Person(t, append(roles, identity.Viewer)...)
	g, err := s.Judge().Decide(t.Context(), viewer, look(cam))
	if err != nil {
		t.Fatal(err)
	}
	return s, viewer, g
}

// permits asks about the whole span, as the vault does about a fragment.
func permits(s *accesstest.Site, g access.Grant) error {
	return g.Permits(access.FootageRead, g.Camera(), g.Span(), s.Now())
}

// TestAGrantFallsWithWhatItStandsOn: within a second of the change, for every copy, for ever, and it is written down once.
func TestAGrantFallsWithWhatItStandsOn(t *testing.T) {
	for name, c := range map[string]struct {
		fall, rise func(*accesstest.Site, access.Actor, access.Grant)
		kind       custody.Kind
	}{
		"disabled": {func(s *accesstest.Site, a access.Actor, _ access.Grant) {
			s.ChangeStaff(a, func(m *identity.Staff) { m.Enabled = false })
		}, func(s *accesstest.Site, a access.Actor, _ access.Grant) {
			s.ChangeStaff(a, func(m *identity.Staff) { m.Enabled = true })
		}, custody.Denied},
		"role revoked": {func(s *accesstest.Site, a access.Actor, _ access.Grant) { s.RevokeRole(a, identity.Viewer) },
			func(s *accesstest.Site, a access.Actor, _ access.Grant) {
				s.PutRole(identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: a.Staff(), Role: identity.Viewer, From: 1})
			}, custody.Denied},
		"another camera assigned": {func(s *accesstest.Site, a access.Actor, _ access.Grant) { s.Assign(a, custody.NewCameraID()) },
			func(s *accesstest.Site, a access.Actor, g access.Grant) { s.Assign(a, g.Camera()) }, custody.NotFound},
		"class": {func(s *accesstest.Site, _ access.Actor, g access.Grant) {
			s.ChangeCamera(g.Camera(), func(c *access.CameraFacts) { c.Class = access.LibraryRecord })
		}, func(s *accesstest.Site, _ access.Actor, g access.Grant) {
			s.ChangeCamera(g.Camera(), func(c *access.CameraFacts) { c.Class = access.PublicArea })
		}, custody.Denied},
		"restricted wholly": {func(s *accesstest.Site, _ access.Actor, g access.Grant) {
			s.Restrict(g.Camera(), g.Span(), access.RestrictSealed)
		},
			func(*accesstest.Site, access.Actor, access.Grant) {}, custody.Denied},
		"signed out": {func(s *accesstest.Site, a access.Actor, _ access.Grant) {
			s.ChangeSession(a, func(e *identity.Session) { e.Ended = noon })
		}, func(s *accesstest.Site, a access.Actor, _ access.Grant) {
			s.ChangeSession(a, func(e *identity.Session) { e.Ended = 0 })
		}, custody.Denied},
		"policy changed": {func(s *accesstest.Site, _ access.Actor, _ access.Grant) {
			s.ChangeSettings(func(x *access.Settings) { x.PolicyVersion = "2" })
		}, func(s *accesstest.Site, _ access.Actor, _ access.Grant) {
			s.ChangeSettings(func(x *access.Settings) { x.PolicyVersion = "1" })
		}, custody.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			s, viewer, g := watching(t)
			copied := g
			c.fall(s, viewer, g)
			s.Advance(time.Second)
			for _, err := range []error{permits(s, g), g.Standing(), permits(s, copied)} {
				if custody.KindOf(err) != c.kind || err == nil {
					t.Errorf("a second later: %v, want %v", err, c.kind)
				}
			}
			c.rise(s, viewer, g)
			s.Advance(2 * time.Second)
			if permits(s, copied) == nil {
				t.Error("what was undone stands again")
			}
			if n := len(s.Events(custody.EventFootageRevoked)); n != 1 {
				t.Errorf("%d times recorded", n)
			}
			if n := len(s.Events(custody.EventFootageRead)); n != 1 {
				t.Errorf("%d looks recorded", n)
			}
		})
	}
}

// TestAGrantEndsByItself: no change of the generation announces what time alone brings.
func TestAGrantEndsByItself(t *testing.T) {
	in := func(d time.Duration) custody.Instant { return noon.Add(d) }
	for name, prepare := range map[string]func(*accesstest.Site, access.Actor){
		"session expires": func(s *accesstest.Site, a access.Actor) {
			s.ChangeSession(a, func(e *identity.Session) { e.Expires = in(10 * time.Minute) })
		},
		"session idles": func(s *accesstest.Site, a access.Actor) {
			s.ChangeSession(a, func(e *identity.Session) { e.Idle = in(10 * time.Minute) })
		},
		"acknowledgement lapses": func(s *accesstest.Site, a access.Actor) {
			s.ChangeStaff(a, func(m *identity.Staff) { m.Acknowledged = in(10*time.Minute - 365*24*time.Hour) })
		},
		"role ends": func(s *accesstest.Site, a access.Actor) {
			s.RevokeRole(a, identity.Viewer)
			s.PutRole(identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: a.Staff(), Role: identity.Viewer, From: noon, Until: in(10 * time.Minute)})
		},
	} {
		s := accesstest.New(noon)
		cam, viewer := s.AddCamera(access.PublicArea), s.Person(t, identity.Viewer)
		prepare(s, viewer)
		g, err := s.Judge().Decide(t.Context(), viewer, look(cam))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.Set(in(10*time.Minute) - 1)
		if err := permits(s, g); err != nil {
			t.Errorf("%s: a microsecond before: %v", name, err)
		}
		s.Set(in(10 * time.Minute))
		if err := permits(s, g); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnIdleSessionThatWasUsedGoesOn(t *testing.T) {
	s, viewer, g := watching(t)
	s.ChangeSession(viewer, func(e *identity.Session) { e.Idle = noon.Add(10 * time.Minute) })
	s.Advance(5 * time.Minute)
	if err := permits(s, g); err != nil {
		t.Fatal(err)
	}
	s.Touch(viewer, noon.Add(20*time.Minute))
	s.Advance(10 * time.Minute)
	if err := permits(s, g); err != nil {
		t.Errorf("the session was used meanwhile: %v", err)
	}
}

func TestAClockSteppedBackRevivesNothing(t *testing.T) {
	s, _, g := watching(t)
	s.Advance(time.Hour)
	if err := permits(s, g); custody.KindOf(err) != custody.Denied {
		t.Fatalf("expired: %v", err)
	}
	s.Set(noon.Add(time.Minute))
	if err := permits(s, g); custody.KindOf(err) != custody.Denied {
		t.Errorf("after the step back: %v", err)
	}
}

func TestWhatCannotBeKnownIsClosed(t *testing.T) {
	s, _, g := watching(t)
	s.BreakFacts(errors.New("database down"))
	for _, c := range []struct {
		after time.Duration
		ok    bool
	}{{999 * time.Millisecond, true}, {2999 * time.Millisecond, true}, {3 * time.Second, false}, {time.Minute, false}} {
		s.Set(noon.Add(c.after))
		if err := permits(s, g); (err == nil) != c.ok || err != nil && custody.KindOf(err) != custody.Unavailable {
			t.Errorf("after %s: %v", c.after, err)
		}
	}
	s.BreakFacts(nil)
	s.Advance(time.Second)
	if err := permits(s, g); err != nil {
		t.Errorf("the database is back: %v", err)
	}
	s.ChangeSettings(func(x *access.Settings) { x.ViewingMinutes = 30 }) // a new generation, and nothing that matters here
	s.Advance(time.Second)
	s.BreakDiary(errors.New("disk full"))
	if err := permits(s, g); err != nil {
		t.Errorf("a standing decision needs no new event: %v", err)
	}
}

// TestRestrictionsCloseWhatTheyTouch is CONTRACTS 6: the Grant keeps its span, and every fragment that overlaps is blocked.
func TestRestrictionsCloseWhatTheyTouch(t *testing.T) {
	s, _, g := watching(t)
	from, to := g.Span().Start.Add(60*time.Second), g.Span().Start.Add(70*time.Second)
	lift := s.Restrict(g.Camera(), custody.Span{Start: from, End: to}, access.RestrictHold)
	s.Restrict(g.Camera(), custody.Span{Start: g.Span().End + 10, End: g.Span().End + 20}, access.RestrictSealed)
	s.Advance(time.Second)
	for _, c := range []struct {
		span custody.Span
		ok   bool
	}{
		{custody.Span{Start: g.Span().Start, End: from}, true}, {custody.Span{Start: to, End: g.Span().End}, true},
		{custody.Span{Start: from - 1, End: from + 1}, false}, {custody.Span{Start: to - 1, End: to + 1}, false},
		{custody.Span{Start: from + 1, End: from + 2}, false}, {g.Span(), false},
		{custody.Span{Start: g.Span().End - 1, End: g.Span().End + 10}, true}, {custody.Span{Start: g.Span().End - 1, End: g.Span().End + 11}, false},
	} {
		if err := g.Permits(access.FootageRead, g.Camera(), c.span, s.Now()); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.span, err)
		}
	}
	lift()
	s.Advance(time.Second)
	if err := permits(s, g); err != nil {
		t.Errorf("after it was lifted: %v", err)
	}
	if g.Standing() != nil || len(s.Events(custody.EventFootageRevoked)) != 0 {
		t.Error("a part that is closed undid the decision")
	}
}

// TestOldFootageClosesAsTimePasses: the limit moves with the clock, to the microsecond.
func TestOldFootageClosesAsTimePasses(t *testing.T) {
	s := accesstest.New(noon)
	cam, viewer := s.AddCamera(access.PublicArea), s.Person(t, identity.Viewer)
	limit := noon.Add(-30 * 24 * time.Hour)
	q := look(cam)
	q.Span = custody.Span{Start: limit.Add(-10 * time.Minute), End: limit.Add(10 * time.Minute)}
	judge := s.Judge()
	g, err := judge.Decide(t.Context(), viewer, q)
	if err != nil {
		t.Fatal(err)
	}
	at := func(from custody.Instant) error {
		return g.Permits(access.FootageRead, cam, custody.Span{Start: from, End: from.Add(time.Second)}, s.Now())
	}
	if at(limit-1) == nil || at(limit) != nil {
		t.Errorf("%v, %v", at(limit-1), at(limit))
	}
	s.Advance(time.Minute)
	if at(limit.Add(time.Minute)-1) == nil || at(limit.Add(time.Minute)) != nil {
		t.Errorf("%v, %v", at(limit.Add(time.Minute)-1), at(limit.Add(time.Minute)))
	}
	s.ChangeSettings(func(x *access.Settings) { x.ViewerAgeDays = 31 })
	s.Advance(time.Second)
	if err := at(limit - 1); err != nil {
		t.Errorf("under a longer limit: %v", err)
	}
	q.Span = custody.Span{Start: limit.Add(-72 * time.Hour), End: limit.Add(-71 * time.Hour)}
	if _, err := judge.Decide(t.Context(), viewer, q); custody.KindOf(err) != custody.Denied || access.WhoCan(err) != "a reviewer or the custodian" {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestTheGenerationIsReadOnceASecondForAll(t *testing.T) {
	s, viewer, g := watching(t)
	judge := s.Judge()
	grants := []access.Grant{g}
	for range 20 {
		g, err := judge.Decide(t.Context(), viewer, look(g.Camera()))
		if err != nil {
			t.Fatal(err)
		}
		grants = append(grants, g)
	}
	before := s.Asked()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				for _, g := range grants[1:] {
					if err := permits(s, g); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if n := s.Asked() - before; n != 0 {
		t.Errorf("%d questions within a second", n)
	}
	s.Advance(time.Second)
	for _, g := range grants[1:] {
		if err := permits(s, g); err != nil {
			t.Error(err)
		}
	}
	if n := s.Asked() - before; n != 1 {
		t.Errorf("%d questions for %d grants a second later", n, len(grants)-1)
	}
}
