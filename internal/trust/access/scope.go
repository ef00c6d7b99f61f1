package access

import (
	"context"
	"maps"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// Scope says what a list may show to whom. Only Judge.Scope makes one; the zero Scope shows nothing, and no filter widens it.
// It is safe to copy and share. It is good for one request: nobody keeps one.
type Scope struct {
	actor   Actor
	action  Action
	all     bool // what is about no camera, or about any
	cameras map[custody.CameraID]bool
	unseen  map[custody.RequestID]bool // of RequestView: that concern the actor
}

// Action is what it was asked for.
func (s Scope) Action() Action { return s.action }

// Actor is whom it was given to.
func (s Scope) Actor() Actor { return s.actor }

// Everything reports whether it shows rows of every camera and person: the diary to an auditor, the staff list to an
// administrator.
func (s Scope) Everything() bool { return s.all }

// Includes reports whether it shows rows of the camera.
func (s Scope) Includes(camera custody.CameraID) bool { return s.all || s.cameras[camera] }

// Shows reports whether a Scope of RequestView shows a request, its file, holds, packages and deliveries: what concerns the actor reads like
// what does not exist. What belongs to no request is shown.
func (s Scope) Shows(request custody.RequestID) bool {
	return s.all && s.action == RequestView && !s.unseen[request]
}

// Unseen lists the requests that it hides, sorted, so that a store leaves them out before it counts.
func (s Scope) Unseen() []custody.RequestID { return slices.Sorted(maps.Keys(s.unseen)) }

// Cameras lists the cameras it includes by name, sorted; it says nothing when Everything is true.
func (s Scope) Cameras() []custody.CameraID { return slices.Sorted(maps.Keys(s.cameras)) }

// Scope answers what a list may show to the actor. For an act on footage it includes the cameras on which the actor may do the act with
// some basis, by the same rules as Decide; for AuditOwn and SelfManage nothing but the actor's own; for RequestView everything but the
// requests that the rules hide from them (Shows); for every other act everything. It records
// nothing, but a refusal is recorded as Decide's is: Denied if the actor may not do the act on any camera they might be assigned. Unavailable
// like Decide.
func (j *Judge) Scope(ctx context.Context, actor Actor, action Action) (Scope, error) {
	if !actor.Known() {
		return Scope{}, custody.Errorf(custody.Denied, "nobody may not do this: sign in first")
	}
	if !isAction(action) {
		return Scope{}, custody.Errorf(custody.Invalid, "there is no such action")
	}
	s, err := j.scene(ctx, actor, j.now())
	if err != nil {
		return Scope{}, err
	}
	a, allowed := s.might(action)
	if !allowed {
		ask := Ask{Action: action}
		return Scope{}, j.recordRefusal(ctx, s, ask, &verdict{refusal: s.explain(ask, CameraFacts{}, a), clauses: a.clauses})
	}
	out := Scope{actor: actor, action: action, cameras: map[custody.CameraID]bool{}}
	if !action.footage() {
		out.all = action != AuditOwn && action != SelfManage
		out.unseen, err = s.unseen(ctx, action)
		return out, err
	}
	cameras, err := j.facts.Cameras(ctx)
	if err != nil {
		return Scope{}, unknown(err)
	}
	for _, c := range cameras {
		if _, ok := s.allows(action, c, true); ok {
			out.cameras[c.ID] = true
		}
	}
	return out, nil
}

// unseen are the requests that the rules do not show to the actor.
func (s *scene) unseen(ctx context.Context, action Action) (map[custody.RequestID]bool, error) {
	q := s.ask(action, CameraFacts{})
	q.listing, q.matter = true, matter{known: "open", concerned: true}
	if action != RequestView || s.actor.Staff() == "" || s.judge.policy.answer(q).allowed {
		return nil, nil
	}
	ids, err := s.judge.facts.Concerning(ctx, s.actor.Staff())
	out := map[custody.RequestID]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, unknown(err)
}

// might answers whether the actor may do the act at all: about the site, or on some camera assigned to them.
func (s *scene) might(action Action) (answer, bool) {
	if !action.footage() {
		if a, ok := s.allows(action, CameraFacts{}, true); ok {
			return a, true
		}
	}
	supposed := *s
	supposed.member.AllCameras = true
	var first answer
	for i, class := range Classes() {
		a, ok := supposed.allows(action, CameraFacts{ID: "cam_any", Class: class}, true)
		if ok {
			return a, true
		}
		if i == 0 {
			first = a
		}
	}
	return first, false
}

// May lists the acts that the actor may do in some circumstances, for a menu. It records nothing and allows nothing. Nobody may do
// nothing. Unavailable if the facts cannot be read.
func (j *Judge) May(ctx context.Context, actor Actor) ([]Action, error) {
	if !actor.Known() {
		return nil, nil
	}
	s, err := j.scene(ctx, actor, j.now())
	if err != nil {
		return nil, err
	}
	var out []Action
	for _, action := range Actions() {
		if _, ok := s.might(action); ok {
			out = append(out, action)
		}
	}
	return out, nil
}

// MayCamera lists for each of the cameras the acts on footage that the actor may do with some basis, for a list. It records nothing and allows
// nothing. A camera on which the actor may do nothing is absent. Unavailable if the facts cannot be read.
func (j *Judge) MayCamera(ctx context.Context, actor Actor, cameras ...custody.CameraID) (map[custody.CameraID][]Action, error) {
	out := map[custody.CameraID][]Action{}
	if !actor.Known() {
		return out, nil
	}
	s, err := j.scene(ctx, actor, j.now())
	if err != nil {
		return nil, err
	}
	all, err := j.facts.Cameras(ctx)
	if err != nil {
		return nil, unknown(err)
	}
	for _, c := range all {
		if !slices.Contains(cameras, c.ID) {
			continue
		}
		for _, action := range Actions() {
			if !action.footage() {
				continue
			}
			if _, ok := s.allows(action, c, true); ok {
				out[c.ID] = append(out[c.ID], action)
			}
		}
	}
	return out, nil
}
