package viewing

import (
	"context"
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
	Recorded     []custody.Span // merged: seams between adjoining segments do not show
	Gaps         []media.Gap    // an open one has no End
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
	least := max(time.Second, (span.Duration()+MaxTimelineSteps-1)/MaxTimelineSteps)
	t := Timeline{Span: span, Step: max(step, least).Truncate(time.Microsecond)}
	var err error
	t.Cameras, err = d.p.History.Timeline(ctx, scope, cameras, span, t.Step)
	return t, unavailable(err)
}
