package vault

import (
	"bufio"
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// mayReplace decides whether the other bytes under the segment's id, of which exists tells, are only what the store made of
// an earlier put: no row vouches for other bytes, and they are no whole segment that this segment's key opens (a spool
// that was set back to an earlier state meets one). It returns nil or exists, or why it cannot tell now.
func (p *pending) mayReplace(ctx context.Context, exists error) error {
	row, err := p.v.catalog.Segment(ctx, p.s.id)
	switch {
	case err == nil && row.ObjectDigest != p.row.ObjectDigest:
		return exists
	case err != nil && kindOf(err) != custody.NotFound:
		return err
	}
	err = p.proveStored(ctx)
	switch {
	case err == nil:
		return exists
	case kindOf(err) == custody.Corrupt:
		return nil
	}
	return custody.Wrap(custody.Unavailable, err, "segment %s: the other bytes in the object store could not be looked at", p.s.id)
}

// proveStored proves that what the store holds under the segment's id is a whole segment, be it this one or not.
func (p *pending) proveStored(ctx context.Context) error {
	key := string(p.s.id)
	st, err := p.v.objects.Stat(ctx, key)
	if err != nil {
		return err
	}
	x, _, err := readIndex(p.s.box, objectReader{ctx, p.v.objects, key}, st.Size)
	if err != nil {
		return err
	}
	body, err := p.v.objects.Open(ctx, key)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = prove(p.s.id, p.s.box, &stream{r: bufio.NewReaderSize(body, 64<<10)}, st.Size, len(x.tables), nil)
	return err
}
