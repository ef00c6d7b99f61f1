package access

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Actor is who asks; rooms that may not import identity name it here.
type Actor = identity.Actor

// Action is what somebody wants to do with footage.
type Action string

const (
	FootageList   Action = "footage.list"   // learn when there is footage and when not; no pictures
	FootageRead   Action = "footage.read"   // look: the span widens to whole minutes (CONTRACTS 6)
	FootageExport Action = "footage.export" // write a copy: the span stays exact to the microsecond
)

// Limits of one Ask.
const (
	Lifetime   = 60 * time.Minute // of a Grant, by the station clock
	MaxPurpose = 500              // bytes
)

// Ask is one question to the judge.
type Ask struct {
	Action Action
	Camera custody.CameraID // what footage it is; of a site's own affairs the camera that the act is about, if any
	Span   custody.Span     // of footage; not empty. Of a site's own affairs it is empty
	// Purpose is why, in the asker's words: one line of 1 to 500 bytes, which goes into the diary. It may be empty for a site's own
	// affairs.
	Purpose   string
	Basis     Basis             // a member of staff who looks must give one
	Reference string            // the incident or the request's number, at most 80 bytes of one line; needed with OnRequest
	Subject   string            // id of what an act is about that is no camera; may be empty
	Version   int64             // the row version that the asker judged (CONTRACTS 11); 0 leaves it to the judge
	Viewing   custody.ViewingID // the viewing that looks; may be empty
	// For is how long the Grant is wanted; 0 means as long as the site allows. Never longer than Settings.ViewingMinutes for footage.
	For time.Duration
}

// Diary commits events durably before it returns nil. *audit.Log is one.
type Diary interface {
	Append(ctx context.Context, events ...custody.Event) error
}

// Judge decides. It is safe for concurrent use.
type Judge struct {
	facts Facts
	diary Diary
	clock custody.Clock
}

// NewJudge returns the judge of a site.
func NewJudge(facts Facts, diary Diary, clock custody.Clock) *Judge {
	return &Judge{facts: facts, diary: diary, clock: clock}
}

// Decide answers an Ask. It returns a Grant only after the event footage.read is durable (A1). A refusal is
// recorded as footage.refused and returned as Denied with the reason. If the diary cannot be written there is
// no Grant: Unavailable. A malformed Ask is Invalid and leaves no event, except that nobody is always Denied.
func (j *Judge) Decide(ctx context.Context, actor Actor, ask Ask) (Grant, error) {
	if !actor.Known() {
		return Grant{}, custody.Errorf(custody.Denied, "nobody may not read footage: sign in first")
	}
	if err := ask.validate(); err != nil {
		return Grant{}, err
	}
	now := j.clock.Now()
	if refusal := j.rule(ctx, actor); refusal != nil {
		d := detail{Action: ask.Action, Asked: ask.Span.String(), Purpose: ask.Purpose, Reason: refusal.Public}
		if err := j.record(ctx, custody.EventFootageRefused, now, actor, ask.Camera, "", d); err != nil {
			return Grant{}, err
		}
		return Grant{}, refusal
	}
	g := Grant{id: custody.NewGrantID(), ask: ask, actor: actor, action: ask.Action, camera: ask.Camera, span: ask.Span, issued: now, expires: now.Add(Lifetime)}
	if ask.Action == FootageRead {
		g.span = wholeMinutes(ask.Span)
	}
	d := detail{Action: ask.Action, Asked: ask.Span.String(), Granted: g.span.String(), Purpose: ask.Purpose, Expires: g.expires.String()}
	if err := j.record(ctx, custody.EventFootageRead, now, actor, ask.Camera, string(g.id), d); err != nil {
		return Grant{}, err
	}
	return g, nil
}

// rule is the law of this storey. It returns nil to allow.
func (j *Judge) rule(ctx context.Context, actor Actor) *custody.Error {
	if !actor.IsOperator() {
		return custody.Errorf(custody.Denied, "only the operator may read footage before staff accounts exist")
	}
	staff, err := j.facts.StaffExists(ctx)
	if err != nil {
		return &custody.Error{Kind: custody.Denied, Public: "footage stays closed while it cannot be known whether staff accounts exist: try again", Cause: err}
	}
	if staff {
		return custody.Errorf(custody.Denied, "the operator may not read footage once a staff account exists: a member of staff must ask")
	}
	return nil
}

// detail is the body of footage.read and footage.refused. Spans are ISO 8601 intervals in UTC.
type detail struct {
	Action  Action `json:"action"`
	Asked   string `json:"asked"`
	Granted string `json:"granted,omitempty"`
	Purpose string `json:"purpose"`
	Expires string `json:"expires,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func (j *Judge) record(ctx context.Context, t custody.EventType, at custody.Instant, actor Actor, camera custody.CameraID, grant string, d detail) error {
	ev, err := custody.NewEvent(t, at, actor.String(), camera, grant, d)
	if err != nil {
		return err
	}
	return custody.Wrap(custody.Unavailable, j.diary.Append(ctx, ev), "footage stays closed while the diary cannot be written")
}

func (a Ask) validate() error {
	switch a.Action {
	case FootageList, FootageRead, FootageExport:
	default:
		return custody.Errorf(custody.Invalid, "this is not an action on footage")
	}
	if !custody.ValidID("cam_", string(a.Camera)) {
		return custody.Errorf(custody.Invalid, "the camera is not named by its id")
	}
	if a.Span.Empty() || a.Span.Start <= 0 || a.Span.End > maxInstant {
		return custody.Errorf(custody.Invalid, "the span must end after it starts, between 1970 and 9999")
	}
	if a.Purpose == "" || len(a.Purpose) > MaxPurpose || !singleLine(a.Purpose) {
		return custody.Errorf(custody.Invalid, "the purpose must be one line of 1 to %d bytes", MaxPurpose)
	}
	return nil
}

const (
	maxInstant custody.Instant = 253_402_300_800_000_000 // 10000-01-01
	minute     custody.Instant = 60_000_000
)

func wholeMinutes(s custody.Span) custody.Span {
	return custody.Span{Start: s.Start - s.Start%minute, End: s.End + (minute-s.End%minute)%minute}
}
