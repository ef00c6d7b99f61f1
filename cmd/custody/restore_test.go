package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/backup"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestRestoreDeclaresWhatItCannotKnow restores a site whose configuration is lost as well, and whose streams had open gaps.
func TestRestoreDeclaresWhatItCannotKnow(t *testing.T) {
	dir := t.TempDir()
	conf := config.Default(filepath.Join(dir, "data"))
	conf.Site = config.Site{Name: "Branch Library", Zone: "America/Chicago", Origin: "branch"}
	path := filepath.Join(dir, "custody.yaml")
	if err := writeConfig(path, conf); err != nil {
		t.Fatal(err)
	}
	sheet, err := initialise(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	b := openTestBooks(t, path)
	var at custody.Instant
	causes := map[string]media.GapCause{"Away": media.GapUnreachable, "Off": media.GapDisabled, "Crashed": media.GapCrash, "Removed": media.GapDisabled}
	streams := map[string]custody.StreamID{}
	operator, err := identity.Operator(b.ring)
	if err != nil {
		t.Fatal(err)
	}
	for name, cause := range causes {
		a, err := camera.NewAddition(camera.Input{Name: name, URL: "rtsp://127.0.0.1:9/" + name})
		if err != nil {
			t.Fatal(err)
		}
		cam, err := b.registry.Add(t.Context(), managing(t, b, operator, ""), a)
		if err != nil {
			t.Fatal(err)
		}
		at, streams[name] = b.clock.Now(), cam.Streams[0].ID
		if err := b.setGap(t.Context(), &media.Gap{Camera: cam.ID, Stream: cam.Streams[0].ID}, cause, at, "before"); err != nil {
			t.Fatal(err)
		}
		if name == "Removed" {
			if err := b.registry.Remove(t.Context(), managing(t, b, operator, cam.ID), cam.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.close()
	out, code := command(t, "backup", "--config", path)
	file, _, _ := strings.Cut(out, ":")
	if code != 0 {
		t.Fatal(out)
	}
	h, err := backup.ReadHeader(file)
	if err != nil {
		t.Fatal(err)
	}

	fresh := filepath.Join(dir, "fresh", "custody.yaml")
	args := []string{"--config", fresh, "--name", "Branch Library", "--zone", "America/Chicago", "--data-dir", filepath.Join(dir, "fresh", "data"), file}
	out, code = restore(t, sheet, args...)
	if code != 1 || !strings.Contains(out, "the site is restored, but it could not be compared with the object store") {
		t.Fatal(code, out)
	}
	restored, err := config.Load(fresh)
	if err != nil || restored.Site != conf.Site {
		t.Fatalf("%+v, %v", restored.Site, err)
	}
	if _, err := openObjects(t.Context(), restored, true); err != nil { // its disk is mounted
		t.Fatal(err)
	}
	if out, code = restore(t, sheet, args...); code != 0 || !strings.Contains(out, "restored before") {
		t.Fatal(code, out)
	}
	if out, code = restore(t, sheet, "--config", path, file); code != 1 || !strings.Contains(out, "not empty") {
		t.Error("the site that is not lost: ", code, out)
	}
	wantGaps(t, fresh, streams, h.Created, map[string]string{
		"Away": "camera-unreachable until the backup, crash", "Off": "disabled until the backup, crash until later, disabled",
		"Crashed": "crash", "Removed": "disabled"})
	if out, code = command(t, "check", "--config", fresh); code != 0 {
		t.Error(out)
	}
}

// wantGaps spells the gaps of each stream.
func wantGaps(t *testing.T, path string, streams map[string]custody.StreamID, made custody.Instant, want map[string]string) {
	t.Helper()
	b := openTestBooks(t, path)
	defer b.close()
	for name, stream := range streams {
		var got []string
		for g, err := range b.db.Gaps(t.Context(), stream, custody.Span{Start: 1, End: 1 << 60}) {
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case g.Span.End == made:
				got = append(got, fmt.Sprintf("%s until the backup", g.Cause))
			case g.Span.End != 0:
				got = append(got, fmt.Sprintf("%s until later", g.Cause))
			default:
				got = append(got, string(g.Cause))
			}
		}
		if spelled := strings.Join(got, ", "); spelled != want[name] {
			t.Errorf("%s: %s, want %s", name, spelled, want[name])
		}
	}
}

// managing is the judge's leave to change a camera, or to add one.
func managing(t *testing.T, b *books, operator access.Actor, id custody.CameraID) access.Grant {
	t.Helper()
	g, err := b.mayManage(t.Context(), operator, id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
