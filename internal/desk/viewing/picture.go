package viewing

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

const (
	// MaxWidth is how wide a still may be; ThumbWidth how wide a thumbnail is.
	MaxWidth   = 1920
	ThumbWidth = 160

	thumbKind = "thumb-160"
)

// Picture is one still.
type Picture struct {
	JPEG []byte
	At   custody.Instant // wall time of the picture, at or before the instant asked for
}

// Still returns the picture of the main stream that was showing at that instant: the last one at or before it, no wider than width
// (0: as it is, at most MaxWidth). NotFound if there is none within the grant that can be decoded.
func (d *Desk) Still(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, at custody.Instant, width int) (Picture, error) {
	s, v, err := d.findStill(actor, id, camera)
	if err != nil {
		return Picture{}, err
	}
	if width < 0 || width > MaxWidth {
		return Picture{}, custody.Errorf(custody.Invalid, "width: choose 1 to %d, or leave it out", MaxWidth)
	}
	if width == 0 {
		width = MaxWidth
	}
	part, err := d.partAt(ctx, v.still, at)
	if err != nil {
		return Picture{}, err
	}
	shot, err := d.aim(ctx, v.still, part, at)
	if err != nil {
		return Picture{}, outside(err, v.still)
	}
	jpeg, err := d.shoot(ctx, s, v.still, shot, width)
	return Picture{jpeg, shot.wall}, err
}

// Thumb returns a small picture: of the last random access unit at or before that instant. Errors are Still's.
func (d *Desk) Thumb(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, at custody.Instant) (Picture, error) {
	s, v, err := d.findStill(actor, id, camera)
	if err != nil {
		return Picture{}, err
	}
	part, err := d.partAt(ctx, v.still, at)
	if err != nil {
		return Picture{}, err
	}
	if jpeg, err := d.p.Vault.Thumb(ctx, v.still, part.Segment, part.First, thumbKind); err == nil {
		return d.hand(ctx, s, v.still, Picture{jpeg, part.Span.Start})
	} else if custody.KindOf(err) != custody.NotFound {
		return Picture{}, outside(err, v.still)
	}
	only := part
	only.pieces = []stretch{{part.Segment, part.First, part.First}}
	shot, err := d.aim(ctx, v.still, only, part.Span.Start)
	if err != nil {
		return Picture{}, outside(err, v.still)
	}
	jpeg, err := d.shoot(ctx, s, v.still, shot, ThumbWidth)
	if err != nil {
		return Picture{}, err
	}
	if err := d.p.Vault.PutThumb(ctx, v.still, part.Segment, part.First, thumbKind, jpeg); err != nil {
		d.p.Log.Warn("a thumbnail could not be kept", "segment", part.Segment, "err", err)
	}
	return Picture{jpeg, shot.wall}, nil
}

func (d *Desk) findStill(actor access.Actor, id custody.ViewingID, camera custody.CameraID) (*session, *view, error) {
	s, v, err := d.find(actor, id, camera)
	if err == nil && v.noStill != nil {
		err = v.noStill
	}
	return s, v, err
}

// partAt finds the part that shows what was to be seen at an instant.
func (d *Desk) partAt(ctx context.Context, g access.Grant, at custody.Instant) (Part, error) {
	none := custody.Errorf(custody.NotFound, "there is no picture of that time in this viewing")
	if !g.Span().Contains(at) {
		return Part{}, none
	}
	streams, err := d.streams(ctx, g.Camera(), media.Main)
	if err != nil {
		return Part{}, err
	}
	for _, stream := range streams {
		parts, err := d.parts(ctx, g, stream, custody.Span{Start: at, End: at + 1})
		if err != nil {
			return Part{}, outside(err, g)
		}
		if n := len(parts); n > 0 {
			return parts[n-1], nil
		}
	}
	return Part{}, none
}

// shot is one picture and what it takes to decode it.
type shot struct {
	init   []byte
	pieces []stretch
	pts    int64 // presentation time in microseconds on the file's own count
	wall   custody.Instant
}

// aim finds the last picture of the part at or before the instant; if all are later, the part's first.
func (d *Desk) aim(ctx context.Context, g access.Grant, part Part, at custody.Instant) (shot, error) {
	head, err := d.p.Vault.Init(ctx, g, part.Segment)
	if err != nil {
		return shot{}, err
	}
	run := runOf(head.Run, part.Segment)
	if run.sound {
		return shot{}, custody.Errorf(custody.NotFound, "there is no picture in this footage")
	}
	best := shot{init: head.Init}
	origin := media.Rescale(int64(media.DecodeOrigin/time.Microsecond), run.Timescale, 1_000_000)
	found := false
	for i, piece := range part.pieces {
		tables, err := d.p.Vault.Units(ctx, g, piece.segment)
		if err != nil {
			return shot{}, err
		}
		for _, t := range tables {
			if t.Fragment.Number < piece.first || t.Fragment.Number > piece.last {
				continue
			}
			for _, u := range pictures(t) {
				wall := media.UnitWall(t.Fragment, run.Timescale, u.PTS)
				if found && (wall > at || wall <= best.wall) {
					continue
				}
				found = true
				best.wall, best.pts = wall, media.Rescale(u.PTS+origin, 1_000_000, run.Timescale)
				best.pieces = append(append([]stretch(nil), part.pieces[:i]...), stretch{piece.segment, piece.first, t.Fragment.Number})
			}
		}
	}
	if !found {
		return shot{}, custody.Errorf(custody.NotFound, "there is no picture of that time in this viewing")
	}
	return best, nil
}

// pictures are the video units of a fragment in decoding order, without those that an open beginning may leave undecodable.
func pictures(t vault.UnitTable) []media.Unit {
	var out []media.Unit
	for _, u := range t.Units {
		if u.Track == 1 && u.Flags&media.Leading == 0 {
			out = append(out, u)
		}
	}
	return out
}

// shoot decodes the picture, after its look is written down.
func (d *Desk) shoot(ctx context.Context, s *session, g access.Grant, p shot, width int) ([]byte, error) {
	if err := d.lease(ctx, s, g.Camera(), KindStill, minutesOf(custody.Span{Start: p.wall, End: p.wall + 1})); err != nil {
		return nil, err
	}
	leave, err := d.stills.enter(ctx, d.o.Lease)
	if err != nil {
		return nil, err
	}
	defer leave()
	in := append([]byte(nil), p.init...)
	for _, piece := range p.pieces {
		for n := piece.first; n <= piece.last; n++ {
			held, err := d.p.Vault.ReadRun(ctx, g, piece.segment, n, n)
			if err != nil {
				return nil, outside(err, g)
			}
			in = append(in, held.Bytes...)
			held.Free()
			if len(in) > maxRender {
				return nil, custody.Errorf(custody.Exhausted, "too much footage lies between this picture and the last whole one before it")
			}
		}
	}
	jpeg, err := d.p.Renderer.Still(ctx, in, p.pts, width)
	if err != nil {
		return nil, err
	}
	out, err := d.hand(ctx, s, g, Picture{jpeg, p.wall})
	return out.JPEG, err
}

// hand gives a picture out: leased, judged at this moment, and noted as served.
func (d *Desk) hand(ctx context.Context, s *session, g access.Grant, p Picture) (Picture, error) {
	minutes := minutesOf(custody.Span{Start: p.At, End: p.At + 1})
	if err := d.lease(ctx, s, g.Camera(), KindStill, minutes); err != nil {
		return Picture{}, err
	}
	now := d.p.Clock.Now()
	if err := s.over(now); err != nil {
		return Picture{}, err
	}
	if err := g.Permits(g.Action(), g.Camera(), custody.Span{Start: p.At, End: p.At + 1}, now); err != nil {
		return Picture{}, outside(err, g)
	}
	return p, s.serve(g.Camera(), KindStill, minutes)
}
