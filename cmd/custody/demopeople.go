package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// frontWithin is how long the demonstration waits for its front door.
const frontWithin = 20 * time.Second

// web sets the demonstration's front door: plain HTTP, which a browser takes for safe on localhost, and one factor. Both are
// refused on any address that another machine could reach.
func (d *demo) web(conf *config.Config) error {
	if d.c.Web == config.Off {
		conf.Web.Listen = config.Off
		return nil
	}
	_, port, err := net.SplitHostPort(d.c.Web)
	if err != nil {
		return custody.Wrap(custody.Invalid, err, "--web: must be host:port such as 127.0.0.1:8440, or off")
	}
	conf.Web.Listen, conf.Web.URL, conf.Web.TLS, conf.Web.SecondFactor = d.c.Web, "http://localhost:"+port, config.TLSNone, config.FactorOptional
	return nil
}

// demoStaff are the three people of a small library.
func demoStaff() []identity.New {
	return []identity.New{
		{Login: "director", Name: "Dana Director", Bundle: identity.BundleCustodian, AllCameras: true},
		{Login: "clerk", Name: "Chris Clerk", Bundle: identity.BundleStaff, AllCameras: true},
		{Login: "installer", Name: "Ira Installer", Bundle: identity.BundleInstaller},
	}
}

// people waits for the front door, makes the accounts if there are none, and says how to come in. Passwords are random and
// shown once.
func (d *demo) people(ctx context.Context, s *server) error {
	if s.porter == nil {
		return nil
	}
	wait := time.NewTimer(frontWithin)
	defer wait.Stop()
	select {
	case <-s.porter.opened:
	case <-ctx.Done():
		return nil
	case <-wait.C:
		return custody.Errorf(custody.Unavailable, "--web: the application does not come up at %s: is another program there?", d.c.Web)
	}
	fmt.Fprintf(d.term.out, "  open     %s   (a demonstration: only this machine can reach it)\n", s.config.Web.URL)
	if !d.c.Accounts {
		return nil
	}
	operator, err := identity.Operator(s.ring)
	if err != nil {
		return err
	}
	f := s.porter.now()
	if f == nil {
		return custody.Errorf(custody.Unavailable, "--web: the application has gone away again")
	}
	p := &personnel{s.books, f.office, operator}
	have, err := p.members(ctx)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		fmt.Fprintf(d.term.out, "  sign in  with the accounts that the first start showed; to begin anew, remove %s\n", d.c.Dir)
		return nil
	}
	for i, n := range demoStaff() {
		password, actor, err := p.admit(ctx, f.register, n)
		if err != nil {
			return err
		}
		d.staff = append(d.staff, actor)
		fmt.Fprintf(d.term.out, "  %-8s %-10s %s\n", []string{"sign in", "or", "or"}[i], n.Login, password)
	}
	return nil
}

// admit adds a member and uses their link at once, with a password drawn here. They are signed in.
func (p *personnel) admit(ctx context.Context, r *identity.Register, n identity.New) (string, identity.Actor, error) {
	_, link, err := p.add(ctx, n)
	if err != nil {
		return "", identity.Actor{}, err
	}
	password := drawPassword()
	a, err := r.Join(ctx, identity.Joining{Token: link.Token, Password: identity.Secret(password), Address: "127.0.0.1"})
	return password, a.Actor, err
}

// drawPassword draws 80 random bits as four groups of four.
func drawPassword() string {
	b := make([]byte, 10)
	rand.Read(b) // never fails
	text := strings.ToLower(base32.StdEncoding.EncodeToString(b))
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}
