package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) itemLines() []route {
	const all, one = "/api/requests/:request/items", "/api/requests/:request/items/:item"
	return []route{
		carry("item-add", post, all, access.RequestPrepare, "Add a camera and a span; what of it is not held yet is held from now on", answers(ok, s.addItem)),
		carry("item-rescope", put, one, access.RequestPrepare, "Give an item another camera or span; what was proposed and decided about it is void", answers(ok, s.rescope)),
		carry("item-withdraw", post, one+"/withdraw", access.RequestPrepare, "End an item that is asked for no longer", answers(ok, s.withdrawItem)),
		list("item-preview", one+"/preview", access.RequestView, "What there is of an item, and what a package would hold; no pictures", answers(ok, s.previewItem)),
		carry("propose", post, "/api/requests/:request/propose", access.RequestPrepare, "Propose outcomes for items as they stand", answers(ok, s.propose)),
		carry("decide", post, "/api/requests/:request/decide", access.RequestDecide, "Decide items, all or none. Each is judged on its own: who proposed it does not decide it, and the sign-in is fresh", answers(ok, s.decideItems)),
	}
}

type itemAddIn struct {
	Request string `path:"request"`
	Body    struct {
		Camera  string `json:"camera" maxLength:"64"`
		From    string `json:"from" maxLength:"40"`
		To      string `json:"to" maxLength:"40"`
		Version int64  `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

func (s rooms) addItem(ctx context.Context, in *itemAddIn) (Request, error) {
	span, err := scopeOf(in.Body.Camera, in.Body.From, in.Body.To)
	if err != nil {
		return Request{}, err
	}
	return s.onRequest(ctx, access.RequestPrepare, in.Request, in.Body.Version, func(g access.Grant, id custody.RequestID) (request.File, error) {
		f, _, _, err := s.Requests.AddItem(ctx, g, id, custody.CameraID(in.Body.Camera), span)
		return f, err
	})
}

// onItem asks the judge about one act on an item, which must be one of the request that the path names.
func (s rooms) onItem(ctx context.Context, action access.Action, id, item string, version int64) (access.Grant, error) {
	g, err := s.act(ctx, action, "itm_", item, version)
	if err != nil {
		return access.Grant{}, err
	}
	scope, err := s.Judge.Scope(ctx, gate.PassOf(ctx).Actor, access.RequestView)
	if err != nil {
		return access.Grant{}, err
	}
	f, err := s.Requests.ByItem(ctx, scope, custody.ItemID(item))
	if err == nil && string(f.ID) != id {
		err = errNoItem()
	}
	return g, err
}

func errNoItem() error { return custody.Errorf(custody.NotFound, "the request has no such item") }

func scopeOf(camera, from, to string) (custody.Span, error) {
	if err := known("cam_", camera, "camera"); err != nil {
		return custody.Span{}, err
	}
	return wholeStretch(from, to)
}

type itemIn struct {
	Request string `path:"request"`
	Item    string `path:"item"`
}

type itemRescopeIn struct {
	Request string `path:"request"`
	Item    string `path:"item"`
	Body    struct {
		Camera  string `json:"camera" maxLength:"64"`
		From    string `json:"from" maxLength:"40"`
		To      string `json:"to" maxLength:"40"`
		Version int64  `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

func (s rooms) rescope(ctx context.Context, in *itemRescopeIn) (Request, error) {
	span, err := scopeOf(in.Body.Camera, in.Body.From, in.Body.To)
	if err != nil {
		return Request{}, err
	}
	g, err := s.onItem(ctx, access.RequestPrepare, in.Request, in.Item, in.Body.Version)
	if err != nil {
		return Request{}, err
	}
	f, _, _, err := s.Requests.Rescope(ctx, g, custody.ItemID(in.Item), custody.CameraID(in.Body.Camera), span)
	return s.showRequest(ctx, f, err)
}

type itemWithdrawIn struct {
	Request string `path:"request"`
	Item    string `path:"item"`
	Body    struct {
		Why     string `json:"why" minLength:"1" maxLength:"2000"`
		Version int64  `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

func (s rooms) withdrawItem(ctx context.Context, in *itemWithdrawIn) (Request, error) {
	g, err := s.onItem(ctx, access.RequestPrepare, in.Request, in.Item, in.Body.Version)
	if err != nil {
		return Request{}, err
	}
	f, err := s.Requests.WithdrawItem(ctx, g, custody.ItemID(in.Item), in.Body.Why)
	return s.showRequest(ctx, f, err)
}

type rulingsIn struct {
	Request string `path:"request"`
	Body    struct {
		Items   []rulingIn `json:"items" minItems:"1" maxItems:"64"`
		Version int64      `json:"version" minimum:"1" doc:"The request's, as it was read"`
	}
}

type rulingIn struct {
	Item     string `json:"item" maxLength:"64"`
	Outcome  string `json:"outcome" enum:"grant,inspect-only,deny,no-record"`
	Citation string `json:"citation,omitempty" maxLength:"300" doc:"The law it rests on; needed unless it is a grant"`
	Reason   string `json:"reason,omitempty" maxLength:"2000"`
}

func (r rulingIn) ruling() request.Ruling {
	return request.Ruling{Outcome: request.Outcome(r.Outcome), Citation: r.Citation, Reason: r.Reason}
}

func (s rooms) propose(ctx context.Context, in *rulingsIn) (Request, error) {
	var f request.File
	version := in.Body.Version
	for _, item := range in.Body.Items {
		g, err := s.onItem(ctx, access.RequestPrepare, in.Request, item.Item, version)
		if err != nil {
			return Request{}, err
		}
		if f, err = s.Requests.Propose(ctx, g, custody.ItemID(item.Item), item.ruling()); err != nil {
			return Request{}, err
		}
		version = f.Version
	}
	return s.showRequest(ctx, f, nil)
}

func (s rooms) decideItems(ctx context.Context, in *rulingsIn) (Request, error) {
	var all []request.Deciding
	for _, item := range in.Body.Items {
		g, err := s.onItem(ctx, access.RequestDecide, in.Request, item.Item, in.Body.Version)
		if err != nil {
			return Request{}, err
		}
		all = append(all, request.Deciding{Grant: g, Item: custody.ItemID(item.Item), Ruling: item.ruling()})
	}
	f, err := s.Requests.DecideAll(ctx, all...)
	if err == nil {
		s.Packer.Wake()
	}
	return s.showRequest(ctx, f, err)
}

func (s rooms) previewItem(ctx context.Context, in *itemIn) (Item, error) {
	if err := known("itm_", in.Item, "item"); err != nil {
		return Item{}, err
	}
	pass := gate.PassOf(ctx)
	f, err := s.Requests.ByItem(ctx, pass.Scope, custody.ItemID(in.Item))
	if err != nil {
		return Item{}, err
	}
	if string(f.ID) != in.Request {
		return Item{}, errNoItem()
	}
	look, err := s.Requests.Look(ctx, pass.Scope, custody.ItemID(in.Item))
	if err != nil {
		return Item{}, err
	}
	n, err := s.names(ctx)
	if err != nil {
		return Item{}, err
	}
	for _, it := range f.Items {
		if it.ID == custody.ItemID(in.Item) {
			out := n.item(f, s.Clock.Now())(it)
			out.Camera.Class = string(look.Class)
			out.Earlier = each(look.Earlier, earlierOut)
			out.Preview, err = s.cut(ctx, pass.Actor, it)
			if out.Preview != nil { // who may not list the camera is told nothing of when there is footage
				out.Inventory, out.Possible = inventoryOut(look), s.possible(look)
			}
			return out, err
		}
	}
	return Item{}, errNoItem()
}

// cut is what a package would hold of the item; nil for who may not know when there is footage.
func (s rooms) cut(ctx context.Context, who access.Actor, it request.Item) (*ItemPreview, error) {
	g, err := s.Judge.Decide(ctx, who, access.Ask{Action: access.FootageList, Camera: it.Camera, Span: it.Span, Subject: string(it.ID), Purpose: "what a package would hold"})
	if custody.KindOf(err) == custody.Denied || custody.KindOf(err) == custody.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := s.Packer.Preview(ctx, g)
	if err != nil {
		return nil, err
	}
	out := &ItemPreview{Original: each(p.Films, func(f release.PreviewFilm) [2]int64 { return pair(f.Span) }), Waits: p.Waits,
		LeftOut: each(p.LeftOut, func(l release.LeftOut) LeftOutSpan {
			return LeftOutSpan{us(l.Span.Start), us(l.Span.End), l.Units, string(l.Why)}
		})}
	if !p.Widened.Empty() {
		w := pair(p.Widened)
		out.Widened = &w
	}
	return out, nil
}

func inventoryOut(l request.Look) *Inventory {
	return &Inventory{Recorded: each(l.Recorded, pair), Disposed: each(l.Disposed, func(d request.Disposal) [2]int64 { return pair(d.Span) }),
		Gaps: each(l.Gaps, func(g request.Gap) Gap {
			end := us(g.Span.End)
			return Gap{StartUS: us(g.Span.Start), EndUS: &end, Cause: g.Cause}
		}),
		Restricted: each(l.Restricted, func(r access.Restriction) RestrictedStroke {
			return RestrictedStroke{us(r.Span.Start), us(r.Span.End), string(r.Kind)}
		})}
}

func earlierOut(e request.Earlier) EarlierItem {
	return EarlierItem{Number: e.Number, FromUS: us(e.Item.Span.Start), ToUS: us(e.Item.Span.End), Outcome: string(e.Item.Decision.Outcome)}
}

// possible are the outcomes that could be proposed now, and why not of each other one.
func (s rooms) possible(l request.Look) []PossibleOutcome {
	return each(access.Outcomes(), func(o access.Outcome) PossibleOutcome { return PossibleOutcome{string(o), l.Why[o]} })
}
