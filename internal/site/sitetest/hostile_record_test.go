package sitetest

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// mostAhead is how far after the clock a camera can take its record: what a unit may lead by, and a frame's length.
const mostAhead = media.MaxClockError + 10*time.Second

// timed is a segment or a gap of a record.
type timed struct {
	span custody.Span
	what string
}

// judge proves that what a hostile camera left behind is truthful and bounded.
func (r villain) judge(t *testing.T, s *Stored, farm *simcam.Farm, cam *simcam.Camera, began custody.Instant, length time.Duration) {
	t.Helper()
	segments, gaps := s.Segments(r.name), s.Gaps(r.name)
	var all []timed
	runs := map[custody.RunID]bool{}
	units, damaged := uint64(0), uint64(0)
	for _, row := range segments {
		all = append(all, timed{row.Span, "segment " + string(row.ID)})
		runs[row.Run] = true
		units, damaged = units+row.Units, damaged+row.Damaged
		if row.Span.Duration() > media.SegmentMaxTime+5*time.Second || row.ObjectSize > media.SegmentMaxBytes+32<<20 {
			t.Errorf("%s: a segment of %s and %d MiB", r.name, row.Span.Duration(), row.ObjectSize>>20)
		}
	}
	causes := map[media.GapCause]int{}
	for _, g := range gaps {
		causes[g.Cause]++
		all = append(all, timed{g.Span, "gap " + string(g.Cause)})
		if g.Cause != media.GapDisabled && g.Cause != media.GapStopped && !slices.Contains(r.causes, g.Cause) {
			t.Errorf("%s: gap %s with the cause %s: %s", r.name, g.Span, g.Cause, g.Detail)
		}
	}
	t.Logf("%-18s %3d runs %3d segments %5d units %4d damaged, gaps %v", r.name, len(runs), len(segments), units, damaged, causes)
	r.continuous(t, all, began)
	minutes := int(length/time.Minute) + 1
	if most := runsAtOnce + runsMinute*minutes; len(runs) > most || len(gaps) > 2*most {
		t.Errorf("%s: %d runs and %d gaps in %s", r.name, len(runs), len(gaps), length)
	}
	if r.recorded && units == 0 {
		t.Errorf("%s: nothing of it is stored", r.name)
	}
	if r.short && !slices.ContainsFunc(segments, func(row media.SegmentRow) bool { return row.Continuation }) {
		t.Errorf("%s: no segment is flagged as cut short", r.name)
	}
	if r.strict {
		SameAsSent(t, s.Units(r.name), farm, cam)
	}
}

// continuous proves I3 and sane wall times: no hole, no overlap, nothing before the camera came or after now.
func (r villain) continuous(t *testing.T, all []timed, began custody.Instant) {
	t.Helper()
	slices.SortFunc(all, func(a, b timed) int { return int(a.span.Start - b.span.Start) })
	now := custody.InstantOf(time.Now())
	for i, p := range all {
		switch {
		case p.span.Start < began.Add(-10*time.Second) || max(p.span.Start, p.span.End) > now.Add(mostAhead):
			t.Errorf("%s: the %s has the times %s", r.name, p.what, p.span)
		case i > 0 && p.span.Start != all[i-1].span.End:
			t.Errorf("%s: the %s ends at %s, the %s starts at %s", r.name, all[i-1].what, all[i-1].span.End, p.what, p.span.Start)
		}
	}
}
