package identity

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Authentication is who acts, in which session, and how far that session has come. Only the Actor proves anything; the
// rest is for showing.
type Authentication struct {
	Actor   Actor
	Staff   Staff
	Session Session
	Stage   Stage
	Address string // network address of this request
	Renewed Secret // the token to use from now on; empty while the one in use is good
}

// How a session was opened.
const (
	ByPassword   = "password"
	ByTOTP       = "password+totp"
	ByRecovery   = "password+recovery"
	ByPasskey    = "passkey"
	ByInvitation = "invitation"
)

// touchEvery is how often the use of a session is stored at most; Idle is exact to this much.
const touchEvery = time.Minute

func errSignIn(cause error) error {
	return &custody.Error{Kind: custody.Denied, Public: "sign in to go on", Cause: cause}
}

var errStale = errors.New("the sign-in is not fresh")

// Stale is the cause of a refusal for nothing but a sign-in that is not fresh: NeedsConfirm knows it.
func Stale(cause error) error { return errors.Join(errStale, cause) }

// NeedsConfirm reports whether err asks for Confirm before the act is tried again.
func NeedsConfirm(err error) bool { return errors.Is(err, errStale) }

// Authenticate says whose token it is. The session's row is read every time: one that is ended, expired, idle or unknown, of a
// member who is disabled, and a token that is anything but a good one, get one same Denied. A store that does not answer
// is Unavailable. A token older than RenewAfter is answered with a fresh one.
func (r *Register) Authenticate(ctx context.Context, token Secret, address string) (Authentication, error) {
	c, err := r.read(token)
	if errors.Is(err, errToken) {
		return Authentication{}, errSignIn(err)
	}
	if err != nil {
		return Authentication{}, err
	}
	staff, session, err := r.standing(ctx, custody.StaffID(c.Subject), c.Session)
	if err != nil {
		return Authentication{}, err
	}
	now := r.clock.Now()
	if now >= session.Seen.Add(touchEvery) {
		session.Seen, session.Idle = now, now.Add(r.idle)
		if err := r.store.TouchSession(ctx, session.ID, session.Seen, session.Idle); err != nil {
			return Authentication{}, err
		}
	}
	a, err := r.authentication(ctx, staff, session, address)
	if err == nil && now.Sub(custody.InstantOf(c.IssuedAt.Time)) > RenewAfter {
		a.Renewed, err = r.issue(session)
	}
	if err != nil {
		return Authentication{}, err
	}
	return a, nil
}

// standing reads a session and its member, and refuses with Denied unless both stand now.
func (r *Register) standing(ctx context.Context, id custody.StaffID, sid custody.SessionID) (Staff, Session, error) {
	session, err := r.store.Session(ctx, sid)
	if err == nil && session.Staff != id {
		err = custody.Errorf(custody.NotFound, "the session belongs to somebody else")
	}
	var staff Staff
	if err == nil {
		staff, err = r.store.StaffByID(ctx, id)
	}
	if custody.KindOf(err) == custody.NotFound {
		return Staff{}, Session{}, errSignIn(err)
	}
	if err != nil {
		return Staff{}, Session{}, err
	}
	if !staff.Enabled || !session.stands(r.clock.Now()) {
		return Staff{}, Session{}, errSignIn(nil)
	}
	return staff, session, nil
}

func (s Session) stands(now custody.Instant) bool {
	return s.Ended == 0 && now < s.Expires && now < s.Idle
}

// own reads the session in which a member acts.
func (r *Register) own(ctx context.Context, who Actor) (Staff, Session, error) {
	if who.role != staff {
		return Staff{}, Session{}, custody.Errorf(custody.Denied, "only a member of staff has a session")
	}
	return r.standing(ctx, who.staff, who.session)
}

// ownFresh is own for changes of credentials: the sign-in is at most FreshFor old.
func (r *Register) ownFresh(ctx context.Context, who Actor) (Staff, Session, error) {
	s, session, err := r.own(ctx, who)
	if err == nil && r.clock.Now() >= session.Fresh.Add(FreshFor) {
		err = &custody.Error{Kind: custody.Denied, Public: "confirm first that it is you: give your password again", Cause: errStale}
	}
	return s, session, err
}

// ownEnrolling is ownFresh for who changes second factors. A session that opened by a password alone may add the first one only: since
// then its owner may have set one up elsewhere, and who has stolen nothing but the password must not put another beside it.
func (r *Register) ownEnrolling(ctx context.Context, who Actor) (Staff, Session, error) {
	s, session, err := r.ownFresh(ctx, who)
	if err == nil {
		err = outdone(s, session)
	}
	return s, session, err
}

// outdone refuses a session that opened by a password alone if a second factor stands by now.
func outdone(s Staff, session Session) error {
	if session.Enrol && (s.HasTOTP || s.Passkeys > 0) {
		return custody.Errorf(custody.Denied, "a second factor was set up meanwhile: sign in again with it")
	}
	return nil
}

func (r *Register) authentication(ctx context.Context, s Staff, session Session, address string) (Authentication, error) {
	stage, err := r.stage(ctx, s, session)
	if err != nil {
		return Authentication{}, err
	}
	return Authentication{Actor: Actor{role: staff, staff: s.ID, session: session.ID}, Staff: s, Session: session, Stage: stage, Address: address}, nil
}

func (r *Register) stage(ctx context.Context, s Staff, session Session) (Stage, error) {
	if session.Enrol || r.required && !s.HasTOTP && s.Passkeys == 0 {
		return StageEnrol, nil
	}
	version, days, err := r.policy.Policy(ctx)
	if err != nil {
		return "", err
	}
	if s.Acknowledged == 0 || s.Policy != version || r.clock.Now() >= s.Acknowledged.Add(time.Duration(days)*24*time.Hour) {
		return StageAcknowledge, nil
	}
	return StageFull, nil
}

// newSession is the row of a session that opens now.
func (r *Register) newSession(s Staff, method, address string, bearer bool) Session {
	now := r.clock.Now()
	return Session{
		ID: custody.NewSessionID(), Staff: s.ID, Opened: now, Seen: now, Fresh: now, Expires: now.Add(r.length), Idle: now.Add(r.idle),
		Enrol: r.required && !s.HasTOTP && s.Passkeys == 0, Method: method, Address: address, Bearer: bearer,
	}
}

type sessionDetail struct {
	Session  custody.SessionID `json:"session"`
	Method   string            `json:"method"`
	Address  string            `json:"address"`
	Bearer   bool              `json:"bearer,omitempty"`
	Enrol    bool              `json:"enrol_only,omitempty"`
	Failures int               `json:"failures_before,omitempty"` // refused attempts under the account since its last success
	Fresh    string            `json:"fresh,omitempty"`           // when credentials were last given in full
	Expires  string            `json:"expires,omitempty"`
	Enrolled bool              `json:"enrolled,omitempty"` // a second factor was set up: enrol_only is over
}

func (r *Register) opened(s Session, failures int) (custody.Event, error) {
	by := Actor{role: staff, staff: s.Staff}
	return r.eventAt(s.Opened, custody.EventSessionOpened, by, s.Staff, sessionDetail{Session: s.ID, Method: s.Method, Address: s.Address,
		Bearer: s.Bearer, Enrol: s.Enrol, Failures: failures, Fresh: s.Fresh.String(), Expires: s.Expires.String()})
}

// open opens a session for a member whose credentials were found good, under a fresh id. Afterwards it asks holds, and
// whether the member is still enabled, because either may have changed between the look at them and the opening.
func (r *Register) open(ctx context.Context, session Session, failures int, holds func(context.Context) (bool, error)) (Authentication, error) {
	if err := r.keep(ctx, session, failures); err != nil {
		return Authentication{}, err
	}
	still, err := holds(ctx)
	if err == nil && still {
		var s Staff
		s, err = r.store.StaffByID(ctx, session.Staff)
		still = s.Enabled
	}
	if err == nil && !still {
		err = errRefused()
	}
	if err != nil {
		return Authentication{}, errors.Join(err, r.end(ctx, System(), session, "credentials changed"))
	}
	return r.begin(ctx, session)
}

// keep stores a session, after making room for it.
func (r *Register) keep(ctx context.Context, session Session, failures int) error {
	r.opening.Lock()
	defer r.opening.Unlock()
	if err := r.thin(ctx, session.Staff); err != nil {
		return err
	}
	ev, err := r.opened(session, failures)
	if err != nil {
		return err
	}
	return r.store.OpenSession(ctx, session, ev)
}

// begin is the first answer in a stored session: who, and the token.
func (r *Register) begin(ctx context.Context, session Session) (Authentication, error) {
	s, session, err := r.standing(ctx, session.Staff, session.ID)
	if err != nil {
		return Authentication{}, err
	}
	a, err := r.authentication(ctx, s, session, session.Address)
	if err == nil {
		a.Renewed, err = r.issue(session)
	}
	if err != nil {
		return Authentication{}, err
	}
	return a, nil
}

// thin ends what is over and, of what stands, the oldest, so that one more is at most MaxSessions.
func (r *Register) thin(ctx context.Context, id custody.StaffID) error {
	all, err := r.store.Sessions(ctx, id)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Session) int { return int(min(1, max(-1, b.Opened-a.Opened))) })
	now, standing := r.clock.Now(), 0
	for _, s := range all {
		switch {
		case !s.stands(now):
			err = r.end(ctx, System(), s, "expired")
		case standing == MaxSessions-1:
			err = r.end(ctx, System(), s, "too many sessions")
		default:
			standing++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Register) end(ctx context.Context, by Actor, s Session, why string) error {
	now := r.clock.Now()
	ev, err := r.eventAt(now, custody.EventSessionClosed, by, s.Staff, map[string]any{"session": s.ID, "why": why})
	if err != nil {
		return err
	}
	return r.store.EndSession(ctx, s.ID, now, ev)
}

// endAll ends every session of a member.
func (r *Register) endAll(ctx context.Context, by Actor, id custody.StaffID, why string) error {
	now := r.clock.Now()
	ev, err := r.eventAt(now, custody.EventSessionClosed, by, id, map[string]any{"why": why})
	if err != nil {
		return err
	}
	return r.store.EndSessions(ctx, id, now, ev)
}

// maxSwept bounds how many sessions one Sweep ends.
const maxSwept = 500

// Sweep ends sessions whose time is over, so that the diary says when they were over soon after, and not only at the member's next
// sign-in. They were good for nothing before: this writes it down. What is left for the next time, if it is more than 500, is not lost.
func (r *Register) Sweep(ctx context.Context) error {
	all, err := r.store.StandingSessions(ctx)
	if err != nil {
		return err
	}
	now, swept := r.clock.Now(), 0
	for _, s := range all {
		if s.stands(now) || swept == maxSwept {
			continue
		}
		if err := r.end(ctx, System(), s, "expired"); err != nil {
			return err
		}
		swept++
	}
	return nil
}

// Sessions lists a member's sessions that stand, latest first.
func (r *Register) Sessions(ctx context.Context, id custody.StaffID) ([]Session, error) {
	all, err := r.store.Sessions(ctx, id)
	now := r.clock.Now()
	return slices.DeleteFunc(all, func(s Session) bool { return !s.stands(now) }), err
}

// SignOut ends the session in which the actor acts. Ending an ended one succeeds.
func (r *Register) SignOut(ctx context.Context, who Actor) error {
	_, session, err := r.own(ctx, who)
	if custody.KindOf(err) == custody.Denied && who.role == staff {
		return nil
	}
	if err != nil {
		return err
	}
	return r.end(ctx, who, session, "signed out")
}

// SignOutEverywhere ends every session of a member: one's own, or another's by who may manage staff.
func (r *Register) SignOutEverywhere(ctx context.Context, by Actor, id custody.StaffID) error {
	return r.endAll(ctx, by, id, "signed out everywhere")
}

// CSRF is the value that proves a request to come from the session's own page: bound to the session, no secret of its own
// use elsewhere. It changes when the token key is rotated.
func (r *Register) CSRF(id custody.SessionID) (string, error) {
	mac, err := r.keys.TokenMAC("csrf", string(id))
	return base64.RawURLEncoding.EncodeToString(mac[:]), err
}

// CheckCSRF compares in constant time; an error is a no.
func (r *Register) CheckCSRF(id custody.SessionID, value string) bool {
	want, err := r.CSRF(id)
	return err == nil && hmac.Equal([]byte(value), []byte(want))
}
