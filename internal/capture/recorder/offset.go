package recorder

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/media"
)

// clockSampleEvery is how often the offset of a camera's clock is kept as evidence. Every session keeps its first,
// because a camera that comes back may have another clock.
const clockSampleEvery = time.Minute

// Report keeps the measured offset of the camera's clock (ingest.Sink).
func (s *Stream) Report(r media.SenderReport) {
	offset := int64(r.Camera - r.Receipt)
	s.offset.Store(&offset)
	s.report = r
	if s.builder != nil {
		s.sample()
	}
}

// sample keeps the session's latest report as evidence if one is due. It follows its run through the writer's queue, because the
// index refuses a sample of a run that it does not know.
func (s *Stream) sample() {
	r := s.report
	if r.Receipt == 0 || s.sampled != 0 && r.Receipt.Sub(s.sampled) < clockSampleEvery {
		return
	}
	s.sampled = r.Receipt
	s.queue.push(command{sample: &ClockSample{Stream: s.id, Run: s.header.Run, At: r.Receipt, Offset: int64(r.Camera - r.Receipt)}}, 0)
}

func (s *Stream) recordSample(c ClockSample) {
	s.clerk.hand("clock sample", func(ctx context.Context) error { return s.r.Index.AddClockSample(ctx, c) })
}
