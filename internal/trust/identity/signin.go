package identity

import (
	"context"
	"errors"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Proof is what a member gives to show that it is them.
type Proof struct {
	Password Secret
	Code     Secret // the six digits of the moment, or a recovery code; empty without a second factor
	Address  string // network address of the request
}

// Attempt is one attempt to sign in.
type Attempt struct {
	Login string
	Proof
	Bearer bool // the client is no browser
}

// errRefused is the one answer to every wrong combination: unknown, disabled, wrong password, wrong or missing code.
func errRefused() error {
	return custody.Errorf(custody.Denied, "login, password or code is wrong")
}

// refusal says, for the diary only, what was wrong; empty if nothing was.
type refusal string

const (
	unknownLogin  refusal = "unknown login"
	disabled      refusal = "disabled"
	noPassword    refusal = "no password set"
	wrongPassword refusal = "wrong password"
	wrongCode     refusal = "wrong code"
	wrongPasskey  refusal = "wrong passkey"
	wrongLink     refusal = "wrong invitation"
)

// SignIn opens a session. Every wrong combination gets one same Denied after the same work; a throttled attempt, of
// whatever account, gets Exhausted (Wait) without any. The answer carries the session's first token in Renewed.
func (r *Register) SignIn(ctx context.Context, a Attempt) (Authentication, error) {
	login := strings.ToLower(strings.TrimSpace(a.Login))
	if len(login) > 64 {
		login = login[:64] // longer than any login; only the throttle sees it
	}
	ls, err := r.throttle.limits(login, a.Address)
	if err != nil {
		return Authentication{}, err
	}
	if err := r.throttle.admit(ctx, ls); err != nil {
		return Authentication{}, err
	}
	s, err := r.byLogin(ctx, login)
	if err != nil {
		return Authentication{}, err
	}
	p, why, err := r.prove(ctx, s, a.Proof, true)
	if err != nil {
		return Authentication{}, errors.Join(err, r.throttle.takeBack(ctx, ls))
	}
	if why != "" {
		return Authentication{}, r.refuse(ctx, ls, s.ID, why, a.Address)
	}
	failures, err := r.throttle.forgive(ctx, ls)
	if err != nil {
		return Authentication{}, err
	}
	return r.open(ctx, r.newSession(s, p.method, a.Address, a.Bearer), failures, r.unchanged(s.ID, p.secrets.Password))
}

// byLogin finds a member; the zero Staff if there is none, or nobody could have such a login.
func (r *Register) byLogin(ctx context.Context, login string) (Staff, error) {
	if checkLogin(login) != nil {
		return Staff{}, nil
	}
	s, err := r.store.StaffByLogin(ctx, login)
	if custody.KindOf(err) == custody.NotFound {
		return Staff{}, nil
	}
	return s, err
}

// proved is what a good Proof leaves: how it was good, and the secrets as they are now stored.
type proved struct {
	method  string
	secrets Secrets
}

// prove checks a Proof, the second factor only if it is to be full. For a member who does not exist (the zero Staff) it does
// the same work.
func (r *Register) prove(ctx context.Context, s Staff, p Proof, full bool) (proved, refusal, error) {
	var secrets Secrets
	var err error
	if s.ID != "" {
		if secrets, err = r.store.Secrets(ctx, s.ID); err != nil {
			return proved{}, "", err
		}
	}
	password, encoded := p.Password, secrets.Password
	if len(password) > maxPassword {
		password, encoded = "", ""
	}
	ok, current, err := r.hasher.check(ctx, encoded, password)
	switch {
	case err != nil:
		return proved{}, "", err
	case s.ID == "":
		return proved{}, unknownLogin, nil
	case !s.Enabled:
		return proved{}, disabled, nil
	case secrets.Password == "":
		return proved{}, noPassword, nil
	case !ok:
		return proved{}, wrongPassword, nil
	case !full:
		return proved{ByPassword, secrets}, "", nil
	}
	return r.second(ctx, s, secrets, p, current)
}

// second checks the second factor and stores what it uses up, in one compare-and-swap: a code is good once, also when it is
// given twice at the same moment.
func (r *Register) second(ctx context.Context, s Staff, secrets Secrets, p Proof, current bool) (proved, refusal, error) {
	method, changed, why, err := r.useCode(s, &secrets, p.Code)
	if err != nil || why != "" {
		return proved{}, why, err
	}
	what := ""
	if !current {
		if secrets.Password, err = r.hasher.make(ctx, p.Password); err != nil {
			return proved{}, "", err
		}
		changed, what = true, "password hashed anew"
	}
	if method == ByRecovery {
		what = "recovery code used"
	}
	if !changed {
		return proved{method, secrets}, "", nil
	}
	var evs []custody.Event
	if what != "" {
		d := secretsChanged(what, secrets)
		d.Left = len(secrets.Codes)
		ev, err := r.event(custody.EventCredentialChanged, Actor{role: staff, staff: s.ID}, s.ID, d)
		if err != nil {
			return proved{}, "", err
		}
		evs = append(evs, ev)
	}
	err = r.store.SetSecrets(ctx, s.ID, secrets, false, "", evs...)
	if custody.KindOf(err) == custody.Conflict {
		return proved{}, wrongCode, nil
	}
	return proved{method, secrets}, "", err
}

// refuse writes a refusal down, not too often, and returns the one answer. A diary that does not write turns the
// answer into Unavailable, for everybody alike.
func (r *Register) refuse(ctx context.Context, ls []limit, id custody.StaffID, why refusal, address string) error {
	due, silent := r.refusals.due(ls, r.clock.Now())
	if !due {
		return errRefused()
	}
	ev, err := r.event(custody.EventSignInRefused, System(), id, map[string]any{"why": why, "address": address, "before": silent})
	if err != nil {
		return err
	}
	if err := r.diary.Append(ctx, ev); err != nil {
		return err
	}
	return errRefused()
}

// reprove checks a Proof within a session, throttled like a sign-in.
func (r *Register) reprove(ctx context.Context, s Staff, p Proof, full bool) (proved, error) {
	ls, err := r.throttle.limits(s.Login, p.Address)
	if err != nil {
		return proved{}, err
	}
	if err := r.throttle.admit(ctx, ls); err != nil {
		return proved{}, err
	}
	ok, why, err := r.prove(ctx, s, p, full)
	if err != nil {
		return proved{}, errors.Join(err, r.throttle.takeBack(ctx, ls))
	}
	if why != "" {
		return proved{}, r.refuse(ctx, ls, s.ID, why, p.Address)
	}
	_, err = r.throttle.forgive(ctx, ls)
	return ok, err
}

// Confirm is a fresh sign-in within the session: password and second factor in full. It does not lift StageEnrol.
func (r *Register) Confirm(ctx context.Context, who Actor, p Proof) (Authentication, error) {
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Authentication{}, err
	}
	ok, err := r.reprove(ctx, s, p, true)
	if err != nil {
		return Authentication{}, err
	}
	return r.confirm(ctx, who, session, ok.method, p.Address, false)
}

func (r *Register) confirm(ctx context.Context, who Actor, session Session, method, address string, enrolled bool) (Authentication, error) {
	now := r.clock.Now()
	ev, err := r.eventAt(now, custody.EventSessionConfirmed, who, who.staff,
		sessionDetail{Session: session.ID, Method: method, Address: address, Enrolled: enrolled})
	if err != nil {
		return Authentication{}, err
	}
	if err := r.store.ConfirmSession(ctx, session.ID, now, enrolled, ev); err != nil {
		return Authentication{}, err
	}
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Authentication{}, err
	}
	return r.authentication(ctx, s, session, address)
}

// ChangePassword takes the password in use and the next; the session is proof of the second factor. It ends every session of
// the member and opens this one anew, under another id.
func (r *Register) ChangePassword(ctx context.Context, who Actor, p Proof, next Secret) (Authentication, error) {
	s, session, err := r.own(ctx, who)
	if err != nil {
		return Authentication{}, err
	}
	if err := firstError(outdone(s, session), checkPassword(next, s)); err != nil {
		return Authentication{}, err
	}
	ok, err := r.reprove(ctx, s, p, false)
	if err != nil {
		return Authentication{}, err
	}
	if ok.secrets.Password, err = r.hasher.make(ctx, next); err != nil {
		return Authentication{}, err
	}
	if err := r.setSecrets(ctx, who, s, ok.secrets, "password", true); err != nil {
		return Authentication{}, err
	}
	again := r.newSession(s, session.Method, p.Address, session.Bearer)
	again.Enrol, again.Expires, again.Fresh = session.Enrol, session.Expires, session.Fresh
	return r.open(ctx, again, 0, r.unchanged(s.ID, ok.secrets.Password))
}

// unchanged reports whether a member's password is still the one that was found good: salts differ, so its hash tells.
func (r *Register) unchanged(id custody.StaffID, encoded string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		now, err := r.store.Secrets(ctx, id)
		return now.Password == encoded, err
	}
}

// setSecrets replaces a member's secrets and writes down what changed.
func (r *Register) setSecrets(ctx context.Context, by Actor, s Staff, secrets Secrets, what string, endSessions bool) error {
	d := secretsChanged(what, secrets)
	d.Left, d.SessionsEnded = len(secrets.Codes), endSessions
	ev, err := r.event(custody.EventCredentialChanged, by, s.ID, d)
	if err != nil {
		return err
	}
	return r.store.SetSecrets(ctx, s.ID, secrets, endSessions, "", ev)
}
