package dbtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db"
)

func registry(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	yard := NewYard(t, d, "yard").Camera
	door := camera.Camera{ID: custody.NewCameraID(), Name: "Zoo door", Audio: true, Place: "Zoo", Class: access.LibraryRecord, RetentionDays: 90, Added: At(5), Streams: []camera.Stream{
		{ID: custody.NewStreamID(), Role: media.Sub, URL: "rtsp://192.0.2.2/sub", Transport: "udp"},
		{ID: custody.NewStreamID(), Role: media.Main, URL: "rtsps://192.0.2.2/main", Transport: "tcp"},
	}}
	before, err := d.Generation(ctx)
	must(t, err)
	must(t, d.AddCamera(ctx, door, Event(t, custody.EventCameraAdded, "door")))
	after, err := d.Generation(ctx)
	must(t, err)
	if after <= before {
		t.Errorf("generation %d after %d", after, before)
	}
	door.Version = 1
	got, err := d.Cameras(ctx)
	must(t, err)
	if diff := cmp.Diff([]camera.Camera{door, yard}, got); diff != "" { // by code point in both databases
		t.Fatal(diff)
	}
	twin := door
	twin.ID, twin.Streams = custody.NewCameraID(), nil
	wantKind(t, d.AddCamera(ctx, twin, Event(t, custody.EventCameraAdded, "twin")), custody.Exists)
	for _, name := range []string{"", strings.Repeat("x", 81), "a\x00b", "\xff"} {
		twin.Name = name
		wantKind(t, d.AddCamera(ctx, twin, Event(t, custody.EventCameraAdded, "twin")), custody.Invalid)
	}
	twin.Name, twin.Streams = "Twin", []camera.Stream{door.Streams[0]}
	wantKind(t, d.AddCamera(ctx, twin, Event(t, custody.EventCameraAdded, "twin")), custody.Conflict)
	twin.Streams = []camera.Stream{{ID: custody.NewStreamID(), Role: media.Main, URL: "rtsp://x/", Transport: "tcp", Secret: []byte("s"), SecretKey: custody.NewKeyID()}}
	wantKind(t, d.AddCamera(ctx, twin, Event(t, custody.EventCameraAdded, "twin")), custody.NotFound)
}

func registrySwap(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	must(t, Commit(ctx, t, d, y.Segment(0, custody.Span{Start: At(0), End: At(60)})))
	cam, old := y.Camera, y.Camera
	key := keys.Record{ID: custody.NewKeyID(), Purpose: keys.Credentials, Wrapped: []byte("w"), Created: At(0)}
	must(t, d.AddKey(ctx, key, "", Event(t, custody.EventKeyCreated, "k")))
	first := cam.Streams[0]
	first.Role, first.Secret, first.SecretKey = media.Sub, []byte("sealed"), key.ID
	cam.Name = "Yard, north"
	cam.Streams = []camera.Stream{{ID: custody.NewStreamID(), Role: media.Main, URL: "rtsp://192.0.2.9/", Transport: "tcp"}, first}
	must(t, d.UpdateCamera(ctx, cam, Event(t, custody.EventCameraChanged, "c")))
	wantKind(t, d.UpdateCamera(ctx, old, Event(t, custody.EventCameraChanged, "stale")), custody.Conflict)
	cam.Version = 2
	got, err := d.Cameras(ctx)
	must(t, err)
	if diff := cmp.Diff([]camera.Camera{cam}, got); diff != "" {
		t.Fatal(diff)
	}
	cam.Streams = cam.Streams[:1] // the recorded stream goes, its footage stays
	cam.Removed = At(100)
	must(t, d.UpdateCamera(ctx, cam, Event(t, custody.EventCameraRemoved, "r")))
	if got := all(t, d.Segments(ctx, y.Stream(), custody.Span{Start: At(0), End: At(60)})); len(got) != 1 {
		t.Error("footage went with its stream")
	}
	got, err = d.Cameras(ctx)
	must(t, err)
	cam.Version = 3
	if diff := cmp.Diff([]camera.Camera{cam}, got); diff != "" {
		t.Fatal(diff)
	}
	again := NewYard(t, d, "Yard, north") // the name is free again
	unknown := again.Camera
	unknown.ID = custody.NewCameraID()
	wantKind(t, d.UpdateCamera(ctx, unknown, Event(t, custody.EventCameraChanged, "u")), custody.NotFound)
}

func keysRotate(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	one := keys.Record{ID: custody.NewKeyID(), Purpose: keys.LogSigning, Wrapped: []byte("one"), Public: []byte("pub"), Created: At(1)}
	two := keys.Record{ID: custody.NewKeyID(), Purpose: keys.LogSigning, Wrapped: []byte("two"), Created: At(2)}
	must(t, d.AddKey(ctx, one, "", Event(t, custody.EventKeyCreated, "1")))
	wantKind(t, d.AddKey(ctx, two, "", Event(t, custody.EventKeyCreated, "2")), custody.Exists) // one is in use
	wantKind(t, d.AddKey(ctx, two, custody.NewKeyID(), Event(t, custody.EventKeyRotated, "2")), custody.Conflict)
	must(t, d.AddKey(ctx, two, one.ID, Event(t, custody.EventKeyRotated, "2")))
	one.Retired = At(2)
	one.Wrapped, two.Wrapped = []byte("one, anew"), []byte("two, anew")
	stray := keys.Record{ID: custody.NewKeyID(), Wrapped: []byte("x")}
	wantKind(t, d.Rewrap(ctx, []keys.Record{one, stray}, Event(t, custody.EventKeyRotated, "3")), custody.NotFound)
	must(t, d.Rewrap(ctx, []keys.Record{one, two}, Event(t, custody.EventKeyRotated, "3")))
	got, err := d.Keys(ctx)
	must(t, err)
	if diff := cmp.Diff([]keys.Record{one, two}, got); diff != "" {
		t.Fatal(diff)
	}
	wantSize(t, d, 3)
}

func siteRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	_, found, err := d.Setting(ctx, "site.name")
	must(t, err)
	if found {
		t.Error("a setting that was never set")
	}
	must(t, d.SetSetting(ctx, "site.name", "Library"))
	must(t, d.SetSetting(ctx, "site.name", "Town Library", Event(t, custody.EventSiteInitialised, "s")))
	value, found, err := d.Setting(ctx, "site.name")
	must(t, err)
	if !found || value != "Town Library" {
		t.Errorf("setting %q", value)
	}
	wantKind(t, d.SetSetting(ctx, "", "x"), custody.Invalid)
	wantKind(t, d.SetSetting(ctx, "k", "a\x00"), custody.Invalid)
	wantSize(t, d, 1)

	sync := db.TimeSync{At: At(60), State: "ok", Offset: -12, MaxError: 5000}
	must(t, d.AddTimeSync(ctx, sync))
	must(t, d.AddTimeSync(ctx, sync))
	if diff := cmp.Diff([]db.TimeSync{sync}, all(t, d.TimeSyncs(ctx, custody.Span{Start: At(0), End: At(61)}))); diff != "" {
		t.Error(diff)
	}

	q := db.Quarantined{Key: "seg_unknown", Seen: At(1), Reason: "nobody knows it"}
	must(t, d.Quarantine(ctx, q, Event(t, custody.EventObjectQuarantined, q.Key)))
	must(t, d.Quarantine(ctx, db.Quarantined{Key: q.Key, Seen: At(2)}, Event(t, custody.EventObjectQuarantined, q.Key)))
	if diff := cmp.Diff([]db.Quarantined{q}, all(t, d.AllQuarantined(ctx))); diff != "" {
		t.Error(diff)
	}
	wantSize(t, d, 2)

	a := db.Alarm{Kind: "storage-full", Subject: "str_x", Raised: At(10), Sentence: "no room"}
	must(t, d.ClearAlarm(ctx, a.Kind, a.Subject, At(9), Event(t, custody.EventAlarmCleared, "none")))
	must(t, d.RaiseAlarm(ctx, a, Event(t, custody.EventAlarmRaised, "a")))
	must(t, d.RaiseAlarm(ctx, a, Event(t, custody.EventAlarmRaised, "a")))
	open, err := d.OpenAlarms(ctx)
	must(t, err)
	if diff := cmp.Diff([]db.Alarm{a}, open); diff != "" {
		t.Error(diff)
	}
	must(t, d.ClearAlarm(ctx, a.Kind, a.Subject, At(9), Event(t, custody.EventAlarmCleared, "a"))) // before it was raised
	open, err = d.OpenAlarms(ctx)
	must(t, err)
	if len(open) != 0 {
		t.Errorf("open alarms %+v", open)
	}
	wantSize(t, d, 4)
}
