package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// diary collects what parts did, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// actor is a part that takes its time and may refuse to start or fail later.
type actor struct {
	name     string
	diary    *diary
	starting time.Duration
	stopping time.Duration
	refuses  error
	done     chan struct{}
	err      error
}

func (a *actor) Start(ctx context.Context) error {
	select {
	case <-time.After(a.starting):
	case <-ctx.Done():
		a.diary.write("cancelled %s", a.name)
		return context.Cause(ctx)
	}
	if a.refuses != nil {
		a.diary.write("refused %s", a.name)
		return a.refuses
	}
	a.diary.write("started %s", a.name)
	return nil
}

func (a *actor) Stop() {
	time.Sleep(a.stopping)
	a.diary.write("stopped %s", a.name)
}

func (a *actor) Done() <-chan struct{} { return a.done }
func (a *actor) Err() error            { return a.err }

func troupe(d *diary, names ...string) (map[string]*actor, []Named) {
	actors, parts := map[string]*actor{}, []Named(nil)
	for _, n := range names {
		a := &actor{name: n, diary: d, done: make(chan struct{})}
		actors[n] = a
		parts = append(parts, Named{n, a})
	}
	return actors, parts
}

func wantDiary(t *testing.T, d *diary, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.read()); diff != "" {
		t.Errorf("what the parts did (-want +got):\n%s", diff)
	}
}

func TestGroupStartsInOrderAndStopsInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		_, parts := troupe(d, "db", "vault", "recorder")
		g := NewGroup(time.Second, nil, parts...)
		for range 2 {
			if err := g.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		g.Stop()
		g.Stop()
		wantDiary(t, d, "started db", "started vault", "started recorder",
			"stopped recorder", "stopped vault", "stopped db")
	})
}

func TestGroupUndoesAFailedStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		actors, parts := troupe(d, "db", "vault", "recorder")
		actors["vault"].refuses = errors.New("spool is read-only")
		g := NewGroup(time.Second, nil, parts...)
		err := g.Start(t.Context())
		if !errors.Is(err, actors["vault"].refuses) || !strings.HasPrefix(err.Error(), "vault: ") {
			t.Fatalf("Start = %v, want the vault's refusal under its name", err)
		}
		wantDiary(t, d, "started db", "refused vault", "stopped db")
		g.Stop()
		if again := g.Start(t.Context()); again != err {
			t.Errorf("a second Start = %v, want the first one's answer", again)
		}
		wantDiary(t, d, "started db", "refused vault", "stopped db")
	})
}

func TestGroupStopDuringStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		actors, parts := troupe(d, "db", "vault", "recorder")
		actors["vault"].starting = time.Hour
		g := NewGroup(time.Second, nil, parts...)
		began, started := time.Now(), make(chan error, 1)
		go func() { started <- g.Start(t.Context()) }()
		synctest.Wait() // the vault is starting
		g.Stop()
		wantDiary(t, d, "started db", "cancelled vault", "stopped db")
		if err := <-started; !errors.Is(err, ErrStopped) {
			t.Errorf("Start = %v, want %v", err, ErrStopped)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("Stop waited %v for a start it should have cancelled", waited)
		}
	})
}

func TestGroupStoppedBeforeStartStaysStopped(t *testing.T) {
	d := &diary{}
	_, parts := troupe(d, "db")
	g := NewGroup(time.Second, nil, parts...)
	g.Stop()
	if err := g.Start(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("Start = %v, want %v", err, ErrStopped)
	}
	wantDiary(t, d)
}

func TestGroupStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		actors, parts := troupe(d, "db", "vault")
		actors["vault"].starting = time.Hour
		g := NewGroup(time.Second, nil, parts...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := g.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Start = %v, want the deadline", err)
		}
		wantDiary(t, d, "started db", "cancelled vault", "stopped db")
	})
}

func TestGroupReportsTheFirstFailureOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		actors, parts := troupe(d, "db", "vault")
		inner := NewGroup(time.Second, nil, parts...) // groups nest, and failures travel up
		g := NewGroup(time.Second, nil, Named{"storage", inner})
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Err(); err != nil {
			t.Fatalf("Err = %v before any failure", err)
		}
		actors["vault"].err = errors.New("disk is gone")
		close(actors["vault"].done)
		<-g.Done()
		synctest.Wait()
		actors["db"].err = errors.New("second")
		close(actors["db"].done)
		synctest.Wait()
		if got, want := g.Err().Error(), "storage: vault: disk is gone"; got != want {
			t.Errorf("Err = %q, want %q", got, want)
		}
		wantDiary(t, d, "started db", "started vault")
		g.Stop()
		wantDiary(t, d, "started db", "started vault", "stopped vault", "stopped db")
	})
}

func TestGroupNamesThePartThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		actors, parts := troupe(d, "db", "vault", "recorder")
		actors["vault"].stopping = 25 * time.Second
		g := NewGroup(10*time.Second, func(name string, waited time.Duration) {
			d.write("%s hangs for %v", name, waited)
		}, parts...)
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Stop()
		wantDiary(t, d, "started db", "started vault", "started recorder", "stopped recorder",
			"vault hangs for 10s", "vault hangs for 20s", "stopped vault", "stopped db")
	})
}
