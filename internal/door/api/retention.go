package api

import (
	"context"
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) retentionLines() []route {
	return []route{
		list("retention", "/api/retention", access.RetentionView, "How long footage is kept", answers(ok, s.retention)),
		decide("retention-change", put, "/api/retention", access.RetentionManage, "Change how long footage of the site, a class or a camera is kept", answers(ok, s.changeRetention)),
		list("retention-dry-run", "/api/retention/dry-run", access.RetentionView, "What the schedule would dispose of now, and what holds keep", answers(ok, s.dryRun)),
		list("dispositions", "/api/dispositions", access.RetentionView, "Acts of disposal, latest first", answers(ok, s.dispositions)),
	}
}

func (s rooms) retention(ctx context.Context, _ *none) (Retention, error) {
	rows, effective, err := s.Retention.Schedules(ctx, gate.PassOf(ctx).Scope)
	if err != nil {
		return Retention{}, err
	}
	n, err := s.names(ctx)
	if err != nil {
		return Retention{}, err
	}
	out := Retention{Schedules: each(rows, n.schedule), Cameras: each(effective, func(e retention.Effective) Schedule {
		sched := n.schedule(e.Schedule)
		c := n.camera(e.Kept.Camera)
		c.Class, sched.Camera = string(e.Kept.Class), &c
		return sched
	})}
	out.FreeBytes, out.TotalBytes, err = s.Disk.Free(ctx)
	return out, err
}

func (n names) schedule(r retention.Schedule) Schedule {
	out := Schedule{Class: string(r.Class), AtLeastDays: r.AtLeast, AtMostDays: r.AtMost, Version: r.Version}
	if r.Camera != "" {
		c := n.camera(r.Camera)
		out.Camera = &c
	}
	return out
}

type scheduleIn struct {
	Body struct {
		Camera      string `json:"camera,omitempty" maxLength:"64" doc:"Of this camera"`
		Class       string `json:"class,omitempty" maxLength:"20" doc:"Of the cameras of this class; neither: of the site"`
		AtLeastDays int    `json:"at_least_days" minimum:"1" maximum:"3650" doc:"Nothing younger is disposed of, however full the disk"`
		AtMostDays  int    `json:"at_most_days" minimum:"1" maximum:"3650" doc:"What is older is disposed of unless it is held"`
		Version     int64  `json:"version" minimum:"0" doc:"As it was read; 0 if there was none"`
	}
}

func (s rooms) changeRetention(ctx context.Context, in *scheduleIn) (Schedule, error) {
	b := in.Body
	if b.Camera != "" {
		if err := known("cam_", b.Camera, "camera"); err != nil {
			return Schedule{}, err
		}
	}
	r, err := s.Retention.PutSchedule(ctx, gate.PassOf(ctx).Grant, retention.Schedule{Camera: custody.CameraID(b.Camera), Class: access.Class(b.Class),
		AtLeast: b.AtLeastDays, AtMost: b.AtMostDays, Version: b.Version})
	if err != nil {
		return Schedule{}, err
	}
	n, err := s.names(ctx)
	return n.schedule(r), err
}

type periodIn struct {
	From string `query:"from" maxLength:"40" doc:"RFC 3339; the last 30 days if absent"`
	To   string `query:"to" maxLength:"40"`
}

// period is what was asked for, or the last 30 days.
func (s rooms) period(from, to string) (custody.Span, error) {
	span, err := stretch(from, to)
	if span.End == 0 {
		span.End = s.Clock.Now() + 1
	}
	if span.Start == 0 {
		span.Start = span.End.Add(-30 * day)
	}
	if err == nil && span.Empty() {
		err = custody.Errorf(custody.Invalid, "to must be after from")
	}
	return span, err
}

func (s rooms) dispositions(ctx context.Context, in *periodIn) (Dispositions, error) {
	span, err := s.period(in.From, in.To)
	if err != nil {
		return Dispositions{}, err
	}
	list, err := s.Retention.Dispositions(ctx, gate.PassOf(ctx).Scope, span, retention.MaxTombs)
	if err != nil {
		return Dispositions{}, err
	}
	n, err := s.names(ctx)
	return Dispositions{each(list, n.disposition)}, err
}

func (n names) disposition(d retention.Disposition) Disposition {
	return Disposition{ID: string(d.ID), Camera: n.camera(d.Camera), From: stamp(d.Span.Start), To: stamp(d.Span.End), Segments: d.Segments, Bytes: d.Bytes,
		Why: string(d.Why), At: stamp(d.At), PurgedAt: stamp(d.Purged), FinalAt: stamp(d.Final)}
}

func (s rooms) dryRun(ctx context.Context, _ *none) (DryRun, error) {
	plan, err := s.Retention.Plan(ctx, gate.PassOf(ctx).Scope)
	if err != nil {
		return DryRun{}, err
	}
	n, err := s.names(ctx)
	return DryRun{each(plan, func(p retention.Planned) DryRunCamera {
		out := DryRunCamera{Camera: n.camera(p.Effective.Kept.Camera), Segments: p.Goes.Segments, Bytes: p.Goes.Bytes, HeldSegments: p.Stays.Segments,
			Holds: each(p.Held, func(h retention.HeldBack) string { return string(h.Hold) })}
		if !p.Goes.Span.Empty() {
			out.From, out.To = stamp(p.Goes.Span.Start), stamp(p.Goes.Span.End)
		}
		return out
	})}, err
}

// authority is the rule by which footage was disposed of, in words.
func authority(d retention.Disposition) string {
	whose := "the site"
	switch {
	case d.Rule.Camera != "":
		whose = "the camera"
	case d.Rule.Class != "":
		whose = "cameras of class " + string(d.Rule.Class)
	}
	if d.Why == retention.DiskFull {
		return fmt.Sprintf("the schedule of %s, which keeps %d days at least; the disk was full", whose, d.Rule.AtLeast)
	}
	return fmt.Sprintf("the %d-day schedule of %s", d.Rule.AtMost, whose)
}
