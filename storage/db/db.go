package db

import (
	"context"
	"database/sql"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
)

// Drivers of Config.Driver.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Config says which database to open.
type Config struct {
	Driver string // SQLite or Postgres
	// Path is SQLite's database file. It is created, mode 0600, if absent; its directory must exist.
	Path string
	// DSN is PostgreSQL's connection string or URL. It may hold a password and is never logged.
	DSN string
	// Readers bounds the connections that read; 0 means 4.
	Readers int
	// Faults disturbs commits in tests and benchmarks; nil in production.
	Faults *Faults `json:"-"`
}

// Faults are calls around every COMMIT of the sequencer, on its goroutine. Either may be nil.
type Faults struct {
	// BeforeCommit runs before COMMIT with the number of changes in the batch; an error rolls the batch
	// back and stands for a failed COMMIT. Sleeping here slows every commit down.
	BeforeCommit func(changes int) error
	// AfterCommit runs after a successful COMMIT; an error stands for a lost acknowledgement.
	AfterCommit func(changes int) error
}

// DB is an open database. All methods are safe for concurrent use. It implements audit.Store, keys.Store,
// camera.Store, recorder.Index, vault.Catalog, identity.Store, access.Store, viewing.Store and inspection.Store;
// Facts makes it an access.Facts.
//
// Errors are *custody.Error. Invalid: a value the schema refuses. NotFound: a row, or the camera, stream, run
// or key a row refers to, does not exist. Conflict and Exists: as each method says. Denied: an append-only
// table was to be changed. Corrupt: stored rows contradict each other. Unavailable: the database is
// down, locked, full or closed, or the context ended before the change was taken; try again. A change that
// was already being committed when the context ended is reported as it went.
type DB struct {
	dialect dialect
	write   *sql.DB // one connection
	read    *reader
	seq     *sequencer
	closing sync.Once
	closed  error
}

// Open connects and starts the sequencer. The schema is not touched: call Migrate, or CheckSchema.
func Open(ctx context.Context, c Config) (*DB, error) {
	d, err := dialectOf(c)
	if err != nil {
		return nil, err
	}
	write, err := d.open(false)
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	// The write connection first: it creates SQLite's file and switches it to WAL before anyone reads.
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, custody.Wrap(custody.Unavailable, err, "the database cannot be opened")
	}
	read, err := d.open(true)
	if err != nil {
		write.Close()
		return nil, err
	}
	readers := c.Readers
	if readers <= 0 {
		readers = 4
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	faults := Faults{}
	if c.Faults != nil {
		faults = *c.Faults
	}
	return &DB{dialect: d, write: write, read: newReader(d, read), seq: startSequencer(d, write, faults)}, nil
}

// Driver is SQLite or Postgres.
func (d *DB) Driver() string { return d.dialect.name() }

// Close lets the batch in hand finish, refuses what waits with Unavailable and closes every connection. It
// blocks until the sequencer has ended; calling it again returns the same result.
func (d *DB) Close() error {
	d.closing.Do(func() {
		d.seq.stop()
		err := d.read.Close()
		if werr := d.write.Close(); err == nil { // the last connection to close checkpoints SQLite's WAL
			err = werr
		}
		d.closed = custody.Wrap(custody.Internal, err, "the database did not close cleanly")
	})
	return d.closed
}
