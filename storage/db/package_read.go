package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
)

const selectPackage = `SELECT id, request_id, place, number, ruling, state, why, begun_at, COALESCE(made_at, 0), size, digest, verdict, report, done, total
	FROM package `

func scanPackage(rows *sql.Rows) (p release.Package, err error) {
	var digest []byte
	var report string
	err = rows.Scan(&p.ID, &p.Request, &p.Place, &p.Number, &p.Ruling, &p.State, &p.Why, &p.Begun, &p.Made, &p.Size, &digest, &p.Verdict, &report, &p.Done, &p.Total)
	if err != nil || p.Made == 0 {
		return p, err
	}
	if err := json.Unmarshal([]byte(report), &p.Report); err != nil {
		return p, custody.Wrap(custody.Corrupt, err, "the report of package %s cannot be read", p.Number)
	}
	return p, hashInto((*seal.Hash)(&p.Digest), digest)
}

// Due implements release.Store.
func (p Packages) Due(ctx context.Context, now custody.Instant, limit int) ([]release.Work, error) {
	ids, err := collect(ctx, p.db.read, func(rows *sql.Rows) (id custody.RequestID, err error) { return id, rows.Scan(&id) },
		`SELECT r.id FROM request r WHERE r.state = 'decided'
		AND NOT EXISTS (SELECT 1 FROM package p WHERE p.request_id = r.id AND p.ruling = r.ruling AND p.state <> 'building')
		AND EXISTS (SELECT 1 FROM request_item i JOIN request_decision d ON d.item_id = i.id AND d.superseded_at IS NULL
			WHERE i.request_id = r.id AND i.stage = 'decided' AND d.outcome = 'grant')
		AND NOT EXISTS (SELECT 1 FROM request_item i JOIN request_decision d ON d.item_id = i.id AND d.superseded_at IS NULL
			WHERE i.request_id = r.id AND i.stage = 'decided' AND d.lapses_at <= $1)
		ORDER BY r.since_at, r.id LIMIT $2`, int64(now), limit)
	if err != nil {
		return nil, fault(p.db.dialect, err, "looking for packages to make")
	}
	var out []release.Work
	for _, id := range ids {
		w, err := p.Work(ctx, id, now)
		switch {
		case err == nil:
			out = append(out, w)
		case custody.KindOf(err) != custody.NotFound: // otherwise it changed meanwhile
			return nil, err
		}
	}
	return out, nil
}

// Work implements release.Store.
func (p Packages) Work(ctx context.Context, id custody.RequestID, now custody.Instant) (release.Work, error) {
	r, items, err := p.db.RequestByID(ctx, id)
	if err != nil {
		return release.Work{}, err
	}
	w, whole := workOf(r, items, now)
	if !whole {
		return release.Work{}, custody.Errorf(custody.NotFound, "nothing of the request is ready to be packaged")
	}
	return w, nil
}

// workOf is a request as release works on it; whole says that every item is decided, that every decision counts, and that one grants.
func workOf(r request.Request, items []request.Item, now custody.Instant) (w release.Work, whole bool) {
	w = release.Work{Request: r.ID, Number: r.Number, Kind: r.Kind, Received: r.Received, Logged: r.Logged, Basis: basisOf(r), Ruling: r.Ruling}
	whole = r.State == request.Decided
	granted := false
	for _, i := range items {
		if i.Stage == access.Ended {
			continue
		}
		d := i.Decision
		whole = whole && i.Stage == access.Decided && now < d.Lapses
		granted = granted || d.Outcome == access.Granted
		asked := r.Asked.Span
		if asked.Empty() {
			asked = i.Span
		}
		w.Items = append(w.Items, release.Item{ID: i.ID, Number: fmt.Sprintf("%s/%d", r.Number, i.Place), Camera: i.Camera, Requested: asked, Decided: i.Span,
			Outcome: d.Outcome, Citation: d.Citation, Proposer: i.Proposal.By, Proposed: i.Proposal.At, Decider: d.By, DecidedAt: d.At})
	}
	return w, whole && granted
}

// basisOf is the legal basis of a request in words.
func basisOf(r request.Request) string {
	if r.Kind != access.LawEnforcement {
		return "request for public records"
	}
	return fmt.Sprintf("voluntary request of %s about an offence at the site, case %s", r.Officer.Agency, r.Officer.Case)
}

// ByID implements release.Store.
func (p Packages) ByID(ctx context.Context, id custody.PackageID) (release.Package, error) {
	pkg, err := one(ctx, p.db.read, scanPackage, selectPackage+`WHERE id = $1`, string(id))
	if err != nil {
		return pkg, p.db.absent(err, "reading a package", "there is no such package")
	}
	return pkg, p.fill(ctx, &pkg)
}

// fill reads what a package holds.
func (p Packages) fill(ctx context.Context, pkg *release.Package) (err error) {
	id := string(pkg.ID)
	pkg.Items, err = collect(ctx, p.db.read, func(rows *sql.Rows) (i custody.ItemID, err error) { return i, rows.Scan(&i) },
		`SELECT item_id FROM package_item WHERE package_id = $1 ORDER BY position`, id)
	if err == nil {
		pkg.Films, err = collect(ctx, p.db.read, func(rows *sql.Rows) (release.Film, error) {
			k, err := scanFilm(rows)
			return k.Film, err
		}, selectFilm+`WHERE f.package_id = $1 ORDER BY f.path`, id)
	}
	if err == nil {
		pkg.Files, err = collect(ctx, p.db.read, func(rows *sql.Rows) (f release.File, err error) {
			var sum []byte
			if err := rows.Scan(&f.Path, &f.Size, &sum); err != nil {
				return f, err
			}
			return f, hashInto((*seal.Hash)(&f.SHA256), sum)
		}, `SELECT path, size, sha256 FROM package_file WHERE package_id = $1 ORDER BY path`, id)
	}
	return fault(p.db.dialect, err, "reading what a package holds")
}

const selectFilm = `SELECT f.path, f.kind, f.codec, f.item_id, f.camera_id, f.start_at, f.end_at, f.sha256, f.package_id FROM package_film f `

func scanFilm(rows *sql.Rows) (k release.Kept, err error) {
	var sum []byte
	if err := rows.Scan(&k.Path, &k.Kind, &k.Codec, &k.Item, &k.Camera, &k.Span.Start, &k.Span.End, &sum, &k.Package); err != nil {
		return k, err
	}
	return k, hashInto((*seal.Hash)(&k.SHA256), sum)
}

// Films implements release.Store.
func (p Packages) Films(ctx context.Context, item custody.ItemID) ([]release.Kept, error) {
	ks, err := collect(ctx, p.db.read, scanFilm, selectFilm+`JOIN package p ON p.id = f.package_id
		WHERE f.item_id = $1 AND p.state IN ('ready', 'replaced') ORDER BY p.made_at DESC, f.path`, string(item))
	return ks, fault(p.db.dialect, err, "looking for films of an item")
}

// Of implements release.Store.
func (p Packages) Of(ctx context.Context, request custody.RequestID) ([]release.Package, error) {
	ps, err := collect(ctx, p.db.read, scanPackage, selectPackage+`WHERE request_id = $1 ORDER BY place`, string(request))
	for i := range ps {
		if err == nil {
			err = p.fill(ctx, &ps[i])
		}
	}
	return ps, fault(p.db.dialect, err, "reading packages")
}

// Building implements release.Store, ordered by when they were begun.
func (p Packages) Building(ctx context.Context) ([]release.Package, error) {
	ps, err := collect(ctx, p.db.read, scanPackage, selectPackage+`WHERE state = 'building' ORDER BY begun_at, id`)
	return ps, fault(p.db.dialect, err, "reading packages")
}

// Key implements release.Store.
func (p Packages) Key(ctx context.Context, id custody.PackageID) (k release.SealedKey, err error) {
	var digest []byte
	err = p.db.read.QueryRowContext(ctx, `SELECT key_id, wrapped, object_size, object_digest FROM package_key WHERE package_id = $1`, string(id)).
		Scan(&k.KeyID, &k.Wrapped, &k.Size, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return k, custody.Errorf(custody.NotFound, "the package is not stored")
	}
	if err == nil {
		err = hashInto((*seal.Hash)(&k.Digest), digest)
	}
	return k, fault(p.db.dialect, err, "reading a package's key")
}

// AllPackages yields every package, with what it holds, ordered by id.
func (d *DB) AllPackages(ctx context.Context) iter.Seq2[release.Package, error] {
	return pages(ctx, d, "reading packages", func(ctx context.Context, last *release.Package) ([]release.Package, error) {
		var after custody.PackageID
		if last != nil {
			after = last.ID
		}
		ps, err := collect(ctx, d.read, scanPackage, selectPackage+`WHERE id > $1 ORDER BY id LIMIT $2`, string(after), pageRows)
		for i := range ps {
			if err == nil {
				err = d.Packages().fill(ctx, &ps[i])
			}
		}
		return ps, err
	})
}

// Looks tells who was shown which minutes of a camera's span, in order of time, at most limit: for the story that a package tells, which
// names nobody who may not be named. What was leased and not sent is not among it.
func (p Packages) Looks(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]release.Look, error) {
	ls, err := collect(ctx, p.db.read, scanLook, looksOfMinutes+` AND l.served `+looksInOrder+`$4`, string(camera), int64(span.Start.Add(-time.Minute)), int64(span.End), limit)
	out := make([]release.Look, 0, len(ls))
	for _, l := range ls {
		out = append(out, release.Look{Viewing: l.Viewing, Staff: l.Staff, Minute: l.Minute, Leased: l.Leased, Live: l.Kind == "live"})
	}
	return out, fault(p.db.dialect, err, "reading who looked")
}
