package backup

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/footage-custody/custody/internal/custody"
)

// Object is what the object store lists.
type Object struct {
	Key  string
	Size int64
}

// Segment is a segment that the index knows.
type Segment struct {
	ID     custody.SegmentID
	Size   int64 // of its object
	Span   custody.Span
	Erased bool // its key was disposed of; its object may be gone
}

// Stock is what Compare compares. All fields are required and safe for concurrent use.
type Stock struct {
	Segments func(ctx context.Context) iter.Seq2[Segment, error]
	Objects  func(ctx context.Context) iter.Seq2[Object, error]
	// Spooled lists the segments that lie in the spool at this moment.
	Spooled func() ([]custody.SegmentID, error)
	// Known reports whether the index has a row of the segment at this moment.
	Known func(ctx context.Context, id custody.SegmentID) (bool, error)
	// Quarantine sets an object apart, with the event that records it. Again, it changes nothing.
	Quarantine func(ctx context.Context, key string) error
}

// MaxNamed is how many segments a Comparison names; the others are counted.
const MaxNamed = 20

// Comparison is the outcome of Compare.
type Comparison struct {
	Segments, Objects uint64
	// Unknown objects, set apart now or before: the index has no row and the spool no file of them.
	Unknown      uint64
	UnknownBytes int64
	Spooled      uint64 // objects without a row whose spool file is still there: the recorder settles them
	// Missing segments have a row and no object of that size; Span covers them.
	Missing uint64
	Named   []custody.SegmentID
	Span    custody.Span
}

const (
	compareBatch   = 1000
	compareWriters = 32 // the database groups their commits
)

// Compare holds the index against the object store (I1, I2) after a restore, and sets objects apart that nothing
// accounts for: whoever recorded them, their keys are not in the index. It may run beside a recorder and may be repeated: an
// object of a segment that is being settled has a spool file until its row is committed, and that is looked at in this order.
func Compare(ctx context.Context, s Stock) (Comparison, error) {
	c := &comparison{Stock: s}
	err := c.index(ctx)
	if err == nil {
		err = c.objects(ctx)
	}
	if err == nil {
		err = c.missing(ctx)
	}
	return c.Comparison, err
}

type comparison struct {
	Stock
	Comparison
	rows []row // sorted by id
}

type row struct {
	id   [16]byte
	size int64
	seen bool
}

func (c *comparison) index(ctx context.Context) error {
	for s, err := range c.Stock.Segments(ctx) {
		if err != nil {
			return err
		}
		id, err := s.ID.Bytes()
		if err != nil {
			return custody.Wrap(custody.Corrupt, err, "the index holds a segment with a malformed id")
		}
		c.rows = append(c.rows, row{id, s.Size, s.Erased})
	}
	slices.SortFunc(c.rows, func(a, b row) int { return bytes.Compare(a.id[:], b.id[:]) })
	c.Comparison.Segments = uint64(len(c.rows))
	return nil
}

func (c *comparison) find(id custody.SegmentID) *row {
	b, err := id.Bytes()
	if err != nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(c.rows, b, func(r row, id [16]byte) int { return bytes.Compare(r.id[:], id[:]) })
	if !found {
		return nil
	}
	return &c.rows[i]
}

func (c *comparison) objects(ctx context.Context) error {
	var strange []Object
	for o, err := range c.Stock.Objects(ctx) {
		if err != nil {
			return err
		}
		c.Comparison.Objects++
		if r := c.find(custody.SegmentID(o.Key)); r != nil {
			r.seen = r.seen || r.size == o.Size
			continue
		}
		if strange = append(strange, o); len(strange) == compareBatch {
			if err := c.setApart(ctx, strange); err != nil {
				return err
			}
			strange = strange[:0]
		}
	}
	return c.setApart(ctx, strange)
}

// setApart judges objects that had no row when the index was read.
func (c *comparison) setApart(ctx context.Context, strange []Object) error {
	if len(strange) == 0 {
		return nil
	}
	ids, err := c.Stock.Spooled()
	if err != nil {
		return err
	}
	spooled := make(map[string]bool, len(ids))
	for _, id := range ids {
		spooled[string(id)] = true
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(compareWriters)
	for _, o := range strange {
		if spooled[o.Key] {
			c.Comparison.Spooled++
			continue
		}
		known := false
		if id := custody.SegmentID(o.Key); custody.ValidID("seg_", o.Key) {
			if known, err = c.Known(ctx, id); err != nil {
				break
			}
		}
		if known {
			continue
		}
		c.Unknown++
		c.UnknownBytes += o.Size
		group.Go(func() error { return c.Quarantine(gctx, o.Key) })
	}
	if werr := group.Wait(); err == nil {
		err = werr
	}
	return err
}

// missing names the segments whose objects were not seen.
func (c *comparison) missing(ctx context.Context) error {
	if !slices.ContainsFunc(c.rows, func(r row) bool { return !r.seen }) {
		return nil
	}
	for s, err := range c.Stock.Segments(ctx) {
		if err != nil {
			return err
		}
		if r := c.find(s.ID); r == nil || r.seen {
			continue
		}
		if c.Missing == 0 {
			c.Span = s.Span
		}
		c.Missing++
		c.Span = custody.Span{Start: min(c.Span.Start, s.Span.Start), End: max(c.Span.End, s.Span.End)}
		if len(c.Named) < MaxNamed {
			c.Named = append(c.Named, s.ID)
		}
	}
	return nil
}
