package sitetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// stage is a site that reaches a real S3 server through a proxy which can break and lie, and the view past that proxy.
type stage struct {
	t      *testing.T
	gw     *gateway.Gateway
	proxy  *objecttest.Proxy
	farm   *simcam.Farm
	site   *Site
	behind *Stored
	p      *Process
}

type stageOptions struct {
	cameras int
	reread  bool
	dispose bool // the process may undo what the store damaged
}

func newStage(t *testing.T, o stageOptions) *stage {
	t.Helper()
	s := &stage{t: t, gw: objecttest.StartGateway(t)}
	s.proxy = objecttest.StartProxy(t, s.gw)
	s.farm = Farm(t, simcam.Options{Count: o.cameras, Ledger: 1 << 20, Now: time.Now})
	s.site = New(t, Options{S3: s.gw, Endpoint: s.proxy.Endpoint, Edit: func(c *config.Config) {
		c.Objects.Reread = o.reread
		if o.dispose {
			c.Objects.DisposeKeyFile = filepath.Join(t.TempDir(), "dispose")
			if err := os.WriteFile(c.Objects.DisposeKeyFile, []byte(s.gw.AccessKey+"\n"+s.gw.SecretKey+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}})
	s.site.Add(s.farm.Cameras()...)
	straight := *s.site
	straight.Conf.Objects.Endpoint = s.gw.Endpoint
	s.behind = straight.Open()
	return s
}

// watch compares the rows with what the S3 server behind the proxy holds.
func (s *stage) watch() {
	s.t.Helper()
	for _, c := range s.farm.Cameras() {
		s.behind.WatchRows(CameraName(c))
	}
}

// rows are all committed segments.
func (s *stage) rows() (out []media.SegmentRow) {
	s.t.Helper()
	for _, c := range s.farm.Cameras() {
		out = append(out, s.behind.Segments(CameraName(c))...)
	}
	return out
}

// spooled counts the segments that have a file in the spool: one a camera while nothing waits.
func (s *stage) spooled() int { return spooled(s.t, s.site) }

func spooled(t testing.TB, site *Site) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(site.Conf.Spool.Dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// alarmed reports whether the alarm is shown on /metrics and kept in the database.
func (s *stage) alarmed(kind string) bool {
	return metricLine(s.t, s.p, fmt.Sprintf("custody_alarm{alarm=%q} 1", kind)) && slices.Contains(openAlarms(s.t, s.behind), kind)
}

func metricLine(t testing.TB, p *Process, line string) bool {
	t.Helper()
	resp, err := http.Get("http://" + p.Metrics() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(b), "\n"+line)
}

func openAlarms(t testing.TB, stored *Stored) (kinds []string) {
	t.Helper()
	open, err := stored.DB.OpenAlarms(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range open {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// drained waits until nothing but the open segments is in the spool and no alarm is left.
func (s *stage) drained(within time.Duration) {
	s.t.Helper()
	WaitUntil(s.t, within, "the spool has drained and the alarms are over", func() bool {
		return s.spooled() <= len(s.farm.Cameras()) && len(openAlarms(s.t, s.behind)) == 0 && !metricLine(s.t, s.p, "custody_alarm{")
	})
}

// sealed proves that each row has its one object and each object its row.
func (s *stage) sealed() {
	s.t.Helper()
	rows := map[string]bool{}
	for _, row := range s.rows() {
		rows[string(row.ID)] = true
		if err := s.behind.Vault.VerifySegment(context.Background(), row, true); err != nil {
			s.t.Error(err)
		}
	}
	for st, err := range s.behind.Objects.List(context.Background()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if !rows[st.Key] {
			s.t.Errorf("the object %s has no row", st.Key)
		}
		delete(rows, st.Key)
	}
	if len(rows) > 0 {
		s.t.Errorf("%d rows have no object", len(rows))
	}
}
