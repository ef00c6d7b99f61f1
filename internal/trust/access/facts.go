package access

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Class says what a camera shows, and with it which rules hold (LAW.md: library records are confidential).
type Class string

const (
	PublicArea    Class = "public-area"
	StaffArea     Class = "staff-area"
	LibraryRecord Class = "library-record" // shows what a patron reads or borrows: desk, self-check, holds shelf, patron screens
)

// Classes lists every class; the first is a new camera's.
func Classes() []Class { return []Class{PublicArea, StaffArea, LibraryRecord} }

// CameraFacts are what the rules need to know about a camera.
type CameraFacts struct {
	ID      custody.CameraID
	Class   Class
	Removed bool
	Version int64
}

// RestrictionKind says why a span is closed to ordinary viewing.
type RestrictionKind string

const (
	RestrictLibraryRecord RestrictionKind = "library-record" // the span shows library records although the camera's class is another
	RestrictSealed        RestrictionKind = "sealed"         // closed by the custodian: counsel's advice, a personnel matter, an order
	RestrictHold          RestrictionKind = "hold"           // held under a request that restricts viewing to those who work on it
)

// Restriction closes a span of one camera to ordinary viewing. Every fragment that overlaps it is blocked (CONTRACTS 6) for whom
// the rules do not let through.
type Restriction struct {
	ID     custody.RestrictionID
	Camera custody.CameraID
	Span   custody.Span
	Kind   RestrictionKind
	Reason string // 1 to 500 bytes, for people
	By     string
	At     custody.Instant
	Lifted custody.Instant // 0 while it stands
}

// Standing is the state of a member of staff and of the session in which they act.
type Standing struct {
	Staff   identity.Staff
	Session identity.Session
	Roles   []identity.RoleGrant // all of the member's that are not revoked, future and past ones included
}

// Settings are the parameters of the rules, changed by an administrator while the site runs.
type Settings struct {
	ViewingMinutes  int             // how long a viewing lasts unless less is asked for; 5 to 480, 60 by default
	ViewerAgeDays   int             // how old footage may be that a viewer without another role sees; 1 to 3650, 30 by default
	PolicyVersion   string          // names the policy that staff acknowledge, 1 to 40 characters
	PolicyText      string          // what they acknowledge, at most 20000 bytes
	AcknowledgeDays int             // how long an acknowledgement lasts; 365 by default
	SetUp           custody.Instant // when set-up was finished; 0 before. Self-granted roles wait 24 h after it (CONTRACTS 26)
	Version         int64           // for compare-and-swap
}

// Facts are what the rules need to know about the site; storage/db implements it. An error denies. Everything but Generation is
// read in one snapshot per call.
type Facts interface {
	// Generation grows with every change of what any other method here tells, in the transaction that changes it. Cheap:
	// asked about once a second while footage is watched.
	Generation(ctx context.Context) (int64, error)
	// StaffExists reports whether any staff account was ever made.
	StaffExists(ctx context.Context) (bool, error)
	// Standing tells about one member and session. NotFound if either does not exist or they do not belong together.
	Standing(ctx context.Context, staff custody.StaffID, session custody.SessionID) (Standing, error)
	// Camera tells about one camera, removed ones included. NotFound if there is none.
	Camera(ctx context.Context, id custody.CameraID) (CameraFacts, error)
	Cameras(ctx context.Context) ([]CameraFacts, error)
	// Restrictions are the standing ones of a camera that overlap the span.
	Restrictions(ctx context.Context, camera custody.CameraID, span custody.Span) ([]Restriction, error)
	Settings(ctx context.Context) (Settings, error)
	// Matter tells about a request, item, hold or package by its id; RequestNumbered about a request by its number. NotFound if there is none.
	Matter(ctx context.Context, id string) (MatterFacts, error)
	RequestNumbered(ctx context.Context, number string) (MatterFacts, error)
	// Concerning are the requests of which a member of staff is among MatterFacts.Concerned, in any order.
	Concerning(ctx context.Context, staff custody.StaffID) ([]custody.RequestID, error)
	// Keeping tells what stands against the disposal of a camera's footage of the span.
	Keeping(ctx context.Context, camera custody.CameraID, span custody.Span) (Keeping, error)
}

// Store is what the judge changes: the rules' own parameters. storage/db implements it; both commit with their events and
// raise the generation.
type Store interface {
	// PutSettings replaces the settings if Version matches, else Conflict.
	PutSettings(ctx context.Context, s Settings, evs ...custody.Event) error
	AddRestriction(ctx context.Context, r Restriction, evs ...custody.Event) error
	// LiftRestriction sets Lifted unless it is set already (Conflict).
	LiftRestriction(ctx context.Context, id custody.RestrictionID, at custody.Instant, evs ...custody.Event) error
	// AllRestrictions lists them, lifted ones included, latest first, at most limit.
	AllRestrictions(ctx context.Context, limit int) ([]Restriction, error)
}
