package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// shelf is a site with footage that was recorded faster than time, and nobody there: its cameras are switched off.
type shelf struct {
	*site
	places []place
	span   custody.Span // in which every camera has footage
}

// scenes say what every camera of a shelf recorded: so many runs of so long, each that long after the one before.
type scenes struct {
	runs          int
	length, apart time.Duration
}

// shelve makes a site and has the program's own recorder write the tape into it, for every camera the same.
func (b *bench) shelve(ctx context.Context, t *tape, cameras int, sc scenes) (_ *shelf, err error) {
	urls := make([]string, cameras)
	for i := range urls {
		urls[i] = fmt.Sprintf("rtsp://127.0.0.1:9/cam%d", i) // registered, switched off, never asked
	}
	s := &shelf{}
	if s.site, err = b.newSite(ctx, urls, false); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove())
		}
	}()
	if s.places, err = s.streams(ctx); err != nil {
		return nil, err
	}
	in, err := b.open(ctx, s.path, Seams{})
	if err != nil {
		return nil, err
	}
	end := in.Clock.Now().Add(-5 * time.Second)
	s.span = custody.Span{Start: end.Add(-time.Duration(sc.runs) * sc.apart), End: end}
	var wg sync.WaitGroup
	failures := make([]error, len(s.places))
	turns := make(chan struct{}, 4) // one camera after the other, four at a time: less to hold in memory
	for i, p := range s.places {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			failures[i] = t.act(ctx, in, p, s.span.Start, sc)
		})
	}
	wg.Wait()
	err = errors.Join(failures...)
	err = errors.Join(err, until(ctx, 5*time.Minute, "every segment is settled", func() (bool, error) { return in.Recorder.Site().Settling == 0, nil }))
	return s, errors.Join(err, in.Close())
}

// act plays the scenes into one stream.
func (t *tape) act(ctx context.Context, in Site, p place, from custody.Instant, sc scenes) error {
	s, err := in.Recorder.Open(ctx, p.camera, p.stream)
	if err != nil {
		return err
	}
	defer s.Close()
	for range sc.runs {
		if err := t.play(ctx, s, p, from, sc.length); err != nil {
			return err
		}
		s.Stop(from.Add(sc.length), media.GapStopped, "the end of a scene")
		from = from.Add(sc.apart)
	}
	return s.Flush(ctx)
}

// camerasOf are the cameras of places, at most so many.
func camerasOf(places []place, most int) (out []custody.CameraID) {
	for _, p := range places[:min(len(places), most)] {
		out = append(out, p.camera)
	}
	return out
}
