package sitetest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

// provesLoss compares what is stored of a camera with what its deaths may have cost: of each session a prefix, and
// of what was due at the death that ended it nothing is missing but the one fragment that was being filled.
func (l *load) provesLoss(t testing.TB, number int, stored []Unit, deaths []death) {
	t.Helper()
	cam := l.cams[number]
	worst := 0
	sessions := Compare(t, stored, l.farm, cam, 1)
	for _, s := range sessions {
		if len(s.Missing) > 0 || s.Cut != nil {
			t.Errorf("%s session %d: %d units are missing in the midst, cut: %v", CameraName(cam), s.Number, len(s.Missing), s.Cut != nil)
		}
		i := slices.IndexFunc(deaths, func(d death) bool { _, known := d.sent[number][s.Number]; return known })
		if i < 0 {
			continue // it began after the last death
		}
		due, n := deaths[i].due.sent[number][s.Number], len(s.Stored)
		if n >= int(due.Units) {
			continue
		}
		worst = max(worst, int(due.Units)-n)
		complaint := oneFragment(s.Sent[n:due.Units])
		if due.Ended {
			complaint = "the camera had ended the session before"
		}
		if complaint != "" {
			t.Errorf("%s session %d, %s: of %d units due %d are stored: %s", CameraName(cam), s.Number, deaths[i], due.Units, n, complaint)
		}
	}
	t.Logf("%s: %d units in %d sessions, at most %d of those due lost by one crash", CameraName(cam), len(stored), len(sessions), worst)
}

// oneFragment says why the lost units are more than one fragment that was being filled; empty if they are not.
func oneFragment(lost []simcam.Entry) string {
	if !lost[0].RandomAccess {
		return "the loss begins in the middle of a fragment"
	}
	if slices.ContainsFunc(lost[1:], func(e simcam.Entry) bool { return e.RandomAccess }) {
		return "the loss is longer than one fragment"
	}
	return ""
}

// stretch is a segment or a gap.
type stretch struct {
	custody.Span
	cause media.GapCause // empty for a segment
}

// record is everything that is known about a camera, in time order.
func (s *Stored) record(name string) []stretch {
	var out []stretch
	for _, row := range s.Segments(name) {
		out = append(out, stretch{row.Span, ""})
	}
	for _, g := range s.Gaps(name) {
		out = append(out, stretch{g.Span, g.Cause})
	}
	slices.SortFunc(out, func(a, b stretch) int { return int(a.Start - b.Start) })
	return out
}

// provesRecord holds a camera's record to I3: segments and gaps follow one another to the microsecond, and the last gap says
// that recording was stopped.
func provesRecord(t testing.TB, name string, record []stretch) {
	t.Helper()
	if len(record) == 0 {
		t.Fatalf("%s: nothing is recorded", name)
	}
	for i, r := range record[1:] {
		before := record[i]
		if before.End != r.Start {
			t.Errorf("%s: %q %s is followed by %q %s", name, before.cause, before.Span, r.cause, r.Span)
		}
	}
	if last := record[len(record)-1]; last.cause != media.GapStopped || last.End != 0 {
		t.Errorf("%s: the record ends with %q %s", name, last.cause, last.Span)
	}
}

// composed is how long before its first packet a camera with B-frames may have seen its first picture.
const composed = 400 * time.Millisecond

// provesGap finds the gap that a death must have left: it says crash if the camera was sending without interruption.
func (l *load) provesGap(t testing.TB, number int, record []stretch, d death) {
	t.Helper()
	name := CameraName(l.cams[number])
	at := custody.InstantOf(d.at)
	i := slices.IndexFunc(record, func(r stretch) bool { return r.Start <= at && (r.End > at || r.End == 0) })
	if i >= 0 && record[i].cause == "" && at.Sub(record[i].Start) < composed {
		i--
	}
	switch {
	case i < 0 && at.Sub(record[0].Start) < composed: // it had recorded nothing yet
	case i < 0:
		t.Errorf("%s, %s: nothing is known about that moment", name, d)
	case record[i].cause == "" && number >= steady && at.Sub(record[i].End).Abs() < composed:
		// The camera ended its session at that moment. Its last pictures are shown for a frame's length after they came, and the
		// first ones of the next session were seen before they came.
	case record[i].cause == "":
		t.Errorf("%s, %s: that moment is said to be recorded, %s", name, d, record[i].Span)
	case number < steady && record[i].cause != media.GapCrash:
		t.Errorf("%s, %s: the gap %s says %q", name, d, record[i].Span, record[i].cause)
	}
}

// provesClean looks for what a finished site must not have: anything in the spool, an object without a row, a row without
// an object; and anything in quarantine, unless torn files were to be expected.
func (s *Stored) provesClean(t testing.TB, cams []*simcam.Camera, torn bool) {
	t.Helper()
	spool := s.s.Conf.Spool.Dir
	err := filepath.WalkDir(spool, func(path string, e os.DirEntry, err error) error {
		if torn && err == nil && e.IsDir() && e.Name() == "quarantine" {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() && !strings.HasSuffix(path, "lock") {
			t.Errorf("%s is left in the spool", strings.TrimPrefix(path, spool))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	rows := s.rows(t, cams)
	objects := 0
	for o, err := range s.Objects.List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		objects++
		if _, ok := rows[o.Key]; !ok {
			t.Errorf("the object %s has no row", o.Key)
		}
	}
	if objects != len(rows) {
		t.Errorf("%d rows, %d objects", len(rows), objects)
	}
	if s.s.Conf.Objects.Driver != config.Disk {
		return
	}
	left, err := os.ReadDir(filepath.Join(s.s.Conf.Objects.Path, ".tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary objects are left: %v %v", left, err)
	}
}

// rows are the rows of all cameras by object key; each must have its object, of its length and digest.
func (s *Stored) rows(t testing.TB, cams []*simcam.Camera) map[string]media.SegmentRow {
	t.Helper()
	rows := map[string]media.SegmentRow{}
	for _, c := range cams {
		for _, row := range s.Segments(CameraName(c)) {
			rows[string(row.ID)] = row
			st, err := s.Objects.Stat(context.Background(), string(row.ID))
			if err != nil || st.Size != row.ObjectSize || st.Digest != nil && *st.Digest != row.ObjectDigest {
				t.Errorf("%s: the row %s has not its object: %+v %v", CameraName(c), row.ID, st, err)
			}
		}
	}
	return rows
}

// proves is everything that must hold of a site that has been killed and then stopped well.
func (l *load) proves(t testing.TB, site *Site, deaths []death) {
	t.Helper()
	began := time.Now()
	stored := site.Open()
	stored.provesClean(t, l.cams, false)
	for i, cam := range l.cams {
		l.provesLoss(t, i, stored.Units(CameraName(cam)), deaths)
		record := stored.record(CameraName(cam))
		provesRecord(t, CameraName(cam), record)
		for _, d := range deaths {
			l.provesGap(t, i, record, d)
		}
	}
	t.Logf("%d deaths, proved in %s", len(deaths), time.Since(began).Round(time.Millisecond))
}
