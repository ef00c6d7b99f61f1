package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// inside is a site that runs inside the test's own process, so that faults and clocks can be put under it.
type inside struct {
	*server
	t    *testing.T
	path string // of custody.yaml
	log  *lockedBuffer
}

// lockedBuffer collects the log of a site.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// startInside initialises a site in a temporary directory and records the farm's cameras.
func startInside(t *testing.T, under seams, farm *simcam.Farm) *inside {
	t.Helper()
	dir := t.TempDir()
	conf := config.Default(filepath.Join(dir, "data"))
	conf.Site = config.Site{Name: "Inside Library", Zone: "America/Chicago", Origin: "inside-library"}
	conf.Operator.Listen = "127.0.0.1:0"
	conf.Web.Listen = config.Off
	conf.Spool.MinFreeBytes = 256 << 20
	in := &inside{t: t, path: filepath.Join(dir, "custody.yaml"), log: &lockedBuffer{}}
	if err := writeConfig(in.path, conf); err != nil {
		t.Fatal(err)
	}
	if _, err := initialise(t.Context(), conf); err != nil {
		t.Fatal(err)
	}
	in.open(under)
	if farm != nil {
		for _, cam := range farm.Cameras() {
			in.add(camera.Input{Name: sitetest.CameraName(cam), URL: cam.URL()})
		}
	}
	return in
}

func (in *inside) open(under seams) {
	in.t.Helper()
	s, err := openServer(in.t.Context(), in.path, terminal{out: in.log, err: in.log}, under)
	if err != nil {
		in.t.Fatal(err)
	}
	in.server = s
	var once sync.Once
	in.t.Cleanup(func() { once.Do(in.stop) })
}

// stop ends recording. Idempotent.
func (in *inside) stop() {
	in.t.Helper()
	if in.server == nil {
		return
	}
	if err := in.server.close(); err != nil {
		in.t.Error(err)
	}
	in.server = nil
	if strings.Contains(in.log.String(), "panic") {
		in.t.Error(in.log.String())
	}
}

func (in *inside) add(input camera.Input) camera.Camera {
	in.t.Helper()
	operator, err := identity.Operator(in.ring)
	if err != nil {
		in.t.Fatal(err)
	}
	a, err := camera.NewAddition(input)
	if err != nil {
		in.t.Fatal(err)
	}
	c, err := in.registry.Add(in.t.Context(), managing(in.t, in.books, operator, ""), a)
	if err != nil {
		in.t.Fatal(err)
	}
	return c
}

// record is everything known of a camera's main stream, in time order.
func (in *inside) record(name string) []*piece {
	in.t.Helper()
	b, err := openBooks(context.Background(), in.path, in.log)
	if err != nil {
		in.t.Fatal(err)
	}
	defer b.close()
	cam, err := b.registry.Find(context.Background(), name)
	if err != nil {
		in.t.Fatal(err)
	}
	pieces, err := recordOf(context.Background(), b, cam.Streams[0].ID, custody.Span{Start: 1, End: 1 << 60})
	if err != nil {
		in.t.Fatal(err)
	}
	return pieces
}

// gapsOf are the gaps among pieces with that cause.
func gapsOf(pieces []*piece, cause media.GapCause) (out []*piece) {
	for _, p := range pieces {
		if p.Cause == cause {
			out = append(out, p)
		}
	}
	return out
}

// command runs one command line inside the process and returns what it printed and its exit code.
func command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	code = run(t.Context(), args, terminal{out: &b, err: &b, in: strings.NewReader("")})
	return b.String(), code
}

// until waits for a condition.
func until(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	sitetest.WaitUntil(t, within, what, holds)
}
