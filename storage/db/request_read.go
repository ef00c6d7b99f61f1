package db

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

const (
	selectRequest = `SELECT r.id, r.number, r.kind, r.state, r.since_at, r.channel, r.received_at, r.logged_at, r.logged_by, r.late, r.text, r.oral, r.read_back,
		r.inspect, r.requester, r.contact, r.agency, r.officer, r.badge, r.case_number, r.offence, r.at_site, COALESCE(r.asked_start_at, 0),
		COALESCE(r.asked_end_at, 0), r.pick_up, r.due_at, COALESCE(r.ended_at, 0), COALESCE(r.closing, ''), COALESCE(r.why, ''), r.version, r.ruling,
		COALESCE((SELECT string_agg(c.camera_id, ',' ORDER BY c.position) FROM request_camera c WHERE c.request_id = r.id), ''),
		COALESCE((SELECT string_agg(s.staff_id, ',' ORDER BY s.staff_id) FROM request_concerned s WHERE s.request_id = r.id), ''),
		COALESCE(b.agency_id, ''), COALESCE(b.phone, ''), COALESCE(b.reached, FALSE), COALESCE(b.spoke, ''), COALESCE(b.made_by, ''), COALESCE(b.made_at, 0),
		COALESCE((SELECT x.disposed_at FROM request_disposal x WHERE x.request_id = r.id), 0)
		FROM request r LEFT JOIN call_back b ON b.request_id = r.id AND b.number = r.call_back `
	selectItem = `SELECT i.id, i.request_id, i.place, i.camera_id, i.start_at, i.end_at, i.stage, COALESCE(i.proposed_outcome, ''), COALESCE(i.proposed_citation, ''),
		COALESCE(i.proposed_reason, ''), COALESCE(i.proposed_by, ''), COALESCE(i.proposed_at, 0), COALESCE(i.out_at, 0), COALESCE(d.outcome, ''),
		COALESCE(d.citation, ''), COALESCE(d.reason, ''), COALESCE(d.decided_by, ''), COALESCE(d.decided_at, 0), COALESCE(d.lapses_at, 0)
		FROM request_item i LEFT JOIN request_decision d ON d.item_id = i.id AND d.superseded_at IS NULL `
)

func scanItem(rows *sql.Rows) (i request.Item, err error) {
	p, d := &i.Proposal, &i.Decision
	return i, rows.Scan(&i.ID, &i.Request, &i.Place, &i.Camera, &i.Span.Start, &i.Span.End, &i.Stage, &p.Outcome, &p.Citation, &p.Reason, &p.By, &p.At, &i.Out,
		&d.Outcome, &d.Citation, &d.Reason, &d.By, &d.At, &d.Lapses)
}

func scanRequest(rows *sql.Rows) (r request.Request, err error) {
	var cameras, concerned string
	o, b := &r.Officer, &r.CallBack
	err = rows.Scan(&r.ID, &r.Number, &r.Kind, &r.State, &r.Since, &r.Channel, &r.Received, &r.Logged, &r.LoggedBy, &r.Late, &r.Text, &r.Oral, &r.ReadBack,
		&r.Inspect, &r.Requester.Name, &r.Requester.Contact, &o.Agency, &o.Name, &o.Badge, &o.Case, &o.Offence, &o.AtSite, &r.Asked.Span.Start,
		&r.Asked.Span.End, &r.PickUp, &r.Due, &r.Ended, &r.Closing, &r.Why, &r.Version, &r.Ruling, &cameras, &concerned,
		&b.Agency, &b.Number, &b.Reached, &b.Spoke, &b.By, &b.At, &r.Disposed)
	r.Asked.Cameras = splitCameras(cameras)
	r.Concerned = splitStaff(concerned)
	return r, err
}

// readRequest reads one request and its items by place. sql.ErrNoRows if there is none.
func readRequest(ctx context.Context, q querier, where string, args ...any) (request.Request, []request.Item, error) {
	r, err := one(ctx, q, scanRequest, selectRequest+`WHERE `+where, args...)
	if err != nil {
		return request.Request{}, nil, err
	}
	items, err := collect(ctx, q, scanItem, selectItem+`WHERE i.request_id = $1 ORDER BY i.place`, string(r.ID))
	return r, items, err
}

// absentRow is err, with NotFound and the sentence for a row that is not there.
func absentRow(err error, sentence string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return custody.Errorf(custody.NotFound, "%s", sentence)
	}
	return err
}

// snapshotOf reads one request and its items as they are at one instant.
func (d *DB) snapshotOf(ctx context.Context, missing, where string, args ...any) (request.Request, []request.Item, error) {
	const doing = "reading a request"
	t, err := d.read.BeginTx(ctx, d.dialect.snapshot())
	if err != nil {
		return request.Request{}, nil, fault(d.dialect, err, doing)
	}
	defer t.Rollback()
	r, items, err := readRequest(ctx, t, where, args...)
	return r, items, d.absent(err, doing, "%s", missing)
}

// RequestByID implements request.Store.
func (d *DB) RequestByID(ctx context.Context, id custody.RequestID) (request.Request, []request.Item, error) {
	return d.snapshotOf(ctx, "there is no such request", `r.id = $1`, string(id))
}

// RequestByItem implements request.Store.
func (d *DB) RequestByItem(ctx context.Context, id custody.ItemID) (request.Request, []request.Item, error) {
	return d.snapshotOf(ctx, "there is no such item", `r.id = (SELECT w.request_id FROM request_item w WHERE w.id = $1)`, string(id))
}

// RequestByNumber implements request.Store.
func (d *DB) RequestByNumber(ctx context.Context, number string) (request.Request, []request.Item, error) {
	return d.snapshotOf(ctx, "there is no such request", `r.number = $1`, toText(number, 64))
}

// Requests implements request.Store.
func (d *DB) Requests(ctx context.Context, scope access.Scope, f request.Filter) ([]request.Request, error) {
	if scope.Action() != access.RequestView || !scope.Everything() {
		return nil, nil
	}
	query, args := selectRequest+`WHERE (r.state = $1 OR $1 = '')`, []any{string(f.State), min(max(f.Limit, 1), 500)}
	if f.Open {
		query += ` AND r.ended_at IS NULL`
	}
	hidden, args := hiding(scope, "r.id", args)
	query += hidden
	rs, err := collect(ctx, d.read, scanRequest, query+` ORDER BY CASE WHEN r.ended_at IS NULL THEN 0 ELSE 1 END, COALESCE(-r.ended_at, r.due_at), r.id LIMIT $2`, args...)
	return rs, fault(d.dialect, err, "reading requests")
}

// hiding leaves out of a list what belongs to requests that the scope does not show.
func hiding(scope access.Scope, column string, args []any) (string, []any) {
	var out strings.Builder
	for i, id := range scope.Unseen() {
		args = append(args, string(id))
		if out.WriteString(","); i == 0 {
			out.Reset()
			out.WriteString(" AND (" + column + " IS NULL OR " + column + " NOT IN (")
		}
		out.WriteString("$" + strconv.Itoa(len(args)))
	}
	if out.Len() > 0 {
		out.WriteString("))")
	}
	return out.String(), args
}

// Rulings implements request.Store.
func (d *DB) Rulings(ctx context.Context, id custody.RequestID) ([]request.Ruled, error) {
	rs, err := collect(ctx, d.read, scanRuled, selectRuled+`JOIN request_item i ON i.id = d.item_id WHERE i.request_id = $1 ORDER BY i.place, d.number`, string(id))
	return rs, fault(d.dialect, err, "reading decisions")
}

const selectRuled = `SELECT d.item_id, d.number, d.camera_id, d.start_at, d.end_at, d.proposed_by, d.outcome, d.citation, d.reason, d.decided_by, d.decided_at,
	d.lapses_at, COALESCE(d.superseded_at, 0) FROM request_decision d `

func scanRuled(rows *sql.Rows) (r request.Ruled, err error) {
	return r, rows.Scan(&r.Item, &r.Place, &r.Camera, &r.Span.Start, &r.Span.End, &r.Proposer, &r.Outcome, &r.Citation, &r.Reason, &r.By, &r.At, &r.Lapses, &r.Superseded)
}

// CallBacks implements request.Store.
func (d *DB) CallBacks(ctx context.Context, id custody.RequestID) ([]request.CallBack, error) {
	cs, err := collect(ctx, d.read, func(rows *sql.Rows) (c request.CallBack, err error) {
		return c, rows.Scan(&c.Agency, &c.Number, &c.Reached, &c.Spoke, &c.By, &c.At)
	}, `SELECT agency_id, phone, reached, spoke, made_by, made_at FROM call_back WHERE request_id = $1 ORDER BY number`, string(id))
	return cs, fault(d.dialect, err, "reading call-backs")
}

// HoldsOf implements request.Store.
func (d *DB) HoldsOf(ctx context.Context, id custody.RequestID) ([]custody.Hold, error) {
	hs, err := collect(ctx, d.read, func(rows *sql.Rows) (h custody.Hold, err error) {
		return h, rows.Scan(&h.ID, &h.Request, &h.Camera, &h.Span.Start, &h.Span.End, &h.Reason, &h.By, &h.Placed, &h.Review, &h.Lapses)
	}, `SELECT id, COALESCE(request_id, ''), COALESCE(camera_id, ''), start_at, end_at, reason, placed_by, placed_at, review_at, COALESCE(lapses_at, 0)
		FROM hold WHERE request_id = $1 AND lifted_at IS NULL ORDER BY start_at, id`, string(id))
	return hs, fault(d.dialect, err, "reading holds")
}

// Overlapping implements request.Store, the latest hand-over first, at most 100.
func (d *DB) Overlapping(ctx context.Context, except custody.RequestID, camera custody.CameraID, span custody.Span) ([]request.Earlier, error) {
	if span.Empty() {
		return nil, nil
	}
	items, err := collect(ctx, d.read, scanItem, selectItem+`WHERE i.camera_id = $1 AND i.end_at > $2 AND i.start_at < $3 AND i.request_id <> $4
		AND i.out_at IS NOT NULL ORDER BY i.out_at DESC, i.id LIMIT 100`, string(camera), int64(span.Start), int64(span.End), string(except))
	var out []request.Earlier
	for _, i := range items {
		var number string
		if err == nil {
			err = d.read.QueryRowContext(ctx, `SELECT number FROM request WHERE id = $1`, string(i.Request)).Scan(&number)
		}
		out = append(out, request.Earlier{Number: request.NumberOf(number, i.Place), Item: i})
	}
	return out, fault(d.dialect, err, "reading earlier releases")
}

// AllRequests yields every request, ordered by id, for custody check.
func (d *DB) AllRequests(ctx context.Context) iter.Seq2[request.Request, error] {
	return pages(ctx, d, "reading requests", func(ctx context.Context, last *request.Request) ([]request.Request, error) {
		var after custody.RequestID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanRequest, selectRequest+`WHERE r.id > $1 ORDER BY r.id LIMIT $2`, string(after), pageRows)
	})
}

// AllItems yields every item of a request, ordered by id, for custody check.
func (d *DB) AllItems(ctx context.Context) iter.Seq2[request.Item, error] {
	return pages(ctx, d, "reading items", func(ctx context.Context, last *request.Item) ([]request.Item, error) {
		var after custody.ItemID
		if last != nil {
			after = last.ID
		}
		return collect(ctx, d.read, scanItem, selectItem+`WHERE i.id > $1 ORDER BY i.id LIMIT $2`, string(after), pageRows)
	})
}

// AllRulings yields every decision about an item, ordered by item and decision, for custody check.
func (d *DB) AllRulings(ctx context.Context) iter.Seq2[request.Ruled, error] {
	return pages(ctx, d, "reading decisions", func(ctx context.Context, last *request.Ruled) ([]request.Ruled, error) {
		var l request.Ruled
		if last != nil {
			l = *last
		}
		return collect(ctx, d.read, scanRuled, selectRuled+`WHERE (d.item_id, d.number) > ($1, $2) ORDER BY d.item_id, d.number LIMIT $3`, string(l.Item), l.Place, pageRows)
	})
}
