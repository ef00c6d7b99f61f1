package station_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/station"
)

// machine is a computer whose wall clock can be stepped. It runs on the bubble's time and outlives processes.
type machine struct {
	mu    sync.Mutex
	start time.Time
	shift time.Duration
	boot  string
	mark  station.Mark
	fail  error
}

func newMachine() *machine { return &machine{start: time.Now().Add(-time.Hour), boot: "first"} }

func (m *machine) step(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shift += d
}

func (m *machine) wall() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.shift)
}

func (m *machine) Load() (station.Mark, error) { return m.mark, m.fail }

func (m *machine) Store(k station.Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		m.mark = k
	}
	return m.fail
}

func (m *machine) clock(t *testing.T) *station.Clock {
	t.Helper()
	start := m.start
	c, err := station.New(station.Options{
		Sources: station.Sources{Wall: m.wall, Mono: func() time.Duration { return time.Since(start) }, Boot: m.boot},
		Marks:   m,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (m *machine) started(t *testing.T) *station.Clock {
	t.Helper()
	c := m.clock(t)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// behind is how far the station clock lies behind the wall clock.
func (m *machine) behind(c *station.Clock) time.Duration {
	return custody.InstantOf(m.wall()).Sub(c.Now())
}

func near(t *testing.T, what string, got, want, slack time.Duration) {
	t.Helper()
	if d := got - want; d > slack || d < -slack {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestClockFollowsTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		c := m.started(t)
		r := c.Reading()
		time.Sleep(90 * time.Second)
		s := c.Reading()
		near(t, "time gone by", s.Now.Sub(r.Now), 90*time.Second, time.Microsecond)
		near(t, "monotonic time", s.Mono-r.Mono, 90*time.Second, 0)
		near(t, "behind the wall clock", m.behind(c), 0, time.Microsecond)
		c.Stop()
	})
}

func TestForwardStepBeginsAnEpochOnceConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		c := m.started(t)
		time.Sleep(5500 * time.Millisecond)
		m.step(3 * time.Minute)
		time.Sleep(time.Second) // one look
		near(t, "behind after one look", m.behind(c), 3*time.Minute, 20*time.Millisecond)
		if e := c.Reading().Epoch; e != 0 {
			t.Fatalf("epoch %d after one look", e)
		}
		time.Sleep(time.Second) // the second
		near(t, "behind after two looks", m.behind(c), 0, time.Millisecond)
		if e := c.Reading().Epoch; e != 1 || m.mark.Now < c.Now()-1_000_000 {
			t.Errorf("epoch %d, mark %v at %v", e, m.mark.Now, c.Now())
		}
		c.Stop()
	})
}

func TestGlitchSeenOnceIsNoStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		c := m.started(t)
		time.Sleep(5500 * time.Millisecond)
		m.step(time.Hour)
		time.Sleep(time.Second)
		m.step(-time.Hour)
		time.Sleep(30 * time.Second)
		if e := c.Reading().Epoch; e != 0 {
			t.Errorf("epoch %d", e)
		}
		near(t, "behind", m.behind(c), 0, time.Millisecond)
		c.Stop()
	})
}

func TestSmallAndBackwardStepsAreSlewed(t *testing.T) {
	for _, step := range []time.Duration{1500 * time.Millisecond, -1500 * time.Millisecond, -4 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine()
			c := m.started(t)
			time.Sleep(1500 * time.Millisecond)
			m.step(step)
			last := c.Now()
			for range 4 * 60 * 200 { // at 0.5 % four minutes take 200 times as long
				time.Sleep(time.Second)
				now := c.Now()
				if d := now.Sub(last); d < 994*time.Millisecond || d > 1006*time.Millisecond {
					t.Fatalf("a second took %v", d)
				}
				last = now
			}
			near(t, "behind after slewing", m.behind(c), 0, 10*time.Millisecond)
			if s := c.State(); s.Epoch != 0 {
				t.Errorf("epoch %d", s.Epoch)
			}
			c.Stop()
		})
	}
}

func TestBackwardStepIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		c := m.started(t)
		m.step(-10 * time.Minute)
		time.Sleep(1500 * time.Millisecond)
		near(t, "offset", c.State().Offset, -10*time.Minute, 10*time.Millisecond)
		c.Stop()
	})
}

// TestRestartNeverGoesBack kills the process - no Stop - sets the wall clock back, and starts again.
func TestRestartNeverGoesBack(t *testing.T) {
	for _, reboot := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine()
			last := custody.Instant(0)
			for i := range 40 {
				c := m.started(t)
				if now := c.Now(); now < last {
					t.Fatalf("process %d (other boot: %v) starts at %v, after %v was handed out", i, reboot, now, last)
				}
				if i%4 == 1 {
					m.step(-time.Hour)
				}
				time.Sleep(time.Duration(i%13) * 990 * time.Millisecond)
				last = c.Now()
				kept := m.mark // kill -9: what Stop stores is lost
				c.Stop()
				m.mark = kept
				if reboot {
					m.boot, m.start = m.boot+"+", time.Now()
				}
			}
		})
	}
}

// TestCrashesDoNotRunAhead kills and restarts a hundred times with a right wall clock: the clock stays right.
func TestCrashesDoNotRunAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		for range 100 {
			c := m.started(t)
			time.Sleep(9500 * time.Millisecond)
			kept := m.mark
			near(t, "ahead", m.behind(c), 0, 60*time.Millisecond)
			c.Stop()
			m.mark = kept
		}
	})
}

func TestLongPauseOfTheServiceIsNotSlewTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		m.started(t).Stop()
		time.Sleep(30 * 24 * time.Hour)
		near(t, "behind", m.behind(m.clock(t)), 0, 100*time.Millisecond)
	})
}

func TestClockOutlivesItsMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		c := m.started(t)
		m.mu.Lock()
		m.fail = errors.New("disk full")
		m.mu.Unlock()
		before := c.Now()
		time.Sleep(30 * time.Second)
		near(t, "time gone by", c.Now().Sub(before), 30*time.Second, time.Millisecond)
		if c.State().MarkError == nil {
			t.Error("nothing says that marks are not stored")
		}
		c.Stop()
		if _, err := station.New(station.Options{Sources: station.Sources{Wall: m.wall, Mono: func() time.Duration { return 0 }}, Marks: m}); custody.KindOf(err) != custody.Unavailable {
			t.Errorf("a clock without its mark: %v", err)
		}
		if err := m.clockIgnoringLoad(t).Start(t.Context()); custody.KindOf(err) != custody.Unavailable {
			t.Errorf("a start that stores no mark: %v", err)
		}
	})
}

func (m *machine) clockIgnoringLoad(t *testing.T) *station.Clock {
	fail := m.fail
	m.fail = nil
	c := m.clock(t)
	m.fail = fail
	return c
}

type kernel struct{ looks int }

func (k *kernel) Look() (station.KernelTime, error) {
	k.looks++
	return station.KernelTime{Synchronised: k.looks%2 == 1}, nil
}

func TestKernelIsAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, k := newMachine(), &kernel{}
		var kept []station.KernelTime
		c, err := station.New(station.Options{
			Sources: station.Sources{Wall: m.wall, Mono: func() time.Duration { return time.Since(m.start) }, Boot: "b"},
			Marks:   m, Kernel: k, Keep: func(t station.KernelTime) { kept = append(kept, t) },
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // idempotent
			if err := c.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10*time.Minute + time.Second)
		c.Stop()
		c.Stop()
		if k.looks != 11 || len(kept) != 11 || kept[10].At.Sub(kept[9].At) != time.Minute || c.State().Kernel != kept[10] {
			t.Errorf("%d looks, %d kept", k.looks, len(kept))
		}
	})
}

func TestNowIsOrderedBetweenGoroutines(t *testing.T) {
	sources, err := station.Machine()
	if err != nil {
		t.Fatal(err)
	}
	c, err := station.New(station.Options{Sources: sources, Marks: station.MarkFile(filepath.Join(t.TempDir(), "mark")), Kernel: station.Adjtimex{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	if s := c.State(); s.KernelErr != nil || s.Marked.Now == 0 {
		t.Errorf("the machine's own clocks: %+v", s)
	}
	var mu sync.Mutex
	var last custody.Instant
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20_000 {
				mu.Lock()
				now := c.Now()
				if now < last {
					t.Errorf("%v after %v", now, last)
				}
				last = now
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestMarkFile(t *testing.T) {
	f := station.MarkFile(filepath.Join(t.TempDir(), "mark"))
	if m, err := f.Load(); err != nil || m != (station.Mark{}) {
		t.Fatalf("without a file: %v, %v", m, err)
	}
	want := station.Mark{Now: 1_800_000_000_000_000, Mono: 5, Boot: "b"}
	if err := f.Store(want); err != nil {
		t.Fatal(err)
	}
	if m, err := f.Load(); err != nil || m != want {
		t.Errorf("read back %v, %v", m, err)
	}
	for _, bad := range []string{"", "{", `{"now":-1}`, `{"now":1,"x":2}`, `{"now":1,"mono":1,"boot":""}{}`, `{"now":9223372036854775807,"mono":0,"boot":""}`} {
		if err := os.WriteFile(string(f), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Load(); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func BenchmarkNow(b *testing.B) {
	sources, err := station.Machine()
	if err != nil {
		b.Fatal(err)
	}
	c, err := station.New(station.Options{Sources: sources, Marks: station.MarkFile(filepath.Join(b.TempDir(), "mark"))})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Now()
	}
}

func FuzzParseMark(f *testing.F) {
	f.Add([]byte(`{"now":1800000000000000,"mono":5,"boot":"b","fast":true}`))
	f.Add([]byte(`{"now":1e9}`))
	path := filepath.Join(f.TempDir(), "mark")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := station.MarkFile(path).Load(); err == nil && (m.Now <= 0 || m.Mono < 0) {
			t.Errorf("%q is read as %+v", b, m)
		}
	})
}
