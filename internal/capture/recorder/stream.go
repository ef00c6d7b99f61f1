package recorder

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Why a run began.
const (
	reasonConnect       = "connect"
	reasonParameters    = "parameters"
	reasonDiscontinuity = "discontinuity"
	reasonClockStep     = "clock-step"
)

const (
	clockStepSeen = time.Second // less than any confirmed step, more than two units of a camera lie apart
)

// Stream records one stream of one camera. Start, Unit, Report and Stop are called by one goroutine at a
// time (the camera's session) and never block. Close may be called by anyone, after the session has ended.
type Stream struct {
	r      *Recorder
	camera custody.CameraID
	id     custody.StreamID
	queue  *queue
	clerk  *clerk
	live   *vault.Tap // used like what is the reader's own

	written   chan struct{} // closed when the writer has ended
	closeOnce sync.Once

	// The reader's own: touched by the session's goroutine, and by Close after it.
	session  media.RunHeader // as negotiated
	tracks   []media.Track   // session.Tracks with what was learnt in band
	timeline *media.Timeline
	builder  *media.Builder // nil between runs
	header   media.RunHeader
	reason   string
	epoch    uint64
	received custody.Instant // receipt of the last unit
	end      custody.Instant // end of the last closed fragment
	lead     time.Duration   // of the last unit (media.Builder.Lead)
	pace     pace
	unfit    bool           // no run can be begun until the parameters change
	ahead    bool           // what is recorded lies too far ahead of the clock
	told     media.GapCause // of the gap that the writer knows of, while units are given up
	noted    media.GapCause // of the latest gap since the last fragment; empty if there is none
	prelude  prelude
	report   media.SenderReport // the session's latest; zero before the first
	sampled  custody.Instant    // of the session's last clock sample; 0 before the first

	disabled atomic.Bool // the session is being ended because the camera is removed or switched off

	offset atomic.Pointer[int64]
	stats  stats
}

// Open begins recording a stream: it finds out where the stream's record ends, declares what is missing since,
// and returns the sink for the camera's session. Opening an open stream is Conflict.
func (r *Recorder) Open(ctx context.Context, camera custody.CameraID, id custody.StreamID) (*Stream, error) {
	s := &Stream{r: r, camera: camera, id: id, queue: newQueue(), written: make(chan struct{})}
	r.mu.Lock()
	if r.streams[id] != nil || r.stopped {
		r.mu.Unlock()
		return nil, custody.Errorf(custody.Conflict, "the stream %s is being recorded already", id)
	}
	r.streams[id] = s
	r.mu.Unlock()
	s.clerk = r.clerk(id)
	w := &writer{s: s}
	if err := r.resume(ctx, s, w); err != nil {
		r.forget(s)
		return nil, err
	}
	s.live = r.Spool.Live(camera, id)
	go w.loop(r.ctx)
	return s, nil
}

func (r *Recorder) forget(s *Stream) {
	r.mu.Lock()
	delete(r.streams, s.id)
	r.mu.Unlock()
}

// Start begins a session (ingest.Sink).
func (s *Stream) Start(h media.RunHeader) {
	s.session = h
	s.tracks = append([]media.Track(nil), h.Tracks...)
	s.reason, s.unfit, s.prelude = reasonConnect, false, prelude{}
	s.report, s.sampled = media.SenderReport{}, 0
	s.epoch = s.r.Clock.Reading().Epoch
}

// Unit records one unit (ingest.Sink).
func (s *Stream) Unit(u media.Unit, payload []byte) {
	if u.Track == 0 || int(u.Track) > len(s.tracks) {
		return
	}
	s.followClock(u.Receipt)
	track := &s.tracks[u.Track-1]
	flags, params, err := media.Inspect(track.Codec, payload)
	if err != nil {
		s.stats.unusable()
		return
	}
	u.Flags |= flags
	u.Size = uint32(len(payload))
	if flags&media.HasParams != 0 {
		next, changed := track.WithParams(params)
		*track = next
		s.unfit = s.unfit && !changed
		if changed && s.builder != nil {
			s.endRun(reasonParameters)
		}
	}
	if s.waits(u, payload) {
		return
	}
	if u.Track == 1 && len(s.prelude.units) > 0 {
		s.play()
	}
	if s.builder == nil && !s.beginRun(u) {
		return
	}
	c := s.timeline.Place(&u)
	if c == media.Continuous && s.leaps(u) {
		c = media.Jumped
	}
	switch c {
	case media.Continuous:
	case media.Stray:
		return
	default:
		s.endRun(reasonDiscontinuity)
		if !s.beginRun(u) || s.timeline.Place(&u) != media.Continuous {
			return
		}
		s.r.Log.Info("a new run begins", "stream", s.id, "reason", c.String())
	}
	s.keep(u, payload)
}

// followClock ends the run at a forward step of the station clock. Units that were received before the step are
// still handed over after it; the first one received after it is known by its receipt, which the step moved by more than
// two seconds.
func (s *Stream) followClock(receipt custody.Instant) {
	if e := s.r.Clock.Reading().Epoch; e != s.epoch && receipt.Sub(s.received) > clockStepSeen {
		s.epoch = e
		s.endRun(reasonClockStep)
	}
	s.received = receipt
}

// keep adds a placed unit to the run.
func (s *Stream) keep(u media.Unit, payload []byte) {
	s.stats.unit(u)
	f, err := s.builder.Append(u, payload)
	if err == nil && s.live.Watched() {
		s.live.Publish(s.builder, u, payload)
	}
	if f != nil {
		s.hand(f)
		if drift := f.Info.ClockError.Abs(); drift > media.MaxClockError {
			s.endRun(reasonDiscontinuity)
		}
	}
	if err != nil { // no memory for a buffer: this unit is lost, and with it the run's continuity
		s.endRun(reasonDiscontinuity)
		s.note(u.Receipt, media.GapFault, custody.PublicText(err))
	}
}

// beginRun starts a run with the parameters known now; false if they do not suffice to describe the stream, or if the stream
// has begun too many.
func (s *Stream) beginRun(u media.Unit) bool {
	if !s.mayBegin(u.Receipt) {
		return false
	}
	h := s.session
	h.Run, h.Started, h.Reason = custody.NewRunID(), u.Receipt, s.reason
	h.Tracks = append([]media.Track(nil), s.tracks...)
	init, size, err := describe(h)
	if err != nil {
		s.unfit = true
		s.pace.spend(0, u.Receipt) // trying costs as well
		s.giveUp(u.Receipt, media.GapNoParams, custody.PublicText(err))
		return false
	}
	if !s.pace.spend(size, u.Receipt) {
		s.giveUp(u.Receipt, media.GapDiscontinuity, tooOften)
		return false
	}
	s.header = h
	if s.timeline == nil {
		s.timeline = media.NewTimeline(s.tracks)
	} else {
		s.timeline.Restart(s.tracks)
	}
	s.builder = media.NewBuilder(s.tracks, s.r.buffers.get, s.end)
	if s.reason == reasonParameters {
		s.builder.Continue()
	}
	s.lead = max(0, s.end.Sub(u.Receipt))
	s.live.Begin(h, init)
	s.queue.push(command{run: &run{header: h, init: init, offset: s.offset.Load}}, 0)
	s.sample()
	return true
}

// describe writes a run's init section and measures its header.
func describe(h media.RunHeader) (init []byte, header int, err error) {
	if err := media.ValidTracks(h.Tracks); err != nil {
		return nil, 0, err
	}
	if init, err = media.InitSection(h.Tracks); err != nil {
		return nil, 0, err
	}
	b, err := h.Encode()
	if err == nil && len(b) > maxHeader {
		err = custody.Errorf(custody.Invalid, "the camera's session description and parameter sets take %d bytes; at most %d are recorded", len(b), maxHeader)
	}
	return init, len(b), err
}

// endRun closes the run and says why the next one begins.
func (s *Stream) endRun(reason string) {
	s.reason = reason
	if s.builder == nil {
		return
	}
	if f := s.builder.Close(); f != nil {
		s.hand(f)
	}
	s.builder = nil
	s.live.End()
	s.queue.push(command{endRun: true}, 0)
}

// hand gives a closed fragment to the writer, or gives it up if the writer is too far behind.
func (s *Stream) hand(f *media.Fragment) {
	span := custody.Span{Start: f.Info.WallStart, End: f.Info.WallEnd}
	s.end, s.told, s.noted = span.End, "", ""
	if s.queue.push(command{fragment: f}, s.r.opts.QueueBytes) {
		return
	}
	f.Buffer.Free()
	s.noted = media.GapStorageStall
	s.queue.push(command{lost: &loss{span, media.GapStorageStall, "the spool's disk did not keep up and the buffer was full"}}, 0)
}

// Stop ends a session or a failed attempt (ingest.Sink).
func (s *Stream) Stop(at custody.Instant, cause media.GapCause, detail string) {
	s.endRun(reasonConnect)
	s.tracks, s.told = nil, ""
	if cause == media.GapStopped && s.disabled.Load() {
		cause, detail = media.GapDisabled, disabledDetail
	}
	s.note(at, cause, detail)
}

// Flush waits until everything handed over so far is in the spool or given up.
func (s *Stream) Flush(ctx context.Context) error {
	done := make(chan struct{})
	if !s.queue.push(command{flush: done}, 0) {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends recording on purpose: what is buffered goes to the spool, and a gap with cause stopped begins. The
// camera's session must have ended. It waits for the writer. Idempotent.
func (s *Stream) Close() { s.close(media.GapStopped, "recording was stopped") }

// Disable is Close for a camera that was removed or switched off. stop ends the camera's session and is called first, so that
// nothing is said to be missing for another reason.
func (s *Stream) Disable(stop func()) {
	s.disabled.Store(true)
	stop()
	s.close(media.GapDisabled, disabledDetail)
}

const disabledDetail = "the camera was removed or switched off"

func (s *Stream) close(cause media.GapCause, detail string) {
	s.closeOnce.Do(func() {
		s.endRun(reasonConnect)
		s.live.Close()
		s.queue.push(command{gap: &gapNote{s.r.Clock.Now(), cause, detail}}, 0)
		s.queue.close()
		<-s.written
		s.r.forget(s)
	})
}
