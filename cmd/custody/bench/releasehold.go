package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Holding is how holds and disposal go in a long history.
type Holding struct {
	Segments int     `json:"segments"`   // of the history
	Place    float64 `json:"place_ms"`   // a hold on an hour of one camera, durable: median
	Sure     float64 `json:"sure_ms"`    // the same until every object was looked at
	Worst    float64 `json:"worst_ms"`   // the most that took
	Site     float64 `json:"site_s"`     // a hold on everything, until every object was looked at
	Looked   int     `json:"looked"`     // objects of it
	Memory   int64   `json:"memory"`     // at its peak above what was held before, bytes
	Stat     float64 `json:"stat_s"`     // the control: objects a second that the store tells about, one after the other
	Disposed int     `json:"disposed"`   // segments
	Rate     float64 `json:"disposed_s"` // a second: keys destroyed, tombstones, objects removed, all durable
	Purge    float64 `json:"purged_s"`   // the control: objects a second that the store removes, one after the other
}

// remembered answers for the objects of a history that nobody recorded.
type remembered struct{ vault.Objects }

// inventedSize is how large dbfill says that they are.
const inventedSize = 30_000_000

// Stat implements vault.Objects. The store is asked first.
func (r remembered) Stat(ctx context.Context, key string) (vault.Stat, error) {
	st, err := r.Objects.Stat(ctx, key)
	if custody.KindOf(err) == custody.NotFound {
		return vault.Stat{Key: key, Size: inventedSize}, nil
	}
	return st, err
}

// Hold implements vault.Objects.
func (r remembered) Hold(ctx context.Context, key string, on bool) error {
	if err := r.Objects.Hold(ctx, key, on); custody.KindOf(err) != custody.NotFound {
		return err
	}
	return nil
}

// holdings measures holds and disposal.
func (b *bench) holdings(ctx context.Context) (err error) {
	t, err := b.tape(ctx, simcam.Bench, benchLoop())
	if err != nil {
		return err
	}
	p := &past{}
	if p.shelf, err = b.shelve(ctx, t, b.Historic, scenes{runs: 1, length: 6 * time.Second, apart: 20 * time.Second}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.remove()) }()
	kept := retention.DefaultAtMost * 24 * time.Hour
	p.whole = custody.Span{Start: p.span.End.Add(-b.History), End: p.span.End}
	past := p.span.End.Add(-max(kept, b.History))
	doomed := custody.Span{Start: past.Add(-b.Doomed), End: past}
	for _, span := range []custody.Span{doomed, {Start: p.whole.Start, End: p.span.Start}} {
		if p.segments, err = p.forge(ctx, span); err != nil {
			return err
		}
	}
	b.say("%d segments are there: written in %.0f s, summed up in %.0f s", p.segments, p.written.Seconds(), p.summed.Seconds())
	o, err := b.staffed(ctx, p.site, Seams{Objects: func(o vault.Objects) vault.Objects { return remembered{o} }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	row := &Holding{Segments: p.segments}
	b.report.Holding = row
	if err := o.dispose(ctx, p, doomed, row); err != nil {
		return err
	}
	if err := o.hold(ctx, p, row); err != nil {
		return err
	}
	return b.holdTable(row)
}

func (b *bench) holdTable(row *Holding) error {
	t := newTable(b.out, fmt.Sprintf("Holds and disposal in a history of %d segments", row.Segments), "", "", "control")
	t.row("a hold on an hour of one camera, placed, ms", fmt.Sprintf("%.1f", row.Place), "-")
	t.row("the same, every object looked at, ms (median, most)", fmt.Sprintf("%.0f, %.0f", row.Sure, row.Worst), "-")
	t.row(fmt.Sprintf("a hold on everything, %d objects looked at, s", row.Looked), fmt.Sprintf("%.0f", row.Site),
		fmt.Sprintf("%.0f (the store's Stat alone)", float64(row.Looked)/max(row.Stat, 1)))
	t.row("the same, MiB above idle", mib(row.Memory), "-")
	t.row(fmt.Sprintf("disposal of %d segments, segments/s", row.Disposed), fmt.Sprintf("%.0f", row.Rate), fmt.Sprintf("%.0f (the store's Purge alone)", row.Purge))
	return t.end()
}

// dispose has everything disposed of that is past the schedule, with an object for each, and removes as many others for control.
func (o *office) dispose(ctx context.Context, p *past, doomed custody.Span, row *Holding) error {
	var keys, control []string
	for _, at := range p.places {
		list, err := o.DB.Condemned(ctx, at.camera, doomed, 1<<20)
		if err != nil {
			return err
		}
		for _, c := range list {
			keys, control = append(keys, string(c.Segment)), append(control, string(custody.NewSegmentID()))
		}
	}
	if err := o.lay(ctx, p.dir, append(control[:len(control):len(control)], keys...)); err != nil {
		return err
	}
	began := time.Now()
	for _, k := range control {
		if err := o.Objects.Purge(ctx, k); err != nil {
			return err
		}
	}
	row.Purge, began = float64(len(control))/time.Since(began).Seconds(), time.Now()
	done, err := o.Keeper.Carry(ctx)
	row.Disposed, row.Rate = done.Segments, float64(done.Segments)/time.Since(began).Seconds()
	return err
}

// lay puts a small object under every key.
func (o *office) lay(ctx context.Context, dir string, keys []string) error {
	content := []byte("the object of a segment that is disposed of")
	src := vault.Source{Path: filepath.Join(dir, "object"), Size: int64(len(content)), Digest: sha256.Sum256(content)}
	for i, k := range keys {
		if i%1000 == 0 { // a file has so many names at most
			src.Path = filepath.Join(dir, fmt.Sprintf("object-%d", i))
			if err := os.WriteFile(src.Path, content, 0o600); err != nil {
				return err
			}
		}
		if err := o.Objects.Put(ctx, k, src); err != nil {
			return err
		}
	}
	return nil
}

// hold places holds on an hour of a camera each, and one on everything, and waits until what they cover was looked at. The oldest hour is left out:
// time has passed, and some of it was disposed of.
func (o *office) hold(ctx context.Context, p *past, row *Holding) error {
	const holds = 20
	p.whole.Start = min(p.whole.Start.Add(time.Hour), p.whole.End.Add(-2*time.Hour))
	var place, sure []float64
	for range holds {
		c, at := p.places[rand.N(len(p.places))].camera, p.whole.Start.Add(rand.N(p.whole.Duration()-time.Hour))
		began := time.Now()
		if _, err := o.place(ctx, c, custody.Span{Start: at, End: at.Add(time.Hour)}); err != nil {
			return err
		}
		place = append(place, ms(time.Since(began)))
		if err := o.Keeper.LookAfter(ctx); err != nil {
			return err
		}
		sure = append(sure, ms(time.Since(began)))
		row.Worst = max(row.Worst, ms(time.Since(began)))
	}
	row.Place, row.Sure = median(place), median(sure)
	idle, err := peakAnew()
	if err != nil {
		return err
	}
	began := time.Now()
	h, err := o.place(ctx, "", p.whole)
	if err == nil {
		err = o.Keeper.LookAfter(ctx)
	}
	if err != nil {
		return err
	}
	row.Site = time.Since(began).Seconds()
	most, err := memoryOf(os.Getpid())
	if err != nil {
		return err
	}
	row.Memory = most.peak - idle
	if h, err = o.DB.Hold(ctx, h.ID); err != nil {
		return err
	}
	if row.Looked = h.Objects; h.LostAll > 0 {
		return fmt.Errorf("%d objects are missing", h.LostAll)
	}
	const stats = 20_000
	began = time.Now()
	for range stats {
		if _, err := o.Objects.Stat(ctx, string(custody.NewSegmentID())); err != nil {
			return err
		}
	}
	row.Stat = stats / time.Since(began).Seconds()
	return nil
}

func (o *office) place(ctx context.Context, c custody.CameraID, span custody.Span) (retention.Held, error) {
	g, err := o.Judge.Decide(ctx, o.director, access.Ask{Action: access.HoldPlace, Camera: c})
	if err != nil {
		return retention.Held{}, err
	}
	return o.Holds.Place(ctx, g, retention.Want{Camera: c, Span: span, Reason: "to measure a hold"})
}
