package request

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// AddItem adds a camera and a span of instants to a request, under a Grant of request.prepare about the request. What of it is not held yet
// is held from now on. The answer names the items of other requests whose footage of it was handed over before. Errors: Invalid (the
// span), NotFound (the camera), Exhausted (64 items), Conflict, Denied.
func (k *Desk) AddItem(ctx context.Context, g access.Grant, id custody.RequestID, camera custody.CameraID, span custody.Span) (File, Item, []Earlier, error) {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, Item{}, nil, err
	}
	if len(f.Items) >= MaxItems {
		return File{}, Item{}, nil, custody.Errorf(custody.Exhausted, "a request has at most %d items: log another for more", MaxItems)
	}
	f.Items = append(f.Items, Item{ID: custody.NewItemID(), Request: id, Place: len(f.Items) + 1, Camera: camera, Span: span})
	it := &f.Items[len(f.Items)-1]
	return k.scope(ctx, g, &f, it, ActAdd)
}

// Rescope gives an item another camera or span, under a Grant of request.prepare about the item. What was proposed and decided about it is
// void. Errors as AddItem's; Conflict, too, if its footage was handed over.
func (k *Desk) Rescope(ctx context.Context, g access.Grant, id custody.ItemID, camera custody.CameraID, span custody.Span) (File, Item, []Earlier, error) {
	f, it, err := k.withItem(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, Item{}, nil, err
	}
	if it.Camera == camera && it.Span == span {
		return File{}, Item{}, nil, custody.Errorf(custody.Invalid, "the item is of that camera and span already")
	}
	it.Camera, it.Span = camera, span
	return k.scope(ctx, g, &f, it, ActRescope)
}

// scope stores an item's camera and span.
func (k *Desk) scope(ctx context.Context, g access.Grant, f *File, it *Item, act Act) (File, Item, []Earlier, error) {
	none := func(err error) (File, Item, []Earlier, error) { return File{}, Item{}, nil, err }
	c := k.begin(g, f)
	if err := k.fits(ctx, it.Camera, it.Span, c.at); err != nil {
		return none(err)
	}
	e := Entry{Act: act, Voided: it.Proposal != (Proposal{})}
	ruled := it.Decision != (Decision{})
	if act == ActAdd {
		if err := settled(f.State); err != nil {
			return none(err)
		}
		it.Stage = itemRuleOf(ActAdd).to
	} else if err := step(act, &f.Request, it); err != nil {
		return none(err)
	}
	it.Proposal, it.Decision = Proposal{}, Decision{}
	settle(c.at, &f.Request, f.Items, ruled)
	if err := k.hold(ctx, c, []custody.Hold{newHold(f.ID, it.Camera, around(it.Span), "scope of "+NumberOf(f.Number, it.Place), c.at)}); err != nil {
		return none(err)
	}
	e.Holds = c.heldNow()
	earlier, err := k.Store.Overlapping(ctx, f.ID, it.Camera, it.Span)
	if err != nil {
		return none(err)
	}
	for _, o := range earlier {
		e.Earlier = append(e.Earlier, o.Number)
	}
	if err := c.record(itemRuleOf(act).event, it.Camera, e, *it); err != nil {
		return none(err)
	}
	out, err := k.commit(ctx, c)
	if err != nil {
		return none(err)
	}
	return out, *out.item(it.ID), earlier, nil
}

// settled reports with Conflict that a request is not at work.
func settled(s State) error {
	for _, ok := range atWork() {
		if s == ok {
			return nil
		}
	}
	return custody.Errorf(custody.Conflict, "the request is %s: resume or reopen it first", s)
}

// fits reports with Invalid or NotFound what is wrong with a camera and span.
func (k *Desk) fits(ctx context.Context, camera custody.CameraID, span custody.Span, now custody.Instant) error {
	if !custody.ValidID("cam_", string(camera)) {
		return custody.Errorf(custody.Invalid, "camera: name it by its id")
	}
	switch {
	case span.Empty() || span.Start <= 0:
		return custody.Errorf(custody.Invalid, "span: it must end after it starts")
	case span.Duration() > MaxItemSpan:
		return custody.Errorf(custody.Invalid, "span: an item covers at most 24 hours: add several")
	case span.End > now.Add(FutureAtMost):
		return custody.Errorf(custody.Invalid, "span: it ends more than a year ahead")
	}
	return k.exist(ctx, []custody.CameraID{camera})
}

// WithdrawItem ends an item that is asked for no longer, with the reason (1 to 2000 bytes), under a Grant of request.prepare about the item.
// Its hold stays. Conflict if its footage was handed over.
func (k *Desk) WithdrawItem(ctx context.Context, g access.Grant, id custody.ItemID, why string) (File, error) {
	f, it, err := k.withItem(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, err
	}
	trimmed(&why)
	if err := prose("why", why, 1, MaxReason); err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	ruled := it.Decision != (Decision{})
	if err := step(ActWithdraw, &f.Request, it); err != nil {
		return File{}, err
	}
	it.Decision = Decision{}
	settle(c.at, &f.Request, f.Items, ruled)
	e := Entry{Act: ActWithdraw, Voided: ruled, Note: c.remark(g, NumberOf(f.Number, it.Place)+" withdrawn: "+why)}
	if err := c.record(itemRuleOf(ActWithdraw).event, it.Camera, e, *it); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}
