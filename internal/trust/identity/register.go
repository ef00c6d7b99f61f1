package identity

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// What holds everywhere.
const (
	TokenLife      = 5 * time.Minute      // exp of a session token (CONTRACTS 13)
	RenewAfter     = time.Minute          // a token older than this is answered with a fresh one
	FreshFor       = 15 * time.Minute     // how long a full sign-in counts as fresh for changes of credentials
	BootstrapLife  = 24 * time.Hour       // an invitation made by the operator
	InvitationLife = 72 * time.Hour       // any other invitation
	SelfGrantDelay = 24 * time.Hour       // CONTRACTS 26
	MaxDelegation  = 366 * 24 * time.Hour // a delegation ends within the year
	MaxSessions    = 10                   // sessions of one member at a time
)

// SecondFactor says whether a password alone is enough.
type SecondFactor string

const (
	Required SecondFactor = "required" // who has none may only set one up
	Optional SecondFactor = "optional" // who has set up one-time codes is asked for them
)

// Diary commits events durably before it returns nil. *audit.Log is one.
type Diary interface {
	Append(ctx context.Context, events ...custody.Event) error
}

// Policy tells which policy staff acknowledge and for how many days an acknowledgement lasts. An error lets nobody in.
type Policy interface {
	Policy(ctx context.Context) (version string, days int, err error)
}

// Options are what a Register needs. All ports are required.
type Options struct {
	Store  Store
	Keys   *keys.Ring // with a token-signing and a second-factor key: keys.Ring.Ensure
	Clock  custody.Clock
	Diary  Diary // for refusals; everything else is committed with the Store
	Policy Policy

	SecondFactor SecondFactor // empty means Required
	Origin       string       // canonical origin of the site: scheme, host and, if not the scheme's own, port
	SiteName     string       // shown by authenticators; empty means "Custody"

	SessionLength time.Duration // 0 means 12 h
	Idle          time.Duration // 0 means 30 min
	Hash          HashCost      // zero means the production cost
}

// Register keeps staff, their credentials and their sessions, and says who acts. It is safe for concurrent use.
type Register struct {
	store  Store
	keys   *keys.Ring
	clock  custody.Clock
	diary  Diary
	policy Policy

	required bool
	origin   string
	site     string
	length   time.Duration
	idle     time.Duration

	hasher   *hasher
	throttle *throttle
	refusals *refusals
	codes    *shelf[pendingCode]
	rites    *shelf[rite]       // of who is signed in
	arrivals *shelf[rite]       // of who is not, by network: strangers push nobody else's off
	web      *webauthn.WebAuthn // nil where passkeys are not possible

	changing sync.Mutex // serialises what may take away the last administrator
	opening  sync.Mutex // serialises the count of a member's sessions
}

// NewRegister returns the register of a site. It fails with Invalid, naming the option, if one is missing or wrong.
func NewRegister(o Options) (*Register, error) {
	switch {
	case o.Store == nil || o.Keys == nil || o.Clock == nil || o.Diary == nil || o.Policy == nil:
		return nil, custody.Errorf(custody.Internal, "the register of staff needs a store, keys, a clock, a diary and a policy")
	case o.SecondFactor != "" && o.SecondFactor != Required && o.SecondFactor != Optional:
		return nil, custody.Errorf(custody.Invalid, "second_factor: %q is neither required nor optional", string(o.SecondFactor))
	case o.SessionLength < 0 || o.Idle < 0:
		return nil, custody.Errorf(custody.Invalid, "sessions cannot last less than no time")
	}
	origin, err := parseOrigin(o.Origin)
	if err != nil {
		return nil, err
	}
	h, err := newHasher(o.Hash)
	if err != nil {
		return nil, err
	}
	r := &Register{
		store: o.Store, keys: o.Keys, clock: o.Clock, diary: o.Diary, policy: o.Policy,
		required: o.SecondFactor != Optional, origin: origin.Scheme + "://" + origin.Host, site: orElse(o.SiteName, "Custody"),
		length: orElse(o.SessionLength, 12*time.Hour), idle: orElse(o.Idle, 30*time.Minute),
		hasher: h, throttle: &throttle{store: o.Store, keys: o.Keys, clock: o.Clock}, refusals: newRefusals(),
		codes: newShelf[pendingCode](1000, MaxSessions, 10*time.Minute), rites: newShelf[rite](1000, 20, 5*time.Minute),
		arrivals: newShelf[rite](1000, 100, 5*time.Minute),
	}
	if r.web, err = relyingParty(origin, r.site); err != nil {
		return nil, err
	}
	return r, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func parseOrigin(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, custody.Errorf(custody.Invalid, "origin: %q is not the address of a site: write it like https://custody.example.org", s)
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// event makes one of the register's events.
func (r *Register) event(t custody.EventType, by Actor, subject custody.StaffID, detail any) (custody.Event, error) {
	return r.eventAt(r.clock.Now(), t, by, subject, detail)
}

// eventAt makes one of the instant at which its row changes, so that the row can be held against it.
func (r *Register) eventAt(at custody.Instant, t custody.EventType, by Actor, subject custody.StaffID, detail any) (custody.Event, error) {
	return custody.NewEvent(t, at, by.String(), "", string(subject), detail)
}

// Everyone lists all staff by login, disabled ones included. The caller has a Scope for it.
func (r *Register) Everyone(ctx context.Context) ([]Staff, error) { return r.store.AllStaff(ctx) }

// Member is one member of staff with all roles ever given. NotFound if there is none.
func (r *Register) Member(ctx context.Context, id custody.StaffID) (Staff, []RoleGrant, error) {
	s, err := r.store.StaffByID(ctx, id)
	if err != nil {
		return Staff{}, nil, err
	}
	gs, err := r.store.RoleGrants(ctx, id)
	return s, gs, err
}

// RoleGrants lists all roles ever given, ordered by when they were given.
func (r *Register) RoleGrants(ctx context.Context) ([]RoleGrant, error) {
	return r.store.RoleGrants(ctx, "")
}
