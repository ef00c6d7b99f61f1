package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/storage/db"
)

func writers(t *testing.T, c db.Config) {
	const n, each = 64, 25
	var commits, largest atomic.Int64
	c.Faults = &db.Faults{BeforeCommit: func(changes int) error {
		commits.Add(1)
		largest.Store(max(largest.Load(), int64(changes)))
		return nil
	}}
	d := Open(t, c)
	together(t, n, func(w int) error {
		for i := range each {
			pair := events(t, fmt.Sprintf("%d-%d", w, i), 2)
			if err := d.Append(t.Context(), pair...); err != nil {
				return err
			}
		}
		return nil
	})
	wantSize(t, d, n*each*2)
	seen := map[string]bool{}
	var before string
	for e, err := range d.Entries(t.Context(), 1, 0, n*each*2) {
		must(t, err)
		s := e.Event.Subject
		if e.Index%2 == 1 && s != before[:len(before)-1]+"1" {
			t.Fatalf("entry %d is %s after %s: a call's events were torn apart", e.Index, s, before)
		}
		seen[s], before = true, s
	}
	if len(seen) != n*each*2 {
		t.Fatalf("%d different events, want %d", len(seen), n*each*2)
	}
	if largest.Load() < 8 || commits.Load() >= n*each {
		t.Errorf("%d commits, the largest of %d changes: not grouped", commits.Load(), largest.Load())
	}
}

// together runs n writers and fails the test with their errors.
func together(t *testing.T, n int, work func(w int) error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for w := range n {
		wg.Go(func() { errs[w] = work(w) })
	}
	wg.Wait()
	must(t, errors.Join(errs...))
}

func twoProcesses(t *testing.T, c db.Config) {
	a, b := Open(t, c), Open(t, c)
	const n, each = 8, 20
	together(t, n, func(w int) error {
		d := []*db.DB{a, b}[w%2]
		for i := range each {
			if err := d.Append(t.Context(), Event(t, "test.happened", fmt.Sprintf("%d-%d", w, i))); err != nil {
				return err
			}
		}
		return nil
	})
	wantSize(t, a, n*each)
	wantSize(t, b, n*each)
}

// held opens the database so that its first commit waits until release is called, and gives the first commit to
// a change of its own: whatever is called meanwhile waits in the queue and forms the next batch.
func held(t *testing.T, c db.Config) (d *db.DB, release func()) {
	t.Helper()
	return heldWith(t, c, func() error { return nil })
}

// heldWith is held with a fault for the commits that follow.
func heldWith(t *testing.T, c db.Config, fault func() error) (d *db.DB, release func()) {
	t.Helper()
	inside, open := make(chan struct{}), make(chan struct{})
	var once, opened sync.Once
	c.Faults = &db.Faults{BeforeCommit: func(int) error {
		first := false
		once.Do(func() { first = true; close(inside); <-open })
		if first {
			return nil
		}
		return fault()
	}}
	d = Open(t, c)
	done := make(chan error, 1)
	go func() { done <- d.SetSetting(context.Background(), "held", "1") }()
	<-inside
	return d, func() {
		opened.Do(func() { close(open) })
		must(t, <-done)
	}
}

func isolation(t *testing.T, c db.Config) {
	other := Open(t, c)
	y := NewYard(t, other, "Yard")
	must(t, Commit(t.Context(), t, other, y.Segment(0, custody.Span{Start: At(0), End: At(60)})))
	h, err := other.Head(t.Context())
	must(t, err)
	d, release := held(t, c)
	const n = 24
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	for i := range n {
		r := y.Segment(uint32(i+1), custody.Span{Start: At(float64(60 + i*60)), End: At(float64(120 + i*60))})
		if i%4 == 2 {
			r.Span = custody.Span{Start: At(10), End: At(50)} // lies over what is stored
		}
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			errs[i] = Commit(t.Context(), t, d, r)
		})
	}
	ready.Wait()
	release()
	done.Wait()
	for i, err := range errs {
		switch {
		case i%4 == 2:
			wantKind(t, err, custody.Conflict)
		case err != nil:
			t.Errorf("neighbour %d: %v", i, err)
		}
	}
	wantSize(t, d, h.Size+n*3/4)
	if got := len(all(t, d.AllSegments(t.Context()))); got != 1+n*3/4 {
		t.Errorf("%d segments, want %d", got, 1+n*3/4)
	}
}

// blamedTwice has two segments that overlap wait for one batch, and the first one's own commit fail: the second was
// only ever refused because of a row that was rolled back, so it is stored.
func blamedTwice(t *testing.T, c db.Config) {
	y := NewYard(t, Open(t, c), "Yard")
	var commits atomic.Int64
	d, release := heldWith(t, c, func() error {
		if commits.Add(1) == 1 {
			return errors.New("the disk said no")
		}
		return nil
	})
	rows := [2]media.SegmentRow{y.Segment(0, custody.Span{Start: At(0), End: At(60)}), y.Segment(1, custody.Span{Start: At(30), End: At(90)})}
	var errs [2]error
	var ready, done sync.WaitGroup
	for i := range rows {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			errs[i] = Commit(t.Context(), t, d, rows[i])
		})
	}
	ready.Wait()
	release()
	done.Wait()
	failed, stored := 0, 1
	if errs[1] != nil {
		failed, stored = 1, 0
	}
	wantKind(t, errs[failed], custody.Unavailable)
	must(t, errs[stored])
}

func eventRefused(t *testing.T, c db.Config) {
	d, release := held(t, c)
	same := Event(t, "test.happened", "same")
	const n = 12
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	for i := range n {
		e := Event(t, "test.happened", fmt.Sprint(i))
		if i%3 == 0 {
			e = same // only one of these can be first
		}
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			errs[i] = d.Append(t.Context(), e)
		})
	}
	ready.Wait()
	release()
	done.Wait()
	refused := 0
	for i, err := range errs {
		if err != nil {
			wantKind(t, err, custody.Exists)
			refused++
			if i%3 != 0 {
				t.Errorf("neighbour %d: %v", i, err)
			}
		}
	}
	if refused != n/3-1 {
		t.Errorf("%d refused, want %d", refused, n/3-1)
	}
	wantSize(t, d, n-n/3+1)
	for _, bad := range []custody.Event{{}, {ID: same.ID, Type: "nodot", Actor: "a", Body: []byte("x")},
		{ID: "evt_x", Type: "a.b", Actor: "a", Body: []byte("x")}, {ID: same.ID, Type: "a.b", Actor: "a\x00", Body: []byte("x")},
		{ID: same.ID, Type: "a.b", Actor: "a", Body: make([]byte, 1<<20+1)}} {
		wantKind(t, d.Append(t.Context(), bad), custody.Invalid)
	}
}

func cancelled(t *testing.T, c db.Config) {
	d, release := held(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond) // ends while the change waits
	defer cancel()
	err := d.Append(ctx, Event(t, "test.happened", "queued"))
	wantKind(t, err, custody.Unavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not wrap the context's error", err)
	}
	release()
	wantSize(t, d, 0)

	// Inside the transaction the truth counts, not the context.
	late, cancelLate := context.WithCancel(t.Context())
	c.Faults = &db.Faults{BeforeCommit: func(int) error { cancelLate(); return nil }}
	e := Open(t, c)
	must(t, e.Append(late, Event(t, "test.happened", "late")))
	wantSize(t, e, 1)
}

func commitFaults(t *testing.T, c db.Config) {
	var before, after error
	c.Faults = &db.Faults{BeforeCommit: func(int) error { return before }, AfterCommit: func(int) error { return after }}
	d := Open(t, c)
	y := NewYard(t, d, "Yard")
	h, err := d.Head(t.Context())
	must(t, err)
	r := y.Segment(0, custody.Span{Start: At(0), End: At(60)})
	before = errors.New("the disk said no")
	wantKind(t, Commit(t.Context(), t, d, r), custody.Unavailable)
	wantSize(t, d, h.Size)
	if got := all(t, d.AllSegments(t.Context())); len(got) != 0 {
		t.Fatal("a row without its event")
	}
	before, after = nil, errors.New("the acknowledgement was lost")
	must(t, Commit(t.Context(), t, d, r))
	wantSize(t, d, h.Size+1)
	after = nil
	must(t, Commit(t.Context(), t, d, r))
	wantSize(t, d, h.Size+1)
}

func closing(t *testing.T, c db.Config) {
	d, err := db.Open(t.Context(), c)
	must(t, err)
	must(t, d.Append(t.Context(), Event(t, "test.happened", "x")))
	must(t, d.Close())
	must(t, d.Close())
	wantKind(t, d.Append(t.Context(), Event(t, "test.happened", "y")), custody.Unavailable)
	if _, err := d.Head(t.Context()); err == nil {
		t.Error("a closed database answers")
	}
	wantSize(t, Open(t, c), 1)
}

func overlapRace(t *testing.T, c db.Config) {
	handles := []*db.DB{Open(t, c), Open(t, c)}
	y := NewYard(t, handles[0], "Yard")
	const rounds, n = 5, 8
	for round := range rounds {
		var rows [n]media.SegmentRow
		for i := range rows {
			rows[i] = y.Segment(uint32(round*n+i), custody.Span{Start: At(float64(round*100 + i)), End: At(float64(round*100 + 50))})
		}
		var won atomic.Int64
		together(t, n, func(i int) error {
			err := Commit(t.Context(), t, handles[i%2], rows[i])
			if err == nil {
				won.Add(1)
			} else if custody.KindOf(err) == custody.Conflict {
				err = nil
			}
			return err
		})
		if won.Load() != 1 {
			t.Fatalf("%d overlapping segments were stored, want 1", won.Load())
		}
	}
}
