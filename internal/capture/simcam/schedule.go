package simcam

import (
	"container/heap"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// grain is how often the scheduler looks: a unit leaves at most this late on an idle machine. One wake-up
// serves all cameras, which is what makes 200 of them cheap.
const grain = 5 * time.Millisecond

// scheduler sends every looping track's units at their time, from one goroutine.
type scheduler struct {
	now    func() time.Time
	worst  atomic.Int64  // greatest lateness, nanoseconds
	wake   chan struct{} // capacity 1
	mu     sync.Mutex
	coming []*track
}

func newScheduler(now func() time.Time) *scheduler {
	return &scheduler{now: now, wake: make(chan struct{}, 1)}
}

// add takes a track at its present position.
func (s *scheduler) add(t *track) {
	s.mu.Lock()
	s.coming = append(s.coming, t)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (s *scheduler) run(ctx context.Context) {
	var q agenda
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.mu.Lock()
		for _, t := range s.coming {
			heap.Push(&q, appointment{t.due(), t})
		}
		s.coming = s.coming[:0]
		s.mu.Unlock()
		now := s.now()
		for len(q) > 0 && !q[0].due.After(now) {
			s.attend(&q, now)
		}
		if len(q) > 0 {
			timer.Reset(max(q[0].due.Sub(now), grain))
		}
	}
}

// attend sends the first unit of the agenda and puts its track back at the next one's time.
func (s *scheduler) attend(q *agenda, now time.Time) {
	first := &(*q)[0]
	if late := now.Sub(first.due).Nanoseconds(); late > s.worst.Load() {
		s.worst.Store(late)
	}
	if !first.track.emit(now) {
		heap.Pop(q)
		return
	}
	first.due = first.track.due()
	heap.Fix(q, 0)
}

// appointment is a track and when its next unit is due.
type appointment struct {
	due   time.Time
	track *track
}

// agenda is a heap of appointments, the earliest first.
type agenda []appointment

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].due.Before(a[j].due) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(appointment)) }
func (a *agenda) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}
