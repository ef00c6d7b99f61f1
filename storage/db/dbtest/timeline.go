package dbtest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// chronicle is a camera whose footage a test knows by heart.
type chronicle struct {
	t     *testing.T
	d     *db.DB
	y     *Yard
	scope access.Scope
	rows  []custody.Span
}

func newChronicle(t *testing.T, c db.Config) *chronicle {
	d := Open(t, c)
	h := &chronicle{t: t, d: d, y: NewYard(t, d, "Yard")}
	site := accesstest.New(At(0))
	site.PutCamera(access.CameraFacts{ID: h.y.Camera.ID, Class: access.PublicArea, Version: 1})
	var err error
	h.scope, err = site.Judge().Scope(t.Context(), site.Person(t, identity.Viewer), access.FootageList)
	must(t, err)
	return h
}

// record stores a segment of five fragments of which the middle one moved.
func (h *chronicle) record(span custody.Span, moved uint64) {
	h.t.Helper()
	r := h.y.Segment(uint32(len(h.rows)), span)
	r.Activity = media.PackActivity([]uint64{1000, 1000, moved, 1000, 1000})
	must(h.t, Commit(h.t.Context(), h.t, h.d, r))
	h.rows = append(h.rows, span)
}

// want is what is recorded of a span, worked out the slow way.
func (h *chronicle) want(span custody.Span) []custody.Span {
	var out []custody.Span
	slices.SortFunc(h.rows, func(a, b custody.Span) int { return int(a.Start - b.Start) })
	for _, r := range h.rows {
		c := r.Intersect(span)
		switch n := len(out); {
		case c.Empty():
		case n > 0 && out[n-1].End == c.Start:
			out[n-1].End = c.End
		default:
			out = append(out, c)
		}
	}
	return out
}

func (h *chronicle) ask(span custody.Span, step time.Duration) viewing.Track {
	h.t.Helper()
	tracks, err := h.d.History().Timeline(h.t.Context(), h.scope, []custody.CameraID{h.y.Camera.ID, custody.NewCameraID()}, span, step)
	must(h.t, err)
	if len(tracks) != 1 {
		h.t.Fatalf("%d tracks, want 1", len(tracks))
	}
	return tracks[0]
}

// agrees asks about random spans and compares.
func (h *chronicle) agrees(r *rand.Rand, when string) {
	h.t.Helper()
	for range 20 {
		span := custody.Span{Start: At(r.Float64()*80*3600 - 3600)}
		span.End = span.Start.Add(time.Duration(1 + r.Int64N(int64(40*time.Hour))))
		span.End++
		step := []time.Duration{time.Second, time.Minute, time.Hour}[r.IntN(3)]
		got := h.ask(span, step)
		if diff := cmp.Diff(h.want(span), got.Recorded); diff != "" {
			h.t.Fatalf("%s, %s: recorded (-want +got)\n%s", when, span, diff)
		}
		for i, level := range got.Activity {
			at := custody.Span{Start: span.Start.Add(time.Duration(i) * step), End: span.Start.Add(time.Duration(i+1) * step)}
			if level != 0 && len(h.want(custody.Span{Start: at.Start - 61_000_000, End: at.End + 61_000_000})) == 0 {
				h.t.Fatalf("%s: activity %d at %s, where nothing is recorded", when, level, at)
			}
		}
	}
}

func (h *chronicle) roll(now custody.Instant) {
	h.t.Helper()
	for more := true; more; {
		var err error
		more, err = h.d.History().Roll(h.t.Context(), now)
		must(h.t, err)
	}
}

// timeline holds the answer from buckets against the one from segments, and both against the truth, while footage comes late.
func timeline(t *testing.T, c db.Config) {
	h := newChronicle(t, c)
	r := rand.New(rand.NewPCG(3, 7))
	at := At(17)
	for at < At(3*86400) { // three days in pieces of up to two minutes, now and then a hole
		end := at.Add(time.Duration(300+r.IntN(1200)) * time.Second / 2)
		if at.Sub(At(0)) > 70*time.Hour {
			end = at.Add(time.Minute)
		}
		h.record(custody.Span{Start: at, End: end}, 1000)
		if at = end; r.IntN(9) == 0 {
			at = at.Add(time.Duration(1+r.IntN(7200)) * time.Second)
		}
	}
	h.agrees(r, "without buckets")
	h.roll(at)
	h.agrees(r, "with buckets")
	var hole custody.Span
	for i, s := range h.want(custody.Span{Start: At(0), End: at}) {
		if i > 0 && s.Start-hole.Start > 1_200_000_000 {
			hole.End = s.Start
			break
		}
		hole.Start = s.End
	}
	h.record(custody.Span{Start: hole.Start.Add(time.Minute), End: hole.Start.Add(2 * time.Minute)}, 1000)
	h.agrees(r, "after a late segment")
	h.roll(at)
	h.agrees(r, "rolled again")
	g := media.Gap{ID: custody.NewGapID(), Camera: h.y.Camera.ID, Stream: h.y.Stream(), Cause: media.GapSilent, Span: custody.Span{Start: hole.Start.Add(2 * time.Minute), End: hole.End}}
	must(t, h.d.AddGap(t.Context(), g, Event(t, custody.EventGapOpened, "g")))
	whole := custody.Span{Start: At(0), End: At(3 * 86400)}
	got := h.ask(whole, time.Hour)
	if !slices.Equal(got.Gaps, []media.Gap{g}) || got.Retained != At(17) {
		t.Errorf("gaps %v, kept from %s", got.Gaps, got.Retained)
	}
	nothing, err := h.d.History().Timeline(t.Context(), access.Scope{}, []custody.CameraID{h.y.Camera.ID}, whole, time.Hour)
	if must(t, err); len(nothing) != 0 {
		t.Errorf("the zero Scope shows %v", nothing)
	}
}

// timelineActivity: what moved stands out against the camera's own median, near and from afar.
func timelineActivity(t *testing.T, c db.Config) {
	h := newChronicle(t, c)
	for i := range 600 {
		moved := uint64(1000)
		if i == 333 {
			moved = 64000
		}
		h.record(custody.Span{Start: At(float64(i) * 60), End: At(float64(i+1) * 60)}, moved)
	}
	check := func(when string, span custody.Span, step time.Duration, at int, least byte) {
		t.Helper()
		got := h.ask(span, step).Activity
		for i, level := range got {
			if i == at && level < least || i != at && (level < 120 || level > 136) {
				t.Errorf("%s: step %d has %d", when, i, level)
			}
		}
	}
	far := custody.Span{Start: At(0), End: At(36000)}
	near := custody.Span{Start: At(333 * 60), End: At(334 * 60)}
	for _, when := range []string{"from segments", "from buckets"} {
		check(when+", by the hour", far, time.Hour, 5, 200)
		check(when+", by the minute", far, time.Minute, 333, 200)
		h.roll(At(86400 * 2))
	}
	check("near", near, 12*time.Second, 2, 250)
}
