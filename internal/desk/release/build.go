package release

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// build makes one package, or says in its row why there is none. The error is trouble of the site, which may pass.
func (k *Packer) build(ctx context.Context, w Work) error {
	p, err := k.p.Store.Begin(ctx, Package{ID: custody.NewPackageID(), Request: w.Request, Ruling: w.Ruling, State: Building, Begun: k.p.Clock.Now()})
	if custody.KindOf(err) == custody.Conflict && err != nil {
		return nil // the decisions changed meanwhile: they are looked at again
	}
	if err != nil {
		return err
	}
	life, stop := context.WithCancelCause(ctx)
	k.hold(p.ID, stop)
	b := &builder{k: k, work: w, pkg: p, dir: filepath.Join(k.o.Dir, string(p.ID)), progress: meter{store: k.p.Store, clock: k.p.Clock, id: p.ID}}
	err = noRoom(b.make(life, stop))
	k.hold("", nil)
	if cause := context.Cause(life); err != nil && cause != nil && ctx.Err() == nil {
		err = cause // what ended it, not what that broke
	}
	stop(nil)
	b.close()
	if err == nil {
		k.well(true)
	}
	if err == nil || ctx.Err() != nil {
		return nil // made; or stopped, and begun anew at the next start
	}
	return k.gaveUp(ctx, p, err)
}

func (k *Packer) hold(id custody.PackageID, stop context.CancelCauseFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now, k.stop = id, stop
}

// gaveUp cleans up behind a package that was not made.
func (k *Packer) gaveUp(ctx context.Context, p Package, err error) error {
	k.p.Log.Warn("a package was not made", "package", p.Number, "err", err)
	if custody.KindOf(err) == custody.Unavailable { // a part of the site is away, perhaps the one that says whether it was made: tried again by itself
		k.mu.Lock()
		defer k.mu.Unlock()
		k.wait[p.Request] = k.p.Clock.Now().Add(rest)
		return err
	}
	if perr := k.p.Vault.PurgePackage(ctx, p.ID); perr != nil && !lockedOut(perr) {
		return perr // the row says Building, so it is purged before anything else is begun
	}
	if custody.KindOf(err) == custody.Exhausted {
		k.full("the package " + p.Number + " was not made: " + custody.PublicText(err))
	}
	return k.fail(ctx, p, err)
}

// fail says in the package's row why there is none.
func (k *Packer) fail(ctx context.Context, p Package, err error) error {
	why := clip(custody.PublicText(err), maxWhy)
	ev, everr := failed(p, why, k.p.Clock.Now(), "system")
	if everr != nil {
		return everr
	}
	err = k.p.Store.Change(ctx, p.ID, Building, Failed, why, ev)
	if kind := custody.KindOf(err); err != nil && (kind == custody.Conflict || kind == custody.NotFound) {
		return nil // somebody stopped it already
	}
	return err
}

// maxWhy bounds the reason of a failure, in bytes.
const maxWhy = 2000

// full raises the alarm that a person has to make room. It stands until a package is made or tried again.
func (k *Packer) full(sentence string) {
	k.mu.Lock()
	k.stuck = true
	k.mu.Unlock()
	k.p.Alarms.Raise(sentence)
}

// well clears the alarm unless a person has to make room; made says that a package was made or is to be tried again.
func (k *Packer) well(made bool) {
	k.mu.Lock()
	if made {
		k.stuck = false
	}
	stuck := k.stuck
	k.mu.Unlock()
	if !stuck {
		k.p.Alarms.Clear()
	}
}

// builder makes one package.
type builder struct {
	k    *Packer
	work Work
	pkg  Package
	dir  string // everything that is written on the way lies in it

	mu     sync.Mutex
	leases []*lease
	items  []*item
	open   opened

	progress meter
}

// lease is the system's permission to copy one item, renewed before it expires.
type lease struct {
	item  *Item
	mu    sync.Mutex
	grant access.Grant
}

// now is the decision as it stands.
func (l *lease) now() access.Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.grant
}

// renewal is how long before a decision expires it is asked for again.
const renewal = 5 * time.Minute

// make does everything between Begin and Finish, and Finish.
func (b *builder) make(ctx context.Context, stop context.CancelCauseFunc) error {
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return diskError(err)
	}
	watched := make(chan struct{})
	ctx, done := context.WithCancel(ctx)
	defer func() { done(); <-watched }()
	go func() { defer close(watched); b.watch(ctx, stop) }()
	for i := range b.work.Items {
		if !allowed(b.work.Items[i]) {
			continue
		}
		if err := b.take(ctx, &b.work.Items[i]); err != nil {
			return err
		}
	}
	if err := b.render(ctx); err != nil {
		return err
	}
	return b.write(ctx)
}

// allow asks the judge for one item and keeps asking: the entry in the diary comes before the first byte is read.
func (b *builder) allow(ctx context.Context, i *Item) (*lease, error) {
	l := &lease{item: i}
	if err := b.ask(ctx, l); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leases = append(b.leases, l)
	return l, nil
}

func (b *builder) ask(ctx context.Context, l *lease) error {
	g, err := b.k.p.Judge.Decide(ctx, b.k.p.System, access.Ask{Action: access.FootageExport, Camera: l.item.Camera, Span: l.item.Decided,
		Subject: string(l.item.ID), Basis: access.OnRequest, Reference: b.work.Number, Purpose: "package " + b.pkg.Number})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grant = g
	return nil
}

// watch ends the building within seconds of a decision's fall: a recall, another scope, a restriction.
func (b *builder) watch(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := b.standing(ctx); err != nil && ctx.Err() == nil {
			stop(err)
			return
		}
	}
}

// standing asks whether every decision stands, and renews those that end soon.
func (b *builder) standing(ctx context.Context) error {
	b.mu.Lock()
	leases := append([]*lease(nil), b.leases...)
	b.mu.Unlock()
	for _, l := range leases {
		g := l.now()
		err := g.Standing()
		if b.k.p.Clock.Now().Add(renewal) >= g.Expires() {
			err = b.ask(ctx, l)
		}
		if err != nil && custody.KindOf(err) != custody.Unavailable {
			return err
		}
	}
	return nil
}

// close gives everything back and removes the work directory.
func (b *builder) close() {
	b.open.close()
	for _, i := range b.items {
		for _, r := range i.runs {
			r.cut.Close()
		}
	}
	if err := os.RemoveAll(b.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		b.k.p.Log.Warn("the work directory could not be emptied", "err", err)
	}
}

// clip shortens a text to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
