package viewing

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// maxRender bounds what is handed to the renderer at a time.
const maxRender = 64 << 20

// handful is how much of a Rendition leaves before it is asked for again, in bytes.
const handful = 64 << 10

// Rendition is video that was made of footage for looking at it. It is not what the camera sent: say so. Not safe for concurrent use.
type Rendition struct {
	c     *Clip // what it was made of
	made  *bytes.Reader
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
	out, err := c.d.p.Renderer.Transcode(c.ctx, in)
	r.made = bytes.NewReader(out)
	return err
}

// Size is the number of bytes of the whole.
func (r *Rendition) Size() int64 { return r.made.Size() }

// Seek implements io.Seeker.
func (r *Rendition) Seek(offset int64, whence int) (int64, error) { return r.made.Seek(offset, whence) }

// Read implements io.Reader. What was made of footage is judged like the footage, all fragments behind it at every read; errors are a
// Clip's.
func (r *Rendition) Read(p []byte) (int, error) {
	for _, run := range r.c.runs {
		for _, span := range run.spans {
			if err := r.c.permit(span); err != nil {
				return 0, err
			}
		}
	}
	return r.made.Read(p[:min(len(p), handful)])
}

// Close gives the memory and the turn back.
func (r *Rendition) Close() error {
	if r.c != nil {
		_ = r.c.Close() // never fails
	}
	r.leave()
	return nil
}
