package render

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// queue lets a few in at a time and a few more wait. It is safe for concurrent use.
type queue struct {
	places  chan struct{}
	waiting chan struct{}
	wait    time.Duration
}

func newQueue(places int, wait time.Duration) *queue {
	return &queue{places: make(chan struct{}, places), waiting: make(chan struct{}, maxWaiting), wait: wait}
}

// enter waits for a place and returns what gives it back. Unavailable if too many wait, or for too long.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	busy := custody.Errorf(custody.Unavailable, "too many pictures are being made at the moment: try again in a few seconds")
	select {
	case q.waiting <- struct{}{}:
		defer func() { <-q.waiting }()
	default:
		return nil, busy
	}
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	select {
	case q.places <- struct{}{}:
		return func() { <-q.places }, nil
	case <-timer.C:
		return nil, busy
	case <-ctx.Done():
		return nil, custody.Wrap(custody.Unavailable, ctx.Err(), "nobody waits for this picture any more")
	}
}
