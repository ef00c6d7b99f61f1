package lifecycle

import (
	"context"
	"sync"
)

// Part is something that runs between Start and Stop.
type Part interface {
	// Start returns when the part works, or with the error that keeps it from working; then nothing of it
	// is left running. ctx bounds the starting only, not the life of the part.
	Start(ctx context.Context) error
	// Stop returns when nothing of the part runs any more. Stopping a part that never started, or
	// stopping it again, is allowed and returns at once.
	Stop()
}

// Failer is a Part that can fail after it has started.
type Failer interface {
	// Done is closed when the part has failed for good. It stays open when the part is stopped.
	Done() <-chan struct{}
	// Err is the failure; nil until Done is closed.
	Err() error
}

// Task is a Part that runs one function in one goroutine. It is safe for concurrent use.
type Task struct {
	run  func(context.Context) error
	done chan struct{} // closed when run has failed

	mu      sync.Mutex
	cancel  context.CancelFunc // nil until started
	ended   chan struct{}      // closed when run has returned
	stopped bool
	err     error
}

// NewTask makes a Part of run. run must return soon after its context ends. What it returns before
// that is fatal unless nil; what it returns after that is ignored.
func NewTask(run func(context.Context) error) *Task {
	return &Task{run: run, done: make(chan struct{}), ended: make(chan struct{})}
}

// Start begins to run the function. The function's context keeps the values of ctx but not its
// cancellation or deadline.
func (t *Task) Start(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return ErrStopped
	}
	if t.cancel != nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t.cancel = cancel
	go t.live(life)
	return nil
}

func (t *Task) live(ctx context.Context) {
	defer close(t.ended)
	err := t.run(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	t.err = err
	t.mu.Unlock()
	close(t.done)
}

// Stop cancels the function's context and waits for it to return.
func (t *Task) Stop() {
	t.mu.Lock()
	t.stopped = true
	cancel := t.cancel
	t.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-t.ended
}

// Done is closed when the function has returned an error by itself.
func (t *Task) Done() <-chan struct{} { return t.done }

// Err is the error the function returned by itself.
func (t *Task) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}
