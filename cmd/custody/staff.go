package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type staffCommand struct {
	Add     staffAdd     `cmd:"" help:"Add a member of staff and print the link by which they set a password."`
	List    staffList    `cmd:"" help:"List the staff."`
	Invite  staffInvite  `cmd:"" help:"Make a new link for somebody who lost a password or a second factor."`
	Disable staffDisable `cmd:"" help:"Let somebody in no more; whoever is signed in is out within seconds."`
	Enable  staffEnable  `cmd:"" help:"Let somebody in again."`
	SignOut staffSignOut `cmd:"" name:"sign-out" help:"End every session of somebody."`
}

// personnel is what a staff command works with: the office, and the judge to ask.
type personnel struct {
	*books
	office   *office.Office
	operator identity.Actor
}

func withStaff(ctx context.Context, cli *commands, term terminal, act func(*personnel) error) error {
	return withBooks(ctx, cli, term, func(b *books, operator identity.Actor) error {
		r, err := b.newRegister(ctx)
		if err != nil {
			return err
		}
		return act(&personnel{b, b.newOffice(r), operator})
	})
}

func (p *personnel) may(ctx context.Context, action access.Action, about custody.StaffID) (access.Grant, error) {
	return p.judge.Decide(ctx, p.operator, access.Ask{Action: action, Subject: string(about), Purpose: "at the command line"})
}

func (p *personnel) members(ctx context.Context) ([]office.Member, error) {
	scope, err := p.judge.Scope(ctx, p.operator, access.StaffView)
	if err != nil {
		return nil, err
	}
	return p.office.Members(ctx, scope)
}

// find returns the member with that login.
func (p *personnel) find(ctx context.Context, login string) (office.Member, error) {
	all, err := p.members(ctx)
	if err != nil {
		return office.Member{}, err
	}
	for _, m := range all {
		if m.Login == strings.ToLower(login) {
			return m, nil
		}
	}
	return office.Member{}, custody.Errorf(custody.NotFound, "there is no member of staff with the login %q: custody staff list names them", login)
}

type staffAdd struct {
	Login   string   `arg:"" help:"What they sign in with: 3 to 64 of a-z, 0-9, dot, hyphen and underscore."`
	Name    string   `help:"What colleagues call them." required:""`
	As      string   `help:"staff looks and prepares, custodian also decides, installer keeps cameras and accounts and sees no footage." enum:"staff,custodian,installer," default:""`
	Role    []string `help:"Fine roles instead of --as: viewer, preparer, redactor, reviewer, custodian, counsel, auditor, administrator."`
	Cameras []string `help:"Cameras that they may ask for, by name; all if left out." name:"camera"`
}

// Run adds a member and prints the link once.
func (c *staffAdd) Run(ctx context.Context, cli *commands, term terminal) error {
	if (c.As == "") == (len(c.Role) == 0) {
		return custody.Errorf(custody.Invalid, "--as: say staff, custodian or installer, or name fine roles with --role, not both")
	}
	return withStaff(ctx, cli, term, func(p *personnel) error {
		n := identity.New{Login: c.Login, Name: c.Name, Bundle: identity.Bundle(c.As), AllCameras: len(c.Cameras) == 0}
		for _, r := range c.Role {
			n.Roles = append(n.Roles, identity.Role(r))
		}
		for _, name := range c.Cameras {
			cam, err := p.registry.Find(ctx, name)
			if err != nil {
				return err
			}
			n.Cameras = append(n.Cameras, cam.ID)
		}
		m, link, err := p.add(ctx, n)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s: %s was added\n", m.ID, m.Name)
		p.show(term, link)
		return nil
	})
}

func (p *personnel) add(ctx context.Context, n identity.New) (office.Member, identity.Link, error) {
	manage, err := p.may(ctx, access.StaffManage, "")
	if err != nil {
		return office.Member{}, identity.Link{}, err
	}
	roles, err := p.may(ctx, access.RoleGrant, "")
	if err != nil {
		return office.Member{}, identity.Link{}, err
	}
	return p.office.AddMember(ctx, manage, roles, n)
}

// show prints a link: it is good once, and kept nowhere.
func (p *personnel) show(term terminal, l identity.Link) {
	until := l.Expires.Time().In(p.config.Site.Location()).Format("2006-01-02 15:04 MST")
	fmt.Fprintf(term.out, "\nGive them this link, by hand. It works once, until %s, and is shown only now:\n  %s\n", until, string(l.URL))
}

type staffList struct {
	JSON bool `help:"One JSON object a line."`
}

type listedMember struct {
	ID           custody.StaffID `json:"id"`
	Login        string          `json:"login"`
	Name         string          `json:"name"`
	Enabled      bool            `json:"enabled"`
	Roles        []string        `json:"roles"`
	AllCameras   bool            `json:"all_cameras"`
	Cameras      int             `json:"cameras"`
	SecondFactor bool            `json:"second_factor"`
}

// Run lists the staff with the roles that count now.
func (c *staffList) Run(ctx context.Context, cli *commands, term terminal) error {
	return withStaff(ctx, cli, term, func(p *personnel) error {
		all, err := p.members(ctx)
		if err != nil {
			return err
		}
		now := p.clock.Now()
		var out []listedMember
		for _, m := range all {
			l := listedMember{ID: m.ID, Login: m.Login, Name: m.Name, Enabled: m.Enabled, AllCameras: m.AllCameras,
				Cameras: len(m.Cameras), SecondFactor: m.HasTOTP || m.Passkeys > 0, Roles: []string{}}
			for _, role := range identity.Roles() {
				if slices.ContainsFunc(m.Roles, func(g identity.RoleGrant) bool { return g.Role == role && g.Good(now) }) {
					l.Roles = append(l.Roles, string(role))
				}
			}
			out = append(out, l)
		}
		if c.JSON {
			return writeJSONLines(term.out, out)
		}
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "LOGIN\tNAME\tSTATE\tROLES\tCAMERAS\tSECOND FACTOR\tID")
		for _, l := range out {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%v\t%s\n", l.Login, l.Name, word(l.Enabled, "in", "disabled"), strings.Join(l.Roles, " "),
				word(l.AllCameras, "all", fmt.Sprint(l.Cameras)), l.SecondFactor, l.ID)
		}
		return w.Flush()
	})
}

func word(yes bool, is, isNot string) string {
	if yes {
		return is
	}
	return isNot
}

// withMember is withStaff for an act about one member, which the judge has allowed.
func withMember(ctx context.Context, cli *commands, term terminal, login string, act func(*personnel, access.Grant, office.Member) error) error {
	return withStaff(ctx, cli, term, func(p *personnel) error {
		m, err := p.find(ctx, login)
		if err != nil {
			return err
		}
		g, err := p.may(ctx, access.StaffManage, m.ID)
		if err != nil {
			return err
		}
		return act(p, g, m)
	})
}

// somebody is who a command is about.
type somebody struct {
	Login string `arg:"" help:"Whom."`
}

type staffInvite struct{ somebody }

// Run makes a link; using it replaces the password and the second factor.
func (c *staffInvite) Run(ctx context.Context, cli *commands, term terminal) error {
	return withMember(ctx, cli, term, c.Login, func(p *personnel, g access.Grant, m office.Member) error {
		link, err := p.office.Invite(ctx, g, m.ID)
		if err == nil {
			p.show(term, link)
		}
		return err
	})
}

type staffDisable struct{ somebody }

// Run ends an account's use and every session of it.
func (c *staffDisable) Run(ctx context.Context, cli *commands, term terminal) error {
	return setEnabled(ctx, cli, term, c.Login, false)
}

type staffEnable struct{ somebody }

// Run lets somebody in again.
func (c *staffEnable) Run(ctx context.Context, cli *commands, term terminal) error {
	return setEnabled(ctx, cli, term, c.Login, true)
}

func setEnabled(ctx context.Context, cli *commands, term terminal, login string, on bool) error {
	return withMember(ctx, cli, term, login, func(p *personnel, g access.Grant, m office.Member) error {
		_, err := p.office.ChangeMember(ctx, g, m.ID, identity.Change{Enabled: &on, Version: m.Version})
		if err == nil {
			fmt.Fprintf(term.out, "%s: %s\n", m.Login, word(on, "may sign in again", "may not sign in any more"))
		}
		return err
	})
}

type staffSignOut struct{ somebody }

// Run ends every session of somebody.
func (c *staffSignOut) Run(ctx context.Context, cli *commands, term terminal) error {
	return withMember(ctx, cli, term, c.Login, func(p *personnel, g access.Grant, m office.Member) error {
		return p.office.SignOut(ctx, g, m.ID)
	})
}
