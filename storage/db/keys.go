package db

import (
	"context"
	"database/sql"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

var _ keys.Store = (*DB)(nil)

// Keys implements keys.Store, oldest first.
func (d *DB) Keys(ctx context.Context) ([]keys.Record, error) {
	ks, err := collect(ctx, d.read, func(rows *sql.Rows) (k keys.Record, err error) {
		return k, rows.Scan(&k.ID, &k.Purpose, &k.Wrapped, &k.Public, &k.Created, &k.Retired)
	}, `SELECT id, purpose, wrapped, public_key, created_at, COALESCE(retired_at, 0) FROM purpose_key ORDER BY created_at, id`)
	return ks, fault(d.dialect, err, "reading the keys")
}

// AddKey implements keys.Store. Exists: the id is taken, or a key of this purpose is in use and not the one to
// retire. Conflict: the key to retire is not in use, or has another purpose.
func (d *DB) AddKey(ctx context.Context, k keys.Record, retire custody.KeyID, ev custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "storing a key", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		if retire != "" {
			n, err := t.exec(`UPDATE purpose_key SET retired_at = $1 WHERE id = $2 AND purpose = $3 AND retired_at IS NULL`,
				int64(k.Created), string(retire), string(k.Purpose))
			if err != nil {
				return false, err
			}
			if n == 0 {
				return false, custody.Errorf(custody.Conflict, "key %s is not the %s key in use", retire, k.Purpose)
			}
		}
		_, err := t.exec(`INSERT INTO purpose_key (id, purpose, wrapped, public_key, created_at, retired_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(k.ID), string(k.Purpose), k.Wrapped, bytesOrNull(k.Public), int64(k.Created), orNull(int64(k.Retired)))
		return true, err
	}})
}

// Rewrap implements keys.Store. A key that is not stored is NotFound and nothing changes.
func (d *DB) Rewrap(ctx context.Context, ks []keys.Record, ev custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "rewrapping the keys", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		for i := range ks {
			n, err := t.exec(`UPDATE purpose_key SET wrapped = $1 WHERE id = $2`, ks[i].Wrapped, string(ks[i].ID))
			if err != nil {
				return false, err
			}
			if n == 0 {
				return false, custody.Errorf(custody.NotFound, "key %s does not exist", ks[i].ID)
			}
		}
		return true, nil
	}})
}
