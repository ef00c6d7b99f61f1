package sitetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// Options say what a site stands on. The zero Options are SQLite and disk.
type Options struct {
	Postgres *dbtest.Postgres     // a server; the site gets a database of its own
	S3       *gateway.Gateway     // an S3 server; the site gets a bucket of its own
	Endpoint string               // instead of the S3 server's own: a proxy in front of it
	Web      bool                 // a front door: plain HTTP on a free port of localhost, a second factor optional
	Edit     func(*config.Config) // last word on the configuration
	Env      []string             // added to the environment of every command
	Broken   bool                 // the test breaks what is stored: no check at its end
}

// Site is a site in a temporary directory.
type Site struct {
	Dir    string
	Config string // path of custody.yaml
	Conf   config.Config

	t   testing.TB
	env []string
}

// New initialises a site with the real custody init. When the test ends, the invariants are proved over everything stored.
func New(t testing.TB, o Options) *Site {
	t.Helper()
	s := &Site{Dir: t.TempDir(), t: t, env: append(os.Environ(), o.Env...)}
	s.Config = filepath.Join(s.Dir, "custody.yaml")
	c := config.Default(filepath.Join(s.Dir, "data"))
	c.Site = config.Site{Name: "Test Library", Zone: "America/Chicago", Origin: "test-library"}
	c.Operator.Listen = "127.0.0.1:0"
	c.Web.Listen = config.Off
	c.Spool.MinFreeBytes = 256 << 20
	c.Log.Level = "info"
	s.postgres(&c, o)
	s.s3(&c, o)
	if o.Web {
		s.web(&c)
	}
	if o.Edit != nil {
		o.Edit(&c)
	}
	text, err := c.Marshal(s.Dir)
	if err == nil {
		err = os.WriteFile(s.Config, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Conf = c
	s.Must("init", "--name", c.Site.Name, "--zone", c.Site.Zone)
	t.Cleanup(func() {
		if !o.Broken && !t.Failed() {
			s.Check()
		}
	})
	return s
}

func (s *Site) secret(name string, lines ...string) string {
	path := filepath.Join(s.Dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *Site) postgres(c *config.Config, o Options) {
	if o.Postgres == nil {
		return
	}
	d, err := o.Postgres.NewDatabase(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	c.Database = config.Database{Driver: config.Postgres, DSNFile: s.secret("dsn", d.DSN)}
}

func (s *Site) s3(c *config.Config, o Options) {
	if o.S3 == nil {
		return
	}
	endpoint := o.S3.Endpoint
	if o.Endpoint != "" {
		endpoint = o.Endpoint
	}
	c.Objects = config.Objects{Driver: config.S3, Endpoint: endpoint, Region: o.S3.Region, Bucket: "b" + strings.ToLower(fmt.Sprintf("%x", time.Now().UnixNano())),
		PutKeyFile: s.secret("s3key", o.S3.AccessKey, o.S3.SecretKey), PathStyle: true}
}

// Run runs one command of the program on this site and returns what it printed and its exit code.
func (s *Site) Run(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := exec.Command(Binary(s.t), append([]string{"--config", s.Config}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, s.env
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Must is Run for a command that has to succeed; it returns what was printed.
func (s *Site) Must(args ...string) string {
	s.t.Helper()
	out, errs, code := s.Run(args...)
	if code != 0 {
		s.t.Fatalf("custody %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// Check proves the invariants with custody check and fails the test if something is broken.
func (s *Site) Check(args ...string) {
	s.t.Helper()
	if out, errs, code := s.Run(append([]string{"check"}, args...)...); code != 0 {
		s.t.Errorf("custody check: exit code %d\n%s%s", code, out, errs)
	}
}

// Add adds simulated cameras under the last part of their URL: "cam0001".
func (s *Site) Add(cams ...*simcam.Camera) {
	s.t.Helper()
	for _, c := range cams {
		s.Must("camera", "add", CameraName(c), "--url", c.URL())
	}
}

// CameraName is the name under which Add registers a simulated camera.
func CameraName(c *simcam.Camera) string {
	u, err := url.Parse(c.URL())
	if err != nil {
		return c.URL()
	}
	return strings.TrimPrefix(u.Path, "/")
}

// Farm starts simulated cameras for the length of the test.
func Farm(t testing.TB, o simcam.Options) *simcam.Farm {
	t.Helper()
	if o.CacheDir == "" {
		o.CacheDir = CacheDir(t)
	}
	f, err := simcam.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return f
}
