package recorder

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// The fakes here keep what a recorder hands over and inject faults; they decide nothing. The real vault and
// database are exercised with the recorder in the acceptance tests of cmd/custody.

// handClock is station time moved by hand.
type handClock struct {
	mu    sync.Mutex
	now   custody.Instant
	epoch uint64
}

func (c *handClock) Now() custody.Instant { return c.Reading().Now }

func (c *handClock) Reading() custody.ClockReading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return custody.ClockReading{Now: c.now, Epoch: c.epoch}
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

func (c *handClock) step(d time.Duration) {
	c.advance(d)
	c.mu.Lock()
	c.epoch++
	c.mu.Unlock()
}

// memorySpool keeps segments in memory. Its faults are asked before each act.
type memorySpool struct {
	mu        sync.Mutex
	onAppend  func(n int) error // n counts appends from 1
	onStore   func(id custody.SegmentID, try int) error
	appends   int
	tries     map[custody.SegmentID]int
	stored    map[custody.SegmentID]int // times
	dropped   map[custody.SegmentID]bool
	leftovers []vault.Pending
}

func newMemorySpool() *memorySpool {
	return &memorySpool{tries: map[custody.SegmentID]int{}, stored: map[custody.SegmentID]int{}, dropped: map[custody.SegmentID]bool{}}
}

func (m *memorySpool) Begin(_ context.Context, head vault.SegmentHead) (vault.Writer, error) {
	return &memoryWriter{m: m, p: &memoryPending{m: m, head: head}}, nil
}

func (m *memorySpool) Live(custody.CameraID, custody.StreamID) *vault.Tap { return &vault.Tap{} }

func (m *memorySpool) Recover(context.Context) ([]vault.Pending, vault.RecoveryReport, error) {
	return m.leftovers, vault.RecoveryReport{Segments: len(m.leftovers)}, nil
}

type memoryWriter struct {
	m *memorySpool
	p *memoryPending
}

func (w *memoryWriter) Append(_ context.Context, f *media.Fragment) error {
	defer f.Buffer.Free()
	w.m.mu.Lock()
	w.m.appends++
	n, fault := w.m.appends, w.m.onAppend
	w.m.mu.Unlock()
	if fault != nil {
		if err := fault(n); err != nil {
			return err
		}
	}
	w.p.infos = append(w.p.infos, f.Info)
	w.p.units += len(f.Units)
	return nil
}

func (w *memoryWriter) Close(vault.SegmentEnd) (vault.Pending, error) {
	if len(w.p.infos) == 0 {
		return nil, nil
	}
	return w.p, nil
}

type memoryPending struct {
	m     *memorySpool
	head  vault.SegmentHead
	infos []media.FragmentInfo
	units int
}

func (p *memoryPending) ID() custody.SegmentID   { return p.head.ID }
func (p *memoryPending) Head() vault.SegmentHead { return p.head }
func (p *memoryPending) Span() custody.Span {
	return custody.Span{Start: p.infos[0].WallStart, End: p.infos[len(p.infos)-1].WallEnd}
}

func (p *memoryPending) Seal(context.Context) (media.SegmentRow, error) {
	return media.SegmentRow{ID: p.head.ID, Camera: p.head.Run.Camera, Stream: p.head.Run.Stream, Run: p.head.Run.Run,
		Number: p.head.Number, Span: p.Span(), Units: uint64(p.units), Root: sha256.Sum256([]byte(p.head.ID))}, nil
}

func (p *memoryPending) Store(context.Context) error {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	p.m.tries[p.head.ID]++
	if p.m.onStore != nil {
		if err := p.m.onStore(p.head.ID, p.m.tries[p.head.ID]); err != nil {
			return err
		}
	}
	p.m.stored[p.head.ID]++
	return nil
}

// times is how often a segment was stored.
func (m *memorySpool) times(id custody.SegmentID) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stored[id]
}

func (p *memoryPending) Drop() error {
	p.m.mu.Lock()
	p.m.dropped[p.head.ID] = true
	p.m.mu.Unlock()
	return nil
}

// memoryIndex is the index as the port describes it, in a few slices.
type memoryIndex struct {
	t    *testing.T
	mu   sync.Mutex
	down bool
	rows []media.SegmentRow
	gaps []media.Gap
	runs []media.RunHeader

	samples []ClockSample

	on   func(row media.SegmentRow)
	late func() // before Tail answers with what it has read
}

func (x *memoryIndex) locked(f func() error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return custody.Errorf(custody.Unavailable, "the database is down")
	}
	return f()
}

func (x *memoryIndex) setDown(down bool) { x.mu.Lock(); x.down = down; x.mu.Unlock() }

func (x *memoryIndex) CommitSegment(_ context.Context, row media.SegmentRow, _ custody.Event) error {
	return x.locked(func() error {
		if x.on != nil {
			x.on(row)
		}
		known := slices.ContainsFunc(x.runs, func(h media.RunHeader) bool { return h.Run == row.Run })
		if !known {
			return custody.Errorf(custody.NotFound, "the run is not known")
		}
		for _, r := range x.rows {
			if r.ID == row.ID {
				return nil
			}
			if r.Stream == row.Stream && r.Span.Overlaps(row.Span) {
				return custody.Errorf(custody.Conflict, "%s overlaps %s", row.Span, r.Span)
			}
		}
		x.rows = append(x.rows, row)
		return nil
	})
}

func (x *memoryIndex) StartRun(_ context.Context, h media.RunHeader, _ custody.Event) error {
	return x.locked(func() error { x.runs = append(x.runs, h); return nil })
}

func (x *memoryIndex) open(stream custody.StreamID) int {
	return slices.IndexFunc(x.gaps, func(g media.Gap) bool { return g.Stream == stream && g.Span.End == 0 })
}

func (x *memoryIndex) SetGap(_ context.Context, g media.Gap, _ custody.Event) error {
	return x.locked(func() error {
		if i := x.open(g.Stream); i >= 0 {
			if x.gaps[i].Cause == g.Cause {
				return nil
			}
			x.gaps[i].Span.End = g.Span.Start
		}
		x.gaps = append(x.gaps, g)
		return nil
	})
}

func (x *memoryIndex) CloseGap(_ context.Context, stream custody.StreamID, at custody.Instant, _ custody.Event) error {
	return x.locked(func() error {
		if i := x.open(stream); i >= 0 {
			x.gaps[i].Span.End = at
			if at <= x.gaps[i].Span.Start {
				x.gaps = slices.Delete(x.gaps, i, i+1)
			}
		}
		return nil
	})
}

func (x *memoryIndex) AddGap(_ context.Context, g media.Gap, _ custody.Event) error {
	return x.locked(func() error { x.gaps = append(x.gaps, g); return nil })
}

func (x *memoryIndex) AddClockSample(_ context.Context, c ClockSample) error {
	return x.locked(func() error {
		if !slices.ContainsFunc(x.runs, func(h media.RunHeader) bool { return h.Run == c.Run }) {
			return custody.Errorf(custody.NotFound, "there is no run %s", c.Run)
		}
		x.samples = append(x.samples, c)
		return nil
	})
}

func (x *memoryIndex) Tail(_ context.Context, stream custody.StreamID) (t Tail, err error) {
	err = x.locked(func() error {
		for _, r := range x.rows {
			if r.Stream == stream {
				t.LastEnd = max(t.LastEnd, r.Span.End)
			}
		}
		for _, g := range x.gaps {
			if g.Stream == stream && g.Span.End != 0 {
				t.LastEnd = max(t.LastEnd, g.Span.End)
			}
		}
		if i := x.open(stream); i >= 0 {
			g := x.gaps[i]
			t.OpenGap = &g
		}
		return nil
	})
	if x.late != nil {
		x.late()
	}
	return t, err
}

// causes lists the stream's gaps in order, as "cause seconds" with "open" for an open end.
func (x *memoryIndex) causes() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []string
	for _, g := range x.gaps {
		if g.Span.End == 0 {
			out = append(out, fmt.Sprintf("%s open", g.Cause))
			continue
		}
		out = append(out, fmt.Sprintf("%s %.1f", g.Cause, g.Span.Duration().Seconds()))
	}
	return out
}

// covered proves I3 over everything in the index: from the first segment to the last, time is segments and gaps
// without overlap and without holes.
func (x *memoryIndex) covered() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	type piece struct {
		span custody.Span
		what string
	}
	var all []piece
	for _, r := range x.rows {
		all = append(all, piece{r.Span, "segment " + string(r.ID)})
	}
	for _, g := range x.gaps {
		if g.Span.End != 0 {
			all = append(all, piece{g.Span, "gap " + string(g.Cause)})
		}
	}
	slices.SortFunc(all, func(a, b piece) int { return int(a.span.Start - b.span.Start) })
	for i := 1; i < len(all); i++ {
		if all[i].span.Start != all[i-1].span.End {
			x.t.Errorf("I3: %s ends at %s, %s starts at %s", all[i-1].what, all[i-1].span.End, all[i].what, all[i].span.Start)
		}
	}
}

type loudAlarms struct {
	mu  sync.Mutex
	up  map[string]bool
	was map[AlarmKind]int
}

func newLoudAlarms() *loudAlarms { return &loudAlarms{up: map[string]bool{}, was: map[AlarmKind]int{}} }

func (a *loudAlarms) Raise(k AlarmKind, subject, _ string) {
	a.mu.Lock()
	a.up[string(k)+" "+subject] = true
	a.was[k]++
	a.mu.Unlock()
}

func (a *loudAlarms) Clear(k AlarmKind, subject string) {
	a.mu.Lock()
	delete(a.up, string(k)+" "+subject)
	a.mu.Unlock()
}

func (a *loudAlarms) raised(k AlarmKind) bool { a.mu.Lock(); defer a.mu.Unlock(); return a.was[k] > 0 }
func (a *loudAlarms) none() bool              { a.mu.Lock(); defer a.mu.Unlock(); return len(a.up) == 0 }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
