package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrStopped is what Start returns once Stop has been called.
var ErrStopped = errors.New("stopped before it could start")

// Named is a part and the name by which errors and reports call it.
type Named struct {
	Name string
	Part Part
}

// Slow is told that a part has not stopped after waiting so long; it is told again each time the
// same patience has passed once more. It must not block.
type Slow func(name string, waited time.Duration)

// Group is a Part made of parts, and a Failer. It is safe for concurrent use.
type Group struct {
	parts    []Named
	patience time.Duration
	slow     Slow

	start    sync.Once // the one starting; Stop takes it too, and so waits for a Start under way
	startErr error     // written inside start
	stop     sync.Once // the one stopping
	running  int       // parts[:running] have started; touched inside start, then inside stop

	quitOnce sync.Once
	quit     chan struct{}  // closed when the group begins to stop
	watchers sync.WaitGroup // one for each running Failer

	mu   sync.Mutex
	done chan struct{} // closed when err is set
	err  error
}

// NewGroup makes a group of parts, to be started in the given order. With a nil slow, a part that
// hangs is waited for in silence; otherwise patience must be positive.
func NewGroup(patience time.Duration, slow Slow, parts ...Named) *Group {
	return &Group{
		parts: parts, patience: patience, slow: slow,
		quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start starts the parts in order. If one fails, those before it are stopped, last first, and the
// error names the one that failed. A Stop meanwhile cancels the starting. A second Start waits for
// the first and returns what it returned.
func (g *Group) Start(ctx context.Context) error {
	g.start.Do(func() { g.startErr = g.startAll(ctx) })
	return g.startErr
}

func (g *Group) startAll(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var hook sync.WaitGroup
	hook.Go(func() {
		select {
		case <-g.quit:
			cancel(ErrStopped)
		case <-ctx.Done():
		}
	})
	defer hook.Wait()
	defer cancel(nil)
	for _, n := range g.parts {
		err := context.Cause(ctx)
		if err == nil {
			err = n.Part.Start(ctx)
		}
		if err != nil {
			g.stopAll()
			return fmt.Errorf("%s: %w", n.Name, err)
		}
		g.running++
		g.watch(n)
	}
	return nil
}

// watch waits for a running part's failure, if it can fail.
func (g *Group) watch(n Named) {
	f, ok := n.Part.(Failer)
	if !ok {
		return
	}
	g.watchers.Go(func() {
		select {
		case <-f.Done():
			g.fail(fmt.Errorf("%s: %w", n.Name, f.Err()))
		case <-g.quit:
		}
	})
}

func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
		close(g.done)
	}
}

// Done is closed when a part has failed after it had started. The other parts go on until Stop.
func (g *Group) Done() <-chan struct{} { return g.done }

// Err names the part that failed first and says how; nil while Done is open.
func (g *Group) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Stop stops the started parts, last first, and returns when all have stopped.
func (g *Group) Stop() {
	g.quitOnce.Do(func() { close(g.quit) })
	g.start.Do(func() { g.startErr = ErrStopped })
	g.stop.Do(g.stopAll)
}

// stopAll stops parts[:running]. It runs inside start (a part failed to start) or inside stop, which comes after.
func (g *Group) stopAll() {
	g.quitOnce.Do(func() { close(g.quit) })
	g.watchers.Wait()
	for ; g.running > 0; g.running-- {
		g.stopOne(g.parts[g.running-1])
	}
}

func (g *Group) stopOne(n Named) {
	stopped := make(chan struct{})
	var naming sync.WaitGroup
	if g.slow != nil {
		naming.Go(func() { g.nameWhileSlow(n.Name, stopped) })
	}
	n.Part.Stop()
	close(stopped)
	naming.Wait()
}

func (g *Group) nameWhileSlow(name string, stopped <-chan struct{}) {
	begin := time.Now()
	tick := time.NewTicker(g.patience)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.slow(name, time.Since(begin))
		case <-stopped:
			return
		}
	}
}
