package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbfill"
)

// Seek is how soon something in a long history is there, in ms through the front door, and a file of the same size from the plain server.
type Seek struct {
	What     string  `json:"what"`
	Segments int     `json:"segments"` // of the history
	Requests int     `json:"requests"`
	Bytes    int64   `json:"bytes"` // mean of an answer
	Median   float64 `json:"p50_ms"`
	Rare     float64 `json:"p99_ms"`
	Most     float64 `json:"most_ms"`
	Control  float64 `json:"control_p50_ms"`
	Worse    float64 `json:"control_p99_ms"`
}

const wholeTimeline = "timeline of everything"

// The real footage at the end of a long history: short runs of a segment each, so that most requests meet one that was never opened.
func ends() scenes { return scenes{runs: 12, length: 6 * time.Second, apart: 20 * time.Second} }

// past is a shelf behind a long history.
type past struct {
	stack
	segments        int
	written, summed time.Duration // how long the history's rows took, and the timeline's sums
	whole           custody.Span
	viewings        []string // of 16 cameras each
}

func (b *bench) seeks(ctx context.Context) (err error) {
	p, err := b.remember(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	t := newTable(b.out, fmt.Sprintf("In a history of %d segments (%d cameras, %s), one request after the other, ms", p.segments, len(p.places), b.History),
		"", "requests", "KB", "p50", "p99", "most", "plain file p50", "p99")
	for _, k := range []struct {
		what string
		n    int
		path func(context.Context) (string, error)
	}{
		{"playlist of 10 minutes", b.Seeks, p.lists(10 * time.Minute)},
		{"playlist of an hour", b.Seeks, p.lists(time.Hour)},
		{"index of a minute", b.Seeks / 2, p.indexes},
		{"first fragment", b.Seeks, p.fragments},
		{wholeTimeline, max(b.Seeks/15, 5), p.timeline},
	} {
		row, err := p.measure(ctx, k.what, k.n, k.path)
		if err != nil {
			return fmt.Errorf("%s: %w", k.what, err)
		}
		b.report.Seeks = append(b.report.Seeks, row)
		ms := func(v float64) string { return fmt.Sprintf("%.1f", v) }
		t.row(row.What, row.Requests, row.Bytes/1000, ms(row.Median), ms(row.Rare), ms(row.Most), ms(row.Control), ms(row.Worse))
	}
	return t.end()
}

// remember makes the history: rows of synthetic minutes, and real footage at its end.
func (b *bench) remember(ctx context.Context) (_ *past, err error) {
	t, err := b.tape(ctx, simcam.Bench, benchLoop())
	if err != nil {
		return nil, err
	}
	p := &past{}
	if p.shelf, err = b.shelve(ctx, t, b.Historic, ends()); err != nil {
		return nil, err
	}
	if err := b.furnish(ctx, p); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (b *bench) furnish(ctx context.Context, p *past) (err error) {
	p.whole = custody.Span{Start: p.span.End.Add(-b.History), End: p.span.End}
	if p.segments, err = p.forge(ctx, custody.Span{Start: p.whole.Start, End: p.span.Start}); err != nil {
		return err
	}
	b.say("%d segments are there: written in %.0f s, summed up in %.0f s", p.segments, p.written.Seconds(), p.summed.Seconds())
	if p.door, err = p.openDoor(); err != nil {
		return err
	}
	if p.serve, err = b.record(ctx, p.site, b.profile("seek")); err != nil {
		return err
	}
	if err := p.door.stands(ctx, p.serve); err != nil {
		return err
	}
	if p.who, err = b.hire(ctx, p.site, p.door, "seeker"); err != nil {
		return err
	}
	for group := range slices.Chunk(p.places, 16) {
		v, err := p.who.look(ctx, camerasOf(group, 16), p.whole)
		if err != nil {
			return err
		}
		for _, place := range group {
			p.viewings = append(p.viewings, of(v, place.camera))
		}
	}
	dir := filepath.Join(p.dir, "plain")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	p.plain, err = b.startPlain(ctx, dir)
	return err
}

// forge writes the synthetic rows of a span, one run a stream, and sums the timeline up as the desk does in the background. It returns how
// many segments there are then.
func (p *past) forge(ctx context.Context, span custody.Span) (n int, err error) {
	d, err := db.Open(ctx, db.Config{Driver: db.SQLite, Path: p.config.Database.Path})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var streams []dbfill.Stream
	for row, err := range d.AllSegments(ctx) {
		if err != nil {
			return 0, err
		}
		n++
		if len(streams) > 0 && streams[len(streams)-1].Stream == row.Stream {
			continue
		}
		h, err := d.Run(ctx, row.Run)
		if err != nil {
			return 0, err
		}
		h.Run, h.Started = custody.NewRunID(), span.Start
		ev, err := custody.NewEvent(custody.EventRunStarted, h.Started, "system", h.Camera, string(h.Run), nil)
		if err == nil {
			err = d.StartRun(ctx, h, ev)
		}
		if err != nil {
			return 0, err
		}
		streams = append(streams, dbfill.Stream{Camera: row.Camera, Stream: row.Stream, Run: h.Run, Key: row.KeyID})
	}
	began := time.Now()
	forged, err := dbfill.Minutes(ctx, p.config.Database.Path, streams, span)
	p.written, began = time.Since(began), time.Now()
	for more := err == nil; more && err == nil; {
		more, err = d.History().Roll(ctx, p.span.End)
	}
	p.summed = time.Since(began)
	return n + forged, err
}

// lists asks for a playlist that begins anywhere in the history.
func (p *past) lists(long time.Duration) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		at := p.whole.Start.Add(rand.N(p.whole.Duration() - long))
		return p.viewings[rand.N(len(p.viewings))] + "playlist.m3u8" + during(custody.Span{Start: at, End: at.Add(long)}), nil
	}
}

func (p *past) indexes(context.Context) (string, error) {
	at := p.span.Start.Add(rand.N(p.span.Duration() - time.Minute))
	return p.viewings[rand.N(len(p.viewings))] + "index" + during(custody.Span{Start: at, End: at.Add(time.Minute)}), nil
}

// fragments finds a moment of the real footage by its playlist, which opens no segment, and asks for the first fragment there.
func (p *past) fragments(ctx context.Context) (string, error) {
	camera := p.viewings[rand.N(len(p.viewings))]
	all, err := p.who.playlist(ctx, camera, p.span)
	if err != nil || len(all) == 0 {
		return "", errors.Join(err, errors.New("there is no real footage"))
	}
	return camera + all[rand.N(len(all))].uri, nil
}

func (p *past) timeline(context.Context) (string, error) {
	q := url.Values{"from": {p.whole.Start.String()}, "to": {p.whole.End.String()}, "step_ms": {fmt.Sprint(p.whole.Duration().Milliseconds() / 1200)}}
	for _, c := range p.places {
		q.Add("camera", string(c.camera))
	}
	return "/api/timeline?" + q.Encode(), nil
}

// measure asks one after the other, and the plain server for a file of the same size as often.
func (p *past) measure(ctx context.Context, what string, n int, path func(context.Context) (string, error)) (row Seek, err error) {
	row = Seek{What: what, Segments: p.segments, Requests: n}
	buf := make([]byte, 256<<10)
	var took, control []float64
	for i := range n + 1 {
		address, err := path(ctx)
		if err != nil {
			return row, err
		}
		f, err := p.who.get(ctx, address, buf, nil)
		if err != nil {
			return row, err
		}
		if i > 0 { // the first one opens connections
			took = append(took, ms(f.last))
			row.Bytes += f.bytes / int64(n)
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, "plain", "same"), make([]byte, row.Bytes), 0o600); err != nil {
		return row, err
	}
	for i := range n + 1 {
		f, err := p.plain.get(ctx, "same", buf)
		if err != nil {
			return row, err
		}
		if i > 0 {
			control = append(control, ms(f.last))
		}
	}
	row.Median, row.Rare, row.Most = median(took), percentile(took, 99), slices.Max(took)
	row.Control, row.Worse = median(control), percentile(control, 99)
	return row, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// percentile of at least one value: the smallest that is not below so many hundredths of them.
func percentile(values []float64, of int) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[(len(v)*of+99)/100-1]
}
