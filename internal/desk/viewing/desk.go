package viewing

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/lifecycle"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Limits of a desk.
const (
	MaxCameras     = 16   // of one viewing
	MaxOfSession   = 8    // open viewings of one signed-in session
	MaxOpen        = 2000 // open viewings in all
	MaxMinutes     = 480
	MaxSpan        = 31 * 24 * time.Hour // of a recorded viewing
	maxRemembered  = 2000                // ended viewings, so that a late request learns why
	maxReferenceID = 80
)

// Judge decides who may look; *access.Judge is one.
type Judge interface {
	Decide(ctx context.Context, actor access.Actor, ask access.Ask) (access.Grant, error)
}

// Footage is the vault as this room uses it; *vault.Vault is one. Every method takes a Grant but InSpool, which tells times alone.
type Footage interface {
	Pieces(ctx context.Context, g access.Grant, stream custody.StreamID, span custody.Span) ([]vault.Piece, error)
	InSpool(span custody.Span) map[custody.StreamID][]custody.Span
	Init(ctx context.Context, g access.Grant, id custody.SegmentID) (vault.SegmentHead, error)
	Units(ctx context.Context, g access.Grant, id custody.SegmentID) ([]vault.UnitTable, error)
	Fragments(ctx context.Context, g access.Grant, id custody.SegmentID, first, last uint32) ([]media.FragmentInfo, error)
	ReadRun(ctx context.Context, g access.Grant, id custody.SegmentID, first, last uint32) (*vault.Stretch, error)
	Subscribe(ctx context.Context, g access.Grant, stream custody.StreamID) (vault.Feed, error)
	Thumb(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32, kind string) ([]byte, error)
	PutThumb(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32, kind string, jpeg []byte) error
}

// History tells what was recorded when, without a picture; storage/db implements it.
type History interface {
	// Timeline tells about each of the cameras that the scope includes and that exist, in the order asked. It answers 30 days of
	// 32 cameras in tens of milliseconds, whatever lies in the store.
	Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) ([]Track, error)
	// Roll sums up hours and days that are over, so that Timeline need not. It does a bounded amount of work, may be repeated at
	// any time, and reports whether there is more to do.
	Roll(ctx context.Context, now custody.Instant) (more bool, err error)
	// Gaps yields the gaps of a stream that overlap the span, in time order.
	Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error]
	// Restrictions are the standing ones of a camera that overlap the span.
	Restrictions(ctx context.Context, camera custody.CameraID, span custody.Span) ([]access.Restriction, error)
}

// Parts are what a Desk works with; all are required.
type Parts struct {
	Judge    Judge
	Vault    Footage
	Store    Store
	History  History
	Streams  Streams
	Renderer Renderer
	Clock    custody.Clock
	Log      *slog.Logger
}

// Options are a Desk's times; zero means the default.
type Options struct {
	Sweep time.Duration // how often open viewings are looked at; 1 s
	Lease time.Duration // how long bytes wait for their lease, or for a turn; 5 s
	Roll  time.Duration // how often the timeline is summed up; 5 min
}

// Desk is where staff look at footage. It is a lifecycle.Part, and safe for concurrent use.
type Desk struct {
	p      Parts
	o      Options
	sweeps *lifecycle.Task
	rolls  *lifecycle.Task
	work   sync.WaitGroup // leases and closings being committed

	timelines, indexes, stills, transcodes, clips turns

	mu      sync.Mutex
	stopped bool
	open    map[custody.ViewingID]*session
	seats   map[access.Actor]int // open or being opened
	taken   int                  // sum of seats
	ended   []*session           // ring of those that ended here
	next    int                  // place of the next one in ended
	unfiled []*session           // ended, and not yet recorded as such
}

// NewDesk returns a desk at rest.
func NewDesk(p Parts, o Options) *Desk {
	defaults := Options{Sweep: time.Second, Lease: 5 * time.Second, Roll: 5 * time.Minute}
	for _, t := range []struct{ is, def *time.Duration }{{&o.Sweep, &defaults.Sweep}, {&o.Lease, &defaults.Lease}, {&o.Roll, &defaults.Roll}} {
		if *t.is <= 0 {
			*t.is = *t.def
		}
	}
	d := &Desk{p: p, o: o, open: map[custody.ViewingID]*session{}, seats: map[access.Actor]int{}, timelines: newTurns(timelinesAtOnce), indexes: newTurns(indexesAtOnce),
		stills: newTurns(stillsAtOnce), transcodes: newTurns(transcodesAtOnce), clips: newTurns(clipsAtOnce)}
	d.sweeps = lifecycle.NewTask(d.sweep)
	d.rolls = lifecycle.NewTask(d.roll)
	return d
}

// Start closes the viewings that a crash left open, with why restart, and begins to watch over open ones.
func (d *Desk) Start(ctx context.Context) error {
	if err := d.closeLeftOpen(ctx); err != nil {
		return err
	}
	if err := d.sweeps.Start(ctx); err != nil {
		return err
	}
	return d.rolls.Start(ctx)
}

// Stop closes every open viewing and returns when nothing runs any more.
func (d *Desk) Stop() {
	d.rolls.Stop()
	d.sweeps.Stop()
	d.mu.Lock()
	d.stopped = true
	d.mu.Unlock()
	for _, s := range d.standing() {
		d.end(s, WhyRestart)
	}
	d.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), d.o.Lease)
	defer cancel()
	d.file(ctx)
}

// roll sums the timeline up from time to time.
func (d *Desk) roll(ctx context.Context) error {
	tick := time.NewTicker(d.o.Roll)
	defer tick.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = d.p.History.Roll(ctx, d.p.Clock.Now()); err != nil && ctx.Err() == nil {
				d.p.Log.Warn("the timeline could not be summed up", "err", err)
			}
			more = more && err == nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
