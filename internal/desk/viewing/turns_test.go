package viewing_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
)

// studio makes pictures that are not done before the test says so.
type studio struct {
	inside chan struct{}
	done   chan struct{}
}

func (s studio) Still(_ context.Context, fmp4 []byte, _ int64, _ int) ([]byte, error) {
	s.inside <- struct{}{}
	<-s.done
	return fmp4, nil
}

func (s studio) Transcode(ctx context.Context, fmp4 []byte) ([]byte, error) {
	return s.Still(ctx, fmp4, 0, 0)
}

// crowd asks n times at once and counts how many wait inside together, and how many are told that it is too much.
func (s *stage) crowd(n int, at studio, ask func() error) (inside, refused int) {
	var wait sync.WaitGroup
	answers := make(chan error, n)
	for range n {
		wait.Go(func() { answers <- ask() })
	}
	for refused+inside < n {
		select {
		case <-at.inside:
			inside++
		case err := <-answers:
			s.wants(custody.Exhausted, err, "one too many")
			refused++
		}
	}
	close(at.done)
	wait.Wait()
	return inside, refused
}

// TestPicturesBeingMadeHoldLittle: who asks for a hundred pictures at once must not take the memory that recording needs, so their
// footage is not even read before it is their turn.
func TestPicturesBeingMadeHoldLittle(t *testing.T) {
	s, ann, o, _ := small(t)
	cam := o.Cameras[0]
	at := studio{inside: make(chan struct{}), done: make(chan struct{})}
	s.parts.Renderer = at
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: 200 * time.Millisecond})
	o = s.open(ann, o.Span, cam)
	in, out := s.crowd(20, at, func() error {
		_, err := s.desk.Still(t.Context(), ann, o.ID, cam, o.Span.Start.Add(time.Second), 0)
		return err
	})
	if in != 4 || out != 16 {
		t.Errorf("%d stills were made at once, %d refused", in, out)
	}
}

func TestAViewingHasTwoTranscodesAtATime(t *testing.T) {
	s, ann, o, _ := small(t)
	cam := o.Cameras[0]
	at := studio{inside: make(chan struct{}), done: make(chan struct{})}
	s.parts.Renderer = at
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: 200 * time.Millisecond})
	o = s.open(ann, o.Span, cam)
	part := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: o.Span})).Parts[0]
	in, out := s.crowd(10, at, func() error {
		made, err := s.desk.Transcoded(t.Context(), ann, o.ID, cam, part.Segment, part.Name())
		if err == nil {
			err = made.Close()
		}
		return err
	})
	if in != 2 || out != 8 {
		t.Errorf("%d parts were made over at once, %d refused", in, out)
	}
}

// TestSlowReadersHoldLittle: sixteen clips that nobody reads are all that a viewing holds, and one that is closed makes room.
func TestSlowReadersHoldLittle(t *testing.T) {
	s, ann, o, _ := small(t)
	cam := o.Cameras[0]
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: 50 * time.Millisecond})
	o = s.open(ann, o.Span, cam)
	part := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: o.Span})).Parts[0]
	get := func() (*viewing.Clip, error) {
		return s.desk.Media(t.Context(), ann, o.ID, cam, part.Segment, part.Name())
	}
	var clips []*viewing.Clip
	for range 16 {
		clips = append(clips, must(get()))
	}
	_, err := get()
	s.wants(custody.Exhausted, err, "the seventeenth clip")
	for range 2 { // a second Close gives nothing back
		_ = clips[0].Close()
	}
	clips[0] = must(get())
	_, err = get()
	s.wants(custody.Exhausted, err, "a clip after one was closed twice")
	for _, c := range clips {
		_ = c.Close()
	}
}

// TestWhatWasMadeOfFootageStopsWithIt: a rendition that is being sent is judged like the footage, to its end.
func TestWhatWasMadeOfFootageStopsWithIt(t *testing.T) {
	s, ann, o, _ := small(t)
	cam := o.Cameras[0]
	part := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: o.Span})).Parts[0]
	made := must(s.desk.Transcoded(t.Context(), ann, o.ID, cam, part.Segment, part.Name()))
	defer made.Close()
	if _, err := io.ReadFull(made, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Close(t.Context(), ann, o.ID); err != nil {
		t.Fatal(err)
	}
	n, err := made.Read(make([]byte, 10))
	s.wants(custody.Denied, err, "the rest")
	if n != 0 {
		t.Errorf("%d bytes of it left", n)
	}
}

// archive answers about history when the test says so.
type archive struct {
	viewing.History
	at studio
}

func (a archive) Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) ([]viewing.Track, error) {
	_, _ = a.at.Transcode(ctx, nil)
	return a.History.Timeline(ctx, scope, cameras, span, step)
}

func TestFourTimelinesAtATime(t *testing.T) {
	s, ann, o, _ := small(t)
	at := studio{inside: make(chan struct{}), done: make(chan struct{})}
	s.parts.History = archive{s.parts.History, at}
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: 200 * time.Millisecond})
	scope := must(s.Judge().Scope(t.Context(), ann, access.FootageList))
	in, out := s.crowd(20, at, func() error {
		_, err := s.desk.Timeline(t.Context(), scope, o.Cameras, o.Span, 0)
		return err
	})
	if in != 4 || out != 16 {
		t.Errorf("%d timelines were read at once, %d refused", in, out)
	}
}

// TestASpanOfCenturiesIsLong: its length in nanoseconds does not fit 64 bits, and must not pass for a day.
func TestASpanOfCenturiesIsLong(t *testing.T) {
	s, ann, o, _ := small(t)
	span := custody.Span{Start: 1, End: 1 + custody.Instant(1<<62)/250 + 3_600_000_000}
	_, err := s.desk.Open(t.Context(), ann, viewing.Ask{Basis: o.Basis, Text: o.Text, Cameras: o.Cameras, Span: span})
	s.wants(custody.Invalid, err, "a viewing of centuries")
	scope := must(s.Judge().Scope(t.Context(), ann, "footage.list"))
	_, err = s.desk.Timeline(t.Context(), scope, o.Cameras, span, time.Second)
	s.wants(custody.Invalid, err, "a timeline of centuries")
}

// TestGroupsOfFiveMinutes: the random access unit that opens what was asked for may lie far before it, and is served if it lies in the
// grant; if not, nothing could show the pictures, and nothing is served.
func TestGroupsOfFiveMinutes(t *testing.T) {
	s := newStage(t)
	cam, ann := s.camera(), s.person()
	s.film(cam, shape{start: noon, pictures: 7200, group: 3000, segment: 30}) // twelve minutes, a segment a minute
	whole := custody.Span{Start: noon, End: noon.Add(12 * time.Minute)}
	o := s.open(ann, whole, cam)
	ask := custody.Span{Start: noon.Add(9 * time.Minute), End: noon.Add(9*time.Minute + 10*time.Second)}
	parts := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: ask})).Parts
	if len(parts) != 1 || parts[0].Span != (custody.Span{Start: noon.Add(5 * time.Minute), End: ask.End}) {
		t.Fatalf("%d parts", len(parts))
	}
	b, err := s.media(ann, o.ID, cam, parts[0].Segment, parts[0].Name())
	if err != nil || len(s.units(b)) != 2500 {
		t.Errorf("%d pictures, %v", len(s.units(b)), err)
	}
	p := must(s.desk.Still(t.Context(), ann, o.ID, cam, ask.Start, 0))
	if p.At != ask.Start {
		t.Errorf("the still is of %s", p.At)
	}
	late := s.open(ann, custody.Span{Start: noon.Add(7 * time.Minute), End: whole.End}, cam)
	for _, p := range must(s.desk.Index(t.Context(), ann, late.ID, viewing.Request{Camera: cam, Span: ask})).Parts {
		t.Errorf("a part that begins before the grant: %+v", p.Span)
	}
}
