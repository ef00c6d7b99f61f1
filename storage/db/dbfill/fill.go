// Package dbfill makes long histories for measurements: the rows of segments that nobody recorded.
//
// Owns: nothing. It writes by SQL of its own into a migrated SQLite file that no process has open, without events and without objects, in
// about half a minute for the 1.4 million segments of 32 cameras and 30 days.
//
// Does not: belong into a site that records. What it writes cannot be played, and custody check says so.
package dbfill

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Stream is whose history is made. The run must be stored already, and no segment of it.
type Stream struct {
	Camera custody.CameraID
	Stream custody.StreamID
	Run    custody.RunID
	Key    custody.KeyID // one that wraps segments
}

// The segments of a history: a minute of 15 pictures a second at 4 Mbit/s in fragments of 2 s.
const (
	length    = 60_000_000 // microseconds
	fragments = 30
	size      = 1_000_000 // bytes of a fragment
	timescale = 90000
	units     = 900
	perCommit = 1440 // segments: a day
)

// Minutes writes a segment for every whole minute of the span into each stream, and returns how many.
func Minutes(ctx context.Context, path string, streams []Stream, span custody.Span) (n int, err error) {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "synchronous(OFF)", "cache_size(-1000000)"}, "_txlock": {"immediate"}}
	d, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return 0, err
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	numbers := make([]int, len(streams))
	for at := span.Start; at+length <= span.End; {
		next := at
		for i, s := range streams {
			if next, err = batch(ctx, d, s, at, span.End, &numbers[i]); err != nil {
				return n, err
			}
		}
		at = next
	}
	for _, k := range numbers {
		n += k
	}
	_, err = d.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return n, err
}

// batch commits some segments of a stream from an instant on, and returns where it ended.
func batch(ctx context.Context, d *sql.DB, s Stream, at, end custody.Instant, number *int) (custody.Instant, error) {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return at, err
	}
	defer tx.Rollback()
	var into [3]*sql.Stmt
	for i, text := range []string{
		`INSERT INTO segment (id, camera_id, stream_id, run_id, number, continuation, start_at, end_at, media_ticks, timescale, units, damaged, root,
			leaves, object_size, object_digest, fragments, recovered, sealed_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, 0, $11, $10, $12, $11, $13, 0, $7)`,
		`INSERT INTO segment_key (segment_id, key_id, wrapped) VALUES ($1, $2, $3)`,
		`INSERT INTO segment_activity (stream_id, start_at, activity) VALUES ($1, $2, $3)`,
	} {
		if into[i], err = tx.PrepareContext(ctx, text); err != nil {
			return at, err
		}
		defer into[i].Close()
	}
	var noise [60]byte
	rand.Read(noise[:]) // never fails
	for range perCommit {
		if at+length > end {
			break
		}
		table, err := media.PackFragments(minute(at))
		if err != nil {
			return at, err
		}
		id := idOf(at, noise[:])
		_, err = into[0].ExecContext(ctx, id, string(s.Camera), string(s.Stream), string(s.Run), *number, int64(at), int64(at+length),
			fragments*2*timescale, timescale, units, noise[:32], fragments*size, table)
		if err == nil {
			_, err = into[1].ExecContext(ctx, id, string(s.Key), noise[:])
		}
		if err == nil {
			_, err = into[2].ExecContext(ctx, string(s.Stream), int64(at), noise[:30])
		}
		if err != nil {
			return at, err
		}
		*number++
		at += length
	}
	return at, tx.Commit()
}

// idOf makes an id that comes after those before it, so that the tables grow at their ends.
func idOf(at custody.Instant, noise []byte) string {
	raw := append(binary.BigEndian.AppendUint64(nil, uint64(at)), noise[:8]...)
	return "seg_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

// minute is the fragment table of a segment.
func minute(at custody.Instant) (out []media.FragmentInfo) {
	const long, table = length / fragments, 3000 // of a fragment, and the unit table behind it
	for i := range int64(fragments) {
		start := at + custody.Instant(i*long)
		out = append(out, media.FragmentInfo{Number: uint32(i), Offset: 4096 + i*(size+table), Length: size, WallStart: start, WallEnd: start + long,
			FirstTick: i * 2 * timescale, MediaTicks: 2 * timescale, Units: units / fragments, RandomAccess: true})
	}
	return out
}
