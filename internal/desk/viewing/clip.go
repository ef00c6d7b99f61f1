package viewing

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Init returns the init section of the segment's run: what its fragments need before them. It holds no picture.
func (d *Desk) Init(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID) ([]byte, error) {
	_, v, err := d.find(actor, id, camera)
	if err != nil {
		return nil, err
	}
	head, err := d.p.Vault.Init(ctx, v.look, segment)
	if err != nil {
		return nil, outside(err, v.look)
	}
	return head.Init, nil
}

// outside makes one answer of a refusal that a standing decision gives - the footage lies outside of it - and of footage that is not there:
// what may not be known looks like what does not exist (CONTRACTS 16).
func outside(err error, g access.Grant) error {
	k := custody.KindOf(err)
	if err != nil && (k == custody.NotFound || k == custody.Denied && g.Standing() == nil) {
		return custody.Errorf(custody.NotFound, "there is no such footage in this viewing")
	}
	return err
}

// Clip is media to be sent: fragments in order, each asked for again before every handful of its bytes leaves. It holds at most 1 MiB, or
// one fragment if that is larger; reading takes twice that for a moment. Not safe for concurrent use. Close it.
type Clip struct {
	d    *Desk
	ctx  context.Context
	s    *session
	g    access.Grant
	runs []clipRun
	size int64
	at   int64 // where the next Read begins
	held *vault.Stretch
	of   int // the run that held is of; -1 for none
	left func()
}

// clipRun is consecutive fragments of one segment that are read together.
type clipRun struct {
	segment     custody.SegmentID
	first, last uint32
	from        int64 // offset in the clip
	ends        []int64
	spans       []custody.Span // wall time of each fragment
}

// Media returns fragments as they were recorded. name is a Part's; ".m4s" may follow. ctx governs the reading of the Clip too.
func (d *Desk) Media(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID, name string) (*Clip, error) {
	s, v, err := d.find(actor, id, camera)
	if err != nil {
		return nil, err
	}
	n, err := parseName(name)
	if err != nil {
		return nil, err
	}
	leave, err := d.both(ctx, s.clips, d.clips)
	if err != nil {
		return nil, err
	}
	c := &Clip{d: d, ctx: ctx, s: s, g: v.look, of: -1, left: sync.OnceFunc(leave)}
	err = c.add(segment, n.first, n.last)
	if err == nil && n.more > 0 {
		err = c.follow(segment, n.more)
	}
	if err != nil {
		c.Close()
		return nil, outside(err, v.look)
	}
	return c, nil
}

// most bounds the fragments that are read together, in bytes: what a core's own cache holds while they are opened and sent.
const most = 1 << 20

// add looks fragments up, and reads none.
func (c *Clip) add(segment custody.SegmentID, first, last uint32) error {
	infos, err := c.d.p.Vault.Fragments(c.ctx, c.g, segment, first, last)
	if err != nil {
		return err
	}
	for _, f := range infos {
		size := vault.ContentSize(f)
		n := len(c.runs) - 1
		if n < 0 || c.runs[n].segment != segment || c.size+size-c.runs[n].from > most {
			c.runs = append(c.runs, clipRun{segment: segment, first: f.Number, from: c.size})
			n++
		}
		c.size += size
		r := &c.runs[n]
		r.last, r.ends = f.Number, append(r.ends, c.size)
		r.spans = append(r.spans, custody.Span{Start: f.WallStart, End: max(f.WallEnd, f.WallStart+1)})
	}
	return nil
}

func (c *Clip) drop() {
	if c.held != nil {
		c.held.Free()
	}
	c.held, c.of = nil, -1
}

// follow adds the first fragments of the segments that come after in the run.
func (c *Clip) follow(segment custody.SegmentID, more uint32) error {
	last := c.runs[len(c.runs)-1].spans
	head, err := c.d.p.Vault.Init(c.ctx, c.g, segment)
	if err != nil {
		return err
	}
	end := last[len(last)-1].End
	pieces, err := c.d.p.Vault.Pieces(c.ctx, c.g, head.Run.Stream, custody.Span{Start: end, End: end.Add(MaxIndex)})
	if err != nil {
		return err
	}
	number := head.Number
	for _, p := range pieces {
		if more == 0 {
			return nil
		}
		if p.Run != head.Run.Run || p.Number != number+1 || p.Fragments[0].Number != 0 {
			break
		}
		number++
		n := min(more, uint32(len(p.Fragments)))
		if err := c.add(p.Segment, 0, n-1); err != nil {
			return err
		}
		more -= n
	}
	if more > 0 {
		return custody.Errorf(custody.NotFound, "there is no such footage in this viewing")
	}
	return nil
}

// Size is the number of bytes of the whole.
func (c *Clip) Size() int64 { return c.size }

// Seek implements io.Seeker.
func (c *Clip) Seek(offset int64, whence int) (int64, error) {
	return sought(&c.at, c.size, offset, whence)
}

// sought moves a position as io.Seeker says.
func sought(at *int64, size, offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += *at
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 {
		return 0, errors.New("a position before the beginning")
	}
	*at = offset
	return offset, nil
}

// Read implements io.Reader; see Next.
func (c *Clip) Read(p []byte) (int, error) {
	b, err := c.Next(len(p))
	return copy(p, b), err
}

// handful is how much leaves at a time before it is asked for again, in bytes.
const handful = 128 << 10

// Next returns the bytes that follow, in place, at most so many and never more than a handful; they are good until the next call of
// anything. Each time the fragment that they are of is leased and judged; errors are Denied, NotFound, Unavailable and Corrupt, and io.EOF
// at the end.
func (c *Clip) Next(n int) ([]byte, error) {
	if c.at >= c.size {
		return nil, io.EOF
	}
	i, _ := slices.BinarySearchFunc(c.runs, c.at+1, func(r clipRun, at int64) int { return cmp.Compare(r.ends[len(r.ends)-1], at) })
	if err := c.hold(i); err != nil {
		return nil, err
	}
	r := &c.runs[i]
	j, _ := slices.BinarySearch(r.ends, c.at+1)
	if err := c.permit(r.spans[j]); err != nil {
		return nil, err
	}
	b := c.held.Bytes[c.at-r.from : r.ends[j]-r.from]
	b = b[:min(len(b), n, handful)]
	c.at += int64(len(b))
	return b, nil
}

// hold makes that run of fragments the one in memory.
func (c *Clip) hold(i int) error {
	if c.of == i {
		return nil
	}
	c.drop()
	r := &c.runs[i]
	held, err := c.d.p.Vault.ReadRun(c.ctx, c.g, r.segment, r.first, r.last)
	if err != nil {
		return outside(err, c.g)
	}
	if int64(len(held.Bytes)) != r.ends[len(r.ends)-1]-r.from {
		held.Free()
		return custody.Errorf(custody.Corrupt, "segment %s changed while it was read", r.segment)
	}
	c.held, c.of = held, i
	return nil
}

// permit asks everything about one fragment whose bytes are about to leave: the viewing, the Grant, and the lease of each minute.
func (c *Clip) permit(span custody.Span) error {
	now := c.d.p.Clock.Now()
	if err := c.s.over(now); err != nil {
		return err
	}
	if err := c.g.Permits(c.g.Action(), c.g.Camera(), span, now); err != nil {
		return outside(err, c.g)
	}
	minutes := minutesOf(span)
	if err := c.d.lease(c.ctx, c.s, c.g.Camera(), KindRecorded, minutes); err != nil {
		return err
	}
	return c.s.serve(c.g.Camera(), KindRecorded, minutes)
}

// Close gives the memory and the turn back.
func (c *Clip) Close() error {
	c.drop()
	c.left()
	return nil
}
