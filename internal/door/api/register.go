package api

import (
	"context"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/door/gate"
)

// RegisteredCamera is one camera of the register. It never holds credentials, only whether there are some.
type RegisteredCamera struct {
	ID            string             `json:"id"`
	Name          string             `json:"name"`
	Place         string             `json:"place"`
	Class         string             `json:"class" enum:"public-area,staff-area,library-record"`
	RetentionDays int                `json:"retention_days" doc:"0 for the site's default"`
	Enabled       bool               `json:"enabled"`
	Audio         bool               `json:"audio"`
	Streams       []RegisteredStream `json:"streams"`
	AddedAt       string             `json:"added_at" format:"date-time"`
	RemovedAt     string             `json:"removed_at,omitempty" format:"date-time"`
	Version       int64              `json:"version"`
}

// RegisteredStream is where one stream comes from.
type RegisteredStream struct {
	Role        string `json:"role" enum:"main,sub"`
	URL         string `json:"url" doc:"Without user and password"`
	Transport   string `json:"transport" enum:"tcp,udp"`
	Credentials bool   `json:"credentials" doc:"Whether credentials are stored"`
}

// RegisteredCameras is the register of cameras, by name.
type RegisteredCameras struct {
	Cameras []RegisteredCamera `json:"cameras"`
}

func registeredOut(c camera.Camera) RegisteredCamera {
	return RegisteredCamera{ID: string(c.ID), Name: c.Name, Place: c.Place, Class: string(c.Class), RetentionDays: c.RetentionDays, Enabled: c.Enabled,
		Audio: c.Audio, AddedAt: stamp(c.Added), RemovedAt: stamp(c.Removed), Version: c.Version,
		Streams: each(c.Streams, func(st camera.Stream) RegisteredStream {
			return RegisteredStream{string(st.Role), st.URL, st.Transport, len(st.Secret) > 0}
		})}
}

func (s rooms) register(ctx context.Context, _ *none) (RegisteredCameras, error) {
	list, err := s.Office.Cameras(ctx, gate.PassOf(ctx).Scope)
	return RegisteredCameras{each(list, registeredOut)}, err
}

type cameraIn struct {
	Camera string `path:"camera"`
}

func (s rooms) registered(ctx context.Context, in *cameraIn) (RegisteredCamera, error) {
	c, err := s.Office.Camera(ctx, gate.PassOf(ctx).Scope, custody.CameraID(in.Camera))
	return registeredOut(c), err
}

type cameraAddIn struct {
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"80"`
		Place     string `json:"place,omitempty" maxLength:"80"`
		Class     string `json:"class,omitempty" enum:"public-area,staff-area,library-record" default:"public-area"`
		URL       string `json:"url" minLength:"1" maxLength:"2048" doc:"rtsp:// or rtsps://; a user and a password in it are moved to the encrypted credentials"`
		SubURL    string `json:"sub_url,omitempty" maxLength:"2048"`
		User      string `json:"user,omitempty" maxLength:"256"`
		Password  string `json:"password,omitempty" maxLength:"256"`
		Transport string `json:"transport,omitempty" enum:"tcp,udp" default:"tcp"`
		Audio     bool   `json:"audio,omitempty" doc:"Record sound; off by default"`
		Enabled   *bool  `json:"enabled,omitempty" doc:"true by default"`
	}
}

func (s rooms) addCamera(ctx context.Context, in *cameraAddIn) (RegisteredCamera, error) {
	b := in.Body
	shows, err := class(b.Class)
	if err != nil {
		return RegisteredCamera{}, err
	}
	c, err := s.Office.AddCamera(ctx, gate.PassOf(ctx).Grant, camera.Input{Name: b.Name, Place: b.Place, Class: shows, URL: b.URL, SubURL: b.SubURL,
		User: b.User, Password: b.Password, Transport: b.Transport, Audio: b.Audio, Disabled: b.Enabled != nil && !*b.Enabled})
	return registeredOut(c), err
}

type cameraChangeIn struct {
	Camera string `path:"camera"`
	Body   struct {
		Name      *string `json:"name,omitempty" minLength:"1" maxLength:"80"`
		Place     *string `json:"place,omitempty" maxLength:"80"`
		Enabled   *bool   `json:"enabled,omitempty"`
		Audio     *bool   `json:"audio,omitempty"`
		URL       *string `json:"url,omitempty" minLength:"1" maxLength:"2048"`
		SubURL    *string `json:"sub_url,omitempty" maxLength:"2048" doc:"Empty ends the sub stream"`
		Transport *string `json:"transport,omitempty" enum:"tcp,udp"`
		Version   int64   `json:"version" minimum:"1" doc:"As it was read"`
	}
}

func (s rooms) changeCamera(ctx context.Context, in *cameraChangeIn) (RegisteredCamera, error) {
	b := in.Body
	c, err := s.Office.ChangeCamera(ctx, gate.PassOf(ctx).Grant, custody.CameraID(in.Camera), camera.UpdateInput{Name: b.Name, Place: b.Place,
		Enabled: b.Enabled, Audio: b.Audio, URL: b.URL, SubURL: b.SubURL, Transport: b.Transport, Version: b.Version})
	return registeredOut(c), err
}

func (s rooms) removeCamera(ctx context.Context, in *cameraIn) error {
	return s.Office.RemoveCamera(ctx, gate.PassOf(ctx).Grant, custody.CameraID(in.Camera))
}

type loginIn struct {
	Camera string `path:"camera"`
	Body   struct {
		User     string `json:"user" maxLength:"256"`
		Password string `json:"password" maxLength:"256"`
	}
}

func (s rooms) setCredentials(ctx context.Context, in *loginIn) error {
	return s.Office.SetLogin(ctx, gate.PassOf(ctx).Grant, custody.CameraID(in.Camera), in.Body.User, in.Body.Password)
}

type classIn struct {
	Camera string `path:"camera"`
	Body   struct {
		Class         string `json:"class" enum:"public-area,staff-area,library-record"`
		RetentionDays *int   `json:"retention_days,omitempty" minimum:"0" maximum:"3650" doc:"0 for the site's default"`
		Version       int64  `json:"version" minimum:"1" doc:"As it was read"`
	}
}

func (s rooms) classify(ctx context.Context, in *classIn) (RegisteredCamera, error) {
	shows, err := class(in.Body.Class)
	if err != nil {
		return RegisteredCamera{}, err
	}
	c, err := s.Office.Classify(ctx, gate.PassOf(ctx).Grant, custody.CameraID(in.Camera), camera.ClassInput{Class: shows,
		RetentionDays: in.Body.RetentionDays, Version: in.Body.Version})
	return registeredOut(c), err
}

// CameraProbe is what came of trying a camera. No picture is kept or shown.
type CameraProbe struct {
	OK            bool   `json:"ok"`
	Codec         string `json:"codec,omitempty"`
	Width         int    `json:"width,omitempty"`
	Height        int    `json:"height,omitempty"`
	ClockOffsetUS *int64 `json:"clock_offset_us,omitempty"`
	FirstFrameMS  int64  `json:"first_frame_ms,omitempty"`
	Error         string `json:"error,omitempty" doc:"What the camera does wrong, in a sentence"`
}

func probeOut(p office.Probe) CameraProbe {
	out := CameraProbe{OK: p.OK, Codec: p.Codec, Width: p.Width, Height: p.Height, FirstFrameMS: p.FirstFrame.Milliseconds(), Error: p.Fault}
	if p.ClockOffset != nil {
		offset := p.ClockOffset.Microseconds()
		out.ClockOffsetUS = &offset
	}
	return out
}

type addressIn struct {
	Body struct {
		URL       string `json:"url" minLength:"1" maxLength:"2048"`
		User      string `json:"user,omitempty" maxLength:"256"`
		Password  string `json:"password,omitempty" maxLength:"256"`
		Transport string `json:"transport,omitempty" enum:"tcp,udp" default:"tcp"`
	}
}

func (s rooms) tryAddress(ctx context.Context, in *addressIn) (CameraProbe, error) {
	b := in.Body
	p, err := s.Office.TryAddress(ctx, gate.PassOf(ctx).Grant, camera.Input{URL: b.URL, User: b.User, Password: b.Password, Transport: b.Transport})
	return probeOut(p), err
}

func (s rooms) tryCamera(ctx context.Context, in *cameraIn) (CameraProbe, error) {
	p, err := s.Office.TryCamera(ctx, gate.PassOf(ctx).Grant, custody.CameraID(in.Camera))
	return probeOut(p), err
}
