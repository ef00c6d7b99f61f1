package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	lookPage   = 256             // segments in memory at a time
	lookPages  = 16              // before the next hold has its turn
	lookers    = 8               // objects looked at at a time
	lookMargin = 5 * time.Minute // footage is sealed and stored at most so long after it was recorded; what is later is for the next survey
	lookLately = time.Minute     // how often what is sealed under a standing hold is looked at
	manyHolds  = 100             // holds of one kind taken at a time
)

// LookAfter lets provisional holds lapse, looks at what holds cover as far as it is due, and takes the objects' own locks off where no hold
// stands any more. It returns the first error; what could be done is done, and alarms say what could not.
func (w *Worker) LookAfter(ctx context.Context) error {
	err := w.lapse(ctx)
	seen, lookErr := w.look(ctx)
	if seen > 0 {
		w.Log.Info("holds were looked after", "objects", seen)
	}
	return errors.Join(err, lookErr, w.unlock(ctx))
}

// lapse ends the holds that were placed for a time only and that nobody reviewed.
func (w *Worker) lapse(ctx context.Context) error {
	now := w.Clock.Now()
	hs, err := w.Store.Lapsed(ctx, now, manyHolds)
	if err != nil {
		return err
	}
	for _, h := range hs {
		h.Lifted, h.LiftBy, h.LiftWhy = now, "", ""
		ev, err := changedEvent(custody.EventHoldLifted, h, now, w.System.String())
		if err != nil {
			return err
		}
		if _, err := w.Store.ChangeHold(ctx, h, ev); err != nil && custody.KindOf(err) != custody.Conflict {
			return err
		}
		w.Alarms.Clear(AlarmUnverified, string(h.ID))
	}
	return nil
}

// look gives each hold that is due a turn after the other until none is. A hold that cannot be looked at waits for the next call.
func (w *Worker) look(ctx context.Context) (seen int, err error) {
	failed := map[custody.HoldID]error{}
	for {
		now := w.Clock.Now()
		hs, err := w.Store.Unlooked(ctx, now.Add(-w.Times.Survey), now.Add(-lookLately), lookMargin, manyHolds)
		if err != nil {
			return seen, err
		}
		turns := 0
		for _, h := range hs {
			if failed[h.ID] != nil {
				continue
			}
			turns++
			n, err := w.slice(ctx, h)
			seen += n
			if err != nil {
				failed[h.ID] = err
				w.said(err, AlarmUnverified, string(h.ID), "what a hold covers could not be looked at")
			}
			if ctx.Err() != nil {
				return seen, custody.Wrap(custody.Unavailable, ctx.Err(), "looking after holds was stopped")
			}
		}
		if turns == 0 {
			return seen, firstOf(failed)
		}
	}
}

func firstOf(failed map[custody.HoldID]error) error {
	for _, err := range failed {
		return err
	}
	return nil
}

// slice looks at the next pages of what a hold covers, and ends the look with the last one. After an error it goes on behind the last page that
// was looked at.
func (w *Worker) slice(ctx context.Context, h Held) (seen int, err error) {
	s, err := w.survey(ctx, h)
	if err != nil {
		return 0, err
	}
	for range lookPages {
		n, err := w.page(ctx, h, &s)
		switch {
		case err != nil && seen > 0:
			return seen, errors.Join(err, w.Store.KeepSurvey(context.WithoutCancel(ctx), s))
		case err != nil:
			return 0, err
		case n == 0:
			return seen, w.finish(ctx, h, s)
		}
		seen += n
	}
	return seen, w.Store.KeepSurvey(ctx, s)
}

// page looks at the next segments and moves s behind them. 0: there are none left.
func (w *Worker) page(ctx context.Context, h Held, s *Survey) (int, error) {
	page, err := w.Store.HeldSegments(ctx, h.Hold, s.From, s.Stream, s.Start, lookPage)
	if err != nil || len(page) == 0 {
		return 0, err
	}
	gone, err := w.lookAt(ctx, h, page)
	if err != nil {
		return 0, err
	}
	next, last := *s, page[len(page)-1]
	next.Stream, next.Start, next.Seen, next.Missing = last.Stream, last.Span.Start, s.Seen+len(page)-len(gone), s.Missing+len(gone)
	if err := w.miss(ctx, h, next, gone); err != nil {
		return 0, err
	}
	*s = next
	return len(page), nil
}

// survey is the look under way, or a new one: of all that the hold covers if that is due, else of what may have been sealed since.
func (w *Worker) survey(ctx context.Context, h Held) (Survey, error) {
	s, err := w.Store.SurveyOf(ctx, h.ID)
	if custody.KindOf(err) != custody.NotFound || err == nil {
		return s, err
	}
	now := w.Clock.Now()
	s = Survey{Hold: h.ID, Began: now, From: h.Span.Start}
	if h.Surveyed != 0 && h.Surveyed >= now.Add(-w.Times.Survey) {
		s.From = max(s.From, h.Verified.Add(-lookMargin))
	}
	return s, nil
}

// all reports whether the look is of everything that the hold covers.
func (s Survey) all(h Held) bool { return s.From <= h.Span.Start }

// lookAt looks at each object, a few at a time, and returns what is not there.
func (w *Worker) lookAt(ctx context.Context, h Held, page []Condemned) (gone []Loss, err error) {
	causes := make([]string, len(page))
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(lookers)
	for i, c := range page {
		g.Go(func() error {
			err := w.Vault.Present(each, c.Segment)
			switch custody.KindOf(err) {
			case custody.NotFound:
				causes[i] = "its object is not in the store"
			case custody.Corrupt:
				causes[i] = "its object is not what was stored"
			default:
				return err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, c := range page {
		if causes[i] != "" {
			gone = append(gone, Loss{Camera: c.Camera, Span: c.Span.Intersect(h.Span), Segment: c.Segment, Cause: causes[i]})
		}
	}
	return gone, nil
}

// miss records what is not there although it must be, once.
func (w *Worker) miss(ctx context.Context, h Held, s Survey, gone []Loss) error {
	if len(gone) == 0 {
		return nil
	}
	if h, err := w.Store.Hold(ctx, h.ID); err != nil || !h.Standing() {
		return err // it was lifted meanwhile, and the schedule goes on
	}
	w.Alarms.Raise(AlarmUnverified, string(h.ID), fmt.Sprintf("%d objects that a hold covers are not in the store or are damaged", s.Missing))
	ev, err := w.verified(h, s, gone, false)
	if err != nil {
		return err
	}
	return w.Store.NoteLosses(ctx, h.ID, gone, ev)
}

// finish ends a look. One of all that is covered is recorded, with what was disposed of before the hold was placed.
func (w *Worker) finish(ctx context.Context, h Held, s Survey) error {
	var lost []Loss
	var evs []custody.Event
	if s.all(h) {
		before, err := w.Store.Disposed(ctx, h.Camera, h.Span, MaxTombs)
		if err != nil {
			return err
		}
		for _, d := range before {
			lost = append(lost, Loss{Camera: d.Camera, Span: d.Span.Intersect(h.Span), Disposition: d.ID,
				Cause: fmt.Sprintf("disposed of on %s under the %d-day rule", d.At.Time().Format(time.DateOnly), d.Rule.Days(d.Why))})
		}
		ev, err := w.verified(h, s, lost, true)
		if err != nil {
			return err
		}
		evs = append(evs, ev)
	}
	if err := w.Store.FinishSurvey(ctx, s, lost, evs...); err != nil {
		return err
	}
	if s.Missing == 0 && s.all(h) {
		w.Alarms.Clear(AlarmUnverified, string(h.ID))
	}
	return nil
}

// Days is the period that counts for a disposal for that reason.
func (s Schedule) Days(why Why) int {
	if why == DiskFull {
		return s.AtLeast
	}
	return s.AtMost
}

func (w *Worker) verified(h Held, s Survey, lost []Loss, all bool) (custody.Event, error) {
	return custody.NewEvent(custody.EventHoldVerified, w.Clock.Now(), w.System.String(), h.Camera, subjectOf(h.Hold),
		HoldVerified{Hold: h.ID, Began: s.Began.String(), All: all, Objects: s.Seen, Lost: lostDetails(lost), LostAll: len(lost)})
}

// unlock takes the store's own locks off what lifted holds covered and no other hold does. It begins a hold again after an error.
func (w *Worker) unlock(ctx context.Context) error {
	hs, err := w.Store.Unlocked(ctx, manyHolds)
	for _, h := range hs {
		if err == nil {
			err = w.unlockOne(ctx, h)
		}
		if err == nil {
			w.Alarms.Clear(AlarmUnverified, string(h.ID))
			err = w.Store.SetUnlocked(ctx, h.ID, w.Clock.Now())
		}
	}
	return err
}

func (w *Worker) unlockOne(ctx context.Context, h Held) error {
	var stream custody.StreamID
	var start custody.Instant
	for {
		page, err := w.Store.HeldSegments(ctx, h.Hold, h.Span.Start, stream, start, lookPage)
		if err != nil || len(page) == 0 {
			return err
		}
		held := map[custody.CameraID][]custody.Hold{}
		for _, c := range page {
			if _, known := held[c.Camera]; !known {
				if held[c.Camera], err = w.Store.StandingOn(ctx, c.Camera); err != nil {
					return err
				}
			}
		}
		g, each := errgroup.WithContext(ctx)
		g.SetLimit(lookers)
		for _, c := range page {
			if overlapping(held[c.Camera], c.Span) {
				continue
			}
			g.Go(func() error { return w.Vault.Unlock(each, c.Segment) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		last := page[len(page)-1]
		stream, start = last.Stream, last.Span.Start
	}
}

func overlapping(hs []custody.Hold, s custody.Span) bool {
	for _, h := range hs {
		if h.Span.Overlaps(s) {
			return true
		}
	}
	return false
}
