package audit

import (
	"context"
	"iter"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// claims are the checkpoints of one place in order, consumed while the tree grows past them.
type claims struct {
	where    string // of a sink; empty for the store itself
	next     func() (seal.Checkpoint, error, bool)
	stop     func()
	head     *seal.Checkpoint // the next one not yet compared
	agreed   uint64           // size of the last one that agreed in this epoch
	diverged bool             // in this epoch; what follows is a consequence
	epoch    uint32
}

func (c *claims) name() string {
	if c.where == "" {
		return "the checkpoint"
	}
	return "the copy at " + c.where + " of the checkpoint"
}

// open starts to read every place that keeps checkpoints.
func (p *pass) open(ctx context.Context) {
	add := func(where string, seq iter.Seq2[seal.Checkpoint, error]) {
		c := &claims{where: where}
		c.next, c.stop = iter.Pull2(seq)
		p.claims = append(p.claims, c)
		p.advance(c)
	}
	add("", p.storedClaims(ctx))
	names := make([]string, 0, len(p.Sinks))
	for name := range p.Sinks {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		add(name, p.copiedClaims(ctx, name, p.Sinks[name]))
	}
}

func (p *pass) close() {
	for _, c := range p.claims {
		c.stop()
	}
}

// storedClaims yields the store's checkpoints that verify and names the others.
func (p *pass) storedClaims(ctx context.Context) iter.Seq2[seal.Checkpoint, error] {
	return func(yield func(seal.Checkpoint, error) bool) {
		for stored, err := range p.Store.Checkpoints(ctx) {
			if err != nil {
				yield(seal.Checkpoint{}, err)
				return
			}
			p.report.Checkpoints++
			c, err := openStored(stored, p.Keys)
			if err == nil {
				err = p.ownOrigin(c)
			}
			if err != nil {
				p.problem(stored.Epoch, stored.Size, "the checkpoint: %s", custody.PublicText(err))
				continue
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// copiedClaims yields a sink's checkpoints that verify and names the others.
func (p *pass) copiedClaims(ctx context.Context, where string, sink CheckpointSink) iter.Seq2[seal.Checkpoint, error] {
	return func(yield func(seal.Checkpoint, error) bool) {
		for name, err := range sink.List(ctx) {
			var note []byte
			if err == nil {
				note, err = sink.Get(ctx, name)
			}
			if err != nil && custody.KindOf(err) != custody.Corrupt {
				yield(seal.Checkpoint{}, custody.Wrap(custody.KindOf(err), err, "the checkpoints at %s cannot be read", where))
				return
			}
			p.report.Copies++
			epoch, size, _ := ParseCheckpointName(name)
			var c seal.Checkpoint
			if err == nil {
				c, err = openStored(Checkpoint{Epoch: epoch, Size: size, Note: note}, p.Keys)
			}
			if err == nil {
				err = p.ownOrigin(c)
			}
			if err != nil {
				p.problem(epoch, size, "the copy at %s of the checkpoint: %s", where, custody.PublicText(err))
				continue
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (p *pass) ownOrigin(c seal.Checkpoint) error {
	if want, err := seal.Origin(p.Site, c.Epoch()); err != nil || c.Origin != want {
		return custody.Errorf(custody.Corrupt, "it is signed for another log, %s", c.Origin)
	}
	return nil
}

// advance moves to a place's next checkpoint. A place that cannot be read ends there, and Verify fails.
func (p *pass) advance(c *claims) {
	last := c.head
	next, err, ok := c.next()
	c.head = nil
	if err != nil {
		p.failed = err
		return
	}
	if !ok {
		return
	}
	if last != nil && !later(next, *last) {
		p.problem(next.Epoch(), next.Size, "%s is out of order", c.name())
	}
	c.head = &next
}

// reach compares the checkpoints of the tree's present size with its root.
func (p *pass) reach() {
	size := p.tree.Size()
	var root seal.Hash
	known := false
	for _, c := range p.claims {
		for c.head != nil && (c.head.Epoch() < p.current || c.head.Epoch() == p.current && c.head.Size <= size) {
			if !known {
				root, known = p.tree.Root(), true
			}
			p.compare(c, size, root)
			p.advance(c)
		}
	}
}

func (p *pass) compare(c *claims, size uint64, root seal.Hash) {
	if c.epoch != p.current {
		c.epoch, c.agreed, c.diverged = p.current, 0, false
	}
	switch at := *c.head; {
	case at.Epoch() < p.current || at.Size < size: // out of order: named by advance
	case at.Root == root:
		c.agreed = size
	case !c.diverged:
		c.diverged = true
		p.problem(p.current, size, "%s was signed for another log: an entry from %d to %d was rewritten", c.name(), c.agreed, size-1)
	}
}

// begins checks the first entry of an epoch: every one but the first epoch names what it follows.
func (p *pass) begins(e Entry) {
	if e.Epoch == 1 {
		return
	}
	if _, err := follows(e, p.Keys); err != nil {
		p.problem(e.Epoch, 0, "%s", custody.PublicText(err))
	}
}

// ends judges the checkpoints beyond an epoch's last entry: the log was cut short, unless the next epoch was begun
// openly after a restore and names a checkpoint that is at least as late.
func (p *pass) ends(ctx context.Context, epoch uint32) error {
	size, known := p.tree.Size(), p.tree.Size() // entries up to known exist, though perhaps later than this pass began
	var lost seal.Checkpoint                    // what the next epoch says it follows
	var err error
	if epoch < p.head.Epoch {
		lost, err = p.followed(ctx, epoch+1)
	} else if now, herr := p.Store.Head(ctx); herr != nil || now.Epoch == epoch {
		known, err = max(known, now.Size), herr
	}
	if err != nil {
		return err
	}
	for _, c := range p.claims {
		for c.head != nil && c.head.Epoch() == epoch {
			restored := c.where != "" && lost.Origin != "" && !later(*c.head, lost)
			if !restored && c.head.Size > known && (c.epoch != epoch || !c.diverged) {
				c.epoch, c.diverged = epoch, true
				p.problem(epoch, size, "%s of %d entries proves that the log was cut short: entries %d to %d are missing", c.name(), c.head.Size, size, c.head.Size-1)
			}
			p.advance(c)
		}
	}
	return nil
}

// followed reads the checkpoint that the next epoch that was begun says it follows. An epoch may have no entries: a
// restore counts on from the latest epoch found anywhere.
func (p *pass) followed(ctx context.Context, epoch uint32) (seal.Checkpoint, error) {
	for ; epoch <= p.head.Epoch; epoch++ {
		for e, err := range p.Store.Entries(ctx, epoch, 0, 1) {
			if custody.KindOf(err) == custody.Corrupt && err != nil {
				return seal.Checkpoint{}, nil // named when that epoch is verified
			}
			if err != nil {
				return seal.Checkpoint{}, err
			}
			c, _ := follows(e, p.Keys) // an error is named when that epoch is verified
			return c, nil
		}
	}
	return seal.Checkpoint{}, nil
}

// beyond names the checkpoints of epochs that the log does not have: the whole database is older than they are.
func (p *pass) beyond(last uint32) {
	for _, c := range p.claims {
		if c.head != nil && c.head.Epoch() > last {
			p.problem(c.head.Epoch(), c.head.Size, "%s belongs to an epoch that the log does not have: the database is older than its last checkpoint", c.name())
		}
	}
}
