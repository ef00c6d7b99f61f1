package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

func TestABackupOfADatabaseLoads(t *testing.T) {
	f := newFixture(t, 14)
	d := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fill(t, d)
	f.shelf.o.Source = d
	was, err := d.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := f.make()
	if m.Header.Size != was.Size || m.Header.Root != was.Root || m.Header.Epoch != 3 || m.Header.Created != start {
		t.Errorf("header %+v, the log had %+v", m.Header, was)
	}
	if filepath.Base(m.Path) != "custody-library-20261103T083000.000000Z.backup" {
		t.Errorf("name %s", m.Path)
	}
	file := must(os.ReadFile(m.Path))
	r := must(NewReader(bytes.NewReader(file), f.key))
	e := dbtest.Open(t, dbtest.SQLite(t))
	if err := e.Load(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the load %d bytes are left, %v", n, err)
	}
	var detail struct{ Detail backupDetail }
	for entry, err := range d.Entries(t.Context(), 3, was.Size, was.Size+1) {
		if err != nil || entry.Event.Type != custody.EventBackupMade || json.Unmarshal(entry.Event.Body, &detail) != nil {
			t.Fatal(entry.Event, err)
		}
	}
	sum := sha256.Sum256(file)
	want := backupDetail{Name: filepath.Base(m.Path), ID: m.Header.ID, Size: int64(len(file)), SHA256: hex.EncodeToString(sum[:]), Epoch: 3, LogSize: was.Size}
	if diff := cmp.Diff(want, detail.Detail); diff != "" {
		t.Error(diff)
	}
	if info := must(os.Stat(m.Path)); info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestTheNewestGoodOnesStay(t *testing.T) {
	f := newFixture(t, 3)
	foreign := []string{"notes.txt", "custody-other-20261103T083000.000000Z.backup", "custody-library-20250101T000000.000000Z.backup.gz",
		"custody-library-20250102T000000.000000Z.backup"} // the last has our name and is no backup
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for range 3 {
		all = append(all, filepath.Base(f.make().Path))
	}
	if err := os.Truncate(filepath.Join(f.dir, all[2]), 400); err != nil { // the newest is damaged behind our back
		t.Fatal(err)
	}
	m := f.make()
	if len(m.Removed) != 0 {
		t.Errorf("%v were removed, though only three are good", m.Removed)
	}
	all = append(all, filepath.Base(m.Path))
	m = f.make()
	if diff := cmp.Diff([]string{all[0]}, m.Removed); diff != "" {
		t.Error(diff)
	}
	f.key = testKey(2) // the site key was rotated: older backups are as good as gone, but go only when their time has come
	for range 2 {
		if m = f.make(); len(m.Removed) != 0 {
			t.Errorf("removed %v", m.Removed)
		}
	}
	if m = f.make(); len(m.Removed) != 4 {
		t.Errorf("removed %v, want the four of before the rotation", m.Removed)
	}
	left := strings.Join(f.names(), " ")
	for _, name := range foreign {
		if !strings.Contains(left, name) {
			t.Errorf("%s was removed", name)
		}
	}
	list := must(f.shelf.List())
	if len(list) != 4 || list[0].Trouble != nil || list[2].Trouble != nil || list[3].Trouble == nil {
		t.Errorf("%+v", list)
	}
}

func TestAFailedBackupLeavesNothingAndRemovesNothing(t *testing.T) {
	f := newFixture(t, 1)
	f.make()
	f.clock.Advance(time.Hour)
	before := f.names()
	whole := f.src.dump
	for what, broken := range map[string]func(context.Context, io.Writer) error{
		"at once": func(context.Context, io.Writer) error { return errInjected },
		"halfway": func(_ context.Context, w io.Writer) error { w.Write(dumpOf(3 * chunkSize)); return errInjected },
		"by ctx":  func(context.Context, io.Writer) error { return context.Canceled },
	} {
		f.src.dump = broken
		if _, err := f.shelf.Make(t.Context(), "system"); err == nil {
			t.Errorf("%s: the backup succeeded", what)
		}
		if diff := cmp.Diff(before, f.names()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	if n := len(f.src.madeEvents(t)); n != 1 {
		t.Errorf("%d backups are recorded, want 1", n)
	}
	f.src.dump = whole
	if m := f.make(); len(m.Removed) != 1 {
		t.Errorf("removed %v", m.Removed)
	}
}

func TestAFullDiskLeavesNoPartOfAFile(t *testing.T) {
	f := newFixture(t, 14)
	f.make()
	before := f.names()
	f.src.dump = func(_ context.Context, w io.Writer) error { _, err := w.Write(dumpOf(5 * chunkSize)); return err }
	// A limit on the size of files fails a write halfway, as a full disk does, without a disk of our own to fill.
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	limit.Cur = 2*chunkSize + 12345
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	_, err := f.shelf.Make(t.Context(), "system")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "a full disk", err, custody.Exhausted)
	if diff := cmp.Diff(before, f.names()); diff != "" {
		t.Error(diff)
	}
}

func TestAMissingDirectoryIsNotMade(t *testing.T) {
	f := newFixture(t, 14)
	if err := os.RemoveAll(f.dir); err != nil {
		t.Fatal(err)
	}
	_, err := f.shelf.Make(t.Context(), "system")
	wantKind(t, "no directory", err, custody.Unavailable)
	if _, err := os.Stat(f.dir); err == nil {
		t.Error("the directory was made: on a disk that is not mounted that hides the trouble")
	}
}

func TestOneBackupAtATime(t *testing.T) {
	f := newFixture(t, 14)
	begun, finish := make(chan struct{}), make(chan struct{})
	f.src.dump = func(context.Context, io.Writer) error { close(begun); <-finish; return nil }
	done := make(chan error)
	go func() { _, err := f.shelf.Make(context.Background(), "system"); done <- err }()
	<-begun
	_, err := f.shelf.Make(t.Context(), "operator")
	wantKind(t, "the second", err, custody.Conflict)
	close(finish)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWhatAKilledBackupLeftIsSweptAway(t *testing.T) {
	f := newFixture(t, 14)
	ours := filepath.Join(f.dir, partial(nameOf("library", start.Add(-time.Hour))))
	theirs := filepath.Join(f.dir, partial(nameOf("other", start.Add(-time.Hour))))
	for _, path := range []string{ours, theirs} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.make()
	if _, err := os.Stat(ours); err == nil {
		t.Error("the half backup is still there")
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Error("another site's half backup was removed")
	}
}

func TestABackupWhoseEventIsNotRecordedRemovesNothing(t *testing.T) {
	f := newFixture(t, 1)
	f.make()
	f.shelf.o.Source = mute{f.src}
	if _, err := f.shelf.Make(t.Context(), "system"); err == nil {
		t.Error("the backup succeeded")
	}
	if n := len(f.names()); n != 2 {
		t.Errorf("%d backups, want both", n)
	}
}

// mute is a source whose diary takes nothing.
type mute struct{ *source }

func (mute) Append(context.Context, ...custody.Event) error { return errInjected }
