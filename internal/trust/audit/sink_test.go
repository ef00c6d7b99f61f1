package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
)

func TestDirSinkKeepsNotes(t *testing.T) {
	dir := t.TempDir()
	sink := audit.NewDirSink(dir)
	a, b := audit.CheckpointName(1, 20), audit.CheckpointName(1, 3)
	for _, n := range []string{a, b, a} { // the same again succeeds
		if err := sink.Put(t.Context(), n, []byte(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Put(t.Context(), a, []byte("other")); custody.KindOf(err) != custody.Exists {
		t.Errorf("other bytes: %v, want Exists", err)
	}
	if got, err := sink.Get(t.Context(), a); err != nil || string(got) != a {
		t.Errorf("got %q (%v)", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "README"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for n, err := range sink.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	if !slices.Equal(names, []string{b, a}) {
		t.Errorf("listed %v", names)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("%d files are left in the directory", len(files))
	}
}

func TestDirSinkRefuses(t *testing.T) {
	dir := t.TempDir()
	sink, name := audit.NewDirSink(dir), audit.CheckpointName(1, 1)
	wants := func(what string, err error, kind custody.Kind) {
		t.Helper()
		if err == nil || custody.KindOf(err) != kind {
			t.Errorf("%s: %v, want %v", what, err, kind)
		}
	}
	_, err := sink.Get(t.Context(), name)
	wants("absent", err, custody.NotFound)
	wants("path in a name", sink.Put(t.Context(), "../"+name, nil), custody.Invalid)
	if err := os.WriteFile(filepath.Join(dir, name), make([]byte, seal.MaxNote+1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sink.Get(t.Context(), name)
	wants("huge", err, custody.Corrupt)
	wants("over a huge one", sink.Put(t.Context(), name, []byte("x")), custody.Exists)

	gone := audit.NewDirSink(filepath.Join(dir, "unmounted"))
	wants("put without the disk", gone.Put(t.Context(), name, []byte("x")), custody.Unavailable)
	_, err = gone.Get(t.Context(), name)
	wants("get without the disk", err, custody.Unavailable)
	for _, err := range gone.List(t.Context()) {
		wants("list without the disk", err, custody.Unavailable)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wants("ended", sink.Put(ended, name, []byte("x")), custody.Unavailable)
	for _, err := range sink.List(ended) {
		wants("list ended", err, custody.Unavailable)
	}
}

func FuzzParseCheckpointName(f *testing.F) {
	f.Add(audit.CheckpointName(1, 2))
	f.Add("checkpoint_4294967296_00000000000000000001")
	f.Add("_+1_")
	f.Fuzz(func(t *testing.T, name string) {
		if epoch, size, ok := audit.ParseCheckpointName(name); ok && audit.CheckpointName(epoch, size) != name {
			t.Fatalf("two spellings: %q", name)
		}
	})
}

func TestOnlyWellFormedEventsAreLogged(t *testing.T) {
	s := audittest.NewStore()
	log := audit.NewLog(s)
	if err := log.Append(t.Context(), event(t, custody.EventBackupMade), event(t, custody.EventBackupMade)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*custody.Event){
		"type":           func(e *custody.Event) { e.Type = "Backup" },
		"id":             func(e *custody.Event) { e.ID = "evt_1" },
		"no actor":       func(e *custody.Event) { e.Actor = "" },
		"other actor":    func(e *custody.Event) { e.Actor = "operator" },
		"other time":     func(e *custody.Event) { e.At++ },
		"other camera":   func(e *custody.Event) { e.Camera = "cam_z" },
		"other subject":  func(e *custody.Event) { e.Subject = "" },
		"no body":        func(e *custody.Event) { e.Body = nil },
		"body not JSON":  func(e *custody.Event) { e.Body = []byte("{") },
		"body too large": func(e *custody.Event) { e.Body = []byte(strings.Repeat(" ", audit.MaxBody) + string(e.Body)) },
	} {
		e := event(t, custody.EventBackupMade)
		change(&e)
		if err := log.Append(t.Context(), event(t, custody.EventBackupMade), e); custody.KindOf(err) != custody.Invalid || err == nil {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	if h, _ := s.Head(t.Context()); h.Size != 2 {
		t.Errorf("%d events were stored, want 2", h.Size)
	}
}

func FuzzCheckEvent(f *testing.F) {
	f.Add([]byte(`{"id":"evt_aaaaaaaaaaaaaaaaaaaaaaaaaa","type":"a.b","at":"","actor":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := audit.CheckEvent(custody.Event{ID: custody.NewEventID(), Type: "a.b", Actor: "x", Body: body}); err == nil {
			t.Fatal("a body that cannot name the event's fresh id was accepted")
		}
	})
}
