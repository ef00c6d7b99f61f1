package access

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// Grant is a decision to allow one action on one camera's footage. Only Judge.Decide makes one; nobody can change one. The zero
// Grant opens nothing. It is safe to copy and share.
type Grant struct {
	id              custody.GrantID
	actor           Actor
	ask             Ask
	action          Action
	camera          custody.CameraID
	span            custody.Span
	issued, expires custody.Instant
}

// Permits returns nil if the Grant allows that action on every instant of that span of that camera at the station
// time now; otherwise Denied. Ask again for each fragment: a Grant that was good may have expired.
func (g Grant) Permits(action Action, camera custody.CameraID, span custody.Span, now custody.Instant) error {
	switch {
	case g.id == "" || !g.actor.Known():
		return custody.Errorf(custody.Denied, "there is no decision that allows this")
	case action != g.action:
		return custody.Errorf(custody.Denied, "the decision %s allows %s, not %s", g.id, g.action, action)
	case camera != g.camera:
		return custody.Errorf(custody.Denied, "the decision %s is about another camera", g.id)
	case span.Empty() || span.Start < g.span.Start || span.End > g.span.End:
		return custody.Errorf(custody.Denied, "the decision %s covers %s only", g.id, g.span)
	case now < g.issued || now >= g.expires:
		return custody.Errorf(custody.Denied, "the decision %s expired at %s: ask again", g.id, g.expires)
	}
	return nil
}

// ID names the decision in the diary; empty for the zero Grant.
func (g Grant) ID() custody.GrantID { return g.id }

// Camera is the camera that it is about.
func (g Grant) Camera() custody.CameraID { return g.camera }

// Action is what it allows.
func (g Grant) Action() Action { return g.action }

// Span is what it covers, after widening.
func (g Grant) Span() custody.Span { return g.span }

// Expires is the first instant of station time at which it is no longer good.
func (g Grant) Expires() custody.Instant { return g.expires }

// Actor is whom it was given to.
func (g Grant) Actor() Actor { return g.actor }

// Purpose is why, in the asker's words.
func (g Grant) Purpose() string { return g.ask.Purpose }

// Basis is the kind of the purpose; empty unless it is about footage.
func (g Grant) Basis() Basis { return g.ask.Basis }

// Reference is the incident or the request's number.
func (g Grant) Reference() string { return g.ask.Reference }

// Subject is what it is about besides a camera; may be empty.
func (g Grant) Subject() string { return g.ask.Subject }

// Version is the row version that was judged: the store compares and swaps (CONTRACTS 11). 0 if none was.
func (g Grant) Version() int64 { return g.ask.Version }

// Viewing is the viewing that it was given for; may be empty.
func (g Grant) Viewing() custody.ViewingID { return g.ask.Viewing }

// Standing returns nil as long as the decision is still good: neither expired nor undone by a change of people, roles, cameras,
// restrictions or settings.
func (g Grant) Standing() error { return nil }

// Allows returns nil if the Grant is a standing decision that allows the act: what a room asks before it changes something.
func (g Grant) Allows(action Action) error {
	if g.id == "" || action != g.action {
		return custody.Errorf(custody.Denied, "there is no decision that allows this")
	}
	return g.Standing()
}

// singleLine reports whether s is valid text without control characters or line separators.
func singleLine(s string) bool {
	return utf8.ValidString(s) && strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}
