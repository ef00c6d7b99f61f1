package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// New is a member of staff to be added: roles by name, or those of a bundle.
type New struct {
	Login      string
	Name       string
	Roles      []Role
	Bundle     Bundle
	AllCameras bool
	Cameras    []custody.CameraID
}

// Change is a change of a member; what is nil stays. Version is the one that was read.
type Change struct {
	Name       *string
	Enabled    *bool
	AllCameras *bool
	Cameras    *[]custody.CameraID
	Version    int64
}

// Link is an invitation as it is handed over, once. URL holds the token after a #, which no server sees.
type Link struct {
	ID      custody.InvitationID
	Staff   custody.StaffID
	Token   Secret
	URL     Secret
	Expires custody.Instant
}

// staffDetail is what the diary says about a member. A list of cameras that is there and empty assigns none.
type staffDetail struct {
	Login      string              `json:"login,omitempty"`
	Name       string              `json:"name,omitempty"`
	Enabled    *bool               `json:"enabled,omitempty"`
	Roles      []Role              `json:"roles,omitempty"`
	Grants     []roleDetail        `json:"grants,omitempty"`
	AllCameras *bool               `json:"all_cameras,omitempty"`
	Cameras    *[]custody.CameraID `json:"cameras,omitempty"`
	Invitation string              `json:"invitation,omitempty"`
	Commitment string              `json:"commitment,omitempty"` // to the invitation's token
	Expires    string              `json:"expires,omitempty"`
}

// Add stores a new member, enabled and without a password, and returns the link by which they set one. A taken login is Exists.
func (r *Register) Add(ctx context.Context, by Actor, n New) (Staff, Link, error) {
	s := Staff{
		ID: custody.NewStaffID(), Login: strings.ToLower(strings.TrimSpace(n.Login)), Name: strings.TrimSpace(n.Name), Enabled: true,
		AllCameras: n.AllCameras, Cameras: distinct(n.Cameras), Added: r.clock.Now(), Version: 1,
	}
	if err := acting(by); err != nil {
		return Staff{}, Link{}, err
	}
	if err := firstError(checkLogin(s.Login), checkName(s.Name), checkCameras(s.Cameras)); err != nil {
		return Staff{}, Link{}, err
	}
	roles, err := rolesOf(n.Roles, n.Bundle)
	if err != nil {
		return Staff{}, Link{}, err
	}
	d := staffDetail{Login: s.Login, Name: s.Name, Roles: roles, AllCameras: &s.AllCameras, Cameras: &s.Cameras}
	var grants []RoleGrant
	for _, role := range roles {
		g := RoleGrant{ID: custody.NewRoleGrantID(), Staff: s.ID, Role: role, From: s.Added, By: by.String(), At: s.Added}
		grants, d.Grants = append(grants, g), append(d.Grants, detailOf(g))
	}
	inv, link := r.invitation(by, s)
	added, err1 := r.eventAt(s.Added, custody.EventStaffAdded, by, s.ID, d)
	invited, err2 := r.invited(by, inv)
	if err := firstError(err1, err2); err != nil {
		return Staff{}, Link{}, err
	}
	if err := r.store.AddStaff(ctx, s, grants, &inv, added, invited); err != nil {
		return Staff{}, Link{}, err
	}
	return s, link, nil
}

// Change changes a member. Disabling ends every session at once. It fails with Conflict if the version is not the one in the
// store, or if nobody would be left who can sign in as administrator.
func (r *Register) Change(ctx context.Context, by Actor, id custody.StaffID, c Change) (Staff, error) {
	if err := acting(by); err != nil {
		return Staff{}, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	s, err := r.store.StaffByID(ctx, id)
	if err != nil {
		return Staff{}, err
	}
	if s.Version != c.Version {
		return Staff{}, custody.Errorf(custody.Conflict, "version: somebody else has changed this member meanwhile; load the page again")
	}
	var d staffDetail
	if c.Name != nil {
		s.Name = strings.TrimSpace(*c.Name)
		d.Name = s.Name
	}
	if c.AllCameras != nil {
		s.AllCameras, d.AllCameras = *c.AllCameras, c.AllCameras
	}
	if c.Cameras != nil {
		s.Cameras = distinct(*c.Cameras)
		d.Cameras = &s.Cameras
	}
	if err := firstError(checkName(s.Name), checkCameras(s.Cameras)); err != nil {
		return Staff{}, err
	}
	if c.Enabled != nil {
		if s.Enabled && !*c.Enabled {
			if err := r.keepsAdministrator(ctx, id, ""); err != nil {
				return Staff{}, err
			}
		}
		s.Enabled, d.Enabled = *c.Enabled, c.Enabled
	}
	ev, err := r.event(custody.EventStaffChanged, by, id, d)
	if err != nil {
		return Staff{}, err
	}
	if err := r.store.UpdateStaff(ctx, s, ev); err != nil {
		return Staff{}, err
	}
	return r.store.StaffByID(ctx, id)
}

// Invite makes a link by which a member sets a new password. Earlier links lapse now; the old credentials, second factors and
// passkeys included, go when it is used. It is the way back in for who has lost everything.
func (r *Register) Invite(ctx context.Context, by Actor, id custody.StaffID) (Link, error) {
	if err := acting(by); err != nil {
		return Link{}, err
	}
	s, err := r.store.StaffByID(ctx, id)
	if err != nil {
		return Link{}, err
	}
	if !s.Enabled {
		return Link{}, custody.Errorf(custody.Conflict, "this member is disabled: enable them first")
	}
	inv, link := r.invitation(by, s)
	ev, err := r.invited(by, inv)
	if err != nil {
		return Link{}, err
	}
	return link, r.store.AddInvitation(ctx, inv, ev)
}

func (r *Register) invitation(by Actor, s Staff) (Invitation, Link) {
	life := InvitationLife
	if by.IsOperator() {
		life = BootstrapLife
	}
	var b [32]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	token := base64.RawURLEncoding.EncodeToString(b[:])
	now := r.clock.Now()
	inv := Invitation{ID: custody.NewInvitationID(), Staff: s.ID, Digest: digestOf(Secret(token)), Made: now, Expires: now.Add(life)}
	return inv, Link{inv.ID, s.ID, Secret(token), Secret(r.origin + "/join#" + token), inv.Expires}
}

func (r *Register) invited(by Actor, inv Invitation) (custody.Event, error) {
	return r.eventAt(inv.Made, custody.EventStaffInvited, by, inv.Staff,
		staffDetail{Invitation: string(inv.ID), Commitment: inv.Commit(), Expires: inv.Expires.String()})
}

func digestOf(token Secret) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// acting refuses who is nobody.
func acting(by Actor) error {
	if !by.Known() {
		return custody.Errorf(custody.Denied, "somebody has to do this")
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func distinct(ids []custody.CameraID) []custody.CameraID {
	out := append([]custody.CameraID{}, ids...) // not nil: the diary writes [] for none
	slices.Sort(out)
	return slices.Compact(out)
}

func rolesOf(roles []Role, bundle Bundle) ([]Role, error) {
	if bundle != "" {
		if bundle.Roles() == nil {
			return nil, custody.Errorf(custody.Invalid, "bundle: %q is none; use staff, custodian or installer", string(bundle))
		}
		roles = append(slices.Clone(roles), bundle.Roles()...)
	}
	var out []Role
	for _, role := range roles {
		if !slices.Contains(Roles(), role) {
			return nil, custody.Errorf(custody.Invalid, "roles: %q is no role of this house", string(role))
		}
		if !slices.Contains(out, role) {
			out = append(out, role)
		}
	}
	return out, nil
}
