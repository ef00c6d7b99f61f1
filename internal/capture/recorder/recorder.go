package recorder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Spool is the recorder's view of the vault: begin a segment, what a crash left behind, and who watches meanwhile.
type Spool interface {
	Live(camera custody.CameraID, stream custody.StreamID) *vault.Tap
	Begin(ctx context.Context, head vault.SegmentHead) (vault.Writer, error)
	Recover(ctx context.Context) ([]vault.Pending, vault.RecoveryReport, error)
}

// Parts are what a Recorder is made of. All are required.
type Parts struct {
	Spool  Spool
	Index  Index
	Clock  custody.Clock
	Alarms Alarms
	Log    *slog.Logger
	// Free returns the bytes available to the spool, Used those it takes. Both are asked once a second.
	Free func() (uint64, error)
	Used func() uint64
}

// Options are limits; the zero value of a field means its default.
type Options struct {
	QueueBytes   int             // per stream, waiting for the spool disk; default 8 MiB
	Settlers     int             // segments settled at the same time; default 4
	MinFreeBytes uint64          // recording stops with storage-full below this; default 256 MiB
	MaxBytes     uint64          // and when the spool takes more than this; 0 means no limit
	StoreRetry   time.Duration   // longest wait between two tries to store a segment; default 15 s
	LastAlive    custody.Instant // the last instant the previous process is known to have lived; 0 if unknown
}

func (o Options) withDefaults() Options {
	if o.QueueBytes == 0 {
		o.QueueBytes = 8 << 20
	}
	if o.Settlers == 0 {
		o.Settlers = 4
	}
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = 256 << 20
	}
	if o.StoreRetry == 0 {
		o.StoreRetry = 15 * time.Second
	}
	return o
}

// Recorder owns every stream's recording. Create it with New, Start it (recovery runs first), Open
// the streams, and Stop it last. Safe for concurrent use.
type Recorder struct {
	Parts
	opts    Options
	buffers *pool
	settler *settler
	room    room

	mu      sync.Mutex
	streams map[custody.StreamID]*Stream
	clerks  map[custody.StreamID]*clerk         // live until Stop, so that a reopened stream keeps its order
	found   map[custody.StreamID][]custody.Span // recovered segments, by start, whether the index has them already or not
	mended  map[custody.StreamID]bool           // streams whose gaps agree with their segments
	cancel  context.CancelFunc
	ctx     context.Context
	wg      sync.WaitGroup
	stopped bool
}

// New returns a Recorder that has not begun anything.
func New(p Parts, o Options) *Recorder {
	r := &Recorder{Parts: p, opts: o.withDefaults(), buffers: newPool(),
		streams: map[custody.StreamID]*Stream{}, clerks: map[custody.StreamID]*clerk{},
		found: map[custody.StreamID][]custody.Span{}, mended: map[custody.StreamID]bool{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.settler = newSettler(r)
	return r
}

// Start brings what a crash left in the spool onto the settle path, and begins settling. It returns as soon as
// recording may begin; settling the recovered segments goes on behind it. ctx bounds the recovery scan only.
func (r *Recorder) Start(ctx context.Context) error {
	r.room.look(r)
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		r.room.watch(r.ctx, r)
	}()
	r.settler.start(r.ctx)
	r.recover(ctx)
	return nil
}

// Stop closes every stream, settles what can be settled within grace, and waits for every goroutine. What is left
// stays in the spool for the next start. Idempotent.
func (r *Recorder) Stop(grace time.Duration) {
	r.mu.Lock()
	if r.stopped {
		r.mu.Unlock()
		r.wg.Wait()
		return
	}
	r.stopped = true
	open := make([]*Stream, 0, len(r.streams))
	for _, s := range r.streams {
		open = append(open, s)
	}
	r.mu.Unlock()
	deadline := time.AfterFunc(grace, r.cancel)
	defer deadline.Stop()
	var wg sync.WaitGroup
	for _, s := range open {
		wg.Add(1)
		go func() { defer wg.Done(); s.Close() }()
	}
	wg.Wait()
	r.settler.drain()
	r.closeClerks()
	r.cancel()
	r.settler.wait()
	r.wg.Wait()
	r.buffers.close()
}

// clerk returns the clerk of a stream; the empty id is recovery's.
func (r *Recorder) clerk(id custody.StreamID) *clerk {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.clerks[id]
	if c == nil {
		c = newClerk(r.ctx, r.Log, r.Alarms, string(id))
		r.clerks[id] = c
	}
	return c
}

// closeClerks waits until the index has taken every entry, or the recorder's context ends.
func (r *Recorder) closeClerks() {
	r.mu.Lock()
	all := make([]*clerk, 0, len(r.clerks))
	for _, c := range r.clerks {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		c.close()
	}
}
