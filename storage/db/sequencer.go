package db

import (
	"context"
	"database/sql"
	"runtime"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Bounds of one batch. There is no delay: a batch is what arrived while the one before was committed.
const (
	maxBatchChanges = 256
	maxBatchEvents  = 1024
	batchTimeout    = 2 * time.Minute
	maxRaces        = 5
)

// change is one indivisible piece of work: rows, and the events that record them.
type change struct {
	doing  string           // "storing a segment": begins the error's sentence
	camera custody.CameraID // its row is locked first; may be empty
	// apply changes rows and says whether the events are to be appended; nil means events only. It may be
	// run several times, so it keeps nothing from one run to the next.
	apply  func(t *tx) (record bool, err error)
	events []custody.Event
	alone  bool       // shares its transaction with nobody
	result chan error // capacity 1
}

// sequencer is the one writer of the process. A change waits, cancellable, until the loop takes it; from
// then on its outcome is reported as it happens.
type sequencer struct {
	dialect dialect
	db      *sql.DB
	faults  Faults
	queue   chan *change // unbuffered: whoever is not taken yet can still leave
	quit    chan struct{}
	done    chan struct{}
}

func startSequencer(d dialect, db *sql.DB, f Faults) *sequencer {
	s := &sequencer{dialect: d, db: db, faults: f, queue: make(chan *change), quit: make(chan struct{}), done: make(chan struct{})}
	go s.loop()
	return s
}

// stop refuses what waits and returns when the loop has ended. Call it once.
func (s *sequencer) stop() {
	close(s.quit)
	<-s.done
}

// commit hands c over and returns when it is durable or refused.
func (s *sequencer) commit(ctx context.Context, c *change) error {
	for i := range c.events {
		if err := validEvent(&c.events[i]); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fault(s.dialect, err, c.doing)
	}
	c.result = make(chan error, 1)
	select {
	case s.queue <- c:
		return fault(s.dialect, <-c.result, c.doing)
	case <-ctx.Done():
		return fault(s.dialect, ctx.Err(), c.doing)
	case <-s.quit:
		return custody.Errorf(custody.Unavailable, "%s was not started: the database is closing", c.doing)
	}
}

func (s *sequencer) loop() {
	defer close(s.done)
	var next *change // taken, but it must begin its own batch
	for {
		if next == nil {
			select {
			case next = <-s.queue:
			case <-s.quit:
				return
			}
		}
		var batch []*change
		batch, next = s.gather(next)
		s.run(batch)
	}
}

// gather takes whoever is waiting already, up to the bounds.
func (s *sequencer) gather(first *change) (batch []*change, next *change) {
	batch = []*change{first}
	events, yielded := len(first.events), false
	for !first.alone && len(batch) < maxBatchChanges && events < maxBatchEvents {
		select {
		case c := <-s.queue:
			if c.alone {
				return batch, c
			}
			batch = append(batch, c)
			events += len(c.events)
		default:
			if yielded {
				return batch, nil
			}
			// Who was answered a moment ago may be about to hand over the next change: let it run.
			runtime.Gosched()
			yielded = true
			continue
		}
		yielded = false
	}
	return batch, nil
}

// run commits the batch so that a failing change does not fail its neighbours: the batch is rolled back, what
// came before the culprit is committed, the culprit runs again alone - its first failure may have been the
// doing of a neighbour that was rolled back with it - and the rest goes on.
func (s *sequencer) run(batch []*change) {
	for len(batch) > 0 {
		at, err := s.attempt(batch)
		switch {
		case err == nil:
			answer(batch, nil)
			return
		case at == wholeBatch || len(batch) == 1:
			answer(batch, err)
			return
		case at == someone: // the log refused an event and cannot say whose
			at = len(batch) / 2
			s.run(batch[:at])
			batch = batch[at:]
		default:
			s.run(batch[:at])
			s.run(batch[at : at+1])
			batch = batch[at+1:]
		}
	}
}

func answer(batch []*change, err error) {
	for _, c := range batch {
		c.result <- err
	}
}

// What attempt says instead of the index of the failing change.
const (
	wholeBatch = -1 // begin or commit failed, or the log is damaged: no neighbour is to blame
	someone    = -2
)

// attempt runs the batch in one transaction, again after a lost race.
func (s *sequencer) attempt(batch []*change) (at int, err error) {
	for range maxRaces {
		if at, err = s.once(batch); err == nil || s.dialect.classify(err) != race {
			break
		}
	}
	if err != nil && s.dialect.classify(err) == unavailable {
		at = wholeBatch
	}
	return at, err
}

func (s *sequencer) once(batch []*change) (at int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	sqlTx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return wholeBatch, err
	}
	defer sqlTx.Rollback()
	t := &tx{ctx: ctx, Tx: sqlTx}
	if at, err := lockCameras(t, batch); err != nil {
		return at, err
	}
	var events []custody.Event
	for i, c := range batch {
		record := true
		if c.apply != nil {
			if record, err = c.apply(t); err != nil {
				return i, err
			}
		}
		if record {
			events = append(events, c.events...)
		}
	}
	place, err := appendEvents(t, events)
	if err != nil {
		if custody.KindOf(err) == custody.Corrupt {
			return wholeBatch, err
		}
		return someone, err
	}
	return wholeBatch, s.finish(t, len(batch), place)
}

// lockCameras takes the rows of the batch's cameras in one order for every process, before anything else.
func lockCameras(t *tx, batch []*change) (at int, err error) {
	order := make([]int, 0, len(batch))
	for i, c := range batch {
		if c.camera != "" {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := batch[a].camera, batch[b].camera; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	var last custody.CameraID
	for _, i := range order {
		if batch[i].camera == last {
			continue
		}
		last = batch[i].camera
		n, err := t.exec(`UPDATE camera SET hold_epoch = hold_epoch WHERE id = $1`, last)
		if err != nil {
			return i, err
		}
		if n == 0 {
			return i, custody.Errorf(custody.NotFound, "%s: the camera %q does not exist", batch[i].doing, last)
		}
	}
	return 0, nil
}

// finish commits. When the acknowledgement fails it asks the log what happened, because a connection that
// breaks during COMMIT does not say.
func (s *sequencer) finish(t *tx, changes int, p *place) error {
	if f := s.faults.BeforeCommit; f != nil {
		if err := f(changes); err != nil {
			return custody.Wrap(custody.Unavailable, err, "the change could not be committed: try again")
		}
	}
	err := t.Commit()
	if f := s.faults.AfterCommit; err == nil && f != nil {
		err = f(changes)
	}
	if err == nil {
		return nil
	}
	if p == nil { // no event: every such change may safely be repeated
		return custody.Wrap(custody.Unavailable, err, "the change could not be committed: try again")
	}
	committed, askErr := s.committed(p)
	switch {
	case askErr != nil:
		return custody.Wrap(custody.Unavailable, err, "it is not known whether the change was committed")
	case committed:
		return nil
	}
	return custody.Wrap(custody.Unavailable, err, "the change was not committed: try again")
}

// committed waits for a transaction that may still hold the head, then looks for the batch's first leaf.
func (s *sequencer) committed(p *place) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	sqlTx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer sqlTx.Rollback()
	t := &tx{ctx: ctx, Tx: sqlTx}
	if _, err := lockHead(t); err != nil {
		return false, err
	}
	var n int
	err = t.row(`SELECT count(*) FROM log_entry WHERE epoch = $1 AND idx = $2 AND leaf = $3`, p.epoch, p.index, p.leaf[:]).Scan(&n)
	return n == 1, err
}
