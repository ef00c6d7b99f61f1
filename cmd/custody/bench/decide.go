package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Decision is what the judge costs, in the program's own wiring on SQLite.
type Decision struct {
	Evaluate float64 `json:"evaluate_us"` // the rules asked about one camera, facts at hand
	Permits  float64 `json:"permits_ns"`  // a Grant asked about a fragment
	Rates    []Rate  `json:"rates"`
}

// Rate is how often something durable happens a second, and the control: as many bytes appended to a file and fsynced, as many
// callers in one.
type Rate struct {
	What    string  `json:"what"`
	Callers int     `json:"callers"`
	Rate    float64 `json:"a_second"`
	Control float64 `json:"control"`
}

// Diary is how fast the log is verified.
type Diary struct {
	Entries uint64  `json:"entries"`
	Seconds float64 `json:"seconds_million"` // for 10^6 entries
	Control float64 `json:"control"`         // SHA-256 of as many leaves and nodes
}

const (
	decideCameras = 32
	eventRate     = "an event, durable"
)

func (b *bench) decisions(ctx context.Context) (err error) {
	urls := make([]string, decideCameras)
	for i := range urls {
		urls[i] = fmt.Sprintf("rtsp://127.0.0.1:9/cam%d", i)
	}
	s, err := b.newSite(ctx, urls, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	if _, err := s.openDoor(); err != nil { // nobody comes through it, but one factor suffices
		return err
	}
	in, err := b.open(ctx, s.path, Seams{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	who, err := in.Hire(ctx)
	if err != nil {
		return err
	}
	places, err := s.streams(ctx)
	if err != nil {
		return err
	}
	d := &Decision{}
	b.report.Decision = d
	if err := b.judgements(ctx, in, who, places, d); err != nil {
		return err
	}
	t := newTable(b.out, "The judge and the diary on SQLite", "", "callers", "a second", "us a caller", "append and fsync of a file")
	t.row("the rules about a camera, facts included", 1, fmt.Sprintf("%.0f", 1e6/d.Evaluate), fmt.Sprintf("%.1f", d.Evaluate), "-")
	t.row("Permits of a fragment", 1, fmt.Sprintf("%.0f", 1e9/d.Permits), fmt.Sprintf("%.2f", d.Permits/1000), "-")
	for _, callers := range []int{1, 64} {
		for _, k := range []struct {
			what string
			act  func(context.Context) error
		}{
			{"Decide, durable", func(ctx context.Context) error { return decide(ctx, in, who, places[0].camera) }},
			{eventRate, func(ctx context.Context) error { return appendOne(ctx, in.Diary) }},
		} {
			r, err := b.rate(ctx, k.what, callers, s.dir, k.act)
			if err != nil {
				return err
			}
			d.Rates = append(d.Rates, r)
			t.row(r.What, callers, fmt.Sprintf("%.0f", r.Rate), fmt.Sprintf("%.0f", 1e6*float64(callers)/r.Rate), fmt.Sprintf("%.0f", r.Control))
		}
	}
	return errors.Join(t.end(), b.verified(ctx, in))
}

func decide(ctx context.Context, in Site, who access.Actor, camera custody.CameraID) error {
	_, err := in.Judge.Decide(ctx, who, lookAt(camera, in.Clock.Now()))
	return err
}

func lookAt(camera custody.CameraID, now custody.Instant) access.Ask {
	return access.Ask{Action: access.FootageRead, Camera: camera, Span: custody.Span{Start: now.Add(-time.Hour), End: now}, Basis: access.Reason, Purpose: "to measure a decision"}
}

// judgements measures what needs no commit: the rules over all cameras, as every list asks them, and a Grant that stands.
func (b *bench) judgements(ctx context.Context, in Site, who access.Actor, places []place, d *Decision) error {
	scope, err := in.Judge.Scope(ctx, who, access.FootageList)
	if err != nil {
		return err
	}
	var asked int
	began := time.Now()
	for time.Since(began) < b.Rate/5 {
		for _, p := range places {
			if !scope.Includes(p.camera) {
				return fmt.Errorf("the camera %s is not in the scope", p.camera)
			}
			asked++
		}
		if scope, err = in.Judge.Scope(ctx, who, access.FootageList); err != nil {
			return err
		}
	}
	d.Evaluate = float64(time.Since(began).Microseconds()) / float64(asked)
	g, err := in.Judge.Decide(ctx, who, lookAt(places[0].camera, in.Clock.Now()))
	if err != nil {
		return err
	}
	now := in.Clock.Now()
	span := custody.Span{Start: now.Add(-time.Minute), End: now}
	const rounds = 200_000
	began = time.Now()
	for range rounds {
		if err := g.Permits(access.FootageRead, places[0].camera, span, now); err != nil {
			return err
		}
	}
	d.Permits = float64(time.Since(began).Nanoseconds()) / rounds
	return nil
}

// rate has callers act one time after the other.
func (b *bench) rate(ctx context.Context, what string, callers int, dir string, act func(context.Context) error) (r Rate, err error) {
	var done atomic.Int64
	var wg sync.WaitGroup
	failures := make([]error, callers)
	began := time.Now()
	for c := range callers {
		wg.Go(func() {
			for time.Since(began) < b.Rate && failures[c] == nil {
				failures[c] = act(ctx)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	r = Rate{What: what, Callers: callers, Rate: float64(done.Load()) / time.Since(began).Seconds()}
	if err := errors.Join(failures...); err != nil {
		return r, err
	}
	r.Control, err = b.fsyncs(dir, callers)
	return r, err
}

// fsyncs appends the bytes of so many events at a time to a file, durably, for a while, and returns events a second.
func (b *bench) fsyncs(dir string, events int) (float64, error) {
	const event = 500 // bytes
	f, err := os.Create(filepath.Join(dir, "control"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	group := make([]byte, events*event)
	var n int
	began := time.Now()
	for time.Since(began) < b.Rate/5 {
		if _, err := f.Write(group); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		n += events
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// verified proves the log that the rates have filled.
func (b *bench) verified(ctx context.Context, in Site) error {
	began := time.Now()
	entries, err := in.Verify(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	v := &Diary{Entries: entries, Seconds: took * 1e6 / float64(entries)}
	// An entry is four digests of less than a block's room: of its body, its leaf and two nodes of the tree.
	v.Control = 1e6 * 4 * 128 / 1e6 / max(b.report.Machine.SHA256, 1)
	b.report.Diary = v
	t := newTable(b.out, "Verifying the log, s for 10^6 entries", "entries", "seconds", "SHA-256 alone")
	t.row(entries, fmt.Sprintf("%.1f", v.Seconds), fmt.Sprintf("%.1f", v.Control))
	return t.end()
}
