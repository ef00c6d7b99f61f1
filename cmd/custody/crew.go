package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
)

const registryPoll = time.Second

// crew keeps one session and one recording for every stream of every enabled camera, and follows the
// registry while it runs: a camera added on the command line is recorded within a second or two.
type crew struct {
	registry *camera.Registry
	recorder *recorder.Recorder
	clock    custody.Clock
	options  ingest.Options

	mu    sync.Mutex
	hands map[custody.StreamID]*hand
	seen  int64 // generation of the registry that hands reflect
}

// hand is one stream at work.
type hand struct {
	camera  custody.CameraID
	role    media.StreamRole
	version int64
	source  ingest.Source // as the session uses it
	stream  *recorder.Stream
	session *ingest.Session
}

func newCrew(r *camera.Registry, rec *recorder.Recorder, clock custody.Clock, o ingest.Options) *crew {
	return &crew{registry: r, recorder: rec, clock: clock, options: o, hands: map[custody.StreamID]*hand{}, seen: -1}
}

// run follows the registry until ctx ends. A registry that cannot be read changes nothing: who is being
// recorded goes on being recorded.
func (c *crew) run(ctx context.Context) error {
	t := time.NewTicker(registryPoll)
	defer t.Stop()
	for {
		if err := c.follow(ctx); err != nil && ctx.Err() == nil {
			c.options.Log.Warn("the camera registry could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// follow brings the hands in line with the registry if it changed.
func (c *crew) follow(ctx context.Context) error {
	generation, err := c.registry.Generation(ctx)
	if err != nil || generation == c.seen {
		return err
	}
	cameras, err := c.registry.List(ctx)
	if err != nil {
		return err
	}
	wanted := map[custody.StreamID]bool{}
	failed := false
	for _, cam := range cameras {
		for _, st := range cam.Streams {
			if !cam.Enabled || cam.Removed != 0 {
				continue
			}
			wanted[st.ID] = true
			if err := c.employ(ctx, cam, st); err != nil {
				failed = true
				c.options.Log.Error("a stream cannot be recorded", "stream", st.ID, "error", err)
			}
		}
	}
	for id, h := range c.snapshot() {
		if !wanted[id] {
			c.dismiss(id, h)
		}
	}
	if !failed {
		c.seen = generation
	}
	return nil
}

// employ starts a stream's recording, or starts its session anew if the camera's address, login or sound changed. A new name, place,
// class or retention interrupts nothing.
func (c *crew) employ(ctx context.Context, cam camera.Camera, st camera.Stream) error {
	c.mu.Lock()
	h := c.hands[st.ID]
	c.mu.Unlock()
	if h != nil && h.version == cam.Version {
		return nil
	}
	source, err := sourceOf(c.registry, cam, st)
	if err != nil {
		return err
	}
	if h != nil && h.source == source {
		c.mu.Lock()
		h.version = cam.Version
		c.mu.Unlock()
		return nil
	}
	if h == nil {
		stream, err := c.recorder.Open(ctx, cam.ID, st.ID)
		if err != nil {
			return err
		}
		h = &hand{camera: cam.ID, role: st.Role, stream: stream}
	} else {
		h.session.Stop()
	}
	h.version, h.source = cam.Version, source
	h.session = ingest.New(source, h.stream, c.clock, c.options)
	if err := h.session.Start(ctx); err != nil {
		h.stream.Close()
		return err
	}
	c.mu.Lock()
	c.hands[st.ID] = h
	c.mu.Unlock()
	return nil
}

// cameraTLS is how rtsps cameras prove who they are; nil leaves it to the system's authorities.
func cameraTLS(c config.Cameras) (*tls.Config, error) {
	pool, err := authorities("cameras.ca_file", c.CAFile)
	if pool == nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// authorities are the certificates in the PEM file that a key of the configuration names; nil if it names none.
func authorities(key, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "%s: it cannot be read", key)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, custody.Errorf(custody.Invalid, "%s: %s holds no certificate in PEM", key, path)
	}
	return pool, nil
}

// sourceOf opens a stream's credentials for its session.
func sourceOf(r *camera.Registry, cam camera.Camera, st camera.Stream) (ingest.Source, error) {
	login, err := r.Credentials(st)
	if err != nil {
		return ingest.Source{}, err
	}
	return ingest.Source{Camera: cam.ID, Stream: st.ID, URL: st.URL, Transport: st.Transport,
		User: login.User(), Password: login.Password(), Audio: cam.Audio}, nil
}

func (c *crew) dismiss(id custody.StreamID, h *hand) {
	h.stream.Disable(h.session.Stop)
	c.mu.Lock()
	delete(c.hands, id)
	c.mu.Unlock()
}

func (c *crew) snapshot() map[custody.StreamID]*hand {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[custody.StreamID]*hand, len(c.hands))
	for id, h := range c.hands {
		out[id] = h
	}
	return out
}

// stopSessions ends every camera session at the same time and waits for them; the recordings stay open.
func (c *crew) stopSessions() {
	var wg sync.WaitGroup
	for _, h := range c.snapshot() {
		wg.Add(1)
		go func() { defer wg.Done(); h.session.Stop() }()
	}
	wg.Wait()
}
