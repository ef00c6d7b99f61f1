package check_test

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// plenty is footage of everything, and a calendar in which every day counts.
type plenty struct{ h *house }

func (p plenty) Inventory(_ context.Context, _ custody.CameraID, s custody.Span) (request.Inventory, error) {
	return request.Inventory{Class: access.PublicArea, Recorded: []custody.Span{s}}, nil
}

func (p plenty) AllCameras(ctx context.Context) (map[custody.CameraID]access.Class, error) {
	all, err := p.h.db.Cameras(ctx)
	out := map[custody.CameraID]access.Class{}
	for _, c := range all {
		out[c.ID] = c.Class
	}
	return out, err
}

func (plenty) AfterBusinessDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	return from.Add(time.Duration(n) * 24 * time.Hour), make([]request.DayStep, n)
}

func (p plenty) AfterCalendarDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	return p.AfterBusinessDays(from, n)
}
func (plenty) Year(custody.Instant) int        { return 2026 }
func (plenty) Local(at custody.Instant) string { return at.String() }

// requests works on three requests: one of the police with two items, decided, one of them twice; one that was closed; and one that is about
// the director. The first stays open, and its number is given when footage is looked at.
func (h *house) requests() {
	h.t.Helper()
	ctx := h.t.Context()
	desk := request.New(request.Parts{Store: h.db, Footage: plenty{h}, Calendar: plenty{h}, Clock: h.clock})
	cam := must(h.db.Cameras(ctx))[0].ID
	span := custody.Span{Start: h.clock.Now().Add(-2 * time.Hour), End: h.clock.Now().Add(-time.Hour)}
	about := func(who identity.Actor, action access.Action, subject string) access.Grant {
		return h.may(who, access.Ask{Action: action, Subject: subject})
	}
	agency := must(desk.PutAgency(ctx, about(h.director, access.AgencyManage, ""), request.Agency{Name: "Springfield PD", Phone: "555 0100", Source: "web page"}))
	r := must(desk.Log(ctx, about(h.clerk, access.RequestLog, ""), request.In{Kind: access.LawEnforcement, Channel: request.InPerson, Text: "a bicycle",
		Officer: request.Officer{Agency: "Springfield PD", Name: "N. Riviera", Badge: "7", Case: "26-1", Offence: "theft", AtSite: true},
		Asked:   request.Asked{Cameras: []custody.CameraID{cam}, Span: span}}))
	id := string(r.ID)
	must(desk.CallBack(ctx, about(h.clerk, access.RequestPrepare, id), r.ID, agency.ID, true, "dispatch"))
	h.must(desk.Note(ctx, about(h.clerk, access.RequestPrepare, id), r.ID, "she was very upset"))
	must(desk.Attach(ctx, about(h.clerk, access.RequestPrepare, id), r.ID, "form.pdf", []byte("%PDF")))
	for _, in := range []request.Ruling{{Outcome: access.Granted}, {Outcome: access.Refused, Citation: "22.7(50)", Reason: "shows the alarm"}} {
		_, it, _, err := desk.AddItem(ctx, about(h.clerk, access.RequestPrepare, id), r.ID, cam, span)
		h.must(err)
		must(desk.Propose(ctx, about(h.clerk, access.RequestPrepare, string(it.ID)), it.ID, in))
		must(desk.Decide(ctx, about(h.director, access.RequestDecide, string(it.ID)), it.ID, in))
		again := in
		again.Reason = "looked at it again"
		must(desk.Decide(ctx, about(h.director, access.RequestDecide, string(it.ID)), it.ID, again))
	}
	closed := must(desk.Log(ctx, about(h.clerk, access.RequestLog, ""), request.In{Kind: access.OpenRecords, Channel: request.Letter, Text: "the door"}))
	must(desk.Close(ctx, about(h.director, access.RequestClose, string(closed.ID)), closed.ID, request.Withdrawn, "found it"))
	must(desk.Log(ctx, about(h.clerk, access.RequestLog, ""), request.In{Kind: access.OpenRecords, Channel: request.Email, Text: "my car",
		Concerned: []custody.StaffID{h.director.Staff()}, Oral: false, Requester: request.Requester{Name: "Dana", Contact: "by hand"}}))
	h.buried(cam, agency.ID)
}
