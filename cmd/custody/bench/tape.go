package bench

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/capture/ingest"
	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// loop says how long a simulated camera's pictures go on before they begin anew.
type loop struct {
	units  int
	length time.Duration
}

// The loops of simcam's small pictures and of the benchmark's camera.
func smallLoop() loop { return loop{60, 4 * time.Second} }
func benchLoop() loop { return loop{90, 6 * time.Second} }

// ticks is the loop's length in the ticks of RTP video.
func (l loop) ticks() uint32 { return uint32(l.length.Milliseconds() * 90) }

// tape is one loop of a simulated camera as the recorder sees it, to be played faster than time.
type tape struct {
	loop
	header media.RunHeader
	taped  []taped
	full   chan struct{} // closed when the loop is complete
}

type taped struct {
	unit    media.Unit
	payload []byte
}

// wallClock is a custody.Clock for what is not evidence.
type wallClock struct{}

// Now implements custody.Clock.
func (wallClock) Now() custody.Instant { return instant(time.Now()) }

// Reading implements custody.Clock.
func (c wallClock) Reading() custody.ClockReading { return custody.ClockReading{Now: c.Now()} }

// record takes one loop from a camera.
func record(ctx context.Context, url string, l loop) (*tape, error) {
	t := &tape{loop: l, full: make(chan struct{})}
	s := ingest.New(ingest.Source{Camera: custody.NewCameraID(), Stream: custody.NewStreamID(), URL: url}, t, wallClock{}, ingest.Options{})
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	defer s.Stop()
	select {
	case <-t.full:
		return t, nil
	case <-time.After(time.Minute):
		return nil, errors.New("the camera sent no whole loop within a minute")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Start implements ingest.Sink.
func (t *tape) Start(h media.RunHeader) { t.header, t.taped = h, nil }

// Unit implements ingest.Sink.
func (t *tape) Unit(u media.Unit, payload []byte) {
	if len(t.taped) == t.units {
		return
	}
	t.taped = append(t.taped, taped{u, slices.Clone(payload)})
	if len(t.taped) == t.units {
		close(t.full)
	}
}

// Report implements ingest.Sink.
func (t *tape) Report(media.SenderReport) {}

// Stop implements ingest.Sink.
func (t *tape) Stop(custody.Instant, media.GapCause, string) {}

// play gives a stream so much footage, received from an instant on.
func (t *tape) play(ctx context.Context, s *recorder.Stream, p place, from custody.Instant, d time.Duration) error {
	h := t.header
	h.Camera, h.Stream = p.camera, p.stream
	s.Start(h)
	first := t.taped[0].unit.RTP
	for loop := range uint32(d / t.length) {
		for _, k := range t.taped {
			ticks := k.unit.RTP - first + loop*t.ticks()
			u := k.unit
			u.RTP = first + ticks
			u.Receipt = from.Add(time.Duration(ticks) * time.Second / 90000)
			s.Unit(u, k.payload)
		}
		if err := s.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
