package viewing

import (
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// MaxIndex is the longest span that one Index or Playlist covers.
const MaxIndex = time.Hour

// Index is what a player needs to show one stream of one camera exactly: where the bytes are and when each picture was.
type Index struct {
	Stream     media.StreamRole
	Span       custody.Span // as answered: what was asked for, within the grant and an hour
	Codec      string       // RFC 6381, such as avc1.64001f; of the latest run. With sound both, separated by a comma
	Playable   bool         // browsers in general play it: H.264. Otherwise ask for Transcoded
	Runs       []Run
	Parts      []Part       // in time order
	Gaps       []media.Gap  // clipped to the span; an open one has no End
	Restricted []Restricted // what is closed to this viewing, clipped to the span
}

// Run is one unbroken session of the stream with one init section.
type Run struct {
	ID            custody.RunID
	Init          custody.SegmentID // a segment of the run; Desk.Init answers with the run's init section
	Codec         string
	Playable      bool
	Width, Height int
	Timescale     uint32 // of the video track
	sound         bool   // there is no picture at all
}

// Part is one HLS media segment: the fragments from one random access unit to the next (CONTRACTS 3).
type Part struct {
	Segment     custody.SegmentID // of its first fragment
	First, Last uint32            // fragments of Segment, Last included
	More        uint32            // fragments of the run's following segments that belong to it too (continuations)
	Run         custody.RunID
	Span        custody.Span // wall time from its beginning to the beginning of what follows
	Growing     bool         // its end is not certain yet
	// Samples are the video units that it shows, in order of presentation.
	BaseTicks int64             // decode time (tfdt) of its first video unit, in ticks of the run's timescale
	PTS       []int64           // presentation times less BaseTicks
	Wall      []custody.Instant // derived wall time of each (CONTRACTS 1)

	pieces []stretch
}

// Restricted is a span of the camera that is closed to the viewing.
type Restricted struct {
	Span custody.Span
	Kind access.RestrictionKind
}

// Request names what of one camera of a viewing is asked for.
type Request struct {
	Camera custody.CameraID
	Stream media.StreamRole // empty for the main stream
	Span   custody.Span     // clipped to the grant and to an hour from its start
}

// Index tells where and when the pictures are. Errors of this and what follows: NotFound (no viewing of this actor and session with this
// camera, or nothing there: they look alike), Denied (the viewing expired or was ended: open a new one), Unavailable.
func (d *Desk) Index(ctx context.Context, actor access.Actor, id custody.ViewingID, r Request) (Index, error) {
	s, v, err := d.find(actor, id, r.Camera)
	if err != nil {
		return Index{}, err
	}
	return d.index(ctx, s, v, r)
}

func (d *Desk) index(ctx context.Context, s *session, v *view, r Request) (Index, error) {
	leave, err := d.indexes.enter(ctx, d.o.Lease)
	if err != nil {
		return Index{}, err
	}
	defer leave()
	x, streams, err := d.outline(ctx, s, v, r)
	if err != nil || x.Span.Empty() {
		return x, err
	}
	for _, stream := range streams {
		for g, err := range d.p.History.Gaps(ctx, stream, x.Span) {
			if err != nil {
				return Index{}, unavailable(err)
			}
			x.Gaps = append(x.Gaps, clipGap(g, x.Span))
		}
	}
	slices.SortStableFunc(x.Gaps, func(a, b media.Gap) int { return int(a.Span.Start - b.Span.Start) })
	if x.Restricted, err = d.restricted(ctx, v.look, x.Span); err != nil {
		return Index{}, err
	}
	return x, d.describe(ctx, s, v.look, &x)
}

// outline is an Index with its parts only, of which it tells no picture: what the rows know, without opening a segment.
func (d *Desk) outline(ctx context.Context, s *session, v *view, r Request) (x Index, streams []custody.StreamID, err error) {
	if s.Live {
		return x, nil, custody.Errorf(custody.Denied, "this viewing shows what happens now: open one of recorded footage")
	}
	if r.Stream == "" {
		r.Stream = media.Main
	}
	if streams, err = d.streams(ctx, r.Camera, r.Stream); err != nil {
		return x, nil, err
	}
	span := r.Span.Intersect(v.look.Span())
	span.End = min(span.End, span.Start.Add(MaxIndex))
	x = Index{Stream: r.Stream, Span: span}
	if span.Empty() {
		return x, streams, nil
	}
	for _, stream := range streams {
		parts, err := d.parts(ctx, v.look, stream, span)
		if err != nil {
			return Index{}, nil, err
		}
		x.Parts = append(x.Parts, parts...)
	}
	slices.SortStableFunc(x.Parts, func(a, b Part) int { return int(a.Span.Start - b.Span.Start) })
	return x, streams, nil
}

// describe fills in the runs and the times of every picture.
func (d *Desk) describe(ctx context.Context, s *session, g access.Grant, x *Index) error {
	tables := map[custody.SegmentID][]vault.UnitTable{}
	for i := range x.Parts {
		p := &x.Parts[i]
		run, err := d.run(ctx, s, g, p.Segment, p.Run)
		if err != nil {
			return err
		}
		if n := len(x.Runs); n == 0 || x.Runs[n-1].ID != run.ID {
			x.Runs = append(x.Runs, run)
		}
		x.Codec, x.Playable = run.Codec, run.Playable
		for _, piece := range p.pieces {
			if tables[piece.segment] == nil {
				clear(tables) // parts come in time order: one segment at a time is needed
				if tables[piece.segment], err = d.p.Vault.Units(ctx, g, piece.segment); err != nil {
					return err
				}
			}
			p.place(run, piece, tables[piece.segment])
		}
		p.order()
	}
	return nil
}

// place adds the pictures of the part's fragments in one segment.
func (p *Part) place(run Run, piece stretch, tables []vault.UnitTable) {
	origin := media.Rescale(int64(media.DecodeOrigin/time.Microsecond), run.Timescale, 1_000_000)
	for _, t := range tables {
		if t.Fragment.Number < piece.first || t.Fragment.Number > piece.last {
			continue
		}
		for _, u := range t.Units {
			if u.Track != 1 || run.sound {
				continue
			}
			if len(p.PTS) == 0 {
				p.BaseTicks = max(0, u.DTS+origin)
			}
			p.PTS = append(p.PTS, u.PTS+origin-p.BaseTicks)
			p.Wall = append(p.Wall, media.UnitWall(t.Fragment, run.Timescale, u.PTS))
		}
	}
}

// order brings the pictures into order of presentation.
func (p *Part) order() {
	if slices.IsSorted(p.PTS) {
		return
	}
	at := make([]int, len(p.PTS))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return int(p.PTS[a] - p.PTS[b]) })
	pts, wall := make([]int64, len(at)), make([]custody.Instant, len(at))
	for i, from := range at {
		pts[i], wall[i] = p.PTS[from], p.Wall[from]
	}
	p.PTS, p.Wall = pts, wall
}

// run tells about the run of a segment that the Grant opens.
func (d *Desk) run(ctx context.Context, s *session, g access.Grant, segment custody.SegmentID, id custody.RunID) (Run, error) {
	s.mu.Lock()
	run, ok := s.runs[id]
	s.mu.Unlock()
	if ok {
		run.Init = segment
		return run, nil
	}
	head, err := d.p.Vault.Init(ctx, g, segment)
	if err != nil {
		return Run{}, err
	}
	run = runOf(head.Run, segment)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs != nil && len(s.runs) < maxRuns {
		s.runs[id] = run
	}
	return run, nil
}

// restricted lists what the Grant does not open although it lies in its span.
func (d *Desk) restricted(ctx context.Context, g access.Grant, span custody.Span) ([]Restricted, error) {
	all, err := d.p.History.Restrictions(ctx, g.Camera(), span)
	if err != nil {
		return nil, unavailable(err)
	}
	var out []Restricted
	for _, r := range all {
		if c := r.Span.Intersect(span); !c.Empty() && g.Permits(g.Action(), g.Camera(), c, d.p.Clock.Now()) != nil {
			out = append(out, Restricted{Span: c, Kind: r.Kind})
		}
	}
	return out, nil
}

func clipGap(g media.Gap, span custody.Span) media.Gap {
	g.Span.Start = max(g.Span.Start, span.Start)
	if g.Span.End != 0 {
		g.Span.End = min(g.Span.End, span.End)
	}
	return g
}
