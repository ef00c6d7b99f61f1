package retention_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
)

// fate kills the worker at its nth step: before the step, or after it was done and before anybody heard of it.
type fate struct {
	left  atomic.Int64
	after bool
}

var errKilled = errors.New("killed")

func (f *fate) step(do func() error) error {
	if f.left.Add(-1) != 0 {
		if f.left.Load() < 0 {
			return errKilled // nothing happens after one's death
		}
		return do()
	}
	if f.after {
		_ = do() // nobody hears how it ended
	}
	return errKilled
}

// mortal is a store and a vault on which every change is a step.
type mortal struct {
	retention.Store
	vault retention.Strongroom
	*fate
}

func (m mortal) Dispose(ctx context.Context, d retention.Disposition, ids []custody.SegmentID, evs ...custody.Event) error {
	return m.step(func() error { return m.Store.Dispose(ctx, d, ids, evs...) })
}

func (m mortal) Purged(ctx context.Context, id custody.DispositionID, at custody.Instant, ids []custody.SegmentID, evs ...custody.Event) error {
	return m.step(func() error { return m.Store.Purged(ctx, id, at, ids, evs...) })
}

func (m mortal) Tried(ctx context.Context, at custody.Instant, ids []custody.SegmentID) error {
	return m.step(func() error { return m.Store.Tried(ctx, at, ids) })
}

func (m mortal) ChangeHold(ctx context.Context, h retention.Held, evs ...custody.Event) (out retention.Held, err error) {
	err = m.step(func() error { out, err = m.Store.ChangeHold(ctx, h, evs...); return err })
	return out, err
}

func (m mortal) FinishSurvey(ctx context.Context, s retention.Survey, ls []retention.Loss, evs ...custody.Event) error {
	return m.step(func() error { return m.Store.FinishSurvey(ctx, s, ls, evs...) })
}

func (m mortal) SetUnlocked(ctx context.Context, id custody.HoldID, at custody.Instant) error {
	return m.step(func() error { return m.Store.SetUnlocked(ctx, id, at) })
}

func (m mortal) Forget(ctx context.Context, g access.Grant, c custody.CameraID, ids []custody.SegmentID) (settle func(), err error) {
	err = m.step(func() error { settle, err = m.vault.Forget(ctx, g, c, ids); return err })
	if err != nil && settle != nil {
		settle() // with the process what it had in memory dies
		settle = nil
	}
	return settle, err
}

func (m mortal) Purge(ctx context.Context, id custody.SegmentID) error {
	return m.step(func() error { return m.vault.Purge(ctx, id) })
}

func (m mortal) Present(ctx context.Context, id custody.SegmentID) error {
	return m.step(func() error { return m.vault.Present(ctx, id) })
}

func (m mortal) Unlock(ctx context.Context, id custody.SegmentID) error {
	return m.step(func() error { return m.vault.Unlock(ctx, id) })
}

// work is a pass of everything.
func work(ctx context.Context, w *retention.Worker) error {
	if err := w.LookAfter(ctx); err != nil {
		return err
	}
	_, err := w.Carry(ctx)
	return err
}

// TestKilledAtEveryStep: wherever the worker dies, the next one brings everything to its end, once.
func TestKilledAtEveryStep(t *testing.T) {
	for _, after := range []bool{false, true} {
		died := 0
		for n := int64(1); ; n++ {
			if !killedAt(t, n, after) {
				break
			}
			died++
		}
		if died < 10 {
			t.Errorf("it died at %d steps only", died)
		}
	}
}

func killedAt(t *testing.T, n int64, after bool) (died bool) {
	t.Run(fmt.Sprintf("step %d, after it %v", n, after), func(t *testing.T) {
		a := newArchive(t)
		one, two := a.camera("One"), a.camera("Two")
		old, held := a.film(one, ago(40), 3), a.film(two, ago(40), 2)
		fresh := a.film(one, ago(3), 2)
		h := a.hold(two.Camera.ID, custody.Span{Start: ago(41), End: ago(39)})
		short := must(a.desk.Place(t.Context(), a.may(a.clerk, access.HoldPlace, ""), retention.Want{Camera: one.Camera.ID, Reason: "for a day",
			Span: custody.Span{Start: ago(40), End: ago(40).Add(time.Minute)}, Lapses: a.site.Now().Add(time.Hour)}))
		a.look()
		a.site.Advance(25 * time.Hour)
		f := &fate{after: after}
		f.left.Store(n)
		m := mortal{Store: a.db, vault: a.vault, fate: f}
		heard := a.alarms
		a.alarms = &bells{up: map[string]string{}} // the dead raise no alarms
		died = work(t.Context(), a.newWorker(m, m)) != nil
		a.alarms = heard
		a.site.Advance(time.Hour)
		a.must(work(t.Context(), a.newWorker(a.db, a.vault)))
		a.gone(old...)
		a.there(append(held, fresh...)...)
		if got := a.read(h.ID); got.Objects != 2 || got.LostAll != 0 || got.Surveyed == 0 {
			t.Errorf("%+v", got)
		}
		if got := a.read(short.ID); got.Lifted == 0 || got.Confirmed != "" {
			t.Errorf("%+v", got)
		}
		d := must(a.desk.Disposed(t.Context(), a.scope(a.clerk, access.RequestView), one.Camera.ID, custody.Span{Start: 1, End: december}))
		if len(d) != 1 || d[0].Segments != 3 || d[0].Bytes != 3*objectSize || d[0].Purged == 0 ||
			a.entries(custody.EventFootageDisposed) != 1 || a.entries(custody.EventFootagePurged) != 1 || a.entries(custody.EventHoldLifted) != 1 {
			t.Errorf("%+v", d)
		}
		if len(a.alarms.up) != 0 {
			t.Errorf("alarms %v", a.alarms.up)
		}
	})
	return died
}
