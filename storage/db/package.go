package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Packages keeps the packages of requests. It is safe for concurrent use.
type Packages struct{ db *DB }

var _ release.Store = Packages{}

// Packages are the packages in this database.
func (d *DB) Packages() Packages { return Packages{d} }

// Begin implements release.Store.
func (p Packages) Begin(ctx context.Context, pkg release.Package, evs ...custody.Event) (release.Package, error) {
	err := p.db.seq.commit(ctx, &change{doing: "beginning a package", events: evs, apply: func(t *tx) (bool, error) {
		var number string
		var ruling int64
		err := t.row(`SELECT number, ruling FROM request WHERE id = $1 AND ended_at IS NULL`, string(pkg.Request)).Scan(&number, &ruling)
		if errors.Is(err, sql.ErrNoRows) || err == nil && ruling != pkg.Ruling {
			return false, otherRuling()
		}
		var stand int
		if err == nil {
			err = t.row(`SELECT count(*) FROM package WHERE request_id = $1 AND ruling = $2 AND state <> 'building'`, string(pkg.Request), ruling).Scan(&stand)
		}
		if err == nil && stand > 0 {
			err = custody.Errorf(custody.Conflict, "there is a package of these decisions already, or it failed")
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM package WHERE request_id = $1 AND state IN ('building', 'failed')`, string(pkg.Request))
		}
		if err == nil {
			err = t.row(`SELECT COALESCE(max(place), 0) + 1 FROM package WHERE request_id = $1`, string(pkg.Request)).Scan(&pkg.Place)
		}
		if err != nil {
			return false, err
		}
		pkg.State, pkg.Number = release.Building, fmt.Sprintf("%s-P%d", number, pkg.Place)
		_, err = t.exec(`INSERT INTO package (id, request_id, place, number, ruling, state, why, begun_at, size, verdict, report, done, total)
			VALUES ($1, $2, $3, $4, $5, 'building', '', $6, 0, '', '', 0, 0)`, string(pkg.ID), string(pkg.Request), pkg.Place, pkg.Number, pkg.Ruling, int64(pkg.Begun))
		return true, err
	}})
	return pkg, err
}

func otherRuling() error {
	return custody.Errorf(custody.Conflict, "what is decided about the request was changed meanwhile, or it was closed")
}

// Progress implements release.Store.
func (p Packages) Progress(ctx context.Context, id custody.PackageID, done, total int64) error {
	return p.db.seq.commit(ctx, &change{doing: "noting how far a package is", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`UPDATE package SET done = $2, total = $3 WHERE id = $1 AND state = 'building'`, string(id), done, total)
		return false, err
	}})
}

// Finish implements release.Store.
func (p Packages) Finish(ctx context.Context, pkg release.Package, key release.SealedKey, evs ...custody.Event) error {
	report, err := json.Marshal(&pkg.Report)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "the report of a package could not be written")
	}
	c := &change{doing: "finishing a package", events: evs}
	c.apply = func(t *tx) (bool, error) {
		if err := lockRequest(t, pkg.Request); err != nil { // no decision changes until this is committed
			return false, err
		}
		moved, err := packaged(t, pkg)
		if err != nil {
			return false, err
		}
		c.events = append(evs[:len(evs):len(evs)], moved)
		if err := replaceReady(t, pkg); err != nil {
			return false, err
		}
		n, err := t.exec(`UPDATE package SET state = 'ready', made_at = $2, size = $3, digest = $4, verdict = $5, report = $6 WHERE id = $1 AND state = 'building'`,
			string(pkg.ID), int64(pkg.Made), pkg.Size, pkg.Digest[:], pkg.Verdict, string(report))
		if err == nil && n == 0 {
			err = custody.Errorf(custody.Conflict, "the package was stopped meanwhile")
		}
		if err == nil {
			err = contents(t, pkg, key)
		}
		return true, err
	}
	return p.db.seq.commit(ctx, c)
}

// packaged checks that every decision of the ruling counts still, and moves the request: its package is available.
func packaged(t *tx, pkg release.Package) (custody.Event, error) {
	r, items, err := readRequest(t.ctx, t, `r.id = $1`, string(pkg.Request))
	if err != nil {
		return custody.Event{}, err
	}
	w, whole := workOf(r, items, pkg.Made)
	if !whole || w.Ruling != pkg.Ruling {
		return custody.Event{}, otherRuling()
	}
	in := map[custody.ItemID]bool{}
	for _, id := range pkg.Items {
		in[id] = true
	}
	for _, i := range w.Items {
		if granted := i.Outcome == access.Granted; granted != in[i.ID] {
			return custody.Event{}, custody.Errorf(custody.Conflict, "the package does not hold what was granted")
		}
		delete(in, i.ID)
	}
	if len(in) > 0 {
		return custody.Event{}, custody.Errorf(custody.Conflict, "the package holds what nobody decided")
	}
	_, ev, err := moveRequest(t, pkg.Request, request.ActPackage, pkg.Items, "system", pkg.Made)
	return ev, err
}

// replaceReady retires the request's package of an earlier ruling.
func replaceReady(t *tx, pkg release.Package) error {
	_, err := t.exec(`UPDATE package SET state = 'replaced' WHERE request_id = $1 AND state = 'ready' AND id <> $2`, string(pkg.Request), string(pkg.ID))
	return err
}

// contents stores what a package holds, and its key.
func contents(t *tx, pkg release.Package, key release.SealedKey) error {
	id := string(pkg.ID)
	var items, films, files [][]any
	for n, i := range pkg.Items {
		items = append(items, []any{id, string(i), n})
	}
	for _, f := range pkg.Films {
		films = append(films, []any{id, f.Path, string(f.Kind), f.Codec, string(f.Item), string(f.Camera), int64(f.Span.Start), int64(f.Span.End), f.SHA256[:]})
	}
	for _, f := range pkg.Files {
		files = append(files, []any{id, f.Path, f.Size, f.SHA256[:]})
	}
	return errors.Join(
		t.insert("package_item", []string{"package_id", "item_id", "position"}, items),
		t.insert("package_film", []string{"package_id", "path", "kind", "codec", "item_id", "camera_id", "start_at", "end_at", "sha256"}, films),
		t.insert("package_file", []string{"package_id", "path", "size", "sha256"}, files),
		t.insert("package_key", []string{"package_id", "key_id", "wrapped", "object_size", "object_digest"},
			[][]any{{id, string(key.KeyID), key.Wrapped, key.Size, key.Digest[:]}}))
}

// Change implements release.Store.
func (p Packages) Change(ctx context.Context, id custody.PackageID, from, to release.State, why string, evs ...custody.Event) error {
	if !isText(why) {
		return custody.Errorf(custody.Invalid, "why the package is %s is not text", to)
	}
	return p.db.seq.commit(ctx, &change{doing: "changing a package", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE package SET state = $3, why = $4 WHERE id = $1 AND state = $2`, string(id), string(from), string(to), why)
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM package WHERE id = $1`, string(id), "the package")
		}
		return true, err
	}})
}
