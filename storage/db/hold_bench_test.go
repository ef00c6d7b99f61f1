package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// month is a database with the histories of so many cameras over thirty days.
func month(b *testing.B, cameras int) (*db.DB, []*dbtest.Yard) {
	b.Helper()
	d := dbtest.Open(b, dbtest.SQLite(b))
	var ys []*dbtest.Yard
	for i := range cameras {
		y := dbtest.NewYard(b, d, fmt.Sprintf("camera %d", i))
		history(b, d, y, 30)
		ys = append(ys, y)
	}
	return d, ys
}

// BenchmarkPlaceHold places a hold over 1.4 million segments of 32 cameras: one row, and the 32 hold epochs. It ends by reading every segment that
// such a hold covers, as a look at them does.
func BenchmarkPlaceHold(b *testing.B) {
	d, _ := month(b, 32)
	var h custody.Hold
	for b.Loop() {
		h = dbtest.NewHold("", 0, 31*86400)
		ev, err := h.PlacedEvent()
		must(b, err)
		must(b, d.PlaceHold(b.Context(), h, ev))
	}
	began, n := time.Now(), 0
	for last := (retention.Condemned{}); ; {
		page, err := d.HeldSegments(b.Context(), h, h.Span.Start, last.Stream, last.Span.Start, 256)
		if must(b, err); len(page) == 0 {
			break
		}
		n, last = n+len(page), page[len(page)-1]
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "listed/s")
}

// BenchmarkDispose disposes of the oldest segments of a camera, 500 at a time, with their tombstone and entry, in a database of 346,000 segments
// with a hundred holds on others.
func BenchmarkDispose(b *testing.B) {
	d, ys := month(b, 8)
	for i := range 100 {
		dbtest.Place(b, d, dbtest.NewHold(ys[1+i%7].Camera.ID, float64(i)*3600, float64(i)*3600+1800))
	}
	n, camera := 0, ys[0].Camera.ID
	for b.Loop() {
		segments, err := d.Condemned(b.Context(), camera, custody.Span{Start: 1, End: dbtest.At(31 * 86400)}, 500)
		if must(b, err); len(segments) == 0 {
			b.Fatal("there is nothing left: fewer rounds, such as -benchtime 80x")
		}
		ids := make([]custody.SegmentID, len(segments))
		x := retention.Disposition{ID: custody.NewDispositionID(), Camera: camera, Span: custody.Span{Start: segments[0].Span.Start,
			End: segments[len(segments)-1].Span.End}, Segments: len(segments), Why: retention.OnSchedule, Rule: retention.Schedule{AtLeast: 1, AtMost: 1}, At: 1, Final: 2}
		for i, s := range segments {
			ids[i] = s.Segment
		}
		ev, err := custody.NewEvent(custody.EventFootageDisposed, dbtest.At(0), "system", camera, string(x.ID), retention.Destroyed{Disposition: x.ID, Segments: ids})
		must(b, err)
		must(b, d.Dispose(b.Context(), x, ids, ev))
		n += len(ids)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "segments/s")
}
