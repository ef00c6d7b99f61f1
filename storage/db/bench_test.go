package db_test

import (
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// BenchmarkAppend reports events per second from 64 writers, on a plain disk and with 30 ms added to each commit.
func BenchmarkAppend(b *testing.B) {
	server := dbtest.Server(b)
	for _, c := range []struct {
		name   string
		fresh  func(testing.TB) db.Config
		faults *db.Faults
	}{
		{"sqlite", dbtest.SQLite, nil},
		{"sqlite+30ms", dbtest.SQLite, dbtest.Slow(30 * time.Millisecond)},
		{"postgres", server.Database, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			config := c.fresh(b)
			config.Faults = c.faults
			d := dbtest.Open(b, config)
			work := make(chan struct{})
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for range work {
						if err := d.Append(b.Context(), dbtest.Event(b, "test.happened", "x")); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer()
			for range b.N {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkVerifyLog reports entries per second.
func BenchmarkVerifyLog(b *testing.B) {
	d := dbtest.Open(b, dbtest.SQLite(b))
	const entries = 20_000
	for range entries / 1000 {
		batch := make([]custody.Event, 1000)
		for i := range batch {
			batch[i] = dbtest.Event(b, "test.happened", "x")
		}
		must(b, d.Append(b.Context(), batch...))
	}
	b.ResetTimer()
	for range b.N {
		if err := d.VerifyLog(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*entries/b.Elapsed().Seconds(), "entries/s")
}
