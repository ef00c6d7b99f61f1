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

// History tells what was recorded when; storage/db implements it. Only what the scope includes is told about.
type History interface {
	// Timeline tells about each of the cameras that the scope includes and that exist, in the order asked. It answers 30 days of
	// 32 cameras in tens of milliseconds, whatever lies in the store.
	Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) ([]Track, error)
}
