package office

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Cameras lists the cameras that the scope (of footage.list or camera.view) includes, by name, removed ones too: their
// footage stays.
func (o *Office) Cameras(ctx context.Context, s access.Scope) ([]camera.Camera, error) {
	if err := under(s, access.FootageList, access.CameraView); err != nil {
		return nil, err
	}
	all, err := o.Parts.Cameras.List(ctx)
	return slices.DeleteFunc(all, func(c camera.Camera) bool { return !s.Includes(c.ID) }), err
}

// Camera is one of them. NotFound if the scope does not include it.
func (o *Office) Camera(ctx context.Context, s access.Scope, id custody.CameraID) (camera.Camera, error) {
	if err := under(s, access.FootageList, access.CameraView); err != nil {
		return camera.Camera{}, err
	}
	if !s.Includes(id) {
		return camera.Camera{}, errNoCamera()
	}
	return o.camera(ctx, id)
}

func errNoCamera() error { return custody.Errorf(custody.NotFound, "there is no such camera") }

// camera finds by id alone: a name that looks like nothing is no id.
func (o *Office) camera(ctx context.Context, id custody.CameraID) (camera.Camera, error) {
	if !custody.ValidID("cam_", string(id)) {
		return camera.Camera{}, errNoCamera()
	}
	return o.Parts.Cameras.Find(ctx, string(id))
}

// CameraNames are what cameras are called, removed ones included: for showing beside what a Scope or a Grant has let through.
func (o *Office) CameraNames(ctx context.Context) (map[custody.CameraID]string, error) {
	all, err := o.Parts.Cameras.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[custody.CameraID]string, len(all))
	for _, c := range all {
		out[c.ID] = c.Name
	}
	return out, nil
}

// AddCamera registers a camera under a Grant of camera.manage. One that shows library records or another class than a new camera's
// needs no second decision: a class that closes more may be given by who adds it.
func (o *Office) AddCamera(ctx context.Context, g access.Grant, in camera.Input) (camera.Camera, error) {
	a, err := camera.NewAddition(in)
	if err != nil {
		return camera.Camera{}, err
	}
	return o.Parts.Cameras.Add(ctx, g, a)
}

// ChangeCamera changes a camera under a Grant of camera.manage about it; the change carries the version that was read.
func (o *Office) ChangeCamera(ctx context.Context, g access.Grant, id custody.CameraID, in camera.UpdateInput) (camera.Camera, error) {
	return o.Parts.Cameras.Update(ctx, g, id, in)
}

// Classify says what a camera shows and how long its footage is kept, under a Grant of camera.classify about it. That a camera shows
// library records no longer only the custodian decides; the policy says so, and the judge has asked it.
func (o *Office) Classify(ctx context.Context, g access.Grant, id custody.CameraID, in camera.ClassInput) (camera.Camera, error) {
	return o.Parts.Cameras.SetClass(ctx, g, id, in)
}

// RemoveCamera ends a camera's recording for good under a Grant of camera.manage about it. Its footage stays.
func (o *Office) RemoveCamera(ctx context.Context, g access.Grant, id custody.CameraID) error {
	return o.Parts.Cameras.Remove(ctx, g, id)
}

// SetLogin replaces a camera's credentials under a Grant of camera.manage about it; both empty erase them.
func (o *Office) SetLogin(ctx context.Context, g access.Grant, id custody.CameraID, user, password string) error {
	if err := aboutCamera(g, access.CameraManage, id); err != nil {
		return err
	}
	login, err := camera.NewCredentials(user, password)
	if err != nil {
		return err
	}
	return o.Parts.Cameras.SetCredentials(ctx, g, id, login)
}
