package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Return is how soon cameras that were away are recorded again. A camera here sends a random access point as soon as
// it is asked to play, so that there is no wait for one to take off.
type Return struct {
	What    string  `json:"what"`
	Away    float64 `json:"away_s"`
	Samples int     `json:"samples"`
	Missing int     `json:"missing"` // cameras without a gap around a return
	Median  float64 `json:"median_s"`
	Most    float64 `json:"most_s"`
}

func (b *bench) returns(ctx context.Context) (err error) {
	f, err := b.startFarm(ctx, b.Few, simcam.Bench, "127.0.0.1:0", 0)
	if err != nil {
		return err
	}
	defer func() { f.kill() }()
	s, err := b.newSite(ctx, f.urls, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	p, err := b.record(ctx, s, "")
	if err != nil {
		return err
	}
	defer func() { p.kill() }()
	network := func() (func() error, error) {
		return func() error { return f.tell("/listener/hear") }, errors.Join(f.tell("/listener/deafen"), f.tell("/all/drop"))
	}
	power := func() (func() error, error) {
		f.kill()
		return func() (err error) {
			f, err = b.startFarm(ctx, b.Few, simcam.Bench, f.host, 0)
			return err
		}, nil
	}
	drops, err := b.comeBacks(ctx, func() *farm { return f }, network)
	if err != nil {
		return err
	}
	starts, err := b.comeBacks(ctx, func() *farm { return f }, power)
	if err = errors.Join(err, p.stop()); err != nil {
		return err
	}
	st, err := s.stored(ctx)
	if err != nil {
		return err
	}
	b.report.Returns = []Return{b.backOf("the network was away", st.gaps, drops), b.backOf("the cameras restarted", st.gaps, starts)}
	t := newTable(b.out, fmt.Sprintf("Recording again, in seconds after the return of cameras that were away %s", b.Away), "", "samples", "median", "most", "missing")
	for _, r := range b.report.Returns {
		t.row(r.What, r.Samples, fmt.Sprintf("%.2f", r.Median), fmt.Sprintf("%.2f", r.Most), r.Missing)
	}
	return t.end()
}

// comeBacks takes the cameras away and back again, and returns the moments of their returns. leave takes them away and
// says how to bring them back.
func (b *bench) comeBacks(ctx context.Context, f func() *farm, leave func() (func() error, error)) (at []custody.Instant, err error) {
	for range b.Returns {
		if err := errors.Join(f().plays(ctx), rest(ctx, 5*time.Second)); err != nil {
			return nil, err
		}
		back, err := leave()
		if err = errors.Join(err, rest(ctx, b.Away)); err != nil {
			return nil, err
		}
		if err := back(); err != nil {
			return nil, err
		}
		at = append(at, instant(time.Now()))
	}
	return at, errors.Join(f().plays(ctx), rest(ctx, 5*time.Second))
}

// backOf finds the gap around each return in each stream.
func (b *bench) backOf(what string, gaps []media.Gap, returns []custody.Instant) Return {
	r := Return{What: what, Away: b.Away.Seconds()}
	var took []float64
	for _, at := range returns {
		for _, g := range gaps {
			if g.Span.Start < at && g.Span.End > at {
				took = append(took, g.Span.End.Sub(at).Seconds())
			}
		}
	}
	r.Samples, r.Missing = len(took), len(returns)*b.Few-len(took)
	if len(took) > 0 {
		r.Median, r.Most = median(took), slices.Max(took)
	}
	return r
}
