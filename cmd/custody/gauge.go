package main

import (
	"context"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/metrics"
)

// gauge gathers what /metrics shows. What costs a query or a look at a disk is looked at every ten seconds, not by
// each scrape.
type gauge struct {
	s        *server
	forecast *metrics.Forecast

	mu    sync.Mutex
	spool metrics.Spool
	size  uint64
	sign  custody.Instant
}

const (
	gaugeEvery     = 10 * time.Second
	forecastWindow = 6 * time.Hour
	fullWarning    = 72 * time.Hour // CONTRACTS 25
)

func newGauge(s *server) *gauge { return &gauge{s: s, forecast: metrics.NewForecast(forecastWindow)} }

func (g *gauge) run(ctx context.Context) error {
	t := time.NewTicker(gaugeEvery)
	defer t.Stop()
	for {
		g.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (g *gauge) look(ctx context.Context) {
	var sp metrics.Spool
	if free, err := g.s.free(); err == nil {
		sp.Free = int64(free)
		g.forecast.Add(g.s.clock.Now(), sp.Free-int64(g.s.config.Spool.MinFreeBytes))
	}
	sp.Full, sp.Filling = g.forecast.Full()
	if sp.Filling && sp.Full < fullWarning {
		g.s.bell.raise("disk-filling", "", "at this rate the disk is full in "+sp.Full.Round(time.Hour).String())
	} else {
		g.s.bell.clear("disk-filling", "")
	}
	sp.Segments = g.s.recorder.Site().Settling
	sp.Bytes = g.s.vault.SpoolBytes()
	head, err := g.s.db.Head(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spool = sp
	if err == nil {
		g.size = head.Size
	}
}

// snapshot is metrics.Source.
func (g *gauge) snapshot() metrics.Snapshot {
	g.mu.Lock()
	out := metrics.Snapshot{Now: g.s.clock.Now(), Spool: g.spool, LogSize: g.size, Signed: g.sign}
	g.mu.Unlock()
	out.Alarms = g.s.bell.names()
	for _, h := range g.s.crew.snapshot() {
		st, rec := h.session.Stats(), h.stream.Snapshot()
		out.Streams = append(out.Streams, metrics.Stream{
			Camera: h.camera, Role: h.role, Bytes: st.Bytes, Units: st.Units, LostPackets: st.LostPackets, BadPackets: st.BadPackets,
			DamagedUnits: st.DamagedUnits, OversizeUnits: st.OversizeUnits, Sessions: st.Sessions, Attempts: st.Attempts,
			Connected: st.Connected, ClockOffset: clockOffset(rec), Sealed: rec.LastSealed, SealedTo: rec.SealedTo, RecordedTo: rec.RecordedTo, Gap: rec.Gap,
		})
	}
	return out
}

func clockOffset(s recorder.Snapshot) *time.Duration {
	if s.CameraOffset == nil {
		return nil
	}
	d := time.Duration(*s.CameraOffset) * time.Microsecond
	return &d
}
