package retention

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

const (
	batch      = 500 // segments of one disposal
	smallBatch = 64  // of one for want of room
	races      = 3   // how often a batch is put together again because a hold was placed meanwhile
)

// Done is what a pass disposed of.
type Done struct {
	Dispositions, Segments int
	Bytes                  int64
}

func (d *Done) add(o Done) {
	d.Dispositions, d.Segments, d.Bytes = d.Dispositions+o.Dispositions, d.Segments+o.Segments, d.Bytes+o.Bytes
}

// Carry disposes of everything that is past its schedule and not held, camera by camera, oldest first, and removes its objects. It returns
// the first error; what could be done is done.
func (w *Worker) Carry(ctx context.Context) (Done, error) {
	var all Done
	rules, err := effective(ctx, w.Store)
	if err != nil {
		return all, err
	}
	now := w.Clock.Now()
	for _, r := range rules {
		if ctx.Err() != nil {
			return all, custody.Wrap(custody.Unavailable, ctx.Err(), "disposal was stopped")
		}
		done, cameraErr := w.carry(ctx, r, now.Add(-r.Most()))
		all.add(done)
		err = cmp.Or(err, cameraErr)
	}
	if all.Segments > 0 {
		w.Log.Info("footage past its schedule was disposed of", "segments", all.Segments, "bytes", all.Bytes)
	}
	return all, cmp.Or(err, w.Purge(ctx))
}

// effective lists every camera with what holds for it.
func effective(ctx context.Context, s Store) ([]Effective, error) {
	all, err := s.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	cameras, err := s.KeptCameras(ctx)
	var out []Effective
	for _, k := range cameras {
		out = append(out, Effective{k, EffectiveFor(all, k)})
	}
	return out, err
}

// carry disposes of what of a camera ends before the instant and lies between its holds.
func (w *Worker) carry(ctx context.Context, r Effective, before custody.Instant) (all Done, err error) {
	for tries := 0; tries < races; {
		spans, err := w.free(ctx, r.Kept.Camera, before)
		if err != nil {
			return all, err
		}
		done, changed, err := w.carrySpans(ctx, r, spans)
		all.add(done)
		if err != nil || !changed {
			return all, err
		}
		tries++
	}
	return all, custody.Errorf(custody.Unavailable, "holds or schedules are being changed: the next pass looks again")
}

// carrySpans reports with changed that something stands in the way that was not there when the spans were put together.
func (w *Worker) carrySpans(ctx context.Context, r Effective, spans []custody.Span) (all Done, changed bool, err error) {
	for _, s := range spans {
		for {
			segments, err := w.Store.Condemned(ctx, r.Kept.Camera, s, batch)
			if err != nil || len(segments) == 0 {
				if err != nil {
					return all, false, err
				}
				break
			}
			done, err := w.destroy(ctx, r, OnSchedule, segments)
			all.add(done)
			if k := custody.KindOf(err); err != nil && (k == custody.Conflict || k == custody.Denied) {
				return all, true, nil
			}
			if err != nil || ctx.Err() != nil {
				return all, false, err
			}
		}
	}
	return all, false, nil
}

// free lists what lies before the instant and between the camera's standing holds.
func (w *Worker) free(ctx context.Context, camera custody.CameraID, before custody.Instant) ([]custody.Span, error) {
	hs, err := w.Store.StandingOn(ctx, camera)
	return between(custody.Span{Start: 1, End: before}, hs), err
}

// between is the span less what the holds cover, in order.
func between(span custody.Span, hs []custody.Hold) []custody.Span {
	held := make([]custody.Span, 0, len(hs))
	for _, h := range hs {
		if in := h.Span.Intersect(span); !in.Empty() {
			held = append(held, in)
		}
	}
	slices.SortFunc(held, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []custody.Span
	for _, h := range held {
		if part := (custody.Span{Start: span.Start, End: h.Start}); !part.Empty() {
			out = append(out, part)
		}
		span.Start = max(span.Start, h.End)
	}
	if !span.Empty() {
		out = append(out, span)
	}
	return out
}

// destroy disposes of a batch: decision, forget, keys with tombstone and entry. Its objects are Purge's. Conflict or Denied: a hold was placed
// meanwhile, or the schedule changed.
func (w *Worker) destroy(ctx context.Context, r Effective, why Why, segments []Condemned) (Done, error) {
	g, err := w.Judge.Decide(ctx, w.System, access.Ask{Action: access.FootageDispose, Camera: r.Kept.Camera, Span: hull(segments),
		Purpose: fmt.Sprintf("%s: footage of this camera is kept for %d to %d days", why, r.AtLeast, r.AtMost)})
	if err != nil {
		return Done{}, err
	}
	now := w.Clock.Now()
	for _, c := range segments {
		if err := g.Permits(access.FootageDispose, c.Camera, c.Span, now); err != nil {
			return Done{}, err
		}
	}
	d := Disposition{ID: custody.NewDispositionID(), Camera: r.Kept.Camera, Span: hull(segments), Segments: len(segments), Why: why, Rule: r.Schedule,
		At: now, Final: now.Add(w.Times.Backups)}
	ids := make([]custody.SegmentID, len(segments))
	for i, c := range segments {
		ids[i] = c.Segment
		d.Bytes += c.Bytes
	}
	settle, err := w.Vault.Forget(ctx, g, d.Camera, ids)
	if err != nil {
		return Done{}, err
	}
	defer settle()
	ev, err := disposedEvent(d, ids, g)
	if err == nil {
		err = w.Store.Dispose(ctx, d, ids, ev)
	}
	if err != nil {
		return Done{}, err
	}
	return Done{Dispositions: 1, Segments: d.Segments, Bytes: d.Bytes}, nil
}

// hull is the span from the first start to the last end.
func hull(segments []Condemned) custody.Span {
	s := segments[0].Span
	for _, c := range segments {
		s.Start, s.End = min(s.Start, c.Span.Start), max(s.End, c.Span.End)
	}
	return s
}
