package request

import (
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Moved is a request after the program moved it in the course of another room's act.
type Moved struct {
	Request Request
	Items   []Item // all of them
	Changed []Item // of them, that the move changed
	Event   custody.Event
}

// Move moves a request as ActPackage, ActHandOver, ActReceipt or ActRecall does, by the same table as every other act, and makes the entry that
// records it. packaged are the items whose footage is in the package that the act is about. It raises Version; Ruling only on a recall. It
// is for the store, which calls it inside the transaction of that act: a package that became ready, a hand-over, a receipt with
// which nothing is out any more, a recall. Conflict: the table does not allow it now; of ActReceipt that is no error but the answer
// that the request stays open.
func Move(act Act, r Request, items []Item, packaged []custody.ItemID, actor string, at custody.Instant) (Moved, error) {
	m := Moved{Request: r, Items: slices.Clone(items)}
	from := r.State
	row := requestRule(act)
	if row.who != System {
		return Moved{}, custody.Errorf(custody.Internal, "%s is no act of the program's", act)
	}
	for i := range m.Items {
		it := &m.Items[i]
		if !slices.Contains(packaged, it.ID) || it.Stage != access.Decided || it.Decision.Outcome != access.Granted {
			continue
		}
		switch {
		case act == ActHandOver && it.Out == 0:
			it.Out = at
		case act == ActRecall:
			it.Stage, it.Decision, it.Out = access.Ended, Decision{}, 0
			m.Request.Ruling++
		default:
			continue
		}
		m.Changed = append(m.Changed, *it)
	}
	rests := slices.Contains([]State{Clarify, Misdirected, Closed}, m.Request.State)
	if err := move(act, at, &m.Request, m.Items); err != nil {
		return Moved{}, err
	}
	switch {
	case act == ActRecall && rests: // it stays so: what was released is not any more
		m.Request.State, m.Request.Since = r.State, r.Since
	case act == ActReceipt:
		m.Request.Ended, m.Request.Why = at, "handed over and signed for"
		m.Request.Closing = outcome(&r, items)
	}
	m.Request.Version++
	var err error
	m.Event, err = event(row.event, at, actor, "", m.Request, Entry{Act: act, From: from, Items: images(m.Changed)})
	return m, err
}
