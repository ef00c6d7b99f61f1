package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Staff are the members of staff, by login.
type Staff struct {
	Staff []StaffMember `json:"staff"`
}

// goodRoles are the roles that count at that instant, each once, in the house's order.
func goodRoles(grants []identity.RoleGrant, at custody.Instant) []identity.Role {
	out := []identity.Role{}
	for _, role := range identity.Roles() {
		for _, g := range grants {
			if g.Role == role && g.Good(at) {
				out = append(out, role)
				break
			}
		}
	}
	return out
}

func (s rooms) roleOut(g identity.RoleGrant) RoleGrant {
	return RoleGrant{ID: string(g.ID), Staff: string(g.Staff), Role: string(g.Role), From: stamp(g.From), Until: stamp(g.Until), By: g.By, At: stamp(g.At),
		Reason: g.Reason, RevokedAt: stamp(g.Revoked), Good: g.Good(s.Clock.Now())}
}

func (s rooms) memberOut(m office.Member) StaffMember {
	return StaffMember{ID: string(m.ID), Login: m.Login, Name: m.Name, Enabled: m.Enabled, AllCameras: m.AllCameras, Cameras: texts(m.Cameras),
		AddedAt: stamp(m.Added), AcknowledgedAt: stamp(m.Acknowledged), Policy: m.Policy, HasPassword: m.HasPassword, HasTOTP: m.HasTOTP,
		Passkeys: m.Passkeys, Codes: m.Codes, Roles: each(m.Roles, s.roleOut), Bundle: string(bundleOf(goodRoles(m.Roles, s.Clock.Now()))), Version: m.Version}
}

func linkOut(l identity.Link) Invitation { return Invitation{string(l.URL), stamp(l.Expires)} }

func (s rooms) staff(ctx context.Context, _ *none) (Staff, error) {
	list, err := s.Office.Members(ctx, gate.PassOf(ctx).Scope)
	return Staff{each(list, s.memberOut)}, err
}

type staffIn struct {
	Staff string `path:"staff"`
}

func (s rooms) staffMember(ctx context.Context, in *staffIn) (StaffMember, error) {
	if err := known("stf_", in.Staff, "member of staff"); err != nil {
		return StaffMember{}, err
	}
	m, err := s.Office.Member(ctx, gate.PassOf(ctx).Scope, custody.StaffID(in.Staff))
	return s.memberOut(m), err
}

type staffAddIn struct {
	Body struct {
		Login      string   `json:"login" minLength:"3" maxLength:"64" doc:"3 to 64 of a-z, 0-9, dot, underscore and hyphen"`
		Name       string   `json:"name" minLength:"1" maxLength:"80"`
		Bundle     string   `json:"bundle,omitempty" enum:"staff,custodian,installer" doc:"A bundle, or roles, or neither"`
		Roles      []string `json:"roles,omitempty" maxItems:"8"`
		AllCameras bool     `json:"all_cameras" doc:"Every camera, present and future"`
		Cameras    []string `json:"cameras" maxItems:"10000"`
	}
}

func (s rooms) addStaff(ctx context.Context, in *staffAddIn) (StaffAdded, error) {
	b, pass := in.Body, gate.PassOf(ctx)
	give, err := roles(b.Bundle, b.Roles)
	if err != nil {
		return StaffAdded{}, err
	}
	ids, err := cameras(b.Cameras)
	if err != nil {
		return StaffAdded{}, err
	}
	var mayGive access.Grant
	if len(give) > 0 { // giving roles is an act of its own, and the judge's too
		if mayGive, err = s.Judge.Decide(ctx, pass.Actor, access.Ask{Action: access.RoleGrant}); err != nil {
			return StaffAdded{}, err
		}
	}
	m, link, err := s.Office.AddMember(ctx, pass.Grant, mayGive, identity.New{Login: b.Login, Name: b.Name, Roles: give, AllCameras: b.AllCameras, Cameras: ids})
	return StaffAdded{s.memberOut(m), linkOut(link)}, err
}

type staffChangeIn struct {
	Staff string `path:"staff"`
	Body  struct {
		Name       *string   `json:"name,omitempty" minLength:"1" maxLength:"80"`
		Enabled    *bool     `json:"enabled,omitempty" doc:"false signs the member out everywhere at once"`
		AllCameras *bool     `json:"all_cameras,omitempty"`
		Cameras    *[]string `json:"cameras,omitempty" maxItems:"10000"`
		Version    int64     `json:"version" minimum:"1" doc:"As it was read"`
	}
}

func (s rooms) changeStaff(ctx context.Context, in *staffChangeIn) (StaffMember, error) {
	if err := known("stf_", in.Staff, "member of staff"); err != nil {
		return StaffMember{}, err
	}
	c := identity.Change{Name: in.Body.Name, Enabled: in.Body.Enabled, AllCameras: in.Body.AllCameras, Version: in.Body.Version}
	if in.Body.Cameras != nil {
		ids, err := cameras(*in.Body.Cameras)
		if err != nil {
			return StaffMember{}, err
		}
		c.Cameras = &ids
	}
	m, err := s.Office.ChangeMember(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Staff), c)
	return s.memberOut(m), err
}

func (s rooms) invite(ctx context.Context, in *staffIn) (Invitation, error) {
	if err := known("stf_", in.Staff, "member of staff"); err != nil {
		return Invitation{}, err
	}
	link, err := s.Office.Invite(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Staff))
	return linkOut(link), err
}

func (s rooms) signOutStaff(ctx context.Context, in *staffIn) error {
	if err := known("stf_", in.Staff, "member of staff"); err != nil {
		return err
	}
	return s.Office.SignOut(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Staff))
}

type roleGiveIn struct {
	Staff string `path:"staff"`
	Body  struct {
		Role   string `json:"role,omitempty" enum:"viewer,preparer,redactor,reviewer,custodian,counsel,auditor,administrator" doc:"A role, or a bundle"`
		Bundle string `json:"bundle,omitempty" enum:"staff,custodian,installer"`
		From   string `json:"from,omitempty" maxLength:"40" doc:"Now, if absent; a day from now for what one gives to oneself after set-up"`
		Until  string `json:"until,omitempty" maxLength:"40" doc:"No end, if absent"`
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

// RoleGrants are roles given.
type RoleGrants struct {
	Roles []RoleGrant `json:"roles"`
}

func (s rooms) giveRole(ctx context.Context, in *roleGiveIn) (RoleGrants, error) {
	if err := known("stf_", in.Staff, "member of staff"); err != nil {
		return RoleGrants{}, err
	}
	give := identity.Give{Bundle: identity.Bundle(in.Body.Bundle), Reason: in.Body.Reason}
	if in.Body.Role != "" {
		give.Roles = []identity.Role{identity.Role(in.Body.Role)}
	}
	var err error
	if give.From, err = instant("from", in.Body.From); err != nil {
		return RoleGrants{}, err
	}
	if give.Until, err = instant("until", in.Body.Until); err != nil {
		return RoleGrants{}, err
	}
	gs, err := s.Office.GiveRoles(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Staff), give)
	return RoleGrants{each(gs, s.roleOut)}, err
}

type roleIn struct {
	Staff string `path:"staff"`
	Grant string `path:"grant"`
}

func (s rooms) takeRole(ctx context.Context, in *roleIn) error {
	if known("stf_", in.Staff, "") != nil || known("rol_", in.Grant, "") != nil {
		return custody.Errorf(custody.NotFound, "this member was given no such role")
	}
	return s.Office.TakeRole(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Staff), custody.RoleGrantID(in.Grant))
}

// Powers say what roles may do.
type Powers struct {
	Roles []RolePowers `json:"roles"`
}

func (s rooms) powers(context.Context, *none) (Powers, error) {
	may := map[identity.Role][]string{}
	for _, p := range s.Judge.Explain() {
		may[p.Role] = append(may[p.Role], string(p.Action))
	}
	return Powers{each(identity.Roles(), func(r identity.Role) RolePowers {
		out := RolePowers{Role: string(r), Bundles: []string{}, May: texts(may[r])}
		for _, b := range bundles() {
			for _, of := range b.Roles() {
				if of == r {
					out.Bundles = append(out.Bundles, string(b))
				}
			}
		}
		return out
	})}, nil
}

// Delegations are the custodian's roles with an end, latest first.
type Delegations struct {
	Delegations []RoleGrant `json:"delegations"`
}

func (s rooms) delegations(ctx context.Context, _ *none) (Delegations, error) {
	gs, err := s.Office.Delegations(ctx, gate.PassOf(ctx).Scope)
	return Delegations{each(gs, s.roleOut)}, err
}

type delegateIn struct {
	Body struct {
		To     string `json:"to" maxLength:"64" doc:"Whose the custodian's role is to be"`
		From   string `json:"from" minLength:"1" maxLength:"40"`
		Until  string `json:"until" minLength:"1" maxLength:"40"`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"It is announced"`
	}
}

func (s rooms) delegate(ctx context.Context, in *delegateIn) (RoleGrant, error) {
	if !custody.ValidID("stf_", in.Body.To) {
		return RoleGrant{}, custody.Errorf(custody.Invalid, "to must be the id of a member of staff")
	}
	from, err := instant("from", in.Body.From)
	if err != nil {
		return RoleGrant{}, err
	}
	until, err := instant("until", in.Body.Until)
	if err != nil {
		return RoleGrant{}, err
	}
	g, err := s.Office.Delegate(ctx, gate.PassOf(ctx).Grant, custody.StaffID(in.Body.To), custody.Span{Start: from, End: until}, in.Body.Reason)
	return s.roleOut(g), err
}
