package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Kill is what kill -9 of the recorder costs, over every camera and kill.
type Kill struct {
	Kills      int     `json:"kills"`
	Cameras    int     `json:"cameras"`
	Median     float64 `json:"median_s"` // from the end of what is stored to the kill
	Most       float64 `json:"most_s"`
	Undeclared int     `json:"undeclared"` // camera and kill without a gap of its own
	Back       float64 `json:"back_s"`     // median from the new process's start to the first frame recorded
}

// restart is one death and the beginning of what followed.
type restart struct{ died, began custody.Instant }

func (b *bench) kills(ctx context.Context) (err error) {
	f, err := b.startFarm(ctx, b.Few, simcam.Bench, "127.0.0.1:0", benchStagger)
	if err != nil {
		return err
	}
	defer f.kill()
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
	var deaths []restart
	for range b.Kills {
		if err := errors.Join(f.plays(ctx), rest(ctx, 5*time.Second+rand.N(5*time.Second)), p.alive()); err != nil {
			return err
		}
		died := p.kill()
		began := time.Now()
		if p, err = b.record(ctx, s, ""); err != nil {
			return err
		}
		deaths = append(deaths, restart{instant(died), instant(began)})
	}
	if err := errors.Join(f.plays(ctx), rest(ctx, 5*time.Second), p.stop()); err != nil {
		return err
	}
	st, err := s.stored(ctx)
	if err != nil {
		return err
	}
	k := lossOf(st.gaps, deaths, b.Few)
	b.report.Kill = &k
	t := newTable(b.out, "kill -9 of the recorder: footage lost, in seconds a camera", "kills", "cameras", "median", "most", "undeclared", "recording again after")
	t.row(k.Kills, k.Cameras, fmt.Sprintf("%.2f", k.Median), fmt.Sprintf("%.2f", k.Most), k.Undeclared, fmt.Sprintf("%.2f", k.Back))
	return t.end()
}

func instant(t time.Time) custody.Instant { return custody.Instant(t.UnixMicro()) }

// lossOf finds each kill's gap in each stream.
func lossOf(gaps []media.Gap, deaths []restart, cameras int) Kill {
	k := Kill{Kills: len(deaths), Cameras: cameras}
	var lost, back []float64
	for _, d := range deaths {
		around := slices.DeleteFunc(slices.Clone(gaps), func(g media.Gap) bool {
			return g.Cause != media.GapCrash || g.Span.Start > d.died || g.Span.End <= d.died
		})
		k.Undeclared += cameras - len(around)
		for _, g := range around {
			lost = append(lost, d.died.Sub(g.Span.Start).Seconds())
			back = append(back, g.Span.End.Sub(d.began).Seconds())
		}
	}
	if len(lost) > 0 {
		k.Median, k.Most, k.Back = median(lost), slices.Max(lost), median(back)
	}
	return k
}
