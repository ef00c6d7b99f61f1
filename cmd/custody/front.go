package main

import (
	"context"
	"crypto/tls"
	"runtime/debug"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/certificate"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/web"
)

// front is the way in for people: the rooms that answer them, the door, the certificate.
type front struct {
	register *identity.Register
	office   *office.Office
	desk     *viewing.Desk
	door     *gate.Door
	server   *gate.Server
	services api.Services
	group    *lifecycle.Group
}

const (
	alarmFront = "front-door"
	frontRetry = 15 * time.Second
)

// porter opens the front door and opens it again when it has shut. Whatever keeps it shut is an alarm, and nothing to the
// recorder: viewing fails closed, recording goes on.
type porter struct {
	*lifecycle.Task
	s *server

	mu     sync.Mutex
	front  *front
	opened chan struct{} // closed when the door is open for the first time
	once   sync.Once
}

func newPorter(s *server) *porter {
	p := &porter{s: s, opened: make(chan struct{})}
	p.Task = lifecycle.NewTask(p.run)
	return p
}

func (p *porter) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.open(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.s.bell.raise(alarmFront, "", "nobody can sign in: "+oneLine(err))
		t := time.NewTimer(frontRetry)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

// open keeps the door open until ctx ends or it fails. A panic while it is being opened is a failure like any other: it must
// not take the recorder with it.
func (p *porter) open(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p.s.log.Error("panic while opening the front door", "panic", r, "stack", string(debug.Stack()))
			err = custody.Errorf(custody.Internal, "the front door cannot be opened: a fault of ours, see the log")
		}
	}()
	f, err := openFront(ctx, p.s)
	if err != nil {
		return err
	}
	if err := f.group.Start(ctx); err != nil {
		return err
	}
	defer f.group.Stop()
	p.hold(f)
	defer p.hold(nil)
	p.s.bell.clear(alarmFront, "")
	p.s.log.Info("the front door is open", "url", p.s.config.Web.URL, "listen", f.server.Addr().String())
	p.once.Do(func() { close(p.opened) })
	select {
	case <-ctx.Done():
		return nil
	case <-f.group.Done():
		return f.group.Err()
	}
}

func (p *porter) hold(f *front) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.front = f
}

// now is the open front; nil while the door is shut.
func (p *porter) now() *front {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.front
}

// openFront joins the rooms behind the door (CONTRACTS 15). Nothing runs yet.
func openFront(ctx context.Context, s *server) (*front, error) {
	source, err := certificates(s.books)
	if err != nil {
		return nil, err
	}
	f := &front{}
	if f.register, err = s.newRegister(ctx); err != nil {
		return nil, err
	}
	if err := s.ensurePackageKeys(ctx); err != nil {
		return nil, err
	}
	f.office = s.newOffice(f.register)
	renderer, err := render.New(ctx, render.Options{})
	if err != nil {
		return nil, err
	}
	if !renderer.Sandboxed() {
		s.log.Warn("pictures are made without a sandbox: install bubblewrap and allow user namespaces")
	}
	f.desk = viewing.NewDesk(viewing.Parts{Judge: s.judge, Vault: s.vault, Store: s.db, History: s.db.History(),
		Streams: registryStreams{s.registry}, Renderer: renderer, Clock: s.clock, Log: s.log}, viewing.Options{})
	room := inspection.NewRoom(inspection.Parts{Site: s.config.Site.Origin, Store: s.db, Watching: watching{s.db}, People: f.office,
		Diary: s.diary, Keys: s.ring.LogKeys, Clock: s.clock})
	if f.door, err = s.newDoor(f.register); err != nil {
		return nil, err
	}
	services := api.Services{Site: siteInfo(s.config, f.register), Identity: f.register, Judge: s.judge, Viewing: f.desk,
		Office: f.office, Inspection: room, Health: health{s}, Clock: s.clock}
	if err := s.openDesks(&services, renderer); err != nil {
		return nil, err
	}
	f.services = services
	if err := api.Register(f.door, services); err != nil {
		return nil, err
	}
	f.door.Seal()
	parts := []lifecycle.Named{{Name: "viewing", Part: f.desk}, {Name: "packages", Part: services.Packer}, {Name: "sessions", Part: s.sessions(f.register)}}
	var secure *tls.Config
	if source != nil {
		parts, secure = append(parts, lifecycle.Named{Name: "certificate", Part: source}), source.TLSConfig()
	}
	if f.server, err = gate.NewServer(f.door, s.config.Web.Listen, secure); err != nil {
		return nil, err
	}
	f.group = lifecycle.NewGroup(10*time.Second, s.slow, append(parts, lifecycle.Named{Name: "web", Part: f.server})...)
	return f, nil
}

// newRegister is the register of staff, with the keys that it needs: a site that is older than them gets them now.
func (b *books) newRegister(ctx context.Context) (*identity.Register, error) {
	for _, p := range []keys.Purpose{keys.TokenSigning, keys.SecondFactor} {
		if err := b.ring.Ensure(ctx, p, "system"); err != nil {
			return nil, err
		}
	}
	factor := identity.Required
	if b.config.Web.SecondFactor == config.FactorOptional {
		factor = identity.Optional
	}
	return identity.NewRegister(identity.Options{Store: b.db, Keys: b.ring, Clock: b.clock, Diary: b.diary, Policy: sitePolicy{b.db.Facts()},
		SecondFactor: factor, Origin: b.config.Web.URL, SiteName: b.config.Site.Name})
}

// ensurePackageKeys makes the keys that released packages are signed and stored under: a site that is older than them gets them now.
func (b *books) ensurePackageKeys(ctx context.Context) error {
	for _, p := range []keys.Purpose{keys.PackageSigning, keys.PackageWrap} {
		if err := b.ring.Ensure(ctx, p, "system"); err != nil {
			return err
		}
	}
	return nil
}

// sweepSessions is how often sessions are looked for whose time is over.
const sweepSessions = time.Minute

// sessions writes down that sessions are over. What cannot be written is tried again: they are good for nothing anyway.
func (s *server) sessions(r *identity.Register) *lifecycle.Task {
	return lifecycle.NewTask(func(ctx context.Context) error {
		tick := time.NewTicker(sweepSessions)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			if err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("the end of sessions could not be recorded", "err", err)
			}
		}
	})
}

func (b *books) newOffice(r *identity.Register) *office.Office {
	return office.New(office.Parts{Staff: r, Cameras: b.registry, Rules: access.NewRules(b.db.Facts(), b.db, b.clock), Facts: b.db.Facts(),
		Prober: newProber(b), Clock: b.clock})
}

func (s *server) newDoor(r *identity.Register) (*gate.Door, error) {
	return gate.New(gate.Options{Identity: r, Judge: s.judge, Clock: s.clock, Canonical: s.config.Web.ParsedURL(),
		TrustedProxies: s.config.Web.Proxies(), Log: s.log, Static: web.Handler()})
}

func siteInfo(c config.Config, r *identity.Register) api.SiteInfo {
	return api.SiteInfo{Name: c.Site.Name, Zone: c.Site.Zone, Demo: c.Web.SecondFactor == config.FactorOptional,
		SecondFactorRequired: c.Web.SecondFactor == config.FactorRequired, Passkeys: r.PasskeysPossible()}
}

// sitePolicy tells identity what staff acknowledge.
type sitePolicy struct{ facts access.Facts }

func (p sitePolicy) Policy(ctx context.Context) (string, int, error) {
	s, err := p.facts.Settings(ctx)
	return s.PolicyVersion, s.AcknowledgeDays, err
}

// certificates are what the front door shows; nil for plain HTTP. The site's own authority is founded here if custody init
// is older than it.
func certificates(b *books) (certificate.Source, error) {
	w := b.config.Web
	switch w.TLS {
	case config.TLSNone:
		return nil, nil
	case config.TLSFiles:
		return certificate.NewFiles(w.CertFile, w.KeyFile, b.clock, b.log)
	case config.TLSACME:
		roots, err := authorities("web.acme_ca_file", w.ACMECAFile)
		if err != nil {
			return nil, err
		}
		return certificate.NewACME(certificate.ACMEOptions{Dir: w.Dir, Canonical: w.ParsedURL(), Email: w.ACMEEmail,
			Directory: w.ACMEDirectory, Roots: roots, Listen: w.ACMEListen, Log: b.log})
	}
	if _, err := certificate.Open(w.Dir); custody.KindOf(err) == custody.NotFound && err != nil {
		a, err := certificate.Found(w.Dir, b.config.Site.Name, webHosts(w), b.clock.Now())
		if err != nil {
			return nil, err
		}
		b.log.Info("the site's certificate authority was made", "fingerprint", a.Fingerprint())
	}
	return certificate.NewSite(w.Dir, webHosts(w), b.clock, b.log)
}

// webHosts are the names that the site certificate is good for.
func webHosts(w config.Web) []string { return append([]string{w.ParsedURL().Hostname()}, w.Hosts...) }
