package apitest

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// sixYears is longer than files are kept here.
const sixYears = 6 * 366 * 24 * time.Hour

// Overdue is the request closed six years ago, with its holds lifted: its file is due.
func (s *Site) Overdue(id custody.RequestID) request.File {
	s.tb.Helper()
	ctx, now := s.tb.Context(), s.Clock.Now()
	r, items, err := s.DB.RequestByID(ctx, id)
	s.must(err)
	r.State, r.Since, r.Ended, r.Closing, r.Why = request.Closed, now.Add(-sixYears), now.Add(-sixYears), request.Withdrawn, "it is asked for no longer"
	r, err = s.DB.Change(ctx, request.Changing{Request: r}, s.event(custody.EventRequestClosed, "", string(id)))
	s.must(err)
	scope, err := s.Judge.Scope(ctx, s.Director().Actor, access.RequestView)
	s.must(err)
	held, err := s.Retention.Holds(ctx, scope, id, true)
	s.must(err)
	for _, h := range held {
		h.Lifted = now
		_, err := s.DB.ChangeHold(ctx, h, s.event(custody.EventHoldLifted, "", string(h.ID)))
		s.must(err)
	}
	return request.File{Request: r, Items: items}
}

// DisposalProposed is Overdue, and the director proposed that its file is disposed of.
func (s *Site) DisposalProposed(id custody.RequestID) request.Aged {
	s.tb.Helper()
	s.Overdue(id)
	g, err := s.Archive.Propose(s.tb.Context(), s.May(s.Director(), access.RequestDispose, string(id)), id, "")
	s.must(err)
	return g
}

// Disposed is DisposalProposed, carried out by the clerk.
func (s *Site) Disposed(id custody.RequestID) request.Aged {
	s.tb.Helper()
	s.DisposalProposed(id)
	g, err := s.Archive.Confirm(s.tb.Context(), s.May(s.Clerk(), access.RequestDisposeConfirm, string(id)), id)
	s.must(err)
	return g
}
