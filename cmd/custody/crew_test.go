package main

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// What people call a camera, and who may look at it, is nothing to its recording; its sound is.
func TestANewNameOrClassInterruptsNothing(t *testing.T) {
	farm := sitetest.Farm(t, simcam.Options{Count: 1, Now: time.Now})
	in := startInside(t, seams{}, farm)
	cam := in.cameraOf(t, sitetest.CameraName(farm.Cameras()[0]))
	stream := cam.Streams[0].ID
	session := func(version int64) (s *ingest.Session) {
		until(t, 20*time.Second, "the crew follows the registry", func() bool {
			in.crew.mu.Lock()
			defer in.crew.mu.Unlock()
			h := in.crew.hands[stream]
			if h == nil || h.version != version {
				return false
			}
			s = h.session
			return true
		})
		return s
	}
	before := session(cam.Version)
	class, name, sound := access.LibraryRecord, "Self-check", true
	changed, err := in.registry.SetClass(t.Context(), in.may(t, access.CameraClassify, cam), cam.ID, camera.ClassInput{Class: class})
	if err != nil {
		t.Fatal(err)
	}
	if session(changed.Version) != before {
		t.Error("another class began the camera's session anew")
	}
	changed, err = in.registry.Update(t.Context(), in.may(t, access.CameraManage, changed), cam.ID, camera.UpdateInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	if session(changed.Version) != before {
		t.Error("another name began the camera's session anew")
	}
	changed, err = in.registry.Update(t.Context(), in.may(t, access.CameraManage, changed), cam.ID, camera.UpdateInput{Audio: &sound})
	if err != nil {
		t.Fatal(err)
	}
	if session(changed.Version) == before {
		t.Error("the session without sound goes on")
	}
}

func (in *inside) cameraOf(t *testing.T, name string) camera.Camera {
	t.Helper()
	cam, err := in.registry.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return cam
}

// may is the judge's leave for the operator to change the camera.
func (in *inside) may(t *testing.T, action access.Action, cam camera.Camera) access.Grant {
	t.Helper()
	operator, err := identity.Operator(in.ring)
	if err != nil {
		t.Fatal(err)
	}
	g, err := in.judge.Decide(t.Context(), operator, access.Ask{Action: action, Camera: cam.ID, Purpose: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
