package office

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Member is a member of staff with every role ever given.
type Member struct {
	identity.Staff
	Roles []identity.RoleGrant
}

// Members lists all staff by login under a Scope of staff.view.
func (o *Office) Members(ctx context.Context, s access.Scope) ([]Member, error) {
	if err := under(s, access.StaffView); err != nil {
		return nil, err
	}
	all, err := o.Staff.Everyone(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := o.Staff.RoleGrants(ctx)
	if err != nil {
		return nil, err
	}
	roles := map[custody.StaffID][]identity.RoleGrant{}
	for _, g := range grants {
		roles[g.Staff] = append(roles[g.Staff], g)
	}
	out := make([]Member, 0, len(all))
	for _, m := range all {
		out = append(out, Member{m, roles[m.ID]})
	}
	return out, nil
}

// Member is one of them under a Scope of staff.view. NotFound if there is none.
func (o *Office) Member(ctx context.Context, s access.Scope, id custody.StaffID) (Member, error) {
	if err := under(s, access.StaffView); err != nil {
		return Member{}, err
	}
	return o.member(ctx, id)
}

func (o *Office) member(ctx context.Context, id custody.StaffID) (Member, error) {
	m, roles, err := o.Staff.Member(ctx, id)
	return Member{m, roles}, err
}

// AddMember adds a member under a Grant of staff.manage and returns the link by which they set a password. Giving roles is another
// act: without a Grant of role.grant too, the new member has none.
func (o *Office) AddMember(ctx context.Context, g access.Grant, roles access.Grant, n identity.New) (Member, identity.Link, error) {
	if err := about(g, access.StaffManage, ""); err != nil {
		return Member{}, identity.Link{}, err
	}
	if len(n.Roles) > 0 || n.Bundle != "" {
		if err := about(roles, access.RoleGrant, ""); err != nil {
			return Member{}, identity.Link{}, err
		}
	}
	s, link, err := o.Staff.Add(ctx, g.Actor(), n)
	if err != nil {
		return Member{}, identity.Link{}, err
	}
	m, err := o.member(ctx, s.ID)
	return m, link, err
}

// ChangeMember changes a member under a Grant of staff.manage about them.
func (o *Office) ChangeMember(ctx context.Context, g access.Grant, id custody.StaffID, c identity.Change) (Member, error) {
	if err := about(g, access.StaffManage, id); err != nil {
		return Member{}, err
	}
	if _, err := o.Staff.Change(ctx, g.Actor(), id, c); err != nil {
		return Member{}, err
	}
	return o.member(ctx, id)
}

// Invite makes a link by which a member sets a new password, under a Grant of staff.manage about them.
func (o *Office) Invite(ctx context.Context, g access.Grant, id custody.StaffID) (identity.Link, error) {
	if err := about(g, access.StaffManage, id); err != nil {
		return identity.Link{}, err
	}
	return o.Staff.Invite(ctx, g.Actor(), id)
}

// SignOut ends every session of a member under a Grant of staff.manage about them. NotFound if there is no such member.
func (o *Office) SignOut(ctx context.Context, g access.Grant, id custody.StaffID) error {
	if err := about(g, access.StaffManage, id); err != nil {
		return err
	}
	if _, err := o.member(ctx, id); err != nil {
		return err
	}
	return o.Staff.SignOutEverywhere(ctx, g.Actor(), id)
}

// GiveRoles gives a member roles under a Grant of role.grant about them. What people give to themselves after set-up starts a day
// later (CONTRACTS 26).
func (o *Office) GiveRoles(ctx context.Context, g access.Grant, id custody.StaffID, give identity.Give) ([]identity.RoleGrant, error) {
	if err := about(g, access.RoleGrant, id); err != nil {
		return nil, err
	}
	return o.give(ctx, g, id, give)
}

func (o *Office) give(ctx context.Context, g access.Grant, id custody.StaffID, give identity.Give) ([]identity.RoleGrant, error) {
	settings, err := o.Facts.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return o.Staff.GrantRoles(ctx, g.Actor(), id, give, settings.SetUp)
}

// TakeRole takes a role back under a Grant of role.grant about the member.
func (o *Office) TakeRole(ctx context.Context, g access.Grant, id custody.StaffID, grant custody.RoleGrantID) error {
	if err := about(g, access.RoleGrant, id); err != nil {
		return err
	}
	return o.Staff.RevokeRole(ctx, g.Actor(), id, grant)
}

// Delegations lists the custodian's roles with an end, latest first, under a Scope of staff.view or delegation.make.
func (o *Office) Delegations(ctx context.Context, s access.Scope) ([]identity.RoleGrant, error) {
	if err := under(s, access.StaffView, access.DelegationMake); err != nil {
		return nil, err
	}
	all, err := o.Staff.RoleGrants(ctx)
	all = slices.DeleteFunc(all, func(g identity.RoleGrant) bool { return g.Role != identity.Custodian || g.Until == 0 })
	slices.Reverse(all)
	return all, err
}

// Delegate gives another member the custodian's role for dated time, with a reason, under a Grant of delegation.make.
func (o *Office) Delegate(ctx context.Context, g access.Grant, to custody.StaffID, span custody.Span, reason string) (identity.RoleGrant, error) {
	if err := about(g, access.DelegationMake, ""); err != nil {
		return identity.RoleGrant{}, err
	}
	if span.End == 0 || span.Empty() {
		return identity.RoleGrant{}, custody.Errorf(custody.Invalid, "a delegation is for dated time: until must be after from")
	}
	if to == g.Actor().Staff() {
		return identity.RoleGrant{}, custody.Errorf(custody.Invalid, "to: a delegate is somebody else than the custodian")
	}
	gs, err := o.give(ctx, g, to, identity.Give{Roles: []identity.Role{identity.Custodian}, From: span.Start, Until: span.End, Reason: reason})
	if err != nil {
		return identity.RoleGrant{}, err
	}
	return gs[0], nil
}
