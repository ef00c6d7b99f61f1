package recorder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// clerk does one stream's index operations one after another, in the order they were handed over,
// and repeats each until the database has taken it: recording never waits for the database.
type clerk struct {
	log     *slog.Logger
	alarms  Alarms
	subject string

	mu     sync.Mutex
	ops    []operation
	closed bool
	wake   chan struct{} // capacity 1
	done   chan struct{}
}

type operation struct {
	name string
	do   func(context.Context) error
}

const (
	clerkRetryMin = 100 * time.Millisecond
	clerkRetryMax = 5 * time.Second
)

func startClerk(ctx context.Context, log *slog.Logger, alarms Alarms, subject string) *clerk {
	c := &clerk{log: log, alarms: alarms, subject: subject, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.loop(ctx)
	return c
}

// hand adds an operation. It never blocks.
func (c *clerk) hand(name string, do func(context.Context) error) {
	c.mu.Lock()
	c.ops = append(c.ops, operation{name, do})
	c.mu.Unlock()
	c.nudge()
}

func (c *clerk) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close lets the clerk end once its list is empty and waits for it. When ctx of startClerk ends first,
// what is left is not done: the spool and the next start's recovery carry it.
func (c *clerk) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.nudge()
	<-c.done
}

func (c *clerk) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ops)
}

func (c *clerk) loop(ctx context.Context) {
	defer close(c.done)
	for {
		c.mu.Lock()
		var op operation
		if len(c.ops) > 0 {
			op = c.ops[0]
		}
		closed := c.closed
		c.mu.Unlock()
		if op.do == nil {
			if closed {
				return
			}
			select {
			case <-c.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		if !c.persist(ctx, op) {
			return
		}
		c.mu.Lock()
		c.ops[0] = operation{}
		c.ops = c.ops[1:]
		c.mu.Unlock()
	}
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

// refused reports an answer that will not change by asking again.
func refused(err error) bool {
	switch custody.KindOf(err) {
	case custody.Conflict, custody.Exists, custody.Invalid:
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
