package audit

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// askApart is the shortest time between two checkpoints that were asked for: however many ask, and however often, they share one.
const askApart = time.Second

// questions are those who wait for a checkpoint.
type questions struct {
	waiting []chan struct{}
	rest    <-chan time.Time // until then nothing is signed for them; nil for no rest
}

// answer tells all who wait to look.
func (q *questions) answer() {
	for _, done := range q.waiting {
		close(done)
	}
	q.waiting = nil
}

// Ask returns a checkpoint that covers the entry of that index in the log's present epoch, with its signed note: the newest, if it
// does, and else one that is signed and stored now instead of at the plan's time. It is signed on the same conditions as every other - the
// log must extend the one before - and at most one a second is made for those who ask.
//
// Errors: Corrupt when nothing is signed any more (Refused); Unavailable when ctx ends, when the Checkpointer does not run, and when no
// checkpoint can be made now or the entry does not exist yet. It returns within twice the plan's Patience and two seconds.
func (c *Checkpointer) Ask(ctx context.Context, index uint64) (seal.Checkpoint, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*(c.plan.Patience+askApart))
	defer cancel()
	if s := c.covering(index); s != nil {
		return s.Checkpoint, s.note, nil
	}
	done := make(chan struct{})
	select {
	case c.asked <- done:
	case <-c.over:
		return c.unanswered(index)
	case <-ctx.Done():
		return c.unanswered(index)
	}
	select {
	case <-done: // also when the Checkpointer stops
	case <-ctx.Done():
	}
	if s := c.covering(index); s != nil {
		return s.Checkpoint, s.note, nil
	}
	return c.unanswered(index)
}

func (c *Checkpointer) unanswered(index uint64) (seal.Checkpoint, []byte, error) {
	if err := c.Refused(); err != nil {
		return seal.Checkpoint{}, nil, err
	}
	return seal.Checkpoint{}, nil, custody.Errorf(custody.Unavailable, "no checkpoint of the log covers its entry %d, and none can be made just now", index)
}

// covering is the newest checkpoint if the entry is in it.
func (c *Checkpointer) covering(index uint64) *signed {
	if s := c.newestSigned(); s != nil && index < s.Size {
		return s
	}
	return nil
}
