package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// item is one granted item while its package is made.
type item struct {
	*Item
	lease  *lease
	camera Camera
	runs   []*run // in order of time
	gaps   []gapOf
	closed bool // the run headers stay undisclosed
	bare   bool // no original: its proof would disclose what the site keeps to itself

	viewing  string // file of the viewing rendition, in the work directory
	kept     *Kept  // the file of an earlier package that is taken over instead
	rendered Rendered
}

// gapOf is declared time without footage, with the gap in the log if there is one.
type gapOf struct {
	Gap
	id custody.GapID
}

// take plans one item: everything that may be refused or missing is found out before anything is written.
func (b *builder) take(ctx context.Context, i *Item) error {
	it := &item{Item: i}
	var err error
	if it.camera, err = b.k.p.Cameras.Camera(ctx, i.Camera); err != nil {
		return err
	}
	if it.lease, err = b.allow(ctx, i); err != nil {
		return err
	}
	b.items = append(b.items, it)
	if it.runs, err = plans(ctx, b.k.p.Vault, b.k.p.Index, it.lease.now(), it.camera.Main); err != nil {
		return custody.Wrap(custody.KindOf(err), err, "item %s: %s", i.Number, custody.PublicText(err))
	}
	it.lay()
	if err := it.possible(); err != nil {
		return err
	}
	it.gaps, err = gapsOf(ctx, b.k.p.Index, it.camera.Main, i.Decided, it.covered())
	if b.work.Kind == access.OpenRecords {
		it.closed = true
		it.bare = slices.ContainsFunc(it.runs, func(r *run) bool { return !r.paramsIn })
	}
	return err
}

// plans plans every run of the streams inside the Grant's span.
func plans(ctx context.Context, v Footage, ix Index, g access.Grant, streams []custody.StreamID) (runs []*run, err error) {
	for _, s := range streams {
		cuts, err := v.Cuts(ctx, g, s)
		for _, c := range cuts {
			r := &run{cut: c}
			if err == nil {
				r, err = plan(ctx, ix, c, g)
			}
			if err != nil {
				c.Close()
				continue
			}
			runs = append(runs, r)
		}
		if err != nil {
			for _, r := range runs {
				r.cut.Close()
			}
			return nil, err
		}
	}
	slices.SortStableFunc(runs, func(a, b *run) int { return cmp.Compare(a.begins(), b.begins()) })
	return runs, nil
}

// begins is when the run's first segment does.
func (r *run) begins() custody.Instant {
	if len(r.order) == 0 {
		return 0
	}
	return r.order[0].row.Span.Start
}

// lay names the originals.
func (it *item) lay() {
	n := 0
	for _, r := range it.runs {
		for _, f := range r.films {
			n++
			f.path = fmt.Sprintf("data/original/%s-%d.mp4", it.stem(), n)
		}
	}
}

// stem begins the names of the item's files: its place and its camera's name.
func (it *item) stem() string {
	_, place, _ := strings.Cut(it.Number, "/")
	return "item-" + cmp.Or(place, "0") + "-" + slug(it.camera.Name)
}

// slug is a name in letters, digits and hyphens.
func slug(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(s) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return cmp.Or(strings.Trim(b.String(), "-"), "camera")
}

// possible fails with Invalid, and the remedy, when nothing can be cut out.
func (it *item) possible() error {
	for _, r := range it.runs {
		if len(r.films) > 0 {
			return nil
		}
	}
	for _, r := range it.runs {
		if !r.widened.Empty() {
			return custody.Errorf(custody.Invalid, "item %s: no picture inside the span can be decoded alone; decide on the span from %s, which begins with one that can",
				it.Number, r.widened.Start)
		}
	}
	if len(it.runs) > 0 {
		return custody.Errorf(custody.Invalid, "item %s: no picture inside the span can be decoded alone; decide on a longer span", it.Number)
	}
	return custody.Errorf(custody.Invalid, "item %s: nothing is kept of this camera in the span; decide that there is no record", it.Number)
}

func (it *item) covered() (out []custody.Span) {
	for _, r := range it.runs {
		out = append(out, r.covered()...)
	}
	return out
}

// gapsOf divides what the spans leave of a window by its causes.
func gapsOf(ctx context.Context, ix Index, streams []custody.StreamID, window custody.Span, covered []custody.Span) ([]gapOf, error) {
	var causes []gapOf
	for _, s := range streams {
		for g, err := range ix.Gaps(ctx, s, window) {
			if err != nil {
				return nil, err
			}
			if g.Span.End == 0 {
				g.Span.End = window.End
			}
			causes = append(causes, gapOf{Gap{g.Span, string(g.Cause)}, g.ID})
		}
		for row, err := range ix.Segments(ctx, s, window) {
			if err != nil {
				return nil, err
			}
			cause := undecodable
			if len(row.WrappedKey) == 0 {
				cause = disposedOf
			}
			causes = append(causes, gapOf{Gap: Gap{row.Span, cause}})
		}
	}
	var out []gapOf
	for _, hole := range holes(window, covered) {
		if hole.End-hole.Start < leastGap {
			continue
		}
		out = append(out, explain(hole, causes)...)
	}
	return out, nil
}

// holes are what the spans leave of a window, in order.
func holes(window custody.Span, spans []custody.Span) (out []custody.Span) {
	slices.SortFunc(spans, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	at := window.Start
	for _, s := range spans {
		if end := min(s.Start, window.End); end > at {
			out = append(out, custody.Span{Start: at, End: end})
		}
		at = max(at, s.End)
	}
	if at < window.End {
		out = append(out, custody.Span{Start: at, End: window.End})
	}
	return out
}

// explain divides a hole by the causes that overlap it, the first of them first.
func explain(hole custody.Span, causes []gapOf) (out []gapOf) {
	rest := []custody.Span{hole}
	for _, c := range causes {
		var left []custody.Span
		for _, r := range rest {
			part := r.Intersect(c.Span)
			if part.Empty() {
				left = append(left, r)
				continue
			}
			out = append(out, gapOf{Gap{part, c.Cause}, c.id})
			left = append(left, holes(r, []custody.Span{part})...)
		}
		rest = left
	}
	for _, r := range rest {
		out = append(out, gapOf{Gap: Gap{r, notRecorded}})
	}
	slices.SortFunc(out, func(a, b gapOf) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return out
}

// told are the segments that the item's files are proved by or made of, in order.
func (it *item) told() (out []*segment) {
	seen := map[custody.SegmentID]bool{}
	for _, r := range it.runs {
		for _, f := range r.films {
			for _, s := range f.segments {
				if !seen[s.id] {
					seen[s.id] = true
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// films are the originals that are made.
func (it *item) films() (out []*film) {
	if it.bare {
		return nil
	}
	for _, r := range it.runs {
		out = append(out, r.films...)
	}
	return out
}

// manifest is what package.json says of an original.
func (f *film) manifest() manifest.Rendition {
	r := manifest.Rendition{Path: f.path, Kind: manifest.Original, Span: manifest.SpanOf(f.span), Run: f.run.cut.Run(), Stream: f.run.head.Run.Stream, LeftOut: f.leftOut}
	var codecs []string
	for i, t := range f.tracks {
		c := f.codecs[i]
		codecs = append(codecs, string(c.Codec))
		r.Tracks = append(r.Tracks, manifest.Track{ID: t.Track, Codec: string(c.Codec), Timescale: c.Timescale, Base: t.Origin})
	}
	r.Codec = strings.Join(codecs, ", ")
	for _, s := range f.segments {
		r.Segments = append(r.Segments, s.id)
	}
	return r
}

// clock is how the camera's clock differed: at the beginning, at the end, and wherever it was corrected in between.
func clockOf(segments []*segment) (out []manifest.ClockSample) {
	for i, s := range segments {
		o := s.row.CameraOffset
		if o == nil {
			continue
		}
		if n := len(out); n > 0 && i < len(segments)-1 && abs(*o-out[n-1].Offset) < leastOffset {
			continue
		}
		out = append(out, manifest.ClockSample{At: manifest.Time(s.row.Span.Start), Clock: "camera", Offset: *o, Source: "RTCP sender report"})
	}
	return out
}

// leastOffset is the least change of a clock's offset that is told, in microseconds.
const leastOffset = 50_000

func abs(n int64) int64 { return max(n, -n) }

// reopened is the run's cut under the decision as it stands now.
func (it *item) reopened(ctx context.Context, v Footage, r *run, g access.Grant) error {
	if r.under == g.ID() {
		return nil
	}
	cuts, err := v.Cuts(ctx, g, r.head.Run.Stream)
	if err != nil {
		return err
	}
	var found *vault.Cut
	for _, c := range cuts {
		if c.Run() == r.head.Run.Run && found == nil {
			found = c
			continue
		}
		c.Close()
	}
	if found == nil {
		return custody.Errorf(custody.NotFound, "item %s: footage is gone that was there a moment ago", it.Number)
	}
	r.cut.Close()
	r.cut, r.under = found, g.ID()
	return nil
}

// sound is the number of the run's first track of sound; 0 without.
func (r *run) sound() uint8 {
	for _, t := range r.head.Run.Tracks {
		if t.ID != 1 && !t.Codec.Video() {
			return t.ID
		}
	}
	return 0
}

// ticks is the presentation time of a unit as the boxes of its fragment count.
func (r *run) ticks(u media.Unit) int64 {
	return u.PTS + media.Rescale(media.DecodeOrigin.Microseconds(), r.head.Run.Tracks[u.Track-1].Timescale, 1_000_000)
}
