package viewing_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
)

// small is a stage with three minutes of one camera, and somebody who has opened them.
func small(t *testing.T) (*stage, access.Actor, viewing.Opened, viewing.Index) {
	s := newStage(t)
	cam := s.camera()
	s.film(cam, shape{start: noon, pictures: 1800, group: 20, segment: 100})
	ann := s.person()
	span := custody.Span{Start: noon, End: noon.Add(3 * time.Minute)}
	o := s.open(ann, span, cam)
	x := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: span}))
	return s, ann, o, x
}

func TestTheDiaryHoldsTheLookBeforeTheFirstByte(t *testing.T) {
	s, ann, o, x := small(t)
	hold := make(chan struct{})
	s.books.hold = hold
	c := must(s.desk.Media(t.Context(), ann, o.ID, o.Cameras[0], x.Parts[0].Segment, x.Parts[0].Name()))
	defer c.Close()
	got := make(chan int, 1)
	go func() {
		n, _ := c.Read(make([]byte, 1))
		got <- n
	}()
	for s.books.calls() == 0 {
		select {
		case <-got:
			t.Fatal("a byte came although no look was written down")
		case <-time.After(time.Millisecond):
		}
	}
	if n := len(s.Events(custody.EventFootageServed)); n != 0 {
		t.Fatalf("%d events before the commit", n)
	}
	close(hold)
	if n := <-got; n != 1 {
		t.Fatalf("%d bytes after the commit, want 1", n)
	}
	evs := s.Events(custody.EventFootageServed)
	if len(evs) != 1 || evs[0].Camera != o.Cameras[0] || evs[0].Subject != string(o.ID) || evs[0].Actor != ann.String() {
		t.Errorf("events %+v", evs)
	}
}

func (b *books) calls() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

func TestALateOrBrokenDiaryMeansNoByte(t *testing.T) {
	s, ann, o, x := small(t)
	first := x.Parts[0]
	full := errors.New("no space left on device")
	s.BreakDiary(full)
	_, err := s.media(ann, o.ID, o.Cameras[0], first.Segment, first.Name())
	s.wants(custody.Unavailable, err, "a full diary")
	_, err = s.desk.Still(t.Context(), ann, o.ID, o.Cameras[0], noon.Add(time.Second), 100)
	s.wants(custody.Unavailable, err, "a still with a full diary")
	s.BreakDiary(nil)
	hold := make(chan struct{})
	s.books.mu.Lock()
	s.books.hold = hold
	s.books.mu.Unlock()
	_, err = s.media(ann, o.ID, o.Cameras[0], first.Segment, first.Name())
	s.wants(custody.Unavailable, err, "a slow diary")
	close(hold)
	if b := must(s.media(ann, o.ID, o.Cameras[0], first.Segment, first.Name())); len(s.units(b)) != 20 {
		t.Errorf("%d units once the diary works again, want 20", len(s.units(b)))
	}
	s.BreakDiary(full)
	if _, err := s.media(ann, o.ID, o.Cameras[0], first.Segment, first.Name()); err != nil {
		t.Errorf("a minute that is leased is asked for again: %v", err)
	}
	_, err = s.desk.Open(t.Context(), ann, viewing.Ask{Basis: access.Incident, Text: "again", Cameras: o.Cameras, Span: o.Span})
	s.wants(custody.Unavailable, err, "a viewing without a diary")
	s.BreakDiary(nil)
}

func TestWhatWasLeasedAndNotSentIsTold(t *testing.T) {
	s, ann, o, x := small(t)
	must(s.media(ann, o.ID, o.Cameras[0], x.Parts[0].Segment, x.Parts[0].Name()))
	if _, err := s.desk.Thumb(t.Context(), ann, o.ID, o.Cameras[0], noon.Add(70*time.Second)); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	s.books.mu.Lock()
	s.books.hold = hold
	s.books.mu.Unlock()
	last := x.Parts[len(x.Parts)-1]
	_, err := s.media(ann, o.ID, o.Cameras[0], last.Segment, last.Name()) // leased too late
	s.wants(custody.Unavailable, err, "a slow diary")
	close(hold)
	if err := s.desk.Close(t.Context(), ann, o.ID); err != nil {
		t.Fatal(err)
	}
	want := []viewing.Look{{Viewing: o.ID, Staff: ann.Staff(), Camera: o.Cameras[0], Minute: noon.Add(2 * time.Minute), Kind: viewing.KindRecorded}}
	got := slices.Clone(s.books.unserved)
	for i := range got {
		got[i] = bare(got[i])
	}
	if !slices.Equal(got, want) || s.books.viewings[o.ID].Why != viewing.WhyStopped {
		t.Errorf("unserved %+v, why %q; want %+v", got, s.books.viewings[o.ID].Why, want)
	}
}

func TestAClipStopsInTheMidst(t *testing.T) {
	for name, end := range map[string]func(*stage, access.Actor, viewing.Opened){
		"stopped": func(s *stage, a access.Actor, o viewing.Opened) { _ = s.desk.Close(context.Background(), a, o.ID) },
		"role revoked": func(s *stage, a access.Actor, _ viewing.Opened) {
			s.RevokeRole(a, "viewer")
			s.RevokeRole(a, "custodian")
			s.Advance(2 * time.Second)
		},
		"expired": func(s *stage, _ access.Actor, _ viewing.Opened) { s.Advance(2 * time.Hour) },
		"clock back": func(s *stage, _ access.Actor, _ viewing.Opened) {
			s.Advance(2 * time.Hour)
			s.desk.Sweep()
			s.Set(noon.Add(time.Hour))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, o, x := small(t)
			p := x.Parts[0]
			c := must(s.desk.Media(t.Context(), ann, o.ID, o.Cameras[0], p.Segment, p.Name()))
			defer c.Close()
			must(io.ReadFull(c, make([]byte, 10)))
			end(s, ann, o)
			n, err := io.ReadAll(c)
			if len(n) > 0 {
				t.Errorf("%d more bytes", len(n))
			}
			s.wants(custody.Denied, err, "the rest")
			_, err = s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: o.Cameras[0], Span: o.Span})
			s.wants(custody.Denied, err, "an index")
			_, err = s.desk.Init(t.Context(), ann, o.ID, o.Cameras[0], p.Segment)
			s.wants(custody.Denied, err, "an init section")
		})
	}
}
