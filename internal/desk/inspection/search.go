package inspection

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// ownTypes are the events that somebody sees of themselves under audit.own.
func ownTypes() []custody.EventType {
	return []custody.EventType{custody.EventViewingOpened, custody.EventViewingClosed, custody.EventFootageRead, custody.EventFootageServed,
		custody.EventFootageRefused, custody.EventFootageRevoked}
}

// maxSweeps bounds how many pages of other events one search of one's own skips; the next page goes on from there.
const maxSweeps = 20

// Search finds entries, newest first, under a Scope of audit.read or audit.own, or of request.view for the entries whose
// subject is one request; of any other, and of the zero Scope, it finds nothing. Invalid names the field of q that is wrong.
func (r *Room) Search(ctx context.Context, scope access.Scope, q Query) (Page, error) {
	if err := q.check(); err != nil {
		return Page{}, err
	}
	filter, keep, ok := narrow(scope, q.filter())
	if !ok {
		return Page{}, nil
	}
	called, err := r.People.Names(ctx)
	if err != nil {
		return Page{}, err
	}
	var page Page
	for range maxSweeps {
		found, err := r.Store.FindEntries(ctx, filter, q.Limit+1)
		if err != nil {
			return Page{}, err
		}
		for _, e := range found {
			if len(page.Entries) == q.Limit {
				page.Next = filter.After
				return page, nil
			}
			filter.After = placeOf(e)
			if keep(e) {
				page.Entries = append(page.Entries, names(called).entry(e))
			}
		}
		if len(found) <= q.Limit {
			return page, nil
		}
	}
	page.Next = filter.After
	return page, nil
}

func placeOf(e audit.Entry) *audit.Place { return &audit.Place{Epoch: e.Epoch, Index: e.Index} }

// narrow lays the scope over a filter; no filter widens it.
func narrow(scope access.Scope, f audit.Filter) (audit.Filter, func(audit.Entry) bool, bool) {
	switch scope.Action() {
	case access.AuditRead:
		if !scope.Everything() {
			f.Cameras = slices.Clip(append([]custody.CameraID{}, scope.Cameras()...))
		}
		return f, func(audit.Entry) bool { return true }, scope.Actor().Known()
	case access.RequestView: // the story of one request, for those who work on requests
		if !custody.ValidID("req_", f.Subject) {
			return f, nil, false
		}
		return f, func(audit.Entry) bool { return true }, scope.Shows(custody.RequestID(f.Subject))
	case access.AuditOwn:
		own := scope.Actor().String()
		if f.Actor != "" && f.Actor != own {
			return f, nil, false
		}
		f.Actor = own
		return f, func(e audit.Entry) bool { return slices.Contains(ownTypes(), e.Event.Type) }, scope.Actor().Known()
	}
	return f, nil, false
}

func (q Query) filter() audit.Filter {
	return audit.Filter{From: q.From, To: q.To, Actor: q.Actor, Type: q.Type, Camera: q.Camera, Subject: q.Subject, After: q.After, Descending: true}
}

// check fills in the limit and says what is wrong, without repeating it.
func (q *Query) check() error {
	if q.Limit == 0 {
		q.Limit = 100
	}
	switch {
	case q.Limit < 1 || q.Limit > MaxPage:
		return custody.Errorf(custody.Invalid, "limit must be 1 to %d", MaxPage)
	case q.From < 0 || q.To < 0 || (q.To != 0 && q.To <= q.From):
		return custody.Errorf(custody.Invalid, "to must be after from")
	case q.Type != "" && !q.Type.Valid():
		return custody.Errorf(custody.Invalid, "type must be of the form noun.verb, such as viewing.opened")
	case q.Camera != "" && !custody.ValidID("cam_", string(q.Camera)):
		return custody.Errorf(custody.Invalid, "camera must be the id of a camera")
	case len(q.Actor) > 64 || len(q.Subject) > 64:
		return custody.Errorf(custody.Invalid, "actor and subject are ids, at most 64 characters")
	}
	return nil
}

// Watched is one minute of a camera that somebody could see, with who and why.
type Watched struct {
	Look
	Name string
	Purpose
}

// WhoWatched tells who was leased which minutes of a camera, in time order, at most MaxLooks, under a Scope of audit.read. The span
// widens to whole minutes and is at most a day. NotFound if the scope does not include the camera.
func (r *Room) WhoWatched(ctx context.Context, scope access.Scope, camera custody.CameraID, span custody.Span) ([]Watched, error) {
	const minute = 60_000_000
	span = custody.Span{Start: span.Start - span.Start%minute, End: span.End + (minute-span.End%minute)%minute}
	switch {
	case scope.Action() != access.AuditRead || !scope.Includes(camera):
		return nil, custody.Errorf(custody.NotFound, "there is no such camera")
	case span.Empty() || span.Start < 0 || span.End-span.Start > MaxWatch:
		return nil, custody.Errorf(custody.Invalid, "to must be after from, and at most a day")
	}
	looks, err := r.Watching.Looks(ctx, scope, camera, span, MaxLooks)
	if err != nil {
		return nil, err
	}
	called, err := r.People.Names(ctx)
	if err != nil {
		return nil, err
	}
	why := map[custody.ViewingID]Purpose{}
	out := make([]Watched, 0, len(looks))
	for _, l := range looks {
		p, known := why[l.Viewing]
		if !known {
			if p, err = r.Watching.Purpose(ctx, l.Viewing); err != nil && custody.KindOf(err) != custody.NotFound {
				return nil, err
			}
			why[l.Viewing] = p
		}
		out = append(out, Watched{Look: l, Name: called[l.Staff], Purpose: p})
	}
	return out, nil
}
