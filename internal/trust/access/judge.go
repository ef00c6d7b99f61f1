package access

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/footage-custody/custody/internal/custody"
)

// Diary commits events durably before it returns nil. *audit.Log is one.
type Diary interface {
	Append(ctx context.Context, events ...custody.Event) error
}

// Judge decides. It is safe for concurrent use; a process has one.
type Judge struct {
	facts      Facts
	diary      Diary
	clock      custody.Clock
	policy     policy
	generation watch
	latest     atomic.Int64 // the latest instant that the clock ever showed: a step back revives nothing
	flood      flood
	powers     func() []Power // what each role may do, found once
}

// NewJudge returns the judge of a site.
func NewJudge(facts Facts, diary Diary, clock custody.Clock) *Judge {
	j := &Judge{facts: facts, diary: diary, clock: clock, policy: readPolicy(policyText), generation: watch{facts: facts, clock: clock}}
	j.powers = sync.OnceValue(j.explain)
	return j
}

// now is the latest instant that the clock ever showed.
func (j *Judge) now() custody.Instant {
	now := int64(j.clock.Now())
	for {
		latest := j.latest.Load()
		if now <= latest {
			return custody.Instant(latest)
		}
		if j.latest.CompareAndSwap(latest, now) {
			return custody.Instant(now)
		}
	}
}

// Decide answers an Ask. It returns a Grant only after its event is durable (A1): footage.read for footage, act.allowed for a site's own
// affairs.
//
// Errors: Invalid (a malformed Ask; no event), Denied (with the reason and who can do it, see WhoCan; nobody is always Denied), NotFound
// (the camera does not exist for this actor: both look the same, CONTRACTS 16), Conflict (the camera is no longer the one of Ask.Version),
// Unavailable (the facts cannot be read or the diary cannot be written). A refusal of somebody known is recorded as footage.refused or
// act.refused, the same one at most once a minute.
func (j *Judge) Decide(ctx context.Context, actor Actor, ask Ask) (Grant, error) {
	if !actor.Known() {
		return Grant{}, custody.Errorf(custody.Denied, "nobody may not do this: sign in first")
	}
	now := j.now()
	if err := ask.validate(now); err != nil {
		return Grant{}, err
	}
	s, err := j.scene(ctx, actor, now)
	if err != nil {
		return Grant{}, err
	}
	span := ask.granted()
	v, err := s.decide(ctx, ask, span)
	if err != nil {
		return Grant{}, err
	}
	if v.refusal != nil {
		return Grant{}, j.recordRefusal(ctx, s, ask, v)
	}
	if ask.Version != 0 && v.camera.ID != "" && ask.Version != v.camera.Version {
		return Grant{}, custody.Errorf(custody.Conflict, "the camera was changed meanwhile: look again")
	}
	if ask.Version == 0 {
		ask.Version = v.camera.Version
	}
	g := Grant{id: custody.NewGrantID(), actor: actor, ask: ask, span: span, issued: now, expires: now.Add(ask.lifetime(s.settings)), standing: &standing{judge: j}}
	if err := j.recordGrant(ctx, g, v); err != nil {
		return Grant{}, err
	}
	g.standing.verdict.Store(v)
	return g, nil
}

// detail is the body of the judge's events. Spans are ISO 8601 intervals in UTC; rules are names of policy.cedar.
type detail struct {
	Action    Action            `json:"action"`
	Grant     custody.GrantID   `json:"grant,omitempty"`
	About     string            `json:"about,omitempty"` // the item of a request under which footage is read
	Asked     string            `json:"asked,omitempty"`
	Granted   string            `json:"granted,omitempty"`
	Purpose   string            `json:"purpose,omitempty"`
	Basis     Basis             `json:"basis,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Viewing   custody.ViewingID `json:"viewing,omitempty"`
	Session   custody.SessionID `json:"session,omitempty"`
	Expires   string            `json:"expires,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Camera    custody.CameraID  `json:"camera,omitempty"` // that was named although there is none for the asker
	Rules     []string          `json:"rules,omitempty"`
	Again     int               `json:"again,omitempty"` // how often the same was refused since it was last recorded
}

func detailOf(actor Actor, ask Ask) detail {
	d := detail{Action: ask.Action, Purpose: ask.Purpose, Basis: ask.Basis, Reference: ask.Reference, Viewing: ask.Viewing, Session: actor.Session()}
	if !ask.Span.Empty() {
		d.Asked = ask.Span.String()
	}
	return d
}

func (j *Judge) recordGrant(ctx context.Context, g Grant, v *verdict) error {
	d := detailOf(g.actor, g.ask)
	d.Expires, d.Rules = g.expires.String(), v.clauses
	t, subject := custody.EventFootageRead, string(g.id)
	if g.ask.Action.footage() {
		d.Granted = g.span.String()
	}
	if g.ask.Action.opens() {
		d.About = g.ask.Subject
	} else if t = custody.EventActAllowed; g.ask.Subject != "" {
		d.Grant, subject = g.id, g.ask.Subject
	}
	return j.record(ctx, t, g.issued, g.actor, g.ask.Camera, subject, d)
}

func (j *Judge) record(ctx context.Context, t custody.EventType, at custody.Instant, actor Actor, camera custody.CameraID, subject string, d detail) error {
	ev, err := custody.NewEvent(t, at, actor.String(), camera, subject, d)
	if err != nil {
		return err
	}
	return custody.Wrap(custody.Unavailable, j.diary.Append(ctx, ev), "this stays closed while the diary cannot be written: try again")
}
