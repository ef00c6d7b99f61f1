package vault_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// archive is one stream of five segments of twenty fragments, two of them settled, one waiting, one being written and one of another
// camera, and a site whose staff ask for them.
type archive struct {
	*world
	v     *vault.Vault
	site  *accesstest.Site
	judge *access.Judge
	staff access.Actor
	takes []*take // in time order; the last is another camera's
}

const archiveFragments = 20

func newArchive(t *testing.T) *archive {
	a := &archive{world: newWorld(t), site: accesstest.New(noon)}
	a.v = a.open()
	a.judge = a.site.Judge()
	a.staff = a.site.Person(t, identity.Viewer)
	camera, stream := a.site.AddCamera(access.PublicArea), custody.NewStreamID()
	for i := range 5 {
		tk := newTake(noon.Add(time.Duration(i-6)*40*time.Second), 60)
		tk.head.Run.Camera, tk.head.Run.Stream = camera, stream
		if i == 4 {
			tk.head.Run.Camera = a.site.AddCamera(access.PublicArea)
		}
		wr := a.record(a.v, tk, archiveFragments)
		if i != 3 {
			p := must(wr.Close(vault.SegmentEnd{}))
			if i != 2 {
				a.settle(p)
			}
		}
		a.takes = append(a.takes, tk)
	}
	return a
}

// within draws a span that begins and ends on tenths of a second around the footage.
func within(r *rand.Rand) custody.Span {
	start := noon.Add(time.Duration(r.IntN(2600)-2600) * 100 * time.Millisecond)
	return custody.Span{Start: start, End: start.Add(time.Duration(1+r.IntN(900)) * 100 * time.Millisecond)}
}

// TestNotOneFragmentOutsideIsServed draws grants, restrictions and requests, and compares what the vault opens with the rule of
// CONTRACTS 6 written down once more.
func TestNotOneFragmentOutsideIsServed(t *testing.T) {
	a := newArchive(t)
	r := rand.New(rand.NewPCG(6, 17))
	for round := range 60 {
		var closed []custody.Span
		var lifts []func()
		for range r.IntN(3) {
			s := within(r)
			closed = append(closed, s)
			lifts = append(lifts, a.site.Restrict(a.takes[0].head.Run.Camera, s, access.RestrictSealed))
		}
		action := []access.Action{access.FootageRead, access.FootageStill}[r.IntN(2)]
		g, err := a.judge.Decide(t.Context(), a.staff, access.Ask{Action: action, Camera: a.takes[0].head.Run.Camera,
			Span: within(r), Purpose: "a test", Basis: access.Reason})
		if err == nil {
			a.compare(t, round, r, g, func(f custody.Span, camera custody.CameraID) bool {
				return camera == g.Camera() && g.Span().Contains(f.Start) && !slices.ContainsFunc(closed, f.Overlaps)
			})
		}
		for _, lift := range lifts {
			lift()
		}
		a.advance(2 * time.Second) // so that the next Grant sees the change
	}
}

// advance moves both clocks.
func (a *archive) advance(d time.Duration) {
	a.site.Advance(d)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.site.Now()
}

// compare asks for everything under the Grant.
func (a *archive) compare(t *testing.T, round int, r *rand.Rand, g access.Grant, open func(custody.Span, custody.CameraID) bool) {
	t.Helper()
	asked := within(r)
	pieces := must(a.v.Pieces(t.Context(), g, a.takes[0].head.Run.Stream, asked))
	for i, tk := range a.takes {
		listed := numbersOf(pieces, tk.head.ID)
		var units []uint32
		for _, table := range optional(a.v.Units(t.Context(), g, tk.head.ID)) {
			units = append(units, table.Fragment.Number)
		}
		first, last := uint32(r.IntN(archiveFragments)), uint32(r.IntN(archiveFragments))
		whole := first <= last
		for n, want := range tk.fragments {
			span := tk.fragment(n)
			may := open(span, tk.head.Run.Camera)
			whole = whole && (may || uint32(n) < first || uint32(n) > last)
			got, info, err := a.v.Read(t.Context(), g, tk.head.ID, uint32(n))
			if (err == nil) != may || may && (!bytes.Equal(got, want) || info.WallStart != span.Start) || !may && len(got) > 0 {
				t.Fatalf("round %d: segment %d, fragment %d: open %v, %d bytes, %v", round, i, n, may, len(got), err)
			}
			if may != slices.Contains(units, uint32(n)) {
				t.Fatalf("round %d: segment %d, fragment %d: open %v, units told %v", round, i, n, may, units)
			}
			if told := slices.Contains(listed, uint32(n)); told != (may && asked.Contains(span.Start)) {
				t.Fatalf("round %d: segment %d, fragment %d: open %v, listed %v", round, i, n, may, told)
			}
		}
		a.compareRun(t, tk, g, first, last, whole)
	}
}

// compareRun reads fragments first to last at once.
func (a *archive) compareRun(t *testing.T, tk *take, g access.Grant, first, last uint32, whole bool) {
	t.Helper()
	got, err := a.v.ReadRun(t.Context(), g, tk.head.ID, first, last)
	if (err == nil) != whole {
		t.Fatalf("fragments %d to %d: all open %v, %v", first, last, whole, err)
	}
	listed, listErr := a.v.Fragments(t.Context(), g, tk.head.ID, first, last)
	if (listErr == nil) != whole || listErr != nil && custody.KindOf(listErr) != custody.KindOf(err) {
		t.Fatalf("fragments %d to %d: all open %v, entries %v", first, last, whole, listErr)
	}
	if err != nil {
		return
	}
	defer got.Free()
	var size int64
	for _, f := range listed {
		size += vault.ContentSize(f)
	}
	if size != int64(len(got.Bytes)) {
		t.Fatalf("fragments %d to %d: the entries say %d bytes of %d", first, last, size, len(got.Bytes))
	}
	if !bytes.Equal(got.Bytes, bytes.Join(tk.fragments[first:last+1], nil)) || got.Fragments[0].Number != first {
		t.Fatalf("fragments %d to %d are not what was recorded", first, last)
	}
}

func optional[T any](v T, _ error) T { return v }

func numbersOf(pieces []vault.Piece, id custody.SegmentID) (numbers []uint32) {
	for _, p := range pieces {
		for _, f := range p.Fragments {
			if p.Segment == id {
				numbers = append(numbers, f.Number)
			}
		}
	}
	return numbers
}

// fragment is the span of fragment n.
func (t *take) fragment(n int) custody.Span {
	start := t.head.Run.Started + custody.Instant(n)*2e6
	return custody.Span{Start: start, End: start + 2e6}
}

// TestPiecesAreWholeWhileSegmentsSettle lists all the time while segments are written, closed, stored, committed and dropped.
func TestPiecesAreWholeWhileSegmentsSettle(t *testing.T) {
	w := newWorld(t)
	v := w.open()
	camera, stream := custody.NewCameraID(), custody.NewStreamID()
	g := w.grant(camera, access.FootageList, custody.Span{Start: noon, End: noon.Add(time.Hour)})
	check := func(want int) {
		t.Helper()
		pieces := must(v.Pieces(t.Context(), g, stream, g.Span()))
		var starts []custody.Instant
		for _, p := range pieces {
			for _, f := range p.Fragments {
				starts = append(starts, f.WallStart)
			}
		}
		if len(starts) != want {
			t.Fatalf("%d fragments of %d", len(starts), want)
		}
		for i, at := range starts {
			if at != noon.Add(time.Duration(2*i)*time.Second) {
				t.Fatalf("fragment %d begins at %s", i, at)
			}
		}
	}
	total := 0
	for i := range 4 {
		tk := newTake(noon.Add(time.Duration(total)*2*time.Second), 60)
		tk.head.Run.Camera, tk.head.Run.Stream = camera, stream
		wr := must(v.Begin(t.Context(), tk.head))
		check(total)
		for range 3 {
			if err := wr.Append(t.Context(), tk.next(media.Tailroom)); err != nil {
				t.Fatal(err)
			}
			total++
			check(total)
		}
		p := must(wr.Close(vault.SegmentEnd{Continuation: true}))
		check(total)
		row := must(p.Seal(t.Context()))
		if err := p.Store(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(total)
		w.catalog.commit(row)
		check(total)
		if i == 3 {
			break // the last stays in the spool although its row is committed
		}
		if err := p.Drop(); err != nil {
			t.Fatal(err)
		}
		check(total)
	}
	pieces := must(v.Pieces(t.Context(), g, stream, g.Span()))
	if len(pieces) != 4 || pieces[3].Growing || !pieces[3].Continuation || pieces[0].Number != 3 {
		t.Fatalf("%+v", pieces)
	}
	if _, err := v.Pieces(t.Context(), g, stream, custody.Span{Start: noon, End: noon.Add(2 * time.Hour)}); custody.KindOf(err) != custody.Invalid {
		t.Fatal(err)
	}
	if _, err := v.Pieces(t.Context(), access.Grant{}, stream, g.Span()); custody.KindOf(err) != custody.Denied {
		t.Fatal(err)
	}
	if _, _, err := v.Read(t.Context(), g, pieces[0].Segment, 0); custody.KindOf(err) != custody.Denied {
		t.Fatal("a list opens footage:", err)
	}
}
