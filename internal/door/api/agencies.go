package api

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) citations(context.Context, *none) (Citations, error) {
	return Citations{each(request.Iowa().Citations, func(c request.Citation) Citation { return Citation{c.Text, c.Means} })}, nil
}

func (s rooms) agencies(ctx context.Context, _ *none) (Agencies, error) {
	list, err := s.Requests.Agencies(ctx, gate.PassOf(ctx).Scope)
	list = slices.DeleteFunc(list, func(a request.Agency) bool { return a.Removed })
	return Agencies{each(list, agencyOut)}, err
}

func agencyOut(a request.Agency) Agency {
	return Agency{ID: string(a.ID), Name: a.Name, Phone: a.Phone, Source: a.Source, Version: a.Version}
}

type agencyBody struct {
	Name    string `json:"name" minLength:"1" maxLength:"200"`
	Phone   string `json:"phone" minLength:"1" maxLength:"60"`
	Source  string `json:"source" minLength:"1" maxLength:"300" doc:"Where the number was found, and when it was checked"`
	Version int64  `json:"version,omitempty" minimum:"0" doc:"As it was read"`
}

type agencyAddIn struct{ Body agencyBody }

func (s rooms) addAgency(ctx context.Context, in *agencyAddIn) (Agency, error) {
	a, err := s.Requests.PutAgency(ctx, gate.PassOf(ctx).Grant, request.Agency{Name: in.Body.Name, Phone: in.Body.Phone, Source: in.Body.Source})
	return agencyOut(a), err
}

type agencyChangeIn struct {
	Agency string `path:"agency"`
	Body   agencyBody
}

func (s rooms) changeAgency(ctx context.Context, in *agencyChangeIn) (Agency, error) {
	if err := known("agy_", in.Agency, "agency"); err != nil {
		return Agency{}, err
	}
	a, err := s.Requests.PutAgency(ctx, gate.PassOf(ctx).Grant, request.Agency{ID: custody.AgencyID(in.Agency), Name: in.Body.Name, Phone: in.Body.Phone,
		Source: in.Body.Source, Version: in.Body.Version})
	return agencyOut(a), err
}

type agencyRemoveIn struct {
	Agency  string `path:"agency"`
	Version int64  `query:"version" minimum:"1" doc:"As it was read"`
}

func (s rooms) removeAgency(ctx context.Context, in *agencyRemoveIn) error {
	if err := known("agy_", in.Agency, "agency"); err != nil {
		return err
	}
	pass := gate.PassOf(ctx)
	scope, err := s.Judge.Scope(ctx, pass.Actor, access.RequestView)
	if err != nil {
		return err
	}
	list, err := s.Requests.Agencies(ctx, scope)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a request.Agency) bool { return string(a.ID) == in.Agency && !a.Removed })
	if i < 0 {
		return custody.Errorf(custody.NotFound, "the directory has no such entry")
	}
	gone := list[i]
	gone.Removed, gone.Version = true, in.Version
	_, err = s.Requests.PutAgency(ctx, pass.Grant, gone)
	return err
}

type localTimesIn struct {
	At string `query:"at" required:"true" maxLength:"40" doc:"2026-11-01T01:30, in the site's zone"`
}

func (s rooms) localTimes(_ context.Context, in *localTimesIn) (LocalTimes, error) {
	r, err := s.Calendar.Read(in.At)
	if err != nil {
		return LocalTimes{}, custody.Errorf(custody.Invalid, "at is not a local time: write it like 2026-11-01T01:30")
	}
	out := LocalTimes{Local: in.At, Instants: each(r.Choices, choiceOut)}
	if len(r.Nearest) > 0 {
		near := choiceOut(r.Nearest[0])
		out.Nearest = &near
	}
	return out, nil
}

func choiceOut(c letter.Choice) LocalTime { return LocalTime{stamp(c.At), us(c.At), c.Label} }
