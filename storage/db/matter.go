package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Matter implements access.Facts.
func (f Facts) Matter(ctx context.Context, id string) (access.MatterFacts, error) {
	switch {
	case custody.ValidID("req_", id):
		return f.requestMatter(ctx, custody.RequestID(id))
	case custody.ValidID("itm_", id):
		return f.itemMatter(ctx, custody.ItemID(id))
	case custody.ValidID("hld_", id):
		return f.holdMatter(ctx, custody.HoldID(id))
	case custody.ValidID("pkg_", id):
		return f.packageMatter(ctx, custody.PackageID(id))
	}
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is nothing of that id")
}

// What the rules know of a request: the first columns of every question here.
const matterColumns = `r.id, r.kind, r.ended_at IS NULL, COALESCE(b.reached, FALSE),
	COALESCE((SELECT string_agg(s.staff_id, ',' ORDER BY s.staff_id) FROM request_concerned s WHERE s.request_id = r.id), ''),
	x.disposed_at IS NOT NULL, COALESCE(x.proposed_by, '')`

const (
	fromMatter    = ` FROM request r LEFT JOIN call_back b ON b.request_id = r.id AND b.number = r.call_back LEFT JOIN request_disposal x ON x.request_id = r.id `
	selectMatter  = `SELECT ` + matterColumns + fromMatter
	selectItemFor = `SELECT ` + matterColumns + `, i.stage, i.camera_id, i.start_at, i.end_at, COALESCE(i.proposed_by, ''), COALESCE(d.outcome, ''), COALESCE(d.lapses_at, 0),
		COALESCE(i.proposed_at, 0)` +
		fromMatter + `JOIN request_item i ON i.request_id = r.id LEFT JOIN request_decision d ON d.item_id = i.id AND d.superseded_at IS NULL `
)

func matterTargets(m *access.MatterFacts, concerned *string) []any {
	return []any{&m.Request, &m.Kind, &m.Open, &m.CalledBack, concerned, &m.Disposed, &m.Proposer}
}

func splitStaff(joined string) []custody.StaffID {
	if joined == "" {
		return nil
	}
	var out []custody.StaffID
	for id := range strings.SplitSeq(joined, ",") {
		out = append(out, custody.StaffID(id))
	}
	return out
}

func scanMatter(rows *sql.Rows) (m access.MatterFacts, err error) {
	var concerned string
	err = rows.Scan(matterTargets(&m, &concerned)...)
	m.Concerned = splitStaff(concerned)
	return m, err
}

// requestMatter tells what the rules need to know about a request. NotFound if there is none.
func (f Facts) requestMatter(ctx context.Context, id custody.RequestID) (access.MatterFacts, error) {
	const doing = "reading a request"
	t, err := f.db.read.BeginTx(ctx, f.db.dialect.snapshot())
	if err != nil {
		return access.MatterFacts{}, fault(f.db.dialect, err, doing)
	}
	defer t.Rollback()
	m, err := one(ctx, t, scanMatter, selectMatter+`WHERE r.id = $1`, string(id))
	if err == nil && m.Proposer != "" {
		var proposed custody.Instant
		err = t.QueryRowContext(ctx, `SELECT proposed_at FROM request_disposal WHERE request_id = $1`, string(id)).Scan(&proposed)
		if err == nil {
			m.Deputy, err = deputyOf(ctx, t, m.Proposer, proposed)
		}
	}
	return m, f.db.absent(err, doing, "there is no such request")
}

func (f Facts) itemMatter(ctx context.Context, id custody.ItemID) (access.MatterFacts, error) {
	const doing = "reading an item"
	t, err := f.db.read.BeginTx(ctx, f.db.dialect.snapshot())
	if err != nil {
		return access.MatterFacts{}, fault(f.db.dialect, err, doing)
	}
	defer t.Rollback()
	var proposed custody.Instant
	m, err := one(ctx, t, func(rows *sql.Rows) (m access.MatterFacts, err error) {
		var concerned string
		err = rows.Scan(slices.Concat(matterTargets(&m, &concerned),
			[]any{&m.Stage, &m.Camera, &m.Span.Start, &m.Span.End, &m.Proposer, &m.Outcome, &m.Lapses, &proposed})...)
		m.Concerned = splitStaff(concerned)
		return m, err
	}, selectItemFor+`WHERE i.id = $1`, string(id))
	if err == nil {
		m.Deputy, err = deputyOf(ctx, t, m.Proposer, proposed)
	}
	return m, f.db.absent(err, doing, "there is no such item")
}

// deputyOf tells whose delegate somebody was at any time since an instant, or is going to be, by the beginning.
func deputyOf(ctx context.Context, q querier, who custody.StaffID, since custody.Instant) ([]access.Deputy, error) {
	if who == "" {
		return nil, nil
	}
	return collect(ctx, q, func(rows *sql.Rows) (d access.Deputy, err error) { return d, rows.Scan(&d.For, &d.From) },
		`SELECT given_by, from_at FROM role_grant WHERE staff_id = $1 AND role = 'custodian' AND until_at > $2
		AND (revoked_at IS NULL OR revoked_at > $2) ORDER BY from_at, id`, string(who), int64(since))
}

// RequestNumbered implements access.Facts.
func (f Facts) RequestNumbered(ctx context.Context, number string) (access.MatterFacts, error) {
	m, err := one(ctx, f.db.read, scanMatter, selectMatter+`WHERE r.number = $1`, toText(number, 64))
	return m, f.db.absent(err, "reading a request", "there is no such request")
}

// Concerning implements access.Facts.
func (f Facts) Concerning(ctx context.Context, staff custody.StaffID) ([]custody.RequestID, error) {
	ids, err := collect(ctx, f.db.read, func(rows *sql.Rows) (id custody.RequestID, err error) { return id, rows.Scan(&id) },
		`SELECT request_id FROM request_concerned WHERE staff_id = $1`, string(staff))
	return ids, fault(f.db.dialect, err, "reading whom requests concern")
}
