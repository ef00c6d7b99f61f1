package identity

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
)

// Secrets are what proves who a member of staff is, as rows have them: hashed, or sealed under the second-factor key.
type Secrets struct {
	Password string // PHC string of the hash; empty before the invitation was used
	TOTP     []byte // sealed under the second-factor key, bound to the staff id; nil if none
	TOTPKey  custody.KeyID
	TOTPStep int64    // last time step that was accepted: a code is good once
	Codes    [][]byte // SHA-256 of the unused recovery codes
	Version  int64    // for compare-and-swap; grows with every change of secrets
}

// Passkey is one WebAuthn credential of a member of staff.
type Passkey struct {
	ID     []byte // credential id
	Staff  custody.StaffID
	Label  string
	Record []byte // the credential as the library's JSON: public key, sign count, flags
	Added  custody.Instant
	Used   custody.Instant
}

// Invitation is a one-time link by which a member of staff sets a password: the bootstrap, and the way back in.
type Invitation struct {
	ID      custody.InvitationID
	Staff   custody.StaffID
	Digest  []byte // SHA-256 of the token; the token itself is shown once and kept nowhere
	Made    custody.Instant
	Expires custody.Instant
	Used    custody.Instant // 0 while it is good
}

// Attempts are the failed sign-ins under one throttling key.
type Attempts struct {
	Count   int
	Last    custody.Instant
	Blocked custody.Instant // no attempt is looked at before; 0 if none
}

// Store keeps staff, credentials and sessions; storage/db implements it. Every method that changes state commits the
// change and its events together (CONTRACTS 8) and raises the access generation (access.Facts.Generation) unless it
// says that it does not. Compare-and-swap failures are Conflict, absent rows NotFound, a taken login Exists.
type Store interface {
	AllStaff(ctx context.Context) ([]Staff, error) // ordered by login, disabled ones included
	StaffByID(ctx context.Context, id custody.StaffID) (Staff, error)
	StaffByLogin(ctx context.Context, login string) (Staff, error)
	// AddStaff stores a new member with its first roles and, if inv is not nil, an invitation.
	AddStaff(ctx context.Context, s Staff, roles []RoleGrant, inv *Invitation, evs ...custody.Event) error
	// UpdateStaff replaces name, enabled, assignments and acknowledgement if Version matches. Disabling ends every session
	// of the member in the same transaction.
	UpdateStaff(ctx context.Context, s Staff, evs ...custody.Event) error

	RoleGrants(ctx context.Context, staff custody.StaffID) ([]RoleGrant, error) // "" for everybody's; ordered by At, ID
	AddRoleGrants(ctx context.Context, gs []RoleGrant, evs ...custody.Event) error
	// RevokeRoleGrant sets Revoked unless it is set already (Conflict).
	RevokeRoleGrant(ctx context.Context, id custody.RoleGrantID, at custody.Instant, evs ...custody.Event) error

	Secrets(ctx context.Context, staff custody.StaffID) (Secrets, error)
	// SetSecrets replaces them if Version matches; endSessions ends every session of the member but except.
	SetSecrets(ctx context.Context, staff custody.StaffID, s Secrets, endSessions bool, except custody.SessionID, evs ...custody.Event) error
	Passkeys(ctx context.Context, staff custody.StaffID) ([]Passkey, error)
	PasskeyByID(ctx context.Context, credential []byte) (Passkey, error)
	PutPasskey(ctx context.Context, p Passkey, evs ...custody.Event) error // adds or replaces by ID; does not raise the generation when it replaces
	RemovePasskey(ctx context.Context, staff custody.StaffID, credential []byte, evs ...custody.Event) error

	AddInvitation(ctx context.Context, inv Invitation, evs ...custody.Event) error // earlier unused ones of the member lapse
	InvitationByDigest(ctx context.Context, digest []byte) (Invitation, error)
	// UseInvitation marks it used (Conflict if it was), stores the secrets, opens the session: all or nothing.
	UseInvitation(ctx context.Context, id custody.InvitationID, at custody.Instant, s Secrets, session Session, evs ...custody.Event) error

	OpenSession(ctx context.Context, s Session, evs ...custody.Event) error
	Session(ctx context.Context, id custody.SessionID) (Session, error)
	Sessions(ctx context.Context, staff custody.StaffID) ([]Session, error) // those not ended, latest first
	// StandingSessions are everybody's that were not ended, expired ones included; a member has MaxSessions at most.
	StandingSessions(ctx context.Context) ([]Session, error)
	// TouchSession stores Seen and Idle; no event, no new generation.
	TouchSession(ctx context.Context, id custody.SessionID, seen, idle custody.Instant) error
	// ConfirmSession stores Fresh and clears Enrol if enrolled.
	ConfirmSession(ctx context.Context, id custody.SessionID, fresh custody.Instant, enrolled bool, evs ...custody.Event) error
	// EndSession ends one session; ending an ended one succeeds and keeps the first end.
	EndSession(ctx context.Context, id custody.SessionID, at custody.Instant, evs ...custody.Event) error
	// EndSessions ends all of a member's.
	EndSessions(ctx context.Context, staff custody.StaffID, at custody.Instant, evs ...custody.Event) error

	// Attempts and PutAttempts keep the throttle across restarts. Keys are digests, at most 64 characters. No event.
	Attempts(ctx context.Context, key string) (Attempts, error) // zero if none
	PutAttempts(ctx context.Context, key string, a Attempts) error
	// ForgetAttempts removes rows whose Last is before the instant.
	ForgetAttempts(ctx context.Context, before custody.Instant) error
}
