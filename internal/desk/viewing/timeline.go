package viewing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Limits of one timeline.
const (
	MaxTimelineCameras = 64
	MaxTimelineSteps   = 4096
	MaxTimelineSpan    = 400 * 24 * time.Hour
)

// Timeline says when there is footage, without showing any. Of the main stream.
type Timeline struct {
	Span    custody.Span
	Step    time.Duration // as used: at least the one asked for
	Cameras []Track
}

// Track is the timeline of one camera.
type Track struct {
	Camera       custody.CameraID
	Streams      []custody.StreamID // those that it tells about: the main ones, replaced ones included
	Recorded     []custody.Span     // merged: seams between adjoining segments do not show
	Gaps         []media.Gap        // an open one has no End
	Restrictions []Restricted
	// Activity has a byte per step: bytes between pictures against the camera's own median of the last days, 128 is the median,
	// 0 nothing recorded or nothing known. It is a hint where to look, not a measurement of movement.
	Activity []byte
	Retained custody.Instant // first instant of what is still kept; 0 if nothing is
}

// Timeline tells when there is footage of the cameras that the scope (of access.FootageList) includes. An unknown camera and one
// outside the scope are both left out. Errors: Invalid, Unavailable.
func (d *Desk) Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) (Timeline, error) {
	switch {
	case span.Empty() || span.Start <= 0 || span.Duration() > MaxTimelineSpan:
		return Timeline{}, custody.Errorf(custody.Invalid, "to: the span must end after it begins, at most %d days later", int(MaxTimelineSpan/(24*time.Hour)))
	case len(cameras) == 0 || len(cameras) > MaxTimelineCameras:
		return Timeline{}, custody.Errorf(custody.Invalid, "camera: choose 1 to %d", MaxTimelineCameras)
	case step < 0:
		return Timeline{}, custody.Errorf(custody.Invalid, "step_ms: must not be negative")
	}
	leave, err := d.timelines.enter(ctx, d.o.Lease)
	if err != nil {
		return Timeline{}, err
	}
	defer leave()
	least := max(time.Second, (span.Duration()+MaxTimelineSteps-1)/MaxTimelineSteps)
	t := Timeline{Span: span, Step: max(step, least).Truncate(time.Microsecond)}
	fresh := d.p.Vault.InSpool(span) // first: what is settled meanwhile is told twice rather than not at all
	if t.Cameras, err = d.p.History.Timeline(ctx, scope, cameras, span, t.Step); err != nil {
		return Timeline{}, unavailable(err)
	}
	for i := range t.Cameras {
		t.Cameras[i].add(fresh)
	}
	return t, nil
}

// seam is how far apart adjoining footage may lie and still be told as one span.
const seam = 100 * time.Millisecond

// add tells about footage that is not settled yet, too. Its activity is not known before it is.
func (t *Track) add(fresh map[custody.StreamID][]custody.Span) {
	all := t.Recorded
	for _, stream := range t.Streams {
		all = append(all, fresh[stream]...)
	}
	if len(all) == len(t.Recorded) {
		return
	}
	slices.SortFunc(all, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	t.Recorded = all[:1]
	for _, s := range all[1:] {
		if last := &t.Recorded[len(t.Recorded)-1]; s.Start <= last.End.Add(seam) {
			last.End = max(last.End, s.End)
		} else {
			t.Recorded = append(t.Recorded, s)
		}
	}
	if t.Retained == 0 {
		t.Retained = t.Recorded[0].Start
	}
}
