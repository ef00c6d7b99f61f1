package db

import (
	"context"
	"database/sql"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
)

// Leftovers implements release.Store.
func (p Packages) Leftovers(ctx context.Context, before custody.Instant, limit int) ([]custody.PackageID, error) {
	ids, err := collect(ctx, p.db.read, func(rows *sql.Rows) (id custody.PackageID, err error) { return id, rows.Scan(&id) },
		`SELECT package_id FROM disposed_package WHERE purged_at IS NULL AND tried_at < $1 ORDER BY tried_at, package_id LIMIT $2`, int64(before), limit)
	return ids, fault(p.db.dialect, err, "looking for bytes of packages to remove")
}

// Tried implements release.Store. What is gone stays so.
func (p Packages) Tried(ctx context.Context, id custody.PackageID, at custody.Instant, gone bool) error {
	var purged any
	if gone {
		purged = int64(at)
	}
	return p.db.seq.commit(ctx, &change{doing: "noting that a package's bytes were removed", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`UPDATE disposed_package SET tried_at = $2, purged_at = $3 WHERE package_id = $1 AND purged_at IS NULL`, string(id), int64(at), purged)
		return false, err
	}})
}

// AllGone yields every package whose key was destroyed with its request's file, ordered by id, for custody check.
func (d *DB) AllGone(ctx context.Context) iter.Seq2[release.Gone, error] {
	return pages(ctx, d, "reading packages whose keys were destroyed", func(ctx context.Context, last *release.Gone) ([]release.Gone, error) {
		var after custody.PackageID
		if last != nil {
			after = last.Package
		}
		return collect(ctx, d.read, func(rows *sql.Rows) (g release.Gone, err error) {
			return g, rows.Scan(&g.Package, &g.Request, &g.Purged)
		}, `SELECT package_id, request_id, COALESCE(purged_at, 0) FROM disposed_package WHERE package_id > $1 ORDER BY package_id LIMIT $2`, string(after), pageRows)
	})
}
