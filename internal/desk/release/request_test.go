package release_test

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// decision is an item of a request, decided as it is.
type decision struct {
	camera  custody.CameraID
	span    custody.Span
	outcome access.Outcome
}

// logged stores a request whose items are decided.
func (s *site) logged(kind access.RequestKind, items ...decision) (request.Request, []request.Item) {
	s.t.Helper()
	ctx, now := s.t.Context(), s.clock.Now()
	r := request.Request{ID: custody.NewRequestID(), Kind: kind, State: request.Received, Since: now, Channel: request.InPerson, Received: now, Logged: now,
		LoggedBy: s.clerk.Staff(), Text: "what happened at noon", PickUp: "ABCDEFGH", Due: now + 864000_000000, Version: 1}
	hold := custody.Hold{ID: custody.NewHoldID(), Request: r.ID, Span: custody.Span{Start: now - 3600_000000, End: now}, Reason: "asked for", By: "system", Placed: now, Review: now + 90*86400_000000}
	r, err := s.db.LogRequest(ctx, request.Logging{Request: r, Year: 2026, Holds: []custody.Hold{hold}}, func(r request.Request) ([]custody.Event, error) {
		ev, err := custody.NewEvent(custody.EventRequestLogged, now, string(s.clerk.Staff()), "", string(r.ID), request.Entry{Act: request.ActLog, Request: request.ImageOf(r)})
		return []custody.Event{ev}, err
	})
	s.must(err)
	if kind == access.LawEnforcement {
		a, err := s.db.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "Springfield PD", Phone: "555 0100", Source: "web"}, s.entry(custody.EventAgencyChanged, "a"))
		s.must(err)
		r.Officer = request.Officer{Agency: a.Name, Name: "N. Riviera", Badge: "7", Case: "26-1", Offence: "theft", AtSite: true}
		r.CallBack = request.CallBack{Agency: a.ID, Number: a.Phone, Reached: true, Spoke: "dispatch", By: s.clerk.Staff(), At: now}
	}
	var all []request.Item
	for n, d := range items {
		all = append(all, s.decided(request.Item{ID: custody.NewItemID(), Request: r.ID, Place: n + 1, Camera: d.camera, Span: d.span}, d.outcome))
	}
	return s.decide(r, all...), all
}

// decided is an item after a proposal and a decision.
func (s *site) decided(i request.Item, o access.Outcome) request.Item {
	now, citation := s.clock.Now(), ""
	if o != access.Granted {
		citation = "22.7(50)"
	}
	i.Stage = access.Decided
	i.Proposal = request.Proposal{Outcome: o, Citation: citation, By: s.clerk.Staff(), At: now}
	i.Decision = request.Decision{Outcome: o, Citation: citation, By: s.director.Staff(), At: now, Lapses: now + 30*86400_000000}
	return i
}

// decide stores items with another ruling.
func (s *site) decide(r request.Request, items ...request.Item) request.Request {
	s.t.Helper()
	r.State, r.Since, r.Ruling = request.Decided, s.clock.Now(), r.Ruling+1
	ev, err := custody.NewEvent(custody.EventItemDecided, s.clock.Now(), string(s.director.Staff()), "", string(r.ID), request.Entry{Act: request.ActDecide, Request: request.ImageOf(r)})
	s.must(err)
	r, err = s.db.Change(s.t.Context(), request.Changing{Request: r, Items: items}, ev)
	s.must(err)
	return r
}

func (s *site) entry(t custody.EventType, subject string) custody.Event {
	s.t.Helper()
	ev, err := custody.NewEvent(t, s.clock.Now(), "system", "", subject, map[string]string{"of": subject})
	s.must(err)
	return ev
}

// current reads a request as it is.
func (s *site) current(id custody.RequestID) (request.Request, []request.Item) {
	s.t.Helper()
	r, items, err := s.db.RequestByID(s.t.Context(), id)
	s.must(err)
	return r, items
}
