package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/certificate"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/keys"
)

type initCommand struct {
	Name    string `help:"The site's name, as people know it." required:""`
	Zone    string `help:"The site's time zone, such as America/Chicago." required:""`
	DataDir string `help:"Where the site keeps its data." default:"/var/lib/custody" type:"path"`
	Host    string `help:"The name by which other machines will reach this one, such as custody.library.lan; only this machine can if it is left out."`
	Sheet   string `help:"Write the recovery sheet into this new file instead of printing it." type:"path"`
}

// Run sets up a site that does not exist yet. It is the only thing that ever creates a site key.
func (c *initCommand) Run(ctx context.Context, cli *commands, term terminal) error {
	conf := config.Default(c.DataDir)
	conf.Site = config.Site{Name: c.Name, Zone: c.Zone, Origin: config.Slug(c.Name)}
	if c.Host != "" {
		conf.Web.Listen, conf.Web.URL = ":8440", "https://"+strings.ToLower(c.Host)+":8440"
	}
	if _, err := os.Lstat(cli.Config); err == nil {
		var lerr error
		if conf, lerr = config.Load(cli.Config); lerr != nil {
			return lerr
		}
	} else if err := writeConfig(cli.Config, conf); err != nil {
		return err
	}
	sheet, err := initialise(ctx, conf)
	if err != nil {
		return err
	}
	if c.Sheet != "" {
		if err := writeNew(c.Sheet, []byte(sheet)); err != nil {
			return err
		}
		sheet = "The recovery sheet is in " + c.Sheet + ". Print it, lock it away, and delete the file.\n"
	}
	fmt.Fprintf(term.out, "The site %q is set up. Configuration: %s\n\n%s\n", conf.Site.Name, cli.Config, sheet)
	if err := tellAuthority(conf, term); err != nil {
		return err
	}
	fmt.Fprintln(term.out, "Next: custody staff add, custody camera add, then custody serve.")
	return nil
}

// tellAuthority says how browsers come to trust the site.
func tellAuthority(conf config.Config, term terminal) error {
	if conf.Web.TLS != config.TLSSite || conf.Web.Listen == config.Off {
		return nil
	}
	a, err := certificate.Open(conf.Web.Dir)
	if err != nil {
		return err
	}
	path := filepath.Join(conf.DataDir, "authority.pem")
	if err := writeNew(path, a.PEM()); err != nil {
		return err
	}
	fmt.Fprintf(term.out, "The application will be at %s. Install %s in the browsers of your staff;\nits SHA-256 fingerprint is %s\n\n", conf.Web.URL, path, a.Fingerprint())
	return nil
}

// writeConfig writes a new configuration file and reads it back, so that what is wrong is said now.
func writeConfig(path string, conf config.Config) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return custody.Wrap(custody.Invalid, err, "--config: the directory of %s cannot be made", path)
	}
	text, err := conf.Marshal(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err := writeNew(path, text); err != nil {
		return err
	}
	if _, err := config.Load(path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return custody.Wrap(custody.Invalid, err, "%s cannot be created", path)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// initialise makes the directories, the site key, the database, the object store and the purpose keys, and
// returns the recovery sheet. It refuses a site that has a key already.
func initialise(ctx context.Context, conf config.Config) (string, error) {
	for _, dir := range append([]string{conf.DataDir, conf.Spool.Dir, conf.Backup.Dir, filepath.Dir(conf.Keys.SiteKeyFile)}, conf.Checkpoints.CopyTo...) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", custody.Wrap(custody.Invalid, err, "the directory %s cannot be made", dir)
		}
	}
	clock, err := newClock(conf, seams{}, nil)
	if err != nil {
		return "", err
	}
	d, err := openDatabase(ctx, conf, seams{})
	if err != nil {
		return "", err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return "", err
	}
	if have, err := d.Keys(ctx); err != nil || len(have) > 0 {
		return "", errors.Join(err, custody.Errorf(custody.Exists, "the database belongs to a site already; use an empty one"))
	}
	if _, err := openObjects(ctx, conf, true); err != nil {
		return "", err
	}
	if conf.Web.TLS == config.TLSSite && conf.Web.Listen != config.Off {
		if _, err := certificate.Found(conf.Web.Dir, conf.Site.Name, webHosts(conf.Web), clock.Now()); err != nil {
			return "", err
		}
	}
	site, err := keys.InitSiteKey(conf.Keys.SiteKeyFile)
	if err != nil {
		return "", err
	}
	defer site.Wipe()
	ring, err := keys.LoadRing(ctx, d, site, clock)
	if err != nil {
		return "", err
	}
	defer ring.Close()
	ev, err := custody.NewEvent(custody.EventSiteInitialised, clock.Now(), "operator", "", "", map[string]string{"site": conf.Site.Name, "zone": conf.Site.Zone, "version": version()})
	if err != nil {
		return "", err
	}
	if err := d.Append(ctx, ev); err != nil {
		return "", err
	}
	for _, p := range keys.Purposes() {
		if _, err := ring.Create(ctx, p, "operator"); err != nil {
			return "", err
		}
	}
	return strings.TrimRight(keys.RecoverySheet(site, conf.Site.Name, clock.Now()), "\n") + "\n", nil
}
