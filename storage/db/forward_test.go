package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// cameraOfSchema1 is a camera with a stream as the first schema has them.
const cameraOfSchema1 = `INSERT INTO camera (id, name, enabled, audio, version, hold_epoch, added_at) VALUES ($1, 'Yard', $2, $3, 3, 2, $4)`

// goesForward migrates a database that recorded under the first schema: nothing is lost, the log still proves itself, and what is new
// has the values of a site that was just set up.
func goesForward(t *testing.T, c db.Config) {
	d, ctx := dbtest.Open(t, c), t.Context()
	must(t, d.MigrateTo(ctx, 1))
	wantKind(t, d.CheckSchema(ctx), custody.Unavailable)
	cam, stream := custody.NewCameraID(), custody.NewStreamID()
	must(t, d.Tamper(ctx, cameraOfSchema1, string(cam), true, false, int64(dbtest.At(0))))
	must(t, d.Tamper(ctx, `INSERT INTO camera_stream (id, camera_id, position, role, url, transport) VALUES ($1, $2, 0, 'main', 'rtsp://192.0.2.1/', 'tcp')`, string(stream), string(cam)))
	run := media.RunHeader{Run: custody.NewRunID(), Stream: stream, Camera: cam, Started: dbtest.At(0)}
	must(t, d.StartRun(ctx, run, dbtest.Event(t, custody.EventRunStarted, string(run.Run))))
	old := dbtest.Event(t, "test.happened", "before")
	must(t, d.Append(ctx, old))
	before, err := d.Head(ctx)
	must(t, err)

	must(t, d.Migrate(ctx))
	must(t, d.CheckSchema(ctx))
	must(t, d.VerifyLog(ctx))
	if after, err := d.Head(ctx); err != nil || after != before {
		t.Errorf("head %+v after %+v: %v", after, before, err)
	}
	want := camera.Camera{ID: cam, Name: "Yard", Enabled: true, Version: 3, HoldEpoch: 2, Added: dbtest.At(0), Class: access.PublicArea,
		Streams: []camera.Stream{{ID: stream, Role: media.Main, URL: "rtsp://192.0.2.1/", Transport: "tcp"}}}
	if got, err := d.Cameras(ctx); err != nil || cmp.Diff([]camera.Camera{want}, got) != "" {
		t.Error(err, cmp.Diff([]camera.Camera{want}, got))
	}
	if h, err := d.Run(ctx, run.Run); err != nil || h.Stream != stream {
		t.Errorf("run %+v %v", h, err)
	}
	if found, err := d.FindEntries(ctx, audit.Filter{Subject: "before"}, 9); err != nil || len(found) != 1 || found[0].Event.ID != old.ID {
		t.Errorf("the entry from before: %+v %v", found, err)
	}
	if s, err := d.Facts().Settings(ctx); err != nil || s.Version != 1 || s.ViewingMinutes != 60 {
		t.Errorf("settings %+v %v", s, err)
	}
	session := dbtest.NewSession(t, d, dbtest.NewStaff(t, d, "ann", identity.Viewer, cam).ID)
	dbtest.NewViewing(t, d, session, 10, cam)
}

// refusesOldDump holds a dump that the first schema's program wrote.
func refusesOldDump(t *testing.T, c db.Config) {
	f, err := os.Open(filepath.Join("testdata", "schema1.dump"))
	must(t, err)
	defer f.Close()
	d := dbtest.Open(t, c)
	wantKind(t, d.Load(t.Context(), f), custody.Conflict)
	counts, err := d.Counts(t.Context())
	must(t, err)
	for _, c := range counts {
		if c.Table == "camera" && c.Rows != 0 {
			t.Error("something of the refused dump stayed")
		}
	}
}
