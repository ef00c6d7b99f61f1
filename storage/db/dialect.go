package db

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/footage-custody/custody/internal/custody"
)

// dialect is everything in which the two databases differ outside their DDL.
type dialect interface {
	name() string
	open(readOnly bool) (*sql.DB, error)
	goose() goose.Dialect
	snapshot() *sql.TxOptions // options of a consistent, read-only transaction
	classify(err error) trouble
}

// trouble is what a driver's error means, whichever driver it came from.
type trouble uint8

const (
	other       trouble = iota
	duplicate           // unique or primary key
	missing             // foreign key
	refused             // CHECK, NOT NULL, type or size
	appendOnly          // a trigger or a missing GRANT
	unavailable         // down, locked, full
	race                // deadlock or serialisation: the same transaction may succeed when repeated
	damaged             // the database says that its own pages are broken
)

func dialectOf(c Config) (dialect, error) {
	switch c.Driver {
	case SQLite:
		return newSQLite(c.Path)
	case Postgres:
		return newPostgres(c.DSN)
	}
	return nil, custody.Errorf(custody.Invalid, "database driver %q is unknown: write sqlite or postgres", c.Driver)
}

type sqliteDialect struct{ path string }

func newSQLite(path string) (dialect, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return nil, custody.Errorf(custody.Invalid, "the SQLite database needs the path of its file")
	}
	// SQLite gives its WAL and shared memory the mode of the main file. A file that exists is not opened here:
	// closing any descriptor of it would drop the locks that this process holds through SQLite.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		if err := f.Close(); err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "the SQLite file cannot be created")
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, custody.Wrap(custody.Unavailable, err, "the SQLite file cannot be created: check that its directory exists, is writable and has room")
	}
	return &sqliteDialect{path: path}, nil
}

func (s *sqliteDialect) name() string             { return SQLite }
func (s *sqliteDialect) goose() goose.Dialect     { return goose.DialectSQLite3 }
func (s *sqliteDialect) snapshot() *sql.TxOptions { return nil } // a deferred transaction reads one WAL snapshot

// dsn holds every pragma, so that it reaches each connection of a pool.
func (s *sqliteDialect) dsn(readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
		"trusted_schema(0)", "cell_size_check(1)", "recursive_triggers(1)", "temp_store(MEMORY)",
	}}
	if readOnly {
		q.Set("_txlock", "deferred")
		q.Set("_query_only", "1")
	} else {
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: s.path, RawQuery: q.Encode()}).String()
}

func (s *sqliteDialect) open(readOnly bool) (*sql.DB, error) {
	db, err := sql.Open("sqlite", s.dsn(readOnly))
	return db, custody.Wrap(custody.Invalid, err, "the SQLite file cannot be opened")
}

func (s *sqliteDialect) classify(err error) trouble {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return other
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return duplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return missing
	case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return appendOnly
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return refused
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT:
		return unavailable
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged
	}
	return other
}

type postgresDialect struct{ config *pgx.ConnConfig }

func newPostgres(dsn string) (dialect, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil { // the cause may quote the connection string
		return nil, custody.Errorf(custody.Invalid, "the PostgreSQL connection string cannot be read: write postgres://user@host/database")
	}
	for k, v := range map[string]string{
		"application_name": "custody", "timezone": "UTC", "client_encoding": "UTF8", "lock_timeout": "10s",
		"idle_in_transaction_session_timeout": "5min", "synchronous_commit": "on",
	} {
		c.RuntimeParams[k] = v
	}
	return &postgresDialect{config: c}, nil
}

func (p *postgresDialect) name() string         { return Postgres }
func (p *postgresDialect) goose() goose.Dialect { return goose.DialectPostgres }
func (p *postgresDialect) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (p *postgresDialect) open(readOnly bool) (*sql.DB, error) {
	c := p.config.Copy()
	if readOnly {
		c.RuntimeParams["default_transaction_read_only"] = "on"
	}
	return stdlib.OpenDB(*c), nil
}

func (p *postgresDialect) classify(err error) trouble {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return unavailable
		}
		return lostConnection(err)
	}
	switch e.Code {
	case "23505":
		return duplicate
	case "23503":
		return missing
	case "40001", "40P01":
		return race
	case "42501":
		return appendOnly
	case "55P03", "25P02", "25006", "25P03":
		return unavailable
	case "XX001", "XX002":
		return damaged
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "22", "23":
		return refused
	case "08", "53", "57", "58":
		return unavailable
	}
	return other
}
