package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) holdLines() []route {
	return []route{
		list("holds", "/api/holds", access.RequestView, "Holds, latest first", answers(ok, s.holds)),
		list("hold", "/api/holds/:hold", access.RequestView, "One hold, with what was lost before it", answers(ok, s.hold)),
		decide("hold-place", post, "/api/holds", access.HoldPlace, "Keep footage without a request", answers(created, s.placeHold)),
		decide("hold-review", post, "/api/holds/:hold/review", access.HoldPlace, "Note that a person looked at a hold again and keeps it", answers(ok, s.reviewHold)).of("hold"),
		decide("hold-lift", post, "/api/holds/:hold/lift", access.HoldLift, "Propose that a hold ends; a second person ends it", answers(ok, s.liftHold)).of("hold"),
		decide("hold-confirm", post, "/api/holds/:hold/confirm", access.HoldConfirm, "End a hold as the second person", answers(ok, s.confirmHold)).of("hold"),
	}
}

type holdsIn struct {
	Standing bool `query:"standing" doc:"Only those that stand"`
}

func (s rooms) holds(ctx context.Context, in *holdsIn) (Holds, error) {
	list, err := s.Retention.Holds(ctx, gate.PassOf(ctx).Scope, "", in.Standing)
	if err != nil {
		return Holds{}, err
	}
	n, err := s.names(ctx)
	if err == nil {
		err = s.number(ctx, n, gate.PassOf(ctx).Scope, list...)
	}
	return Holds{each(list, n.hold)}, err
}

// number finds the numbers of the requests that holds are of, each once.
func (s rooms) number(ctx context.Context, n names, scope access.Scope, holds ...retention.Held) error {
	for _, h := range holds {
		if h.Request == "" || n.numbers[h.Request] != "" {
			continue
		}
		f, err := s.Requests.ByID(ctx, scope, h.Request)
		if err != nil && custody.KindOf(err) != custody.NotFound {
			return err
		}
		n.numbers[h.Request] = f.Number
	}
	return nil
}

type holdIn struct {
	Hold string `path:"hold"`
}

func (s rooms) hold(ctx context.Context, in *holdIn) (Hold, error) {
	if err := known("hld_", in.Hold, "hold"); err != nil {
		return Hold{}, err
	}
	h, err := s.Retention.Hold(ctx, gate.PassOf(ctx).Scope, custody.HoldID(in.Hold))
	return s.holdOut(ctx, h, err)
}

type holdPlaceIn struct {
	Body struct {
		Camera string `json:"camera,omitempty" maxLength:"64" doc:"Absent: every camera of the site, those added later too"`
		From   string `json:"from" maxLength:"40"`
		To     string `json:"to" maxLength:"40" doc:"May lie in the future"`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s rooms) placeHold(ctx context.Context, in *holdPlaceIn) (Hold, error) {
	span, err := wholeStretch(in.Body.From, in.Body.To)
	if err != nil {
		return Hold{}, err
	}
	if in.Body.Camera != "" {
		if err := known("cam_", in.Body.Camera, "camera"); err != nil {
			return Hold{}, err
		}
	}
	h, err := s.Retention.Place(ctx, gate.PassOf(ctx).Grant, retention.Want{Camera: custody.CameraID(in.Body.Camera), Span: span, Reason: in.Body.Reason})
	return s.holdOut(ctx, h, err)
}

type holdReviewIn struct {
	Hold string `path:"hold"`
	Body struct {
		ReviewAt string `json:"review_at" maxLength:"40" doc:"When it is looked at again"`
	}
}

func (s rooms) reviewHold(ctx context.Context, in *holdReviewIn) (Hold, error) {
	next, err := instant("review_at", in.Body.ReviewAt)
	if err != nil {
		return Hold{}, err
	}
	h, err := s.Retention.Review(ctx, gate.PassOf(ctx).Grant, custody.HoldID(in.Hold), next)
	return s.holdOut(ctx, h, err)
}

type holdLiftIn struct {
	Hold string `path:"hold"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"500"`
	}
}

func (s rooms) liftHold(ctx context.Context, in *holdLiftIn) (Hold, error) {
	h, err := s.Retention.ProposeLift(ctx, gate.PassOf(ctx).Grant, custody.HoldID(in.Hold), in.Body.Why)
	return s.holdOut(ctx, h, err)
}

func (s rooms) confirmHold(ctx context.Context, in *holdIn) (Hold, error) {
	h, err := s.Retention.Confirm(ctx, gate.PassOf(ctx).Grant, custody.HoldID(in.Hold))
	return s.holdOut(ctx, h, err)
}

func (s rooms) holdOut(ctx context.Context, h retention.Held, err error) (Hold, error) {
	if err != nil {
		return Hold{}, err
	}
	n, err := s.names(ctx)
	if err != nil {
		return Hold{}, err
	}
	scope := gate.PassOf(ctx).Scope
	if scope.Action() != access.RequestView {
		if scope, err = s.Judge.Scope(ctx, gate.PassOf(ctx).Actor, access.RequestView); err != nil {
			return n.hold(h), nil // the act stands; who sees no requests is told no number
		}
	}
	err = s.number(ctx, n, scope, h)
	return n.hold(h), err
}

func (n names) hold(h retention.Held) Hold {
	out := Hold{ID: string(h.ID), Request: string(h.Request), Number: n.numbers[h.Request], From: stamp(h.Span.Start), To: stamp(h.Span.End), FromUS: us(h.Span.Start),
		ToUS: us(h.Span.End), Reason: h.Reason, By: n.actor(h.By), PlacedAt: stamp(h.Placed), ReviewAt: stamp(h.Review), LapsesAt: stamp(h.Lapses),
		VerifiedAt: stamp(h.Surveyed), Objects: h.Objects, LiftedAt: stamp(h.Lifted), Standing: h.Standing(), Version: h.Version,
		Lost: each(h.Lost, func(l retention.Loss) HoldLoss {
			return HoldLoss{Camera: n.camera(l.Camera), From: stamp(l.Span.Start), To: stamp(l.Span.End), Disposition: string(l.Disposition), Cause: l.Cause}
		})}
	if h.Camera != "" {
		c := n.camera(h.Camera)
		out.Camera = &c
	}
	if h.LiftBy != "" && h.Lifted == 0 {
		out.Lift = &HoldLift{By: n.person(h.LiftBy), Why: h.LiftWhy}
	}
	return out
}
