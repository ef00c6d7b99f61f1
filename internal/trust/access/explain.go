package access

import (
	"slices"

	"github.com/footage-custody/custody/internal/trust/identity"
)

// Power is one act that a role may do, and under which circumstances. It is found by asking the policy, so it cannot differ from it.
type Power struct {
	Role    identity.Role
	Action  Action
	Classes []Class           // of cameras; empty unless the act is about cameras
	Bases   []Basis           // with which a look may be taken; empty if none is needed
	Recent  bool              // only footage younger than Settings.ViewerAgeDays
	Passes  []RestrictionKind // restrictions that do not stop a look
}

// Explain is the table of roles and acts, role by role in the order of identity.Roles and Actions, out of the policy itself. What is not in
// it no role may do.
func (j *Judge) Explain() []Power { return slices.Clone(j.powers()) }

func (j *Judge) explain() []Power {
	var out []Power
	for _, r := range identity.Roles() {
		for _, action := range Actions() {
			if p := j.power(r, action); p != nil {
				out = append(out, *p)
			}
		}
	}
	return out
}

// power is what the role alone may do of an act; nil if nothing.
func (j *Judge) power(r identity.Role, action Action) *Power {
	q := question{action: action, assigned: true, staff: true, fresh: true, matter: matter{known: "open", stage: Proposed, ready: true, calledBack: true},
		who: person{id: "stf_any", roles: []identity.Role{r}, enabled: true, signedIn: true, acknowledged: true}.entity()}
	p := Power{Role: r, Action: action, Recent: true}
	allowed := !action.footage() && j.policy.answer(q).allowed
	for _, basis := range action.bases() {
		for _, class := range Classes() {
			q.basis, q.camera = basis, CameraFacts{ID: "cam_any", Class: class}
			if !j.policy.answer(q).allowed {
				continue
			}
			allowed = true
			p.note(j, q)
		}
	}
	if !allowed {
		return nil
	}
	if !action.footage() && action != CameraView && action != CameraManage && action != CameraClassify {
		p.Classes = nil
	}
	p.Recent = p.Recent && action.looks()
	return &p
}

// note adds the circumstances of a question that was allowed.
func (p *Power) note(j *Judge, q question) {
	if !slices.Contains(p.Classes, q.camera.Class) {
		p.Classes = append(p.Classes, q.camera.Class)
	}
	if !q.action.looks() {
		return
	}
	if !slices.Contains(p.Bases, q.basis) {
		p.Bases = append(p.Bases, q.basis)
	}
	old := q
	old.old = true
	p.Recent = p.Recent && !j.policy.answer(old).allowed
	for _, kind := range restrictionKinds() {
		q.kinds = kindOf(kind)
		if !slices.Contains(p.Passes, kind) && j.policy.answer(q).allowed {
			p.Passes = append(p.Passes, kind)
		}
	}
}
