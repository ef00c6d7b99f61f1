package main

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/site/sitetest"
)

// A site that is started and stopped again and again, while its cameras are in every odd state, leaves no goroutine and no
// descriptor behind.
func TestStartAndStopLeakNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	odd := func(faults ...simcam.Fault) simcam.CameraSpec { return simcam.CameraSpec{Faults: faults} }
	farm := sitetest.Farm(t, simcam.Options{Cameras: []simcam.CameraSpec{
		{Path: "innocent"}, {Path: "audible", Audio: "aac"},
		odd(simcam.SlowReplies{PerByte: 20 * time.Millisecond}), odd(simcam.Freeze{For: time.Hour}), odd(simcam.Refuse{For: time.Hour}),
		odd(simcam.EndlessFragment{Bytes: 60_000}), odd(simcam.FlipSets{Every: 1}), odd(simcam.FlipSSRC{Every: 3}),
		odd(simcam.IgnoreKeepAlive{}), odd(simcam.WrongSDP{Kind: simcam.SDPEnormous}), odd(simcam.CloseAfter{After: 50 * time.Millisecond}),
		odd(simcam.Authenticate{Scheme: simcam.AuthDigest, User: "u", Password: "p"}), odd(simcam.Lose{Percent: 20}), odd(simcam.NoOptions{}),
	}})
	in := startInside(t, seams{}, nil)
	for i, cam := range farm.Cameras() {
		in.add(camera.Input{Name: sitetest.CameraName(cam), URL: cam.URL(), Transport: []string{"tcp", "udp"}[i%2], Audio: i == 1})
	}
	in.stop()
	files := descriptors(t)
	for n := range 20 {
		in.open(seams{})
		sent := sitetest.Sent(farm.Cameras()[0])
		sitetest.WaitUntil(t, 20*time.Second, "the innocent camera plays", func() bool {
			return sitetest.Sent(farm.Cameras()[0]) >= sent+uint64(n%4*4)
		})
		began := time.Now()
		in.stop()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stop %d took %s", n+1, took)
		}
		sitetest.WaitUntil(t, 10*time.Second, "the descriptors are closed", func() bool { return descriptors(t) <= files })
	}
	farm.Stop()
	goleak.VerifyNone(t, before)
}

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}
