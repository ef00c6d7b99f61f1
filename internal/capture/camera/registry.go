package camera

import (
	"context"
	"net/url"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Registry is the register of a site's cameras. It keeps nothing in memory, so several processes may use one
// store. It is safe for concurrent use.
type Registry struct {
	store Store
	ring  *keys.Ring
	clock custody.Clock
}

// NewRegistry returns the register over a store. ring seals and opens credentials.
func NewRegistry(store Store, ring *keys.Ring, clock custody.Clock) *Registry {
	return &Registry{store, ring, clock}
}

// List returns the cameras ordered by name, removed ones included (their Removed is set).
func (r *Registry) List(ctx context.Context) ([]Camera, error) { return r.store.Cameras(ctx) }

// Generation grows with every change; cheap to poll.
func (r *Registry) Generation(ctx context.Context) (int64, error) { return r.store.Generation(ctx) }

// Find returns the camera with that id or, among those not removed, that name. NotFound if there is none.
func (r *Registry) Find(ctx context.Context, nameOrID string) (Camera, error) {
	all, err := r.store.Cameras(ctx)
	if err != nil {
		return Camera{}, err
	}
	i := slices.IndexFunc(all, func(c Camera) bool {
		return string(c.ID) == nameOrID || c.Removed == 0 && c.Name == nameOrID
	})
	if i < 0 {
		return Camera{}, custody.Errorf(custody.NotFound, "there is no camera of that name or id: custody camera list shows all")
	}
	return all[i], nil
}

// Add registers a camera under a Grant of camera.manage that is about no camera, and records camera.added. It fails with Exists if an
// unremoved camera has the name.
func (r *Registry) Add(ctx context.Context, g access.Grant, a Addition) (Camera, error) {
	if err := mayChange(g, access.CameraManage, ""); err != nil {
		return Camera{}, err
	}
	if len(a.streams) == 0 {
		return Camera{}, custody.Errorf(custody.Invalid, "the camera to add is empty")
	}
	now := r.clock.Now()
	c := Camera{ID: custody.NewCameraID(), Name: a.name, Place: a.place, Class: a.class, Enabled: a.enabled, Audio: a.audio, Version: 1, Added: now}
	for _, s := range a.streams {
		st := Stream{ID: custody.NewStreamID(), Role: s.role, URL: s.url, Transport: s.transport}
		if err := r.seal(&st, s.login); err != nil {
			return Camera{}, err
		}
		c.Streams = append(c.Streams, st)
	}
	ev, err := custody.NewEvent(custody.EventCameraAdded, now, g.Actor().String(), c.ID, string(c.ID), describe(c))
	if err != nil {
		return Camera{}, err
	}
	return c, r.store.AddCamera(ctx, c, ev)
}

// AddAll registers the cameras of a list under one Grant as for Add. Names that are taken are all reported at once, as Exists, before
// anything is added. If adding fails later on, those before it stay and are returned with the error.
func (r *Registry) AddAll(ctx context.Context, g access.Grant, list []Addition) ([]Camera, error) {
	if err := mayChange(g, access.CameraManage, ""); err != nil {
		return nil, err
	}
	all, err := r.store.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	var taken problems
	for _, a := range list {
		if slices.ContainsFunc(all, func(c Camera) bool { return c.Removed == 0 && c.Name == a.name }) {
			taken.add(0, "%q", a.name)
		}
	}
	if err := taken.err("nothing was added, because cameras of these names exist already:"); err != nil {
		return nil, &custody.Error{Kind: custody.Exists, Public: custody.PublicText(err)}
	}
	var added []Camera
	for _, a := range list {
		c, err := r.Add(ctx, g, a)
		if err != nil {
			return added, err
		}
		added = append(added, c)
	}
	return added, nil
}

// Credentials opens a stream's credentials, for the recorder's RTSP client alone. A stream without any yields the zero
// Credentials. Corrupt or NotFound: what is stored does not open for this stream.
func (r *Registry) Credentials(s Stream) (Credentials, error) {
	if len(s.Secret) == 0 {
		return Credentials{}, nil
	}
	plain, err := r.ring.OpenCredentials(s.ID, s.SecretKey, s.Secret)
	if err != nil {
		return Credentials{}, err
	}
	defer clear(plain)
	return unsealCredentials(plain)
}

func (r *Registry) seal(s *Stream, login Credentials) error {
	s.Secret, s.SecretKey = nil, ""
	if login.None() {
		return nil
	}
	plain, err := login.seal()
	if err != nil {
		return custody.Errorf(custody.Internal, "the credentials could not be written")
	}
	defer clear(plain)
	s.Secret, s.SecretKey, err = r.ring.SealCredentials(s.ID, plain)
	return err
}

// description is the detail of camera.added: no path or query, which may hold what a vendor put there, and no secret.
type description struct {
	Name    string              `json:"name"`
	Place   string              `json:"place,omitempty"`
	Class   access.Class        `json:"class"`
	Enabled bool                `json:"enabled"`
	Audio   bool                `json:"audio"`
	Streams []streamDescription `json:"streams"`
}

type streamDescription struct {
	ID          custody.StreamID `json:"id"`
	Role        string           `json:"role"`
	Host        string           `json:"host"`
	Scheme      string           `json:"scheme"`
	Transport   string           `json:"transport"`
	Credentials bool             `json:"credentials"`
}

func describe(c Camera) description {
	return description{Name: c.Name, Place: c.Place, Class: c.Class, Enabled: c.Enabled, Audio: c.Audio, Streams: describeStreams(c.Streams)}
}

func describeStreams(streams []Stream) (out []streamDescription) {
	for _, s := range streams {
		sd := streamDescription{ID: s.ID, Role: string(s.Role), Transport: s.Transport, Credentials: len(s.Secret) > 0}
		if u, err := url.Parse(s.URL); err == nil {
			sd.Host, sd.Scheme = u.Host, u.Scheme
		}
		out = append(out, sd)
	}
	return out
}
