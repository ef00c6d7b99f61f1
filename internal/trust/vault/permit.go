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
func (v *Vault) stands(g access.Grant, may []access.Action) error {
	return g.Permits(actionOf(g, may), g.Camera(), g.Span(), v.clock.Now())
}

// permits asks the Grant about one fragment (CONTRACTS 6): it is served if it starts inside the granted span.
func (v *Vault) permits(g access.Grant, may []access.Action, camera custody.CameraID, f media.FragmentInfo) error {
	return g.Permits(actionOf(g, may), camera, custody.Span{Start: f.WallStart, End: f.WallStart + 1}, v.clock.Now())
}
