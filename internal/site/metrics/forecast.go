package metrics

import (
	"math"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// maxSamples bounds a Forecast's memory; samples that come faster than window/maxSamples are skipped.
const maxSamples = 256

// leastShare is the part of its window that a Forecast must have seen before it says anything.
const leastShare = 24

// Forecast says when a disk will be full, by the straight line that best fits (least squares) its free bytes
// over the last window. It reads no clock. Not safe for concurrent use.
type Forecast struct {
	window  time.Duration
	samples []sample // in time order, spanning at most window
}

type sample struct {
	at   custody.Instant
	free float64
}

// NewForecast makes a forecast over a window, which must be positive. Six hours see a day's slope
// without being fooled by one busy minute.
func NewForecast(window time.Duration) *Forecast { return &Forecast{window: window} }

// Add records how many bytes were free. An instant not after the last one is ignored.
func (f *Forecast) Add(at custody.Instant, free int64) {
	if n := len(f.samples); n > 0 && at.Sub(f.samples[n-1].at) <= f.window/maxSamples {
		return
	}
	keep := 0
	for keep < len(f.samples) && at.Sub(f.samples[keep].at) > f.window {
		keep++
	}
	f.samples = append(f.samples[:0], f.samples[keep:]...)
	f.samples = append(f.samples, sample{at, float64(free)})
}

// Full returns the time from the last sample until nothing is free. It returns false while the disk
// is not filling, or too little was seen to tell: fewer than three samples, or less than 1/24 of the window.
func (f *Forecast) Full() (time.Duration, bool) {
	n := len(f.samples)
	if n < 3 || f.samples[n-1].at.Sub(f.samples[0].at) < f.window/leastShare {
		return 0, false
	}
	last := f.samples[n-1]
	var sumT, sumF float64
	for _, s := range f.samples {
		sumT += s.at.Sub(last.at).Seconds()
		sumF += s.free
	}
	meanT, meanF := sumT/float64(n), sumF/float64(n)
	var across, along float64
	for _, s := range f.samples {
		dt := s.at.Sub(last.at).Seconds() - meanT
		across += dt * (s.free - meanF)
		along += dt * dt
	}
	slope := across / along // bytes a second
	seconds := last.free / -slope
	if slope >= 0 || seconds > math.MaxInt64/float64(time.Second) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
