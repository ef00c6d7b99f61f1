package request

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Bands are the parts of a span that were handed over of a camera, for a timeline, under a Scope of footage.list that includes the camera; of
// any other there are none. To whom, it does not tell.
func (k *Desk) Bands(ctx context.Context, s access.Scope, camera custody.CameraID, span custody.Span) ([]custody.Span, error) {
	if s.Action() != access.FootageList || !s.Includes(camera) {
		return nil, nil
	}
	all, err := k.Store.Overlapping(ctx, "", camera, span)
	var out []custody.Span
	for _, e := range all {
		out = append(out, e.Item.Span.Intersect(span))
	}
	return out, err
}
