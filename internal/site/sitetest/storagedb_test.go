package sitetest

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/db/dbtest/cluster"
)

// restartable is a PostgreSQL server that can be stopped and started again behind one connection string.
type restartable struct {
	t      *testing.T
	dir    string
	socket string // a link to the directory of the server's present socket
	server *cluster.Server
}

func newRestartable(t *testing.T) *restartable {
	t.Helper()
	base, err := os.MkdirTemp("", "pg-again-")
	if err == nil {
		err = os.Chmod(base, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	r := &restartable{t: t, dir: filepath.Join(base, "data"), socket: filepath.Join(base, "s")}
	r.start()
	t.Cleanup(func() { r.server.Stop() })
	return r
}

func (r *restartable) start() {
	r.t.Helper()
	server, err := cluster.Start(r.t.Context(), cluster.Options{Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = server
	_ = os.Remove(r.socket) // there is none yet the first time
	if err := os.Symlink(r.host(), r.socket); err != nil {
		r.t.Fatal(err)
	}
}

func (r *restartable) stop() {
	r.t.Helper()
	if err := r.server.Stop(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *restartable) host() string {
	u, err := url.Parse(r.server.DSN("postgres"))
	if err != nil {
		r.t.Fatal(err)
	}
	return u.Query().Get("host")
}

// stable rewrites a connection string to go through the link.
func (r *restartable) stable(file string) {
	r.t.Helper()
	dsn, err := config.ReadSecret(file)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		r.t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", r.socket)
	u.RawQuery = q.Encode()
	if err := os.WriteFile(file, []byte(u.String()+"\n"), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// TestTheDatabaseIsStopped: recording goes on into the spool while PostgreSQL is stopped, cameras come and go meanwhile, and
// afterwards runs, gaps and segments are in the index in their order.
func TestTheDatabaseIsStopped(t *testing.T) {
	t.Parallel()
	pg := newRestartable(t)
	farm := Farm(t, simcam.Options{Count: 2, Ledger: 1 << 20, Now: time.Now})
	steady, restless := farm.Cameras()[0], farm.Cameras()[1]
	site := New(t, Options{Postgres: &dbtest.Postgres{Server: pg.server}, Edit: func(c *config.Config) { pg.stable(c.Database.DSNFile) }})
	site.Add(farm.Cameras()...)
	stored := site.Open()
	p := site.Serve()
	stop := CutRuns(farm.Cameras(), Scaled(time.Second, 8*time.Second))
	defer stop()
	WaitUntil(t, time.Minute, "segments are stored", func() bool {
		return len(stored.Segments(CameraName(steady))) > 1 && len(stored.Segments(CameraName(restless))) > 1
	})
	pg.stop()
	WaitUntil(t, time.Minute, "the alarm is raised", func() bool { return metricLine(t, p, `custody_alarm{alarm="index"} 1`) })
	waiting, sent := spooled(t, site), Sent(steady)
	restless.Do(simcam.Refuse{For: 3 * time.Second})
	down := time.NewTimer(Scaled(8*time.Second, 2*time.Minute))
	<-down.C
	if n := spooled(t, site); n <= waiting || Sent(steady) == sent {
		t.Errorf("%d segments waited in the spool, now %d: recording stopped with the database", waiting, n)
	}
	pg.start()
	WaitUntil(t, time.Minute, "the spool has drained and the alarms are over", func() bool {
		return spooled(t, site) <= 2 && !metricLine(t, p, "custody_alarm{") && len(openAlarms(t, stored)) == 0
	})
	stop()
	Still(t, farm.Cameras())
	p.Stop()
	Whole(t, stored, farm, steady, 0)
	Whole(t, stored, farm, restless, 1) // its connection was closed once
	wantInOrder(t, stored, CameraName(steady))
	wantInOrder(t, stored, CameraName(restless))
	if !slices.ContainsFunc(stored.Gaps(CameraName(restless)), func(g media.Gap) bool {
		return g.Span.End != 0 && g.Span.Duration() > 2*time.Second && g.Span.Duration() < 10*time.Second
	}) {
		t.Errorf("no gap tells that %s was away: %+v", CameraName(restless), stored.Gaps(CameraName(restless)))
	}
}

// wantInOrder proves that segments and gaps follow each other without a hole, and that only the cameras and the test made gaps.
func wantInOrder(t *testing.T, stored *Stored, name string) {
	t.Helper()
	var spans []custody.Span
	for _, row := range stored.Segments(name) {
		spans = append(spans, row.Span)
	}
	for _, g := range stored.Gaps(name) {
		switch g.Cause {
		case media.GapStorageStall, media.GapStorageFull, media.GapCrash, media.GapFault:
			t.Errorf("%s has a gap of cause %s: %s", name, g.Cause, g.Span)
		}
		if g.Span.End != 0 {
			spans = append(spans, g.Span)
		}
	}
	slices.SortFunc(spans, func(a, b custody.Span) int { return int(a.Start - b.Start) })
	for i := 1; i < len(spans); i++ {
		if spans[i].Start != spans[i-1].End {
			t.Errorf("%s: %s is followed by %s", name, spans[i-1], spans[i])
		}
	}
}
