package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Stall is what a stall of one disk did.
type Stall struct {
	What     string  `json:"what"` // object store or spool disk
	Cameras  int     `json:"cameras"`
	Seconds  float64 `json:"seconds"`
	Sent     uint64  `json:"frames_sent"`
	Stored   uint64  `json:"frames_stored"`
	Gaps     int     `json:"gaps"`
	Queue    int     `json:"queue_bytes"`    // of the camera that had the most waiting
	Waiting  int     `json:"segments"`       // not settled, at most
	Catchup  float64 `json:"catchup_s"`      // from the end of the stall until nothing waits
	Resident int64   `json:"resident_bytes"` // of this process before the stall
	Peak     int64   `json:"peak_bytes"`     // and at its worst
}

// Lost is how many frames were sent and not stored.
func (row Stall) Lost() int64 { return int64(row.Sent) - int64(row.Stored) }

func (b *bench) storeStall(ctx context.Context) error {
	g := newGate()
	return b.stall(ctx, "object store", b.StoreStall, g, Seams{Objects: func(o vault.Objects) vault.Objects { return gatedObjects{o, g} }})
}

func (b *bench) spoolStall(ctx context.Context) error {
	g := newGate()
	return b.stall(ctx, "spool disk", b.SpoolStall, g, Seams{Disk: spoolDisk{write: g.pass, sync: g.pass}})
}

// stall records a farm inside this process, shuts the gate for a while, and counts what is stored in the end.
func (b *bench) stall(ctx context.Context, what string, d time.Duration, g *gate, under Seams) (err error) {
	f, err := b.startFarm(ctx, b.StallCameras, simcam.Bench, "127.0.0.1:0", benchStagger)
	if err != nil {
		return err
	}
	defer f.kill()
	s, err := b.newSite(ctx, f.urls, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	in, err := b.open(ctx, s.path, under)
	if err != nil {
		return err
	}
	row := Stall{What: what, Cameras: b.StallCameras, Seconds: d.Seconds()}
	if err := errors.Join(b.through(ctx, f, in, g, d, &row), in.Close()); err != nil {
		return err
	}
	st, err := s.stored(ctx)
	if err != nil {
		return err
	}
	row.Stored, row.Gaps = st.units, st.unplanned()
	b.report.Stalls = append(b.report.Stalls, row)
	t := newTable(b.out, fmt.Sprintf("A stall of %s of the %s", d, what), "N", "sent", "stored", "lost", "gaps", "most queued MiB/camera",
		"segments waiting", "caught up s", "RSS MiB", "peak")
	t.row(row.Cameras, row.Sent, row.Stored, row.Lost(), row.Gaps, mib(int64(row.Queue)), row.Waiting, fmt.Sprintf("%.1f", row.Catchup),
		mib(row.Resident), mib(row.Peak))
	return t.end()
}

// through lives through the stall and leaves the farm frozen and nothing waiting.
func (b *bench) through(ctx context.Context, f *farm, in Site, g *gate, d time.Duration, row *Stall) error {
	if err := f.plays(ctx); err != nil {
		return err
	}
	if err := rest(ctx, b.Settle); err != nil {
		return err
	}
	m, err := memoryOf(os.Getpid())
	if err != nil {
		return err
	}
	row.Resident = m.resident
	g.shut()
	err = row.sample(ctx, in, d)
	g.lift()
	if err != nil {
		return err
	}
	lifted := time.Now()
	err = until(ctx, 2*time.Minute, "what the stall held up is settled", func() (bool, error) {
		deepest, _ := queues(in)
		return deepest == 0 && in.Recorder.Site().Settling == 0, nil
	})
	row.Catchup = time.Since(lifted).Seconds()
	if err = errors.Join(err, f.drained(ctx)); err != nil {
		return err
	}
	total, err := f.sent()
	row.Sent = total.handed + total.dropped
	return err
}

// sample watches queues and memory for a time.
func (row *Stall) sample(ctx context.Context, in Site, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		deepest, settling := queues(in)
		m, err := memoryOf(os.Getpid())
		if err != nil {
			return err
		}
		row.Queue, row.Waiting, row.Peak = max(row.Queue, deepest), max(row.Waiting, settling), max(row.Peak, m.resident)
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// queues is the deepest of the recorder's queues, in bytes, and how many segments wait.
func queues(in Site) (deepest, settling int) {
	for _, s := range in.Recorder.Snapshots() {
		deepest = max(deepest, s.QueueBytes)
	}
	return deepest, in.Recorder.Site().Settling
}
