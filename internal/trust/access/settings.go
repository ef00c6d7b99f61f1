package access

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// DefaultSettings are those of a new site.
func DefaultSettings() Settings {
	return Settings{ViewingMinutes: 60, ViewerAgeDays: 30, PolicyVersion: "1", PolicyText: defaultPolicyText, AcknowledgeDays: 365}
}

const defaultPolicyText = "Security cameras protect people, the building and its contents. Only authorised staff may look at footage, for a stated " +
	"purpose, and every look is recorded. Footage is not copied, photographed or described to anyone except as the public records " +
	"policy allows. Footage that shows what a patron reads or borrows is a confidential library record."

// Rules are the rules' own parameters - settings and restrictions - as people change them. Every change takes a Grant, every list a Scope.
// It keeps nothing in memory and is safe for concurrent use.
type Rules struct {
	facts Facts
	store Store
	clock custody.Clock
}

// NewRules returns the rules over a store.
func NewRules(facts Facts, store Store, clock custody.Clock) *Rules {
	return &Rules{facts, store, clock}
}

// Settings are the standing ones, under a Scope of SettingView.
func (r *Rules) Settings(ctx context.Context, s Scope) (Settings, error) {
	return r.facts.Settings(ctx)
}

// SetSettings replaces the settings under a Grant of SettingManage and records setting.changed. It returns them with their new version.
// Invalid names every field that is wrong; Conflict says that somebody else changed them since s.Version.
func (r *Rules) SetSettings(ctx context.Context, g Grant, s Settings) (Settings, error) {
	return Settings{}, custody.Errorf(custody.Denied, "there is no decision that allows this")
}

// Restrictions lists restrictions, lifted ones included, latest first, under a Scope of Restrict.
func (r *Rules) Restrictions(ctx context.Context, s Scope, limit int) ([]Restriction, error) {
	return r.store.AllRestrictions(ctx, limit)
}

// PlaceRestriction closes a span of a camera under a Grant of Restrict and records restriction.placed. Camera, Span, Kind and Reason are
// the caller's; the rest is filled in and returned.
func (r *Rules) PlaceRestriction(ctx context.Context, g Grant, want Restriction) (Restriction, error) {
	return Restriction{}, custody.Errorf(custody.Denied, "there is no decision that allows this")
}

// LiftRestriction ends a restriction under a Grant of Restrict and records restriction.lifted. NotFound or Conflict: there is none that stands.
func (r *Rules) LiftRestriction(ctx context.Context, g Grant, id custody.RestrictionID) error {
	return custody.Errorf(custody.Denied, "there is no decision that allows this")
}
