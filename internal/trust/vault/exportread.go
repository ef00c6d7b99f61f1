package vault

import (
	"context"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// cutStretch is how much is read of a segment at a time, unless one fragment alone is larger.
const cutStretch = 4 << 20

// Payload is what unit number at holds, exactly as it was sealed, if it is shown inside the Grant's span: Denied otherwise. The bytes are
// good until the next call on this Cut. Ask in ascending order: going back reads again. It needs a Grant of FootageExport. Other
// errors are Read's, and Invalid if there is no such unit.
func (c *Cut) Payload(ctx context.Context, at uint32) ([]byte, error) {
	if err := c.exports(ctx); err != nil {
		return nil, err
	}
	i, n, ok := c.fragmentOf(at)
	if !ok {
		return nil, custody.Errorf(custody.Invalid, "the cut has no unit %d", at)
	}
	t, err := c.table(ctx, i)
	if err != nil {
		return nil, err
	}
	u := t.Units[n]
	inside, err := c.inside(i, c.wall(i, u))
	if err != nil {
		return nil, err
	}
	if !inside {
		return nil, custody.Errorf(custody.Denied, "unit %d of track %d is shown outside the decided span: it does not leave", u.Seq, u.Track)
	}
	if err := c.divide(ctx, i, t); err != nil {
		return nil, err
	}
	return c.media[c.offsets[n]:c.offsets[n+1]:c.offsets[n+1]], nil
}

// divide makes fragment i the one whose units are at hand.
func (c *Cut) divide(ctx context.Context, i int, t UnitTable) error {
	if c.cut == i {
		return nil
	}
	c.cut = -1
	b, err := c.fragment(ctx, i)
	if err != nil {
		return err
	}
	data, err := mediaData(b)
	if err != nil {
		return custody.Wrap(custody.Corrupt, err, "segment %s: fragment %d is not what was sealed", c.fragments[i].segment, t.Fragment.Number)
	}
	offsets, end := c.offsets[:0], 0
	for _, u := range t.Units {
		offsets = append(offsets, end)
		end += int(u.Size)
	}
	if end != len(data) {
		return custody.Errorf(custody.Corrupt, "segment %s: the units of fragment %d do not fill its media data", c.fragments[i].segment, t.Fragment.Number)
	}
	c.cut, c.media, c.offsets = i, data, append(offsets, end)
	return nil
}

// Reel writes the whole fragments (moof and mdat) that a decoder needs to show what is inside the Grant's span: from the last that begins at
// a random access unit before the span, at most LongestGroup before it and of the same run, to the last with a unit inside. It needs a Grant
// of FootageExport. An error of w is returned as it is; others are Read's.
//
// What it writes holds pictures outside the span. It goes to a decoder that shows none of them, never to anybody.
func (c *Cut) Reel(ctx context.Context, w io.Writer) error {
	if err := c.exports(ctx); err != nil {
		return err
	}
	c.cut = -1
	for i := c.reel; i < c.reelEnd; i++ {
		b, err := c.fragment(ctx, i)
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// exports fails unless the Grant opens footage for a copy; then the Cut is located.
func (c *Cut) exports(ctx context.Context) error {
	if c.g.Action() != access.FootageExport {
		return custody.Errorf(custody.Denied, "the decision %s allows %s, not %s", c.g.ID(), c.g.Action(), access.FootageExport)
	}
	return c.locate(ctx)
}

// loaded is fragments [from, to) of a Cut in the clear.
type loaded struct {
	Stretch
	from, to int
	starts   []int // where each begins in Bytes, and the end
}

// reading is a stretch being read while the one before it is used.
type reading struct {
	loaded
	err    error
	done   chan struct{}
	cancel context.CancelFunc
}

// fragment returns moof and mdat of fragment i, which is judged now. The bytes are good until another stretch is needed.
func (c *Cut) fragment(ctx context.Context, i int) ([]byte, error) {
	if err := c.permitted(i); err != nil {
		return nil, err
	}
	if i < c.stretch.from || i >= c.stretch.to {
		if err := c.load(ctx, i); err != nil {
			return nil, err
		}
	}
	n := i - c.stretch.from
	return c.stretch.Bytes[c.stretch.starts[n]:c.stretch.starts[n+1]], nil
}

// load makes the stretch that begins with fragment i the one at hand, and begins to read the next.
func (c *Cut) load(ctx context.Context, i int) error {
	c.stretch.Free()
	c.stretch, c.cut = loaded{}, -1
	next, err := c.await(i)
	if err == nil && next.to == 0 {
		next, err = c.read(ctx, i)
	}
	if err != nil {
		return err
	}
	c.stretch = next
	if c.stretch.to < len(c.fragments) {
		c.foresee(ctx, c.stretch.to)
	}
	return nil
}

// foresee begins to read the stretch at fragment i.
func (c *Cut) foresee(ctx context.Context, i int) {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{done: make(chan struct{}), cancel: cancel}
	c.ahead = r
	go func() {
		defer close(r.done)
		r.loaded, r.err = c.read(ctx, i)
	}()
}

// await returns what was read ahead if it begins with fragment i, nothing otherwise. A failure is none of this stretch: it is read again,
// under the caller's own context.
func (c *Cut) await(i int) (loaded, error) {
	r := c.ahead
	if r == nil {
		return loaded{}, nil
	}
	c.ahead = nil
	<-r.done
	r.cancel()
	if r.err != nil || r.from != i {
		r.Free()
		return loaded{}, nil
	}
	return r.loaded, nil
}

// read reads fragments from i on: of one segment, as many as make a stretch. It is the part of a Cut that runs beside the others and
// touches nothing that changes.
func (c *Cut) read(ctx context.Context, i int) (loaded, error) {
	out := loaded{from: i, to: i, starts: []int{0}}
	var infos []media.FragmentInfo
	var total int64
	for ; out.to < len(c.fragments) && c.fragments[out.to].segment == c.fragments[i].segment; out.to++ {
		f := c.fragments[out.to].info
		if total += f.Length; total > cutStretch && out.to > i {
			break
		}
		infos = append(infos, f)
		out.starts = append(out.starts, out.starts[len(out.starts)-1]+int(ContentSize(f)))
	}
	s, err := c.source(ctx, i)
	if err == nil {
		err = consecutive(s.id, infos)
	}
	if err != nil {
		return loaded{}, err
	}
	release, err := c.v.reads.enter(ctx)
	if err != nil {
		return loaded{}, err
	}
	defer release()
	out.Fragments = infos
	if err := c.v.readStretch(s, objectReader{ctx, c.v.objects, string(s.id)}, &out.Stretch); err != nil {
		out.Free()
		return loaded{}, err
	}
	return out, nil
}

// Close gives the memory back and waits for what is being read. The Cut is of no further use; a second Close does nothing.
func (c *Cut) Close() {
	if c.ahead != nil {
		c.ahead.cancel()
		<-c.ahead.done
		c.ahead.Free()
		c.ahead = nil
	}
	c.stretch.Free()
	c.stretch, c.cut, c.media = loaded{}, -1, nil
}
