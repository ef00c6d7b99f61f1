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

// tape is one loop of a simulated camera as the recorder sees it, to be played faster than time.
type tape struct {
	header media.RunHeader
	units  []taped
	full   chan struct{} // closed when the loop is complete
}

type taped struct {
	unit    media.Unit
	payload []byte
}

// The loop of simcam's small pictures: 4 s of 15 frames.
const (
	loopUnits = 60
	loopTicks = 4 * 90000
)

// wallClock is a custody.Clock for what is not evidence.
type wallClock struct{}

// Now implements custody.Clock.
func (wallClock) Now() custody.Instant { return instant(time.Now()) }

// Reading implements custody.Clock.
func (c wallClock) Reading() custody.ClockReading { return custody.ClockReading{Now: c.Now()} }

// record takes one loop from a camera.
func record(ctx context.Context, url string) (*tape, error) {
	t := &tape{full: make(chan struct{})}
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
func (t *tape) Start(h media.RunHeader) { t.header, t.units = h, nil }

// Unit implements ingest.Sink.
func (t *tape) Unit(u media.Unit, payload []byte) {
	if len(t.units) == loopUnits {
		return
	}
	t.units = append(t.units, taped{u, slices.Clone(payload)})
	if len(t.units) == loopUnits {
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
	first := t.units[0].unit.RTP
	for loop := range uint32(d / (4 * time.Second)) {
		for _, k := range t.units {
			ticks := k.unit.RTP - first + loop*loopTicks
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
