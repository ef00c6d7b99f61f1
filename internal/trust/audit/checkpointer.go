package audit

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// Keys signs and verifies checkpoints; *keys.Ring is one. Safe for concurrent use.
type Keys interface {
	// LogSigner is the Ed25519 key in use.
	LogSigner() (crypto.Signer, error)
	// LogKeys are all public keys that ever signed.
	LogKeys() []ed25519.PublicKey
}

// Alarm names a condition that a person should know of.
type Alarm string

const (
	AlarmForked     Alarm = "log-forked"      // the log does not extend its last checkpoint; nothing is signed any more
	AlarmCheckpoint Alarm = "log-checkpoint"  // no checkpoint can be signed or stored just now
	AlarmCopy       Alarm = "checkpoint-copy" // a copy off the box fails; subject is the sink's name
)

// Alarms tells people. Both methods are idempotent, return at once and never fail. The sentence has no secrets.
type Alarms interface {
	Raise(kind Alarm, subject, sentence string)
	Clear(kind Alarm, subject string)
}

// Plan says when checkpoints are made and where copies go.
type Plan struct {
	Site     string        // names the log: seal.Origin(Site, epoch)
	Interval time.Duration // the longest time a new entry waits for a checkpoint while the process runs
	Entries  uint64        // that many new entries are signed for sooner, at the next poll
	Poll     time.Duration // how often the head is looked at; at most Interval
	Copy     time.Duration // the shortest time between two copies to one sink
	Patience time.Duration // the longest time one call to the store or a sink may take
	Sinks    map[string]CheckpointSink
}

// DefaultPlan is a checkpoint a minute or every 1000 entries, copied every five minutes and at the end.
func DefaultPlan(site string) Plan {
	return Plan{Site: site, Interval: time.Minute, Entries: 1000, Poll: 5 * time.Second, Copy: 5 * time.Minute, Patience: 15 * time.Second}
}

// Checkpointer signs the log's growth and sends copies off the box. It is a lifecycle.Part: Start begins, Stop makes
// a last checkpoint, copies it, and returns when nothing runs any more, after at most twice the plan's Patience.
type Checkpointer struct {
	*lifecycle.Task
	plan   Plan
	store  Store
	keys   Keys
	alarms Alarms
	clock  custody.Clock

	last *seal.Checkpoint // of the current epoch; only the task's goroutine touches it

	asked chan chan struct{} // each closed when the log was looked at for who asked (Ask)
	over  chan struct{}      // closed when nobody answers any more

	mu     sync.Mutex
	latest *signed // newest stored checkpoint, for the copiers
	forked error   // once set, nothing is signed or copied
}

type signed struct {
	seal.Checkpoint
	note []byte
}

// NewCheckpointer returns a checkpointer at rest. It fails with Invalid if the plan's site cannot name a log or a duration
// is not positive.
func NewCheckpointer(plan Plan, store Store, keys Keys, alarms Alarms, clock custody.Clock) (*Checkpointer, error) {
	if _, err := seal.Origin(plan.Site, 1); err != nil {
		return nil, err
	}
	if plan.Interval <= 0 || plan.Poll <= 0 || plan.Copy <= 0 || plan.Patience <= 0 {
		return nil, custody.Errorf(custody.Invalid, "the checkpoint plan's durations must be positive")
	}
	c := &Checkpointer{plan: plan, store: store, keys: keys, alarms: alarms, clock: clock,
		asked: make(chan chan struct{}), over: make(chan struct{})}
	c.Task = lifecycle.NewTask(c.run)
	return c, nil
}

// Refused returns why nothing is signed any more; nil while all is well. The error is Corrupt.
func (c *Checkpointer) Refused() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.forked
}

func (c *Checkpointer) run(ctx context.Context) error {
	closing := make(chan struct{})
	var copiers []*copier
	for name, sink := range c.plan.Sinks {
		copiers = append(copiers, &copier{owner: c, name: name, sink: sink, wake: make(chan struct{}, 1), closing: closing})
	}
	var copying sync.WaitGroup
	for _, k := range copiers {
		copying.Go(func() { k.greet(ctx) })
	}
	copying.Wait()
	for _, k := range copiers {
		copying.Go(func() { k.run(ctx) })
	}
	announce := func() {
		for _, k := range copiers {
			select {
			case k.wake <- struct{}{}:
			default: // it is awake already
			}
		}
	}
	c.loop(ctx, announce)
	close(c.over)
	c.step(context.WithoutCancel(ctx), 0) // the last one
	announce()
	close(closing)
	copying.Wait()
	return nil
}

func (c *Checkpointer) loop(ctx context.Context, announce func()) {
	tick := time.NewTicker(c.plan.Poll)
	defer tick.Stop()
	waited := c.plan.Interval // the first look may sign
	look := func(left time.Duration) {
		if c.step(ctx, left) {
			waited = 0
			announce()
		}
	}
	var q questions
	defer q.answer()
	look(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			waited += c.plan.Poll
			look(c.plan.Interval - waited)
		case done := <-c.asked:
			q.waiting = append(q.waiting, done)
		case <-q.rest:
			q.rest = nil
		}
		if len(q.waiting) > 0 && q.rest == nil {
			look(0)
			q.answer()
			q.rest = time.After(askApart)
		}
	}
}

// step signs a checkpoint if the log has grown and no more time is left, or it has grown by enough entries. It reports
// whether there is a new checkpoint to copy.
func (c *Checkpointer) step(ctx context.Context, left time.Duration) (fresh bool) {
	if c.Refused() != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, c.plan.Patience)
	defer cancel()
	fresh, err := c.sign(ctx, left)
	switch {
	case err == nil:
		c.alarms.Clear(AlarmCheckpoint, "")
	case custody.KindOf(err) == custody.Corrupt:
		c.refuse(err)
	case ctx.Err() == nil || context.Cause(ctx) == context.DeadlineExceeded:
		c.alarms.Raise(AlarmCheckpoint, "", "no checkpoint of the log can be made: "+custody.PublicText(err))
	}
	return fresh
}

// refuse stops all signing and copying for good.
func (c *Checkpointer) refuse(err error) {
	c.mu.Lock()
	first := c.forked == nil
	if first {
		c.forked = err
	}
	c.mu.Unlock()
	if first {
		c.alarms.Raise(AlarmForked, "", "the log is not what was signed, so no checkpoint is signed any more: "+custody.PublicText(err))
	}
}

func (c *Checkpointer) sign(ctx context.Context, left time.Duration) (fresh bool, err error) {
	head, err := c.store.Head(ctx)
	if err != nil {
		return false, err
	}
	if c.last == nil || c.last.Epoch() != head.Epoch {
		if fresh, err = c.load(ctx, head.Epoch); err != nil {
			return false, err
		}
	}
	if head.Size == c.last.Size && head.Root == c.last.Root {
		return fresh, nil
	}
	if grown := head.Size - c.last.Size; head.Size > c.last.Size && left > 0 && (c.plan.Entries == 0 || grown < c.plan.Entries) {
		return fresh, nil
	}
	if err := c.extends(ctx, head, *c.last); err != nil {
		return fresh, err
	}
	next := seal.Checkpoint{Origin: c.last.Origin, Size: head.Size, Root: head.Root}
	note, err := c.record(ctx, next)
	if err != nil {
		return fresh, err
	}
	c.last = &next
	c.publish(signed{next, note})
	return true, nil
}

// record signs a checkpoint and stores it.
func (c *Checkpointer) record(ctx context.Context, next seal.Checkpoint) ([]byte, error) {
	key, err := c.keys.LogSigner()
	if err != nil {
		return nil, err
	}
	signer, err := seal.NewSigner(next.Origin, key)
	if err != nil {
		return nil, err
	}
	note, err := next.Sign(signer)
	if err != nil {
		return nil, err
	}
	err = c.store.AddCheckpoint(ctx, Checkpoint{Epoch: next.Epoch(), Size: next.Size, Note: note, At: c.clock.Now()})
	if custody.KindOf(err) == custody.Conflict && err != nil {
		err = custody.Wrap(custody.Corrupt, err, "another checkpoint of %d entries is stored already", next.Size)
	}
	return note, err
}

// load finds the last checkpoint of the epoch. Without one the log must extend the empty one.
func (c *Checkpointer) load(ctx context.Context, epoch uint32) (found bool, err error) {
	origin, err := seal.Origin(c.plan.Site, epoch)
	if err != nil {
		return false, err
	}
	last, note, err := lastStored(ctx, c.store, c.verifiers())
	switch {
	case err != nil:
		return false, err
	case last != nil && last.Epoch() > epoch:
		return false, custody.Errorf(custody.Corrupt, "a checkpoint of epoch %d is stored, but the log is in epoch %d", last.Epoch(), epoch)
	case last != nil && last.Epoch() == epoch:
		if last.Origin != origin {
			return false, custody.Errorf(custody.Corrupt, "the log was signed as %s, but this site signs as %s", last.Origin, origin)
		}
		c.last = last
		c.publish(signed{*last, note})
		return true, nil
	}
	c.last = &seal.Checkpoint{Origin: origin, Root: new(seal.Frontier).Root()}
	return false, nil
}

// extends proves from the stored tree hashes that the log at head begins with the log at old. A fork is Corrupt.
func (c *Checkpointer) extends(ctx context.Context, head Head, old seal.Checkpoint) error {
	if head.Epoch != old.Epoch() || head.Size < old.Size {
		return custody.Errorf(custody.Corrupt, "the log has %d entries in epoch %d, but %d in epoch %d were signed for",
			head.Size, head.Epoch, old.Size, old.Epoch())
	}
	r := seal.HashReaderFunc(func(indexes []int64) ([]seal.Hash, error) { return c.store.Hashes(ctx, head.Epoch, indexes) })
	root, err := seal.RootOf(head.Size, r)
	if err != nil {
		return err
	}
	if root != head.Root {
		return custody.Errorf(custody.Corrupt, "the log's head is not the root of its %d entries", head.Size)
	}
	proof, err := seal.ProveConsistency(old.Size, head.Size, r)
	if err != nil {
		return err
	}
	return seal.VerifyConsistency(proof, old.Size, old.Root, head.Size, head.Root)
}

func (c *Checkpointer) verifiers() seal.Verifiers { return seal.KnownKeys(c.keys.LogKeys()...) }

func (c *Checkpointer) publish(s signed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = &s
}

// newestSigned is what a copier should send; nil if nothing is, or must not be, sent.
func (c *Checkpointer) newestSigned() *signed {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forked != nil {
		return nil
	}
	return c.latest
}
