package sitetest

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// The shortest story: a camera is added, records, the site is stopped, and what is stored is what was sent.
func TestASiteRecordsWhatItsCameraSends(t *testing.T) {
	farm := Farm(t, simcam.Options{Count: 1, Ledger: 1 << 16, Now: time.Now})
	site := New(t, Options{})
	site.Add(farm.Cameras()...)
	p := site.Serve()
	WaitUntil(t, time.Minute, "200 frames are sent", func() bool { return Sent(farm.Cameras()[0]) >= 200 })
	p.Stop()
	got := site.Open().Units(CameraName(farm.Cameras()[0]))
	SameAsSent(t, got, farm, farm.Cameras()[0])
}
