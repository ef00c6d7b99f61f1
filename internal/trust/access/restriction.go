package access

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxReason is the length of a restriction's reason, in bytes.
const MaxReason = 500

// Restrictions lists restrictions, lifted ones included, latest first and at most limit, under a Scope of Restrict.
func (r *Rules) Restrictions(ctx context.Context, s Scope, limit int) ([]Restriction, error) {
	if s.Action() != Restrict || !s.Everything() {
		return nil, custody.Errorf(custody.Denied, "there is no decision that lists restrictions")
	}
	return r.store.AllRestrictions(ctx, limit)
}

// PlaceRestriction closes a span of a camera under a Grant of Restrict and records restriction.placed. Camera, Span, Kind and Reason are
// the caller's; the rest is filled in and returned. Invalid names the field that is wrong; NotFound: there is no such camera.
func (r *Rules) PlaceRestriction(ctx context.Context, g Grant, want Restriction) (Restriction, error) {
	if err := g.Allows(Restrict); err != nil {
		return Restriction{}, err
	}
	if g.Camera() != "" && g.Camera() != want.Camera {
		return Restriction{}, custody.Errorf(custody.Denied, "the decision %s is about another camera", g.ID())
	}
	if err := want.check(); err != nil {
		return Restriction{}, err
	}
	if _, err := r.facts.Camera(ctx, want.Camera); err != nil {
		return Restriction{}, err
	}
	now := r.clock.Now()
	placed := Restriction{ID: custody.NewRestrictionID(), Camera: want.Camera, Span: want.Span, Kind: want.Kind, Reason: want.Reason,
		By: g.Actor().String(), At: now}
	detail := map[string]any{"kind": placed.Kind, "span": placed.Span.String(), "reason": placed.Reason}
	ev, err := custody.NewEvent(custody.EventRestrictionPlaced, now, placed.By, placed.Camera, string(placed.ID), detail)
	if err != nil {
		return Restriction{}, err
	}
	return placed, r.store.AddRestriction(ctx, placed, ev)
}

func (r Restriction) check() error {
	switch {
	case !custody.ValidID("cam_", string(r.Camera)):
		return custody.Errorf(custody.Invalid, "camera: it is not named by its id")
	case r.Span.Empty() || r.Span.Start <= 0 || r.Span.End > maxInstant:
		return custody.Errorf(custody.Invalid, "from, to: the span must end after it starts, between 1970 and 9999")
	case !slices.Contains(restrictionKinds(), r.Kind):
		return custody.Errorf(custody.Invalid, "kind: it must be library-record, sealed or hold")
	case len(r.Reason) > MaxReason || !singleLine(r.Reason):
		return custody.Errorf(custody.Invalid, "reason: it must be one line of 1 to %d bytes", MaxReason)
	}
	return nil
}

// LiftRestriction ends a restriction under a Grant of Restrict, whose Subject is the restriction or empty, and records restriction.lifted.
// NotFound or Conflict: there is none that stands.
func (r *Rules) LiftRestriction(ctx context.Context, g Grant, id custody.RestrictionID) error {
	if err := g.Allows(Restrict); err != nil {
		return err
	}
	if g.Subject() != "" && g.Subject() != string(id) {
		return custody.Errorf(custody.Denied, "the decision %s is about another restriction", g.ID())
	}
	now := r.clock.Now()
	ev, err := custody.NewEvent(custody.EventRestrictionLifted, now, g.Actor().String(), g.Camera(), string(id), nil)
	if err != nil {
		return err
	}
	return r.store.LiftRestriction(ctx, id, now, ev)
}
