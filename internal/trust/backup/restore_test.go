package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// lostSite is a site with a backup, and checkpoints off the box that are newer.
type lostSite struct {
	*fixture
	was      *db.DB
	ring     *keys.Ring
	site     *keys.SiteKey
	sink     *audit.DirSink
	made     Made
	marker   Marker
	restored *db.DB
}

func loseSite(t *testing.T) *lostSite {
	f := newFixture(t, 14)
	l := &lostSite{fixture: f, was: dbtest.Open(t, dbtest.SQLite(t)), sink: audit.NewDirSink(t.TempDir()),
		marker: Marker(filepath.Join(t.TempDir(), "restore.unfinished"))}
	l.site = must(keys.InitSiteKey(filepath.Join(t.TempDir(), "site.key")))
	l.ring = must(keys.LoadRing(t.Context(), l.was, l.site, f.clock))
	for _, p := range []keys.Purpose{keys.SegmentWrap, keys.Credentials, keys.LogSigning} {
		must(l.ring.Create(t.Context(), p, "operator"))
	}
	y := dbtest.NewYard(t, l.was, "Yard")
	for i := range 5 {
		span := custody.Span{Start: dbtest.At(float64(i * 60)), End: dbtest.At(float64(i*60 + 50))}
		if err := dbtest.Commit(t.Context(), t, l.was, y.Segment(uint32(i), span)); err != nil {
			t.Fatal(err)
		}
	}
	f.key = must(l.site.BackupKey())
	f.shelf.o.Source = l.was
	l.sign()
	l.made = f.make()
	for range 3 { // what is lost
		if err := l.was.Append(t.Context(), dbtest.Event(t, "test.happened", "late")); err != nil {
			t.Fatal(err)
		}
	}
	l.sign()
	l.restored = dbtest.Open(t, dbtest.SQLite(t))
	return l
}

// sign makes a checkpoint of the lost site's log and copies it off the box.
func (l *lostSite) sign() {
	l.t.Helper()
	plan := audit.DefaultPlan("library")
	plan.Sinks = map[string]audit.CheckpointSink{"sink": l.sink}
	c := must(audit.NewCheckpointer(plan, l.was, l.ring, noAlarms{}, l.clock))
	if err := c.Start(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	c.Stop()
}

type noAlarms struct{}

func (noAlarms) Raise(audit.Alarm, string, string) {}
func (noAlarms) Clear(audit.Alarm, string)         {}

// restore is a restore into l.restored, through a target that may fail.
func (l *lostSite) restore(target Target) Restore {
	return Restore{File: l.made.Path, Key: l.key, Site: "library", Marker: l.marker, Target: target, Sinks: []audit.CheckpointSink{l.sink}, Clock: l.clock,
		Unlock: func(ctx context.Context) (seal.Verifiers, error) {
			ring, err := keys.LoadRing(ctx, target.(keyStore), l.site, l.clock)
			if err != nil {
				return nil, err
			}
			defer ring.Close()
			return seal.KnownKeys(ring.LogKeys()...), nil
		},
		Mend: func(context.Context, custody.Instant) error { return nil },
		Say:  func(format string, args ...any) { l.t.Logf(format, args...) }}
}

type keyStore interface {
	Target
	keys.Store
}

// verify proves the log over both epochs, with the copies off the box.
func (l *lostSite) verify() {
	l.t.Helper()
	rep, err := audit.Verify(l.t.Context(), audit.Verification{Store: l.restored, Keys: seal.KnownKeys(l.ring.LogKeys()...), Site: "library",
		Sinks: map[string]audit.CheckpointSink{"sink": l.sink}})
	if err != nil || len(rep.Problems) != 0 {
		l.t.Errorf("the log after the restore: %v, %v", rep.Problems, err)
	}
}

func TestRestoreFollowsTheLastCheckpointOffTheBox(t *testing.T) {
	l := loseSite(t)
	out, err := l.restore(l.restored).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, _ := l.was.Head(t.Context())
	if out.Epoch != 2 || out.Follows.Size != head.Size || out.Follows.Root != head.Root || out.Entries != l.made.Header.Size || out.Lost != head.Size-out.Entries || out.Before {
		t.Errorf("%+v, the lost log had %+v", out, head)
	}
	l.verify()
	l.wantRecorded(1)
	again, err := l.restore(l.restored).Run(t.Context())
	if err != nil || !again.Before || again.Epoch != 2 {
		t.Errorf("again: %+v, %v", again, err)
	}
	l.wantRecorded(1)
	if err := l.marker.Check(); err != nil {
		t.Error(err)
	}
}

// wantRecorded counts site.restored, which must be the second entry of epoch 2.
func (l *lostSite) wantRecorded(want int) {
	l.t.Helper()
	n := 0
	for e, err := range l.restored.Entries(l.t.Context(), 2, 0, 100) {
		if err != nil {
			l.t.Fatal(err)
		}
		if e.Event.Type == custody.EventSiteRestored {
			if n++; e.Index != 1 {
				l.t.Errorf("site.restored is entry %d", e.Index)
			}
		}
	}
	head, err := l.restored.Head(l.t.Context())
	if n != want || err != nil || head.Epoch != 2 {
		l.t.Errorf("%d site.restored in epoch 2, want %d; head %+v, %v", n, want, head, err)
	}
}

// flaky fails one call, before it does anything or after it has done it.
type flaky struct {
	*db.DB
	left  int // calls until the failure
	after bool
}

func (f *flaky) call(do func() error) error {
	f.left--
	if f.left == 0 && !f.after {
		return errInjected
	}
	err := do()
	if f.left == 0 && err == nil {
		return errInjected
	}
	return err
}

func (f *flaky) Migrate(ctx context.Context) error {
	return f.call(func() error { return f.DB.Migrate(ctx) })
}
func (f *flaky) Load(ctx context.Context, r io.Reader) error {
	return f.call(func() error { return f.DB.Load(ctx, r) })
}
func (f *flaky) Head(ctx context.Context) (h audit.Head, err error) {
	err = f.call(func() (err error) { h, err = f.DB.Head(ctx); return err })
	return h, err
}
func (f *flaky) Keys(ctx context.Context) (ks []keys.Record, err error) {
	err = f.call(func() (err error) { ks, err = f.DB.Keys(ctx); return err })
	return ks, err
}
func (f *flaky) StartEpoch(ctx context.Context, epoch uint32, first custody.Event) error {
	return f.call(func() error { return f.DB.StartEpoch(ctx, epoch, first) })
}
func (f *flaky) Append(ctx context.Context, events ...custody.Event) error {
	return f.call(func() error { return f.DB.Append(ctx, events...) })
}

// TestRestoreCanBeRepeatedFromAnywhere fails every call of a restore in turn, before and after its effect, and mends the
// rest by running it again.
func TestRestoreCanBeRepeatedFromAnywhere(t *testing.T) {
	l := loseSite(t)
	for _, after := range []bool{false, true} {
		for n, done := 1, false; !done; n++ {
			t.Run(fmt.Sprintf("call %d, after its effect: %v", n, after), func(t *testing.T) {
				l.t = t
				l.restored = dbtest.Open(t, dbtest.SQLite(t))
				target := &flaky{l.restored, n, after}
				_, err := l.restore(target).Run(t.Context())
				if done = target.left > 0; done {
					return // it never came to that many calls
				}
				if err != nil && !errors.Is(err, errInjected) {
					t.Fatal(err)
				}
				if loaded, _ := l.restored.Keys(t.Context()); err != nil && len(loaded) > 0 {
					wantKind(t, "another command meanwhile", l.marker.Check(), custody.Conflict)
				}
				out, err := l.restore(l.restored).Run(t.Context())
				if err != nil || out.Epoch != 2 || out.Lost == 0 {
					t.Errorf("the second run: %+v, %v", out, err)
				}
				l.verify()
				l.wantRecorded(1)
				if err := l.marker.Check(); err != nil {
					t.Error(err)
				}
			})
			if n > 100 {
				t.Fatal("the restore never succeeds")
			}
		}
	}
}

func TestRestoreStopsAtAMendThatFails(t *testing.T) {
	l := loseSite(t)
	r := l.restore(l.restored)
	r.Mend = func(context.Context, custody.Instant) error { return errInjected }
	if _, err := r.Run(t.Context()); !errors.Is(err, errInjected) {
		t.Fatal(err)
	}
	wantKind(t, "another command", l.marker.Check(), custody.Conflict)
	mended := false
	r.Mend = func(_ context.Context, at custody.Instant) error { mended = at == start; return nil }
	if _, err := r.Run(t.Context()); err != nil || !mended {
		t.Error(mended, err)
	}
	l.wantRecorded(1)
}

func TestRestoreRefuses(t *testing.T) {
	l := loseSite(t)
	full := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fill(t, full)
	file := must(os.ReadFile(l.made.Path))
	bad := filepath.Join(t.TempDir(), "bad")
	cases := map[string]struct {
		kind custody.Kind
		edit func(r *Restore)
	}{
		"a database that is not empty": {custody.Conflict, func(r *Restore) { r.Target = full }},
		"another site's backup":        {custody.Invalid, func(r *Restore) { r.Site = "museum" }},
		"another site key":             {custody.Invalid, func(r *Restore) { r.Key = testKey(7) }},
		"no file":                      {custody.NotFound, func(r *Restore) { r.File += "x" }},
		"a clock that is wrong":        {custody.Invalid, func(r *Restore) { r.Clock = early{} }},
		"a sink that is not there":     {custody.Unavailable, func(r *Restore) { r.Sinks = []audit.CheckpointSink{audit.NewDirSink("/nowhere")} }},
	}
	for n := 100; n < len(file); n += len(file)/12 + 1 {
		cases[fmt.Sprintf("a file cut at %d", n)] = struct {
			kind custody.Kind
			edit func(r *Restore)
		}{custody.Corrupt, func(r *Restore) { r.File = bad; must(0, os.WriteFile(bad, file[:n], 0o600)) }}
		cases[fmt.Sprintf("a file flipped at %d", n)] = struct {
			kind custody.Kind
			edit func(r *Restore)
		}{custody.Corrupt, func(r *Restore) {
			flipped := append([]byte(nil), file...)
			flipped[n] ^= 1
			r.File = bad
			must(0, os.WriteFile(bad, flipped, 0o600))
		}}
	}
	for what, c := range cases {
		fresh := dbtest.Open(t, dbtest.SQLite(t))
		r := l.restore(fresh)
		r.Marker = Marker(filepath.Join(t.TempDir(), "m"))
		c.edit(&r)
		_, err := r.Run(t.Context())
		wantKind(t, what, err, c.kind)
		if ks, err := fresh.Keys(t.Context()); what != "a sink that is not there" && (err != nil || len(ks) > 0 || r.Marker.exists()) {
			t.Errorf("%s: the database has %d keys, %v, marker %v", what, len(ks), err, r.Marker.exists())
		}
	}
}

// early is a clock that stands before every backup.
type early struct{}

func (early) Now() custody.Instant          { return start - 1 }
func (early) Reading() custody.ClockReading { return custody.ClockReading{Now: start - 1} }
