package main

import (
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// registryStreams tells viewing which streams a camera has.
type registryStreams struct{ registry *camera.Registry }

func (r registryStreams) Streams(ctx context.Context, id custody.CameraID) ([]viewing.StreamInfo, error) {
	cam, err := r.registry.Find(ctx, string(id))
	if err != nil {
		return nil, err
	}
	var out []viewing.StreamInfo
	for _, s := range cam.Streams {
		out = append(out, viewing.StreamInfo{ID: s.ID, Role: s.Role})
	}
	slices.SortStableFunc(out, func(a, b viewing.StreamInfo) int { return rank(a.Role) - rank(b.Role) })
	return out, nil
}

// rank puts the main stream first.
func rank(r media.StreamRole) int {
	if r == media.Main {
		return 0
	}
	return 1
}

// watching tells inspection who was leased what.
type watching struct{ store viewing.Store }

func (w watching) Looks(ctx context.Context, scope access.Scope, cam custody.CameraID, span custody.Span, limit int) ([]inspection.Look, error) {
	looks, err := w.store.Looks(ctx, scope, cam, span, limit)
	out := make([]inspection.Look, 0, len(looks))
	for _, l := range looks {
		out = append(out, inspection.Look{Viewing: l.Viewing, Staff: l.Staff, Minute: l.Minute, Kind: l.Kind, Served: l.Served})
	}
	return out, err
}

func (w watching) Purpose(ctx context.Context, id custody.ViewingID) (inspection.Purpose, error) {
	v, err := w.store.ViewingByID(ctx, id)
	return inspection.Purpose{Basis: v.Basis, Reference: v.Reference, Text: v.Text}, err
}

// prober tries an address as the recorder would.
type prober struct {
	b      *books
	places chan struct{} // how many are tried at a time
}

const (
	probesAtOnce = 3
	probeWait    = 5 * time.Second
)

func newProber(b *books) *prober { return &prober{b: b, places: make(chan struct{}, probesAtOnce)} }

// Probe implements office.Prober.
func (p *prober) Probe(ctx context.Context, t office.Target) (office.Probe, error) {
	wait := time.NewTimer(probeWait)
	defer wait.Stop()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-wait.C:
		return office.Probe{}, custody.Errorf(custody.Unavailable, "other cameras are being tried: try again in a moment")
	case <-ctx.Done():
		return office.Probe{}, ctx.Err()
	}
	trust, err := cameraTLS(p.b.config.Cameras)
	if err != nil {
		return office.Probe{}, err
	}
	source := ingest.Source{URL: t.URL, Transport: t.Transport, User: t.Login.User(), Password: t.Login.Password()}
	found, err := ingest.Probe(ctx, source, p.b.clock, ingest.Options{TLS: trust})
	if err != nil {
		return office.Probe{Fault: custody.PublicText(err)}, nil
	}
	out := office.Probe{OK: true, Width: found.Picture.Width, Height: found.Picture.Height, FirstFrame: found.FirstUnit}
	if len(found.Tracks) > 0 {
		out.Codec = string(found.Tracks[0].Codec)
	}
	if found.CameraOffset != nil {
		offset := time.Duration(*found.CameraOffset) * time.Microsecond
		out.ClockOffset = &offset
	}
	return out, nil
}

// health tells people how recording goes.
type health struct{ s *server }

// Cameras implements api.Health.
func (h health) Cameras(context.Context) (map[custody.CameraID]api.CameraHealth, error) {
	out := map[custody.CameraID]api.CameraHealth{}
	for _, hand := range h.s.crew.snapshot() {
		rec := hand.stream.Snapshot()
		c, known := out[hand.camera]
		if !known || hand.role == media.Main {
			c.State, c.Since, c.Last, c.ClockOffsetUS = "recording", rec.Since, rec.RecordedTo, rec.CameraOffset
			if rec.Gap != "" {
				c.State, c.Cause, c.Detail = "gap", string(rec.Gap), rec.GapDetail
			}
		}
		c.Live = c.Live || rec.Gap == ""
		c.Streams = append(c.Streams, streamHealth(hand.role, rec.Tracks))
		out[hand.camera] = c
	}
	return out, nil
}

func streamHealth(role media.StreamRole, tracks []media.Track) api.CameraStream {
	s := api.CameraStream{Role: string(role)}
	if len(tracks) > 0 {
		s.Codec = string(tracks[0].Codec)
		if p, err := tracks[0].Picture(); err == nil {
			s.Width, s.Height = p.Width, p.Height
		}
	}
	return s
}

// Recorder implements api.Health.
func (h health) Recorder(ctx context.Context) (api.RecorderHealth, error) {
	snap := h.s.gauge.snapshot()
	out := api.RecorderHealth{SpoolBytes: snap.Spool.Bytes, FreeBytes: snap.Spool.Free, LogSize: snap.LogSize, Clock: "unknown"}
	open, err := h.s.db.OpenAlarms(ctx)
	if err != nil {
		return out, err
	}
	for _, a := range open {
		out.Alarms = append(out.Alarms, api.Alarm{Kind: a.Kind, Subject: a.Subject, Since: a.Raised.String(), Sentence: a.Sentence})
	}
	if head, err := h.s.db.Head(ctx); err == nil {
		if c, err := h.s.db.NewestCheckpoint(ctx, head.Epoch); err == nil {
			out.Checkpoint = c.At
		}
	}
	if k := h.s.clock.State(); k.KernelErr == nil && k.Kernel.At != 0 {
		out.Clock = "unsynchronised"
		if k.Kernel.Synchronised {
			out.Clock = "synchronised"
		}
	}
	return out, nil
}
