package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// Ingest is one row of the ingest table: medians over its windows, except for frames, which are sums.
type Ingest struct {
	Cameras    int     `json:"cameras"`
	Windows    int     `json:"windows"`
	Seconds    float64 `json:"seconds"` // of a window
	CPU        float64 `json:"cpu"`     // recorder: CPU seconds (user and system) per camera-minute
	System     float64 `json:"system"`  // the kernel's part of it
	Resident   int64   `json:"resident_bytes"`
	Peak       int64   `json:"peak_bytes"`
	Sent       uint64  `json:"frames_sent"` // and those that the farm could not send, because nobody read them
	Stored     uint64  `json:"frames_stored"`
	Damaged    uint64  `json:"frames_damaged"`
	Gaps       int     `json:"gaps"` // that nobody ordered
	Control    float64 `json:"control_cpu,omitempty"`
	FarmCPU    float64 `json:"farm_cpu"`
	FarmLate   float64 `json:"farm_late_ms"` // the most that a frame was sent after its time
	Neighbours float64 `json:"neighbours"`   // cores that everything else kept busy
	Load       float64 `json:"load"`
}

// Lost is how many frames were sent and not stored.
func (r Ingest) Lost() int64 { return int64(r.Sent) - int64(r.Stored) }

// Ratio is the cost against the control's; 0 without one.
func (r Ingest) Ratio() float64 {
	if r.Control == 0 {
		return 0
	}
	return r.CPU / r.Control
}

const benchStagger = 2 * time.Second // one GOP: the farm's key frames are spread evenly

func (b *bench) ingest(ctx context.Context) error {
	t := newTable(b.out, "Ingest: 1080p H.264, 15 frames/s, 2 s GOP, 4 Mbit/s, RTP over TCP; CPU s per camera-minute",
		"N", "CPU", "of it kernel", "ffmpeg -c copy", "ratio", "RSS MiB", "peak", "sent", "stored", "lost", "gaps", "farm CPU", "late ms", "others' cores")
	for _, n := range b.Cameras {
		row, err := b.ingestRow(ctx, n)
		if err != nil {
			return err
		}
		b.report.Ingest = append(b.report.Ingest, row)
		control, ratio := "-", "-"
		if row.Control > 0 {
			control, ratio = fmt.Sprintf("%.3f", row.Control), fmt.Sprintf("%.2f", row.Ratio())
		}
		t.row(n, fmt.Sprintf("%.3f", row.CPU), fmt.Sprintf("%.3f", row.System), control, ratio, mib(row.Resident), mib(row.Peak), row.Sent, row.Stored, row.Lost(), row.Gaps,
			fmt.Sprintf("%.3f", row.FarmCPU), fmt.Sprintf("%.0f", row.FarmLate), fmt.Sprintf("%.2f", row.Neighbours))
	}
	return t.end()
}

// ingestRow measures recorder and control on the same farm, one after the other.
func (b *bench) ingestRow(ctx context.Context, n int) (Ingest, error) {
	f, err := b.startFarm(ctx, n, simcam.Bench, "127.0.0.1:0", benchStagger)
	if err != nil {
		return Ingest{}, err
	}
	var runs []Ingest
	for k := range b.Repeat {
		r, err := b.recorded(ctx, f, n, k)
		if err == nil && n <= b.ControlMost && b.FFmpeg != "" {
			r.Control, err = b.control(ctx, f)
		}
		if err != nil {
			f.kill()
			return Ingest{}, err
		}
		runs = append(runs, r)
		b.say("N=%d: %.3f CPU s per camera-minute, %d of %d frames, load %.1f", n, r.CPU, r.Stored, r.Sent, r.Load)
	}
	return summed(runs), f.stop()
}

// recorded is one window of the recorder, from a fresh site to what it stored.
func (b *bench) recorded(ctx context.Context, f *farm, n, k int) (r Ingest, err error) {
	s, err := b.newSite(ctx, f.urls, true)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	before, err := f.sent()
	if err != nil {
		return r, err
	}
	p, err := b.record(ctx, s, b.profile(fmt.Sprintf("ingest-%d-%d", n, k+1)))
	if err != nil {
		return r, err
	}
	r, err = b.measured(ctx, f, p, n)
	if err = errors.Join(err, p.stop()); err != nil {
		return r, err
	}
	after, err := f.sent()
	if err != nil {
		return r, err
	}
	st, err := s.stored(ctx)
	r.Sent = after.handed - before.handed + after.dropped - before.dropped
	r.Stored, r.Damaged, r.Gaps = st.units, st.damaged, st.unplanned()
	return r, errors.Join(err, f.tell("/all/heal"))
}

// measured watches recorder and farm in the steady state, and leaves the farm frozen.
func (b *bench) measured(ctx context.Context, f *farm, p *process, n int) (r Ingest, err error) {
	if err := f.plays(ctx); err != nil {
		return r, errors.Join(err, p.alive())
	}
	if err := rest(ctx, b.Steady); err != nil {
		return r, err
	}
	w, err := watch(ctx, b.Window, []int{p.cmd.Process.Pid}, []int{f.cmd.Process.Pid})
	if err != nil {
		return r, err
	}
	m, err := memoryOf(p.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	late, err := f.lateness()
	if err != nil {
		return r, err
	}
	r = Ingest{Cameras: n, Seconds: w.wall.Seconds(), CPU: w.perCameraMinute(0, n), System: w.systemPerCameraMinute(0, n), FarmCPU: w.perCameraMinute(1, n),
		Resident: m.resident, Peak: m.peak, FarmLate: float64(late.Microseconds()) / 1000, Neighbours: w.neighbours(), Load: load()}
	return r, f.drained(ctx)
}

// summed is one row of several windows.
func summed(runs []Ingest) Ingest {
	r := runs[0]
	r.Windows = len(runs)
	for _, k := range runs[1:] {
		r.Sent += k.Sent
		r.Stored += k.Stored
		r.Damaged += k.Damaged
		r.Gaps += k.Gaps
		r.FarmLate = max(r.FarmLate, k.FarmLate)
		r.Peak = max(r.Peak, k.Peak)
	}
	of := func(value func(Ingest) float64) float64 {
		var all []float64
		for _, k := range runs {
			all = append(all, value(k))
		}
		return median(all)
	}
	r.CPU = of(func(k Ingest) float64 { return k.CPU })
	r.System = of(func(k Ingest) float64 { return k.System })
	r.Control = of(func(k Ingest) float64 { return k.Control })
	r.FarmCPU = of(func(k Ingest) float64 { return k.FarmCPU })
	r.Neighbours = of(func(k Ingest) float64 { return k.Neighbours })
	r.Load = of(func(k Ingest) float64 { return k.Load })
	r.Resident = int64(of(func(k Ingest) float64 { return float64(k.Resident) }))
	return r
}

// median of at least one value.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}

// control is what ffmpeg needs to copy every camera of the farm into fragmented MP4 on the same disk.
func (b *bench) control(ctx context.Context, f *farm) (cost float64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var all []*process
	var files []string
	defer func() {
		cancel()
		for _, p := range all {
			p.kill()
		}
		for _, name := range files {
			err = errors.Join(err, removeIfThere(name))
		}
	}()
	for i, u := range f.urls {
		name := filepath.Join(b.Dir, fmt.Sprintf("control-%d.mp4", i))
		p, err := launch(ctx, io.Discard, b.FFmpeg, "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", u, "-c", "copy",
			"-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-y", name)
		if err != nil {
			return 0, err
		}
		all, files = append(all, p), append(files, name)
	}
	if err := f.plays(ctx); err != nil {
		return 0, err
	}
	if err := rest(ctx, b.Settle); err != nil {
		return 0, err
	}
	var pids []int
	for _, p := range all {
		if err := p.alive(); err != nil {
			return 0, err
		}
		pids = append(pids, p.cmd.Process.Pid)
	}
	w, err := watch(ctx, b.Window, pids)
	if err != nil {
		return 0, err
	}
	return w.perCameraMinute(0, len(f.urls)), nil
}
