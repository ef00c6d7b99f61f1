package metrics

import (
	"math"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

func TestForecast(t *testing.T) {
	const gib = 1 << 30
	for _, tc := range []struct {
		name  string
		every time.Duration
		free  func(elapsed time.Duration) float64 // bytes
		for_  time.Duration
		want  time.Duration
		ok    bool
	}{
		{"filling steadily", time.Minute, func(e time.Duration) float64 { return 100*gib - e.Hours()*gib }, 6 * time.Hour, 94 * time.Hour, true},
		{"full", time.Minute, func(e time.Duration) float64 { return math.Max(0, (1-e.Hours())*gib) }, 2 * time.Hour, 0, true},
		{"emptying", time.Minute, func(e time.Duration) float64 { return 100*gib + e.Hours()*gib }, 6 * time.Hour, 0, false},
		{"level", time.Minute, func(time.Duration) float64 { return 100 * gib }, 6 * time.Hour, 0, false},
		{"too early", time.Minute, func(e time.Duration) float64 { return 100*gib - e.Hours()*gib }, 10 * time.Minute, 0, false},
		{"early", time.Minute, func(e time.Duration) float64 { return 100*gib - e.Hours()*gib }, 20 * time.Minute, 99*time.Hour + 40*time.Minute, true},
		{"every second", time.Second, func(e time.Duration) float64 { return 100*gib - e.Hours()*gib }, 12 * time.Hour, 88 * time.Hour, true},
		{"a day's old slope forgotten", time.Minute, func(e time.Duration) float64 { return 100*gib - math.Min(e.Hours(), 6)*gib }, 24 * time.Hour, 0, false},
		{"segments and settling", time.Minute, func(e time.Duration) float64 {
			return 100*gib - e.Hours()*gib + float64(int(e.Minutes())%10)*gib/10 // a saw on the slope
		}, 6 * time.Hour, 95 * time.Hour, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := NewForecast(6 * time.Hour)
			for e := time.Duration(0); e <= tc.for_; e += tc.every {
				f.Add(custody.Instant(0).Add(e), int64(tc.free(e)))
			}
			got, ok := f.Full()
			if ok != tc.ok || (got-tc.want).Abs() > 3*time.Hour {
				t.Errorf("Full = %v, %v; want about %v, %v", got, ok, tc.want, tc.ok)
			}
			if len(f.samples) > maxSamples+1 {
				t.Errorf("%d samples are kept", len(f.samples))
			}
		})
	}
}

func TestForecastIgnoresTimeRunningBackwards(t *testing.T) {
	f := NewForecast(time.Hour)
	f.Add(2_000_000_000, 5)
	f.Add(1_000_000_000, 5)
	f.Add(2_000_000_000, 5)
	if len(f.samples) != 1 {
		t.Errorf("%d samples, want 1", len(f.samples))
	}
}
