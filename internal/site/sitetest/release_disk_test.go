package sitetest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/site/config"
)

// TestTheDiskFillsUpWhileItPacks: the disk of the work directory and of the objects runs full while packages are made, at once, in the midst
// and when the bytes are stored. Each fails with the remedy, nothing half stays, recording goes on, and with room again the same package is made.
func TestTheDiskFillsUpWhileItPacks(t *testing.T) {
	t.Parallel()
	dir, here := SmallDisk(t, "160m")
	if !here {
		return
	}
	l := newLibrary(t, Options{Edit: func(c *config.Config) { // the database and the spool lie elsewhere
		c.DataDir, c.Objects.Path = filepath.Join(dir, "data"), filepath.Join(dir, "objects")
	}}, simcam.CameraSpec{Path: "door", Profile: simcam.Bench}, simcam.CameraSpec{Path: "desk"})
	at := l.stretch(0, 10, 70)
	l.farm.Cameras()[0].Do(simcam.Refuse{For: time.Hour})
	l.stored = l.Open()
	_, first := l.packed([]Stretch{at}, "grant") // the second is like it
	l.clerk.Get("/api/packages/" + first.ID + "/zip").OK()

	for _, room := range []int64{0, first.Size / 2, first.Size * 3 / 2} {
		l.crammed(dir, at, room)
	}
	Still(t, l.farm.Cameras()[1:])
	WaitUntil(t, time.Minute, "every alarm is over", func() bool { return len(openAlarms(t, l.stored)) == 0 })
	l.p.Stop()
	l.leavesNothing()
	Whole(t, l.stored, l.farm, l.farm.Cameras()[1], 0)
}

// crammed leaves that much room while a package is made, and makes room when it failed.
func (l *library) crammed(dir string, at Stretch, room int64) {
	l.t.Helper()
	logged := l.clerk.Logs(Asks(at))
	l.clerk.CallsBack(logged.ID, l.agency)
	r := l.clerk.Proposes(l.clerk.Adds(l.clerk.Request(logged.ID), at), "grant")
	ballast, sent := Ballast(l.t, dir, room), Sent(l.farm.Cameras()[1])
	l.director.Decides(r, "grant")
	var pkg api.Package
	WaitUntil(l.t, packedWithin, "the package failed", func() bool {
		if all := l.clerk.Request(r.ID).Packages; len(all) > 0 {
			pkg = all[0]
		}
		return pkg.State == "failed" || pkg.State == "ready"
	})
	l.t.Logf("with %d bytes of room the package is %s: %s", room, pkg.State, pkg.Why)
	if pkg.State != "failed" || !strings.Contains(pkg.Why, "make room") {
		l.t.Errorf("with %d bytes of room the package is %s: %s", room, pkg.State, pkg.Why)
	}
	l.clerk.Get("/api/packages/" + pkg.ID + "/zip").Wants(custody.Denied)
	l.clerk.Get("/api/packages/" + pkg.ID + "/documents/package.json").Wants(custody.NotFound)
	for st, err := range l.stored.Objects.List(l.t.Context()) {
		if err != nil || st.Key == pkg.ID {
			l.t.Errorf("in the object store lies %s (%v)", st.Key, err)
		}
	}
	l.leavesNothing()
	WaitUntil(l.t, 20*time.Second, "the other camera is recorded", func() bool { return Sent(l.farm.Cameras()[1]) > sent+30 })

	remove(l.t, ballast)
	l.clerk.Post("/api/packages/"+pkg.ID+"/retry", nil).OK()
	again := l.clerk.Waits(r.ID)
	folder, _ := l.clerk.Downloads(again.ID)
	if report, code := Verify(l.t, folder, l.LogKeys()...); code != 0 || report.Verdict != manifest.Authentic {
		l.t.Errorf("exit code %d: %s", code, report.Text())
	}
	if all := l.clerk.Request(r.ID).Packages; len(all) != 1 {
		l.t.Errorf("the request has %s", fmt.Sprint(all))
	}
}
