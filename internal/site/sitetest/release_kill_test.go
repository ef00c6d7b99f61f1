package sitetest

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// TestKilledWhileItPacks: the process dies with SIGKILL at varying moments while it makes a package. Nothing half can be opened, nothing
// is left lying about, and in the end every request has its one package.
func TestKilledWhileItPacks(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		newDoomed(t, Options{}, 1).dies(Scaled(6, 60))
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		s3 := objecttest.StartGateway(t)
		newDoomed(t, Options{Postgres: dbtest.Server(t), S3: s3, Edit: func(c *config.Config) { disposing(t, c, s3) }}, 2).dies(Scaled(4, 40))
	})
}

// disposing lets the process remove what it stored.
func disposing(t *testing.T, c *config.Config, s3 *gateway.Gateway) {
	t.Helper()
	c.Objects.DisposeKeyFile = filepath.Join(t.TempDir(), "dispose")
	if err := os.WriteFile(c.Objects.DisposeKeyFile, []byte(s3.AccessKey+"\n"+s3.SecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// doomed is a library whose process is killed while it makes packages.
type doomed struct {
	*library
	at       Stretch
	took     time.Duration // from a decision to its package, undisturbed
	requests []custody.RequestID
	random   *rand.Rand
	midst    int // kills that came while a package was being made
}

func newDoomed(t *testing.T, o Options, seed uint64) *doomed {
	t.Helper()
	d := &doomed{library: newLibrary(t, o, simcam.CameraSpec{Path: "door"}), random: rand.New(rand.NewPCG(4, seed))}
	d.at = d.stretch(0, 20, 65)
	d.gone()
	d.stored = d.Open()
	d.settled() // the first waits for what is being recorded
	begun := time.Now()
	d.settled()
	d.took = time.Since(begun)
	return d
}

// gone unplugs every camera for good, so that what was recorded is sealed at once.
func (l *library) gone() {
	l.t.Helper()
	for _, c := range l.farm.Cameras() {
		c.Do(simcam.Refuse{For: time.Hour})
	}
}

// granted takes a request for a stretch from the desk to its decision.
func (l *library) granted(at Stretch) api.Request {
	l.t.Helper()
	logged := l.clerk.Logs(Asks(at))
	l.clerk.CallsBack(logged.ID, l.agency)
	return l.director.Decides(l.clerk.Proposes(l.clerk.Adds(l.clerk.Request(logged.ID), at), "grant"), "grant")
}

// settled has one more package made.
func (d *doomed) settled() {
	d.t.Helper()
	r := d.granted(d.at)
	d.requests = append(d.requests, custody.RequestID(r.ID))
	d.clerk.Waits(r.ID)
}

// dies is killed that many times, every other time a second time over the same package.
func (d *doomed) dies(kills int) {
	d.t.Helper()
	var r api.Request
	for i := range kills {
		if i%2 == 0 {
			r = d.granted(d.at)
			d.requests = append(d.requests, custody.RequestID(r.ID))
		}
		how := d.kill(i, kills)
		d.dead(how)
		d.p = d.Serve()
		d.alive(how, r.ID)
		if i%2 == 1 || i == kills-1 {
			pkg := d.clerk.Waits(r.ID)
			folder, _ := d.clerk.Downloads(pkg.ID)
			if report, code := Verify(d.t, folder, d.LogKeys()...); code != 0 || report.Verdict != manifest.Authentic {
				d.t.Errorf("%s: exit code %d: %s", how, code, report.Text())
			}
		}
		if d.t.Failed() {
			d.t.Fatal(how)
		}
	}
	if d.midst < kills/2 {
		d.t.Errorf("only %d of %d kills came while a package was being made, which takes %v", d.midst, kills, d.took)
	}
	d.p.Stop()
	d.clean()
}

// kill ends the process after a part of the time that a package takes, or as soon as the bytes of one are in the store.
func (d *doomed) kill(i, of int) (how string) {
	d.t.Helper()
	if i%3 == 2 {
		known, within := d.inStore(), time.Now().Add(d.took+5*time.Second)
		for len(d.inStore()) <= len(known) && time.Now().Before(within) {
			<-time.After(time.Millisecond)
		}
		how = fmt.Sprintf("kill %d, with its bytes in the store", i)
	} else {
		wait := time.Duration((float64(i) + d.random.Float64()) / float64(of) * float64(d.took))
		<-time.After(wait)
		how = fmt.Sprintf("kill %d, %v after the decision or the start", i, wait.Round(time.Millisecond))
	}
	d.p.Kill()
	return how
}

// inStore are the packages' objects in the store.
func (d *doomed) inStore() map[string]bool {
	d.t.Helper()
	out := map[string]bool{}
	for st, err := range d.stored.Objects.List(context.Background()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if strings.HasPrefix(st.Key, "pkg_") {
			out[st.Key] = true
		}
	}
	return out
}

// dead looks at what lies there while no process runs: what is ready is whole, and nothing else has a key.
func (d *doomed) dead(how string) {
	d.t.Helper()
	building := 0
	for _, p := range d.all() {
		key, err := d.stored.DB.Packages().Key(context.Background(), p.ID)
		switch {
		case p.State == release.Ready && err == nil:
			err = d.stored.Vault.VerifyPackage(context.Background(), p.ID, key)
		case p.State == release.Building && custody.KindOf(err) == custody.NotFound:
			building++
			err = nil
		}
		if err != nil || p.State != release.Ready && p.State != release.Building {
			d.t.Errorf("%s: the package %s is %s: %v", how, p.Number, p.State, err)
		}
	}
	if building > 0 {
		d.midst++
	}
	d.t.Logf("%s: %d packages are begun, %d have bytes, of %d requests", how, building, len(d.inStore()), len(d.requests))
	d.Check("--quick")
}

// all are the packages of every request, of which none has more than one.
func (d *doomed) all() (out []release.Package) {
	d.t.Helper()
	for _, id := range d.requests {
		list, err := d.stored.DB.Packages().Of(context.Background(), id)
		if err != nil || len(list) > 1 {
			d.t.Errorf("the request %s has %d packages (%v)", id, len(list), err)
		}
		out = append(out, list...)
	}
	return out
}

// alive asks for whatever there is of a package that is not made.
func (d *doomed) alive(how, id string) {
	d.t.Helper()
	for _, p := range d.clerk.Request(id).Packages {
		if p.State == "ready" {
			continue
		}
		for _, path := range []string{"/zip", "/documents/package.json", "/documents/certificate.pdf"} {
			a := d.clerk.Get("/api/packages/" + p.ID + path)
			if now := d.clerk.Request(id).Packages[0]; a.Status < 300 && now.State != "ready" {
				d.t.Errorf("%s: the package is %s, and %s gives %d bytes", how, now.State, path, len(a.Body))
			}
		}
	}
}

// clean proves that every request has its one package and that nothing else was left behind.
func (d *doomed) clean() {
	d.t.Helper()
	packed := d.inStore()
	for _, p := range d.all() {
		if p.State != release.Ready || !packed[string(p.ID)] {
			d.t.Errorf("the package %s is %s: %s", p.Number, p.State, p.Why)
		}
	}
	made := d.stored.Diary(custody.EventPackageMade)
	if len(packed) != len(d.requests) || len(made) != len(d.requests) {
		d.t.Errorf("%d requests, %d packages in the store, %d made by the diary", len(d.requests), len(packed), len(made))
	}
	d.leavesNothing()
}

// leavesNothing proves that the work directory is empty and that a store on disk holds nothing but objects.
func (l *library) leavesNothing() {
	l.t.Helper()
	left, err := os.ReadDir(filepath.Join(l.Conf.DataDir, "work"))
	if err != nil || len(left) != 0 {
		l.t.Errorf("left in the work directory: %v (%v)", left, err)
	}
	if l.Conf.Objects.Driver != config.Disk {
		return
	}
	objects := map[string]bool{}
	for st, err := range l.stored.Objects.List(context.Background()) {
		if err != nil {
			l.t.Fatal(err)
		}
		objects[st.Key] = true
	}
	err = filepath.WalkDir(l.Conf.Objects.Path, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !objects[e.Name()] && e.Name() != ".custody-objects" {
			l.t.Errorf("left in the object store: %s", path)
		}
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
}
