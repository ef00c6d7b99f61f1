package db

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ request.Store = (*DB)(nil)

// LogRequest implements request.Store. Exists: the id is taken.
func (d *DB) LogRequest(ctx context.Context, l request.Logging, fill func(request.Request) ([]custody.Event, error)) (request.Request, error) {
	r := l.Request
	if err := validRequest(&r); err != nil {
		return request.Request{}, err
	}
	if len(l.Holds) == 0 {
		return request.Request{}, custody.Errorf(custody.Invalid, "what a request asks for is held when it is logged")
	}
	c := &change{doing: "logging a request"}
	c.apply = func(t *tx) (bool, error) {
		var place int
		if err := t.row(`INSERT INTO request_year (year, last) VALUES ($1, 1)
			ON CONFLICT (year) DO UPDATE SET last = request_year.last + 1 RETURNING last`, l.Year).Scan(&place); err != nil {
			return false, err
		}
		r = l.Request
		r.Number = request.FormatNumber(l.Year, place)
		err := insertRequest(t, &r, l.Year, place)
		if err == nil { // no disposal waits for a request's row, so the cameras may come second
			err = placeHolds(t, l.Holds)
		}
		if err != nil {
			return false, err
		}
		if c.events, err = fill(r); err != nil {
			return false, err
		}
		return true, validEvents(c.events)
	}
	if err := d.seq.commit(ctx, c); err != nil {
		return request.Request{}, err
	}
	return r, nil
}

// validEvents is what commit asks of events, for those that are made inside a transaction.
func validEvents(evs []custody.Event) error {
	for i := range evs {
		if err := validEvent(&evs[i]); err != nil {
			return err
		}
	}
	return nil
}

func validRequest(r *request.Request) error {
	if !custody.ValidID("req_", string(r.ID)) {
		return custody.Errorf(custody.Invalid, "the request's id is not well formed")
	}
	o := r.Officer
	for _, s := range []string{r.Late, r.Text, r.Requester.Name, r.Requester.Contact, o.Agency, o.Name, o.Badge, o.Case, o.Offence, r.PickUp, r.Why, r.CallBack.Spoke} {
		if !isText(s) {
			return custody.Errorf(custody.Invalid, "something of the request is not text")
		}
	}
	if len(r.Text) > request.MaxText {
		return custody.Errorf(custody.Invalid, "what was asked is longer than %d bytes", request.MaxText)
	}
	return nil
}

// requestValues are the changeable columns of a request, in the order of requestColumns.
func requestValues(r *request.Request) []any {
	o := r.Officer
	return []any{string(r.State), int64(r.Since), int64(r.Received), r.Late, r.ReadBack, r.Inspect, r.Requester.Name, r.Requester.Contact,
		o.Agency, o.Name, o.Badge, o.Case, o.Offence, o.AtSite, orNull(int64(r.Asked.Span.Start)), orNull(int64(r.Asked.Span.End)),
		int64(r.Due), orNull(int64(r.Ended)), orNull(string(r.Closing)), closedWhy(r), r.Version, r.Ruling}
}

func closedWhy(r *request.Request) any {
	if r.Ended == 0 {
		return nil
	}
	return r.Why
}

func requestColumns() []string {
	return []string{"state", "since_at", "received_at", "late", "read_back", "inspect", "requester", "contact", "agency", "officer", "badge", "case_number",
		"offence", "at_site", "asked_start_at", "asked_end_at", "due_at", "ended_at", "closing", "why", "version", "ruling"}
}

func insertRequest(t *tx, r *request.Request, year, place int) error {
	columns := append(requestColumns(), "id", "number", "year", "place", "kind", "channel", "logged_at", "logged_by", "text", "oral", "pick_up")
	values := append(requestValues(r), string(r.ID), r.Number, year, place, string(r.Kind), string(r.Channel), int64(r.Logged), string(r.LoggedBy),
		r.Text, r.Oral, r.PickUp)
	if err := t.insert("request", columns, [][]any{values}); err != nil {
		return err
	}
	return putAsked(t, r)
}

// putAsked stores the cameras that were named and who is concerned.
func putAsked(t *tx, r *request.Request) error {
	var cameras, concerned [][]any
	for i, c := range r.Asked.Cameras {
		cameras = append(cameras, []any{string(r.ID), string(c), i})
	}
	for _, s := range r.Concerned {
		concerned = append(concerned, []any{string(r.ID), string(s)})
	}
	if err := t.insert("request_camera", []string{"request_id", "camera_id", "position"}, cameras); err != nil {
		return err
	}
	return t.insert("request_concerned", []string{"request_id", "staff_id"}, concerned)
}

// Change implements request.Store.
func (d *DB) Change(ctx context.Context, ch request.Changing, evs ...custody.Event) (request.Request, error) {
	if err := validRequest(&ch.Request); err != nil {
		return request.Request{}, err
	}
	if len(evs) == 0 {
		return request.Request{}, custody.Errorf(custody.Invalid, "a change of a request is recorded by an event")
	}
	at := evs[0].At
	err := d.seq.commit(ctx, &change{doing: "changing a request", events: evs, apply: func(t *tx) (bool, error) {
		if err := placeHolds(t, ch.Holds); err != nil {
			return false, err
		}
		err := changeRequest(t, ch.Request, ch.Items, at)
		if err == nil && ch.Note != nil {
			err = putNote(t, *ch.Note, request.MaxRemarks)
		}
		return true, err
	}})
	r := ch.Request
	r.Version++
	return r, err
}

// changeRequest replaces a request of the version that was read, and those of its items.
func changeRequest(t *tx, r request.Request, items []request.Item, at custody.Instant) error {
	before, known, err := readRequest(t.ctx, t, `r.id = $1`, string(r.ID))
	if err != nil {
		return absentRow(err, "there is no such request")
	}
	if before.Version != r.Version {
		return custody.Errorf(custody.Conflict, "the request was changed meanwhile: read it again")
	}
	r.Version++
	assignments, args := "", requestValues(&r)
	for i, c := range requestColumns() {
		if i > 0 {
			assignments += ", "
		}
		assignments += c + " = " + placeholders(i+1, 1)
	}
	args = append(args, string(r.ID), before.Version)
	n, err := t.exec(`UPDATE request SET `+assignments+` WHERE id = `+placeholders(len(args)-1, 1)+` AND version = `+placeholders(len(args), 1), args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return custody.Errorf(custody.Conflict, "the request was changed meanwhile: read it again")
	}
	if before.Ended != 0 && r.Ended == 0 { // reopened: nobody proposes any more to dispose of its file
		if _, err := t.exec(`DELETE FROM request_disposal WHERE request_id = $1 AND disposed_at IS NULL`, string(r.ID)); err != nil {
			return err
		}
	}
	if !slices.Equal(before.Asked.Cameras, r.Asked.Cameras) || !slices.Equal(before.Concerned, r.Concerned) {
		if err := replaceAsked(t, &r); err != nil {
			return err
		}
	}
	if r.CallBack != before.CallBack {
		if err := putCallBack(t, r.ID, r.CallBack); err != nil {
			return err
		}
	}
	for i := range items {
		if err := putItem(t, &r, known, &items[i], at); err != nil {
			return err
		}
	}
	return nil
}

func replaceAsked(t *tx, r *request.Request) error {
	for _, q := range []string{`DELETE FROM request_camera WHERE request_id = $1`, `DELETE FROM request_concerned WHERE request_id = $1`} {
		if _, err := t.exec(q, string(r.ID)); err != nil {
			return err
		}
	}
	return putAsked(t, r)
}

// putCallBack stores an attempt, which counts from now on; without one none counts any more.
func putCallBack(t *tx, id custody.RequestID, c request.CallBack) error {
	if c == (request.CallBack{}) {
		_, err := t.exec(`UPDATE request SET call_back = NULL WHERE id = $1`, string(id))
		return err
	}
	err := room(t, "call_back", id, request.MaxCallBacks, "call-backs")
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO call_back (request_id, number, agency_id, phone, reached, spoke, made_by, made_at)
		SELECT $1, COALESCE(max(number), 0) + 1, $2, $3, $4, $5, $6, $7 FROM call_back WHERE request_id = $1`,
		string(id), string(c.Agency), c.Number, c.Reached, c.Spoke, string(c.By), int64(c.At))
	if err == nil {
		_, err = t.exec(`UPDATE request SET call_back = (SELECT max(b.number) FROM call_back b WHERE b.request_id = $1) WHERE id = $1`, string(id))
	}
	return err
}

// putItem stores an item as it is now, and what of its decisions that changes.
func putItem(t *tx, r *request.Request, known []request.Item, it *request.Item, at custody.Instant) error {
	if err := validItem(r, it); err != nil {
		return err
	}
	p := it.Proposal
	proposed := []any{nil, nil, nil, nil, nil}
	if p != (request.Proposal{}) {
		proposed = []any{string(p.Outcome), p.Citation, p.Reason, string(p.By), int64(p.At)}
	}
	values := append([]any{string(it.Camera), int64(it.Span.Start), int64(it.Span.End), string(it.Stage)}, proposed...)
	values = append(values, orNull(int64(it.Out)), string(it.ID), string(r.ID))
	i := slices.IndexFunc(known, func(k request.Item) bool { return k.ID == it.ID })
	if i < 0 {
		columns := []string{"camera_id", "start_at", "end_at", "stage", "proposed_outcome", "proposed_citation", "proposed_reason", "proposed_by", "proposed_at",
			"out_at", "id", "request_id", "place"}
		if err := t.insert("request_item", columns, [][]any{append(values, it.Place)}); err != nil {
			return err
		}
		return putDecision(t, request.Decision{}, it, at)
	}
	_, err := t.exec(`UPDATE request_item SET camera_id = $1, start_at = $2, end_at = $3, stage = $4, proposed_outcome = $5, proposed_citation = $6,
		proposed_reason = $7, proposed_by = $8, proposed_at = $9, out_at = $10 WHERE id = $11 AND request_id = $12`, values...)
	if err != nil {
		return err
	}
	return putDecision(t, known[i].Decision, it, at)
}

// putDecision supersedes the decision that stood and stores the one that stands now. The history keeps both.
func putDecision(t *tx, before request.Decision, it *request.Item, at custody.Instant) error {
	d := it.Decision
	if d == before {
		return nil
	}
	if before != (request.Decision{}) {
		if _, err := t.exec(`UPDATE request_decision SET superseded_at = $2 WHERE item_id = $1 AND superseded_at IS NULL`, string(it.ID), int64(at)); err != nil {
			return err
		}
	}
	if d == (request.Decision{}) {
		return nil
	}
	_, err := t.exec(`INSERT INTO request_decision (item_id, number, camera_id, start_at, end_at, proposed_by, outcome, citation, reason, decided_by, decided_at,
		lapses_at) SELECT $1, COALESCE(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM request_decision WHERE item_id = $1`,
		string(it.ID), string(it.Camera), int64(it.Span.Start), int64(it.Span.End), string(it.Proposal.By), string(d.Outcome), d.Citation, d.Reason,
		string(d.By), int64(d.At), int64(d.Lapses))
	return err
}

// validItem is the belt to the judge's braces: what no program may store, whoever asks.
func validItem(r *request.Request, it *request.Item) error {
	p, d := it.Proposal, it.Decision
	if !isText(p.Citation) || !isText(p.Reason) || !isText(d.Citation) || !isText(d.Reason) || !custody.ValidID("itm_", string(it.ID)) {
		return custody.Errorf(custody.Invalid, "the item's id is not well formed, or something of it is not text")
	}
	switch {
	case it.Stage == access.Decided && (d == (request.Decision{}) || p == (request.Proposal{})):
		return custody.Errorf(custody.Invalid, "a decided item has a proposal and a decision")
	case it.Stage != access.Decided && d != (request.Decision{}):
		return custody.Errorf(custody.Invalid, "an item that is %s has no decision", it.Stage)
	case d.By != "" && d.By == p.By:
		return custody.Errorf(custody.Denied, "who proposed an item does not decide it")
	case p.By != "" && it.Stage == access.Proposed && slices.Contains(r.Concerned, p.By), d.By != "" && slices.Contains(r.Concerned, d.By):
		return custody.Errorf(custody.Denied, "who is concerned by a request neither proposes nor decides anything of it")
	}
	return nil
}
