package render

import (
	"context"
	"io"
	"math"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxShots bounds the pictures and slates of one Reel: an hour at 15 pictures a second is 54,000.
const MaxShots = 1 << 22

// Reel is one viewing rendition to be made of one camera: what was recorded in a decided window, in order, and what was not.
type Reel struct {
	Text   string         // burnt in beside the time: the item's number (CONTRACTS 19); 1 to 60 printable characters of ASCII
	Span   custody.Span   // the decided window: exactly the pictures shown in [Start, End), after 1970 and before the year 10000
	Zone   *time.Location // of the local time that is burnt in beside UTC
	Pieces []ReelPiece    // runs of the camera, in order of time
	Gaps   []ReelGap      // what is declared as not recorded, in order of time; what lies outside Span is passed over
	Sound  bool           // the sound is wanted
}

// ReelPiece is one unbroken run of the camera inside the window.
type ReelPiece struct {
	Init []byte // ftyp and moov
	// Media writes the run's fragments (moof and mdat, no picture shown before it is decoded) from the last random access point before the
	// window to the last fragment that holds a picture of it. It is called once for the pictures and, if sound is wanted, once more before that, never twice at
	// a time; both calls write the same. What it returns is returned by Viewing, unless w failed first.
	Media func(ctx context.Context, w io.Writer) error
	// Frames are the pictures in the fragments, by PTS. Those shown outside the window, such as what decoding begins
	// with, may be missing here; they are never put out.
	Frames []Frame
	Sound  []Frame // the units of the run's first sound track in the fragments, by PTS; empty without sound
}

// Frame is one access unit: when the boxes say that it is shown or heard, and when that was.
type Frame struct {
	PTS     int64 // in ticks of its track, as the boxes of the fragments count
	Wall    custody.Instant
	Damaged bool // on the way to the recorder: said beside the time
}

// ReelGap is time of the window in which nothing was recorded.
type ReelGap struct {
	Span  custody.Span
	Cause string // such as camera-unreachable; at most 60 printable characters of ASCII
}

// Film says what a viewing rendition holds.
type Film struct {
	Pictures      int           // one for each picture of the camera in the window
	Undecoded     int           // of them: a slate says that the picture cannot be decoded
	Damaged       int           // of them: damaged on the way to the recorder
	Slates        int           // one for each gap, beside Pictures
	Width, Height int           // pixels; the lines below PictureHeight hold the time
	PictureHeight int           // pixels of the camera's picture
	Resized       int           // of Pictures: recorded in another size, scaled to this one without distortion
	Duration      time.Duration // of the window
	Sound         bool          // there is a track of sound
	SoundLost     int           // pieces whose sound cannot be decoded: they are silent
	Size          int64         // bytes
}

// shot is one picture of the rendition.
type shot struct {
	at      int64           // microseconds since the window's start, greater than the shot's before
	wall    custody.Instant // of the picture
	gap     int             // the gap that a slate declares; -1 for a picture
	damaged bool
}

// plan is what a Reel must become, to the picture.
type plan struct {
	shots    []shot
	pieces   []pieceRange
	pictures int
	width    int // of the picture, even
	height   int
	rate     int // pictures in 1000 seconds while there are any: for the encoder's calculations

	gaps           int   // laid out so far
	steps, lasting int64 // pictures that follow another in their run, and the microseconds between them
}

// pieceRange says which pictures of a piece matter: Frames[from:to] holds all that are shown in the window; empty if there are none.
type pieceRange struct {
	from, to int
	shape    shape
}

// newPlan checks a reel and lays it out. Invalid if it is no reel, or no picture is shown in its window.
func newPlan(reel Reel) (*plan, error) {
	if err := reel.check(); err != nil {
		return nil, err
	}
	p := &plan{}
	for i := range reel.Pieces {
		if err := p.piece(reel, &reel.Pieces[i]); err != nil {
			return nil, err
		}
	}
	p.slates(reel, math.MaxInt64)
	if p.pictures == 0 {
		return nil, custody.Errorf(custody.Invalid, "no picture was recorded in the window %s: there is nothing to see", reel.Span)
	}
	if len(p.shots) > MaxShots {
		return nil, custody.Errorf(custody.Invalid, "the window holds more than %d pictures: decide on shorter spans", MaxShots)
	}
	p.rate = 15000
	if p.steps > 0 && p.lasting > 0 {
		p.rate = int(min(max(float64(p.steps)*1e9/float64(p.lasting), 1000), 120_000))
	}
	p.size()
	return p, nil
}

// piece lays out one run, with the gaps before its pictures.
func (p *plan) piece(reel Reel, piece *ReelPiece) error {
	shape, err := readInit(piece.Init)
	if err != nil {
		return err
	}
	r := pieceRange{shape: shape}
	var last custody.Instant
	for j, f := range piece.Frames {
		if j > 0 && f.PTS < piece.Frames[j-1].PTS {
			return custody.Errorf(custody.Invalid, "pictures of a run are not in the order in which they are shown")
		}
		if !reel.Span.Contains(f.Wall) {
			continue
		}
		p.slates(reel, f.Wall)
		p.add(shot{at: int64(f.Wall - reel.Span.Start), wall: f.Wall, gap: -1, damaged: f.Damaged})
		p.pictures++
		if r.to == 0 {
			r.from = j
		} else {
			p.steps, p.lasting = p.steps+1, p.lasting+max(0, int64(f.Wall-last))
		}
		r.to, last = j+1, f.Wall
	}
	for j := range piece.Sound {
		if j > 0 && piece.Sound[j].PTS < piece.Sound[j-1].PTS {
			return custody.Errorf(custody.Invalid, "the sound of a run is not in the order in which it is heard")
		}
	}
	p.pieces = append(p.pieces, r)
	return nil
}

// slates adds those of the gaps that begin no later than an instant.
func (p *plan) slates(reel Reel, until custody.Instant) {
	for ; p.gaps < len(reel.Gaps) && reel.Gaps[p.gaps].Span.Start <= until; p.gaps++ {
		if inside := reel.Gaps[p.gaps].Span.Intersect(reel.Span); !inside.Empty() {
			p.add(shot{at: int64(inside.Start - reel.Span.Start), wall: inside.Start, gap: p.gaps})
		}
	}
}

func (r *Reel) check() error {
	const year10000 = custody.Instant(253_402_300_800_000_000)
	switch {
	case r.Span.Empty() || r.Span.Start < 0 || r.Span.End > year10000:
		return custody.Errorf(custody.Invalid, "the window %s cannot be shown: its end must lie after its start", r.Span)
	case r.Zone == nil:
		return custody.Errorf(custody.Invalid, "the zone of the local time is missing")
	case len(r.Text) == 0 || !printable(r.Text, 60):
		return custody.Errorf(custody.Invalid, "the text to burn in must be 1 to 60 printable characters of ASCII")
	}
	for i, g := range r.Gaps {
		if !printable(g.Cause, 60) || g.Span.Empty() || i > 0 && g.Span.Start < r.Gaps[i-1].Span.Start {
			return custody.Errorf(custody.Invalid, "the gap %s is empty, out of order, or its cause is more than 60 printable characters of ASCII", g.Span)
		}
	}
	return nil
}

// add appends a shot, a microsecond after the one before where their order in the run and in time differ.
func (p *plan) add(s shot) {
	if n := len(p.shots); n > 0 {
		s.at = max(s.at, p.shots[n-1].at+1)
	}
	p.shots = append(p.shots, s)
}

// maxPixels of the camera's picture are shown as they are; a larger picture is scaled down.
const maxPixels = 4096 * 3072

// size takes the size that most pictures have, the first of them where two are as frequent.
func (p *plan) size() {
	var best shape
	most := 0
	for _, a := range p.pieces {
		n := 0
		for _, b := range p.pieces {
			if a.shape.width == b.shape.width && a.shape.height == b.shape.height {
				n += b.to - b.from
			}
		}
		if n > most {
			best, most = a.shape, n
		}
	}
	w, h := float64(best.width), float64(best.height)
	if scale := math.Sqrt(maxPixels / (w * h)); scale < 1 {
		w, h = w*scale, h*scale
	}
	p.width, p.height = max(16, (int(w)+1)&^1), max(16, (int(h)+1)&^1)
}
