package station

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// watch is the goroutine that keeps a Clock near the wall clock.
type watch struct {
	mu       sync.Mutex // guards cancel and done; never held while the goroutine is waited for
	cancel   context.CancelFunc
	done     chan struct{}
	suspect  bool // the last look saw a forward step
	marked   time.Duration
	kernelAt time.Duration
}

// Start stores a first mark, looks at the kernel's synchronisation and begins watching. Calling it again changes nothing. It fails with Unavailable if the
// mark cannot be stored, and then nothing runs.
func (c *Clock) Start(context.Context) error {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if c.watch.cancel != nil {
		return nil
	}
	if c.watch.done != nil {
		<-c.watch.done // an earlier watcher, just stopped
	}
	if err := c.mark(); err != nil {
		return custody.Wrap(custody.Unavailable, err, "the station clock's mark could not be stored: check the state directory")
	}
	c.lookAtKernel()
	ctx, cancel := context.WithCancel(context.Background())
	c.watch.cancel, c.watch.done = cancel, make(chan struct{})
	go c.run(ctx, c.watch.done)
	return nil
}

// Stop ends the watching, stores a last mark and returns when the goroutine is gone. Now goes on. Calling it again changes nothing.
func (c *Clock) Stop() {
	c.watch.mu.Lock()
	cancel, done := c.watch.cancel, c.watch.done
	c.watch.cancel = nil
	c.watch.mu.Unlock()
	if done == nil {
		return
	}
	if cancel != nil {
		cancel()
	}
	<-done
}

func (c *Clock) run(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.mark()
			return
		case <-tick.C:
			c.look()
		}
	}
}

// look compares the clocks once and does what is due.
func (c *Clock) look() {
	mono := c.o.Sources.Mono()
	switch c.steer() {
	case jump:
		c.jump()
	case speed:
		c.mark()
	default:
		if mono-c.watch.marked >= markEvery {
			c.mark()
		}
	}
	if mono-c.watch.kernelAt >= kernelEvery {
		c.lookAtKernel()
	}
}

// need is what a look found to be necessary.
type need uint8

const (
	nothing need = iota
	speed        // the clock lags, and no mark yet says that it may run fast
	jump         // a forward step was seen twice in a row
)

// steer sets the correction. The clock runs fast only under a mark that says so.
func (c *Clock) steer() need {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.o.Sources.Mono()
	now, wall := c.line.at(mono), sinceEpoch(c.o.Sources.Wall())
	offset := wall - now
	correct := offset
	if offset > 0 && (offset <= deadBand || !c.state.Marked.Fast) {
		correct = 0
	}
	c.line = line{mono: mono, base: now, correct: correct}
	c.state.Offset = offset
	suspected := c.watch.suspect
	c.watch.suspect = offset > stepThreshold
	switch {
	case suspected && c.watch.suspect:
		return jump
	case offset > deadBand && !c.state.Marked.Fast:
		return speed
	}
	return nothing
}

// jump follows a forward step: first a mark, then the time that it allows. Without a mark too: wrong time is worse.
func (c *Clock) jump() {
	mono := c.o.Sources.Mono()
	c.mu.Lock()
	m := Mark{Now: max(c.nowAt(mono), custody.Instant(sinceEpoch(c.o.Sources.Wall())/time.Microsecond)), Mono: mono, Boot: c.o.Sources.Boot}
	c.mu.Unlock()
	c.store(m)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	c.line = line{mono: m.Mono, base: time.Duration(m.Now) * time.Microsecond}
	c.state.Offset = 0
	c.watch.suspect = false
}

// mark stores where the clock stands.
func (c *Clock) mark() error {
	c.mu.Lock()
	mono := c.o.Sources.Mono()
	fast := c.state.Offset > deadBand || c.line.correct > 0
	m := Mark{Now: c.nowAt(mono), Mono: mono, Boot: c.o.Sources.Boot, Fast: fast}
	c.mu.Unlock()
	return c.store(m)
}

// store keeps a mark. On an error the clock goes on, and State says so: recording is not stopped for it.
func (c *Clock) store(m Mark) error {
	err := c.o.Marks.Store(m)
	c.watch.marked = m.Mono
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.MarkError = err; err == nil {
		c.state.Marked = m
	}
	return err
}

func (c *Clock) lookAtKernel() {
	if c.o.Kernel == nil {
		return
	}
	c.watch.kernelAt = c.o.Sources.Mono()
	k, err := c.o.Kernel.Look()
	k.At = c.Now()
	c.mu.Lock()
	c.state.Kernel, c.state.KernelErr = k, err
	c.mu.Unlock()
	if err == nil && c.o.Keep != nil {
		c.o.Keep(k)
	}
}
