package access

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// selfGrantDelay is how long a role waits that somebody gave to themselves after set-up (CONTRACTS 26).
const selfGrantDelay = 24 * time.Hour

const never custody.Instant = math.MaxInt64

// scene is what the rules know of one actor at one instant.
type scene struct {
	judge      *Judge
	actor      Actor
	generation int64 // not later than the facts
	now        custody.Instant
	horizon    custody.Instant // the first instant after now at which the person's state changes by itself
	settings   Settings
	who        cedar.Entity
	staff      bool // a staff account was ever made
	member     identity.Staff
	delegators []string // for whom the actor is custodian for dated time
	fresh      bool     // credentials were given in full lately enough to decide
}

// scene reads the facts about an actor. A member or session that does not exist is one who is signed out.
func (j *Judge) scene(ctx context.Context, actor Actor, now custody.Instant) (scene, error) {
	s := scene{judge: j, actor: actor, now: now, horizon: never, staff: true, who: nameless(actor)}
	var err error
	if s.generation, err = j.generation.current(); err != nil {
		return s, err
	}
	if s.settings, err = j.facts.Settings(ctx); err != nil {
		return s, unknown(err)
	}
	if actor.Staff() == "" {
		s.staff, err = j.facts.StaffExists(ctx)
		return s, unknown(err)
	}
	st, err := j.facts.Standing(ctx, actor.Staff(), actor.Session())
	if err != nil && custody.KindOf(err) != custody.NotFound {
		return s, unknown(err)
	}
	if err != nil {
		st = Standing{}
	}
	s.member = st.Staff
	s.who = s.person(st).entity()
	return s, nil
}

func unknown(err error) error {
	return custody.Wrap(custody.Unavailable, err, "footage stays closed while what the rules need to know cannot be read: try again")
}

// person is the member as the rules see them now, and with it the horizon.
func (s *scene) person(st Standing) person {
	ses := st.Session
	p := person{id: s.actor.Staff(), enabled: st.Staff.Enabled, enrolling: ses.Enrol}
	p.signedIn = ses.ID != "" && ses.Ended == 0 && s.before(ses.Expires) && s.before(ses.Idle)
	p.acknowledged = st.Staff.Acknowledged > 0 && s.before(s.settings.AcknowledgedUntil(st.Staff))
	s.fresh = p.signedIn && s.before(ses.Fresh.Add(DecisionFresh))
	lasting := false
	for _, g := range st.Roles {
		if !s.counts(g) {
			continue
		}
		if !slices.Contains(p.roles, g.Role) {
			p.roles = append(p.roles, g.Role)
		}
		if g.Role == identity.Custodian && g.Until != 0 {
			s.delegators = append(s.delegators, g.By)
		}
		lasting = lasting || g.Role == identity.Custodian && g.Until == 0
	}
	p.delegate = slices.Contains(p.roles, identity.Custodian) && !lasting
	return p
}

// before reports whether the instant is still to come, and if so lets the horizon not lie beyond it.
func (s *scene) before(at custody.Instant) bool {
	if s.now >= at {
		return false
	}
	s.horizon = min(s.horizon, at)
	return true
}

// counts reports whether a role grant counts now.
func (s *scene) counts(g identity.RoleGrant) bool {
	from := g.From
	if g.By == string(g.Staff) && s.settings.SetUp != 0 && g.At >= s.settings.SetUp {
		from = max(from, g.At.Add(selfGrantDelay))
	}
	g.From = from
	for _, edge := range []custody.Instant{g.From, g.Until, g.Revoked} {
		s.before(edge)
	}
	return g.Good(s.now)
}

// ask begins a question of this actor about a camera, or about the site if it has no id.
func (s *scene) ask(action Action, c CameraFacts) question {
	return question{who: s.who, action: action, camera: c, assigned: s.assigned(c.ID), staff: s.staff, fresh: s.fresh, matter: matter{known: "none"}}
}

func (s *scene) assigned(c custody.CameraID) bool {
	return s.member.AllCameras || slices.Contains(s.member.Cameras, c)
}

// allows answers whether the actor may do the act about the camera with some basis.
func (s *scene) allows(action Action, c CameraFacts, listing bool) (answer, bool) {
	q := s.ask(action, c)
	q.listing = listing
	var a answer
	for _, basis := range action.bases() {
		q.basis = basis
		if a = s.judge.policy.answer(q); a.allowed {
			return a, true
		}
	}
	return a, false
}

// bases are those that a question about the action may have.
func (a Action) bases() []Basis {
	if a.looks() {
		return []Basis{Reason, Incident, OnRequest}
	}
	return []Basis{""}
}
