package media_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// walk sends an hour of units through a builder: the camera's clock runs at rate (1 is right), and delay says how late each
// arrives. It returns the fragments.
func walk(t *testing.T, seconds int, rate float64, notBefore custody.Instant, delay func(i int) time.Duration) (fragments []media.FragmentInfo) {
	t.Helper()
	b := media.NewBuilder(videoTrack(), plainBuffer, notBefore)
	latest := custody.Instant(0)
	for i := range seconds * 10 {
		tick := int64(float64(i) * 9000 * rate)
		latest = max(latest, epoch.Add(time.Duration(i)*100*time.Millisecond+delay(i))) // TCP keeps the order
		u := media.Unit{Track: 1, PTS: tick, DTS: tick, Size: 1, Receipt: latest}
		if i%20 == 0 {
			u.Flags = media.RandomAccess
		}
		f, err := b.Append(u, []byte{0})
		if err != nil {
			t.Fatal(err)
		}
		if f != nil {
			fragments = append(fragments, f.Info)
		}
	}
	fragments = append(fragments, b.Close().Info)
	for i, f := range fragments {
		if i > 0 && f.WallStart != fragments[i-1].WallEnd {
			t.Fatalf("fragment %d starts at %v, the one before ends at %v", i, f.WallStart, fragments[i-1].WallEnd)
		}
		media := time.Duration(f.MediaTicks) * time.Second / 90000
		wall := f.WallEnd.Sub(f.WallStart)
		if d := wall - media; d > media/200+time.Microsecond || d < -media/200-2*time.Microsecond {
			t.Fatalf("fragment %d: %v of media in %v", i, media, wall)
		}
	}
	return fragments
}

// truth is how far a fragment's start lies from the instant at which its first unit was taken.
func truth(f media.FragmentInfo, rate float64) time.Duration {
	taken := epoch.Add(time.Duration(float64(f.FirstTick) / rate / 90000 * float64(time.Second)))
	return f.WallStart.Sub(taken)
}

func TestWallTimeFollowsTheLeastDelayedUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	jitter := func(int) time.Duration {
		return 5*time.Millisecond + time.Duration(r.Int64N(int64(80*time.Millisecond)))
	}
	for name, rate := range map[string]float64{"right": 1, "500 ppm fast": 1.0005, "500 ppm slow": 0.9995, "0.3 % fast": 1.003, "0.3 % slow": 0.997} {
		t.Run(name, func(t *testing.T) {
			for i, f := range walk(t, 3600, rate, 0, jitter) {
				if d := truth(f, rate); d < -150*time.Millisecond || d > 150*time.Millisecond {
					t.Fatalf("fragment %d is wrong by %v", i, d)
				}
			}
		})
	}
}

func TestWallTimeForgetsABurstAtTheStart(t *testing.T) {
	stale := func(i int) time.Duration { // the camera held back three seconds of old footage
		if i < 30 {
			return 3*time.Second - time.Duration(i)*100*time.Millisecond
		}
		return 0
	}
	f := walk(t, 60, 1, 0, stale)
	if d := truth(f[0], 1); d < 0 || d > 1200*time.Millisecond {
		t.Errorf("the first fragment is wrong by %v: its least-delayed unit was 1.1 s late", d)
	}
	if last := f[len(f)-1]; truth(last, 1) > truth(f[0], 1)-200*time.Millisecond {
		t.Errorf("a minute later it is still wrong by %v", truth(last, 1))
	}
	if f[0].ClockError != 0 || f[2].ClockError > -100*time.Millisecond {
		t.Errorf("clock errors %v and %v", f[0].ClockError, f[2].ClockError)
	}
}

func TestWallTimeShowsAClockThatCannotBeFollowed(t *testing.T) {
	f := walk(t, 1200, 1.05, 0, func(int) time.Duration { return 0 })
	if e := f[len(f)-1].ClockError; e > -media.MaxClockError {
		t.Errorf("twenty minutes at 5 %% fast: clock error %v", e)
	}
}

func TestRunStartsNotBeforeTheLastEnded(t *testing.T) {
	floor := epoch.Add(30 * time.Millisecond)
	f := walk(t, 20, 1, floor, func(int) time.Duration { return 0 })
	if f[0].WallStart != floor {
		t.Errorf("starts at %v, want %v", f[0].WallStart, floor)
	}
	if d := truth(f[len(f)-1], 1); d > time.Millisecond {
		t.Errorf("twenty seconds later the run is still %v late", d)
	}
}

func TestUnitWallRoundsDown(t *testing.T) {
	info := media.FragmentInfo{WallStart: 1000, FirstTick: 90}
	for pts, want := range map[int64]custody.Instant{90: 1000, 91: 1011, 89: 988, 99: 1100, 0: 0, -1: -12, 1<<63 - 1: 1<<63 - 1, -1 << 63: 1000 - 1<<63} {
		if got := media.UnitWall(info, 90000, pts); got != want {
			t.Errorf("at %d: %d, want %d", pts, got, want)
		}
	}
	if got := media.TrackWall(info, 90000, 48000, 48); got != 1000 {
		t.Errorf("audio: %d", got)
	}
	if got := media.UnitWall(media.FragmentInfo{}, 1, 1<<63-1); got != 1<<63-1 {
		t.Errorf("an absurd tick does not saturate: %d", got)
	}
}
