package retention

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Bands are the parts of a span that standing holds keep of a camera, for a timeline, under a Scope of footage.list that includes the camera; of
// any other there are none. Why they are held, it does not tell.
func (d *Desk) Bands(ctx context.Context, s access.Scope, camera custody.CameraID, span custody.Span) ([]custody.Span, error) {
	if s.Action() != access.FootageList || !s.Includes(camera) {
		return nil, nil
	}
	holds, err := d.p.Store.StandingOn(ctx, camera)
	var out []custody.Span
	for _, h := range holds {
		if in := h.Span.Intersect(span); !in.Empty() {
			out = append(out, in)
		}
	}
	return out, err
}
