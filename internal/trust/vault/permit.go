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
