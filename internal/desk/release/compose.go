package release

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// What a package calls those who prepared and decided it.
const (
	rolePreparer  = "preparer"
	roleCustodian = "lawful custodian or delegate"
)

// compose is package.json.
func (b *builder) compose(ctx context.Context, s Story) (manifest.Package, error) {
	w := &b.work
	p := manifest.Package{Format: manifest.Format, ID: b.pkg.Number, Made: manifest.Time(b.k.p.Clock.Now()), Site: b.k.o.Site,
		Request: manifest.Request{Number: w.Number, Kind: string(w.Kind), Received: manifest.Time(w.Received), Logged: manifest.Time(w.Logged), Basis: w.Basis},
		Tools:   []manifest.Tool{b.k.o.Tool, b.k.p.Renderer.Tool()}}
	var err error
	if p.Prepared, p.Decided, err = b.persons(ctx); err != nil {
		return p, err
	}
	next := 0
	for i := range w.Items {
		if allowed(w.Items[i]) {
			p.Items = append(p.Items, b.granted(b.items[next], s))
			next++
			continue
		}
		withheld, err := b.withheld(ctx, &w.Items[i])
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, withheld)
	}
	return p, nil
}

// persons are those who prepared and decided last what is in the package. Open records name roles only.
func (b *builder) persons(ctx context.Context) (prepared, decided manifest.Person, err error) {
	prepared.Role, decided.Role = rolePreparer, roleCustodian
	var by, who custody.StaffID
	for _, it := range b.items {
		if t := manifest.Time(it.Proposed); t >= prepared.At {
			prepared.At, by = t, it.Proposer
		}
		if t := manifest.Time(it.DecidedAt); t >= decided.At {
			decided.At, who = t, it.Decider
		}
	}
	if b.work.Kind == access.OpenRecords || b.k.p.People == nil {
		return prepared, decided, nil
	}
	if prepared.Name, err = b.k.p.People.Name(ctx, by); err == nil {
		decided.Name, err = b.k.p.People.Name(ctx, who)
	}
	return prepared, decided, err
}

// granted is an item with its footage.
func (b *builder) granted(it *item, s Story) manifest.Item {
	out := manifest.Item{Number: it.Number, Outcome: manifest.Granted, Camera: cameraOf(it.Item, it.camera), Requested: manifest.SpanOf(it.Requested),
		Decided: manifest.SpanOf(it.Decided), Clock: clockOf(it.told())}
	viewing := manifest.Rendition{Path: it.viewingPath(), Kind: manifest.Viewing, Span: out.Decided, Codec: it.rendered.Codec}
	for _, seg := range it.told() {
		r := &seg.row
		out.Segments = append(out.Segments, manifest.SegmentNote{ID: r.ID, Stream: r.Stream, Run: r.Run, Number: r.Number, Span: manifest.SpanOf(r.Span),
			Sealed: manifest.Time(sealedAt(s, seg)), Size: r.ObjectSize, SHA256: r.ObjectDigest})
		viewing.Parents = append(viewing.Parents, manifest.Parent{Segment: r.ID, SHA256: r.ObjectDigest})
	}
	for _, g := range it.gaps {
		gap := manifest.Gap{Span: manifest.SpanOf(g.Span), Cause: g.Cause}
		if index, ok := s.Gaps[g.id]; ok {
			gap.Event = &index
		}
		out.Gaps = append(out.Gaps, gap)
	}
	for _, f := range it.films() {
		out.Renditions = append(out.Renditions, f.manifest())
	}
	out.Renditions = append(out.Renditions, viewing)
	return out
}

// sealedAt is when the log says that a segment was sealed.
func sealedAt(s Story, seg *segment) custody.Instant {
	if e, ok := s.SealedAt[seg.id]; ok {
		return e
	}
	return seg.row.SealedAt
}

// withheld is an item of which nothing leaves, with its citation.
func (b *builder) withheld(ctx context.Context, i *Item) (manifest.Item, error) {
	c, err := b.k.p.Cameras.Camera(ctx, i.Camera)
	return manifest.Item{Number: i.Number, Outcome: manifest.Outcome(i.Outcome), Citation: i.Citation, Camera: cameraOf(i, c),
		Requested: manifest.SpanOf(i.Requested), Decided: manifest.SpanOf(i.Decided)}, err
}

// cameraOf says which camera it is, and nothing of its address, its maker or its number.
func cameraOf(i *Item, c Camera) manifest.Camera {
	return manifest.Camera{ID: i.Camera, Name: c.Name, Place: c.Place}
}
