package api

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
)

// can are the acts on requests that some role of the actor allows, by the names that pages use.
func (s rooms) can(ctx context.Context, actor access.Actor) ([]string, error) {
	may, err := s.Judge.May(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, a := range []struct {
		action access.Action
		name   string
	}{{access.RequestPrepare, "prepare"}, {access.RequestDecide, "decide"}, {access.RequestClose, "close"}, {access.PackageHandOver, "hand-over"},
		{access.PackageRecall, "recall"}, {access.HoldLift, "lift"}, {access.HoldConfirm, "confirm"}} {
		if slices.Contains(may, a.action) {
			out = append(out, a.name)
		}
	}
	return out, nil
}

// nextOf says in plain words what has to happen now, and whose turn it is.
func nextOf(f request.File, r Request) Next {
	preparer, custodian := "a preparer", "the custodian, who is not the one who proposed"
	switch f.State {
	case request.Closed:
		return Next{"none", "This request is closed.", ""}
	case request.Clarify:
		return Next{"none", "The requester was asked. The dates below run on.", preparer}
	case request.Misdirected:
		return Next{"close", "Another body has what is asked for. Close the request when they were told.", "the custodian"}
	}
	if f.Kind == access.LawEnforcement && !f.CallBack.Reached && f.State != request.Delivered {
		return Next{"call-back", "Call the officer back on a number of the directory, and record it.", preparer}
	}
	switch f.State {
	case request.Received:
		return Next{"scope", "Look at the footage and choose the camera and the exact span.", preparer}
	case request.Scoped:
		return Next{"propose", "Propose an outcome for each item.", preparer}
	case request.Proposed:
		return Next{"decide", "Decide each item.", custodian}
	case request.Delivered:
		return Next{"receipt", "The package was handed over. Record the signed receipt.", preparer}
	}
	return nextPackage(r)
}

// nextPackage is what comes next of a request whose every item is decided.
func nextPackage(r Request) Next {
	granted := slices.ContainsFunc(r.Items, func(it Item) bool {
		return it.Decision != nil && it.Decision.Outcome == string(access.Granted) && it.Stage == string(access.Decided)
	})
	if !granted {
		return Next{"close", "Everything is decided and nothing is handed over. Tell the requester, and close the request.", "the custodian"}
	}
	for _, p := range slices.Backward(r.Packages) {
		switch release.State(p.State) {
		case release.Ready:
			return Next{"hand-over", "The package is ready. Hand it over and have the receipt signed.", "a preparer or the custodian"}
		case release.Failed:
			return Next{"wait", "The package could not be made: " + p.Why, "a preparer: try again when the cause is mended"}
		case release.Building:
			return Next{"wait", "The package is being made and verified.", "the system"}
		}
	}
	return Next{"wait", "The package is about to be made.", "the system"}
}
