package retention

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	purgePage = 256
	purgers   = 4 // objects removed at a time
	retry     = 10 * time.Minute
)

// Purge removes the objects whose keys were destroyed, and notes which are gone. What cannot be removed is tried again ten minutes later,
// for ever. It returns the last error.
func (w *Worker) Purge(ctx context.Context) error {
	began := w.Clock.Now()
	var last error
	refused := 0
	for {
		page, err := w.Store.Unpurged(ctx, began.Add(-retry), purgePage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		n, why, err := w.purge(ctx, page, began)
		if err != nil {
			return err // what was tried could not be noted: the same page would come again
		}
		if refused += n; n > 0 {
			last = why
		}
		if ctx.Err() != nil {
			return custody.Wrap(custody.Unavailable, ctx.Err(), "removing objects was stopped")
		}
	}
	if refused > 0 {
		w.said(last, AlarmUnpurged, "", fmt.Sprintf("%d objects whose footage was disposed of cannot be removed; their keys are destroyed", refused))
		return last
	}
	left, err := w.Store.Unpurged(ctx, custody.Instant(1<<62), 1)
	if err == nil && len(left) == 0 {
		w.Alarms.Clear(AlarmUnpurged, "")
	}
	return err
}

// purge tries a page and returns how many of it stay, and why. The error is the database's.
func (w *Worker) purge(ctx context.Context, page []Leftover, began custody.Instant) (refused int, why, err error) {
	errs := make([]error, len(page))
	g := new(errgroup.Group)
	g.SetLimit(purgers)
	for i, l := range page {
		g.Go(func() error { errs[i] = w.Vault.Purge(ctx, l.Segment); return nil })
	}
	_ = g.Wait() // each error is kept by its place
	gone := map[custody.DispositionID][]custody.SegmentID{}
	camera := map[custody.DispositionID]custody.CameraID{}
	var stay []custody.SegmentID
	for i, l := range page {
		if errs[i] != nil {
			stay, why = append(stay, l.Segment), errs[i]
			continue
		}
		gone[l.Disposition], camera[l.Disposition] = append(gone[l.Disposition], l.Segment), l.Camera
	}
	for id, segments := range gone {
		if err := w.purged(ctx, id, camera[id], segments); err != nil {
			return 0, nil, err
		}
	}
	if len(stay) == 0 {
		return 0, nil, nil
	}
	return len(stay), why, w.Store.Tried(ctx, began, stay)
}

func (w *Worker) purged(ctx context.Context, id custody.DispositionID, camera custody.CameraID, segments []custody.SegmentID) error {
	at := w.Clock.Now()
	ev, err := custody.NewEvent(custody.EventFootagePurged, at, w.System.String(), camera, string(id), Removed{id, at.String()})
	if err != nil {
		return err
	}
	return w.Store.Purged(ctx, id, at, segments, ev)
}
