package accesstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// Operator is the operator of the site.
func (s *Site) Operator(t testing.TB) access.Actor {
	t.Helper()
	return s.register(t).Operator()
}

// Person is a new member of staff with those roles, assigned every camera, who has signed in with a second factor for the next
// twelve hours and acknowledged the policy. What they may do changes with ChangeStaff, ChangeSession, PutRole and RevokeRole.
func (s *Site) Person(t testing.TB, roles ...identity.Role) access.Actor {
	t.Helper()
	people := s.register(t)
	s.mu.Lock()
	login := fmt.Sprintf("member-%d", len(s.staff)+1)
	s.mu.Unlock()
	actor := people.Person(t, login, identity.Viewer).Actor
	ctx, now := context.Background(), s.Now()
	member, err := people.Store.StaffByID(ctx, actor.Staff())
	if err != nil {
		t.Fatal(err)
	}
	ses, err := people.Store.Session(ctx, actor.Session())
	if err != nil {
		t.Fatal(err)
	}
	ses.Enrol, ses.Expires, ses.Idle = false, now.Add(12*time.Hour), now.Add(12*time.Hour)
	s.must(func() {
		member.Acknowledged, member.Policy = now, s.settings.PolicyVersion
		s.staff[member.ID], s.sessions[ses.ID] = member, ses
		for _, r := range roles {
			s.roles = append(s.roles, identity.RoleGrant{ID: custody.NewRoleGrantID(), Staff: member.ID, Role: r, From: now, At: now, By: "operator"})
		}
	})
	return actor
}

// register is where members sign in; made when first needed.
func (s *Site) register(t testing.TB) *identitytest.Site {
	t.Helper()
	s.mu.Lock()
	people := s.people
	s.mu.Unlock()
	if people == nil {
		people = identitytest.NewSite(t, s)
		s.mu.Lock()
		s.people = people
		s.mu.Unlock()
	}
	return people
}

// ChangeStaff alters an actor's account.
func (s *Site) ChangeStaff(a access.Actor, alter func(*identity.Staff)) {
	s.must(func() {
		m := s.staff[a.Staff()]
		alter(&m)
		s.staff[a.Staff()] = m
	})
}

// Assign leaves an actor those cameras and no other.
func (s *Site) Assign(a access.Actor, cameras ...custody.CameraID) {
	s.ChangeStaff(a, func(m *identity.Staff) { m.AllCameras, m.Cameras = false, cameras })
}

// ChangeSession alters an actor's session.
func (s *Site) ChangeSession(a access.Actor, alter func(*identity.Session)) {
	s.must(func() {
		ses := s.sessions[a.Session()]
		alter(&ses)
		s.sessions[a.Session()] = ses
	})
}

// RevokeRole takes a role from an actor now.
func (s *Site) RevokeRole(a access.Actor, role identity.Role) {
	s.must(func() {
		for i := range s.roles {
			if g := &s.roles[i]; g.Staff == a.Staff() && g.Role == role && g.Revoked == 0 {
				g.Revoked = s.now
			}
		}
	})
}

// Restrict places a restriction of that kind, and returns a function that lifts it.
func (s *Site) Restrict(camera custody.CameraID, span custody.Span, kind access.RestrictionKind) (lift func()) {
	id := custody.NewRestrictionID()
	s.must(func() {
		s.restrictions = append(s.restrictions, access.Restriction{ID: id, Camera: camera, Span: span, Kind: kind, Reason: "a test", By: "operator", At: s.now})
	})
	return func() {
		s.must(func() {
			for i := range s.restrictions {
				if s.restrictions[i].ID == id {
					s.restrictions[i].Lifted = s.now
				}
			}
		})
	}
}

// ChangeCamera alters what the rules know of a camera.
func (s *Site) ChangeCamera(id custody.CameraID, alter func(*access.CameraFacts)) {
	s.must(func() {
		for i := range s.cameras {
			if s.cameras[i].ID == id {
				alter(&s.cameras[i])
				s.cameras[i].Version++
			}
		}
	})
}

// Touch notes that an actor's session was used, as TouchSession does: without a new generation.
func (s *Site) Touch(a access.Actor, idle custody.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[a.Session()]
	ses.Idle = idle
	s.sessions[a.Session()] = ses
}
