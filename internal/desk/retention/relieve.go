package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// ahead is how long before recording would stop people are told (CONTRACTS 25).
const ahead = 72 * time.Hour

// Relieve makes room when the disk is full: while less than the low-water mark is free it disposes of the oldest footage of all cameras that is past its
// keep_at_least and not held, and removes it at once, until a quarter more is free. If nothing more may go it raises an alarm; that recording
// stops then is the recorder's.
func (w *Worker) Relieve(ctx context.Context) (Done, error) {
	var all Done
	free, low, err := w.water(ctx)
	if err != nil || low == 0 || free >= low {
		if err == nil {
			w.Alarms.Clear(AlarmNothing, "")
		}
		return all, err
	}
	for free < low+low/4 {
		done, err := w.oldest(ctx)
		all.add(done)
		if err != nil {
			return all, err
		}
		if done.Segments == 0 {
			w.Alarms.Raise(AlarmNothing, "", "the disk is full and nothing more may be disposed of: what is left is held or must be kept longer; add storage")
			return all, nil
		}
		if err := w.Purge(ctx); err != nil {
			return all, err // destroying more keys would free nothing
		}
		if free, _, err = w.water(ctx); err != nil {
			return all, err
		}
	}
	w.Alarms.Clear(AlarmNothing, "")
	w.Log.Warn("footage was disposed of because the disk was full", "segments", all.Segments, "bytes", all.Bytes)
	return all, nil
}

// water is what is free and below which it counts as full; low is 0 where there is no bound.
func (w *Worker) water(ctx context.Context) (free, low int64, err error) {
	if w.Room == nil {
		return 0, 0, nil
	}
	free, total, err := w.Room.Free(ctx)
	if err != nil || total <= 0 {
		return 0, 0, err
	}
	return free, max(total/100*int64(w.Water.Percent), min(w.Water.Bytes, total/2)), nil
}

// oldest disposes of a small batch of the camera that has the oldest footage that may go. Nothing is done if no camera has any, or if what
// has was taken under a hold meanwhile.
func (w *Worker) oldest(ctx context.Context) (Done, error) {
	rules, err := effective(ctx, w.Store)
	if err != nil {
		return Done{}, err
	}
	for range races {
		var rule Effective
		var segments []Condemned
		for _, r := range rules {
			found, err := w.first(ctx, r)
			if err != nil {
				return Done{}, err
			}
			if len(found) > 0 && (len(segments) == 0 || found[0].Span.Start < segments[0].Span.Start) {
				rule, segments = r, found
			}
		}
		if len(segments) == 0 {
			return Done{}, nil
		}
		done, err := w.destroy(ctx, rule, DiskFull, segments)
		if k := custody.KindOf(err); err == nil || k != custody.Conflict && k != custody.Denied {
			return done, err
		}
	}
	return Done{}, custody.Errorf(custody.Unavailable, "holds are being placed: room is made in the next turn")
}

// first is the oldest of what may go of a camera.
func (w *Worker) first(ctx context.Context, r Effective) ([]Condemned, error) {
	spans, err := w.free(ctx, r.Kept.Camera, w.Clock.Now().Add(-r.Least()))
	for _, s := range spans {
		if err != nil {
			break
		}
		var found []Condemned
		if found, err = w.Store.Condemned(ctx, r.Kept.Camera, s, smallBatch); len(found) > 0 {
			return found, err
		}
	}
	return nil, err
}

// Foretell raises an alarm if recording would stop within 72 hours: if what is free and what may go until then is less than what is recorded,
// at the rate of the last day.
func (w *Worker) Foretell(ctx context.Context) error {
	free, low, err := w.water(ctx)
	if err != nil || low == 0 {
		return err
	}
	rules, err := effective(ctx, w.Store)
	if err != nil {
		return err
	}
	now := w.Clock.Now()
	var comes, goes int64
	for _, r := range rules {
		lately, err := w.Store.Weigh(ctx, r.Kept.Camera, custody.Span{Start: now.Add(-day), End: now})
		if err != nil {
			return err
		}
		comes += lately.Bytes * int64(ahead/day)
		spans, err := w.free(ctx, r.Kept.Camera, now.Add(ahead-r.Least()))
		if err != nil {
			return err
		}
		for _, s := range spans {
			may, err := w.Store.Weigh(ctx, r.Kept.Camera, s)
			if err != nil {
				return err
			}
			goes += may.Bytes
		}
	}
	if free+goes-comes >= low {
		w.Alarms.Clear(AlarmFilling, "")
		return nil
	}
	const gib = 1 << 30
	w.Alarms.Raise(AlarmFilling, "", fmt.Sprintf("the disk will be full within 72 hours: %.1f GiB are free, %.1f GiB may be disposed of, %.1f GiB will be recorded; add storage or review holds",
		float64(free)/gib, float64(goes)/gib, float64(comes)/gib))
	return nil
}
