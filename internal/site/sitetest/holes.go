package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Hole is where frames of one session are not stored though later ones of it are.
type Hole struct {
	Before, After Unit // the stored ones next to it
	Missing       int  // frames between them
}

// Holes are those of a camera's video.
func Holes(t testing.TB, got []Unit, farm *simcam.Farm, cam *simcam.Camera) (out []Hole) {
	t.Helper()
	for _, s := range Compare(t, got, farm, cam, 1) {
		missing := 0
		next := 0 // of s.Stored
		for _, e := range s.Sent {
			if next == len(s.Stored) {
				break
			}
			if u := s.Stored[next]; u.Digest != e.Digest || u.RTP != e.RTP {
				missing++
				continue
			}
			if missing > 0 && next > 0 {
				out = append(out, Hole{s.Stored[next-1], s.Stored[next], missing})
			}
			missing = 0
			next++
		}
	}
	return out
}

// TruthfulGaps proves that every hole in a camera's video is exactly covered by gaps, of that cause for the most part, and that
// no gap of that cause covers a stored frame. frame is the camera's time between two frames.
func TruthfulGaps(t testing.TB, got []Unit, gaps []media.Gap, holes []Hole, cause media.GapCause, frame time.Duration) {
	t.Helper()
	for _, h := range holes {
		var covered custody.Span
		var of time.Duration
		for _, g := range gaps {
			if g.Span.End <= h.Before.Wall || g.Span.Start >= h.After.Wall || g.Span.End == 0 {
				continue
			}
			if covered.Start == 0 {
				covered.Start = g.Span.Start
			} else if g.Span.Start != covered.End {
				t.Errorf("the gaps around %s do not touch each other", g.Span)
			}
			covered.End = g.Span.End
			if g.Cause == cause {
				of += g.Span.Duration()
			}
		}
		late, early := covered.Start.Sub(h.Before.Wall), h.After.Wall.Sub(covered.End)
		if covered.Start == 0 || late <= 0 || late > 2*frame || early < 0 || early > 2*frame {
			t.Errorf("%d frames are missing between %s and %s, the gaps there cover %s", h.Missing, h.Before.Wall, h.After.Wall, covered)
			continue
		}
		if d := covered.Duration(); of < d*9/10 || (d-time.Duration(h.Missing)*frame).Abs() > 3*frame+d/20 {
			t.Errorf("%d frames are missing; the gaps there last %v, %v of it for %s", h.Missing, d, of, cause)
		}
	}
	for _, g := range gaps {
		for _, u := range got {
			if g.Cause == cause && u.Wall >= g.Span.Start && u.Wall < g.Span.End {
				t.Errorf("the gap %s of cause %s covers a stored frame at %s", g.Span, cause, u.Wall)
				break
			}
		}
	}
}
