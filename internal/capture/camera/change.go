package camera

import (
	"context"
	"net/url"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// UpdateInput is what a person changes about a camera. What is nil stays. Like Input it is never kept, and never printed.
type UpdateInput struct {
	redacted
	Name, Place *string
	// URL and SubURL are the addresses of the streams, and may carry a user and a password. An empty SubURL ends the sub stream. A stream
	// keeps its login unless the new address has one of its own or names another host, to which it is never sent.
	URL, SubURL    *string
	Transport      *string // of every stream
	Enabled, Audio *bool
	Version        int64 // the camera's that was read, or Conflict; 0 leaves it to the Grant
}

// Update changes a camera under a Grant of camera.manage and records camera.changed; it returns the camera as it is then. No change, no
// event. Everything that is wrong is reported at once, as Invalid. Exists: another camera has the name.
func (r *Registry) Update(ctx context.Context, g access.Grant, id custody.CameraID, in UpdateInput) (Camera, error) {
	return r.change(ctx, g, access.CameraManage, id, in.Version, custody.EventCameraChanged, func(c *Camera, _ custody.Instant) (any, bool, error) {
		said := map[string]any{}
		var ps problems
		in.texts(c, said, &ps)
		in.switches(c, said)
		streams, changed, err := r.restream(*c, in, &ps)
		if err != nil {
			return nil, false, err
		}
		if changed {
			c.Streams = streams
			said["streams"] = describeStreams(streams)
		}
		return said, len(said) > 0, ps.err("the camera cannot be changed")
	})
}

func (in UpdateInput) texts(c *Camera, said map[string]any, ps *problems) {
	if in.Name != nil && *in.Name != c.Name {
		checkText(ps, "name", *in.Name, 1)
		c.Name, said["name"] = *in.Name, *in.Name
	}
	if in.Place != nil && *in.Place != c.Place {
		checkText(ps, "place", *in.Place, 0)
		c.Place, said["place"] = *in.Place, *in.Place
	}
}

func (in UpdateInput) switches(c *Camera, said map[string]any) {
	if in.Enabled != nil && *in.Enabled != c.Enabled {
		c.Enabled, said["enabled"] = *in.Enabled, *in.Enabled
	}
	if in.Audio != nil && *in.Audio != c.Audio {
		c.Audio, said["audio"] = *in.Audio, *in.Audio
	}
}

// restream is the camera's streams after the change.
func (r *Registry) restream(c Camera, in UpdateInput, ps *problems) (out []Stream, changed bool, err error) {
	for _, at := range []struct {
		field string
		role  media.StreamRole
		text  *string
	}{{"url", media.Main, in.URL}, {"sub_url", media.Sub, in.SubURL}} {
		var old *Stream
		if i := slices.IndexFunc(c.Streams, func(s Stream) bool { return s.Role == at.role }); i >= 0 {
			old = &c.Streams[i]
		}
		switch {
		case at.text == nil && (in.Transport == nil || old == nil):
			if old != nil {
				out = append(out, *old)
			}
			continue
		case at.text != nil && *at.text == "" && at.role == media.Sub:
			changed = changed || old != nil
			continue
		}
		next, wrong := in.source(at.role, at.text, old)
		if wrong != nil {
			ps.add(0, "%s: %s", at.field, custody.PublicText(wrong))
			continue
		}
		st, err := r.rebuilt(next, old, out)
		if err != nil {
			return nil, false, err
		}
		changed = changed || old == nil || st.URL != old.URL || st.Transport != old.Transport || !next.login.None()
		out = append(out, st)
	}
	return out, changed, nil
}

// source is the stream's new address and transport.
func (in UpdateInput) source(role media.StreamRole, text *string, old *Stream) (source, error) {
	address, transport := "", ""
	if old != nil {
		address, transport = old.URL, old.Transport
	}
	if text != nil {
		address = *text
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == "rtsps" {
		transport = ""
	}
	if in.Transport != nil {
		transport = *in.Transport
	}
	return parseSource(role, address, transport, Credentials{})
}

// rebuilt is a stream with a new address. Its login is the address's own, or the one it had at the same host, or that of the stream
// before it at the same host, or none.
func (r *Registry) rebuilt(next source, old *Stream, before []Stream) (Stream, error) {
	st := Stream{ID: custody.NewStreamID(), Role: next.role, URL: next.url, Transport: next.transport}
	if old != nil {
		st.ID = old.ID
	}
	if next.login.None() && old != nil && hostOf(old.URL) == next.host {
		st.Secret, st.SecretKey = old.Secret, old.SecretKey
		return st, nil
	}
	if next.login.None() && len(before) > 0 && hostOf(before[0].URL) == next.host {
		var err error
		if next.login, err = r.Credentials(before[0]); err != nil {
			return Stream{}, err
		}
	}
	return st, r.seal(&st, next.login)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// MaxRetention is the longest retention of a camera, in days.
const MaxRetention = 3650

// ClassInput is what a camera shows and how long its footage is kept. What is empty or nil stays.
type ClassInput struct {
	Class         access.Class
	RetentionDays *int  // 0 to 3650 days; 0 is the site's default
	Version       int64 // the camera's that was read, or Conflict; 0 leaves it to the Grant
}

// SetClass changes the class and the retention of a camera under a Grant of camera.classify and records camera.changed; it returns the
// camera as it is then. No change, no event.
func (r *Registry) SetClass(ctx context.Context, g access.Grant, id custody.CameraID, in ClassInput) (Camera, error) {
	return r.change(ctx, g, access.CameraClassify, id, in.Version, custody.EventCameraChanged, func(c *Camera, _ custody.Instant) (any, bool, error) {
		said := map[string]any{}
		var ps problems
		if in.Class != "" && in.Class != c.Class {
			checkClass(&ps, in.Class)
			said["class_before"], said["class"] = c.Class, in.Class
			c.Class = in.Class
		}
		if in.RetentionDays != nil && *in.RetentionDays != c.RetentionDays {
			if *in.RetentionDays < 0 || *in.RetentionDays > MaxRetention {
				ps.add(0, "retention_days: it must be from 0 to %d, 0 for the site's default", MaxRetention)
			}
			c.RetentionDays, said["retention_days"] = *in.RetentionDays, *in.RetentionDays
		}
		return said, len(said) > 0, ps.err("the camera cannot be changed")
	})
}

// Remove ends a camera's recording for good under a Grant of camera.manage and records camera.removed. Its footage stays; its credentials
// are erased. A camera that is removed already is NotFound.
func (r *Registry) Remove(ctx context.Context, g access.Grant, id custody.CameraID) error {
	_, err := r.change(ctx, g, access.CameraManage, id, 0, custody.EventCameraRemoved, func(c *Camera, now custody.Instant) (any, bool, error) {
		c.Enabled, c.Removed = false, now
		for i := range c.Streams {
			c.Streams[i].Secret, c.Streams[i].SecretKey = nil, ""
		}
		return nil, true, nil
	})
	return err
}

// SetCredentials replaces the credentials of all streams of a camera under a Grant of camera.manage and records camera.changed, saying
// that they changed and nothing of what they are. The zero Credentials erase them.
func (r *Registry) SetCredentials(ctx context.Context, g access.Grant, id custody.CameraID, login Credentials) error {
	_, err := r.change(ctx, g, access.CameraManage, id, 0, custody.EventCameraChanged, func(c *Camera, _ custody.Instant) (any, bool, error) {
		for i := range c.Streams {
			if err := r.seal(&c.Streams[i], login); err != nil {
				return nil, false, err
			}
		}
		return map[string]bool{"credentials": !login.None()}, true, nil
	})
	return err
}

// edit alters a camera and describes the change for the diary; changed is false if there is nothing to do.
type edit func(c *Camera, now custody.Instant) (detail any, changed bool, err error)

// change reads a camera, lets alter change it, and stores it with its event unless somebody else changed it since it was judged (Conflict).
func (r *Registry) change(ctx context.Context, g access.Grant, action access.Action, id custody.CameraID, version int64, t custody.EventType, alter edit) (Camera, error) {
	if err := mayChange(g, action, id); err != nil {
		return Camera{}, err
	}
	all, err := r.store.Cameras(ctx)
	if err != nil {
		return Camera{}, err
	}
	i := slices.IndexFunc(all, func(c Camera) bool { return c.ID == id && c.Removed == 0 })
	if i < 0 {
		return Camera{}, custody.Errorf(custody.NotFound, "there is no such camera")
	}
	c, now := all[i], r.clock.Now()
	for _, judged := range []int64{version, g.Version()} {
		if judged != 0 && judged != c.Version {
			return Camera{}, custody.Errorf(custody.Conflict, "camera %q was changed meanwhile: look again", c.Name)
		}
	}
	c.Streams = slices.Clone(c.Streams)
	detail, changed, err := alter(&c, now)
	if err != nil {
		return Camera{}, err
	}
	if !changed {
		return c, nil
	}
	ev, err := custody.NewEvent(t, now, g.Actor().String(), c.ID, string(c.ID), detail)
	if err != nil {
		return Camera{}, err
	}
	if err := r.store.UpdateCamera(ctx, c, ev); err != nil {
		return Camera{}, err
	}
	c.Version++
	return c, nil
}

// mayChange asks the Grant, which must be about that camera, or about none to add one.
func mayChange(g access.Grant, action access.Action, id custody.CameraID) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Camera() != id {
		return custody.Errorf(custody.Denied, "the decision %s is about another camera", g.ID())
	}
	return nil
}
