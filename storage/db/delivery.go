package db

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Deliveries keeps hand-overs. It is safe for concurrent use.
type Deliveries struct{ db *DB }

var _ delivery.Store = Deliveries{}

// Deliveries are the hand-overs in this database.
func (d *DB) Deliveries() Deliveries { return Deliveries{d} }

const selectDelivery = `SELECT d.id, d.package_id, d.request_id, p.number, p.digest, d.way, d.recipient, d.agency, d.badge, d.by_code,
	d.handed_by, d.handed_at, COALESCE(d.signed_at, 0), COALESCE(d.signed_by, ''), COALESCE(d.noted_by, ''), COALESCE(d.recalled_at, 0)
	FROM delivery d JOIN package p ON p.id = d.package_id `

func scanDelivery(rows *sql.Rows) (d delivery.Delivery, err error) {
	var digest []byte
	err = rows.Scan(&d.ID, &d.Package, &d.Request, &d.Number, &digest, &d.Way, &d.Recipient, &d.Agency, &d.Badge, &d.ByCode, &d.By, &d.At,
		&d.Signed, &d.SignedBy, &d.Noted, &d.Recalled)
	if err == nil && copy(d.Digest[:], digest) != len(d.Digest) {
		err = custody.Errorf(custody.Corrupt, "the package of a hand-over has no digest")
	}
	return d, err
}

// Add implements delivery.Store.
func (s Deliveries) Add(ctx context.Context, d delivery.Delivery, version int64, evs ...custody.Event) (closed bool, err error) {
	if err := validDelivery(&d, evs); err != nil {
		return false, err
	}
	c := &change{doing: "recording a hand-over"}
	c.apply = func(t *tx) (bool, error) {
		// The request's row first, as whoever changes a decision does: then the package.
		if err := lockRequest(t, d.Request); err != nil {
			return false, err
		}
		items, err := readyItems(t, &d)
		if err != nil {
			return false, err
		}
		r, moved, err := moveRequest(t, d.Request, request.ActHandOver, items, evs[0].Actor, d.At)
		if err != nil {
			return false, err
		}
		if version != 0 && version != r.Version-1 {
			return false, custody.Errorf(custody.Conflict, "the request was changed meanwhile: read it again")
		}
		if err := insertDelivery(t, &d); err != nil {
			return false, err
		}
		c.events = append(evs[:len(evs):len(evs)], moved)
		closed, err = closeSigned(t, c, d.Request, d.Signed)
		return true, err
	}
	return closed, s.db.seq.commit(ctx, c)
}

// readyItems are the items of the package that is handed over. Conflict unless it is ready, of what is decided now, and none of its
// decisions lapsed before it was handed over for the first time.
func readyItems(t *tx, d *delivery.Delivery) ([]custody.ItemID, error) {
	n, err := t.exec(`UPDATE package SET done = done WHERE id = $1 AND request_id = $2 AND state = 'ready'
		AND ruling = (SELECT r.ruling FROM request r WHERE r.id = package.request_id)`, string(d.Package), string(d.Request))
	if err == nil && n == 0 {
		if err = t.stale(`SELECT count(*) FROM package WHERE id = $1`, string(d.Package), "the package"); custody.KindOf(err) == custody.Conflict {
			err = notReady()
		}
	}
	if err != nil {
		return nil, err
	}
	var held, count int
	if err := t.row(`SELECT count(*),
			COALESCE(sum(CASE WHEN i.stage = 'decided' AND r.outcome = 'grant' AND (r.lapses_at > $2 OR i.out_at IS NOT NULL) THEN 1 ELSE 0 END), 0)
		FROM package_item p JOIN request_item i ON i.id = p.item_id LEFT JOIN request_decision r ON r.item_id = i.id AND r.superseded_at IS NULL
		WHERE p.package_id = $1`, string(d.Package), int64(d.At)).Scan(&held, &count); err != nil {
		return nil, err
	}
	if held == 0 || held != count {
		return nil, notReady()
	}
	return itemsOf(t, d.Package)
}

func notReady() error {
	return custody.Errorf(custody.Conflict, "the package is not ready: it was recalled or replaced, or what it is of is not decided so any more")
}

func itemsOf(t *tx, id custody.PackageID) ([]custody.ItemID, error) {
	return collect(t.ctx, t.Tx, func(rows *sql.Rows) (i custody.ItemID, err error) { return i, rows.Scan(&i) },
		`SELECT item_id FROM package_item WHERE package_id = $1 ORDER BY position`, string(id))
}

func insertDelivery(t *tx, d *delivery.Delivery) error {
	return t.insert("delivery", []string{"id", "package_id", "request_id", "way", "recipient", "agency", "badge", "by_code", "handed_by", "handed_at", "signed_at",
		"signed_by", "noted_by"}, [][]any{{string(d.ID), string(d.Package), string(d.Request), string(d.Way), d.Recipient, d.Agency, d.Badge, d.ByCode,
		string(d.By), int64(d.At), orNull(int64(d.Signed)), orNull(d.SignedBy), orNull(string(d.Noted))}})
}

// closeSigned closes the request of a receipt if nothing else is out, as the system.
func closeSigned(t *tx, c *change, id custody.RequestID, at custody.Instant) (bool, error) {
	if at == 0 {
		return false, nil
	}
	var out int
	err := t.row(`SELECT count(*) FROM delivery WHERE request_id = $1 AND signed_at IS NULL AND recalled_at IS NULL`, string(id)).Scan(&out)
	if err != nil || out > 0 {
		return false, err
	}
	_, moved, err := moveRequest(t, id, request.ActReceipt, nil, "system", at)
	if custody.KindOf(err) == custody.Conflict && err != nil {
		return false, nil // something is still to be handed over or inspected, or it is closed already
	}
	if err == nil {
		c.events = append(c.events, moved)
	}
	return err == nil, err
}

// Sign implements delivery.Store.
func (s Deliveries) Sign(ctx context.Context, d delivery.Delivery, evs ...custody.Event) (closed bool, err error) {
	if err := validDelivery(&d, evs); err != nil {
		return false, err
	}
	if d.Signed == 0 {
		return false, custody.Errorf(custody.Invalid, "a receipt has a time and a name")
	}
	c := &change{doing: "recording a receipt"}
	c.apply = func(t *tx) (bool, error) {
		if err := lockRequest(t, d.Request); err != nil {
			return false, err
		}
		n, err := t.exec(`UPDATE delivery SET signed_at = $3, signed_by = $4, noted_by = $5 WHERE id = $1 AND request_id = $2 AND signed_at IS NULL`,
			string(d.ID), string(d.Request), int64(d.Signed), d.SignedBy, string(d.Noted))
		if err == nil && n == 0 {
			if err = t.stale(`SELECT count(*) FROM delivery WHERE id = $1`, string(d.ID), "the hand-over"); custody.KindOf(err) == custody.Conflict {
				err = custody.Errorf(custody.Conflict, "the receipt was recorded already")
			}
		}
		if err != nil {
			return false, err
		}
		c.events = slices.Clone(evs)
		closed, err = closeSigned(t, c, d.Request, d.Signed)
		return true, err
	}
	return closed, s.db.seq.commit(ctx, c)
}

// Recall implements delivery.Store.
func (s Deliveries) Recall(ctx context.Context, r delivery.Recall, evs ...custody.Event) ([]delivery.Delivery, error) {
	if !isText(r.Why) || r.Why == "" || len(evs) == 0 {
		return nil, custody.Errorf(custody.Invalid, "a recall has a reason that is text, and is recorded by an event")
	}
	if err := validEvents(evs); err != nil {
		return nil, err
	}
	var holders []delivery.Delivery
	c := &change{doing: "recalling a package"}
	c.apply = func(t *tx) (bool, error) {
		if err := lockRequest(t, r.Request); err != nil {
			return false, err
		}
		c.events = slices.Clone(evs)
		if err := recallPackage(t, c, &r); err != nil {
			return false, err
		}
		_, err := t.exec(`UPDATE delivery SET recalled_at = $2 WHERE package_id = $1`, string(r.Package), int64(r.At))
		if err == nil {
			holders, err = collect(t.ctx, t.Tx, scanDelivery, selectDelivery+`WHERE d.package_id = $1 ORDER BY d.handed_at, d.id`, string(r.Package))
		}
		return true, err
	}
	if err := s.db.seq.commit(ctx, c); err != nil {
		return nil, err
	}
	return holders, nil
}

// recallPackage ends the package. What was decided about the items of one that was ready counts no more.
func recallPackage(t *tx, c *change, r *delivery.Recall) error {
	var state string
	err := t.row(`SELECT state FROM package WHERE id = $1 AND request_id = $2`, string(r.Package), string(r.Request)).Scan(&state)
	if err != nil {
		return absentRow(err, "there is no such package")
	}
	n, err := t.exec(`UPDATE package SET state = 'recalled', why = $2 WHERE id = $1 AND state IN ('ready', 'replaced')`, string(r.Package), r.Why)
	if err == nil && n == 0 {
		err = custody.Errorf(custody.Conflict, "the package is %s: only one that was made and not recalled is recalled", state)
	}
	if err != nil || state != "ready" {
		return err
	}
	items, err := itemsOf(t, r.Package)
	if err != nil {
		return err
	}
	_, moved, err := moveRequest(t, r.Request, request.ActRecall, items, c.events[0].Actor, r.At)
	c.events = append(c.events, moved)
	return err
}

// validDelivery refuses what no program may store, whoever asks.
func validDelivery(d *delivery.Delivery, evs []custody.Event) error {
	if !custody.ValidID("dlv_", string(d.ID)) || len(evs) == 0 {
		return custody.Errorf(custody.Invalid, "a hand-over has a well-formed id and is recorded by an event")
	}
	for _, s := range []string{d.Recipient, d.Agency, d.Badge, d.SignedBy} {
		if !isText(s) {
			return custody.Errorf(custody.Invalid, "something of the hand-over is not text")
		}
	}
	return validEvents(evs)
}

// ByID implements delivery.Store.
func (s Deliveries) ByID(ctx context.Context, id custody.DeliveryID) (delivery.Delivery, error) {
	d, err := one(ctx, s.db.read, scanDelivery, selectDelivery+`WHERE d.id = $1`, string(id))
	return d, s.db.absent(err, "reading a hand-over", "there is no such hand-over")
}

// Of implements delivery.Store.
func (s Deliveries) Of(ctx context.Context, id custody.RequestID) ([]delivery.Delivery, error) {
	all, err := collect(ctx, s.db.read, scanDelivery, selectDelivery+`WHERE d.request_id = $1 ORDER BY d.handed_at, d.id`, string(id))
	return all, fault(s.db.dialect, err, "reading hand-overs")
}

// maxDeliveries is how many a list shows at most.
const maxDeliveries = 500

// List implements delivery.Store.
func (s Deliveries) List(ctx context.Context, scope access.Scope, f delivery.Filter) ([]delivery.Delivery, error) {
	if scope.Action() != access.RequestView || !scope.Everything() {
		return nil, nil
	}
	limit := f.Limit
	if limit < 1 || limit > maxDeliveries {
		limit = maxDeliveries
	}
	where := `WHERE TRUE`
	if f.Unsigned {
		where = `WHERE d.signed_at IS NULL AND d.recalled_at IS NULL`
	}
	hidden, args := hiding(scope, "d.request_id", []any{limit})
	all, err := collect(ctx, s.db.read, scanDelivery, selectDelivery+where+hidden+` ORDER BY d.handed_at DESC, d.id DESC LIMIT $1`, args...)
	return all, fault(s.db.dialect, err, "reading hand-overs")
}

// AllDeliveries yields every hand-over by id, for the check.
func (d *DB) AllDeliveries(ctx context.Context) iter.Seq2[delivery.Delivery, error] {
	return pages(ctx, d, "reading hand-overs", func(ctx context.Context, last *delivery.Delivery) ([]delivery.Delivery, error) {
		after := ""
		if last != nil {
			after = string(last.ID)
		}
		return collect(ctx, d.read, scanDelivery, selectDelivery+`WHERE d.id > $1 ORDER BY d.id LIMIT $2`, after, pageRows)
	})
}

// Delivery is one hand-over, for the check. NotFound if there is none.
func (d *DB) Delivery(ctx context.Context, id custody.DeliveryID) (delivery.Delivery, error) {
	return d.Deliveries().ByID(ctx, id)
}
