package request

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// List lists requests by the day they are due, closed ones last and latest first, under a Scope of request.view.
func (k *Desk) List(ctx context.Context, s access.Scope, f Filter) ([]Request, error) {
	if err := under(s); err != nil {
		return nil, err
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	if f.Limit < 1 || f.Limit > 500 {
		return nil, custody.Errorf(custody.Invalid, "limit: 1 to 500")
	}
	return k.Store.Requests(ctx, s, f)
}

// ByID is one request with its items under a Scope of request.view. NotFound if there is none.
func (k *Desk) ByID(ctx context.Context, s access.Scope, id custody.RequestID) (File, error) {
	if err := under(s); err != nil {
		return File{}, err
	}
	r, items, err := k.Store.RequestByID(ctx, id)
	return shown(s, r, items, err, "there is no such request")
}

// ByItem is the request of an item under a Scope of request.view. NotFound if there is none.
func (k *Desk) ByItem(ctx context.Context, s access.Scope, id custody.ItemID) (File, error) {
	if err := under(s); err != nil {
		return File{}, err
	}
	r, items, err := k.Store.RequestByItem(ctx, id)
	return shown(s, r, items, err, "there is no such item")
}

// ByNumber is the request of a number under a Scope of request.view. NotFound if there is none.
func (k *Desk) ByNumber(ctx context.Context, s access.Scope, number string) (File, error) {
	if err := under(s); err != nil {
		return File{}, err
	}
	if _, _, err := ParseNumber(number); err != nil {
		return File{}, err
	}
	r, items, err := k.Store.RequestByNumber(ctx, number)
	return shown(s, r, items, err, "there is no such request")
}

// shown is a request that was read, if the Scope shows it: else it reads like one that there is not.
func shown(s access.Scope, r Request, items []Item, err error, absent string) (File, error) {
	if err == nil && !s.Shows(r.ID) {
		err = custody.Errorf(custody.NotFound, "%s", absent)
	}
	if err != nil {
		return File{}, err
	}
	return File{r, items}, nil
}

// within reports with Denied that a Scope shows no requests, and with NotFound that it does not show this one.
func within(s access.Scope, id custody.RequestID) error {
	if err := under(s); err != nil {
		return err
	}
	if !s.Shows(id) {
		return custody.Errorf(custody.NotFound, "there is no such request")
	}
	return nil
}

// Rulings are all decisions about the items of a request, superseded ones too, under a Scope of request.view.
func (k *Desk) Rulings(ctx context.Context, s access.Scope, id custody.RequestID) ([]Ruled, error) {
	if err := within(s, id); err != nil {
		return nil, err
	}
	return k.Store.Rulings(ctx, id)
}

// CallBacks are all attempts to reach the officer, in order, under a Scope of request.view.
func (k *Desk) CallBacks(ctx context.Context, s access.Scope, id custody.RequestID) ([]CallBack, error) {
	if err := within(s, id); err != nil {
		return nil, err
	}
	return k.Store.CallBacks(ctx, id)
}

// Look is what there is of an item, before anybody looks at it: for the workspace, and for the letter that says that there is nothing.
type Look struct {
	Inventory
	Missing []custody.Span // of the item's span: neither recorded, nor in a gap with a cause, nor disposed of
	Earlier []Earlier      // of other requests, handed over before
	// Possible are the outcomes that could be proposed now; Why says of each other one why not.
	Possible []Outcome
	Why      map[Outcome]string
}

// Look describes an item's footage under a Scope of request.view. No picture is opened. NotFound if there is no such item or camera.
func (k *Desk) Look(ctx context.Context, s access.Scope, id custody.ItemID) (Look, error) {
	f, err := k.ByItem(ctx, s, id)
	if err != nil {
		return Look{}, err
	}
	it := f.item(id)
	l := Look{Why: map[Outcome]string{}}
	if l.Inventory, err = k.Footage.Inventory(ctx, it.Camera, it.Span); err != nil {
		return Look{}, err
	}
	known := append([]custody.Span(nil), l.Recorded...)
	for _, g := range l.Gaps {
		known = append(known, g.Span)
	}
	for _, d := range l.Disposed {
		known = append(known, d.Span)
	}
	l.Missing = uncovered(it.Span, known)
	if l.Earlier, err = k.Store.Overlapping(ctx, f.ID, it.Camera, it.Span); err != nil {
		return Look{}, err
	}
	l.Earlier = slices.DeleteFunc(l.Earlier, func(e Earlier) bool { return !s.Shows(e.Item.Request) })
	for _, o := range access.Outcomes() {
		switch err := k.possible(ctx, &f.Request, it, o, true, k.Clock.Now()); custody.KindOf(err) {
		case custody.Denied:
			l.Why[o] = custody.PublicText(err)
		default:
			if err != nil {
				return Look{}, err
			}
			l.Possible = append(l.Possible, o)
		}
	}
	return l, nil
}
