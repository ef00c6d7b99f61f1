package dbtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/storage/db"
)

func segmentsOnce(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	h, err := d.Head(ctx)
	must(t, err)
	offset := int64(-1500)
	full := y.Segment(0, custody.Span{Start: At(0), End: At(60)})
	full.CameraOffset, full.Continuation, full.Recovered = &offset, true, true
	plain := y.Segment(1, custody.Span{Start: At(60), End: At(61)})
	for _, r := range []media.SegmentRow{full, plain, full} {
		must(t, Commit(ctx, t, d, r))
		got, err := d.Segment(ctx, r.ID)
		must(t, err)
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatal(diff)
		}
	}
	wantSize(t, d, h.Size+2) // the third was a repetition
	other := full
	other.Root[0] ^= 1
	wantKind(t, Commit(ctx, t, d, other), custody.Conflict)
	other = full
	other.ObjectDigest[31] ^= 1
	wantKind(t, Commit(ctx, t, d, other), custody.Conflict)
	for name, broken := range map[string]struct {
		change func(*media.SegmentRow)
		kind   custody.Kind
	}{
		"no run":       {func(r *media.SegmentRow) { r.Run = custody.NewRunID() }, custody.NotFound},
		"no camera":    {func(r *media.SegmentRow) { r.Camera = custody.NewCameraID() }, custody.NotFound},
		"no key":       {func(r *media.SegmentRow) { r.KeyID = custody.NewKeyID() }, custody.NotFound},
		"unwrapped":    {func(r *media.SegmentRow) { r.WrappedKey = nil }, custody.Invalid},
		"empty span":   {func(r *media.SegmentRow) { r.Span.End = r.Span.Start }, custody.Invalid},
		"same number":  {func(r *media.SegmentRow) { r.Number = 0 }, custody.Exists},
		"no timescale": {func(r *media.SegmentRow) { r.Timescale = 0 }, custody.Invalid},
		"bad id":       {func(r *media.SegmentRow) { r.ID = "seg_1" }, custody.Invalid},
	} {
		r := y.Segment(9, custody.Span{Start: At(900), End: At(960)})
		broken.change(&r)
		if err := Commit(ctx, t, d, r); custody.KindOf(err) != broken.kind || err == nil {
			t.Errorf("%s: %v, want kind %v", name, err, broken.kind)
		}
	}
	wantSize(t, d, h.Size+2)
	_, err = d.Segment(ctx, custody.NewSegmentID())
	wantKind(t, err, custody.NotFound)
	run, err := d.Run(ctx, y.Run.Run)
	must(t, err)
	if diff := cmp.Diff(y.Run, run); diff != "" {
		t.Error(diff)
	}
	must(t, d.StartRun(ctx, y.Run, Event(t, custody.EventRunStarted, "again")))
	changed := y.Run
	changed.SDP = []byte("v=1")
	wantKind(t, d.StartRun(ctx, changed, Event(t, custody.EventRunStarted, "changed")), custody.Conflict)
	wantSize(t, d, h.Size+2)
}

func segmentsOverlap(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y, z := NewYard(t, d, "Yard"), NewYard(t, d, "Gate")
	must(t, Commit(ctx, t, d, y.Segment(0, custody.Span{Start: At(60), End: At(120)})))
	must(t, Commit(ctx, t, d, z.Segment(0, custody.Span{Start: At(60), End: At(120)}))) // another stream
	for i, c := range []struct {
		start, end float64
		fits       bool
	}{
		{59, 61, false}, {119, 121, false}, {80, 90, false}, {60, 120, false}, {0, 200, false}, {119.999999, 200, false},
		{120, 180, true}, {0, 60, true}, {150, 151, false}, {-60, 0, true}, {-30, -29, false}, {180, 180.000001, true},
	} {
		err := Commit(ctx, t, d, y.Segment(uint32(i+1), custody.Span{Start: At(c.start), End: At(c.end)}))
		if c.fits != (err == nil) || (err != nil && custody.KindOf(err) != custody.Conflict) {
			t.Errorf("[%v,%v): %v", c.start, c.end, err)
		}
	}
}

func segmentsByTime(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	const n = 600 // more than two pages; minutes 0..599, minute 300 missing
	together(t, n, func(i int) error {
		if i == 300 {
			return nil
		}
		return Commit(ctx, t, d, y.Segment(uint32(i), custody.Span{Start: At(float64(i * 60)), End: At(float64(i*60 + 60))}))
	})
	for _, c := range []struct {
		start, end  float64
		first, want int
	}{
		{0, n * 60, 0, n - 1}, {30, 90, 0, 2}, {60, 120, 1, 1}, {59.999999, 60, 0, 1}, {300*60 + 1, 300*60 + 2, 0, 0},
		{299*60 + 59, 301*60 + 1, 299, 2}, {-100, 0, 0, 0}, {n * 60, n*60 + 1, 0, 0}, {-5, 1, 0, 1}, {70, 70, 0, 0},
	} {
		got := all(t, d.Segments(ctx, y.Stream(), custody.Span{Start: At(c.start), End: At(c.end)}))
		if len(got) != c.want || (len(got) > 0 && got[0].Number != uint32(c.first)) {
			t.Errorf("[%v,%v): %d segments, want %d from number %d", c.start, c.end, len(got), c.want, c.first)
		}
		for i := 1; i < len(got); i++ {
			if got[i].Span.Start < got[i-1].Span.End {
				t.Fatal("not in time order")
			}
		}
	}
	if got := all(t, d.AllSegments(ctx)); len(got) != n-1 || got[0].WrappedKey == nil {
		t.Errorf("%d segments, want %d with their keys", len(got), n-1)
	}
	tail, err := d.Tail(ctx, y.Stream())
	must(t, err)
	if tail.LastEnd != At(n*60) || tail.OpenGap != nil {
		t.Errorf("tail %+v", tail)
	}
	counts, err := d.Counts(ctx)
	must(t, err)
	for _, c := range counts {
		if (c.Table == "segment" || c.Table == "segment_key") && c.Rows != n-1 {
			t.Errorf("%s has %d rows, want %d", c.Table, c.Rows, n-1)
		}
	}
}

func (y *Yard) gap(start, end float64, cause media.GapCause) media.Gap {
	g := media.Gap{ID: custody.NewGapID(), Camera: y.Camera.ID, Stream: y.Stream(), Span: custody.Span{Start: At(start)}, Cause: cause, Detail: "why"}
	if end != 0 {
		g.Span.End = At(end)
	}
	return g
}

func gaps(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	h, err := d.Head(ctx)
	must(t, err)
	opened, closed := Event(t, custody.EventGapOpened, "o"), custody.EventGapClosed
	must(t, d.CloseGap(ctx, y.Stream(), At(5), Event(t, closed, "none"))) // none is open
	a, b := y.gap(10, 0, media.GapUnreachable), y.gap(20, 0, media.GapSilent)
	must(t, d.SetGap(ctx, a, opened))
	must(t, d.SetGap(ctx, y.gap(15, 0, media.GapUnreachable), Event(t, custody.EventGapOpened, "same cause")))
	wantSize(t, d, h.Size+1)
	must(t, d.SetGap(ctx, b, Event(t, custody.EventGapOpened, "other cause")))
	tail, err := d.Tail(ctx, y.Stream())
	must(t, err)
	if diff := cmp.Diff(recorder.Tail{LastEnd: At(20), OpenGap: &b}, tail); diff != "" {
		t.Fatal(diff)
	}
	must(t, d.CloseGap(ctx, y.Stream(), At(30), Event(t, closed, "closed")))
	brief := y.gap(40, 0, media.GapSilent)
	must(t, d.SetGap(ctx, brief, Event(t, custody.EventGapOpened, "brief")))
	must(t, d.CloseGap(ctx, y.Stream(), At(40), Event(t, closed, "never was")))
	wantSize(t, d, h.Size+5)
	known := y.gap(50, 60, media.GapCrash)
	must(t, d.AddGap(ctx, known, Event(t, closed, "known")))
	must(t, d.AddGap(ctx, known, Event(t, closed, "known again")))
	wantSize(t, d, h.Size+6)
	differs := known
	differs.Cause = media.GapStopped
	wantKind(t, d.AddGap(ctx, differs, Event(t, closed, "differs")), custody.Conflict)
	wantKind(t, d.AddGap(ctx, y.gap(70, 70, media.GapCrash), Event(t, closed, "empty")), custody.Invalid)
	foreign := y.gap(80, 0, media.GapSilent)
	foreign.Stream = custody.NewStreamID()
	wantKind(t, d.SetGap(ctx, foreign, Event(t, custody.EventGapOpened, "foreign")), custody.NotFound)
	wordy := y.gap(90, 95, media.GapFault)
	wordy.Detail = string(make([]byte, 150)) + "\xff"
	must(t, d.AddGap(ctx, wordy, Event(t, closed, "wordy")))
	a.Span.End, b.Span.End = At(20), At(30)
	got := all(t, d.AllGaps(ctx))
	if n := len(got); n != 4 || len(got[3].Detail) > 200 {
		t.Fatalf("%d gaps, want 4", n)
	}
	if diff := cmp.Diff([]media.Gap{a, b, known}, got[:3]); diff != "" {
		t.Fatal(diff)
	}
}

func gapsByTime(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	const n = 300
	together(t, n, func(i int) error {
		return d.AddGap(ctx, y.gap(float64(i*10+1), float64(i*10+5), media.GapSilent), Event(t, custody.EventGapClosed, "g"))
	})
	must(t, d.AddGap(ctx, y.gap(1, 2000, media.GapFault), Event(t, custody.EventGapClosed, "long"))) // beside the others
	must(t, d.SetGap(ctx, y.gap(5000, 0, media.GapStopped), Event(t, custody.EventGapOpened, "open")))
	for _, c := range []struct {
		start, end float64
		want       int
	}{{0, n * 10, n + 1}, {0, 1e6, n + 2}, {21, 22, 2}, {25, 31, 1}, {2991, 2992, 1}, {6000, 6001, 1}, {4000, 5000, 0}, {9, 9, 0}} {
		if got := all(t, d.Gaps(ctx, y.Stream(), custody.Span{Start: At(c.start), End: At(c.end)})); len(got) != c.want {
			t.Errorf("[%v,%v): %d gaps, want %d", c.start, c.end, len(got), c.want)
		}
	}
	if got := len(all(t, d.AllGaps(ctx))); got != n+2 {
		t.Errorf("%d gaps, want %d", got, n+2)
	}
}

func clockSamples(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	y := NewYard(t, d, "Yard")
	var want []recorder.ClockSample
	for i := range 5 {
		s := recorder.ClockSample{Stream: y.Stream(), Run: y.Run.Run, At: At(float64(i)), Offset: int64(-i * 1000)}
		must(t, d.AddClockSample(ctx, s))
		must(t, d.AddClockSample(ctx, s))
		want = append(want, s)
	}
	wantKind(t, d.AddClockSample(ctx, recorder.ClockSample{Stream: y.Stream(), Run: custody.NewRunID(), At: At(9)}), custody.NotFound)
	if diff := cmp.Diff(want[1:4], all(t, d.ClockSamples(ctx, y.Stream(), custody.Span{Start: At(1), End: At(4)}))); diff != "" {
		t.Error(diff)
	}
	if runs := all(t, d.AllRuns(ctx)); len(runs) != 1 || runs[0].Header.Run != runs[0].ID || runs[0].Started != y.Run.Started {
		t.Errorf("runs %+v", runs)
	}
}
