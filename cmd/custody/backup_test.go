package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// disaster is a site that recorded, was backed up, recorded on, and lost its machine. What was elsewhere is left: objects,
// spool, copies of checkpoints, backups, and the recovery sheet.
type disaster struct {
	t     *testing.T
	left  config.Config // of the lost site; its data directory is gone
	sheet string
	file  string // the backup
	farm  *simcam.Farm
	older map[custody.SegmentID]bool // had a row when the backup was made
	later map[custody.SegmentID]bool // settled after the backup
}

func lose(t *testing.T) *disaster {
	d := &disaster{t: t, farm: sitetest.Farm(t, simcam.Options{Count: 1})}
	elsewhere := t.TempDir()
	site := sitetest.New(t, sitetest.Options{Broken: true, Edit: func(c *config.Config) { // its objects end up in another site's hands
		c.Objects.Path, c.Spool.Dir = filepath.Join(elsewhere, "objects"), filepath.Join(elsewhere, "spool")
		c.Checkpoints.CopyTo, c.Backup.Dir = []string{filepath.Join(elsewhere, "checkpoints")}, filepath.Join(elsewhere, "backups")
		c.Checkpoints.Every = config.Duration(time.Second)
	}})
	d.left = site.Conf
	key, err := keys.LoadSiteKey(site.Conf.Keys.SiteKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	d.sheet = keys.RecoverySheet(key, "Test Library", 1)
	site.Add(d.farm.Cameras()...)

	p := site.Serve()
	d.record(60)
	p.Stop() // settles the first segment
	p = site.Serve()
	d.record(45)
	d.older = d.rows(site.Config)
	made, _, _ := strings.Cut(site.Must("backup"), ":") // beside the running recorder
	d.file = strings.TrimSpace(made)
	d.record(45)
	p.Stop() // settles a segment that the backup does not know
	d.later = d.rows(site.Config)
	for id := range d.older {
		delete(d.later, id)
	}
	p = site.Serve()
	d.record(60)
	p.Kill() // and one stays in the spool
	if len(d.older) == 0 || len(d.later) == 0 {
		t.Fatalf("%d segments before the backup, %d after it", len(d.older), len(d.later))
	}
	if err := os.RemoveAll(d.left.DataDir); err != nil {
		t.Fatal(err)
	}
	return d
}

// record waits until the camera has sent so many units more.
func (d *disaster) record(units uint64) {
	d.t.Helper()
	cam := d.farm.Cameras()[0]
	from := sitetest.Sent(cam)
	until(d.t, 30*time.Second, "the camera is recorded", func() bool { return sitetest.Sent(cam) >= from+units })
}

func (d *disaster) rows(path string) map[custody.SegmentID]bool {
	d.t.Helper()
	b := openTestBooks(d.t, path)
	defer b.close()
	out := map[custody.SegmentID]bool{}
	for row, err := range b.db.AllSegments(context.Background()) {
		if err != nil {
			d.t.Fatal(err)
		}
		out[row.ID] = true
	}
	return out
}

func openTestBooks(t *testing.T, path string) *books {
	t.Helper()
	b, err := openBooks(context.Background(), path, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// machine is a new, empty one that reaches what is left; edit has the last word.
func (d *disaster) machine(edit func(*config.Config)) (path string) {
	d.t.Helper()
	dir := d.t.TempDir()
	c := config.Default(filepath.Join(dir, "data"))
	c.Site, c.Objects, c.Spool, c.Backup, c.Checkpoints, c.Operator = d.left.Site, d.left.Objects, d.left.Spool, d.left.Backup, d.left.Checkpoints, d.left.Operator
	if edit != nil {
		edit(&c)
	}
	path = filepath.Join(dir, "custody.yaml")
	if err := writeConfig(path, c); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// restore runs the command as a person would, typing the sheet.
func restore(t *testing.T, sheet string, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	code = run(t.Context(), append([]string{"restore", "--sheet", "-"}, args...), terminal{out: &b, err: &b, in: strings.NewReader(sheet)})
	return b.String(), code
}

func TestRestoreOnAnEmptyMachine(t *testing.T) {
	d := lose(t)
	t.Run("into PostgreSQL", func(t *testing.T) {
		d.t = t
		server := dbtest.Server(t)
		dsn, err := server.NewDatabase(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "dsn")
		if err := writeNew(file, []byte(dsn.DSN+"\n")); err != nil {
			t.Fatal(err)
		}
		path := d.machine(func(c *config.Config) { c.Database = config.Database{Driver: config.Postgres, DSNFile: file} })
		out, code := restore(t, d.sheet, "--config", path, d.file)
		if code != 0 {
			t.Fatal(code, out)
		}
		d.wantOlderReadable(path)
		d.wantLogSound(path)
	})
	t.Run("a damaged backup, a wrong sheet", func(t *testing.T) {
		d.t = t
		d.wantRefused()
	})
	d.t = t
	path := d.machine(nil)
	out, code := restore(t, d.sheet, "--config", path, d.file)
	t.Log(out)
	if code != 0 || !strings.Contains(out, "epoch 2, which follows the checkpoint") || !strings.Contains(out, "still in the spool") && !strings.Contains(out, "set apart") {
		t.Fatal(code, out)
	}
	d.wantOlderReadable(path)
	d.wantApart(path)
	d.wantLogSound(path)
	d.goOn(path)
}

// wantOlderReadable reads every fragment of every segment that the backup knew, through the judge.
func (d *disaster) wantOlderReadable(path string) {
	d.t.Helper()
	ctx := context.Background()
	b := openTestBooks(d.t, path)
	defer b.close()
	v, _, err := b.openVault(ctx, false)
	if err != nil {
		d.t.Fatal(err)
	}
	defer v.Close()
	operator, err := identity.Operator(b.ring)
	if err != nil {
		d.t.Fatal(err)
	}
	fragments, seen := 0, map[custody.SegmentID]bool{}
	for row, err := range b.db.AllSegments(ctx) {
		if err != nil {
			d.t.Fatal(err)
		}
		grant, err := b.judge.Decide(ctx, operator, access.Ask{Action: access.FootageExport, Camera: row.Camera, Span: row.Span, Purpose: "after the restore"})
		if err != nil {
			d.t.Fatal(err)
		}
		infos, err := media.UnpackFragments(row.Fragments)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, f := range infos {
			if bytes, _, err := v.Read(ctx, grant, row.ID, f.Number); err != nil || len(bytes) == 0 {
				d.t.Errorf("fragment %d of %s: %v", f.Number, row.ID, err)
			}
			fragments++
		}
		seen[row.ID] = true
	}
	for id := range d.older {
		if !seen[id] {
			d.t.Errorf("segment %s, older than the backup, is not there", id)
		}
	}
	if fragments == 0 {
		d.t.Error("no fragment was read")
	}
}

// wantApart compares the quarantine with what was settled after the backup.
func (d *disaster) wantApart(path string) {
	d.t.Helper()
	b := openTestBooks(d.t, path)
	defer b.close()
	apart := map[string]bool{}
	for q, err := range b.db.AllQuarantined(context.Background()) {
		if err != nil {
			d.t.Fatal(err)
		}
		apart[q.Key] = true
	}
	for id := range d.later {
		if !apart[string(id)] {
			d.t.Errorf("object %s is not in quarantine", id)
		}
	}
	if len(apart) != len(d.later) {
		d.t.Errorf("%d objects are in quarantine, want %d", len(apart), len(d.later))
	}
}

// wantLogSound proves the log over all epochs against the copies off the box.
func (d *disaster) wantLogSound(path string) {
	d.t.Helper()
	b := openTestBooks(d.t, path)
	defer b.close()
	rep, err := audit.Verify(context.Background(), audit.Verification{Store: b.db, Keys: seal.KnownKeys(b.ring.LogKeys()...),
		Site: b.config.Site.Origin, Sinks: checkpointSinks(b.config)})
	if err != nil || len(rep.Problems) > 0 {
		d.t.Errorf("the log: %v, %v", rep.Problems, err)
	}
	head, err := b.db.Head(context.Background())
	if err != nil || head.Epoch != 2 || rep.Copies == 0 {
		d.t.Errorf("the log is in epoch %d, %v; %d copies off the box", head.Epoch, err, rep.Copies)
	}
}

// wantRefused tries what must not be restored; the database stays empty.
func (d *disaster) wantRefused() {
	d.t.Helper()
	good, err := os.ReadFile(d.file)
	if err != nil {
		d.t.Fatal(err)
	}
	bad := filepath.Join(d.t.TempDir(), filepath.Base(d.file))
	other, err := keys.InitSiteKey(filepath.Join(d.t.TempDir(), "other"))
	if err != nil {
		d.t.Fatal(err)
	}
	for what, c := range map[string]struct {
		sheet string
		file  []byte
		code  int
		says  string
	}{
		"flipped in the middle": {d.sheet, append(append(bytes.Clone(good[:len(good)/2]), good[len(good)/2]^1), good[len(good)/2+1:]...), 1, "the backup is damaged"},
		"flipped in the header": {d.sheet, append(append(bytes.Clone(good[:40]), good[40]^1), good[41:]...), 1, "header"},
		"cut short":             {d.sheet, good[:len(good)-1000], 1, "the backup is damaged"},
		"another site's sheet":  {keys.RecoverySheet(other, "Museum", 1), good, 2, "another site key"},
		"a mistyped sheet":      {strings.Replace(d.sheet, "1:  ", "1:  A", 1), good, 2, "line 1 of the recovery sheet"},
	} {
		if err := os.WriteFile(bad, c.file, 0o600); err != nil {
			d.t.Fatal(err)
		}
		path := d.machine(nil)
		out, code := restore(d.t, c.sheet, "--config", path, bad)
		if code != c.code || !strings.Contains(out, c.says) {
			d.t.Errorf("%s: exit code %d, %s", what, code, out)
		}
		if out, code = restore(d.t, d.sheet, "--config", path, d.file); code != 0 {
			d.t.Errorf("%s: the good backup afterwards, which needs an empty database: exit code %d, %s", what, code, out)
		}
	}
}

// goOn records on the restored machine: the spool's leftovers are settled, what is lost is a gap, every invariant holds.
func (d *disaster) goOn(path string) {
	in := &inside{t: d.t, path: path, log: &lockedBuffer{}}
	in.open(seams{})
	began := in.clock.Now()
	d.record(60)
	until(d.t, 20*time.Second, "the spool's leftovers are settled", func() bool { return len(in.rowsAfter(d)) > 0 })
	in.stop()
	gaps := 0
	for _, p := range in.record(sitetest.CameraName(d.farm.Cameras()[0])) {
		if p.Cause == media.GapCrash && p.span.Start < began {
			gaps++
		}
	}
	if gaps == 0 {
		d.t.Error("what is lost is not declared as a gap")
	}
	d.wantLogSound(path)
	d.wantApart(path)
	if out, code := command(d.t, "check", "--config", path); code != 0 {
		d.t.Errorf("custody check: exit code %d\n%s", code, out)
	}
	if out, code := command(d.t, "backup", "--config", path); code != 0 {
		d.t.Errorf("custody backup: exit code %d\n%s", code, out)
	}
}

// rowsAfter are the segments with a row that neither the backup nor the lost database knew.
func (in *inside) rowsAfter(d *disaster) (out []custody.SegmentID) {
	for row, err := range in.db.AllSegments(context.Background()) {
		if err == nil && !d.older[row.ID] && !d.later[row.ID] {
			out = append(out, row.ID)
		}
	}
	return out
}
