package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// packageFacts tells of a package whether it is ready, made of what is decided now - a span that was narrowed leaves the wider package
// behind - and everything in it stands decided as granted, and until when: what was not handed over before its decision lapses is
// decided anew. What was handed over may be handed over again.
const packageFacts = `SELECT p.request_id, p.state = 'ready' AND p.ruling = (SELECT r.ruling FROM request r WHERE r.id = p.request_id)
	AND NOT EXISTS (SELECT 1 FROM package_item x JOIN request_item i ON i.id = x.item_id
		WHERE x.package_id = p.id AND (i.stage <> 'decided' OR NOT EXISTS (SELECT 1 FROM request_decision d
			WHERE d.item_id = i.id AND d.superseded_at IS NULL AND d.outcome = 'grant'))),
	COALESCE((SELECT min(d.lapses_at) FROM package_item x JOIN request_item i ON i.id = x.item_id
		JOIN request_decision d ON d.item_id = i.id AND d.superseded_at IS NULL WHERE x.package_id = p.id AND i.out_at IS NULL), 0)
	FROM package p WHERE p.id = $1`

// packageMatter tells what the rules need to know about a package, with the facts of its request (requestMatter). NotFound if there is none.
func (f Facts) packageMatter(ctx context.Context, id custody.PackageID) (access.MatterFacts, error) {
	var request custody.RequestID
	var ready bool
	var lapses custody.Instant
	err := f.db.read.QueryRowContext(ctx, packageFacts, string(id)).Scan(&request, &ready, &lapses)
	if errors.Is(err, sql.ErrNoRows) {
		return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is no such package")
	}
	if err != nil {
		return access.MatterFacts{}, fault(f.db.dialect, err, "reading a package")
	}
	m, err := f.requestMatter(ctx, request)
	if err != nil {
		return m, err
	}
	m.Ready, m.Lapses = ready, lapses
	m.Shows, err = collect(ctx, f.db.read, func(rows *sql.Rows) (s access.Shown, err error) {
		return s, rows.Scan(&s.Camera, &s.Span.Start, &s.Span.End)
	}, `SELECT i.camera_id, i.start_at, i.end_at FROM package_item x JOIN request_item i ON i.id = x.item_id WHERE x.package_id = $1 ORDER BY i.place`, string(id))
	return m, fault(f.db.dialect, err, "reading what a package holds")
}
