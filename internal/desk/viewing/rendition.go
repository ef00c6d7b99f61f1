package viewing

import (
	"context"
	"io"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// maxRender bounds what is handed to the renderer at a time.
const maxRender = 64 << 20

// Rendition is video that was made of footage for looking at it. It is not what the camera sent: say so. Not safe for concurrent use.
type Rendition struct {
	c     *Clip // what it was made of
	made  []byte
	at    int64
	leave func()
}

// Transcoded returns what Media names as H.264, init section included, at the same times. Close it. Exhausted if the part is too long
// to be made over, or too much is made over already.
func (d *Desk) Transcoded(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID, name string) (*Rendition, error) {
	s, _, err := d.find(actor, id, camera)
	if err != nil {
		return nil, err
	}
	leave, err := d.both(ctx, s.transcodes, d.transcodes)
	if err != nil {
		return nil, err
	}
	r := &Rendition{leave: sync.OnceFunc(leave)}
	if r.c, err = d.Media(ctx, actor, id, camera, segment, name); err == nil {
		err = r.make(segment)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	r.c.Close()
	return r, nil
}

func (r *Rendition) make(segment custody.SegmentID) error {
	c := r.c
	if c.size > maxRender {
		return custody.Errorf(custody.Exhausted, "the part is too long to be made over for this browser: watch it where H.265 plays")
	}
	head, err := c.d.p.Vault.Init(c.ctx, c.g, segment)
	if err != nil {
		return outside(err, c.g)
	}
	in := make([]byte, int64(len(head.Init))+c.size)
	if _, err := io.ReadFull(c, in[copy(in, head.Init):]); err != nil {
		return err
	}
	r.made, err = c.d.p.Renderer.Transcode(c.ctx, in)
	return err
}

// Size is the number of bytes of the whole.
func (r *Rendition) Size() int64 { return int64(len(r.made)) }

// Seek implements io.Seeker.
func (r *Rendition) Seek(offset int64, whence int) (int64, error) {
	return sought(&r.at, r.Size(), offset, whence)
}

// Read implements io.Reader; see Next.
func (r *Rendition) Read(p []byte) (int, error) {
	b, err := r.Next(len(p))
	return copy(p, b), err
}

// Next is a Clip's. What was made of footage is judged like the footage: all fragments behind it, each time.
func (r *Rendition) Next(n int) ([]byte, error) {
	if r.at >= r.Size() {
		return nil, io.EOF
	}
	for _, run := range r.c.runs {
		for _, span := range run.spans {
			if err := r.c.permit(span); err != nil {
				return nil, err
			}
		}
	}
	b := r.made[r.at:]
	b = b[:min(len(b), n, handful)]
	r.at += int64(len(b))
	return b, nil
}

// Close gives the memory and the turn back.
func (r *Rendition) Close() error {
	if r.c != nil {
		_ = r.c.Close() // never fails
	}
	r.leave()
	return nil
}
