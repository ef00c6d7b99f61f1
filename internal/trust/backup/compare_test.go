package backup

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

// stock is an index, a spool and a store in memory.
type stock struct {
	mu      sync.Mutex
	rows    []Segment
	objects []Object
	spool   []custody.SegmentID
	apart   map[string]int
	looked  func() // before the spool is listed
}

func seq[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range all {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (s *stock) ports() Stock {
	return Stock{
		Segments: func(context.Context) iter.Seq2[Segment, error] { return seq(s.rows) },
		Objects:  func(context.Context) iter.Seq2[Object, error] { return seq(s.objects) },
		Spooled: func() ([]custody.SegmentID, error) {
			if s.looked != nil {
				s.looked()
			}
			return s.spool, nil
		},
		Known: func(_ context.Context, id custody.SegmentID) (bool, error) {
			return slices.ContainsFunc(s.rows, func(r Segment) bool { return r.ID == id }), nil
		},
		Quarantine: func(_ context.Context, key string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.apart[key]++
			return nil
		},
	}
}

func newStock() *stock { return &stock{apart: map[string]int{}} }

// settle adds a row and its object.
func (s *stock) settle(n int) custody.SegmentID {
	id := custody.NewSegmentID()
	at := custody.Instant(1000 * n)
	s.rows = append(s.rows, Segment{ID: id, Size: 10, Span: custody.Span{Start: at, End: at + 1000}})
	s.objects = append(s.objects, Object{string(id), 10})
	return id
}

func TestCompareSetsApartAndNamesWhatIsMissing(t *testing.T) {
	s := newStock()
	for n := range 2500 {
		s.settle(n)
	}
	unknown := []string{"thumb_x"}
	for range 2300 {
		unknown = append(unknown, string(custody.NewSegmentID()))
	}
	for _, key := range unknown {
		s.objects = append(s.objects, Object{key, 7})
	}
	waiting := custody.NewSegmentID()
	s.spool = append(s.spool, waiting)
	s.objects = append(s.objects, Object{string(waiting), 7})
	gone, short := s.rows[40].ID, s.rows[30].ID
	s.objects = slices.DeleteFunc(s.objects, func(o Object) bool { return o.Key == string(gone) })
	s.objects[30].Size = 9
	s.rows = append(s.rows, Segment{ID: custody.NewSegmentID(), Span: custody.Span{Start: 1, End: 2}, Erased: true})

	got, err := Compare(t.Context(), s.ports())
	if err != nil {
		t.Fatal(err)
	}
	want := Comparison{Segments: 2501, Objects: 2499 + 2301 + 1, Unknown: 2301, UnknownBytes: 7 * 2301, Spooled: 1, Missing: 2,
		Named: []custody.SegmentID{short, gone}, Span: custody.Span{Start: 30000, End: 41000}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	slices.Sort(unknown)
	if diff := cmp.Diff(unknown, slices.Sorted(maps.Keys(s.apart))); diff != "" {
		t.Error(diff)
	}
}

func TestCompareBesideARecorder(t *testing.T) {
	s := newStock()
	s.settle(0)
	id := custody.NewSegmentID()
	s.objects = append(s.objects, Object{string(id), 10})
	s.looked = func() { // the segment is committed after the index was read, and its spool file dropped
		s.rows = append(s.rows, Segment{ID: id, Size: 10})
		s.looked = nil
	}
	got, err := Compare(t.Context(), s.ports())
	if err != nil || got.Unknown != 0 || len(s.apart) != 0 {
		t.Errorf("%+v, %v, %v", got, s.apart, err)
	}
}

func TestCompareEndsAtTheFirstFailure(t *testing.T) {
	s := newStock()
	s.objects = []Object{{string(custody.NewSegmentID()), 1}}
	fail := func(edit func(p *Stock)) {
		t.Helper()
		p := s.ports()
		edit(&p)
		if _, err := Compare(t.Context(), p); err == nil {
			t.Error("no error")
		}
	}
	fail(func(p *Stock) { p.Quarantine = func(context.Context, string) error { return errInjected } })
	fail(func(p *Stock) { p.Spooled = func() ([]custody.SegmentID, error) { return nil, errInjected } })
	fail(func(p *Stock) {
		p.Known = func(context.Context, custody.SegmentID) (bool, error) { return false, errInjected }
	})
	fail(func(p *Stock) {
		p.Objects = func(context.Context) iter.Seq2[Object, error] {
			return func(yield func(Object, error) bool) { yield(Object{}, fmt.Errorf("down")) }
		}
	})
}
