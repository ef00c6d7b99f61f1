package retention

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Parts are what a Desk works with; all are required but Placed.
type Parts struct {
	Store   Store
	Clock   custody.Clock
	Backups Times // its Backups
	// Placed is told that a hold was placed or lifted, so that it is looked after at once; Worker.Wake is one. It must not block.
	Placed func()
}

// Desk is where people place and lift holds and set schedules. It keeps nothing and is safe for concurrent use.
type Desk struct{ p Parts }

// New returns the desk over its parts.
func New(p Parts) *Desk {
	if p.Placed == nil {
		p.Placed = func() {}
	}
	p.Backups = p.Backups.orDefault()
	return &Desk{p}
}

// Want is a hold that somebody wants.
type Want struct {
	Request custody.RequestID // empty without a request
	Camera  custody.CameraID  // empty: every camera, those added later too
	Span    custody.Span      // may lie in the future, at most ten years ahead
	Reason  string            // 1 to MaxReason bytes, one paragraph
	Review  custody.Instant   // when it is looked at again; 0 means in 90 days
	Lapses  custody.Instant   // when it ends by itself unless it is reviewed; 0 never
}

// Place holds footage under a Grant of hold.place: about the request if there is one, and about the camera if the Grant names one. It is in
// force when Place returns; what it covers is looked at by the Worker within a minute. Errors: Denied, Invalid (naming the field), NotFound
// (the camera or the request), Unavailable.
func (d *Desk) Place(ctx context.Context, g access.Grant, w Want) (Held, error) {
	if err := g.Allows(access.HoldPlace); err != nil {
		return Held{}, err
	}
	if g.Subject() != string(w.Request) || g.Camera() != "" && g.Camera() != w.Camera {
		return Held{}, aboutElse(g)
	}
	now := d.p.Clock.Now()
	if err := w.check(now); err != nil {
		return Held{}, err
	}
	h := custody.Hold{ID: custody.NewHoldID(), Request: w.Request, Camera: w.Camera, Span: w.Span, Reason: w.Reason, By: g.Actor().String(),
		Placed: now, Review: w.Review, Lapses: w.Lapses}
	if h.Review == 0 {
		h.Review = now.Add(ReviewAfter)
	}
	ev, err := h.PlacedEvent()
	if err != nil {
		return Held{}, err
	}
	if err := d.p.Store.PlaceHold(ctx, h, ev); err != nil {
		return Held{}, err
	}
	d.p.Placed()
	return Held{Hold: h, Version: 1}, nil
}

func (w Want) check(now custody.Instant) error {
	switch {
	case w.Request != "" && !custody.ValidID("req_", string(w.Request)):
		return custody.Errorf(custody.Invalid, "request: it is not named by its id")
	case w.Camera != "" && !custody.ValidID("cam_", string(w.Camera)):
		return custody.Errorf(custody.Invalid, "camera: it is not named by its id")
	case w.Span.Empty() || w.Span.Start <= 0 || w.Span.End > now.Add(maxFuture):
		return custody.Errorf(custody.Invalid, "from, to: the span must end after it starts, between 1970 and ten years from now")
	case !paragraph(w.Reason):
		return custody.Errorf(custody.Invalid, "reason: it must be 1 to %d bytes of text", MaxReason)
	case w.Review != 0 && (w.Review <= now || w.Review > now.Add(maxFuture)):
		return custody.Errorf(custody.Invalid, "review: it must lie ahead, at most ten years")
	case w.Lapses != 0 && (w.Lapses <= now || w.Lapses > now.Add(maxFuture)):
		return custody.Errorf(custody.Invalid, "lapses: it must lie ahead, at most ten years")
	}
	return nil
}

// Review notes under a Grant of hold.place about the hold that a person looked at it again and keeps it until then. It no longer lapses
// by itself, and a proposal to lift it is void. Errors: Denied, NotFound, Invalid, Conflict (it was lifted, or changed meanwhile).
func (d *Desk) Review(ctx context.Context, g access.Grant, id custody.HoldID, next custody.Instant) (Held, error) {
	return d.change(ctx, g, access.HoldPlace, id, custody.EventHoldReviewed, func(h *Held, now custody.Instant) error {
		if next <= now || next > now.Add(maxFuture) {
			return custody.Errorf(custody.Invalid, "review: it must lie ahead, at most ten years")
		}
		h.Reviewed, h.Hold.Review, h.Lapses, h.LiftBy, h.LiftWhy = now, next, 0, "", ""
		return nil
	})
}

// ProposeLift proposes under a Grant of hold.lift about the hold that it ends. Conflict: somebody proposed it already, or it was lifted.
func (d *Desk) ProposeLift(ctx context.Context, g access.Grant, id custody.HoldID, why string) (Held, error) {
	return d.change(ctx, g, access.HoldLift, id, custody.EventHoldLiftProposed, func(h *Held, _ custody.Instant) error {
		switch {
		case g.Actor().Staff() == "":
			return custody.Errorf(custody.Denied, "a hold is lifted by people")
		case !paragraph(why):
			return custody.Errorf(custody.Invalid, "why: it must be 1 to %d bytes of text", MaxReason)
		case h.LiftBy != "":
			return custody.Errorf(custody.Conflict, "somebody proposed to lift this hold already: confirm it, or review the hold")
		}
		h.LiftBy, h.LiftWhy = g.Actor().Staff(), why
		return nil
	})
}

// Confirm ends the hold under a Grant of hold.confirm about it, by another person than who proposed it. What it alone covered is under the
// schedule again from the next pass on.
func (d *Desk) Confirm(ctx context.Context, g access.Grant, id custody.HoldID) (Held, error) {
	h, err := d.change(ctx, g, access.HoldConfirm, id, custody.EventHoldLifted, func(h *Held, now custody.Instant) error {
		switch {
		case h.LiftBy == "":
			return custody.Errorf(custody.Conflict, "nobody proposed to lift this hold: the custodian proposes it first")
		case g.Actor().Staff() == "" || g.Actor().Staff() == h.LiftBy:
			return custody.Errorf(custody.Denied, "you proposed this yourself: another person ends the hold")
		}
		h.Lifted, h.Confirmed = now, g.Actor().Staff()
		return nil
	})
	if err == nil {
		d.p.Placed()
	}
	return h, err
}

// change alters a standing hold under a Grant of the action about it, and records the state it is in then.
func (d *Desk) change(ctx context.Context, g access.Grant, action access.Action, id custody.HoldID, event custody.EventType,
	alter func(*Held, custody.Instant) error) (Held, error) {
	if err := g.Allows(action); err != nil {
		return Held{}, err
	}
	if id == "" || g.Subject() != string(id) {
		return Held{}, aboutElse(g)
	}
	h, err := d.p.Store.Hold(ctx, id)
	if err != nil {
		return Held{}, err
	}
	if v := g.Version(); v != 0 && v != h.Version || !h.Standing() {
		return Held{}, custody.Errorf(custody.Conflict, "the hold was changed or lifted meanwhile: read it again")
	}
	now := d.p.Clock.Now()
	if err := alter(&h, now); err != nil {
		return Held{}, err
	}
	ev, err := changedEvent(event, h, now, g.Actor().String())
	if err != nil {
		return Held{}, err
	}
	return d.p.Store.ChangeHold(ctx, h, ev)
}

// Hold reads one under a Scope of request.view, its losses included.
func (d *Desk) Hold(ctx context.Context, s access.Scope, id custody.HoldID) (Held, error) {
	if err := under(s, access.RequestView); err != nil {
		return Held{}, err
	}
	h, err := d.p.Store.Hold(ctx, id)
	if err == nil && !s.Shows(h.Request) {
		h, err = Held{}, custody.Errorf(custody.NotFound, "there is no such hold")
	}
	return h, err
}

// MaxHolds is how many holds are listed.
const MaxHolds = 1000

// Holds lists holds under a Scope of request.view, latest first, at most MaxHolds: of one request if it is named, those that stand if asked for.
func (d *Desk) Holds(ctx context.Context, s access.Scope, request custody.RequestID, standing bool) ([]Held, error) {
	if err := under(s, access.RequestView); err != nil {
		return nil, err
	}
	return d.p.Store.Holds(ctx, s, request, standing, MaxHolds)
}

// Disposed tells under a Scope of request.view what footage of the camera was disposed of in the span, with its tombstones: the proof that there is
// no record. At most MaxLosses of them.
func (d *Desk) Disposed(ctx context.Context, s access.Scope, camera custody.CameraID, span custody.Span) ([]Disposition, error) {
	if err := under(s, access.RequestView); err != nil {
		return nil, err
	}
	return d.p.Store.Disposed(ctx, camera, span, MaxLosses)
}

func under(s access.Scope, action access.Action) error {
	if s.Actor().Known() && s.Action() == action && s.Everything() {
		return nil
	}
	return custody.Errorf(custody.Denied, "there is no decision that allows this")
}

func aboutElse(g access.Grant) error {
	return custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
}

// paragraph reports whether s is text for people: 1 to MaxReason bytes without control characters other than the line feed.
func paragraph(s string) bool {
	odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	return strings.TrimSpace(s) != "" && len(s) <= MaxReason && utf8.ValidString(s) && !strings.ContainsFunc(s, odd)
}
