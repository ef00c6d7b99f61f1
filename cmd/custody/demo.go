package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db/dbtest/cluster"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

type demoCommand struct {
	Dir      string        `help:"Where the demonstration keeps its data." default:".custody" type:"path"`
	Postgres bool          `help:"Keep the books in a PostgreSQL server that the demonstration starts."`
	S3       bool          `help:"Keep the objects in an S3 server that the demonstration starts." name:"s3"`
	RTSP     string        `help:"Address of the simulated cameras." default:"127.0.0.1:18554" name:"rtsp"`
	Web      string        `help:"Address of the application; loopback only." default:"127.0.0.1:8440"`
	Accounts bool          `help:"Make three accounts to sign in with." default:"true" negatable:""`
	Operator string        `help:"Address of metrics and health; port 0 takes a free one." default:"127.0.0.1:9464"`
	For      time.Duration `help:"Stop by itself after this long."`
	Every    time.Duration `help:"How often to say what is being recorded." default:"10s"`
}

// demo is a site of its own with the servers it stands on and two simulated cameras. Everything listens on
// loopback only.
type demo struct {
	c        *demoCommand
	term     terminal
	config   string
	postgres *cluster.Server
	gateway  *gateway.Gateway
	farm     *simcam.Farm
	staff    []identity.Actor // of the accounts that this start made: director, clerk, installer
	story    custody.Instant  // when the story of the request begins; 0 if it is told already
}

// Run sets the demonstration up if it is new, records until told to stop, and shows what is recorded.
func (c *demoCommand) Run(ctx context.Context, term terminal) error {
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	d := &demo{c: c, term: term, config: filepath.Join(c.Dir, "custody.yaml")}
	defer d.close()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	s, err := openServer(ctx, d.config, term, seams{})
	if err != nil {
		return err
	}
	if err := d.cameras(ctx, s); err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Fprintf(term.out, "\nrecording two simulated cameras into %s\n", c.Dir)
	if err := d.people(ctx, s); err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Fprintf(term.out, "  metrics  http://%s/metrics\n", s.operator.Addr())
	fmt.Fprintf(term.out, "  prove    bin/custody check --config %s\n", d.config)
	fmt.Fprintf(term.out, "  stop     Ctrl-C\n\n")
	return errors.Join(d.watch(ctx, s), s.close())
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.term.out, "demo: "+format+"\n", args...)
}

// prepare starts the servers and initialises the site if there is none.
func (d *demo) prepare(ctx context.Context) error {
	if err := os.MkdirAll(d.c.Dir, 0o755); err != nil {
		return custody.Wrap(custody.Invalid, err, "--dir: %s cannot be made", d.c.Dir)
	}
	conf := config.Default(filepath.Join(d.c.Dir, "data"))
	conf.Site = config.Site{Name: "Demonstration Library", Zone: "America/Chicago", Origin: "demonstration-library"}
	conf.Operator.Listen = d.c.Operator
	if err := d.web(&conf); err != nil {
		return err
	}
	conf.Spool.MinFreeBytes = 512 << 20
	conf.Log.Level = "warn"
	if err := d.servers(ctx, &conf); err != nil {
		return err
	}
	_, err := os.Stat(d.config)
	fresh := errors.Is(err, os.ErrNotExist)
	if !fresh {
		if err := os.Remove(d.config); err != nil { // ports change with every start; the site does not
			return custody.Wrap(custody.Unavailable, err, "--dir: %s cannot be replaced", d.config)
		}
	}
	if err := writeConfig(d.config, conf); err != nil {
		return err
	}
	if _, err := os.Stat(conf.Keys.SiteKeyFile); err == nil {
		return nil
	}
	d.say("setting up a site in %s", d.c.Dir)
	sheet, err := initialise(ctx, conf)
	if err != nil {
		return err
	}
	return writeNew(filepath.Join(d.c.Dir, "recovery-sheet.txt"), []byte(sheet))
}

// cameras starts two cameras that encode live, and registers them or their new addresses.
func (d *demo) cameras(ctx context.Context, s *server) (err error) {
	d.say("starting two simulated cameras")
	d.farm, err = simcam.Start(simcam.Options{Listen: d.c.RTSP, Now: time.Now, Log: s.log,
		Cameras: []simcam.CameraSpec{{Path: "entrance", Live: true}, {Path: "reading-room", Live: true}}})
	if err != nil {
		return err
	}
	operator, err := identity.Operator(s.ring)
	if err != nil {
		return err
	}
	for i, name := range []string{"Entrance", "Reading room"} {
		if err := d.register(ctx, s.books, operator, name, d.farm.Cameras()[i].URL()); err != nil {
			return err
		}
	}
	return nil
}

// register adds a camera unless an earlier start did; one at another address makes room for it.
func (d *demo) register(ctx context.Context, b *books, operator identity.Actor, name, url string) error {
	if old, err := b.registry.Find(ctx, name); err == nil {
		if old.Streams[0].URL == url {
			return nil
		}
		g, err := b.mayManage(ctx, operator, old.ID)
		if err != nil {
			return err
		}
		if err := b.registry.Remove(ctx, g, old.ID); err != nil {
			return err
		}
	}
	a, err := camera.NewAddition(camera.Input{Name: name, Place: "Ground floor", URL: url})
	if err != nil {
		return err
	}
	g, err := b.mayManage(ctx, operator, "")
	if err != nil {
		return err
	}
	_, err = b.registry.Add(ctx, g, a)
	return err
}

// watch prints a table of what is being recorded until ctx ends or the site fails.
func (d *demo) watch(ctx context.Context, s *server) error {
	t := time.NewTicker(d.c.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.group.Done():
			return s.group.Err()
		case <-t.C:
			d.table(ctx, s)
			if err := d.tell(ctx, s); err != nil {
				return err
			}
		}
	}
}

func (d *demo) table(ctx context.Context, s *server) {
	zone := s.config.Site.Location()
	fmt.Fprintf(d.term.out, "%s\n", s.clock.Now().Time().In(zone).Format("2006-01-02 15:04:05 MST"))
	w := tabwriter.NewWriter(d.term.out, 2, 4, 2, ' ', 0)
	cams, err := s.registry.List(ctx)
	if err != nil {
		fmt.Fprintln(w, "  the registry cannot be read:", oneLine(err))
	}
	hands := s.crew.snapshot()
	for _, c := range cams {
		for _, st := range c.Streams {
			if h := hands[st.ID]; h != nil {
				line(w, c, h, zone)
			}
		}
	}
	w.Flush()
}

func line(w io.Writer, c camera.Camera, h *hand, zone *time.Location) {
	in, rec := h.session.Stats(), h.stream.Snapshot()
	state := "recording"
	if rec.Gap != "" {
		state = "gap: " + string(rec.Gap)
	}
	to := "-"
	if rec.RecordedTo != 0 {
		to = rec.RecordedTo.Time().In(zone).Format("15:04:05")
	}
	fmt.Fprintf(w, "  %s\t%s\t%d frames\t%.1f MB\tin the spool to %s\t%d segments sealed\n", c.Name, state, rec.Kept, float64(in.Bytes)/1e6, to, rec.Segments)
}

func (d *demo) close() {
	if d.farm != nil {
		d.farm.Stop()
	}
	if d.gateway != nil {
		d.gateway.Stop()
	}
	if d.postgres != nil {
		if err := d.postgres.Stop(); err != nil {
			fmt.Fprintln(d.term.err, "custody:", oneLine(err))
		}
	}
}
