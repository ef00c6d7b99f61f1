package api

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func requesterIn(r *Requester) request.Requester {
	if r == nil {
		return request.Requester{}
	}
	return request.Requester{Name: r.Name, Contact: r.Contact}
}

func officerIn(o *Officer) request.Officer {
	if o == nil {
		return request.Officer{}
	}
	return request.Officer{Agency: o.Agency, Name: o.Name, Badge: o.Badge, Case: o.Case, Offence: o.Offence, AtSite: o.AtSite}
}

func askedIn(a *Asked) (request.Asked, error) {
	if a == nil {
		return request.Asked{}, nil
	}
	ids, err := cameras(a.Cameras)
	out := request.Asked{Cameras: ids}
	if err == nil && (a.From != "" || a.To != "") {
		out.Span, err = wholeStretch(a.From, a.To)
	}
	return out, err
}

func staffIDs(ids []string) []custody.StaffID {
	return each(ids, func(id string) custody.StaffID { return custody.StaffID(id) })
}

func (in *requestChangeIn) correction() (request.Correction, error) {
	b := in.Body
	c := request.Correction{Late: b.ReceivedWhy, Inspect: b.Inspect, Because: b.Because}
	if b.Requester != nil {
		r := requesterIn(b.Requester)
		c.Requester = &r
	}
	if b.Officer != nil {
		o := officerIn(b.Officer)
		c.Officer = &o
	}
	if b.Concerned != nil {
		ids := staffIDs(*b.Concerned)
		c.Concerned = &ids
	}
	if b.Received != nil {
		at, err := instant("received", *b.Received)
		if err != nil {
			return c, err
		}
		c.Received = &at
	}
	if b.Asked != nil {
		a, err := askedIn(b.Asked)
		if err != nil {
			return c, err
		}
		c.Asked = &a
	}
	return c, nil
}

// summary is a request as the queue shows it.
func (s rooms) summary(n names, f request.File) RequestSummary {
	title := strings.Join(strings.Fields(f.Text), " ")
	if r := []rune(title); len(r) > 80 {
		title = string(r[:79]) + "…"
	}
	return RequestSummary{ID: string(f.ID), Number: f.Number, Kind: string(f.Kind), State: string(f.State), Title: title, ReceivedAt: stamp(f.Received),
		LoggedAt: stamp(f.Logged), Due: s.dueOut(f), Cameras: each(f.Asked.Cameras, n.camera), Closing: string(f.Closing)}
}

// dueOut is the first clock that has not been met; nil when there is none.
func (s rooms) dueOut(f request.File) *Due {
	if f.State == request.Closed {
		return nil
	}
	now := s.Clock.Now()
	var out *Due
	clocks := s.Requests.Clocks(f.Request, f.Items)
	for _, c := range clocks {
		if out == nil && c.Met == 0 {
			out = &Due{Name: clockName(c.Name), At: stamp(c.At), Overdue: c.Overdue(now), LeftBusinessDays: s.left(now, c.At)}
		}
	}
	if out != nil {
		out.Clocks = each(clocks, func(c request.Clock) Clock {
			return Clock{Name: clockName(c.Name), At: stamp(c.At), Passed: c.Overdue(now),
				Steps: each(c.Steps, func(d request.DayStep) DayStep { return DayStep{d.Day, d.Counted, d.Why} })}
		})
	}
	return out
}

// left counts the business days after today up to an instant, as far as a clock can run.
func (s rooms) left(now, at custody.Instant) int {
	const most = 60
	for n := range most {
		if end, _ := s.Calendar.AfterBusinessDays(now, n+1); end > at {
			return n
		}
	}
	return most
}

func clockName(name string) string {
	switch name {
	case "acknowledge":
		return "Acknowledge by"
	case "decide":
		return "Decide by"
	case "outer-limit":
		return "Decide at the latest by"
	}
	return name
}

func (n names) item(f request.File, now custody.Instant) func(request.Item) Item {
	return func(it request.Item) Item {
		out := Item{ID: string(it.ID), Place: it.Place, Number: request.NumberOf(f.Number, it.Place), Camera: n.camera(it.Camera), From: stamp(it.Span.Start),
			To: stamp(it.Span.End), FromUS: us(it.Span.Start), ToUS: us(it.Span.End), Stage: string(it.Stage)}
		if p := it.Proposal; p.At != 0 {
			out.Proposal = &ItemOutcome{Outcome: string(p.Outcome), Citation: p.Citation, Reason: p.Reason, By: n.person(p.By), At: stamp(p.At)}
		}
		if d := it.Decision; d.At != 0 {
			out.Decision = &ItemOutcome{Outcome: string(d.Outcome), Citation: d.Citation, Reason: d.Reason, By: n.person(d.By), At: stamp(d.At),
				LapsesAt: stamp(d.Lapses), Lapsed: now >= d.Lapses}
		}
		return out
	}
}

// requestOut is a request with everything about it, under a Scope of request.view.
func (s rooms) requestOut(ctx context.Context, scope access.Scope, f request.File, err error) (Request, error) {
	if err != nil {
		return Request{}, err
	}
	n, err := s.names(ctx)
	if err != nil {
		return Request{}, err
	}
	n.numbers[f.ID] = f.Number
	out := Request{RequestSummary: s.summary(n, f), Channel: string(f.Channel), Text: f.Text, Oral: f.Oral, ReadBack: f.ReadBack, Inspect: f.Inspect,
		Requester: Requester{f.Requester.Name, f.Requester.Contact}, Officer: officerOut(f.Officer), Asked: askedOut(f.Asked),
		Concerned: each(f.Concerned, n.person), LoggedBy: n.person(f.LoggedBy), PickUp: f.PickUp, Items: each(f.Items, n.item(f, s.Clock.Now())),
		Why: f.Why, Version: f.Version}
	if c := f.CallBack; c.At != 0 {
		out.CallBack = &CallBack{AgencyID: string(c.Agency), Number: c.Number, Reached: c.Reached, Spoke: c.Spoke, By: n.person(c.By), At: stamp(c.At)}
	}
	if err := s.attached(ctx, scope, n, f.ID, &out); err != nil {
		return Request{}, err
	}
	if out.Can, err = s.can(ctx, scope.Actor()); err != nil {
		return Request{}, err
	}
	out.Next = nextOf(f, out)
	return s.buried(ctx, scope, n, f, out)
}

// attached fills in what belongs to a request in other rooms.
func (s rooms) attached(ctx context.Context, scope access.Scope, n names, id custody.RequestID, out *Request) error {
	papers, err := s.Requests.Attachments(ctx, scope, id)
	if err != nil {
		return err
	}
	held, err := s.Retention.Holds(ctx, scope, id, false)
	if err != nil {
		return err
	}
	packages, err := s.Shelf.Of(ctx, scope, id)
	if err != nil {
		return err
	}
	deliveries, err := s.Delivery.Of(ctx, scope, id)
	if err != nil {
		return err
	}
	notes, err := s.Requests.Notes(ctx, scope, id)
	if err != nil {
		return err
	}
	if out.CallBack != nil {
		agencies, err := s.Requests.Agencies(ctx, scope)
		if err != nil {
			return err
		}
		for _, a := range agencies {
			if string(a.ID) == out.CallBack.AgencyID {
				out.CallBack.Agency = a.Name
			}
		}
	}
	out.Attachments, out.Holds, out.Deliveries = each(papers, n.paper), each(held, n.hold), each(deliveries, n.delivery)
	out.Packages = each(packages, packageOut)
	out.Notes = each(notes, func(t request.Note) Note { return Note{n.person(t.By), stamp(t.At), t.Text} })
	return nil
}

func (n names) paper(a request.Attachment) Attachment {
	return Attachment{ID: string(a.ID), Name: a.Name, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:]), By: n.person(a.By), At: stamp(a.At)}
}

func officerOut(o request.Officer) Officer {
	return Officer{Agency: o.Agency, Name: o.Name, Badge: o.Badge, Case: o.Case, Offence: o.Offence, AtSite: o.AtSite}
}

func askedOut(a request.Asked) Asked {
	return Asked{Cameras: texts(a.Cameras), From: stamp(a.Span.Start), To: stamp(a.Span.End)}
}

// loggedOut is what the person at the desk needs, whatever else they may see.
func (s rooms) loggedOut(ctx context.Context, l request.Logged) (Logged, error) {
	n, err := s.names(ctx)
	if err != nil {
		return Logged{}, err
	}
	n.numbers[l.ID] = l.Number
	held := each(l.Holds, func(h custody.Hold) retention.Held { return retention.Held{Hold: h, Version: 1} })
	ack, err := s.Letters.Acknowledge(s.acknowledgement(n, request.File{Request: l.Request}, held))
	if err != nil {
		return Logged{}, err
	}
	may, err := s.Judge.May(ctx, gate.PassOf(ctx).Actor)
	return Logged{ID: string(l.ID), Number: l.Number, PickUp: l.PickUp, Acknowledgement: ack.Text(), Holds: each(held, n.hold),
		CanView: slices.Contains(may, access.RequestView) && !slices.Contains(l.Concerned, gate.PassOf(ctx).Actor.Staff())}, err
}
