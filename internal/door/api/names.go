package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// names are what people and cameras are called, for showing beside what a Scope or a Grant has let through.
type names struct {
	people  map[custody.StaffID]string
	cameras map[custody.CameraID]string
	numbers map[custody.RequestID]string // of the requests that the answer is about
}

func (s rooms) names(ctx context.Context) (names, error) {
	people, err := s.Office.Names(ctx)
	if err != nil {
		return names{}, err
	}
	cameras, err := s.cameraNames(ctx)
	return names{people, cameras, map[custody.RequestID]string{}}, err
}

func (n names) person(id custody.StaffID) PersonRef { return PersonRef{string(id), n.people[id]} }

func (n names) camera(id custody.CameraID) CameraRef {
	return CameraRef{ID: string(id), Name: n.cameras[id]}
}

// actor is who acted, as people say it.
func (n names) actor(actor string) string {
	switch name, staff := n.people[custody.StaffID(actor)]; {
	case staff:
		return name
	case actor == "system":
		return "the system"
	}
	return actor
}
