package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
)

// Crowd is people who look while cameras are recorded, all by one server.
type Crowd struct {
	Cameras int     `json:"cameras"`
	Sent    uint64  `json:"frames_sent"`
	Stored  uint64  `json:"frames_stored"`
	Gaps    int     `json:"gaps"` // that nobody ordered
	Alone   Load    `json:"alone"`
	Played  Load    `json:"played"` // recorded footage, at the pace of time
	One     Load    `json:"one"`    // live, one watcher
	All     Load    `json:"all"`    // live, everybody
	Parts   Delay   `json:"parts"`  // of a part of the played footage, from asking to its end
	Late    int     `json:"late"`   // parts that took longer than they play
	First   Delay   `json:"first"`  // live: from connecting to the first picture that can be shown
	Direct  Delay   `json:"direct"` // the control: the same straight from the camera over RTSP
	Single  Delay   `json:"single"` // live latency with one watcher: from the recorder's receipt of a picture to the watcher's
	Many    Delay   `json:"many"`   // the same with everybody
	Stills  Delay   `json:"stills"`
	Plain   Delay   `json:"plain_stills"` // the control: ffmpeg on a part that lies in a file
	Viewers int     `json:"viewers"`
	Seconds float64 `json:"seconds"` // of a window
}

// Lost is how many frames were sent and not stored.
func (c *Crowd) Lost() int64 { return int64(c.Sent) - int64(c.Stored) }

// Load is what the server used in a window.
type Load struct {
	CPU      float64 `json:"cpu"` // CPU seconds per camera-minute
	Resident int64   `json:"resident_bytes"`
	Others   float64 `json:"neighbours"` // cores that everything else kept busy, viewers and cameras included
}

// Delay is a distribution in ms.
type Delay struct {
	Samples int     `json:"samples"`
	Median  float64 `json:"p50_ms"`
	Rare    float64 `json:"p99_ms"`
	Most    float64 `json:"most_ms"`
}

func delayOf(values []float64) Delay {
	if len(values) == 0 {
		return Delay{}
	}
	return Delay{len(values), median(values), percentile(values, 99), slices.Max(values)}
}

// String is p50 / p99 / most.
func (d Delay) String() string { return fmt.Sprintf("%.1f / %.1f / %.1f", d.Median, d.Rare, d.Most) }

// hall is where a crowd looks: a farm, a served site that records it, people.
type hall struct {
	*site
	*door
	b      *bench
	farm   *farm
	serve  *process
	people []*visitor // eight looks each
	places []place
	before sent            // by the farm, to others than the recorder
	began  custody.Instant // since when all is recorded
}

func (b *bench) crowds(ctx context.Context) (err error) {
	f, err := b.startFarm(ctx, b.Recorded, simcam.Bench, "127.0.0.1:0", benchStagger)
	if err != nil {
		return err
	}
	defer f.kill()
	s, err := b.newSite(ctx, f.urls, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	h, c := &hall{site: s, b: b, farm: f}, &Crowd{Cameras: b.Recorded, Viewers: b.Viewers, Seconds: b.Looking.Seconds()}
	if c.Direct, err = h.direct(ctx); err != nil {
		return err
	}
	if h.before, err = f.unwatched(ctx); err != nil {
		return err
	}
	if h.door, err = s.openDoor(); err != nil {
		return err
	}
	if h.serve, err = b.record(ctx, s, b.profile("crowd")); err != nil {
		return err
	}
	defer func() { h.serve.kill() }()
	if err := h.gather(ctx, c); err != nil {
		return err
	}
	b.report.Crowd = c
	return c.print(b)
}

// gather goes through every scene, and counts frames at the end.
func (h *hall) gather(ctx context.Context, c *Crowd) error {
	err := errors.Join(h.farm.plays(ctx), h.stands(ctx, h.serve))
	h.began = instant(time.Now())
	if err = errors.Join(err, rest(ctx, h.b.Settle)); err != nil {
		return err
	}
	if c.Alone, err = h.window(ctx, func(ctx context.Context) error { return rest(ctx, h.b.Looking) }); err != nil {
		return err
	}
	if err := h.assemble(ctx); err != nil {
		return err
	}
	for _, scene := range []func(context.Context, *Crowd) error{h.play, h.live, h.stills} {
		if err := scene(ctx, c); err != nil {
			return err
		}
	}
	for _, v := range h.people {
		v.leave()
	}
	if err := errors.Join(h.farm.drained(ctx), h.serve.stop()); err != nil {
		return err
	}
	sent, err := h.farm.sent()
	if err != nil {
		return err
	}
	st, err := h.stored(ctx)
	c.Sent, c.Stored, c.Gaps = sent.handed-h.before.handed+sent.dropped-h.before.dropped, st.units, st.unplanned()
	return err
}

// assemble signs people in: one for eight looks, as many as a session may have open.
func (h *hall) assemble(ctx context.Context) (err error) {
	if h.places, err = h.streams(ctx); err != nil {
		return err
	}
	first, err := h.b.hire(ctx, h.site, h.door, "viewer")
	if err != nil {
		return err
	}
	h.people = []*visitor{first}
	for len(h.people)*looksOfSession < h.b.Viewers+1 {
		v, err := first.again(ctx)
		if err != nil {
			return err
		}
		h.people = append(h.people, v)
	}
	return nil
}

const looksOfSession = 8

// window measures the server while something happens.
func (h *hall) window(ctx context.Context, happens func(context.Context) error) (l Load, err error) {
	done := make(chan error, 1)
	go func() { done <- happens(ctx) }()
	w, err := watch(ctx, h.b.Looking, []int{h.serve.cmd.Process.Pid})
	if err = errors.Join(err, <-done); err != nil {
		return l, errors.Join(err, h.serve.alive())
	}
	m, err := memoryOf(h.serve.cmd.Process.Pid)
	return Load{w.perCameraMinute(0, h.b.Recorded), m.resident, w.neighbours()}, err
}

// everybody has so many viewers do something, and joins their times and their errors.
func (h *hall) everybody(n int, do func(i int, v *visitor, c custody.CameraID) ([]float64, error)) ([]float64, error) {
	var wg sync.WaitGroup
	times, failures := make([][]float64, n), make([]error, n)
	for i := range n {
		wg.Go(func() {
			times[i], failures[i] = do(i, h.people[i/looksOfSession], h.places[i%len(h.places)].camera)
		})
	}
	wg.Wait()
	return slices.Concat(times...), errors.Join(failures...)
}

// play has everybody look at what was recorded a little while ago, at the pace of time.
func (h *hall) play(ctx context.Context, c *Crowd) (err error) {
	var mu sync.Mutex
	var times []float64
	c.Played, err = h.window(ctx, func(ctx context.Context) error {
		end := time.Now().Add(h.b.Looking)
		t, err := h.everybody(h.b.Viewers, func(_ int, v *visitor, camera custody.CameraID) ([]float64, error) {
			t, late, err := h.playOne(ctx, v, camera, end)
			mu.Lock()
			defer mu.Unlock()
			c.Late += late
			return t, err
		})
		times = t
		return err
	})
	c.Parts = delayOf(times)
	return err
}

// playOne asks for the playlist and then for each part when it is due, until the end.
func (h *hall) playOne(ctx context.Context, v *visitor, c custody.CameraID, end time.Time) (took []float64, late int, err error) {
	span := custody.Span{Start: h.began, End: h.began.Add(10 * time.Minute)}
	viewing, err := v.look(ctx, []custody.CameraID{c}, span)
	if err != nil {
		return nil, 0, err
	}
	camera, buf, due := of(viewing, c), make([]byte, 64<<10), time.Now()
	for span.Start < instant(end) {
		parts, err := v.playlist(ctx, camera, span)
		if err != nil {
			return took, late, err
		}
		for _, p := range parts {
			if p.start < span.Start {
				continue
			}
			if !time.Now().Before(end) {
				return took, late, v.end(ctx, viewing)
			}
			f, err := v.get(ctx, camera+p.uri, buf, nil)
			if err != nil {
				return took, late, err
			}
			took = append(took, ms(f.last))
			if f.last > p.took {
				late++
			}
			span.Start, due = p.start.Add(p.took), due.Add(p.took)
			if err := rest(ctx, time.Until(due)); err != nil {
				return took, late, err
			}
		}
		if len(parts) == 0 {
			return took, late, fmt.Errorf("there is no footage of %s from %s on", c, span.Start)
		}
	}
	return took, late, v.end(ctx, viewing)
}

func (c *Crowd) print(b *bench) error {
	t := newTable(b.out, fmt.Sprintf("%d people look while %d cameras are recorded: %d of %d frames lost, %d gaps", c.Viewers, c.Cameras, c.Lost(), c.Sent, c.Gaps),
		"", "server's CPU s a camera-minute", "RSS MiB", "others' cores", "ms p50 / p99 / most", "of what", "control")
	row := func(what string, l Load, d, control Delay, of string) {
		beside, delay := "-", "-"
		if control.Samples > 0 {
			beside = control.String()
		}
		if d.Samples > 0 {
			delay = d.String()
		}
		if l.Resident == 0 {
			t.row(what, "", "", "", delay, of, beside)
			return
		}
		t.row(what, fmt.Sprintf("%.3f", l.CPU), mib(l.Resident), fmt.Sprintf("%.2f", l.Others), delay, of, beside)
	}
	row("recording alone", c.Alone, Delay{}, Delay{}, "")
	row(fmt.Sprintf("%d play recordings", c.Viewers), c.Played, c.Parts, Delay{}, fmt.Sprintf("a part of 2 s, %d of %d late", c.Late, c.Parts.Samples))
	row("1 watches live", c.One, c.Single, Delay{}, "receipt to watcher")
	row(fmt.Sprintf("%d watch live", c.Viewers), c.All, c.Many, Delay{}, "receipt to watcher")
	row("live, first picture", Load{}, c.First, c.Direct, "control: straight from the camera")
	row("a still", Load{}, c.Stills, c.Plain, "control: ffmpeg on the part as a file")
	return t.end()
}
