package render

import (
	"context"
	"io"
	"os"

	"github.com/footage-custody/custody/internal/custody"
)

// Viewing makes the viewing rendition of a reel and writes it to w: one MP4 file, H.264 and, if wanted and there, AAC, that has exactly one
// picture for each picture of the camera that is shown in the window, at its own time, and a slate for each gap. Below each picture stands
// the reel's text with the picture's local time and UTC. A picture that cannot be decoded is a slate that says so. The same reel
// gives the same bytes on the same machine.
//
// What is encoded lies in files in scratch that have no name, so that nothing is left of them however this ends; they take as much as the
// rendition. w is written only when everything is made and has been read back; progress, if not nil, is called between calls of
// Media with the number of shots that are done and of all. One rendition is made at a time: others wait until ctx ends.
//
// Errors: Invalid (no such reel, no picture in it), Corrupt (a run cannot be decoded at all), Exhausted (the rendition becomes larger than
// may be), Unavailable (no progress for Options.Stall, scratch or w fail, or ctx's), and Media's own as they are.
func (r *Renderer) Viewing(ctx context.Context, reel Reel, scratch string, w io.Writer, progress func(done, total int)) (Film, error) {
	p, err := newPlan(reel)
	if err != nil {
		return Film{}, err
	}
	select {
	case r.viewings <- struct{}{}:
		defer func() { <-r.viewings }()
	case <-ctx.Done():
		return Film{}, custody.Wrap(custody.Unavailable, ctx.Err(), "the viewing copy was given up before it was begun")
	}
	j := r.newJob(ctx, 600+4*len(p.shots))
	defer j.close()
	made, err := j.viewing(reel, p, scratch, w, progress)
	if err = j.fault(err); err != nil {
		return Film{}, err
	}
	return made, nil
}

func (j *job) viewing(reel Reel, p *plan, scratch string, w io.Writer, progress func(done, total int)) (Film, error) {
	pictures, err := nameless(scratch)
	if err != nil {
		return Film{}, err
	}
	defer pictures.Close()
	sounds, err := nameless(scratch)
	if err != nil {
		return Film{}, err
	}
	defer sounds.Close()
	f := &film{pictures: pictures, sounds: sounds}
	made := Film{Duration: reel.Span.Duration(), Pictures: p.pictures, Slates: len(p.shots) - p.pictures}
	if reel.Sound {
		if f.sound, err = j.sound(reel, p, sounds); err != nil {
			return Film{}, err
		}
	}
	if err = j.pictures(reel, p, f, pictures, &made, progress); err != nil {
		return Film{}, err
	}
	if err = f.lay(); err != nil {
		return Film{}, err
	}
	if err = j.proofread(f); err != nil {
		return Film{}, err
	}
	made.Size = f.size()
	if made.Sound = f.sound != nil; made.Sound {
		made.SoundLost = f.sound.lost
	}
	return made, f.write(&watched{j, w})
}

// watched is where the finished file goes: it takes its time, but moves.
type watched struct {
	j *job
	w io.Writer
}

func (w *watched) Write(p []byte) (int, error) {
	if err := w.j.ctx.Err(); err != nil {
		return 0, err
	}
	w.j.pulse()
	return w.w.Write(p)
}

// nameless makes a file that only its descriptor leads to: it goes when the process goes.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "viewing-*")
	if err == nil {
		err = os.Remove(f.Name())
	}
	return f, custody.Wrap(custody.Unavailable, err, "the viewing copy cannot be kept while it is made")
}

// pictures makes the track of pictures.
func (j *job) pictures(reel Reel, p *plan, f *film, store *os.File, made *Film, progress func(done, total int)) error {
	faces, err := typefaces()
	if err != nil {
		return err
	}
	strip := newStrip(faces, p.width, reel.Text, reel.Zone)
	e, err := j.newEncoder(p, strip, faces, store)
	if err != nil {
		return err
	}
	s := &screening{reel: reel, plan: p, encoder: e, made: made, progress: progress}
	if err = e.close(s.all(j)); err != nil {
		return err
	}
	if len(e.units.sizes) != len(p.shots) || e.units.sps == nil || e.units.pps == nil || len(e.units.sync) == 0 {
		return custody.Errorf(custody.Internal, "%d pictures were encoded instead of %d", len(e.units.sizes), len(p.shots))
	}
	if made.Undecoded == made.Pictures {
		return custody.Errorf(custody.Corrupt, "no picture of the window can be decoded")
	}
	made.Width, made.PictureHeight, made.Height = p.width, p.height, p.height+strip.height
	f.width, f.height, f.sps, f.pps = p.width, made.Height, e.units.sps, e.units.pps
	f.sizes, f.sync = e.units.sizes, e.units.sync
	f.at = make([]int64, len(p.shots))
	for i, s := range p.shots {
		f.at[i] = s.at
	}
	f.end = max(int64(reel.Span.End-reel.Span.Start), f.at[len(f.at)-1]+1)
	return nil
}

// screening puts the shots of a plan to the encoder, in order.
type screening struct {
	reel     Reel
	plan     *plan
	encoder  *encoder
	made     *Film
	progress func(done, total int)
	done     int // shots
}

func (s *screening) all(j *job) error {
	for i := range s.reel.Pieces {
		piece, r := &s.reel.Pieces[i], s.plan.pieces[i]
		if r.from == r.to {
			continue
		}
		if err := j.decode(s.plan, piece, r, func(d *decoder) error { return s.piece(d, piece.Frames[r.from:r.to], r.shape) }); err != nil {
			return err
		}
	}
	return s.slates()
}

// piece matches what is decoded with what was recorded, by the times of presentation.
func (s *screening) piece(d *decoder, frames []Frame, shape shape) error {
	for {
		pts, more, err := d.next()
		if err != nil {
			return err
		}
		for len(frames) > 0 && (!more || frames[0].PTS < pts) {
			if err = s.missing(frames[0]); err != nil {
				return err
			}
			frames = frames[1:]
		}
		switch {
		case !more:
			return nil
		case len(frames) == 0 || frames[0].PTS != pts || !s.reel.Span.Contains(frames[0].Wall):
			err = d.skip()
		default:
			err = s.show(d, shape)
		}
		if err != nil {
			return err
		}
		if len(frames) > 0 && frames[0].PTS == pts {
			frames = frames[1:]
		}
	}
}

// show puts a decoded picture.
func (s *screening) show(d *decoder, shape shape) error {
	shot, err := s.next()
	if err != nil {
		return err
	}
	if shape.width != s.plan.width || shape.height != s.plan.height {
		s.made.Resized++
	}
	if err = s.encoder.picture(d, shot); err != nil {
		return err
	}
	s.step()
	return nil
}

// missing puts a slate for a picture that was recorded and did not come out of the decoder, if it belongs to the window.
func (s *screening) missing(frame Frame) error {
	if !s.reel.Span.Contains(frame.Wall) {
		return nil
	}
	shot, err := s.next()
	if err != nil {
		return err
	}
	s.made.Undecoded++
	s.encoder.strip.draw(shot.wall, shot.damaged)
	if err = s.encoder.card([]string{"THIS PICTURE CANNOT BE DECODED"}); err != nil {
		return err
	}
	s.step()
	return nil
}

// next puts the slates before the next picture and returns its shot.
func (s *screening) next() (shot, error) {
	if err := s.slates(); err != nil {
		return shot{}, err
	}
	if s.done == len(s.plan.shots) {
		return shot{}, custody.Errorf(custody.Internal, "more pictures were decoded than recorded")
	}
	next := s.plan.shots[s.done]
	if next.damaged {
		s.made.Damaged++
	}
	return next, nil
}

// slates puts the slates that come next.
func (s *screening) slates() error {
	for ; s.done < len(s.plan.shots) && s.plan.shots[s.done].gap >= 0; s.step() {
		gap := s.reel.Gaps[s.plan.shots[s.done].gap]
		s.encoder.strip.label()
		if err := s.encoder.card(gapText(gap.Span.Intersect(s.reel.Span), gap.Cause, s.reel.Zone)); err != nil {
			return err
		}
	}
	return nil
}

func (s *screening) step() {
	s.done++
	if s.progress != nil {
		s.progress(s.done, len(s.plan.shots))
	}
}
