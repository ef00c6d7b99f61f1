package viewing

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Ask is what somebody wants to look at, and why.
type Ask struct {
	Basis     access.Basis
	Reference string // the incident or the request's number
	Text      string // one line of 1 to 500 bytes
	Cameras   []custody.CameraID
	Live      bool
	Span      custody.Span // ignored for a live viewing
	Minutes   int          // how long the viewing is to last; 0 for as long as allowed
}

// Admission is the answer for one camera.
type Admission struct {
	Camera  custody.CameraID
	Granted custody.Span // whole minutes around what was asked (CONTRACTS 6); empty if refused
	Refusal error        // nil if granted; NotFound or Denied otherwise
}

// Opened is a viewing and what came of each camera asked for, in the order asked.
type Opened struct {
	Viewing
	Admissions []Admission
}

// Open opens a viewing. The judge decides each camera, and its decisions are in the diary before Open returns. A camera that was
// refused is in the answer with the reason; if all were, the error is the first refusal and no viewing is opened.
// Errors: Invalid, Exhausted (too many open viewings), Denied, NotFound, Unavailable (the diary cannot be written).
func (d *Desk) Open(ctx context.Context, actor access.Actor, ask Ask) (Opened, error) {
	if err := ask.validate(); err != nil {
		return Opened{}, err
	}
	if err := d.take(actor); err != nil {
		return Opened{}, err
	}
	s, err := d.admit(ctx, actor, ask)
	if err != nil {
		d.giveBack(actor)
		return Opened{}, err
	}
	d.mu.Lock()
	stopped := d.stopped
	if !stopped {
		d.open[s.ID] = s
	}
	d.mu.Unlock()
	if stopped {
		d.end(s, WhyRestart)
		return Opened{}, custody.Errorf(custody.Unavailable, "the site is stopping: open the viewing again in a moment")
	}
	return s.opened(), nil
}

// admit asks the judge about every camera and stores the viewing.
func (d *Desk) admit(ctx context.Context, actor access.Actor, ask Ask) (*session, error) {
	now := d.p.Clock.Now()
	s := newSession(Viewing{ID: custody.NewViewingID(), Staff: actor.Staff(), Session: actor.Session(), Basis: ask.Basis, Reference: ask.Reference,
		Text: ask.Text, Cameras: slices.Clone(ask.Cameras), Live: ask.Live, Span: ask.Span, Opened: now}, actor)
	if ask.Live {
		length := time.Duration(ask.Minutes) * time.Minute
		if length == 0 {
			length = MaxMinutes * time.Minute
		}
		s.Span = custody.Span{Start: now, End: now.Add(length)}
	}
	if err := d.decideAll(ctx, s, time.Duration(ask.Minutes)*time.Minute); err != nil {
		return nil, err
	}
	if len(s.views) == 0 {
		return nil, s.admissions[0].Refusal
	}
	s.Cameras = s.admitted() // the others are in the diary, and in the answer
	s.Expires = now.Add(MaxMinutes * time.Minute)
	for _, v := range s.views {
		s.Expires = min(s.Expires, v.look.Expires())
	}
	if ask.Live {
		s.Span.End = min(s.Span.End, s.Expires)
	}
	ev, err := custody.NewEvent(custody.EventViewingOpened, now, actor.String(), "", string(s.ID), openedDetail{
		Session: actor.Session(), Basis: ask.Basis, Reference: ask.Reference, Text: ask.Text, Cameras: s.Cameras, Live: ask.Live, Span: s.Span.String(), Expires: s.Expires.String()})
	if err == nil {
		err = d.p.Store.OpenViewing(ctx, s.Viewing, ev)
	}
	return s, unavailable(err)
}

type openedDetail struct {
	Session   custody.SessionID  `json:"session"`
	Basis     access.Basis       `json:"basis"`
	Reference string             `json:"reference,omitempty"`
	Text      string             `json:"text"`
	Cameras   []custody.CameraID `json:"cameras"`
	Live      bool               `json:"live"`
	Span      string             `json:"span"`
	Expires   string             `json:"expires"`
}

// decideAll asks the judge, a few cameras at a time. Only a refusal is an answer; any other error ends it.
func (d *Desk) decideAll(ctx context.Context, s *session, length time.Duration) error {
	views := make([]*view, len(s.Cameras))
	s.admissions = make([]Admission, len(s.Cameras))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, camera := range s.Cameras {
		g.Go(func() (err error) {
			s.admissions[i].Camera = camera
			views[i], err = d.decide(ctx, s, camera, length)
			if refused(err) {
				s.admissions[i].Refusal, err = err, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, v := range views {
		if v != nil {
			s.views[s.Cameras[i]] = v
			s.admissions[i].Granted = v.look.Span()
		}
	}
	return nil
}

// liveLead is how much earlier a live look may begin: the group of pictures that is shown now began a moment ago.
const liveLead = 10 * time.Second

// decide asks about one camera: to look, and to make single pictures, which the rules may refuse on its own.
func (d *Desk) decide(ctx context.Context, s *session, camera custody.CameraID, length time.Duration) (*view, error) {
	ask := access.Ask{Action: access.FootageRead, Camera: camera, Span: s.Span, Purpose: s.Text, Basis: s.Basis, Reference: s.Reference,
		Viewing: s.ID, For: length}
	if s.Live {
		ask.Action = access.FootageLive
		ask.Span.Start = ask.Span.Start.Add(-liveLead)
	}
	v := &view{}
	var err error
	if v.look, err = d.p.Judge.Decide(ctx, s.actor, ask); err != nil {
		return nil, err
	}
	ask.Action = access.FootageStill
	if v.still, v.noStill = d.p.Judge.Decide(ctx, s.actor, ask); v.noStill != nil && !refused(v.noStill) {
		return nil, v.noStill
	}
	return v, nil
}

func refused(err error) bool {
	k := custody.KindOf(err)
	return err != nil && (k == custody.Denied || k == custody.NotFound)
}

// take reserves a place for a viewing.
func (d *Desk) take(actor access.Actor) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !actor.Known():
		return custody.Errorf(custody.Denied, "nobody may not look at footage: sign in first")
	case d.stopped:
		return custody.Errorf(custody.Unavailable, "the site is stopping: open the viewing again in a moment")
	case d.seats[actor] >= MaxOfSession:
		return custody.Errorf(custody.Exhausted, "%d viewings are open in this session: stop one first", MaxOfSession)
	case d.taken >= MaxOpen:
		return custody.Errorf(custody.Exhausted, "too many viewings are open at this site: try again later")
	}
	d.seats[actor]++
	d.taken++
	return nil
}

func (d *Desk) giveBack(actor access.Actor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken--
	if d.seats[actor]--; d.seats[actor] <= 0 {
		delete(d.seats, actor)
	}
}

func (a Ask) validate() error {
	switch {
	case a.Basis != access.Incident && a.Basis != access.OnRequest && a.Basis != access.Reason:
		return custody.Errorf(custody.Invalid, "basis: choose incident, request or reason")
	case a.Basis == access.OnRequest && a.Reference == "":
		return custody.Errorf(custody.Invalid, "reference: give the number of the request")
	case len(a.Reference) > maxReferenceID || a.Reference != "" && !oneLine(a.Reference):
		return custody.Errorf(custody.Invalid, "reference: write one line of at most %d bytes", maxReferenceID)
	case len(a.Text) > access.MaxPurpose || !oneLine(a.Text):
		return custody.Errorf(custody.Invalid, "text: say why in one line of at most %d bytes", access.MaxPurpose)
	case len(a.Cameras) == 0 || len(a.Cameras) > MaxCameras:
		return custody.Errorf(custody.Invalid, "cameras: choose 1 to %d", MaxCameras)
	case a.Minutes < 0 || a.Minutes > MaxMinutes:
		return custody.Errorf(custody.Invalid, "minutes: choose 1 to %d, or leave it out", MaxMinutes)
	case !a.Live && (a.Span.Empty() || a.Span.Start <= 0):
		return custody.Errorf(custody.Invalid, "to: the span must end after it begins")
	case !a.Live && a.Span.Duration() > MaxSpan:
		return custody.Errorf(custody.Invalid, "to: the span may be at most %d days long", int(MaxSpan/(24*time.Hour)))
	}
	seen := map[custody.CameraID]bool{}
	for _, c := range a.Cameras {
		if !custody.ValidID("cam_", string(c)) || seen[c] {
			return custody.Errorf(custody.Invalid, "cameras: name each camera once, by its id")
		}
		seen[c] = true
	}
	return nil
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}
