package release

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Packer makes the packages of decided requests, one at a time. It is a lifecycle.Part, and safe for concurrent use.
type Packer struct {
	p     Parts
	o     Options
	loop  *lifecycle.Task
	awake chan struct{}

	mu   sync.Mutex
	now  custody.PackageID                     // what is being built; empty if nothing is
	stop context.CancelCauseFunc               // of it
	wait map[custody.RequestID]custody.Instant // requests that rest until then
	// stuck says that a package failed for want of room, which a person has to make.
	stuck bool
}

// Of how much at most is looked for at a time, and how long after trouble of the site's own it is tried again.
const (
	dueAtOnce = 16
	rest      = time.Minute
)

// NewPacker returns a packer at rest.
func NewPacker(p Parts, o Options) *Packer {
	o.Look = cmp.Or(max(o.Look, 0), 5*time.Second)
	k := &Packer{p: p, o: o, awake: make(chan struct{}, 1), wait: map[custody.RequestID]custody.Instant{}}
	k.loop = lifecycle.NewTask(k.run)
	return k
}

// Start empties the work directory, removes the bytes of what was being built when the process ended, and begins.
func (k *Packer) Start(ctx context.Context) error {
	if err := k.sweep(); err != nil {
		return err
	}
	return k.loop.Start(ctx)
}

// Stop ends a package that is being built, which is begun anew at the next Start, and returns when nothing runs any more.
func (k *Packer) Stop() { k.loop.Stop() }

// Wake makes the packer look for work at once. It never waits.
func (k *Packer) Wake() {
	select {
	case k.awake <- struct{}{}:
	default: // it will look anyway
	}
}

// sweep empties the work directory: what is in it was being built and can be built again.
func (k *Packer) sweep() error {
	if err := os.MkdirAll(k.o.Dir, 0o700); err != nil {
		return diskError(err)
	}
	if err := os.Chmod(k.o.Dir, 0o700); err != nil {
		return diskError(err)
	}
	left, err := os.ReadDir(k.o.Dir)
	for _, e := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(k.o.Dir, e.Name())))
	}
	return diskError(err)
}

func (k *Packer) run(ctx context.Context) error {
	tick := time.NewTicker(k.o.Look)
	defer tick.Stop()
	for {
		err := k.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			k.p.Log.Warn("no package can be made", "err", err)
			k.p.Alarms.Raise("no package can be made: " + custody.PublicText(err))
		default:
			k.well(false)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-k.awake:
		}
	}
}

// round builds what is due. Its error is trouble of the site, not of one package; then it is tried again at the next round.
func (k *Packer) round(ctx context.Context) error {
	if err := k.tidy(ctx); err != nil {
		return err
	}
	now := k.p.Clock.Now()
	due, err := k.p.Store.Due(ctx, now, dueAtOnce)
	if err != nil {
		return err
	}
	var trouble error
	for _, w := range due {
		if k.resting(w.Request, now) || !k.recorded(ctx, w) {
			continue
		}
		if err := k.build(ctx, w); err != nil {
			trouble = errors.Join(trouble, err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return errors.Join(trouble, k.clear(ctx, now))
}

// tidy removes the bytes of packages that an earlier process began and did not finish. Their rows stay until they are begun again. Of one whose
// bytes this process may not remove the row says so, which keeps account of them, and every other request goes on.
func (k *Packer) tidy(ctx context.Context) error {
	left, err := k.p.Store.Building(ctx)
	if err != nil {
		return err
	}
	for _, p := range left {
		err := k.p.Vault.PurgePackage(ctx, p.ID)
		if lockedOut(err) {
			err = k.fail(ctx, p, custody.Wrap(custody.Denied, err, "it was interrupted when its bytes were stored, and this process may not remove them: "+
				"give it the dispose credentials of the object store, and try again"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lockedOut reports that the bytes of a package cannot be removed by this process, today or tomorrow.
func lockedOut(err error) bool { return err != nil && custody.KindOf(err) == custody.Denied }

// resting reports whether the request was tried a moment ago and something of the site's own was in the way.
func (k *Packer) resting(id custody.RequestID, now custody.Instant) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	until, ok := k.wait[id]
	if ok && now >= until {
		delete(k.wait, id)
		return false
	}
	return ok
}

// recorded reports whether everything that was granted lies behind, and is sealed: what the spool holds is sealed within minutes.
func (k *Packer) recorded(ctx context.Context, w Work) bool {
	for _, i := range w.Items {
		if !allowed(i) {
			continue
		}
		c, err := k.p.Cameras.Camera(ctx, i.Camera)
		if err != nil {
			return true // the build says what is wrong
		}
		if k.waits(i.Decided, c.Main) {
			return false
		}
	}
	return true
}

// waits reports whether a part of the span lies ahead, or in the spool.
func (k *Packer) waits(span custody.Span, streams []custody.StreamID) bool {
	if span.End > k.p.Clock.Now() {
		return true
	}
	spooled := k.p.Vault.InSpool(custody.Span{Start: span.Start, End: span.End.Add(margin)})
	return slices.ContainsFunc(streams, func(s custody.StreamID) bool { return len(spooled[s]) > 0 })
}

// margin is how far behind the end of a span footage may lie that has to be read: pictures decoded there may be shown before it.
const margin = 10 * time.Second

// Cancel stops a package that is being built, or keeps it from being begun again, under a Grant of access.RequestPrepare about it. It is
// Failed then, and is tried again by Retry. Conflict if it is not being built.
func (k *Packer) Cancel(ctx context.Context, g access.Grant, id custody.PackageID) error {
	if err := about(g, access.RequestPrepare, id); err != nil {
		return err
	}
	p, err := k.p.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	const why = "stopped by a member of staff"
	ev, err := failed(p, why, k.p.Clock.Now(), g.Actor().String())
	if err != nil {
		return err
	}
	if err := k.p.Store.Change(ctx, id, Building, Failed, why, ev); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == id {
		k.stop(errCancelled)
	}
	return nil
}

var errCancelled = custody.Errorf(custody.Conflict, "the package was stopped by a member of staff")

// Retry has a failed package made again, under a Grant of access.RequestPrepare about it. Conflict if it did not fail.
func (k *Packer) Retry(ctx context.Context, g access.Grant, id custody.PackageID) error {
	if err := about(g, access.RequestPrepare, id); err != nil {
		return err
	}
	p, err := k.p.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	ev, err := retried(p, k.p.Clock.Now(), g.Actor().String())
	if err != nil {
		return err
	}
	if err := k.p.Store.Change(ctx, id, Failed, Building, "", ev); err != nil {
		return err
	}
	k.mu.Lock()
	delete(k.wait, p.Request)
	k.mu.Unlock()
	k.well(true)
	k.Wake()
	return nil
}

// about refuses a Grant that does not stand, or is not about the package.
func about(g access.Grant, action access.Action, id custody.PackageID) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Subject() != string(id) || id == "" {
		return custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	return nil
}
