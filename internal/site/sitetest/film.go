package sitetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// CutRuns makes every camera's RTP time leap now and then, so that runs and with them segments end without a frame lost. It
// returns what ends that.
func CutRuns(cams []*simcam.Camera, every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				for _, c := range cams {
					c.Do(simcam.JumpRTP{Ticks: 90_000 * 3600})
				}
			}
		}
	})
	return sync.OnceFunc(func() { cancel(); wg.Wait() })
}

// Still freezes the cameras and waits until what they sent has arrived.
func Still(t testing.TB, cams []*simcam.Camera) {
	t.Helper()
	for _, c := range cams {
		c.Do(simcam.Freeze{For: time.Hour})
	}
	var last uint64
	same := 0
	WaitUntil(t, 10*time.Second, "the cameras are silent", func() bool {
		var n uint64
		for _, c := range cams {
			n += Sent(c)
		}
		if same++; n != last {
			last, same = n, 0
		}
		return same == 20
	})
}

// Whole proves that every frame the camera ever sent is stored, but for tail units at the end of a session.
func Whole(t testing.TB, stored *Stored, farm *simcam.Farm, cam *simcam.Camera, tail int) {
	t.Helper()
	for _, s := range Compare(t, stored.Units(CameraName(cam)), farm, cam, 1) {
		if len(s.Missing) > 0 || len(s.Tail) > tail {
			t.Errorf("%s, session %d: %d units sent, %d stored, %d missing in the midst, %d at the end", CameraName(cam), s.Number,
				len(s.Sent), len(s.Stored), len(s.Missing), len(s.Tail))
		}
	}
}
