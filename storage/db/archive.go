package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ request.ArchiveStore = (*DB)(nil)

const selectDisposal = `SELECT x.request_id, x.proposed_by, x.proposed_at, x.why, COALESCE(x.confirmed_by, ''), COALESCE(x.disposed_at, 0),
	COALESCE(x.authority, ''), x.file_sha256, COALESCE(x.final_at, 0) FROM request_disposal x `

func scanDisposal(rows *sql.Rows) (d request.FileDisposal, err error) {
	var digest []byte
	err = rows.Scan(&d.Request, &d.By, &d.Proposed, &d.Why, &d.Confirmed, &d.At, &d.Authority, &digest, &d.Final)
	if err == nil && d.Done() && copy(d.SHA256[:], digest) != len(d.SHA256) {
		err = custody.Errorf(custody.Corrupt, "the disposal of a request's file has no digest")
	}
	return d, err
}

// readAged reads a request with what its disposal looks at. sql.ErrNoRows if there is none.
func readAged(ctx context.Context, q querier, r request.Request) (request.Aged, error) {
	g := request.Aged{Request: r}
	err := q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM hold h WHERE h.request_id = $1 AND h.lifted_at IS NULL),
		COALESCE((SELECT max(d.recalled_at) FROM delivery d WHERE d.request_id = $1), 0)`, string(r.ID)).Scan(&g.Holds, &g.Recalled)
	if err != nil {
		return g, err
	}
	found, err := collect(ctx, q, scanDisposal, selectDisposal+`WHERE x.request_id = $1`, string(r.ID))
	if len(found) > 0 {
		g.Disposal = found[0]
	}
	return g, err
}

// Ended implements request.ArchiveStore.
func (d *DB) Ended(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]request.Aged, error) {
	const doing = "reading files that are due"
	if scope.Action() != access.RequestView || !scope.Everything() {
		return nil, nil
	}
	rs, err := collect(ctx, d.read, scanRequest, selectRequest+`WHERE r.ended_at < $1
		AND NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = r.id AND x.disposed_at IS NOT NULL) ORDER BY r.ended_at, r.id LIMIT $2`,
		int64(before), limit)
	out := make([]request.Aged, 0, len(rs))
	for _, r := range rs {
		var g request.Aged
		if err == nil {
			g, err = readAged(ctx, d.read, r)
		}
		out = append(out, g)
	}
	return out, fault(d.dialect, err, doing)
}

// Aged implements request.ArchiveStore.
func (d *DB) Aged(ctx context.Context, id custody.RequestID) (request.Aged, error) {
	r, _, err := d.RequestByID(ctx, id)
	if err != nil {
		return request.Aged{}, err
	}
	g, err := readAged(ctx, d.read, r)
	return g, fault(d.dialect, err, "reading a disposal")
}

// agedForChange reads a request inside a transaction that nobody else's change passes.
func agedForChange(t *tx, id custody.RequestID) (request.Aged, []request.Item, error) {
	if err := lockRequest(t, id); err != nil {
		return request.Aged{}, nil, err
	}
	r, items, err := readRequest(t.ctx, t, `r.id = $1`, string(id))
	if err != nil {
		return request.Aged{}, nil, absentRow(err, "there is no such request")
	}
	g, err := readAged(t.ctx, t, r)
	return g, items, err
}

// ProposeDisposal implements request.ArchiveStore.
func (d *DB) ProposeDisposal(ctx context.Context, id custody.RequestID, fill func(request.Aged) (request.FileDisposal, []custody.Event, error)) (request.Aged, error) {
	var g request.Aged
	c := &change{doing: "proposing the disposal of a file"}
	c.apply = func(t *tx) (bool, error) {
		var err error
		if g, _, err = agedForChange(t, id); err != nil {
			return false, err
		}
		if g.Disposal, c.events, err = fill(g); err != nil {
			return false, err
		}
		p := g.Disposal
		if p.Request != id || p.Done() || !isText(p.Why) || len(c.events) == 0 {
			return false, custody.Errorf(custody.Invalid, "a proposal is about the request, carries nothing out, and is recorded by an event")
		}
		if err := raiseVersion(t, &g); err != nil {
			return false, err
		}
		err = t.insert("request_disposal", []string{"request_id", "proposed_by", "proposed_at", "why"}, [][]any{{string(id), string(p.By), int64(p.Proposed), p.Why}})
		if err == nil {
			err = validEvents(c.events)
		}
		return true, err
	}
	return g, d.seq.commit(ctx, c)
}

func raiseVersion(t *tx, g *request.Aged) error {
	g.Version++
	_, err := t.exec(`UPDATE request SET version = $2 WHERE id = $1`, string(g.ID), g.Version)
	return err
}

// DisposeFile implements request.ArchiveStore.
func (d *DB) DisposeFile(ctx context.Context, id custody.RequestID, fill func(request.Aged, request.Words) (request.FileDisposal, []custody.Event, error)) (request.Aged, error) {
	var g request.Aged
	c := &change{doing: "disposing of a request's file"}
	c.apply = func(t *tx) (bool, error) {
		var items []request.Item
		var err error
		if g, items, err = agedForChange(t, id); err != nil {
			return false, err
		}
		words, err := readWords(t, g.Request, items)
		if err != nil {
			return false, err
		}
		if g.Disposal, c.events, err = fill(g, words); err != nil {
			return false, err
		}
		if err := raiseVersion(t, &g); err != nil {
			return false, err
		}
		if err := carryOut(t, &g.Disposal); err != nil {
			return false, err
		}
		if err := blank(t, id); err != nil {
			return false, err
		}
		g.Request = g.Request.Blank(g.Disposal.At)
		return true, validEvents(c.events)
	}
	return g, d.seq.commit(ctx, c)
}

// carryOut notes that a proposal is carried out: from now on the database lets the words go, and nothing else.
func carryOut(t *tx, x *request.FileDisposal) error {
	if !x.Done() || !isText(x.Authority) {
		return custody.Errorf(custody.Invalid, "a disposal has a time and an authority that is text")
	}
	n, err := t.exec(`UPDATE request_disposal SET confirmed_by = $2, disposed_at = $3, authority = $4, file_sha256 = $5, final_at = $6
		WHERE request_id = $1 AND proposed_by = $7 AND disposed_at IS NULL`,
		string(x.Request), string(x.Confirmed), int64(x.At), x.Authority, x.SHA256[:], int64(x.Final), string(x.By))
	if err == nil && n == 0 {
		err = custody.Errorf(custody.Conflict, "the file was disposed of meanwhile, or nobody proposes it any more")
	}
	return err
}

// blank takes the words away, and the keys of what lies packed.
func blank(t *tx, id custody.RequestID) error {
	const gone, pickUp = request.Gone, request.GonePickUp
	for _, q := range []struct {
		text string
		args []any
	}{
		{`UPDATE request SET text = $2, pick_up = $3, late = '', requester = '', contact = '', agency = '', officer = '', badge = '', case_number = '',
			offence = '', why = '' WHERE id = $1`, []any{gone, pickUp}},
		{`UPDATE request_item SET proposed_reason = '' WHERE request_id = $1 AND proposed_reason <> ''`, nil},
		{`UPDATE request_decision SET reason = '' WHERE reason <> '' AND item_id IN (SELECT i.id FROM request_item i WHERE i.request_id = $1)`, nil},
		{`UPDATE call_back SET spoke = '' WHERE request_id = $1`, nil},
		{`UPDATE request_note SET text = $2 WHERE request_id = $1`, []any{gone}},
		{`DELETE FROM request_attachment_part WHERE attachment_id IN (SELECT a.id FROM request_attachment a WHERE a.request_id = $1)`, nil},
		{`UPDATE request_attachment SET name = $2 WHERE request_id = $1`, []any{gone}},
		{`UPDATE delivery SET recipient = $2, agency = '', badge = '', signed_by = CASE WHEN signed_by IS NULL THEN NULL ELSE $2 END WHERE request_id = $1`,
			[]any{gone}},
		{`INSERT INTO disposed_package (package_id, request_id, tried_at) SELECT p.id, p.request_id, 0 FROM package p
			JOIN package_key k ON k.package_id = p.id WHERE p.request_id = $1`, nil},
		{`DELETE FROM package_key WHERE package_id IN (SELECT p.id FROM package p WHERE p.request_id = $1)`, nil},
		{`DELETE FROM package WHERE request_id = $1 AND made_at IS NULL AND state = 'failed'`, nil},
		{`UPDATE package SET why = '', report = CASE WHEN report = '' THEN '' ELSE '{}' END WHERE request_id = $1`, nil},
	} {
		if _, err := t.exec(q.text, append([]any{string(id)}, q.args...)...); err != nil {
			return err
		}
	}
	return nil
}

// readWords reads all that blank takes away.
func readWords(t *tx, r request.Request, items []request.Item) (request.Words, error) {
	o := r.Officer
	w := request.Words{Number: r.Number, Late: r.Late, Text: r.Text, Requester: r.Requester.Name, Contact: r.Requester.Contact, Agency: o.Agency, Officer: o.Name,
		Badge: o.Badge, Case: o.Case, Offence: o.Offence, PickUp: r.PickUp, Why: r.Why}
	for _, i := range items {
		w.Items = append(w.Items, request.ItemWords{Place: i.Place, Reason: i.Proposal.Reason})
	}
	id := string(r.ID)
	var err error
	w.Decisions, err = collect(t.ctx, t, func(rows *sql.Rows) (x request.ItemWords, err error) {
		return x, rows.Scan(&x.Place, &x.Decision, &x.Reason)
	}, `SELECT i.place, d.number, d.reason FROM request_decision d JOIN request_item i ON i.id = d.item_id WHERE i.request_id = $1 ORDER BY i.place, d.number`, id)
	numbered := func(rows *sql.Rows) (x request.NumberedWords, err error) { return x, rows.Scan(&x.Number, &x.Text) }
	if err == nil {
		w.Calls, err = collect(t.ctx, t, numbered, `SELECT number, spoke FROM call_back WHERE request_id = $1 ORDER BY number`, id)
	}
	if err == nil {
		w.Notes, err = collect(t.ctx, t, numbered, `SELECT number, text FROM request_note WHERE request_id = $1 ORDER BY number`, id)
	}
	if err == nil {
		w.Papers, err = collect(t.ctx, t, func(rows *sql.Rows) (x request.PaperWords, err error) {
			a, err := scanAttachment(rows)
			return request.PaperWords{ID: a.ID, Name: a.Name, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:])}, err
		}, selectAttachment+`WHERE request_id = $1 ORDER BY id`, id)
	}
	if err == nil {
		w.Packages, err = collect(t.ctx, t, func(rows *sql.Rows) (x request.PackageWords, err error) {
			var report string
			err = rows.Scan(&x.ID, &x.Why, &report, &x.Kept)
			digest := sha256.Sum256([]byte(report))
			x.Report = hex.EncodeToString(digest[:])
			return x, err
		}, `SELECT p.id, p.why, p.report, k.package_id IS NOT NULL FROM package p LEFT JOIN package_key k ON k.package_id = p.id
			WHERE p.request_id = $1 ORDER BY p.place`, id)
	}
	if err == nil {
		w.Deliveries, err = collect(t.ctx, t, func(rows *sql.Rows) (x request.DeliveryWords, err error) {
			return x, rows.Scan(&x.ID, &x.Recipient, &x.Agency, &x.Badge, &x.SignedBy)
		}, `SELECT id, recipient, agency, badge, COALESCE(signed_by, '') FROM delivery WHERE request_id = $1 ORDER BY id`, id)
	}
	return w, err
}

// AllDisposals yields every disposal of a request's file, proposed ones too, ordered by request, for custody check.
func (d *DB) AllDisposals(ctx context.Context) iter.Seq2[request.FileDisposal, error] {
	return pages(ctx, d, "reading disposals of files", func(ctx context.Context, last *request.FileDisposal) ([]request.FileDisposal, error) {
		var after custody.RequestID
		if last != nil {
			after = last.Request
		}
		return collect(ctx, d.read, scanDisposal, selectDisposal+`WHERE x.request_id > $1 ORDER BY x.request_id LIMIT $2`, string(after), pageRows)
	})
}
