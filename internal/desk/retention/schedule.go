package retention

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// EffectiveFor is the schedule that holds for the camera: its own, else what its registry says, else its class's, else the site's, else
// the default.
func EffectiveFor(all []Schedule, k Kept) Schedule {
	out := Schedule{AtLeast: DefaultAtLeast, AtMost: DefaultAtMost}
	find := func(camera custody.CameraID, class access.Class) bool {
		i := slices.IndexFunc(all, func(s Schedule) bool { return s.Camera == camera && s.Class == class })
		if i >= 0 {
			out = all[i]
		}
		return i >= 0
	}
	if find(k.Camera, "") {
		return out
	}
	if !find("", k.Class) {
		find("", "")
	}
	if k.Days > 0 {
		out = Schedule{Camera: k.Camera, AtLeast: min(out.AtLeast, k.Days), AtMost: k.Days}
	}
	return out
}

// Least and Most are the two periods of a schedule.
func (s Schedule) Least() time.Duration { return time.Duration(s.AtLeast) * day }

// Most is how long footage is kept unless it is held.
func (s Schedule) Most() time.Duration { return time.Duration(s.AtMost) * day }

// check refuses a schedule that means nothing.
func (s Schedule) check() error {
	switch {
	case s.Camera != "" && s.Class != "":
		return custody.Errorf(custody.Invalid, "a schedule is for one camera, one class or the site")
	case s.Camera != "" && !custody.ValidID("cam_", string(s.Camera)):
		return custody.Errorf(custody.Invalid, "camera: it is not named by its id")
	case s.Class != "" && !slices.Contains(access.Classes(), s.Class):
		return custody.Errorf(custody.Invalid, "class: it must be one of %v", access.Classes())
	case s.AtLeast < 1 || s.AtLeast > s.AtMost:
		return custody.Errorf(custody.Invalid, "at least: it must be 1 to %d days, no more than the days it is kept at most", s.AtMost)
	case s.AtMost > MaxDays:
		return custody.Errorf(custody.Invalid, "at most: it must be no more than %d days", MaxDays)
	case s.Version < 0:
		return custody.Errorf(custody.Invalid, "version: it cannot be negative")
	}
	return nil
}

// Schedules lists, under a Scope of retention.view, the schedules there are and what holds for each camera.
func (d *Desk) Schedules(ctx context.Context, s access.Scope) ([]Schedule, []Effective, error) {
	if err := under(s, access.RetentionView); err != nil {
		return nil, nil, err
	}
	all, err := d.p.Store.Schedules(ctx)
	if err != nil {
		return nil, nil, err
	}
	cameras, err := d.p.Store.KeptCameras(ctx)
	var out []Effective
	for _, k := range cameras {
		out = append(out, Effective{k, EffectiveFor(all, k)})
	}
	return all, out, err
}

// PutSchedule sets how long footage of a camera, of a class or of the site is kept, under a Grant of retention.manage. Version is the one
// that was read, 0 if there was none. Errors: Denied, Invalid (naming the field), NotFound (the camera), Conflict (somebody was faster).
func (d *Desk) PutSchedule(ctx context.Context, g access.Grant, s Schedule) (Schedule, error) {
	if err := g.Allows(access.RetentionManage); err != nil {
		return Schedule{}, err
	}
	if g.Camera() != s.Camera && g.Camera() != "" {
		return Schedule{}, aboutElse(g)
	}
	if err := s.check(); err != nil {
		return Schedule{}, err
	}
	rule := RuleDetail(s)
	rule.Version++
	ev, err := custody.NewEvent(custody.EventScheduleChanged, d.p.Clock.Now(), g.Actor().String(), s.Camera,
		cmp.Or(string(s.Camera), string(s.Class), "site"), rule)
	if err != nil {
		return Schedule{}, err
	}
	return d.p.Store.PutSchedule(ctx, s, ev)
}
