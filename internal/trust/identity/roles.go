package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Give is what one member is given: roles, or those of a bundle, for a time.
type Give struct {
	Roles  []Role
	Bundle Bundle
	From   custody.Instant // 0, or an instant that is past, means now
	Until  custody.Instant // 0 for no end
	Reason string
}

type roleDetail struct {
	Grant  custody.RoleGrantID `json:"grant"`
	Role   Role                `json:"role"`
	From   string              `json:"from,omitempty"`
	Until  string              `json:"until,omitempty"`
	Reason string              `json:"reason,omitempty"`
}

func detailOf(g RoleGrant) roleDetail {
	d := roleDetail{Grant: g.ID, Role: g.Role, From: g.From.String(), Reason: g.Reason}
	if g.Until != 0 {
		d.Until = g.Until.String()
	}
	return d
}

// GrantRoles gives a member roles. A delegation is the custodian's role with an end: at most a year long and with a reason. What
// members give to themselves starts SelfGrantDelay later once set-up is finished (CONTRACTS 26); setUp is when that was, 0
// before. Roles that the member has without an end already are left alone; if that is all of them it fails with Exists.
func (r *Register) GrantRoles(ctx context.Context, by Actor, id custody.StaffID, g Give, setUp custody.Instant) ([]RoleGrant, error) {
	if err := acting(by); err != nil {
		return nil, err
	}
	now := r.clock.Now()
	g.From, g.Reason = max(g.From, now), strings.TrimSpace(g.Reason)
	if by.role == staff && by.staff == id && setUp != 0 && now >= setUp {
		g.From = max(g.From, now.Add(SelfGrantDelay))
	}
	roles, err := rolesOf(g.Roles, g.Bundle)
	if err != nil {
		return nil, err
	}
	if err := checkGive(g, roles); err != nil {
		return nil, err
	}
	_, had, err := r.Member(ctx, id)
	if err != nil {
		return nil, err
	}
	roles = slices.DeleteFunc(roles, func(role Role) bool {
		return slices.ContainsFunc(had, func(h RoleGrant) bool { return h.Role == role && h.Until == 0 && h.Good(g.From) })
	})
	if len(roles) == 0 {
		return nil, custody.Errorf(custody.Exists, "roles: this member has them already")
	}
	var grants []RoleGrant
	var evs []custody.Event
	for _, role := range roles {
		rg := RoleGrant{ID: custody.NewRoleGrantID(), Staff: id, Role: role, From: g.From, Until: g.Until, By: by.String(), At: now, Reason: g.Reason}
		ev, err := r.eventAt(now, custody.EventRoleGranted, by, id, detailOf(rg))
		if err != nil {
			return nil, err
		}
		grants, evs = append(grants, rg), append(evs, ev)
	}
	return grants, r.store.AddRoleGrants(ctx, grants, evs...)
}

func checkGive(g Give, roles []Role) error {
	switch {
	case len(roles) == 0:
		return custody.Errorf(custody.Invalid, "roles: name at least one role or a bundle")
	case g.Until != 0 && g.Until <= g.From:
		return custody.Errorf(custody.Invalid, "until: must be after %s, when the role starts", g.From)
	case g.Until != 0 && slices.Contains(roles, Custodian) && g.Reason == "":
		return custody.Errorf(custody.Invalid, "reason: say why the custodian's role is delegated; it is announced")
	case g.Until != 0 && slices.Contains(roles, Custodian) && g.Until > g.From.Add(MaxDelegation):
		return custody.Errorf(custody.Invalid, "until: a delegation lasts at most a year")
	}
	return checkReason(g.Reason)
}

// RevokeRole takes a role back, now. It fails with NotFound for a grant that is not this member's, with Conflict if it is
// revoked already or if nobody would be left who can sign in as administrator.
func (r *Register) RevokeRole(ctx context.Context, by Actor, id custody.StaffID, grant custody.RoleGrantID) error {
	if err := acting(by); err != nil {
		return err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	had, err := r.store.RoleGrants(ctx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(had, func(g RoleGrant) bool { return g.ID == grant })
	if id == "" || i < 0 {
		return custody.Errorf(custody.NotFound, "this member was given no such role")
	}
	if had[i].Role == Administrator {
		if err := r.keepsAdministrator(ctx, id, grant); err != nil {
			return err
		}
	}
	now := r.clock.Now()
	ev, err := r.eventAt(now, custody.EventRoleRevoked, by, id, roleDetail{Grant: grant, Role: had[i].Role})
	if err != nil {
		return err
	}
	return r.store.RevokeRoleGrant(ctx, grant, now, ev)
}

// keepsAdministrator refuses with Conflict what would leave nobody who is enabled, can sign in, and is administrator without
// an end: disabling a member (no grant named), or revoking one grant. It is called with changing held.
func (r *Register) keepsAdministrator(ctx context.Context, id custody.StaffID, grant custody.RoleGrantID) error {
	all, err := r.store.AllStaff(ctx)
	if err != nil {
		return err
	}
	grants, err := r.store.RoleGrants(ctx, "")
	if err != nil {
		return err
	}
	now, before, after := r.clock.Now(), 0, 0
	for _, s := range all {
		if !s.Enabled || !s.HasPassword && s.Passkeys == 0 {
			continue
		}
		has, keeps := false, false
		for _, g := range grants {
			if g.Staff == s.ID && g.Role == Administrator && g.Until == 0 && g.Good(now) {
				has = true
				keeps = keeps || s.ID != id || grant != "" && g.ID != grant
			}
		}
		before, after = before+one(has), after+one(keeps)
	}
	if before > 0 && after == 0 {
		return custody.Errorf(custody.Conflict, "this is the last administrator: make somebody else administrator first, and let them sign in once")
	}
	return nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Acknowledge records that a member has read the policy of that version. It fails with Conflict if the policy is another one by
// now.
func (r *Register) Acknowledge(ctx context.Context, who Actor, version, address string) (Authentication, error) {
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Authentication{}, err
	}
	current, _, err := r.policy.Policy(ctx)
	if err != nil {
		return Authentication{}, err
	}
	if version != current {
		return Authentication{}, custody.Errorf(custody.Conflict, "version: the policy has changed; read it again")
	}
	if stage, err := r.stage(ctx, s, session); err != nil || stage == StageEnrol {
		return Authentication{}, firstError(err, custody.Errorf(custody.Denied, "set up a second factor first"))
	}
	s.Policy, s.Acknowledged = version, r.clock.Now()
	ev, err := r.eventAt(s.Acknowledged, custody.EventPolicyAcknowledged, who, s.ID, map[string]string{"version": version})
	if err != nil {
		return Authentication{}, err
	}
	if err := r.store.UpdateStaff(ctx, s, ev); err != nil {
		return Authentication{}, err
	}
	if s, session, err = r.own(ctx, who); err != nil {
		return Authentication{}, err
	}
	return r.authentication(ctx, s, session, address)
}
