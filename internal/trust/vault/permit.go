package vault

import (
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// opening are the actions that open footage: to look at it, to make one picture of it, to write a copy.
func opening() []access.Action {
	return []access.Action{access.FootageRead, access.FootageStill, access.FootageExport}
}

// listing are the actions that tell when there is footage.
func listing() []access.Action { return append(opening(), access.FootageList) }

// actionOf is the Grant's own action if it is one of those; otherwise the first of them, which Permits then refuses.
func actionOf(g access.Grant, may []access.Action) access.Action {
	if slices.Contains(may, g.Action()) {
		return g.Action()
	}
	return may[0]
}

// stands fails with Denied unless the Grant is of one of the actions and still good for something.
func stands(g access.Grant, may []access.Action) error { return g.Allows(actionOf(g, may)) }

// permits asks the Grant about one fragment (CONTRACTS 6): it is served if it starts inside the granted span, and no part of it is
// restricted or expired.
func (v *Vault) permits(g access.Grant, may []access.Action, camera custody.CameraID, f media.FragmentInfo) error {
	span := custody.Span{Start: f.WallStart, End: f.WallEnd}
	if span.Empty() { // of a segment being written, whose recorder cannot tell yet
		span.End = span.Start.Add(media.FragmentTarget)
	}
	return g.Permits(actionOf(g, may), camera, span, v.clock.Now())
}

// copying are the actions of exact reading: one that opens footage for a copy, and one that tells what the copy would hold.
func copying() []access.Action { return []access.Action{access.FootageExport, access.FootageList} }

// partOf is what of a fragment lies in a span. A fragment that lasts no time lies where it starts.
func partOf(span custody.Span, f media.FragmentInfo) custody.Span {
	return span.Intersect(custody.Span{Start: f.WallStart, End: max(f.WallEnd, f.WallStart+1)})
}

// permitsPart asks the Grant about what of a fragment lies in its exact span: release reads to the unit, so what lies beyond is none of its
// business. Of a fragment with no part in the span nothing leaves; there it asks whether the Grant stands.
func (v *Vault) permitsPart(g access.Grant, camera custody.CameraID, f media.FragmentInfo) error {
	part := partOf(g.Span(), f)
	if part.Empty() {
		return stands(g, copying())
	}
	return g.Permits(actionOf(g, copying()), camera, part, v.clock.Now())
}

// shownInside reports that a unit of the fragment which is shown at that instant lies in the Grant's exact span. One that is shown while
// another fragment lasts - sound, and pictures that are decoded late - is judged alone; permitsPart has judged all others.
func (v *Vault) shownInside(g access.Grant, camera custody.CameraID, f media.FragmentInfo, wall custody.Instant) (bool, error) {
	if !g.Span().Contains(wall) {
		return false, nil
	}
	if partOf(g.Span(), f).Contains(wall) {
		return true, nil
	}
	return true, g.Permits(actionOf(g, copying()), camera, custody.Span{Start: wall, End: wall + 1}, v.clock.Now())
}
