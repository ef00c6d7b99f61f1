package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/station/stationtest"
	"github.com/footage-custody/custody/internal/trust/audit/audittest"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// start is 2026-11-03T08:30:00Z, the hour of a backup.
const start custody.Instant = 1793694600_000000

// testKey is the backup key of one site or another.
func testKey(site byte) keys.Key { return keys.KeyOf([32]byte{site, 1, 2, 3}) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantKind(t testing.TB, what string, err error, kinds ...custody.Kind) {
	t.Helper()
	for _, k := range kinds {
		if err != nil && custody.KindOf(err) == k {
			return
		}
	}
	t.Errorf("%s: got %v (%v), want one of %v", what, err, custody.KindOf(err), kinds)
}

// source is a log in memory whose dump is whatever the test says.
type source struct {
	*audittest.Store
	dump func(ctx context.Context, w io.Writer) error
}

func newSource(text string) *source {
	return &source{audittest.NewStore(), func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, text); return err }}
}

// Dump implements Source.
func (s *source) Dump(ctx context.Context, w io.Writer) error { return s.dump(ctx, w) }

// madeEvents are the backup.made events of the log.
func (s *source) madeEvents(t testing.TB) []custody.Event {
	var out []custody.Event
	for e, err := range s.Entries(t.Context(), 1, 0, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Event.Type == custody.EventBackupMade {
			out = append(out, e.Event)
		}
	}
	return out
}

type fixture struct {
	t     *testing.T
	dir   string
	clock *stationtest.Clock
	src   *source
	key   keys.Key
	shelf *Shelf
}

func newFixture(t *testing.T, keep int) *fixture {
	f := &fixture{t: t, dir: t.TempDir(), clock: stationtest.NewClock(start), src: newSource(strings.Repeat("a dump ", 1000)), key: testKey(1)}
	f.shelf = must(NewShelf(Options{Dir: f.dir, Site: "library", Keep: keep, Source: f.src, Clock: f.clock,
		Key: func() (keys.Key, error) { return f.key, nil }}))
	return f
}

// make makes a backup a day after the last.
func (f *fixture) make() Made {
	f.t.Helper()
	m, err := f.shelf.Make(f.t.Context(), "system")
	if err != nil {
		f.t.Fatal(err)
	}
	f.clock.Advance(24 * time.Hour)
	return m
}

// names are the files of the directory other than the lock.
func (f *fixture) names() []string {
	f.t.Helper()
	var out []string
	for _, e := range must(os.ReadDir(f.dir)) {
		if !strings.HasSuffix(e.Name(), "lock") {
			out = append(out, e.Name())
		}
	}
	return out
}

// sealedFile is a backup of the dump in memory.
func sealedFile(t testing.TB, key keys.Key, id byte, dump []byte) []byte {
	t.Helper()
	h := Header{Site: "library", ID: FileID{id}, Created: start, Epoch: 1, Size: 7}
	h.KeyCheck = must(checkOf(key, h.ID))
	var b bytes.Buffer
	w, err := newStreamWriter(&b, key, h)
	if err == nil {
		_, err = w.Write(dump)
	}
	if err == nil {
		_, err = w.close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// opened reads a whole backup.
func opened(file []byte, key keys.Key) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(file), key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// glanced looks at the header and end of a file.
func glanced(t testing.TB, file []byte, key keys.Key) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Glance(path, key)
	return err
}

var errInjected = errors.New("injected")
