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
		n, err := w.purge(ctx, page, began)
		refused += n
		if err != nil {
			last = err
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

// purge tries a page and returns how many of it stay. After an error of the database nothing of the page counts as tried.
func (w *Worker) purge(ctx context.Context, page []Leftover, began custody.Instant) (refused int, err error) {
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
	var why error
	for i, l := range page {
		if errs[i] != nil {
			stay, why = append(stay, l.Segment), errs[i]
			continue
		}
		gone[l.Disposition], camera[l.Disposition] = append(gone[l.Disposition], l.Segment), l.Camera
	}
	for id, segments := range gone {
		at := w.Clock.Now()
		ev, err := custody.NewEvent(custody.EventFootagePurged, at, w.System.String(), camera[id], string(id), Removed{id, at.String()})
		if err == nil {
			err = w.Store.Purged(ctx, id, at, segments, ev)
		}
		if err != nil {
			return 0, err
		}
	}
	if len(stay) == 0 {
		return 0, nil
	}
	if err := w.Store.Tried(ctx, began, stay); err != nil {
		return 0, err
	}
	return len(stay), why
}
