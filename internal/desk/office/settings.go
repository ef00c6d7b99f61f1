package office

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Policy is the policy in effect: anybody may know it, because notices name it and staff read it before they may do anything.
func (o *Office) Policy(ctx context.Context) (version, text string, err error) {
	s, err := o.Facts.Settings(ctx)
	return s.PolicyVersion, s.PolicyText, err
}

// Settings are the standing ones under a Scope of setting.view.
func (o *Office) Settings(ctx context.Context, s access.Scope) (access.Settings, error) {
	if err := under(s, access.SettingView); err != nil {
		return access.Settings{}, err
	}
	return o.Rules.Settings(ctx, s)
}

// Adjustment is a change of settings; what is nil stays. Version is the one that was read.
type Adjustment struct {
	ViewingMinutes, ViewerAgeDays, AcknowledgeDays *int
	PolicyVersion, PolicyText                      *string
	Version                                        int64
}

// Adjust changes settings under a Grant of setting.manage. Conflict if somebody else was first.
func (o *Office) Adjust(ctx context.Context, g access.Grant, a Adjustment) (access.Settings, error) {
	if err := about(g, access.SettingManage, ""); err != nil {
		return access.Settings{}, err
	}
	s, err := o.Facts.Settings(ctx)
	if err != nil {
		return access.Settings{}, err
	}
	set(&s.ViewingMinutes, a.ViewingMinutes)
	set(&s.ViewerAgeDays, a.ViewerAgeDays)
	set(&s.AcknowledgeDays, a.AcknowledgeDays)
	set(&s.PolicyVersion, a.PolicyVersion)
	set(&s.PolicyText, a.PolicyText)
	s.Version = a.Version
	return o.Rules.SetSettings(ctx, g, s)
}

func set[T any](at *T, to *T) {
	if to != nil {
		*at = *to
	}
}

// FinishSetUp ends set-up under a Grant of setting.manage: from now on roles that people give to themselves start a day later.
// Finishing again is Conflict.
func (o *Office) FinishSetUp(ctx context.Context, g access.Grant) (access.Settings, error) {
	if err := about(g, access.SettingManage, ""); err != nil {
		return access.Settings{}, err
	}
	s, err := o.Facts.Settings(ctx)
	if err != nil {
		return access.Settings{}, err
	}
	if s.SetUp != 0 {
		return access.Settings{}, custody.Errorf(custody.Conflict, "set-up was finished at %s", s.SetUp)
	}
	s.SetUp = o.Clock.Now()
	return o.Rules.SetSettings(ctx, g, s)
}

// MaxRestrictions is how many restrictions are listed, latest first.
const MaxRestrictions = 1000

// Restrictions lists them, lifted ones included, latest first, under a Scope of restriction.place.
func (o *Office) Restrictions(ctx context.Context, s access.Scope) ([]access.Restriction, error) {
	if err := under(s, access.Restrict); err != nil {
		return nil, err
	}
	return o.Rules.Restrictions(ctx, s, MaxRestrictions)
}

// Restrict closes a span of a camera under a Grant of restriction.place.
func (o *Office) Restrict(ctx context.Context, g access.Grant, want access.Restriction) (access.Restriction, error) {
	if err := g.Allows(access.Restrict); err != nil {
		return access.Restriction{}, err
	}
	return o.Rules.PlaceRestriction(ctx, g, want)
}

// Lift ends a restriction under a Grant of restriction.place about it.
func (o *Office) Lift(ctx context.Context, g access.Grant, id custody.RestrictionID) error {
	if err := about(g, access.Restrict, id); err != nil {
		return err
	}
	return o.Rules.LiftRestriction(ctx, g, id)
}
