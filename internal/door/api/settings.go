package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

func (s rooms) site(ctx context.Context, _ *none) (Site, error) {
	version, _, err := s.Office.Policy(ctx)
	out := Site{Name: s.Site.Name, Zone: s.Site.Zone, Demo: s.Site.Demo, SecondFactor: "optional", Passkeys: s.Site.Passkeys, PolicyVersion: version}
	if s.Site.SecondFactorRequired {
		out.SecondFactor = "required"
	}
	return out, err
}

// Settings are the parameters of the rules.
type Settings struct {
	ViewingMinutes  int    `json:"viewing_minutes" doc:"How long a viewing lasts unless less is asked for"`
	ViewerAgeDays   int    `json:"viewer_age_days" doc:"How old footage may be that a viewer without another role sees"`
	PolicyVersion   string `json:"policy_version"`
	PolicyText      string `json:"policy_text"`
	AcknowledgeDays int    `json:"acknowledge_days" doc:"How long an acknowledgement of the policy lasts"`
	SetUpAt         string `json:"set_up_at,omitempty" format:"date-time" doc:"When set-up was finished; roles given to oneself start a day later from then on"`
	Version         int64  `json:"version"`
}

func settingsOut(s access.Settings) Settings {
	return Settings{s.ViewingMinutes, s.ViewerAgeDays, s.PolicyVersion, s.PolicyText, s.AcknowledgeDays, stamp(s.SetUp), s.Version}
}

func (s rooms) settings(ctx context.Context, _ *none) (Settings, error) {
	out, err := s.Office.Settings(ctx, gate.PassOf(ctx).Scope)
	return settingsOut(out), err
}

type settingsIn struct {
	Body struct {
		ViewingMinutes  *int    `json:"viewing_minutes,omitempty" minimum:"5" maximum:"480"`
		ViewerAgeDays   *int    `json:"viewer_age_days,omitempty" minimum:"1" maximum:"3650"`
		PolicyVersion   *string `json:"policy_version,omitempty" minLength:"1" maxLength:"40"`
		PolicyText      *string `json:"policy_text,omitempty" minLength:"1" maxLength:"20000" doc:"At most 20000 bytes"`
		AcknowledgeDays *int    `json:"acknowledge_days,omitempty" minimum:"1" maximum:"3650"`
		Version         int64   `json:"version" minimum:"0" doc:"As it was read"`
	}
}

func (s rooms) adjust(ctx context.Context, in *settingsIn) (Settings, error) {
	b := in.Body
	out, err := s.Office.Adjust(ctx, gate.PassOf(ctx).Grant, office.Adjustment{ViewingMinutes: b.ViewingMinutes, ViewerAgeDays: b.ViewerAgeDays,
		AcknowledgeDays: b.AcknowledgeDays, PolicyVersion: b.PolicyVersion, PolicyText: b.PolicyText, Version: b.Version})
	return settingsOut(out), err
}

func (s rooms) finishSetUp(ctx context.Context, _ *none) (Settings, error) {
	out, err := s.Office.FinishSetUp(ctx, gate.PassOf(ctx).Grant)
	return settingsOut(out), err
}

// Restriction closes a span of a camera to ordinary viewing.
type Restriction struct {
	ID       string `json:"id"`
	Camera   string `json:"camera"`
	From     string `json:"from" format:"date-time"`
	To       string `json:"to" format:"date-time"`
	Kind     string `json:"kind" enum:"library-record,sealed,hold"`
	Reason   string `json:"reason"`
	By       string `json:"by"`
	At       string `json:"at" format:"date-time"`
	LiftedAt string `json:"lifted_at,omitempty" format:"date-time"`
}

// Restrictions are restrictions, lifted ones included, latest first.
type Restrictions struct {
	Restrictions []Restriction `json:"restrictions"`
}

func restrictionOut(r access.Restriction) Restriction {
	return Restriction{string(r.ID), string(r.Camera), stamp(r.Span.Start), stamp(r.Span.End), string(r.Kind), r.Reason, r.By, stamp(r.At), stamp(r.Lifted)}
}

func (s rooms) restrictions(ctx context.Context, _ *none) (Restrictions, error) {
	list, err := s.Office.Restrictions(ctx, gate.PassOf(ctx).Scope)
	return Restrictions{each(list, restrictionOut)}, err
}

type restrictIn struct {
	Body struct {
		Camera string `json:"camera" maxLength:"64"`
		From   string `json:"from" minLength:"1" maxLength:"40"`
		To     string `json:"to" minLength:"1" maxLength:"40"`
		Kind   string `json:"kind" enum:"library-record,sealed"`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s rooms) restrict(ctx context.Context, in *restrictIn) (Restriction, error) {
	span, err := wholeStretch(in.Body.From, in.Body.To)
	if err != nil {
		return Restriction{}, err
	}
	if !custody.ValidID("cam_", in.Body.Camera) {
		return Restriction{}, custody.Errorf(custody.Invalid, "camera must be the id of a camera")
	}
	r, err := s.Office.Restrict(ctx, gate.PassOf(ctx).Grant, access.Restriction{Camera: custody.CameraID(in.Body.Camera), Span: span,
		Kind: access.RestrictionKind(in.Body.Kind), Reason: in.Body.Reason})
	return restrictionOut(r), err
}

type restrictionIn struct {
	Restriction string `path:"restriction"`
}

func (s rooms) lift(ctx context.Context, in *restrictionIn) error {
	if err := known("rst_", in.Restriction, "restriction"); err != nil {
		return err
	}
	return s.Office.Lift(ctx, gate.PassOf(ctx).Grant, custody.RestrictionID(in.Restriction))
}
