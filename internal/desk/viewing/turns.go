package viewing

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// How many at a time may hold much memory. The process that shows footage is the one that records it: whoever asks for everything
// at once must not take the memory that recording needs.
const (
	timelinesAtOnce  = 4  // and the database's time
	indexesAtOnce    = 8  // about 20 MiB each for an hour of a camera that sends whole pictures only
	stillsAtOnce     = 4  // at most 64 MiB each
	transcodesAtOnce = 6  // at most 128 MiB each
	clipsAtOnce      = 64 // 1 MiB each, or a fragment of at most 16 MiB
	// No viewing takes all of it, however slowly it reads.
	transcodesOfViewing = 2
	clipsOfViewing      = 16
)

// turns lets a few in at a time; the others wait for a while. It is safe for concurrent use.
type turns struct{ places chan struct{} }

func newTurns(atOnce int) turns { return turns{make(chan struct{}, atOnce)} }

// enter waits for a place and returns what gives it back. Exhausted if there is none in time.
func (t turns) enter(ctx context.Context, wait time.Duration) (leave func(), err error) {
	leave = func() { <-t.places }
	select {
	case t.places <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case t.places <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, custody.Errorf(custody.Exhausted, "too much footage is asked for at the same time: let some of it end")
	case <-ctx.Done():
		return nil, custody.Wrap(custody.Unavailable, ctx.Err(), "nobody waits for this any more")
	}
}

// both waits for a place among a viewing's own and then among everybody's.
func (d *Desk) both(ctx context.Context, own, all turns) (leave func(), err error) {
	first, err := own.enter(ctx, d.o.Lease)
	if err != nil {
		return nil, err
	}
	second, err := all.enter(ctx, d.o.Lease)
	if err != nil {
		first()
		return nil, err
	}
	return func() { second(); first() }, nil
}
