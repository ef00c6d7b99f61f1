package identity

import "github.com/footage-custody/custody/internal/custody"

// Role is one of the fine roles of the house. What each may do is in access/policy.cedar and nowhere else.
type Role string

const (
	Viewer        Role = "viewer"        // looks at footage of assigned cameras for a stated purpose
	Preparer      Role = "preparer"      // logs requests, proposes spans
	Redactor      Role = "redactor"      // covers what may not be shown
	Reviewer      Role = "reviewer"      // signs off another person's redaction
	Custodian     Role = "custodian"     // the lawful custodian, or a delegate for a dated time
	Counsel       Role = "counsel"       // advises on process; sees footage of what is asked of them
	Auditor       Role = "auditor"       // reads the whole diary, no footage
	Administrator Role = "administrator" // cameras, staff, settings; neither sees footage nor decides
)

// Roles lists every role, in the order in which pages show them.
func Roles() []Role {
	return []Role{Viewer, Preparer, Redactor, Reviewer, Custodian, Counsel, Auditor, Administrator}
}

// Bundle is a set of roles under a name that a small site understands.
type Bundle string

const (
	BundleStaff     Bundle = "staff"     // viewer, preparer
	BundleCustodian Bundle = "custodian" // viewer, preparer, redactor, reviewer, custodian, auditor
	BundleInstaller Bundle = "installer" // administrator
)

// Roles are the roles of the bundle; nil for an unknown one.
func (b Bundle) Roles() []Role {
	switch b {
	case BundleStaff:
		return []Role{Viewer, Preparer}
	case BundleCustodian:
		return []Role{Viewer, Preparer, Redactor, Reviewer, Custodian, Auditor}
	case BundleInstaller:
		return []Role{Administrator}
	}
	return nil
}

// Staff is one member of staff. It holds no secret.
type Staff struct {
	ID      custody.StaffID
	Login   string // unique, 3 to 64 of [a-z0-9._-], kept in lower case
	Name    string // what colleagues call them, 1 to 80 characters
	Enabled bool
	// AllCameras assigns every camera, present and future; otherwise Cameras are the assigned ones.
	AllCameras   bool
	Cameras      []custody.CameraID
	Added        custody.Instant
	Acknowledged custody.Instant // when the policy was last acknowledged; 0 never
	Policy       string          // the version of the policy that was acknowledged
	HasPassword  bool
	HasTOTP      bool
	Passkeys     int
	Codes        int   // recovery codes left
	Version      int64 // row version for compare-and-swap (CONTRACTS 11)
}

// RoleGrant gives one role to one member of staff for a time: a standing role (Until 0), or a delegation.
type RoleGrant struct {
	ID      custody.RoleGrantID
	Staff   custody.StaffID
	Role    Role
	From    custody.Instant
	Until   custody.Instant // first instant at which it is no longer good; 0 for no end
	By      string          // actor who gave it
	At      custody.Instant // when it was given
	Reason  string          // in the giver's words, or the announcement of a delegation; may be empty
	Revoked custody.Instant // 0 while it stands
}

// Good reports whether the role counts at that instant.
func (g RoleGrant) Good(at custody.Instant) bool {
	return g.From <= at && (g.Until == 0 || at < g.Until) && (g.Revoked == 0 || at < g.Revoked)
}

// Stage says how far a session has come. Only Full may do anything but finish signing in.
type Stage string

const (
	StageEnrol       Stage = "enrol"       // a second factor must be set up first
	StageAcknowledge Stage = "acknowledge" // the policy must be acknowledged before any viewing; everything else is open
	StageFull        Stage = "full"
)

// Session is one signed-in session as its row has it.
type Session struct {
	ID      custody.SessionID
	Staff   custody.StaffID
	Opened  custody.Instant
	Seen    custody.Instant // last use; written at most once a minute
	Fresh   custody.Instant // when credentials were last given in full
	Expires custody.Instant // first instant at which it ends whatever happens
	Idle    custody.Instant // first instant at which it ends if it is not used
	Ended   custody.Instant // 0 while it stands
	Enrol   bool            // opened without a second factor although one is required: only enrolment is open
	Method  string          // password, password+totp, password+recovery, passkey, invitation
	Address string          // network address at sign-in
	Bearer  bool            // the token was given to a client that is no browser
}
