package release

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Preview says what a package of one camera and span will hold, before it is decided.
type Preview struct {
	Span    custody.Span
	Films   []PreviewFilm // the originals, in order of time; empty if nothing can be cut out
	Gaps    []Gap         // time inside the span of which there is no footage
	LeftOut []LeftOut     // what was recorded inside the span and is no part of an original; the viewing copy shows it
	// Widened is a span that leaves less out: it begins where decoding can begin. Empty if nothing is gained.
	Widened custody.Span
	// Waits says that some of it is being recorded still, or lies ahead: nothing more can be told, and the package is made when it is sealed.
	Waits bool
}

// PreviewFilm is one original as it would be.
type PreviewFilm struct {
	Run    custody.RunID
	Span   custody.Span // from the first picture to the end of the last
	Codecs []media.Codec
	Units  int
	Bytes  int64
}

// Gap is time without footage, and why.
type Gap struct {
	Span  custody.Span
	Cause string
}

// LeftOut is footage that an original cannot hold, and why.
type LeftOut struct {
	Track media.Codec
	Why   media.Reason
	Span  custody.Span // from the first unit to the last
	Units int
}

// MaxSpan is the longest span of one item.
const MaxSpan = 24 * time.Hour

// Preview tells what a package of exactly the Grant's camera and span would hold, under a Grant of access.FootageList. It reads tables and no
// picture. Invalid for a span longer than MaxSpan; a span of which nothing is kept has no films, and gaps that say why.
func (k *Packer) Preview(ctx context.Context, g access.Grant) (Preview, error) {
	p := Preview{Span: g.Span()}
	if err := g.Allows(access.FootageList); err != nil {
		return p, err
	}
	if p.Span.Duration() > MaxSpan {
		return p, custody.Errorf(custody.Invalid, "the span is longer than %s: divide it into several items", MaxSpan)
	}
	c, err := k.p.Cameras.Camera(ctx, g.Camera())
	if err != nil {
		return p, err
	}
	if p.Waits = k.waits(p.Span, c.Main); p.Waits {
		return p, nil
	}
	runs, err := plans(ctx, k.p.Vault, k.p.Index, g, c.Main)
	if err != nil {
		return p, err
	}
	it := item{runs: runs}
	for _, r := range runs {
		defer r.cut.Close()
		p.add(r)
	}
	gaps, err := gapsOf(ctx, k.p.Index, c.Main, p.Span, it.covered())
	for _, gap := range gaps {
		p.Gaps = append(p.Gaps, gap.Gap)
	}
	return p, err
}

// add tells of one run.
func (p *Preview) add(r *run) {
	for _, f := range r.films {
		film := PreviewFilm{Run: r.head.Run.Run, Span: f.span, Units: f.units, Bytes: f.size}
		for _, t := range f.codecs {
			film.Codecs = append(film.Codecs, t.Codec)
		}
		p.Films = append(p.Films, film)
	}
	p.LeftOut = append(p.LeftOut, r.left...)
	if p.Widened.Empty() {
		p.Widened = r.widened
	}
}
