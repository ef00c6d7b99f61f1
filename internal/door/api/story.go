package api

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/gate"
)

func (s rooms) story(ctx context.Context, in *requestIn) (Story, error) {
	if err := known("req_", in.Request, "request"); err != nil {
		return Story{}, err
	}
	if _, err := s.Requests.ByID(ctx, gate.PassOf(ctx).Scope, custody.RequestID(in.Request)); err != nil {
		return Story{}, err
	}
	page, err := s.Inspection.Search(ctx, gate.PassOf(ctx).Scope, inspection.Query{Subject: in.Request, Limit: inspection.MaxPage})
	if err != nil {
		return Story{}, err
	}
	slices.Reverse(page.Entries)
	return Story{each(page.Entries, func(e inspection.Entry) StoryEntry {
		return StoryEntry{At: stamp(e.At), Act: string(e.Type), By: cmp.Or(e.ActorName, e.Actor), Text: tell(e), Event: string(e.ID)}
	})}, nil
}

// tell says in plain words what an entry means, and of a request that moved where to.
func tell(e inspection.Entry) string {
	var d struct {
		Request struct {
			State request.State `json:"state"`
		} `json:"request"`
	}
	if e.Type == custody.EventRequestMoved && json.Unmarshal(e.Detail, &d) == nil {
		if where := movedTo(d.Request.State); where != "" {
			return where
		}
	}
	return cmp.Or(told()[e.Type], string(e.Type))
}

// movedTo says where a request has come to, empty of a state that nothing moves it to.
func movedTo(s request.State) string {
	return map[request.State]string{
		request.Received: "The request was taken up again: no camera and span are chosen yet.", request.Clarify: "The requester was asked for more.",
		request.Misdirected: "Another body was named that has what is asked for.", request.Scoped: "The request was taken up again: outcomes are to be proposed.",
		request.Proposed: "The request was taken up again: outcomes are to be decided.", request.Decided: "The request was taken up again: everything is decided.",
		request.Available: "The package may be handed over.", request.Delivered: "Everything that was granted is handed over; the receipt is out.",
	}[s]
}

// told says in plain words what an entry of a request's history means.
func told() map[custody.EventType]string {
	return map[custody.EventType]string{
		custody.EventRequestLogged: "The request was logged.", custody.EventRequestChanged: "Facts of the request were corrected.",
		custody.EventRequestMoved: "The request moved on.", custody.EventRequestAttached: "A paper was added.", custody.EventRequestNoted: "A note was added.",
		custody.EventCallBackMade: "The officer was called back.", custody.EventItemScoped: "A camera and span were chosen.",
		custody.EventItemProposed: "An outcome was proposed.", custody.EventItemDecided: "An item was decided.", custody.EventItemWithdrawn: "An item was withdrawn.",
		custody.EventRequestClosed: "The request was closed.", custody.EventRequestReopened: "The request was opened again.",
		custody.EventDisposalProposed: "It was proposed to dispose of the request's file.", custody.EventRequestDisposed: "The request's file was disposed of.",
		custody.EventHoldPlaced: "Footage was put on hold.", custody.EventHoldVerified: "The held footage was looked at, object by object.",
		custody.EventHoldReviewed: "The hold was reviewed.", custody.EventHoldLiftProposed: "It was proposed that the hold ends.", custody.EventHoldLifted: "The hold ended.",
		custody.EventPackageMade: "The package was made and verified.", custody.EventPackageFailed: "The package could not be made.",
		custody.EventPackageRetried: "The package that failed is made again.",
		custody.EventPackageRead:    "The package was copied out.", custody.EventPackageHandedOver: "The package was handed over.",
		custody.EventPackageReceipted: "The receipt was signed.", custody.EventPackageRecalled: "The package was recalled.",
		custody.EventActRefused: "Something was refused.", custody.EventActAllowed: "An act was allowed.",
	}
}
