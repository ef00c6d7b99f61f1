package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db"
)

// Append is how fast the diary grows.
type Append struct {
	Writers int     `json:"writers"`
	Delay   float64 `json:"fsync_delay_ms"`
	Rate    float64 `json:"events_s"`
}

// slowFsync is what is added to every fsync in the second half of the rates.
const slowFsync = 30 * time.Millisecond

func (b *bench) appends(ctx context.Context) error {
	t := newTable(b.out, "Log append, durable events a second", "writers", "added to each fsync", "events/s")
	for _, delay := range []time.Duration{0, slowFsync} {
		for _, writers := range []int{1, 64} {
			rate, err := b.appendRate(ctx, writers, delay)
			if err != nil {
				return err
			}
			b.report.Appends = append(b.report.Appends, Append{writers, float64(delay.Milliseconds()), rate})
			t.row(writers, delay, fmt.Sprintf("%.0f", rate))
		}
	}
	return t.end()
}

// appendRate has writers append one event after the other to a fresh log, each when its last one is durable.
func (b *bench) appendRate(ctx context.Context, writers int, delay time.Duration) (rate float64, err error) {
	s, err := b.newSite(ctx, nil, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.remove()) }()
	d, err := db.Open(ctx, db.Config{Driver: db.SQLite, Path: s.config.Database.Path, Faults: slowCommits(delay)})
	if err != nil {
		return 0, err
	}
	defer d.Close()
	var events atomic.Int64
	var wg sync.WaitGroup
	failures := make([]error, writers)
	began := time.Now()
	for w := range writers {
		wg.Go(func() {
			for time.Since(began) < b.Rate && failures[w] == nil {
				failures[w] = appendOne(ctx, d)
				events.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(events.Load()) / time.Since(began).Seconds(), errors.Join(failures...)
}

func slowCommits(delay time.Duration) *db.Faults {
	wait := waits(delay)
	return &db.Faults{BeforeCommit: func(int) error { wait(); return nil }}
}

func appendOne(ctx context.Context, d access.Diary) error {
	ev, err := custody.NewEvent(custody.EventFootageRead, instant(time.Now()), "operator", "", "", map[string]string{"purpose": "to measure the diary's growth"})
	if err != nil {
		return err
	}
	return d.Append(ctx, ev)
}
