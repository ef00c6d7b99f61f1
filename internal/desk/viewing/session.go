package viewing

import (
	"context"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Why a viewing ended.
const (
	WhyStopped = "stopped" // its owner stopped it
	WhyExpired = "expired"
	WhyRevoked = "revoked" // every decision behind it stopped being good: a role, an assignment, a session or a rule changed
	WhyRestart = "restart" // the site stopped, or started again after a crash
)

// session is one viewing that was opened here.
type session struct {
	Viewing    // never changes, but for Closed and Why
	actor      access.Actor
	admissions []Admission
	views      map[custody.CameraID]*view // of the cameras that were granted

	live   context.Context // ends with the viewing
	finish context.CancelFunc

	clips, transcodes turns

	mu      sync.Mutex
	closed  bool
	leases  map[leaseKey]*lease
	commits sync.WaitGroup
	runs    map[custody.RunID]Run
}

// view is what the judge said about one camera.
type view struct {
	look    access.Grant // FootageRead, or FootageLive
	still   access.Grant
	noStill error // why there is no Grant for stills
}

// maxRuns bounds what a viewing remembers of runs.
const maxRuns = 1024

func newSession(v Viewing, actor access.Actor) *session {
	s := &session{Viewing: v, actor: actor, views: map[custody.CameraID]*view{}, leases: map[leaseKey]*lease{},
		runs:  map[custody.RunID]Run{},
		clips: newTurns(clipsOfViewing), transcodes: newTurns(transcodesOfViewing)}
	s.live, s.finish = context.WithCancel(context.Background())
	return s
}

// opened is the session as its owner sees it.
func (s *session) opened() Opened { return Opened{s.Viewing, s.admissions} }

// admitted lists the granted cameras in the order asked.
func (s *session) admitted() []custody.CameraID {
	var out []custody.CameraID
	for _, c := range s.Cameras {
		if s.views[c] != nil {
			out = append(out, c)
		}
	}
	return out
}

// undone reports whether every decision behind the viewing has stopped being good. What cannot be known just now is not undone.
func (s *session) undone() bool {
	for _, v := range s.views {
		if err := v.look.Standing(); !refused(err) {
			return false
		}
	}
	return true
}

// find returns an open viewing of that actor and session with that camera. What is somebody else's, what does not exist and a camera
// that is not in it look alike (CONTRACTS 16); one that ended says so to its owner.
func (d *Desk) find(actor access.Actor, id custody.ViewingID, camera custody.CameraID) (*session, *view, error) {
	s, err := d.mine(actor, id)
	if err != nil {
		return nil, nil, err
	}
	v := s.views[camera]
	if v == nil {
		return nil, nil, noViewing()
	}
	return s, v, s.over(d.p.Clock.Now())
}

func noViewing() error {
	return custody.Errorf(custody.NotFound, "there is no such viewing, or no such camera in it")
}

// mine returns a viewing that the actor opened in this session, ended ones included as long as they are remembered.
func (d *Desk) mine(actor access.Actor, id custody.ViewingID) (*session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.open[id]
	for i := 0; s == nil && i < len(d.ended); i++ {
		if d.ended[i].ID == id {
			s = d.ended[i]
		}
	}
	if s == nil || !actor.Known() || s.actor != actor {
		return nil, noViewing()
	}
	return s, nil
}

// over says why a viewing is not open any more; nil if it is.
func (s *session) over(now custody.Instant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	why := s.Why
	if !s.closed && now >= s.Expires {
		why = WhyExpired
	}
	switch why {
	case "":
		return nil
	case WhyExpired:
		return custody.Errorf(custody.Denied, "the viewing expired: open a new one")
	case WhyRevoked:
		return custody.Errorf(custody.Denied, "the viewing was ended because what allowed it has changed: open a new one")
	}
	return custody.Errorf(custody.Denied, "the viewing was ended: open a new one")
}

// Close ends the actor's own viewing and records it. NotFound unless it is the actor's and of this session; closing again is success.
func (d *Desk) Close(_ context.Context, actor access.Actor, id custody.ViewingID) error {
	s, err := d.mine(actor, id)
	if err != nil {
		return err
	}
	d.end(s, WhyStopped)
	return nil
}

// ByID tells about one of the actor's own viewings, of whichever session. NotFound otherwise.
func (d *Desk) ByID(ctx context.Context, actor access.Actor, id custody.ViewingID) (Opened, error) {
	if s, err := d.mine(actor, id); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.opened(), nil
	}
	if actor.Staff() == "" || !custody.ValidID("viw_", string(id)) {
		return Opened{}, noViewing()
	}
	v, err := d.p.Store.ViewingByID(ctx, id)
	if custody.KindOf(err) == custody.NotFound || err == nil && v.Staff != actor.Staff() {
		return Opened{}, noViewing()
	}
	return Opened{Viewing: v}, err
}

// List tells about viewings, latest first: the actor's own under a Scope of access.AuditOwn, everybody's under access.AuditRead.
func (d *Desk) List(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]Viewing, error) {
	return d.p.Store.Viewings(ctx, scope, before, limit)
}

// streams finds the camera's streams in that role, main if it is empty: more than one if a stream was replaced and the
// old one has footage. The newest comes first.
func (d *Desk) streams(ctx context.Context, camera custody.CameraID, role media.StreamRole) ([]custody.StreamID, error) {
	all, err := d.p.Streams.Streams(ctx, camera)
	if err != nil {
		return nil, unavailable(err)
	}
	if role == "" {
		role = media.Main
	}
	var out []custody.StreamID
	for _, s := range all {
		if s.Role == role {
			out = append(out, s.ID)
		}
	}
	if len(out) == 0 {
		return nil, custody.Errorf(custody.NotFound, "the camera has no such stream")
	}
	return out, nil
}
