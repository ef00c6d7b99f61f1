package api

import (
	"context"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// none is the input of a line that reads nothing.
type none struct{}

type timelineIn struct {
	From   string   `query:"from" required:"true" maxLength:"40" doc:"RFC 3339"`
	To     string   `query:"to" required:"true" maxLength:"40" doc:"RFC 3339; at most 400 days after from"`
	Camera []string `query:"camera,explode" required:"true" minItems:"1" maxItems:"64" doc:"Ids of cameras; those that the caller may not know about are left out"`
	StepMS int64    `query:"step_ms" minimum:"0" maximum:"34560000000" doc:"Length of one step of activity; widened so that there are at most 4096"`
}

func (s rooms) timeline(ctx context.Context, in *timelineIn) (Timeline, error) {
	span, err := wholeStretch(in.From, in.To)
	if err != nil {
		return Timeline{}, err
	}
	ids, err := cameras(in.Camera)
	if err != nil {
		return Timeline{}, err
	}
	t, err := s.Viewing.Timeline(ctx, gate.PassOf(ctx).Scope, ids, span, time.Duration(in.StepMS)*time.Millisecond)
	if err != nil {
		return Timeline{}, err
	}
	out := Timeline{us(t.Span.Start), us(t.Span.End), t.Step.Milliseconds(), each(t.Cameras, trackOut)}
	for i, track := range t.Cameras {
		if err := s.bands(ctx, track.Camera, t.Span, &out.Cameras[i]); err != nil {
			return Timeline{}, err
		}
	}
	return out, nil
}

// bands draws what is held of a camera and what was handed over.
func (s rooms) bands(ctx context.Context, camera custody.CameraID, span custody.Span, to *TimelineCamera) error {
	scope := gate.PassOf(ctx).Scope
	held, err := s.Retention.Bands(ctx, scope, camera, span)
	if err != nil {
		return err
	}
	released, err := s.Requests.Bands(ctx, scope, camera, span)
	to.Holds, to.Releases = each(held, pair), each(released, pair)
	return err
}

func trackOut(t viewing.Track) TimelineCamera {
	activity := make([]int, len(t.Activity))
	for i, b := range t.Activity {
		activity[i] = int(b)
	}
	return TimelineCamera{ID: string(t.Camera), Recorded: each(t.Recorded, pair), Gaps: each(t.Gaps, gapOut), Restrictions: each(t.Restrictions, restrictedOut),
		Activity: activity, RetainedFromUS: us(t.Retained)}
}

func pair(s custody.Span) [2]int64 { return [2]int64{us(s.Start), us(s.End)} }

func gapOut(g media.Gap) Gap {
	out := Gap{StartUS: us(g.Span.Start), Cause: string(g.Cause), Detail: g.Detail}
	if g.Span.End != 0 {
		end := us(g.Span.End)
		out.EndUS = &end
	}
	return out
}

func restrictedOut(r viewing.Restricted) RestrictedStroke {
	return RestrictedStroke{us(r.Span.Start), us(r.Span.End), string(r.Kind)}
}

type viewingOpenIn struct {
	Body struct {
		Basis     string   `json:"basis" enum:"incident,request,reason" doc:"Nothing is pre-selected"`
		Reference string   `json:"reference,omitempty" maxLength:"80" doc:"The incident, or the request's number; needed with request"`
		Text      string   `json:"text" minLength:"1" maxLength:"500" doc:"Why, in one line of at most 500 bytes; it goes into the diary"`
		Cameras   []string `json:"cameras" minItems:"1" maxItems:"64"`
		Live      bool     `json:"live,omitempty" doc:"What happens now; from and to stay out"`
		From      string   `json:"from,omitempty" maxLength:"40"`
		To        string   `json:"to,omitempty" maxLength:"40"`
		Minutes   int      `json:"minutes,omitempty" minimum:"0" maximum:"480" doc:"How long the viewing lasts; 0 for as long as the site allows"`
	}
}

func (s rooms) openViewing(ctx context.Context, in *viewingOpenIn) (Viewing, error) {
	b := in.Body
	ids, err := cameras(b.Cameras)
	if err != nil {
		return Viewing{}, err
	}
	ask := viewing.Ask{Basis: access.Basis(b.Basis), Reference: b.Reference, Text: b.Text, Cameras: ids, Live: b.Live, Minutes: b.Minutes}
	if !b.Live {
		if ask.Span, err = wholeStretch(b.From, b.To); err != nil {
			return Viewing{}, err
		}
	} else if b.From != "" || b.To != "" {
		return Viewing{}, custody.Errorf(custody.Invalid, "a live viewing has no from and to")
	}
	pass := gate.PassOf(ctx)
	opened, err := s.Viewing.Open(ctx, pass.Actor, ask)
	if err != nil {
		return Viewing{}, err
	}
	return s.openedOut(ctx, opened)
}

type viewingIn struct {
	Viewing string `path:"viewing"`
}

func (s rooms) viewing(ctx context.Context, in *viewingIn) (Viewing, error) {
	if err := known("viw_", in.Viewing, "viewing"); err != nil {
		return Viewing{}, err
	}
	opened, err := s.Viewing.ByID(ctx, gate.PassOf(ctx).Actor, custody.ViewingID(in.Viewing))
	if err != nil {
		return Viewing{}, err
	}
	return s.openedOut(ctx, opened)
}

func (s rooms) closeViewing(ctx context.Context, in *viewingIn) error {
	if err := known("viw_", in.Viewing, "viewing"); err != nil {
		return err
	}
	return s.Viewing.Close(ctx, gate.PassOf(ctx).Actor, custody.ViewingID(in.Viewing))
}

// openedOut is a viewing with what came of each camera.
func (s rooms) openedOut(ctx context.Context, o viewing.Opened) (Viewing, error) {
	called, err := s.cameraNames(ctx)
	if err != nil {
		return Viewing{}, err
	}
	out := viewingOut(o.Viewing)
	for _, a := range o.Admissions {
		c := ViewingCamera{ID: string(a.Camera)}
		if a.Refusal == nil {
			c.Name = called[a.Camera]
			c.Granted = &TimeSpan{stamp(a.Granted.Start), stamp(a.Granted.End)}
		} else {
			c.Refused = s.refusedOut(a.Refusal)
		}
		if c.Refused != nil && c.Refused.Status != 404 {
			c.Name = called[a.Camera]
		}
		out.Cameras = append(out.Cameras, c)
	}
	return out, nil
}

// refusedOut splits a refusal: the sentence says who can grant it, after the last semicolon.
func (s rooms) refusedOut(err error) *Refused {
	p := gate.NewProblem("", err)
	out := &Refused{Status: p.Status, Detail: p.Detail}
	if i := strings.LastIndex(p.Detail, "; "); i >= 0 && p.Status == 403 {
		out.WhoCanGrant = p.Detail[i+2:]
	}
	return out
}

func viewingOut(v viewing.Viewing) Viewing {
	return Viewing{ID: string(v.ID), Basis: string(v.Basis), Reference: v.Reference, Text: v.Text, Live: v.Live, From: stamp(v.Span.Start), To: stamp(v.Span.End),
		OpenedAt: stamp(v.Opened), ExpiresAt: stamp(v.Expires), ClosedAt: stamp(v.Closed), Why: v.Why, Cameras: []ViewingCamera{}}
}

// pageIn asks for one page of viewings.
type pageIn struct {
	Before string `query:"before" maxLength:"40" doc:"Only viewings opened before; RFC 3339"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// Viewings are viewings, latest first.
type Viewings struct {
	Viewings []Viewing `json:"viewings"`
}

// viewings lists under the scope that the gate fetched: one's own, or everybody's.
func (s rooms) viewings(ctx context.Context, in *pageIn) (Viewings, error) {
	before, err := instant("before", in.Before)
	if err != nil {
		return Viewings{}, err
	}
	list, err := s.Viewing.List(ctx, gate.PassOf(ctx).Scope, before, in.Limit)
	if err != nil {
		return Viewings{}, err
	}
	people, err := s.Office.Names(ctx)
	if err != nil {
		return Viewings{}, err
	}
	called, err := s.cameraNames(ctx)
	if err != nil {
		return Viewings{}, err
	}
	return Viewings{each(list, func(v viewing.Viewing) Viewing {
		out := viewingOut(v)
		out.Staff = &StaffRef{string(v.Staff), people[v.Staff]}
		out.Cameras = each(v.Cameras, func(c custody.CameraID) ViewingCamera { return ViewingCamera{ID: string(c), Name: called[c]} })
		return out
	})}, nil
}

type indexIn struct {
	Viewing string `path:"viewing"`
	Camera  string `path:"camera"`
	FromUS  int64  `query:"from_us" required:"true" minimum:"1" maximum:"253402300799999999"`
	ToUS    int64  `query:"to_us" required:"true" minimum:"1" maximum:"253402300799999999" doc:"At most an hour after from_us; what is longer is cut"`
	Stream  string `query:"stream" enum:"main,sub" default:"main"`
}

func (s rooms) index(ctx context.Context, in *indexIn) (Index, error) {
	if known("viw_", in.Viewing, "") != nil || known("cam_", in.Camera, "") != nil {
		return Index{}, custody.Errorf(custody.NotFound, "there is nothing here")
	}
	if in.ToUS <= in.FromUS {
		return Index{}, custody.Errorf(custody.Invalid, "to_us must be after from_us")
	}
	i, err := s.Viewing.Index(ctx, gate.PassOf(ctx).Actor, custody.ViewingID(in.Viewing), viewing.Request{Camera: custody.CameraID(in.Camera),
		Stream: media.StreamRole(in.Stream), Span: custody.Span{Start: custody.Instant(in.FromUS), End: custody.Instant(in.ToUS)}})
	if err != nil {
		return Index{}, err
	}
	return Index{Stream: string(i.Stream), Codec: i.Codec, Playable: i.Playable, Runs: each(i.Runs, runOut), Parts: each(i.Parts, partOut),
		Gaps: each(i.Gaps, gapOut), Restricted: each(i.Restricted, restrictedOut)}, nil
}

func runOut(r viewing.Run) IndexRun {
	return IndexRun{string(r.ID), "init/" + string(r.Init) + ".mp4", r.Width, r.Height, int64(r.Timescale)}
}

func partOut(p viewing.Part) IndexPart {
	return IndexPart{Segment: string(p.Segment), First: int(p.First), Last: int(p.Last), Run: string(p.Run), StartUS: us(p.Span.Start), EndUS: us(p.Span.End),
		Media: "media/" + string(p.Segment) + "/" + p.Name() + ".m4s", BaseTicks: p.BaseTicks, Growing: p.Growing,
		Samples: Samples{append([]int64{}, p.PTS...), each(p.Wall, us)}}
}
