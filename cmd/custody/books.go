package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/site/station"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/s3"
)

// books are what every command needs: the configuration, the clock, the database, the keys, the diary, the
// registry. Commands open them beside a running recorder; only serve may record.
type books struct {
	config   config.Config
	log      *slog.Logger
	clock    *station.Clock
	db       *db.DB
	ring     *keys.Ring
	diary    *audit.Log
	registry *camera.Registry
	judge    *access.Judge
	under    seams
}

// openBooks opens the site that the configuration file describes. The schema must be this program's.
func openBooks(ctx context.Context, path string, w io.Writer) (*books, error) {
	return openBooksOn(ctx, path, w, seams{})
}

func openBooksOn(ctx context.Context, path string, w io.Writer, under seams) (*books, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if err := restoreMarker(c).Check(); err != nil {
		return nil, err
	}
	log := newLogger(c.Log, w)
	clock, err := newClock(c, under, nil)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(ctx, c, under)
	if err != nil {
		return nil, err
	}
	b := &books{config: c, log: log, clock: clock, db: d, diary: audit.NewLog(d), under: under}
	if err := b.unlock(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	b.tell(clock)
	return b, nil
}

// tell gives the rooms that read the time their clock.
func (b *books) tell(clock *station.Clock) {
	b.clock = clock
	b.registry = camera.NewRegistry(b.db, b.ring, clock)
	b.judge = access.NewJudge(b.db.Facts(), b.diary, clock)
}

// unlock checks the schema and opens the key ring with the site key.
func (b *books) unlock(ctx context.Context) error {
	if err := b.db.CheckSchema(ctx); err != nil {
		return err
	}
	site, err := keys.LoadSiteKey(b.config.Keys.SiteKeyFile)
	if err != nil {
		return err
	}
	defer site.Wipe()
	b.ring, err = keys.LoadRing(ctx, b.db, site, b.clock)
	return err
}

func (b *books) close() error {
	b.ring.Close()
	return b.db.Close()
}

func newLogger(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // config.Load refuses other words
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// newClock makes the station clock. Without Start it stores no mark, so commands may make one beside the recorder's.
func newClock(c config.Config, under seams, keep func(station.KernelTime)) (*station.Clock, error) {
	sources, err := station.Machine()
	if under.clock != nil {
		sources, err = *under.clock, nil
	}
	if err != nil {
		return nil, err
	}
	return station.New(station.Options{Sources: sources, Marks: station.MarkFile(filepath.Join(c.DataDir, "clock.json")),
		Kernel: station.Adjtimex{}, Keep: keep})
}

// newMarklessClock is a clock for commands that need no site.
func newMarklessClock() (*station.Clock, error) {
	sources, err := station.Machine()
	if err != nil {
		return nil, err
	}
	return station.New(station.Options{Sources: sources, Marks: noMarks{}})
}

type noMarks struct{}

func (noMarks) Load() (station.Mark, error) { return station.Mark{}, nil }
func (noMarks) Store(station.Mark) error    { return nil }

func openDatabase(ctx context.Context, c config.Config, under seams) (*db.DB, error) {
	if c.Database.Driver == config.SQLite {
		return db.Open(ctx, db.Config{Driver: db.SQLite, Path: c.Database.Path, Faults: under.commits})
	}
	dsn, err := config.ReadSecret(c.Database.DSNFile)
	if err != nil {
		return nil, err
	}
	return db.Open(ctx, db.Config{Driver: db.Postgres, DSN: dsn, Faults: under.commits})
}

// openObjects opens the object store; create also makes what is missing (custody init).
func openObjects(ctx context.Context, c config.Config, create bool) (vault.Objects, error) {
	if c.Objects.Driver == config.Disk {
		return disk.Open(c.Objects.Path, disk.Options{Create: create})
	}
	put, err := readCredentials(c.Objects.PutKeyFile)
	if err != nil {
		return nil, err
	}
	sc := s3.Config{Endpoint: c.Objects.Endpoint, Region: c.Objects.Region, Bucket: c.Objects.Bucket,
		PathStyle: c.Objects.PathStyle, CAFile: c.Objects.CAFile, Reread: c.Objects.Reread, PutCredentials: put}
	if c.Objects.DisposeKeyFile != "" {
		if sc.DisposeCredentials, err = readCredentials(c.Objects.DisposeKeyFile); err != nil {
			return nil, err
		}
	}
	store, err := s3.New(sc)
	if err != nil {
		return nil, err
	}
	if create {
		err = store.EnsureBucket(ctx, s3.Bucket{Versioning: true})
	}
	return store, err
}

func readCredentials(path string) (s3.Credentials, error) {
	id, secret, err := config.ReadKeyPair(path)
	return s3.Credentials{AccessKey: id, SecretKey: secret}, err
}

// openVault opens the strongroom over these books. record takes the spool: one process at a time.
func (b *books) openVault(ctx context.Context, record bool) (*vault.Vault, vault.Objects, error) {
	objects, err := openObjects(ctx, b.config, false)
	if err != nil {
		return nil, nil, err
	}
	if b.under.objects != nil {
		objects = b.under.objects(objects)
	}
	v, err := vault.Open(vault.Options{Dir: b.config.Spool.Dir, Disk: b.under.disk, Keys: b.ring, Objects: objects, Catalog: b.db, Clock: b.clock,
		Durability: vault.Durability(b.config.Spool.Durability), Record: record, ThumbDir: filepath.Join(b.config.DataDir, "pictures")})
	return v, objects, err
}

// oneLine is an error as one line for a person: its public text and its cause, or all of it if it has neither. What is
// wrong with an input is told whole, problem by problem, on lines of their own.
func oneLine(err error) string {
	text := err.Error()
	var known *custody.Error
	if errors.As(err, &known) {
		text = known.Public
		if known.Kind == custody.Invalid {
			return text
		}
		if cause := errors.Unwrap(known); cause != nil && !strings.Contains(text, cause.Error()) {
			text = fmt.Sprintf("%s (%v)", text, cause)
		}
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// openConfigured opens only the database of a site.
func openConfigured(ctx context.Context, path string) (*db.DB, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return openDatabase(ctx, c, seams{})
}

// checkpointSinks are the places off the main store that keep signed checkpoints.
func checkpointSinks(c config.Config) map[string]audit.CheckpointSink {
	sinks := map[string]audit.CheckpointSink{}
	for _, dir := range c.Checkpoints.CopyTo {
		sinks[dir] = audit.NewDirSink(dir)
	}
	return sinks
}
