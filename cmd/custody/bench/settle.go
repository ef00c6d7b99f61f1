package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/object/disk"
)

// Settle is how fast segments go from the spool into store and index: the numbered commit protocol. The segments have as
// many units as those of the ingest table, but are small: it is the protocol that is measured, not the disk's width.
type Settle struct {
	Delay    float64 `json:"fsync_delay_ms"`
	Segments int     `json:"segments"`
	Rate     float64 `json:"segments_s"`
	CPU      float64 `json:"cpu_ms_segment"`
}

const settleStreams = 8

func (b *bench) settles(ctx context.Context) error {
	t := newTable(b.out, "Settling segments of 900 units (200 cameras need 3.3 a second)", "added to each fsync", "segments", "segments/s", "CPU ms each")
	tape, err := b.tape(ctx, simcam.H264Plain, smallLoop())
	if err != nil {
		return err
	}
	for _, delay := range []time.Duration{0, slowFsync} {
		row, err := b.settleRate(ctx, tape, delay)
		if err != nil {
			return err
		}
		b.report.Settles = append(b.report.Settles, row)
		t.row(delay, row.Segments, fmt.Sprintf("%.1f", row.Rate), fmt.Sprintf("%.1f", row.CPU))
	}
	return t.end()
}

// tape records one loop of a camera.
func (b *bench) tape(ctx context.Context, profile simcam.Profile, l loop) (*tape, error) {
	f, err := b.startFarm(ctx, 1, profile, "127.0.0.1:0", 0)
	if err != nil {
		return nil, err
	}
	t, err := record(ctx, f.urls[0], l)
	return t, errors.Join(err, f.stop())
}

// settleRate fills the spool of a site whose store is stalled, and times how it empties.
func (b *bench) settleRate(ctx context.Context, t *tape, delay time.Duration) (row Settle, err error) {
	urls := make([]string, settleStreams)
	for i := range urls {
		urls[i] = fmt.Sprintf("rtsp://127.0.0.1:9/cam%d", i) // registered, switched off, never asked
	}
	s, err := b.newSite(ctx, urls, false)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	g := newGate()
	slow, err := disk.Open(s.config.Objects.Path, disk.Options{Hook: slowSync(waits(delay))})
	if err != nil {
		return row, err
	}
	in, err := b.open(ctx, s.path, Seams{
		Objects: func(vault.Objects) vault.Objects { return gatedObjects{slow, g} },
		Disk:    spoolDisk{write: waits(0), sync: waits(delay)},
		Commits: slowCommits(delay),
	})
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	streams, err := s.streams(ctx)
	if err != nil {
		return row, err
	}
	g.shut()
	err = t.feed(ctx, in.Recorder, in.Clock.Now(), streams, time.Duration(b.Segments/settleStreams+1)*time.Minute)
	row = Settle{Delay: float64(delay.Milliseconds()), Segments: in.Recorder.Site().Settling}
	from, began := ownCPU(), time.Now()
	g.lift()
	err = errors.Join(err, until(ctx, 10*time.Minute, "every segment is settled", func() (bool, error) { return in.Recorder.Site().Settling == 0, nil }))
	row.Rate = float64(row.Segments) / time.Since(began).Seconds()
	row.CPU = float64((ownCPU() - from).Microseconds()) / 1000 / float64(max(row.Segments, 1))
	return row, err
}

// place is one stream and its camera.
type place struct {
	camera custody.CameraID
	stream custody.StreamID
}

func (s *site) streams(ctx context.Context) (out []place, err error) {
	d, err := db.Open(ctx, db.Config{Driver: db.SQLite, Path: s.config.Database.Path})
	if err != nil {
		return nil, err
	}
	cameras, err := d.Cameras(ctx)
	for _, c := range cameras {
		for _, st := range c.Streams {
			out = append(out, place{c.ID, st.ID})
		}
	}
	return out, errors.Join(err, d.Close())
}

// feed plays the tape into every stream as if the time until now had been recorded.
func (t *tape) feed(ctx context.Context, r *recorder.Recorder, now custody.Instant, places []place, d time.Duration) error {
	var wg sync.WaitGroup
	failures := make([]error, len(places))
	for i, p := range places {
		wg.Go(func() {
			s, err := r.Open(ctx, p.camera, p.stream)
			if err == nil {
				err = t.play(ctx, s, p, now.Add(-d), d)
			}
			failures[i] = err
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}
