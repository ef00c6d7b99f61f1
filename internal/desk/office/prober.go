package office

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Target is an address to be tried. Login never prints.
type Target struct {
	URL       string // rtsp:// or rtsps://, without user info
	Transport string // tcp or udp
	Login     camera.Credentials
}

// Probe is what came of trying an address.
type Probe struct {
	OK            bool
	Codec         string
	Width, Height int
	ClockOffset   *time.Duration // the camera's clock less the site's; nil if it did not tell
	FirstFrame    time.Duration  // until the first picture
	Fault         string         // one sentence without secrets; empty if OK
}

// Prober connects to a camera once, as the recorder would, takes one picture's worth of data and throws it away; cmd/custody
// implements it with capture/ingest. A camera that does not answer is a Probe with a Fault; an error is a fault of ours. It ends
// within about 15 s, tries a few at a time and refuses more with Unavailable, and never tells what the picture shows.
type Prober interface {
	Probe(ctx context.Context, t Target) (Probe, error)
}

// TryAddress tries an address that is no camera's yet, under a Grant of camera.manage. What is wrong with it is Invalid.
func (o *Office) TryAddress(ctx context.Context, g access.Grant, in camera.Input) (Probe, error) {
	if err := aboutCamera(g, access.CameraManage, ""); err != nil {
		return Probe{}, err
	}
	in.Name = "test"
	if _, err := camera.NewAddition(in); err != nil { // the same rules as for a camera that is added
		return Probe{}, err
	}
	login, err := camera.NewCredentials(in.User, in.Password)
	if err != nil {
		return Probe{}, err
	}
	return o.Prober.Probe(ctx, Target{in.URL, in.Transport, login})
}

// TryCamera tries a camera's main stream with its stored credentials, under a Grant of camera.manage about it.
func (o *Office) TryCamera(ctx context.Context, g access.Grant, id custody.CameraID) (Probe, error) {
	if err := aboutCamera(g, access.CameraManage, id); err != nil {
		return Probe{}, err
	}
	c, err := o.camera(ctx, id)
	if err != nil {
		return Probe{}, err
	}
	main := c.Streams[0]
	login, err := o.Parts.Cameras.Credentials(main)
	if err != nil {
		return Probe{}, err
	}
	return o.Prober.Probe(ctx, Target{main.URL, main.Transport, login})
}
