package recorder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// clerk does one stream's index operations one after another, in the order they were handed over,
// and repeats each until the database has taken it: recording never waits for the database. Its goroutine
// lives while there is something to do.
type clerk struct {
	ctx     context.Context
	log     *slog.Logger
	alarms  Alarms
	subject string

	mu     sync.Mutex
	ops    []operation
	busy   bool // the goroutine lives
	closed bool
	idle   *sync.Cond
}

type operation struct {
	name string
	do   func(context.Context) error
}

const (
	clerkRetryMin = 100 * time.Millisecond
	clerkRetryMax = 5 * time.Second
)

func newClerk(ctx context.Context, log *slog.Logger, alarms Alarms, subject string) *clerk {
	c := &clerk{ctx: ctx, log: log, alarms: alarms, subject: subject}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// hand adds an operation. It never blocks.
func (c *clerk) hand(name string, do func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ops = append(c.ops, operation{name, do})
	if !c.busy && !c.closed {
		c.busy = true
		go c.work()
	}
}

// close waits until the list is empty. When the context ends first, what is left is not done: the spool and the next
// start's recovery carry it. What is handed over later is not done either.
func (c *clerk) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for c.busy {
		c.idle.Wait()
	}
}

func (c *clerk) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ops)
}

// work does what there is to do.
func (c *clerk) work() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.ops) > 0 {
		op := c.ops[0]
		c.mu.Unlock()
		done := c.persist(c.ctx, op)
		c.mu.Lock()
		if !done {
			break
		}
		c.ops[0] = operation{}
		c.ops = c.ops[1:]
	}
	c.busy = false
	c.idle.Broadcast()
}

// persist repeats op until it is done or refused for good; false when ctx ended first.
func (c *clerk) persist(ctx context.Context, op operation) bool {
	wait := clerkRetryMin
	for raised := false; ; {
		err := op.do(ctx)
		if err == nil {
			if raised {
				c.alarms.Clear(AlarmIndex, c.subject)
			}
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if refused(err) {
			c.log.Error("the index refused an entry", "operation", op.name, "error", err)
			c.alarms.Raise(AlarmRefused, c.subject, op.name+": "+custody.PublicText(err))
			return true
		}
		if !raised {
			raised = true
			c.log.Warn("the index is not available; the entry is kept and repeated", "operation", op.name, "error", err)
			c.alarms.Raise(AlarmIndex, c.subject, "the database is not available; footage is kept in the spool")
		}
		if !sleep(ctx, wait) {
			return false
		}
		wait = min(2*wait, clerkRetryMax)
	}
}

// refused reports an answer that will not change by asking again. What an entry refers to was handed over before it, so
// NotFound means that the index does not know the stream: it was restored from a backup that is older than the camera.
func refused(err error) bool {
	switch custody.KindOf(err) {
	case custody.Conflict, custody.Exists, custody.Invalid, custody.NotFound:
		return true
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
