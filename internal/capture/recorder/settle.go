package recorder

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// The commit protocol. Step 1, appending sealed fragments to the spool file, is the writer's. The rest is
// here, and recovery calls the same code: every step may be repeated and then has the same result.
//
//	2 Seal    the index and footer are in the spool file, fsynced; the Merkle root is known
//	3 Store   the object store holds exactly these bytes, verified
//	4 Commit  one transaction: segment row + segment.sealed event
//	5 Drop    the spool file is gone
//
// A crash before 3 repeats 2; before 4 finds the object there with the same digest; before 5 finds the row there
// with the same root.

// parcel is one segment on its way through the protocol.
type parcel struct {
	pending vault.Pending
	row     *media.SegmentRow // set by step 2
	commit  func(media.SegmentRow, func())
	tries   int
}

type settler struct {
	r *Recorder

	mu    sync.Mutex
	ready []*parcel
	later int // parcels waiting for their next try
	busy  int
	idle  *sync.Cond
	wake  chan struct{}
	down  bool // the object store's alarm is raised
	wg    sync.WaitGroup
}

func newSettler(r *Recorder) *settler {
	s := &settler{r: r, wake: make(chan struct{}, 1)}
	s.idle = sync.NewCond(&s.mu)
	return s
}

func (s *settler) start(ctx context.Context) {
	for range s.r.opts.Settlers {
		s.wg.Add(1)
		go func() { defer s.wg.Done(); s.work(ctx) }()
	}
}

func (s *settler) wait() { s.wg.Wait() }

// add hands a closed segment over. commit is called once the object is verified; it must call its second
// argument when the row is durable.
func (s *settler) add(p vault.Pending, commit func(media.SegmentRow, func())) {
	s.mu.Lock()
	s.ready = append(s.ready, &parcel{pending: p, commit: commit})
	s.mu.Unlock()
	s.nudge()
}

func (s *settler) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// drain waits until nothing is left to settle, or the recorder's context ends.
func (s *settler) drain() {
	stop := context.AfterFunc(s.r.ctx, func() { s.mu.Lock(); s.idle.Broadcast(); s.mu.Unlock() })
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready)+s.later+s.busy > 0 && s.r.ctx.Err() == nil {
		s.idle.Wait()
	}
}

func (s *settler) depth() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ready) + s.later + s.busy
}

func (s *settler) work(ctx context.Context) {
	for {
		p := s.next(ctx)
		if p == nil {
			s.nudge() // let the next worker see the end as well
			return
		}
		s.step(ctx, p)
	}
}

func (s *settler) next(ctx context.Context) *parcel {
	for {
		s.mu.Lock()
		if len(s.ready) > 0 {
			p := s.ready[0]
			s.ready[0] = nil
			s.ready = s.ready[1:]
			s.busy++
			more := len(s.ready) > 0
			s.mu.Unlock()
			if more {
				s.nudge()
			}
			return p
		}
		s.mu.Unlock()
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// step takes one parcel as far as it goes.
func (s *settler) step(ctx context.Context, p *parcel) {
	if p.row == nil {
		row, err := p.pending.Seal(ctx)
		if err != nil {
			s.fail(ctx, p, AlarmSpool, "a finished segment could not be sealed in the spool", err)
			return
		}
		row.SealedAt = s.r.Clock.Now()
		p.row = &row
		s.r.Alarms.Clear(AlarmSpool, string(p.pending.ID()))
	}
	if err := p.pending.Store(ctx); err != nil {
		kind, sentence := AlarmStore, "the object store does not take segments; they are kept in the spool"
		if k := custody.KindOf(err); k == custody.Corrupt || k == custody.Exists {
			kind, sentence = AlarmStoreCorrupt, "the object store holds other bytes than were put; the segment is kept in the spool"
		}
		s.fail(ctx, p, kind, sentence, err)
		return
	}
	s.stored(p)
	p.commit(*p.row, func() { s.drop(p) })
}

// stored clears the alarms. The store's is raised and cleared under the lock, so that a failure and a success at the same
// moment cannot leave it up with nobody to clear it.
func (s *settler) stored(p *parcel) {
	s.mu.Lock()
	if s.down {
		s.down = false
		s.r.Alarms.Clear(AlarmStore, "")
	}
	s.mu.Unlock()
	if p.tries > 0 {
		s.r.Alarms.Clear(AlarmStoreCorrupt, string(p.pending.ID()))
	}
}

// drop is step 5. A spool file that cannot be removed is found and dropped again by the next start.
func (s *settler) drop(p *parcel) {
	if err := p.pending.Drop(); err != nil {
		s.r.Log.Warn("a settled spool file could not be removed", "segment", p.pending.ID(), "error", err)
	}
	s.release()
}

func (s *settler) release() {
	s.mu.Lock()
	s.busy--
	s.idle.Broadcast()
	s.mu.Unlock()
}

// fail puts the parcel back for a later try: half a second, doubling up to Options.StoreRetry, and up to four times as long with a
// store that keeps other bytes than were put, because every try may leave it another damaged version.
func (s *settler) fail(ctx context.Context, p *parcel, kind AlarmKind, sentence string, err error) {
	if ctx.Err() != nil {
		s.release()
		return
	}
	longest := s.r.opts.StoreRetry
	if kind == AlarmStoreCorrupt {
		longest *= 4
	}
	wait := min(500*time.Millisecond<<min(p.tries, 10), longest)
	p.tries++
	s.r.Log.Warn("settling a segment failed; it is kept in the spool and tried again", "segment", p.pending.ID(), "try", p.tries, "error", err)
	subject := string(p.pending.ID())
	s.mu.Lock()
	if kind == AlarmStore {
		subject = ""
		s.down = true
	}
	s.busy--
	s.later++
	s.r.Alarms.Raise(kind, subject, sentence)
	s.mu.Unlock()
	time.AfterFunc(wait, func() {
		s.mu.Lock()
		s.later--
		s.ready = append(s.ready, p)
		s.mu.Unlock()
		s.nudge()
	})
}

// sealedDetail is the body of segment.sealed: everything a stranger needs to tie the segment's root to the log.
type sealedDetail struct {
	Stream       custody.StreamID `json:"stream"`
	Run          custody.RunID    `json:"run"`
	Number       uint32           `json:"number"`
	Continuation bool             `json:"continuation,omitempty"`
	Start        string           `json:"start"`
	End          string           `json:"end"`
	StartMicros  custody.Instant  `json:"start_us"`
	EndMicros    custody.Instant  `json:"end_us"`
	MediaTicks   int64            `json:"media_ticks"`
	Timescale    uint32           `json:"timescale"`
	Units        uint64           `json:"units"`
	Damaged      uint64           `json:"damaged,omitempty"`
	Leaves       uint64           `json:"leaves"`
	Root         string           `json:"root"`
	ObjectSize   int64            `json:"object_size"`
	ObjectDigest string           `json:"object_sha256"`
	Key          custody.KeyID    `json:"key"`
	CameraOffset *int64           `json:"camera_offset_us,omitempty"`
	Recovered    bool             `json:"recovered,omitempty"`
}

func sealedEvent(row media.SegmentRow) (custody.Event, error) {
	return custody.NewEvent(custody.EventSegmentSealed, row.SealedAt, "system", row.Camera, string(row.ID), sealedDetail{
		Stream: row.Stream, Run: row.Run, Number: row.Number, Continuation: row.Continuation,
		Start: row.Span.Start.String(), End: row.Span.End.String(), StartMicros: row.Span.Start, EndMicros: row.Span.End,
		MediaTicks: row.MediaTicks, Timescale: row.Timescale, Units: row.Units, Damaged: row.Damaged,
		Leaves: row.Leaves, Root: hex.EncodeToString(row.Root[:]),
		ObjectSize: row.ObjectSize, ObjectDigest: hex.EncodeToString(row.ObjectDigest[:]),
		Key: row.KeyID, CameraOffset: row.CameraOffset, Recovered: row.Recovered,
	})
}
