package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// BenchmarkTimeline asks for 30 days of 32 cameras in a history of 1.4 million segments, the last hours of which have no
// bucket yet. The rows are written by SQL alone; the buckets by Roll.
func BenchmarkTimeline(b *testing.B) {
	const cameras, days = 32, 30
	c := dbtest.SQLite(b)
	d := dbtest.Open(b, c)
	site := accesstest.New(dbtest.At(0))
	var ids []custody.CameraID
	for i := range cameras {
		y := dbtest.NewYard(b, d, fmt.Sprintf("camera %d", i))
		ids = append(ids, y.Camera.ID)
		site.PutCamera(access.CameraFacts{ID: y.Camera.ID, Class: access.PublicArea, Version: 1})
		history(b, d, y, days)
	}
	scope, err := site.Judge().Scope(b.Context(), site.Person(b, identity.Viewer), access.FootageList)
	must(b, err)
	now := dbtest.At(days*86400 - 600)
	began := time.Now()
	for more := true; more; {
		more, err = d.History().Roll(b.Context(), now)
		must(b, err)
	}
	b.Logf("summed up in %s", time.Since(began))
	span := custody.Span{Start: dbtest.At(0), End: now}
	for b.Loop() {
		tracks, err := d.History().Timeline(b.Context(), scope, ids, span, span.Duration()/1200)
		if must(b, err); len(tracks) != cameras || len(tracks[0].Recorded) == 0 {
			b.Fatal("an empty timeline")
		}
	}
}

// history writes a segment a minute, with a hint, for so many days.
func history(b *testing.B, d *db.DB, y *dbtest.Yard, days int) {
	b.Helper()
	const numbers = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) `
	start, key := int64(dbtest.Epoch), string(y.Camera.ID)[4:18]
	must(b, d.Tamper(b.Context(), numbers+`INSERT INTO segment (id, camera_id, stream_id, run_id, number, continuation, start_at, end_at, media_ticks,
		timescale, units, damaged, root, leaves, object_size, object_digest, fragments, recovered, sealed_at)
		SELECT 'seg_' || $2 || printf('%012d', i), $3, $4, $5, i, 0, $6 + i * 60000000, $6 + (i + 1) * 60000000, 5400000, 90000, 900, 0,
		zeroblob(32), 930, 30000000, zeroblob(32), randomblob(300), 0, $6 + (i + 1) * 60000000 FROM n`,
		days*1440, key, string(y.Camera.ID), string(y.Stream()), string(y.Run.Run), start))
	must(b, d.Tamper(b.Context(), numbers+`INSERT INTO segment_key (segment_id, key_id, wrapped) SELECT 'seg_' || $2 || printf('%012d', i), $3, zeroblob(60) FROM n`,
		days*1440, key, string(y.Key.ID)))
	must(b, d.Tamper(b.Context(), numbers+`INSERT INTO segment_activity (stream_id, start_at, activity) SELECT $2, $3 + i * 60000000, X'01404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D' FROM n`,
		days*1440, string(y.Stream()), start))
}
