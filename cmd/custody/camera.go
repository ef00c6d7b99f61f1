package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type cameraCommand struct {
	Add    cameraAdd    `cmd:"" help:"Add a camera; a running recorder begins within seconds."`
	List   cameraList   `cmd:"" help:"List the cameras."`
	Test   cameraTest   `cmd:"" help:"Connect to a camera and say what it sends."`
	Import cameraImport `cmd:"" help:"Add every camera of a YAML or CSV list, all or none."`
	Remove cameraRemove `cmd:"" help:"Stop recording a camera for good; its footage stays."`
}

// connection is how a camera is reached, for add and test.
type connection struct {
	URL          string `help:"rtsp:// or rtsps:// address of the main stream."`
	Transport    string `help:"tcp or udp; rtsps is always tcp." enum:"tcp,udp" default:"tcp"`
	User         string `help:"User name for the camera."`
	PasswordFile string `help:"File that holds the camera's password in one line; - reads it from standard input." placeholder:"FILE"`
	Audio        bool   `help:"Record sound as well. Off unless your policy asks for it."`
}

func (c connection) password(term terminal) (string, error) {
	switch c.PasswordFile {
	case "":
		return "", nil
	case "-":
		b, err := io.ReadAll(io.LimitReader(term.in, 4096))
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimSuffix(line, "\r"), custody.Wrap(custody.Invalid, err, "--password-file: standard input cannot be read")
	}
	return config.ReadSecret(c.PasswordFile)
}

type cameraAdd struct {
	Name string `arg:"" help:"The camera's name, as people know it."`
	connection
	SubURL string `help:"Address of the sub stream, if it is to be recorded too." name:"sub-url"`
	Place  string `help:"Where it is, for people, such as: Main entrance, ground floor."`
	Class  string `help:"What it shows: public-area, staff-area or library-record." enum:"public-area,staff-area,library-record" default:"public-area"`
}

// Run adds one camera.
func (c *cameraAdd) Run(ctx context.Context, cli *commands, term terminal) error {
	password, err := c.password(term)
	if err != nil {
		return err
	}
	a, err := camera.NewAddition(camera.Input{Name: c.Name, URL: c.URL, SubURL: c.SubURL, User: c.User, Password: password,
		Transport: c.Transport, Audio: c.Audio, Place: c.Place, Class: access.Class(c.Class)})
	if err != nil {
		return err
	}
	return withBooks(ctx, cli, term, func(b *books, operator identity.Actor) error {
		g, err := b.mayManage(ctx, operator, "")
		if err != nil {
			return err
		}
		cam, err := b.registry.Add(ctx, g, a)
		if err == nil {
			fmt.Fprintf(term.out, "%s: camera %q was added\n", cam.ID, cam.Name)
		}
		return err
	})
}

// withBooks opens the books for an act of the operator.
func withBooks(ctx context.Context, cli *commands, term terminal, act func(*books, identity.Actor) error) error {
	b, err := openBooks(ctx, cli.Config, term.err)
	if err != nil {
		return err
	}
	defer b.close()
	operator, err := identity.Operator(b.ring)
	if err != nil {
		return err
	}
	return act(b, operator)
}

// mayManage asks the judge to let the operator change the camera of that id, or add cameras.
func (b *books) mayManage(ctx context.Context, operator identity.Actor, id custody.CameraID) (access.Grant, error) {
	return b.judge.Decide(ctx, operator, access.Ask{Action: access.CameraManage, Camera: id, Purpose: "at the command line"})
}

type cameraList struct {
	JSON bool `help:"One JSON object a line."`
	All  bool `help:"Removed cameras too."`
}

// listed is one line of the list. Credentials are never part of it.
type listed struct {
	ID      custody.CameraID `json:"id"`
	Name    string           `json:"name"`
	Place   string           `json:"place,omitempty"`
	Class   access.Class     `json:"class"`
	State   string           `json:"state"` // on, off or removed
	Audio   bool             `json:"audio"`
	Streams []listedStream   `json:"streams"`
}

type listedStream struct {
	ID        custody.StreamID `json:"id"`
	Role      string           `json:"role"`
	URL       string           `json:"url"`
	Transport string           `json:"transport"`
	Login     bool             `json:"login"`
}

// Run lists the cameras.
func (c *cameraList) Run(ctx context.Context, cli *commands, term terminal) error {
	return withBooks(ctx, cli, term, func(b *books, _ identity.Actor) error {
		cams, err := b.registry.List(ctx)
		if err != nil {
			return err
		}
		var out []listed
		for _, cam := range cams {
			if cam.Removed == 0 || c.All {
				out = append(out, list(cam))
			}
		}
		if c.JSON {
			return writeJSONLines(term.out, out)
		}
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tCLASS\tAUDIO\tSTREAM\tADDRESS\tID")
		for _, l := range out {
			for _, st := range l.Streams {
				fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s (%s)\t%s\t%s\n", l.Name, l.State, l.Class, l.Audio, st.Role, st.Transport, st.URL, l.ID)
			}
		}
		return w.Flush()
	})
}

func list(cam camera.Camera) listed {
	l := listed{ID: cam.ID, Name: cam.Name, Place: cam.Place, Class: cam.Class, State: "on", Audio: cam.Audio}
	switch {
	case cam.Removed != 0:
		l.State = "removed"
	case !cam.Enabled:
		l.State = "off"
	}
	for _, st := range cam.Streams {
		l.Streams = append(l.Streams, listedStream{ID: st.ID, Role: string(st.Role), URL: st.URL, Transport: st.Transport, Login: len(st.Secret) > 0})
	}
	return l
}

func writeJSONLines[T any](w io.Writer, items []T) error {
	enc := json.NewEncoder(w)
	for _, i := range items {
		if err := enc.Encode(i); err != nil {
			return err
		}
	}
	return nil
}

type cameraTest struct {
	Name string `arg:"" optional:"" help:"A camera that was added; or leave it out and give --url."`
	connection
}

// Run connects once and reports. It needs no site if --url is given.
func (c *cameraTest) Run(ctx context.Context, cli *commands, term terminal) error {
	if (c.Name == "") == (c.URL == "") {
		return custody.Errorf(custody.Invalid, "give the name of a camera that was added, or --url, not both")
	}
	if c.Name != "" {
		return withBooks(ctx, cli, term, func(b *books, _ identity.Actor) error { return c.registered(ctx, b, term) })
	}
	source, err := c.source(term)
	if err != nil {
		return err
	}
	clock, err := newMarklessClock()
	if err != nil {
		return err
	}
	return probe(ctx, term, clock, "main", source, ingest.Options{})
}

// source is what the flags name. No error repeats the address: it may hold a password.
func (c *cameraTest) source(term terminal) (ingest.Source, error) {
	password, err := c.password(term)
	if err != nil {
		return ingest.Source{}, err
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps" {
		return ingest.Source{}, custody.Errorf(custody.Invalid, "--url: it must be an address like rtsp://camera.example/stream")
	}
	src := ingest.Source{Transport: c.Transport, User: c.User, Password: password, Audio: c.Audio}
	if u.User != nil {
		src.User = u.User.Username()
		src.Password, _ = u.User.Password()
		u.User = nil
	}
	src.URL = u.String()
	return src, nil
}

func (c *cameraTest) registered(ctx context.Context, b *books, term terminal) error {
	cam, err := b.registry.Find(ctx, c.Name)
	if err != nil {
		return err
	}
	trust, err := cameraTLS(b.config.Cameras)
	if err != nil {
		return err
	}
	for _, st := range cam.Streams {
		source, err := sourceOf(b.registry, cam, st)
		if err != nil {
			return err
		}
		if err := probe(ctx, term, b.clock, string(st.Role), source, ingest.Options{TLS: trust}); err != nil {
			return err
		}
	}
	return nil
}

// probe connects and prints what was found.
func probe(ctx context.Context, term terminal, clock custody.Clock, role string, source ingest.Source, o ingest.Options) error {
	f, err := ingest.Probe(ctx, source, clock, o)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "stream\t%s over %s, %s\n", role, f.Transport, f.RemoteAddr)
	for _, t := range f.Tracks {
		fmt.Fprintf(w, "track %d\t%s, %d ticks a second, parameters from the %s\n", t.ID, t.Codec, t.Timescale, t.Source)
	}
	if f.Picture.Width > 0 {
		fmt.Fprintf(w, "picture\t%dx%d, %.4g frames a second\n", f.Picture.Width, f.Picture.Height, f.Picture.FPS)
	}
	fmt.Fprintf(w, "first frame\tafter %s\n", f.FirstUnit.Round(time.Millisecond))
	if f.FirstAccess > 0 {
		fmt.Fprintf(w, "first key frame\tafter %s\n", f.FirstAccess.Round(time.Millisecond))
	}
	offset := "not told: no sender report arrived during the test"
	if f.CameraOffset != nil {
		offset = (time.Duration(*f.CameraOffset) * time.Microsecond).Round(time.Millisecond).String() + " against ours"
	}
	fmt.Fprintf(w, "camera clock\t%s\n", offset)
	if f.Damaged > 0 {
		fmt.Fprintf(w, "damaged\t%d of %d frames lost packets on the way\n", f.Damaged, f.Units)
	}
	return w.Flush()
}

type cameraImport struct {
	File string `arg:"" help:"A .yaml, .yml or .csv list." type:"existingfile"`
}

// Run adds every camera of a list. What is wrong with the list is said all at once, and nothing is added.
func (c *cameraImport) Run(ctx context.Context, cli *commands, term terminal) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return custody.Wrap(custody.Invalid, err, "the list cannot be read")
	}
	parse := camera.ParseYAML
	if strings.EqualFold(filepath.Ext(c.File), ".csv") {
		parse = camera.ParseCSV
	}
	additions, err := parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return withBooks(ctx, cli, term, func(b *books, operator identity.Actor) error {
		g, err := b.mayManage(ctx, operator, "")
		if err != nil {
			return err
		}
		added, err := b.registry.AddAll(ctx, g, additions)
		for _, cam := range added {
			fmt.Fprintf(term.out, "%s: camera %q was added\n", cam.ID, cam.Name)
		}
		return err
	})
}

type cameraRemove struct {
	Name string `arg:"" help:"The camera's name or id."`
}

// Run removes a camera.
func (c *cameraRemove) Run(ctx context.Context, cli *commands, term terminal) error {
	return withBooks(ctx, cli, term, func(b *books, operator identity.Actor) error {
		cam, err := b.registry.Find(ctx, c.Name)
		if err != nil {
			return err
		}
		g, err := b.mayManage(ctx, operator, cam.ID)
		if err != nil {
			return err
		}
		if err := b.registry.Remove(ctx, g, cam.ID); err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s: camera %q is recorded no longer; its footage stays\n", cam.ID, cam.Name)
		return nil
	})
}
