package bench

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

// Desks are a site's desks inside this process, with nothing running but what signs checkpoints.
type Desks struct {
	Parts   release.Parts // of a packer
	Options release.Options
	Shelf   *release.Shelf
	Holds   *retention.Desk
	Keeper  *retention.Worker // not started
	DB      *db.DB
	Objects vault.Objects
	Judge   *access.Judge
	Clock   custody.Clock
	Hire    func(ctx context.Context, login string) (access.Actor, error) // adds a custodian, who signs in and acknowledges the policy
	Close   func() error
}

// OpenDesks opens the desks of a configuration file with something under the site. It is the program's own wiring.
type OpenDesks func(ctx context.Context, config string, under Seams) (Desks, error)

// office is a site's desks and the two people that a decision needs.
type office struct {
	Desks
	clerk, director access.Actor
}

// staffed opens the desks of a site that nobody serves.
func (b *bench) staffed(ctx context.Context, s *site, under Seams) (o *office, err error) {
	if _, err := s.openDoor(); err != nil { // nobody comes through it, but one factor suffices
		return nil, err
	}
	o = &office{}
	if o.Desks, err = b.Desks(ctx, s.path, under); err != nil {
		return nil, err
	}
	if o.clerk, err = o.Hire(ctx, "clerk"); err == nil {
		o.director, err = o.Hire(ctx, "director")
	}
	if err != nil {
		_ = o.Close() // the first error is told
		return nil, err
	}
	return o, nil
}

// decided enters a request for one span of a camera, and its decision, as they stand before a package is made.
func (o *office) decided(ctx context.Context, c custody.CameraID, span custody.Span) (custody.RequestID, error) {
	now := o.Clock.Now()
	r := request.Request{ID: custody.NewRequestID(), Kind: access.LawEnforcement, State: request.Received, Since: now, Channel: request.InPerson,
		Received: now, Logged: now, LoggedBy: o.clerk.Staff(), Text: "to measure a package", PickUp: "ABCDEFGH", Due: now.Add(240 * time.Hour), Version: 1}
	hold := custody.Hold{ID: custody.NewHoldID(), Request: r.ID, Span: span, Reason: "asked for", By: "system", Placed: now, Review: now.Add(retention.ReviewAfter)}
	r, err := o.DB.LogRequest(ctx, request.Logging{Request: r, Year: now.Time().Year(), Holds: []custody.Hold{hold}}, func(r request.Request) ([]custody.Event, error) {
		ev, err := custody.NewEvent(custody.EventRequestLogged, now, string(o.clerk.Staff()), "", string(r.ID), request.Entry{Act: request.ActLog, Request: request.ImageOf(r)})
		return []custody.Event{ev}, err
	})
	if err != nil {
		return "", err
	}
	a := request.Agency{ID: custody.NewAgencyID(), Name: "Bench PD", Phone: "555 0100", Source: "bench"}
	ev, err := custody.NewEvent(custody.EventAgencyChanged, now, string(o.clerk.Staff()), "", string(a.ID), map[string]string{"of": string(a.ID)})
	if err != nil {
		return "", err
	}
	if a, err = o.DB.PutAgency(ctx, a, ev); err != nil {
		return "", err
	}
	r.Officer = request.Officer{Agency: a.Name, Name: "Bench", Badge: "1", Case: "1", Offence: "theft", AtSite: true}
	r.CallBack = request.CallBack{Agency: a.ID, Number: a.Phone, Reached: true, Spoke: "dispatch", By: o.clerk.Staff(), At: now}
	r.State, r.Since, r.Ruling = request.Decided, now, r.Ruling+1
	item := request.Item{ID: custody.NewItemID(), Request: r.ID, Place: 1, Camera: c, Span: span, Stage: access.Decided,
		Proposal: request.Proposal{Outcome: access.Granted, By: o.clerk.Staff(), At: now},
		Decision: request.Decision{Outcome: access.Granted, By: o.director.Staff(), At: now, Lapses: now.Add(30 * 24 * time.Hour)}}
	ev, err = custody.NewEvent(custody.EventItemDecided, now, string(o.director.Staff()), "", string(r.ID), request.Entry{Act: request.ActDecide, Request: request.ImageOf(r)})
	if err != nil {
		return "", err
	}
	_, err = o.DB.Change(ctx, request.Changing{Request: r, Items: []request.Item{item}}, ev)
	return r.ID, err
}
