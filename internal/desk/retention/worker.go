package retention

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Gear is what a Worker works with; all are required but Room.
type Gear struct {
	Store  Store
	Judge  Judge
	Vault  Strongroom
	Room   Room // nil: the disk is never full
	Alarms Alarms
	Clock  custody.Clock
	System access.Actor // who disposes
	Log    *slog.Logger
	Times  Times
	Water  Water
}

// Worker looks after holds and carries out the schedules. What it does follows from what is stored, so that it may be stopped and killed
// at any time. One process at a time runs one; more do no harm. As a Part it works by itself; its methods do one pass each, for tests and the
// command line, and are safe for concurrent use.
type Worker struct {
	Gear
	parts *lifecycle.Group
	wake  chan struct{}

	mu       sync.Mutex
	carried  custody.Instant // when the schedule was last carried out
	forecast custody.Instant // when the disk's filling was last foretold
}

// NewWorker returns a worker that stands still until it is started.
func NewWorker(g Gear) *Worker {
	g.Times = g.Times.orDefault()
	if g.Water.Percent <= 0 {
		g.Water.Percent = 5
	}
	if g.Water.Bytes <= 0 {
		g.Water.Bytes = 2 << 30
	}
	w := &Worker{Gear: g, wake: make(chan struct{}, 1)}
	w.parts = lifecycle.NewGroup(time.Minute, func(name string, waited time.Duration) {
		g.Log.Warn("a part of retention does not stop", "part", name, "waited", waited)
	}, lifecycle.Named{Name: "holds", Part: lifecycle.NewTask(w.holds)}, lifecycle.Named{Name: "disposal", Part: lifecycle.NewTask(w.disposal)})
	return w
}

// Start implements lifecycle.Part.
func (w *Worker) Start(ctx context.Context) error { return w.parts.Start(ctx) }

// Stop implements lifecycle.Part.
func (w *Worker) Stop() { w.parts.Stop() }

// Wake has holds looked after now. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *Worker) holds(ctx context.Context) error {
	t := time.NewTicker(w.Times.Look)
	defer t.Stop()
	for {
		if err := w.LookAfter(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("holds could not be looked after", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-w.wake:
		}
	}
}

// disposal looks at the disk often and at the schedule seldom.
func (w *Worker) disposal(ctx context.Context) error {
	t := time.NewTicker(w.Times.Look)
	defer t.Stop()
	for {
		if err := w.turn(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("the schedule could not be carried out", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// turn does what is due. Room is made whatever else fails.
func (w *Worker) turn(ctx context.Context) error {
	var err error
	if w.due(&w.carried, w.Times.Every) {
		_, err = w.Carry(ctx)
		w.said(err, AlarmOverdue, "", "footage is past its schedule and could not be disposed of")
		if err != nil {
			w.again(&w.carried)
		}
	} else {
		err = w.Purge(ctx)
	}
	_, fullErr := w.Relieve(ctx)
	if w.due(&w.forecast, time.Hour) {
		fullErr = errors.Join(fullErr, w.Foretell(ctx))
	}
	return errors.Join(err, fullErr)
}

// due reports whether so much time has passed since it was last, and notes that it is now.
func (w *Worker) due(last *custody.Instant, every time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Clock.Now()
	if *last != 0 && now < last.Add(every) {
		return false
	}
	*last = now
	return true
}

// again makes it due at the next turn.
func (w *Worker) again(last *custody.Instant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*last = 0
}

// said raises the alarm if there is an error, and clears it otherwise.
func (w *Worker) said(err error, kind, subject, sentence string) {
	if err == nil {
		w.Alarms.Clear(kind, subject)
		return
	}
	w.Alarms.Raise(kind, subject, sentence+": "+custody.PublicText(err))
}
