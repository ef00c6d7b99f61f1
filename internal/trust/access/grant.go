package access

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/footage-custody/custody/internal/custody"
)

// Grant is a decision to allow one act: an action on one camera's footage, or one of a site's own affairs. Only Judge.Decide makes one;
// nobody can change one. The zero Grant opens nothing. It is comparable, and safe to copy and share: all copies stand and fall together.
type Grant struct {
	id              custody.GrantID
	actor           Actor
	ask             Ask
	span            custody.Span
	issued, expires custody.Instant
	standing        *standing
}

// standing is what the copies of a Grant share: the judge's last word about it. It lives as long as they do, so nothing has to be
// bounded or forgotten.
type standing struct {
	judge   *Judge
	mu      sync.Mutex // held by the one who asks the rules again
	verdict atomic.Pointer[verdict]
}

// Permits returns nil if the Grant allows that action on that camera's footage of that span at the station time now, and the decision
// still stands. Ask again for each fragment, with the whole span of the fragment: one that begins inside the Grant's span may end up to five
// minutes beyond it, but no part of it may be closed by a restriction or by its age (CONTRACTS 6; doc.go has the whole rule).
//
// Errors: Denied; Unavailable while it cannot be known whether the decision stands. It costs less than a microsecond unless something
// changed; about once a second one caller waits for the generation, at most two seconds.
func (g Grant) Permits(action Action, camera custody.CameraID, span custody.Span, now custody.Instant) error {
	switch {
	case g.id == "" || !g.actor.Known():
		return custody.Errorf(custody.Denied, "there is no decision that allows this")
	case action != g.ask.Action:
		return custody.Errorf(custody.Denied, "the decision %s allows %s, not %s", g.id, g.ask.Action, action)
	case camera != g.ask.Camera:
		return custody.Errorf(custody.Denied, "the decision %s is about another camera", g.id)
	case span.Empty() || !g.span.Contains(span.Start) || span.End > g.span.End.Add(reach):
		return custody.Errorf(custody.Denied, "the decision %s covers %s only", g.id, g.span)
	case now < g.issued:
		return custody.Errorf(custody.Denied, "the decision %s begins at %s only", g.id, g.issued)
	}
	v, now, err := g.current(now)
	if err != nil {
		return err
	}
	if !v.open(span, now) {
		return custody.Errorf(custody.Denied, "a part of the decision %s is closed to you: a restriction lies on this footage, or it is too old", g.id)
	}
	return nil
}

// Standing returns nil as long as the decision is good: it has neither expired nor been undone by a change of people, roles, sessions,
// cameras, restrictions or settings. Errors are those of Permits. A decision that was undone stays so whatever changes back.
func (g Grant) Standing() error {
	if g.id == "" || !g.actor.Known() {
		return custody.Errorf(custody.Denied, "there is no decision that allows this")
	}
	_, _, err := g.current(0)
	return err
}

// Allows returns nil if the Grant is a decision that stands and allows the act: what a room asks before it changes something.
func (g Grant) Allows(action Action) error {
	if g.id == "" || action != g.ask.Action {
		return custody.Errorf(custody.Denied, "there is no decision that allows %s", action)
	}
	return g.Standing()
}

// Sees reports whether who prepares or decides an item may know when there is footage of its camera, as the judge last saw it: whoever may
// not is told nothing of it in a refusal either.
func (g Grant) Sees() bool {
	if g.id == "" {
		return false
	}
	v := g.standing.verdict.Load()
	return v.refusal == nil && v.sees
}

// current is the judge's last word, renewed if something may have changed, and the instant that counts: the caller's or the latest that
// the judge ever saw.
func (g Grant) current(now custody.Instant) (*verdict, custody.Instant, error) {
	j, v := g.standing.judge, g.standing.verdict.Load()
	now = max(now, j.now())
	if now >= g.expires {
		return nil, now, custody.Errorf(custody.Denied, "the decision %s expired at %s: ask again", g.id, g.expires)
	}
	if v.refusal != nil {
		return nil, now, v.refusal.err(g.ask)
	}
	generation, err := j.generation.current()
	if err != nil {
		return nil, now, err
	}
	if generation != v.generation || now >= v.horizon {
		if v, err = g.again(now); err != nil {
			return nil, now, err
		}
	}
	return v, now, nil
}

// again puts the Ask to the rules once more. A no is final and is recorded; what cannot be known is closed for now only.
func (g Grant) again(now custody.Instant) (*verdict, error) {
	st := g.standing
	st.mu.Lock()
	defer st.mu.Unlock()
	last := st.verdict.Load()
	if last.refusal != nil {
		return nil, last.refusal.err(g.ask)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readFor)
	defer cancel()
	s, err := st.judge.scene(ctx, g.actor, now)
	if err != nil {
		return nil, err
	}
	if s.generation == last.generation && now < last.horizon {
		return last, nil // another copy has asked meanwhile
	}
	v, err := s.decide(ctx, g.ask, g.span)
	if err != nil {
		return nil, err
	}
	st.verdict.Store(v)
	if v.refusal == nil {
		return v, nil
	}
	if g.ask.Action.opens() {
		d := detailOf(g.actor, g.ask)
		d.Granted, d.Reason, d.Rules = g.span.String(), v.refusal.says, v.clauses
		// The look ends whether or not this can be recorded now: what was leased of it is in the diary already.
		_ = st.judge.record(ctx, custody.EventFootageRevoked, now, g.actor, g.ask.Camera, string(g.id), d)
	}
	return nil, v.refusal.err(g.ask)
}

// ID names the decision in the diary; empty for the zero Grant.
func (g Grant) ID() custody.GrantID { return g.id }

// Camera is the camera that it is about; may be empty for a site's own affairs.
func (g Grant) Camera() custody.CameraID { return g.ask.Camera }

// Action is what it allows.
func (g Grant) Action() Action { return g.ask.Action }

// Span is what it covers, after widening.
func (g Grant) Span() custody.Span { return g.span }

// Expires is the first instant of station time at which it is no longer good.
func (g Grant) Expires() custody.Instant { return g.expires }

// Actor is whom it was given to.
func (g Grant) Actor() Actor { return g.actor }

// Purpose is why, in the asker's words.
func (g Grant) Purpose() string { return g.ask.Purpose }

// Basis is the kind of the purpose; empty unless somebody looks.
func (g Grant) Basis() Basis { return g.ask.Basis }

// Reference is the incident or the request's number.
func (g Grant) Reference() string { return g.ask.Reference }

// Subject is what it is about besides a camera; may be empty.
func (g Grant) Subject() string { return g.ask.Subject }

// Version is the row version that was judged: the store compares and swaps (CONTRACTS 11). 0 if none was.
func (g Grant) Version() int64 { return g.ask.Version }

// Viewing is the viewing that it was given for; may be empty.
func (g Grant) Viewing() custody.ViewingID { return g.ask.Viewing }
