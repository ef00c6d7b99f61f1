package db

import (
	"context"
	"embed"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/footage-custody/custody/internal/custody"
)

// migrations holds the numbered DDL pairs: the same number and name under sqlite and postgres, with schemas that
// a test compares. A pair that was released is never edited; the next change is the next number.
//
//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

//go:embed migrations/grants.sql
var grants string

// versionTable is where goose notes what it has applied.
const versionTable = "schema_version"

func (d *DB) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/"+d.dialect.name())
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true)}
	if d.Driver() == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(d.dialect.goose(), d.write, dir, options...)
}

// Migrate brings the schema to this program's version, each step in a transaction. It is safe to call again, and
// while another process migrates. On PostgreSQL it needs the role that owns the tables.
func (d *DB) Migrate(ctx context.Context) error {
	p, err := d.provider()
	if err == nil {
		if _, err = p.Up(ctx); err != nil && d.CheckSchema(ctx) == nil {
			return nil // another process was faster
		}
	}
	return fault(d.dialect, err, "migrating the database")
}

// CheckSchema reports whether the schema is this program's. Unavailable: it is older, or absent (run custody
// migrate), or newer (run the newer program).
func (d *DB) CheckSchema(ctx context.Context) error {
	have, want, err := d.versions(ctx)
	switch {
	case err != nil:
		return err
	case have < want:
		return custody.Errorf(custody.Unavailable, "the database has schema %d and this program needs %d: run custody migrate", have, want)
	case have > want:
		return custody.Errorf(custody.Unavailable, "the database has schema %d, newer than this program's %d: run the newer program", have, want)
	}
	return nil
}

func (d *DB) versions(ctx context.Context) (have, want int64, err error) {
	files, err := fs.ReadDir(migrations, "migrations/"+d.dialect.name())
	if err != nil {
		return 0, 0, custody.Wrap(custody.Internal, err, "the migrations cannot be read")
	}
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, 0, custody.Wrap(custody.Internal, err, "the migration %s has no number", f.Name())
		}
		want = max(want, n)
	}
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`
	if d.Driver() == Postgres {
		exists = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1`
	}
	var n int
	if err := d.read.QueryRowContext(ctx, exists, versionTable).Scan(&n); err != nil {
		return 0, want, fault(d.dialect, err, "reading the schema's version")
	}
	if n == 0 {
		return 0, want, nil
	}
	err = d.read.QueryRowContext(ctx, `SELECT COALESCE(max(version_id), 0) FROM `+versionTable).Scan(&have)
	return have, want, fault(d.dialect, err, "reading the schema's version")
}

// Grants is the SQL that the owner of a PostgreSQL database runs after Migrate, so that role may do this house's
// work and nothing else: append to the log, never change it. The role's name is quoted.
func Grants(role string) (string, error) {
	if role == "" || len(role) > 63 || !isText(role) {
		return "", custody.Errorf(custody.Invalid, "a PostgreSQL role's name has 1 to 63 bytes of text")
	}
	return strings.ReplaceAll(grants, ":role", pgx.Identifier{role}.Sanitize()), nil
}
