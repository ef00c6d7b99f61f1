package lifecycle

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTaskRunsUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs, ended := 0, false
		task := NewTask(func(ctx context.Context) error {
			runs++
			<-ctx.Done()
			time.Sleep(time.Second) // tidying up takes a while, and Stop waits for it
			ended = true
			return ctx.Err()
		})
		for range 2 {
			if err := task.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
		cancel() // the start's context is not the task's life
		synctest.Wait()
		if ended {
			t.Fatal("the task ended with its start's context")
		}
		task.Stop()
		task.Stop()
		if runs != 1 || !ended {
			t.Errorf("runs = %d, ended = %v; want one run, ended when Stop returns", runs, ended)
		}
		select {
		case <-task.Done():
			t.Errorf("a stopped task reports a failure: %v", task.Err())
		default:
		}
		if err := task.Start(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("Start after Stop = %v, want %v", err, ErrStopped)
		}
	})
}

func TestTaskReportsItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		task := NewTask(func(context.Context) error { return broken })
		if err := task.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-task.Done()
		if err := task.Err(); err != broken {
			t.Errorf("Err = %v, want %v", err, broken)
		}
		task.Stop()
	})
}

func TestTaskMayEndByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		task := NewTask(func(context.Context) error { return nil })
		if err := task.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := task.Err(); err != nil {
			t.Errorf("Err = %v, want nil", err)
		}
		task.Stop()
	})
}

func TestTaskNotStartedStopsAtOnce(t *testing.T) {
	task := NewTask(func(context.Context) error { panic("must not run") })
	task.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewTask(func(context.Context) error { panic("must not run") }).Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start under an ended context = %v, want %v", err, context.Canceled)
	}
}
