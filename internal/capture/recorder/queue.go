package recorder

import (
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A command is one thing a stream's writer must do, in the order the reader said it.
type command struct {
	run      *run            // begin this run
	fragment *media.Fragment // append this fragment
	lost     *loss           // this span could not be kept
	endRun   bool            // close the segment: its run is over
	gap      *gapNote        // nothing is recorded from now on
	sample   *ClockSample    // index this, after the run that it belongs to
	flush    chan struct{}   // closed when everything before has been done
}

// run is one run as the writer needs it.
type run struct {
	header media.RunHeader
	init   []byte
	offset func() *int64 // latest measured camera offset, microseconds
}

type loss struct {
	span   custody.Span
	cause  media.GapCause
	detail string
}

type gapNote struct {
	at     custody.Instant // when nothing was ever recorded; otherwise the record's end counts
	cause  media.GapCause
	detail string
}

// queue is an unbounded list of commands whose fragments' bytes are bounded by the reader: push
// never blocks, pop does.
type queue struct {
	mu     sync.Mutex
	items  []command
	bytes  int
	closed bool
	wake   chan struct{} // capacity 1
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// push appends c. A fragment that would take the queue over limit bytes is refused.
func (q *queue) push(c command, limit int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if c.fragment != nil {
		n := len(c.fragment.Buffer.Bytes())
		if q.bytes > 0 && q.bytes+n > limit {
			return false
		}
		q.bytes += n
	}
	q.items = append(q.items, c)
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pop returns the next command; ok is false once the queue is closed and empty.
func (q *queue) pop() (c command, ok bool) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 {
			c = q.items[0]
			q.items[0] = command{}
			q.items = q.items[1:]
			if len(q.items) == 0 {
				q.items = nil
			}
			q.mu.Unlock()
			return c, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return command{}, false
		}
		<-q.wake
	}
}

// done returns a fragment's bytes to the budget once it is written or lost.
func (q *queue) done(n int) {
	q.mu.Lock()
	q.bytes -= n
	q.mu.Unlock()
}

func (q *queue) depth() (items, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items), q.bytes
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.signal()
	q.mu.Unlock()
}
