package audit

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// copier keeps one sink up to date. It sends the newest checkpoint only: that one proves all earlier ones.
type copier struct {
	owner    *Checkpointer
	name     string
	sink     CheckpointSink
	wake     chan struct{} // a newer checkpoint is there
	closing  chan struct{} // closed after the last checkpoint is made
	compared bool          // the sink's newest checkpoint was held against the log
	sent     *signed
}

// firstRetry is the wait after a first failure; it doubles up to the plan's Copy.
const firstRetry = 5 * time.Second

// run returns when closing is closed, after one last attempt. life ends a little earlier: it abandons a
// call that is under way, so that a sink that hangs cannot hold up the stop.
func (k *copier) run(life context.Context) {
	defer func() { k.attempt(context.WithoutCancel(life)) }()
	for {
		select {
		case <-k.closing:
			return
		case <-k.wake:
		}
		retry := firstRetry
		for !k.attempt(life) {
			if !k.pause(min(retry, k.owner.plan.Copy)) {
				return
			}
			retry *= 2
		}
		if !k.pause(k.owner.plan.Copy) {
			return
		}
	}
}

// pause reports false if the checkpointer closes meanwhile.
func (k *copier) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-k.closing:
		return false
	case <-t.C:
		return true
	}
}

// attempt sends the newest checkpoint unless the sink has it, and reports whether there is nothing left to do.
func (k *copier) attempt(ctx context.Context) bool {
	s := k.owner.newestSigned()
	if s == nil || s == k.sent {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, k.owner.plan.Patience)
	defer cancel()
	err := k.compare(ctx)
	if err == nil {
		err = k.sink.Put(ctx, CheckpointName(s.Epoch(), s.Size), s.note)
		if custody.KindOf(err) == custody.Exists && err != nil {
			k.owner.refuse(custody.Wrap(custody.Corrupt, err, "the sink %s holds another checkpoint of %d entries", k.name, s.Size))
		}
	}
	if err != nil && context.Cause(ctx) == context.Canceled {
		return false // stopping; one more attempt follows
	}
	if err != nil {
		k.owner.alarms.Raise(AlarmCopy, k.name, "checkpoints do not reach "+k.name+": "+custody.PublicText(err))
		return false
	}
	k.sent = s
	k.owner.alarms.Clear(AlarmCopy, k.name)
	return true
}

// compare holds the sink's newest checkpoint against the log, once. A sink that is ahead of the log, or beside it, means
// that the database was rolled back or rewritten: signing stops.
func (k *copier) compare(ctx context.Context) error {
	if k.compared {
		return nil
	}
	theirs, _, err := newest(ctx, k.sink, k.owner.verifiers())
	if err != nil {
		return err // also a note that does not verify: the alarm says so, and the log may be sound
	}
	head, err := k.owner.store.Head(ctx)
	if err != nil {
		return err
	}
	if theirs != nil && theirs.Epoch() >= head.Epoch { // an older epoch is Verify's business
		if err := k.owner.extends(ctx, head, *theirs); err != nil {
			if custody.KindOf(err) == custody.Corrupt {
				k.owner.refuse(custody.Wrap(custody.Corrupt, err, "the copy at %s was signed for %d entries of epoch %d and the log does not extend it: after a restore, custody restore begins a new epoch",
					k.name, theirs.Size, theirs.Epoch()))
			}
			return err
		}
	}
	k.compared = true
	return nil
}

// greet compares before anything is signed, so that a database that was rolled back signs nothing. A sink that
// cannot be read does not hold up the log: it is compared when it is back, before anything is sent to it.
func (k *copier) greet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, k.owner.plan.Patience)
	defer cancel()
	_ = k.compare(ctx) // the next attempt repeats it and raises the alarm
}
