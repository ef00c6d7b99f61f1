package request

import (
	"context"
	"maps"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Acknowledgement is what a requester is told at once: the letter room puts it into words.
type Acknowledgement struct {
	Number   string
	PickUp   string // with which somebody who gave no address asks how it stands
	Received custody.Instant
	Logged   custody.Instant
	Held     []custody.Hold
	// Guessed says that no time was asked for, so that the day before the request was received is held.
	Guessed  bool
	Lost     []Lost // of what was asked for: disposed of before the request was logged
	Clocks   []Clock
	Remedies []string // the profile's, to be confirmed by counsel
}

// Lost is footage that was asked for and destroyed on schedule before.
type Lost struct {
	Camera custody.CameraID
	Disposal
}

// Acknowledge gathers what the acknowledgement of a request says, under a Scope of request.view. It records nothing.
func (k *Desk) Acknowledge(ctx context.Context, s access.Scope, id custody.RequestID) (Acknowledgement, error) {
	f, err := k.ByID(ctx, s, id)
	if err != nil {
		return Acknowledgement{}, err
	}
	a := Acknowledgement{Number: f.Number, PickUp: f.PickUp, Received: f.Received, Logged: f.Logged, Guessed: f.Asked.Span == (custody.Span{}),
		Clocks: k.Clocks(f.Request, f.Items), Remedies: Iowa().Remedies}
	if a.Held, err = k.Store.HoldsOf(ctx, id); err != nil || a.Guessed {
		return a, err
	}
	cameras := f.Asked.Cameras
	if len(cameras) == 0 {
		all, err := k.Footage.AllCameras(ctx)
		if err != nil {
			return Acknowledgement{}, err
		}
		cameras = slices.Sorted(maps.Keys(all))
	}
	for _, c := range cameras {
		inv, err := k.Footage.Inventory(ctx, c, f.Asked.Span)
		if err != nil {
			return Acknowledgement{}, err
		}
		for _, d := range inv.Disposed {
			if d.At <= f.Logged {
				a.Lost = append(a.Lost, Lost{c, d})
			}
		}
	}
	return a, nil
}
