package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// wantSound wants every way of checking to find nothing and to have looked at something.
func wantSound(t *testing.T, s *site) {
	t.Helper()
	for name, o := range map[string]check.Options{"quick": {Quick: true}, "default": {}, "deep": {Deep: true}} {
		r := s.check(o)
		wantClean(t, name, r)
		for _, l := range r.Lines {
			if !slices.ContainsFunc(l.Checked, func(c check.Count) bool { return c.N > 0 }) {
				t.Errorf("%s: %s looked at nothing: %+v", name, l.Invariant, l.Checked)
			}
		}
	}
}

func TestASoundSiteIsClean(t *testing.T) {
	s := recorded(t)
	s.open(false)
	defer s.close()
	wantSound(t, s)
}

func TestASoundSiteOnPostgreSQLIsClean(t *testing.T) {
	s := recorded(t, dbtest.Server(t).Database(t))
	s.open(false)
	defer s.close()
	wantSound(t, s)
}

func TestAnEmptySiteIsClean(t *testing.T) {
	s := newSite(t)
	defer s.close()
	wantClean(t, "empty", s.check(check.Options{Deep: true}))
}

// TestALogThatBeganAnewIsClean is a site after a restore: the log has a second epoch, and rows of both.
func TestALogThatBeganAnewIsClean(t *testing.T) {
	s := recorded(t)
	raw := dbtest.OpenRaw(t, s.config())
	for _, transient := range []string{"session", "invitation", "sign_in_attempt"} { // a backup leaves them out
		raw.Do("DELETE FROM " + transient)
	}
	raw.Close()
	s.open(true)
	defer s.close()
	if _, err := audit.Resume(t.Context(), s.db, []audit.CheckpointSink{audit.NewDirSink(s.path("checkpoints"))},
		seal.KnownKeys(s.ring.LogKeys()...), s.clock.Now(), "operator"); err != nil {
		t.Fatal(err)
	}
	f := s.record()
	f.connect(s.streams...)
	f.shoot(100e9, nil, s.streams...)
	f.recorder.Stop(60e9)
	s.sign()
	wantSound(t, s)
}

func TestFindingsAreBoundedAndCounted(t *testing.T) {
	const n = 3000
	s := tampered(t, recorded(t), func(raw *dbtest.Raw) {
		raw.Do(fmt.Sprintf(`WITH RECURSIVE c(i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM c WHERE i < %d)
			INSERT INTO gap SELECT 'gap_aaaaaaaaaaaaaaaaaaaa' || i, s.camera_id, s.id, i * 1000000, i * 1000000 + 1000000, 'stopped', ''
			FROM c, (SELECT * FROM camera_stream WHERE role = 'sub') s`, 100000+n-1))
	})
	s.open(false)
	defer s.close()
	r := s.check(check.Options{Quick: true})
	if len(r.Findings) != check.MaxFindings || r.Total < check.MaxFindings+100 {
		t.Errorf("%d findings kept of %d", len(r.Findings), r.Total)
	}
	var text, lines bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), fmt.Sprintf("and %d more", r.Total-check.MaxFindings)) {
		t.Errorf("%v:\n%s", err, text.String())
	}
	if err := r.WriteJSON(&lines); err != nil {
		t.Fatal(err)
	}
	types := map[string]int{}
	for _, l := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
		var o struct{ Type, ID, Remedy string }
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if types[o.Type]++; o.Type == "finding" && (o.ID == "" || o.Remedy == "") {
			t.Errorf("a finding without name or remedy: %s", l)
		}
	}
	if types["finding"] != check.MaxFindings || types["invariant"] != len(r.Lines) || types["summary"] != 1 {
		t.Errorf("lines by type: %v", types)
	}
}
