package request

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Parts are what a Desk works with; all are required.
type Parts struct {
	Store    Store
	Footage  Footage
	Calendar Calendar
	Clock    custody.Clock
}

// Desk is where requests are worked on. Every act takes a Grant of the judge about the request or item that it changes (Ask.Subject) and
// asks it first; a Grant with a Version changes only a request of that version (Conflict otherwise). It is safe for concurrent use and
// keeps nothing.
type Desk struct{ Parts }

// New returns the desk over its parts.
func New(p Parts) *Desk { return &Desk{p} }

// File is a request with its items, in order of their places.
type File struct {
	Request
	Items []Item
}

// item finds an item by its id.
func (f *File) item(id custody.ItemID) *Item {
	for i := range f.Items {
		if f.Items[i].ID == id {
			return &f.Items[i]
		}
	}
	return nil
}

// about reports with Denied that a Grant does not allow the action on that subject to a member of staff, or that it no longer stands.
func about[T ~string](g access.Grant, action access.Action, subject T) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Subject() != string(subject) || subject == "" || g.Actor().Staff() == "" {
		return custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	return nil
}

// under reports with Denied that a Scope does not show requests.
func under(s access.Scope) error {
	if s.Actor().Known() && s.Action() == access.RequestView && s.Everything() {
		return nil
	}
	return custody.Errorf(custody.Denied, "there is no decision that allows this")
}

// request reads the request that a Grant of the action is about.
func (k *Desk) request(ctx context.Context, g access.Grant, action access.Action, id custody.RequestID) (File, error) {
	if err := about(g, action, id); err != nil {
		return File{}, err
	}
	r, items, err := k.Store.RequestByID(ctx, id)
	if err != nil {
		return File{}, err
	}
	return File{r, items}, judged(g, r)
}

// withItem reads the request of the item that a Grant of the action is about.
func (k *Desk) withItem(ctx context.Context, g access.Grant, action access.Action, id custody.ItemID) (File, *Item, error) {
	if err := about(g, action, id); err != nil {
		return File{}, nil, err
	}
	r, items, err := k.Store.RequestByItem(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	f := File{r, items}
	return f, f.item(id), judged(g, r)
}

// judged reports with Conflict that the request is no longer the one that the Grant's asker saw (CONTRACTS 11), and with Denied that the
// actor is concerned by it.
func judged(g access.Grant, r Request) error {
	if err := rests(&r); err != nil {
		return err
	}
	if g.Version() != 0 && g.Version() != r.Version {
		return custody.Errorf(custody.Conflict, "the request was changed meanwhile: read it again")
	}
	if concerned(r, g.Actor().Staff()) {
		return custody.Errorf(custody.Denied, "this request is your own, or about you")
	}
	return nil
}

func concerned(r Request, who custody.StaffID) bool {
	for _, id := range r.Concerned {
		if id == who {
			return true
		}
	}
	return false
}

// change is an act on a request that is about to be stored.
type change struct {
	file   *File
	from   State
	at     custody.Instant
	actor  string
	events []custody.Event
	holds  []custody.Hold
	items  map[custody.ItemID]bool // that were changed
	note   *Note
}

// begin starts an act; the file may be changed from now on.
func (k *Desk) begin(g access.Grant, f *File) *change {
	return &change{file: f, from: f.State, at: k.Clock.Now(), actor: g.Actor().String(), items: map[custody.ItemID]bool{}}
}

// record makes an entry of the act: of the file as it will be stored.
func (c *change) record(t custody.EventType, camera custody.CameraID, e Entry, touched ...Item) error {
	r := c.file.Request
	r.Version++
	e.From = c.from
	for _, it := range touched {
		e.Items = append(e.Items, ImageOfItem(it))
		c.items[it.ID] = true
	}
	ev, err := event(t, c.at, c.actor, camera, r, e)
	c.events = append(c.events, ev)
	return err
}

// remark puts what was said about the act into the file.
func (c *change) remark(g access.Grant, text string) *NoteImage {
	c.note = &Note{Request: c.file.ID, Text: text, By: g.Actor().Staff(), At: c.at}
	image := ImageOfNote(*c.note)
	return &image
}

// commit stores the act.
func (k *Desk) commit(ctx context.Context, c *change) (File, error) {
	var items []Item
	for _, it := range c.file.Items {
		if c.items[it.ID] {
			items = append(items, it)
		}
	}
	for _, h := range c.holds {
		ev, err := h.PlacedEvent()
		if err != nil {
			return File{}, err
		}
		c.events = append(c.events, ev)
	}
	r, err := k.Store.Change(ctx, Changing{c.file.Request, items, c.holds, c.note}, c.events...)
	if err != nil {
		return File{}, err
	}
	c.file.Request = r
	return *c.file, nil
}
