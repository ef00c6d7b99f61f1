package db

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
)

// moveRequest moves a request in the course of another room's act, inside that act's transaction: request.ActPackage when a package became
// ready, ActHandOver when it was handed over, ActReceipt when it was signed for and nothing else is out, ActRecall when it was recalled.
// packaged are the items whose footage is in the package. It returns the request as it is now, and the entry that records the move,
// which the caller appends to its change's events.
//
// Conflict: the request's table does not allow the act now. For ActReceipt that is an answer rather than an error: the request stays
// open, because something is still to be inspected or handed over. NotFound: there is no such request.
func moveRequest(t *tx, id custody.RequestID, act request.Act, packaged []custody.ItemID, actor string, at custody.Instant) (request.Request, custody.Event, error) {
	if err := lockRequest(t, id); err != nil {
		return request.Request{}, custody.Event{}, err
	}
	r, items, err := readRequest(t.ctx, t, `r.id = $1`, string(id))
	if err != nil {
		return request.Request{}, custody.Event{}, absentRow(err, "there is no such request")
	}
	m, err := request.Move(act, r, items, packaged, actor, at)
	if err != nil {
		return request.Request{}, custody.Event{}, err
	}
	next := m.Request
	next.Version = r.Version // that was read; changeRequest raises it
	if err := changeRequest(t, next, m.Changed, at); err != nil {
		return request.Request{}, custody.Event{}, err
	}
	return m.Request, m.Event, validEvent(&m.Event)
}
