package check

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

const (
	readers     = 2  // objects read at the same time
	maxFailures = 50 // reads that fail for want of an answer, after which the store is taken to be down
)

// readContents proves I1, and I4 as far as Options say, over every object.
func (p *pass) readContents(ctx context.Context) error {
	if p.Quick {
		p.report.count("I1", "rows by their objects' sizes", p.segments)
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &contents{pass: p}
	rows := make(chan media.SegmentRow)
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() { c.read(ctx, cancel, rows) })
	}
	err := c.deal(ctx, rows)
	close(rows)
	wg.Wait()
	p.report.count("I1", "objects read whole", c.objects.Load())
	p.report.count("I1", "bytes", c.bytes.Load())
	p.report.count("I4", "init sections", c.objects.Load())
	if p.Deep {
		p.report.count("I4", "units", c.units.Load())
		p.report.count("I5", "units", c.units.Load())
	}
	if n := c.failures.Load(); n >= maxFailures {
		return custody.Errorf(custody.Unavailable, "%d objects could not be read: the object store or the database does not answer", n)
	}
	return err
}

// contents is what the readers share.
type contents struct {
	*pass
	objects, bytes, units, failures atomic.Uint64

	mu  sync.Mutex
	run media.RunHeader // the last one asked for: rows come by stream and time
}

// deal hands every row to a reader.
func (c *contents) deal(ctx context.Context, rows chan<- media.SegmentRow) error {
	for row, err := range c.Books.AllSegments(ctx) {
		if err != nil {
			return err
		}
		if len(row.WrappedKey) == 0 || c.report.has("segment", string(row.ID)) && c.gone(ctx, row.ID) {
			continue // disposed of, or named already
		}
		select {
		case rows <- row:
		case <-ctx.Done():
			return nil // readContents says why
		}
	}
	return nil
}

// gone reports an object that is not there.
func (c *contents) gone(ctx context.Context, id custody.SegmentID) bool {
	_, err := c.Objects.Stat(ctx, string(id))
	return err != nil && custody.KindOf(err) == custody.NotFound
}

func (c *contents) read(ctx context.Context, cancel func(), rows <-chan media.SegmentRow) {
	for row := range rows {
		err := c.verify(ctx, row)
		switch {
		case err == nil:
			n := c.objects.Add(1)
			c.bytes.Add(uint64(row.ObjectSize))
			c.units.Add(row.Units)
			c.Progress("objects read", n, c.segments)
		case ctx.Err() != nil || c.disposedSince(ctx, string(row.ID)):
		case custody.KindOf(err) == custody.Unavailable:
			c.report.add(Finding{"I1", "unread", string(row.ID), "the segment could not be read: " + custody.PublicText(err) + cause(err),
				"make the object store and the database answer, and check again"})
			if c.failures.Add(1) >= maxFailures {
				cancel()
			}
		default:
			c.accuse(row.ID, err)
		}
	}
}

func (c *contents) verify(ctx context.Context, row media.SegmentRow) error {
	run, err := c.header(ctx, row.Run)
	if err != nil {
		return custody.Wrap(custody.KindOf(err), err, "segment %s: its run %s cannot be read", row.ID, row.Run)
	}
	return c.Vault.VerifyMedia(ctx, row, run, c.Deep)
}

func (c *contents) header(ctx context.Context, id custody.RunID) (media.RunHeader, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.Run == id {
		return c.run, nil
	}
	h, err := c.Books.Run(ctx, id)
	if err == nil && h.Run == id {
		c.run = h
	}
	return h, err
}

// accuse words what a reader found in a segment.
func (c *contents) accuse(id custody.SegmentID, err error) {
	f := Finding{Invariant: "I1", Kind: "segment", ID: string(id), What: fmt.Sprintf("%s%s", custody.PublicText(err), cause(err)),
		Remedy: "restore the object from a copy of the store or an earlier version of it, or the row from a backup, whichever was changed"}
	if errors.Is(err, vault.ErrInvented) {
		f.Invariant = "I4"
	}
	c.report.add(f)
}
