package sitetest

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/sitetest/lossyfs"
)

// The machine loses its power again and again, with spool, objects and database on a disk that forgets what was not
// fsynced. Whatever was acknowledged before is there afterwards, whole: with durability "fragment" every fragment that
// the recorder called recorded, with either durability every segment it called sealed.
func TestPowerCutsKeepWhatWasAcknowledged(t *testing.T) {
	for i, durability := range []string{config.PerFragment, config.PerSegment} {
		t.Run(durability, func(t *testing.T) {
			r := newBlackouts(t, durability, rand.New(rand.NewPCG(3, uint64(i))))
			for k := range Scaled(5, 40) {
				r.once(k)
			}
			r.end()
		})
	}
}

// blackouts is a site on a lossy disk under load. The site key, the configuration, backups and the copies of
// checkpoints lie elsewhere.
type blackouts struct {
	*load
	t      *testing.T
	disk   *lossyfs.Disk
	site   *Site
	random *rand.Rand
	deaths []death
	acks   []ack
}

func newBlackouts(t *testing.T, durability string, random *rand.Rand) *blackouts {
	r := &blackouts{load: newLoad(t), t: t, disk: lossyfs.New(), random: random}
	r.site = New(t, Options{Edit: func(c *config.Config) {
		outside := filepath.Dir(c.DataDir)
		c.Keys.SiteKeyFile = filepath.Join(outside, "site.key")
		c.Backup.Dir = filepath.Join(outside, "backup")
		c.Checkpoints = config.Checkpoints{Every: config.Duration(time.Second), CopyTo: []string{filepath.Join(outside, "checkpoints")}}
		c.Spool.Durability = durability
		r.must(os.MkdirAll(c.DataDir, 0o700))
		r.must(r.disk.Mount(c.DataDir))
		t.Cleanup(func() { r.must(r.disk.Unmount()) }) // before the directory goes
	}})
	r.site.Add(r.cams...)
	r.cut() // what custody init and custody camera add said is done stays done
	return r
}

func (r *blackouts) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// cut turns the power off and on again. Every other time some of what was not fsynced survives.
func (r *blackouts) cut() {
	r.t.Helper()
	how := []lossyfs.Cut{lossyfs.Clean, lossyfs.Torn}[len(r.deaths)%2]
	r.must(r.disk.Unmount())
	r.disk.Cut(how, r.random)
	r.must(r.disk.Mount(r.site.Conf.DataDir))
}

// once starts the recorder and cuts the power: in the midst of starting and recovering, or while it records; before or
// after a change on the disk.
func (r *blackouts) once(k int) {
	t := r.t
	t.Helper()
	done := r.random.IntN(2) == 0
	var p *Process
	var how string
	var stopped <-chan struct{}
	if k%3 == 1 {
		n := 1 + r.random.IntN(400)
		how = fmt.Sprintf("cut %d, at change %d of the start", k, n)
		stopped = r.disk.StopAfter(n, done)
		p = r.site.Launch()
	} else {
		p = r.site.Launch()
		until(t, p, p.Recording(), startWithin)
		wait := time.Second + time.Duration(r.random.Int64N(int64(4*time.Second)))
		until(t, p, time.After(wait), wait+time.Second)
		n := 1 + r.random.IntN(60)
		how = fmt.Sprintf("cut %d, at change %d after %s", k, n, wait)
		stopped = r.disk.StopAfter(n, done)
	}
	t.Cleanup(r.disk.Release) // or a killed process would wait for a stopped machine
	until(t, p, stopped, 5*time.Second)
	r.disk.Stop()
	r.acks = append(r.acks, p.acknowledged(t)...)
	t.Logf("%s, done %t, changes so far %d", how, done, r.disk.Changes())
	r.deaths = append(r.deaths, r.note(how, func() {
		r.must(syscall.Kill(p.PID(), syscall.SIGKILL))
		r.disk.Release()
		p.Kill()
	}))
	if log := p.Log(); strings.Contains(log, "log-forked") || strings.Contains(log, "panic:") {
		t.Errorf("%s: %s", how, log)
	}
	r.cut()
}

// end stops the site well, moves what is on the lossy disk to an ordinary one and proves everything.
func (r *blackouts) end() {
	r.t.Helper()
	p := r.site.Serve()
	r.settledIn(r.t)
	p.Stop()
	r.must(r.disk.Unmount())
	r.must(r.disk.Export(r.site.Conf.DataDir))
	if r.t.Failed() {
		r.t.Logf("%s", p.Log())
	}
	stored := r.site.Open()
	stored.provesClean(r.t, r.cams, true)
	for _, cam := range r.cams {
		provesRecord(r.t, CameraName(cam), stored.record(CameraName(cam)))
	}
	for _, a := range r.acks {
		stored.provesAck(r.t, r.load, a, r.site.Conf.Spool.Durability)
	}
	for i, cam := range r.cams {
		units := stored.Units(CameraName(cam))
		if r.site.Conf.Spool.Durability == config.PerFragment {
			r.provesLoss(r.t, i, units, r.deaths)
		} else {
			SameAsSent(r.t, units, r.farm, cam)
		}
	}
	copies, err := filepath.Glob(filepath.Join(r.site.Conf.Checkpoints.CopyTo[0], "checkpoint_*"))
	if err != nil || len(copies) < len(r.deaths) { // custody check holds them against the log: none may be ahead of it
		r.t.Errorf("only %d checkpoints left the box: %v", len(copies), err)
	}
	r.t.Logf("%d cuts, %d acknowledgements, %d checkpoints off the box", len(r.deaths), len(r.acks), len(copies))
}

// provesAck holds the record against what was acknowledged.
func (s *Stored) provesAck(t *testing.T, l *load, a ack, durability string) {
	t.Helper()
	for _, cam := range l.cams {
		name := CameraName(cam)
		if id, _ := s.Stream(name); id != a.camera {
			continue
		}
		sealed := slices.ContainsFunc(s.Segments(name), func(row media.SegmentRow) bool { return row.Span.End == a.sealed })
		if a.sealed != 0 && !sealed {
			t.Errorf("%s: the sealed segment that ended at %s is gone", name, a.sealed)
		}
		if durability != config.PerFragment || a.recorded == 0 {
			continue
		}
		last := a.recorded - 1
		covered := slices.ContainsFunc(s.record(name), func(r stretch) bool { return r.cause == "" && r.Contains(last) })
		if !covered {
			t.Errorf("%s: it was recorded until %s, and that is gone", name, a.recorded)
		}
	}
}

// ack is what the recorder had acknowledged about a stream at a moment.
type ack struct {
	camera           custody.CameraID
	recorded, sealed custody.Instant // end of the last fragment, of the last sealed segment
}

var acknowledgement = regexp.MustCompile(`(?m)^custody_stream_(recorded|sealed)_to_timestamp_seconds\{camera="(cam_[a-z0-9]+)",stream="main"\} (\S+)$`)

// acknowledged asks the process what it has recorded and sealed; it answers from memory, so also on a stopped machine.
func (p *Process) acknowledged(t *testing.T) []ack {
	t.Helper()
	if p.Metrics() == "" {
		return nil // it does not record yet
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("http://" + p.Metrics() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ack{}
	for _, m := range acknowledgement.FindAllStringSubmatch(string(body), -1) {
		seconds, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		a := found[m[2]]
		if a == nil {
			a = &ack{camera: custody.CameraID(m[2])}
			found[m[2]] = a
		}
		at := custody.Instant(math.Round(seconds * 1e6))
		if m[1] == "sealed" {
			a.sealed = at
		} else {
			a.recorded = at
		}
	}
	var out []ack
	for _, a := range found {
		out = append(out, *a)
	}
	return out
}
