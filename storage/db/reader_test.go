package db_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/footage-custody/custody/storage/db/dbtest"
)

// Many texts, asked by many at once, are answered as they stand, however many are kept.
func TestStatementsAreKeptWithinABound(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 400 {
				rows, err := d.Ask(t.Context(), fmt.Sprintf("SELECT %d + $1", i), worker)
				if want := fmt.Sprint(i + worker); err != nil || len(rows) != 1 || rows[0][0] != want {
					t.Errorf("%d + %d is %v (%v)", i, worker, rows, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if kept := d.Kept(); kept == 0 || kept > 256 {
		t.Errorf("%d statements are kept", kept)
	}
	if _, err := d.Ask(t.Context(), "SELECT nothing FROM nowhere"); err == nil {
		t.Error("a wrong text was answered")
	}
}

func BenchmarkRead(b *testing.B) {
	d := dbtest.Open(b, dbtest.SQLite(b))
	for b.Loop() {
		if _, err := d.Facts().Generation(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
