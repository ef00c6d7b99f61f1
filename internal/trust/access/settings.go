package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// DefaultSettings are those of a new site.
func DefaultSettings() Settings {
	return Settings{ViewingMinutes: 60, ViewerAgeDays: 30, PolicyVersion: "1", PolicyText: defaultPolicyText, AcknowledgeDays: 365}
}

// defaultPolicyText is what a new site's database holds too: what was never changed is held against it.
const defaultPolicyText = `Cameras protect people, the building and what is in it. They serve no other purpose.
Only authorised staff look at recordings or live pictures, and only for a purpose that they state beforehand.
Every look is recorded: who, which camera, which minutes, and why. The record cannot be changed.
Look at no more than the purpose needs. Do not look out of curiosity, and not to watch a colleague or a patron.
Recordings are public records. Anyone may ask for them; pass every request on to the lawful custodian at once.
The police receive recordings of crimes at the library on request, through the custodian. Nobody gives a copy on their own.
What shows who read or borrowed what is confidential by law. Cameras of that class are for those whose work needs them.
Do not photograph, film or forward what a screen shows. Copies are made by the program alone, after a decision.
Sign in as yourself, keep your password and second factor to yourself, and sign out when you leave.
Report at once if you saw something that you should not have seen, or believe that somebody else did.`

const day = 24 * time.Hour

// AcknowledgedUntil is the first instant at which the member's acknowledgement of the policy no longer counts; 0 if they never
// acknowledged the present version.
func (s Settings) AcknowledgedUntil(m identity.Staff) custody.Instant {
	if m.Acknowledged == 0 || m.Policy != s.PolicyVersion {
		return 0
	}
	return m.Acknowledged.Add(time.Duration(max(s.AcknowledgeDays, 0)) * day)
}

// viewing is how long a Grant of footage is good.
func (s Settings) viewing() time.Duration {
	return time.Duration(min(max(s.ViewingMinutes, 5), 480)) * time.Minute
}

// ageLimit is how old footage may be that viewers see.
func (s Settings) ageLimit() time.Duration {
	return time.Duration(min(max(s.ViewerAgeDays, 1), 3650)) * day
}

// Check is nil, or Invalid naming the first setting that is out of range.
func (s Settings) Check() error {
	for _, n := range []struct {
		field         string
		value, lo, hi int
	}{{"viewing_minutes", s.ViewingMinutes, 5, 480}, {"viewer_age_days", s.ViewerAgeDays, 1, 3650}, {"acknowledge_days", s.AcknowledgeDays, 1, 3650}} {
		if n.value < n.lo || n.value > n.hi {
			return custody.Errorf(custody.Invalid, "%s: it must be from %d to %d", n.field, n.lo, n.hi)
		}
	}
	if n := utf8.RuneCountInString(s.PolicyVersion); n < 1 || n > 40 || !singleLine(s.PolicyVersion) {
		return custody.Errorf(custody.Invalid, "policy_version: it must be one line of 1 to 40 characters")
	}
	if len(s.PolicyText) > 20000 || !utf8.ValidString(s.PolicyText) {
		return custody.Errorf(custody.Invalid, "policy_text: it must be text of at most 20000 bytes")
	}
	if s.SetUp < 0 {
		return custody.Errorf(custody.Invalid, "set_up: it must be an instant")
	}
	return nil
}

// Rules are the rules' own parameters - settings and restrictions - as people change them. Every change takes a Grant, every list a Scope.
// It keeps nothing in memory and is safe for concurrent use.
type Rules struct {
	facts Facts
	store Store
	clock custody.Clock
}

// NewRules returns the rules over a store.
func NewRules(facts Facts, store Store, clock custody.Clock) *Rules {
	return &Rules{facts, store, clock}
}

// Settings are the standing ones, under a Scope of SettingView.
func (r *Rules) Settings(ctx context.Context, s Scope) (Settings, error) {
	if s.Action() != SettingView || !s.Everything() {
		return Settings{}, custody.Errorf(custody.Denied, "there is no decision that shows the settings")
	}
	return r.facts.Settings(ctx)
}

// SetSettings replaces the settings under a Grant of SettingManage and records setting.changed. It returns them with their new version.
// Invalid names the field that is wrong; Conflict says that somebody else changed them since s.Version. Set-up that was finished stays
// finished at that instant.
func (r *Rules) SetSettings(ctx context.Context, g Grant, s Settings) (Settings, error) {
	if err := g.Allows(SettingManage); err != nil {
		return Settings{}, err
	}
	if err := s.Check(); err != nil {
		return Settings{}, err
	}
	before, err := r.facts.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	if before.Version != s.Version || g.Version() != 0 && g.Version() != s.Version {
		return Settings{}, custody.Errorf(custody.Conflict, "the settings were changed meanwhile: look again")
	}
	if before.SetUp != 0 {
		s.SetUp = before.SetUp
	}
	changed := s.changes(before)
	if len(changed) == 0 {
		return before, nil
	}
	ev, err := custody.NewEvent(custody.EventSettingChanged, r.clock.Now(), g.Actor().String(), "", string(g.ID()), changed)
	if err != nil {
		return Settings{}, err
	}
	if err := r.store.PutSettings(ctx, s, ev); err != nil {
		return Settings{}, err
	}
	s.Version++
	return s, nil
}

// PolicyDigest is the SHA-256 of the policy's text in hexadecimal: what the diary says about a text that it does not repeat.
func (s Settings) PolicyDigest() string {
	sum := sha256.Sum256([]byte(s.PolicyText))
	return hex.EncodeToString(sum[:])
}

// changes is what a diary reader wants to know; a changed text is told by its version, which names it.
func (s Settings) changes(before Settings) map[string]any {
	out := map[string]any{}
	note := func(field string, differs bool, value any) {
		if differs {
			out[field] = value
		}
	}
	note("viewing_minutes", s.ViewingMinutes != before.ViewingMinutes, s.ViewingMinutes)
	note("viewer_age_days", s.ViewerAgeDays != before.ViewerAgeDays, s.ViewerAgeDays)
	note("policy_version", s.PolicyVersion != before.PolicyVersion, s.PolicyVersion)
	note("policy_text", s.PolicyText != before.PolicyText, true)
	note("policy_text_sha256", s.PolicyText != before.PolicyText, s.PolicyDigest())
	note("acknowledge_days", s.AcknowledgeDays != before.AcknowledgeDays, s.AcknowledgeDays)
	note("set_up", s.SetUp != before.SetUp, s.SetUp.String())
	return out
}
