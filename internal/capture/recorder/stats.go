package recorder

import (
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Snapshot is what a stream's recording looks like now, for metrics and the operator's screen.
type Snapshot struct {
	Camera        custody.CameraID
	Stream        custody.StreamID
	Units         uint64 // units taken from the camera
	Damaged       uint64
	Unusable      uint64 // units that are no sequence of NAL units
	GivenUp       uint64 // units that no run could be begun with: no usable parameter sets, or too many runs
	Kept          uint64 // units in the spool or beyond
	LostFragments uint64 // given up: the disk was full or did not keep up
	Segments      uint64 // sealed, stored and indexed since the process started
	LastSealed    custody.Instant
	SealedTo      custody.Instant // end of that segment; the same however often recovery seals it
	RecordedTo    custody.Instant // end of the last fragment in the spool
	Gap           media.GapCause  // cause of the open gap; empty while recording
	GapDetail     string          // one sentence about it
	Since         custody.Instant // when the open gap or, if there is none, the present run began; 0 before the first
	Tracks        []media.Track   // of the latest run; nil before the first. Not to be changed
	CameraOffset  *int64          // microseconds
	QueueItems    int
	QueueBytes    int
	IndexPending  int // entries the database has not taken yet
}

type stats struct {
	mu sync.Mutex
	s  Snapshot
}

func (t *stats) unit(u media.Unit) {
	t.mu.Lock()
	t.s.Units++
	if u.Flags&media.Damaged != 0 {
		t.s.Damaged++
	}
	t.mu.Unlock()
}

func (t *stats) unusable() { t.mu.Lock(); t.s.Unusable++; t.mu.Unlock() }

func (t *stats) givenUp() { t.mu.Lock(); t.s.GivenUp++; t.mu.Unlock() }

func (s *Stream) kept(units int, info media.FragmentInfo) {
	s.stats.mu.Lock()
	s.stats.s.Kept += uint64(units)
	s.stats.s.RecordedTo = info.WallEnd
	s.stats.mu.Unlock()
}

func (s *Stream) dropped(custody.Span) {
	s.stats.mu.Lock()
	s.stats.s.LostFragments++
	s.stats.mu.Unlock()
}

// noteGap keeps the open gap; an empty cause ends it at at.
func (s *Stream) noteGap(cause media.GapCause, at custody.Instant, detail string) {
	s.stats.mu.Lock()
	s.stats.s.Gap, s.stats.s.GapDetail, s.stats.s.Since = cause, detail, at
	s.stats.mu.Unlock()
}

func (s *Stream) noteRun(h media.RunHeader) {
	s.stats.mu.Lock()
	s.stats.s.Tracks = h.Tracks
	if s.stats.s.Gap == "" {
		s.stats.s.Since = h.Started
	}
	s.stats.mu.Unlock()
}

func (s *Stream) noteSealed(row media.SegmentRow) {
	s.stats.mu.Lock()
	s.stats.s.Segments++
	s.stats.s.LastSealed, s.stats.s.SealedTo = row.SealedAt, row.Span.End
	s.stats.mu.Unlock()
}

// Snapshot is safe to call at any time.
func (s *Stream) Snapshot() Snapshot {
	s.stats.mu.Lock()
	n := s.stats.s
	s.stats.mu.Unlock()
	n.Camera, n.Stream, n.CameraOffset = s.camera, s.id, s.offset.Load()
	n.QueueItems, n.QueueBytes = s.queue.depth()
	n.IndexPending = s.clerk.pending()
	return n
}

// Snapshots are those of all open streams, in no order.
func (r *Recorder) Snapshots() []Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Snapshot, 0, len(r.streams))
	for _, s := range r.streams {
		out = append(out, s.Snapshot())
	}
	return out
}

// Site is what concerns the recorder as a whole.
type Site struct {
	Settling  int // segments between their close and their row
	Full      bool
	FreeBytes uint64
}

// Site is safe to call at any time.
func (r *Recorder) Site() Site {
	r.room.mu.Lock()
	defer r.room.mu.Unlock()
	return Site{Settling: r.settler.depth(), Full: r.room.full != "", FreeBytes: r.room.free}
}
