package check

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// verifyLog proves A5, beside the file that holds the log: each takes about as long as the other.
func (p *pass) verifyLog(ctx context.Context) error {
	var file sync.WaitGroup
	defer file.Wait()
	file.Go(func() { p.checkFile(ctx) })
	r, err := audit.Verify(ctx, audit.Verification{Store: p.Log, Keys: seal.KnownKeys(p.Ring.LogKeys()...), Site: p.Site, Sinks: p.Sinks,
		Progress: func(done, total uint64) { p.Progress("log entries", done, total) }})
	for _, problem := range r.Problems {
		p.report.add(Finding{"A5", "entry", fmt.Sprintf("epoch %d, entry %d", problem.Epoch, problem.Entry), problem.What, remedyLog})
	}
	p.report.omit("A5", r.Omitted)
	p.report.count("A5", "entries", r.Entries)
	p.report.count("A5", "checkpoints", r.Checkpoints)
	p.report.count("A5", "copies off the box", r.Copies)
	if err != nil {
		return err
	}
	if err := p.beyondHead(ctx); err != nil {
		return err
	}
	for where, sink := range p.Sinks {
		if err := p.copiesStored(ctx, where, sink); err != nil {
			return err
		}
	}
	return nil
}

// checkFile asks the database whether it is whole.
func (p *pass) checkFile(ctx context.Context) {
	for _, ask := range []func(context.Context) error{p.Books.CheckSchema, p.Books.CheckFile} {
		if err := ask(ctx); err != nil {
			p.report.add(Finding{"A5", "database", "database", custody.PublicText(err) + cause(err), "restore the database from the last backup"})
		}
	}
}

// beyondHead finds entries that the head does not count: a head that was set back.
func (p *pass) beyondHead(ctx context.Context) error {
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	for e, err := range p.Log.Entries(ctx, head.Epoch, head.Size, head.Size+1) {
		if err != nil {
			return err
		}
		now, err := p.Log.Head(ctx)
		if err != nil {
			return err
		}
		if now.Epoch == head.Epoch && now.Size <= e.Index {
			p.report.add(Finding{"A5", "entry", entryName(e), fmt.Sprintf("the entry lies beyond the log's head of %d entries: the head was set back", now.Size), remedyLog})
		}
	}
	return nil
}

// place is where a checkpoint belongs in the order of all.
type place struct {
	epoch uint32
	size  uint64
}

func (a place) before(b place) bool {
	return a.epoch < b.epoch || a.epoch == b.epoch && a.size < b.size
}

// copiesStored finds checkpoints that were copied off the box and are gone from the database: a note is stored before it is
// copied. Checkpoints of earlier epochs may be missing, because a restore brings back an older database. Both lists are
// in order and are read side by side, the copies first.
func (p *pass) copiesStored(ctx context.Context, where string, sink audit.CheckpointSink) error {
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(p.Log.Checkpoints(ctx))
	defer stop()
	var at *place
	for name, err := range sink.List(ctx) {
		if err != nil {
			return err
		}
		epoch, size, _ := audit.ParseCheckpointName(name) // List yields no others
		copied := place{epoch, size}
		if epoch != head.Epoch {
			continue
		}
		for at == nil || at.before(copied) {
			c, err, ok := next()
			if err != nil {
				return err
			}
			if !ok {
				at = &place{epoch: 1<<32 - 1}
				break
			}
			at = &place{c.Epoch, c.Size}
		}
		if *at != copied {
			p.report.add(Finding{"A5", "checkpoint", fmt.Sprintf("epoch %d, entry %d", epoch, size),
				"the checkpoint was copied to " + where + ", but its row is gone from the database", remedyLog})
		}
	}
	return nil
}
