package main

import (
	"context"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// facts tell the judge about a site that has cameras and no staff accounts.
type facts struct{ registry *camera.Registry }

// Generation implements access.Facts.
func (f facts) Generation(ctx context.Context) (int64, error) { return f.registry.Generation(ctx) }

// StaffExists implements access.Facts.
func (facts) StaffExists(context.Context) (bool, error) { return false, nil }

// Standing implements access.Facts.
func (facts) Standing(context.Context, custody.StaffID, custody.SessionID) (access.Standing, error) {
	return access.Standing{}, custody.Errorf(custody.NotFound, "there is no such session")
}

// Camera implements access.Facts.
func (f facts) Camera(ctx context.Context, id custody.CameraID) (access.CameraFacts, error) {
	c, err := f.registry.Find(ctx, string(id))
	return factsOf(c), err
}

// Cameras implements access.Facts.
func (f facts) Cameras(ctx context.Context) ([]access.CameraFacts, error) {
	all, err := f.registry.List(ctx)
	var out []access.CameraFacts
	for _, c := range all {
		out = append(out, factsOf(c))
	}
	return out, err
}

func factsOf(c camera.Camera) access.CameraFacts {
	return access.CameraFacts{ID: c.ID, Class: access.PublicArea, Removed: c.Removed != 0, Version: c.Version}
}

// Restrictions implements access.Facts.
func (facts) Restrictions(context.Context, custody.CameraID, custody.Span) ([]access.Restriction, error) {
	return nil, nil
}

// Settings implements access.Facts.
func (facts) Settings(context.Context) (access.Settings, error) { return access.DefaultSettings(), nil }
