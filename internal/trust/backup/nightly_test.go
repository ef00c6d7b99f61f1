package backup

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// bubbleClock is the clock of a synctest bubble.
type bubbleClock struct{}

func (bubbleClock) Now() custody.Instant { return custody.InstantOf(time.Now()) }
func (bubbleClock) Reading() custody.ClockReading {
	return custody.ClockReading{Now: bubbleClock{}.Now()}
}

type alarms struct {
	mu sync.Mutex
	up map[Alarm]string
}

func (a *alarms) Raise(k Alarm, _, sentence string) { a.mu.Lock(); a.up[k] = sentence; a.mu.Unlock() }
func (a *alarms) Clear(k Alarm, _ string)           { a.mu.Lock(); delete(a.up, k); a.mu.Unlock() }
func (a *alarms) names() []Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.up))
}

type night struct {
	*fixture
	alarms *alarms
	part   *Nightly
	zone   *time.Location
}

// begin starts the part at a local time of Chicago.
func begin(t *testing.T, f *fixture, local string) *night {
	zone := must(time.LoadLocation("America/Chicago"))
	at := must(time.ParseInLocation("2006-01-02 15:04", local, zone))
	time.Sleep(time.Until(at))
	n := &night{fixture: f, alarms: &alarms{up: map[Alarm]string{}}, zone: zone}
	f.shelf.o.Clock = bubbleClock{}
	when := config.TimeOfDay{Hour: 2, Minute: 30}
	n.part = NewNightly(f.shelf, func(t time.Time) time.Time { return when.Next(t, zone) }, n.alarms, slog.New(slog.DiscardHandler))
	if err := n.part.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return n
}

// after lets time pass and compares the local times of all backups.
func (n *night) after(d time.Duration, want ...string) {
	n.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	var got []string
	for _, e := range must(n.shelf.List()) {
		got = append(got, e.Header.Created.Time().In(n.zone).Format("01-02 15:04"))
	}
	slices.Reverse(got)
	if diff := cmp.Diff(want, got); diff != "" {
		n.t.Errorf("backups: %s", diff)
	}
}

func (n *night) wantAlarms(want ...Alarm) {
	n.t.Helper()
	if got := n.alarms.names(); !slices.Equal(got, want) {
		n.t.Errorf("alarms %v, want %v", got, want)
	}
}

func TestABackupEveryNight(t *testing.T) {
	f := newFixture(t, 14)
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, f, "2026-06-01 12:00") // the first at once: there is none
		n.after(0, "06-01 12:00")
		n.after(14*time.Hour+29*time.Minute, "06-01 12:00")
		n.after(2*time.Minute, "06-01 12:00", "06-02 02:30")
		n.after(24*time.Hour, "06-01 12:00", "06-02 02:30", "06-03 02:30")
		n.part.Stop()
		n.after(72*time.Hour, "06-01 12:00", "06-02 02:30", "06-03 02:30")
		n = begin(t, f, "2026-06-06 07:00") // three nights were missed
		n.after(0, "06-01 12:00", "06-02 02:30", "06-03 02:30", "06-06 07:00")
		n.wantAlarms()
		n.part.Stop()
		n = begin(t, f, "2026-06-06 09:00") // and none now
		n.after(0, "06-01 12:00", "06-02 02:30", "06-03 02:30", "06-06 07:00")
		n.part.Stop()
	})
}

func TestBothNightsOnWhichTheClocksChange(t *testing.T) {
	f := newFixture(t, 0)
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, f, "2026-03-07 12:00") // on the 8th there is no 02:30
		n.after(48*time.Hour, "03-07 12:00", "03-08 03:30", "03-09 02:30")
		n.part.Stop()
		for _, e := range must(n.shelf.List()) {
			if err := os.Remove(filepath.Join(f.dir, e.Name)); err != nil {
				t.Fatal(err)
			}
		}
		n = begin(t, f, "2026-10-31 12:00")
		n.after(62*time.Hour, "10-31 12:00", "11-01 02:30", "11-02 02:30")
		n.part.Stop()
	})
}

func TestAFailureIsAnAlarmAndIsTriedAgain(t *testing.T) {
	f := newFixture(t, 14)
	whole := f.src.dump
	var mu sync.Mutex
	tries, broken := 0, true
	f.src.dump = func(ctx context.Context, w io.Writer) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; broken {
			return errInjected
		}
		return whole(ctx, w)
	}
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, f, "2026-06-01 12:00")
		n.wantAlarms(AlarmFailed)
		n.after(24 * time.Hour)
		n.wantAlarms(AlarmFailed)
		n.after(27 * time.Hour)
		n.wantAlarms(AlarmFailed, AlarmOverdue)
		mu.Lock()
		if tries < 50 || tries > 120 {
			t.Errorf("%d tries in 51 hours", tries)
		}
		broken = false
		mu.Unlock()
		n.after(30*time.Minute, n.made())
		n.wantAlarms()
		n.part.Stop()
	})
}

// made is the local time of the only backup.
func (n *night) made() string {
	n.t.Helper()
	time.Sleep(lastRetry)
	synctest.Wait()
	all := must(n.shelf.List())
	if len(all) != 1 {
		n.t.Fatal(fmt.Sprint(len(all), " backups"))
	}
	return all[0].Header.Created.Time().In(n.zone).Format("01-02 15:04")
}

func TestASiteKeyThatIsGoneIsNoticedAtNight(t *testing.T) {
	f := newFixture(t, 14)
	gone := false
	f.shelf.o.Key = func() (keys.Key, error) {
		if gone {
			return keys.Key{}, custody.Errorf(custody.NotFound, "there is no site key file")
		}
		return f.key, nil
	}
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, f, "2026-06-01 12:00")
		n.part.Stop()
		gone = true
		n = begin(t, f, "2026-06-02 12:00")
		n.wantAlarms(AlarmFailed)
		n.part.Stop()
	})
}

func TestStopAbandonsABackup(t *testing.T) {
	f := newFixture(t, 14)
	f.src.dump = func(ctx context.Context, _ io.Writer) error { <-ctx.Done(); return ctx.Err() }
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, f, "2026-06-01 12:00")
		n.part.Stop()
		n.wantAlarms()
		n.after(0)
		if names := f.names(); len(names) != 0 {
			t.Error(names)
		}
	})
}
