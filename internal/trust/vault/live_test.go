package vault_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

func TestAFeedBeginsWithTheCurrentPicturesAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		group, before int
		sound         bool
		first         uint64
	}{
		"in the first group":            {20, 7, false, 0},
		"in a later group":              {20, 53, false, 40},
		"with sound":                    {20, 53, true, 40},
		"beyond a fragment":             {100, 57, false, 0},
		"beyond a fragment, with sound": {100, 157, true, 100},
		"when a fragment ends":          {100, 120, false, 100},
		"just before a group":           {20, 39, false, 20},
		"pictures that stand alone":     {1, 33, false, 33},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, c.group, 500)
			if s.sound = c.sound; c.sound {
				s.run()
			}
			s.film(c.before)
			f, other := s.subscribe(), s.subscribe()
			s.film(1)
			s.wantFrom(s.next(f), c.first)
			late := s.subscribe()
			s.wantFrom(s.next(late), c.first)
			s.wantFrom(s.next(other), c.first)
			s.film(3)
			if got := s.next(f); got.Skipped || got.Units[0].Seq != uint64(c.before)+1 {
				t.Fatalf("it goes on with %d, skipped %v", got.Units[0].Seq, got.Skipped)
			}
			if got := s.next(late); got.Skipped || got.Units[0].Seq != uint64(c.before)+1 {
				t.Fatalf("the late one goes on with %d, skipped %v", got.Units[0].Seq, got.Skipped)
			}
		})
	}
}

func TestAGroupThatGoesOverTwoSegmentsIsWhole(t *testing.T) {
	s := newStudio(t, 200, 500)
	s.film(50)
	p := must(s.wr.Close(vault.SegmentEnd{Continuation: true}))
	s.wr = nil
	s.film(50)
	f := s.subscribe()
	s.film(1)
	s.wantFrom(s.next(f), 0)
	f.Close()
	s.settle(p) // what left the spool is not fetched back: then the next group is waited for
	f = s.subscribe()
	s.film(120)
	if got := s.next(f); got.Skipped || got.Units[0].Seq != 200 {
		t.Fatalf("it begins with %d", got.Units[0].Seq)
	}
}

func TestAFragmentOnItsWayToTheSpoolIsWaitedFor(t *testing.T) {
	s := newStudio(t, 100, 500)
	s.film(35)
	s.hold = true
	s.film(10)
	f := s.subscribe()
	s.film(1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(len(got.Units), err)
	}
	s.hold = false
	s.film(1)
	s.wantFrom(s.next(f), 0)
}

func TestAGroupTooLargeIsWaitedOut(t *testing.T) {
	for name, size := range map[string]int{"in the spool": 70_000, "in the open fragment": 250_000} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, 50, size)
			s.film(45)
			f := s.subscribe()
			s.film(3)
			late := s.subscribe()
			s.film(3)
			for _, f := range []vault.Feed{f, late} {
				if got := s.next(f); got.Skipped || got.Units[0].Seq != 50 {
					t.Fatalf("it begins with %d, skipped %v", got.Units[0].Seq, got.Skipped)
				}
			}
		})
	}
}

func TestASlowReaderSkipsToTheNextPictureItCanShow(t *testing.T) {
	s := newStudio(t, 20, 100_000) // 2 MB a group
	slow, quick := s.subscribe(), s.subscribe()
	for i := range 100 {
		s.film(1)
		got := s.next(quick)
		if len(got.Units) != 1 || got.Skipped || got.Units[0].Seq != uint64(i) {
			t.Fatalf("picture %d: %d units from %d, skipped %v", i, len(got.Units), got.Units[0].Seq, got.Skipped)
		}
	}
	got := s.next(slow)
	total := 0
	for i, u := range got.Units {
		total += len(u.Payload)
		if u.Seq != got.Units[0].Seq+uint64(i) {
			t.Fatal("a hole in what was kept")
		}
	}
	if !got.Skipped || got.Units[0].Seq%20 != 0 || got.Units[len(got.Units)-1].Seq != 99 || total > 4<<20 {
		t.Fatalf("skipped %v, pictures %d to %d, %d bytes", got.Skipped, got.Units[0].Seq, got.Units[len(got.Units)-1].Seq, total)
	}
	s.film(1)
	if got := s.next(slow); got.Skipped || got.Units[0].Seq != 100 {
		t.Fatalf("after the skip it goes on with %d, skipped %v", got.Units[0].Seq, got.Skipped)
	}
}

func TestAGroupFromBeforeTheGrantIsNotShown(t *testing.T) {
	s := newStudio(t, 50, 500)
	s.mu.Lock()
	s.now = noon.Add(52 * time.Second)
	s.mu.Unlock()
	s.run()
	s.film(90) // the second group began at 12:00:57.1
	f := s.subscribe()
	s.film(5)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("units from %s are shown under a Grant from 12:01 on, %v", got.Units[0].Wall, err)
	}
	s.film(20)
	s.wantFrom(s.next(f), 100)
}

func TestANewRunIsTold(t *testing.T) {
	s := newStudio(t, 20, 500)
	s.film(5)
	f := s.subscribe()
	s.film(1)
	s.wantFrom(s.next(f), 0)
	s.film(2)
	s.run()
	s.film(3)
	if got := s.next(f); got.Run.Run == s.head.Run.Run || len(got.Units) != 2 {
		t.Fatalf("the end of the old run is lost: %d units", len(got.Units))
	}
	s.wantFrom(s.next(f), 0)
	s.cut()
	late := s.subscribe() // while the camera is away
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := late.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("it shows what is over:", len(got.Units), err)
	}
	s.run()
	s.film(1)
	s.wantFrom(s.next(late), 0)
}

func TestAFeedEndsWithTheRecording(t *testing.T) {
	s := newStudio(t, 20, 500)
	f, waiting := s.subscribe(), s.subscribe()
	s.film(3)
	s.next(waiting)
	ended := make(chan error, 1)
	go func() { _, err := waiting.Next(context.WithoutCancel(t.Context())); ended <- err }()
	s.tap.Close()
	if err := <-ended; custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
	s.wantFrom(s.next(f), 0) // what was published before
	if _, err := f.Next(t.Context()); custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
	if s.tap.Watched() {
		t.Fatal("nobody is left, and yet somebody watches")
	}
}

func TestNobodySubscribesToWhatIsNotTheirs(t *testing.T) {
	s := newStudio(t, 20, 500)
	stranger := s.grant(custody.NewCameraID(), access.FootageLive, custody.Span{Start: s.Now(), End: s.Now().Add(time.Hour)})
	_, foreign := s.v.Subscribe(t.Context(), stranger, s.head.Run.Stream)
	if custody.KindOf(foreign) != custody.Unavailable {
		t.Fatal(foreign)
	}
	if _, err := s.v.Subscribe(t.Context(), s.live(), custody.NewStreamID()); custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
	recorded := s.grant(s.head.Run.Camera, access.FootageRead, custody.Span{Start: s.Now(), End: s.Now().Add(time.Hour)})
	for _, g := range []access.Grant{recorded, {}} {
		if _, err := s.v.Subscribe(t.Context(), g, s.head.Run.Stream); custody.KindOf(err) != custody.Denied {
			t.Fatal(err)
		}
	}
	if _, _, err := s.v.Read(t.Context(), s.live(), s.head.ID, 0); custody.KindOf(err) != custody.Denied {
		t.Fatal("live pictures open what is recorded:", err)
	}
}

func TestFeedsAreBounded(t *testing.T) {
	s := newStudio(t, 20, 500)
	g := s.live()
	var feeds []vault.Feed
	for range 200 {
		feeds = append(feeds, must(s.v.Subscribe(t.Context(), g, s.head.Run.Stream)))
	}
	if _, err := s.v.Subscribe(t.Context(), g, s.head.Run.Stream); custody.KindOf(err) != custody.Exhausted {
		t.Fatal(err)
	}
	for range 2 { // closing twice frees one place only
		feeds[0].Close()
	}
	s.subscribe()
	if _, err := s.v.Subscribe(t.Context(), g, s.head.Run.Stream); custody.KindOf(err) != custody.Exhausted {
		t.Fatal(err)
	}
	for _, f := range feeds {
		f.Close()
	}
}

func TestAnExpiredGrantEndsTheFeedWithinASecond(t *testing.T) {
	s := newStudio(t, 20, 500)
	g := s.live()
	synctest.Test(t, func(t *testing.T) {
		f := must(s.v.Subscribe(t.Context(), g, s.head.Run.Stream))
		began := time.Now()
		ended := make(chan error, 1)
		go func() { _, err := f.Next(context.Background()); ended <- err }()
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatal("it ended while it was good:", err)
		default:
		}
		s.mu.Lock()
		s.now = g.Expires()
		s.mu.Unlock()
		err := <-ended
		if custody.KindOf(err) != custody.Denied || time.Since(began) > 3500*time.Millisecond {
			t.Fatal(err, time.Since(began))
		}
		if _, again := f.Next(context.Background()); !errors.Is(again, err) {
			t.Fatal(again)
		}
	})
	if s.tap.Watched() {
		t.Fatal("the feed that was refused is still fed")
	}
}

func TestAFeedThatIsClosedLetsItsReaderGo(t *testing.T) {
	s := newStudio(t, 20, 500)
	f := s.subscribe()
	ended := make(chan error, 1)
	go func() { _, err := f.Next(context.WithoutCancel(t.Context())); ended <- err }()
	f.Close()
	if err := <-ended; custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
}

// TestSlowSubscribersHarmNobody has fifty readers come, dawdle, skip and go while the camera films as fast as it can.
func TestSlowSubscribersHarmNobody(t *testing.T) {
	s := newStudio(t, 30, 20_000)
	s.step = time.Millisecond // the Grant is not to be judged again all the time
	g := s.live()
	stop, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 50 {
		readers.Go(func() {
			for stop.Err() == nil {
				watchFor(t, stop, s, g, 3+i%7)
			}
		})
	}
	for range 40 {
		s.film(30)
	}
	s.cut() // and the fragments that were recorded meanwhile are what was sent
	cancel()
	readers.Wait()
	if s.tap.Watched() {
		t.Fatal("nobody is left, and yet somebody watches")
	}
	s.wantRecorded()
}

// watchFor reads some batches of one feed and checks that they are continuous.
func watchFor(t *testing.T, ctx context.Context, s *studio, g access.Grant, batches int) {
	f, err := s.v.Subscribe(ctx, g, s.head.Run.Stream)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	var next uint64
	for n := range batches {
		got, err := f.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		fresh := n == 0 || got.Skipped
		if fresh != (got.Units[0].Seq%30 == 0) && fresh || !fresh && got.Units[0].Seq != next {
			t.Errorf("batch %d begins with %d after %d, skipped %v", n, got.Units[0].Seq, next, got.Skipped)
			return
		}
		for i, u := range got.Units {
			if u.Seq != got.Units[0].Seq+uint64(i) || int(u.Size) != len(u.Payload) || u.Payload[4] != byte(u.Seq) {
				t.Errorf("unit %d is not whole or out of order", u.Seq)
				return
			}
		}
		next = got.Units[len(got.Units)-1].Seq + 1
	}
}
