package viewing

import (
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// end stops a viewing at once - nothing more leaves under it - and records that it ended. If that cannot be recorded now, the
// sweeper tries again.
func (d *Desk) end(s *session, why string) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed, s.Closed, s.Why = true, d.p.Clock.Now(), why
	s.mu.Unlock()
	s.finish()

	d.mu.Lock()
	if _, is := d.open[s.ID]; is {
		delete(d.open, s.ID)
		if len(d.ended) < maxRemembered {
			d.ended = append(d.ended, s)
		} else {
			d.ended[d.next] = s
			d.next = (d.next + 1) % maxRemembered
		}
	}
	d.unfiled = append(d.unfiled, s)
	d.work.Add(1)
	d.mu.Unlock()
	d.giveBack(s.actor)

	defer d.work.Done()
	ctx, cancel := context.WithTimeout(context.Background(), d.o.Lease)
	defer cancel()
	d.file(ctx)
}

// file records the end of the viewings that have ended and are not recorded yet.
func (d *Desk) file(ctx context.Context) {
	d.mu.Lock()
	todo := d.unfiled
	d.unfiled = nil
	d.mu.Unlock()
	for _, s := range todo {
		if err := d.record(ctx, s); err != nil {
			d.p.Log.Error("the end of a viewing could not be recorded", "viewing", s.ID, "err", err)
			d.mu.Lock()
			d.unfiled = append(d.unfiled, s)
			d.mu.Unlock()
		}
	}
}

type closedDetail struct {
	Why      string   `json:"why"`
	Unserved []unseen `json:"unserved,omitempty"`
}

// unseen is a run of camera-minutes that were leased and of which nothing was sent.
type unseen struct {
	Camera custody.CameraID `json:"camera"`
	Kind   string           `json:"kind"`
	From   string           `json:"from"`
	Until  string           `json:"until"`
}

// record commits the end of a viewing with what was leased and not served (CONTRACTS 7). Leases under way are settled first: they
// end by themselves, within the time that a lease may take.
func (d *Desk) record(ctx context.Context, s *session) error {
	s.commits.Wait()
	unserved := s.unserved()
	ev, err := custody.NewEvent(custody.EventViewingClosed, s.Closed, s.actor.String(), "", string(s.ID), closedDetail{s.Why, unseenOf(unserved)})
	if err != nil {
		return err
	}
	if err := d.p.Store.CloseViewing(ctx, s.ID, s.Closed, s.Why, unserved, ev); err != nil {
		return err
	}
	s.mu.Lock()
	s.leases, s.runs = nil, nil
	s.mu.Unlock()
	return nil
}

// unseenOf joins adjoining minutes.
func unseenOf(looks []Look) []unseen {
	var out []unseen
	for _, l := range looks {
		from, until := l.Minute.String(), (l.Minute + minute).String()
		if n := len(out); n > 0 && out[n-1].Camera == l.Camera && out[n-1].Kind == l.Kind && out[n-1].Until == from {
			out[n-1].Until = until
			continue
		}
		out = append(out, unseen{l.Camera, l.Kind, from, until})
	}
	return out
}

// sweep ends viewings whose time is over or behind which no decision stands any more. Bytes ask for themselves and do not wait
// for it: it ends what nobody asks about.
func (d *Desk) sweep(ctx context.Context) error {
	tick := time.NewTicker(d.o.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		d.Sweep()
		fctx, cancel := context.WithTimeout(ctx, d.o.Lease)
		d.file(fctx)
		cancel()
	}
}

// Sweep looks at every open viewing once.
func (d *Desk) Sweep() {
	for _, s := range d.standing() {
		switch {
		case d.p.Clock.Now() >= s.Expires:
			d.end(s, WhyExpired)
		case s.undone():
			d.end(s, WhyRevoked)
		}
	}
}

// standing lists the open viewings, oldest first.
func (d *Desk) standing() []*session {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]*session, 0, len(d.open))
	for _, s := range d.open {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *session) int { return int(a.Opened - b.Opened) })
	return out
}

// closeLeftOpen ends what an earlier process left open. What it had leased counts as served: nobody can say that it was not.
func (d *Desk) closeLeftOpen(ctx context.Context) error {
	left, err := d.p.Store.OpenViewings(ctx)
	if err != nil {
		return unavailable(err)
	}
	for _, v := range left {
		now := d.p.Clock.Now()
		ev, err := custody.NewEvent(custody.EventViewingClosed, now, "system", "", string(v.ID), closedDetail{Why: WhyRestart})
		if err == nil {
			err = d.p.Store.CloseViewing(ctx, v.ID, now, WhyRestart, nil, ev)
		}
		if err != nil {
			return unavailable(err)
		}
	}
	return nil
}
