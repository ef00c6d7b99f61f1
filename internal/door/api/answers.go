package api

import "github.com/footage-custody/custody/internal/custody"

// The answers of the API, as they stand on the wire. No domain type is ever marshalled: a field that is not written here
// does not leave. Instants are RFC 3339 in UTC with six decimals unless a name ends in _us (microseconds since 1970, UTC).

// Site is what a page may know before anybody signs in.
type Site struct {
	Name          string `json:"name" doc:"The site's name, for people"`
	Zone          string `json:"zone" doc:"IANA name of the site's time zone, the one pages show"`
	Demo          bool   `json:"demo" doc:"A demonstration on this machine alone, with simulated cameras"`
	SecondFactor  string `json:"second_factor" enum:"required,optional" doc:"Whether signing in needs a second factor"`
	Passkeys      bool   `json:"passkeys" doc:"Whether passkeys work under this site's address"`
	PolicyVersion string `json:"policy_version" doc:"The policy in effect"`
}

// Session is the caller's own signed-in session.
type Session struct {
	ID           string       `json:"id"`
	Stage        string       `json:"stage" enum:"enrol,acknowledge,full" doc:"enrol: a second factor must be set up first; acknowledge: the policy must be acknowledged before any viewing"`
	Staff        SelfStaff    `json:"staff"`
	CSRF         string       `json:"csrf" doc:"To be sent as X-CSRF with every unsafe request that a cookie authenticates"`
	OpenedAt     string       `json:"opened_at" format:"date-time"`
	ExpiresAt    string       `json:"expires_at" format:"date-time" doc:"The session ends then whatever happens"`
	IdleAt       string       `json:"idle_at" format:"date-time" doc:"The session ends then unless it is used"`
	FreshAt      string       `json:"fresh_at" format:"date-time" doc:"When credentials were last given in full"`
	May          []string     `json:"may" doc:"The actions that some role of the caller allows now; each act is judged on its own all the same"`
	SecondFactor SecondFactor `json:"second_factor"`
	Policy       Policy       `json:"policy"`
}

// SelfStaff is the caller.
type SelfStaff struct {
	ID     string   `json:"id"`
	Login  string   `json:"login"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles" doc:"The roles that count now"`
	Bundle string   `json:"bundle,omitempty" doc:"The bundle that has exactly these roles, if one does"`
}

// SecondFactor says which second factors the caller has.
type SecondFactor struct {
	TOTP     bool `json:"totp"`
	Passkeys int  `json:"passkeys"`
	Codes    int  `json:"codes" doc:"Recovery codes that are left"`
}

// Policy is the policy that staff acknowledge.
type Policy struct {
	Version        string `json:"version"`
	Text           string `json:"text"`
	AcknowledgedAt string `json:"acknowledged_at,omitempty" format:"date-time"`
}

// SignedIn answers a sign-in.
type SignedIn struct {
	Session Session `json:"session"`
	Token   string  `json:"token,omitempty" doc:"Only for client api: to be sent as Authorization: Bearer. Never in a URL"`
}

// OpenSession is one of the caller's sessions.
type OpenSession struct {
	ID       string `json:"id"`
	OpenedAt string `json:"opened_at" format:"date-time"`
	SeenAt   string `json:"seen_at" format:"date-time"`
	Address  string `json:"address" doc:"Network address at sign-in"`
	Method   string `json:"method" doc:"password, password+totp, password+recovery, passkey or invitation"`
	Current  bool   `json:"current" doc:"The session of this request"`
}

// Enrolment is a new authenticator, not yet confirmed.
type Enrolment struct {
	Secret string `json:"secret" doc:"Base32, for typing"`
	URI    string `json:"uri" doc:"otpauth URI"`
	QRSVG  string `json:"qr_svg" doc:"The URI as a QR code, an SVG image without script"`
}

// RecoveryCodes are shown once.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

// PasskeyStart is the first half of a WebAuthn ceremony.
type PasskeyStart struct {
	Options any    `json:"options" doc:"Options for navigator.credentials, as the WebAuthn standard writes them in JSON"`
	Ticket  string `json:"ticket" doc:"To be sent back with the credential; good for a few minutes"`
}

// Passkey is one passkey of the caller.
type Passkey struct {
	ID      string `json:"id" doc:"Credential id, base64url without padding"`
	Label   string `json:"label"`
	AddedAt string `json:"added_at" format:"date-time"`
	UsedAt  string `json:"used_at,omitempty" format:"date-time"`
}

// StaffMember is one member of staff as administrators see them.
type StaffMember struct {
	ID             string      `json:"id"`
	Login          string      `json:"login"`
	Name           string      `json:"name"`
	Enabled        bool        `json:"enabled"`
	AllCameras     bool        `json:"all_cameras"`
	Cameras        []string    `json:"cameras"`
	AddedAt        string      `json:"added_at" format:"date-time"`
	AcknowledgedAt string      `json:"acknowledged_at,omitempty" format:"date-time"`
	Policy         string      `json:"policy,omitempty" doc:"The version that was acknowledged"`
	HasPassword    bool        `json:"has_password"`
	HasTOTP        bool        `json:"has_totp"`
	Passkeys       int         `json:"passkeys"`
	Codes          int         `json:"codes"`
	Roles          []RoleGrant `json:"roles"`
	Bundle         string      `json:"bundle,omitempty"`
	Version        int64       `json:"version" doc:"To be sent back with a change"`
}

// RoleGrant is one role given to one member of staff for a time.
type RoleGrant struct {
	ID        string `json:"id"`
	Staff     string `json:"staff"`
	Role      string `json:"role"`
	From      string `json:"from" format:"date-time"`
	Until     string `json:"until,omitempty" format:"date-time"`
	By        string `json:"by"`
	At        string `json:"at" format:"date-time"`
	Reason    string `json:"reason,omitempty"`
	RevokedAt string `json:"revoked_at,omitempty" format:"date-time"`
	Good      bool   `json:"good" doc:"Whether it counts now"`
}

// Invitation is a link by which a member of staff sets a password. It is shown once.
type Invitation struct {
	Link      string `json:"link" doc:"The page /join with the token after #, so that no server's log sees it"`
	ExpiresAt string `json:"expires_at" format:"date-time"`
}

// StaffAdded answers the addition of a member of staff.
type StaffAdded struct {
	Staff      StaffMember `json:"staff"`
	Invitation Invitation  `json:"invitation"`
}

// RolePowers says what one role may do, from the policy.
type RolePowers struct {
	Role    string   `json:"role"`
	Bundles []string `json:"bundles" doc:"The bundles that hold it"`
	May     []string `json:"may" doc:"Actions that the policy lets the role take, each under its own conditions"`
}

// Camera is one camera as its watchers see it.
type Camera struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	Place         string         `json:"place"`
	Class         string         `json:"class" enum:"public-area,staff-area,library-record"`
	State         string         `json:"state" enum:"recording,gap,disabled,removed"`
	Since         string         `json:"since,omitempty" format:"date-time" doc:"Since when it is in that state"`
	Cause         string         `json:"cause,omitempty" doc:"Of a gap"`
	Detail        string         `json:"detail,omitempty"`
	ClockOffsetUS *int64         `json:"clock_offset_us,omitempty" doc:"The camera's clock less the site's"`
	LastAt        string         `json:"last_at,omitempty" format:"date-time" doc:"The last picture that came"`
	Live          bool           `json:"live" doc:"Whether live pictures can be had now"`
	Streams       []CameraStream `json:"streams"`
	May           []string       `json:"may" doc:"Of footage.read, footage.live and footage.still those that the caller may ask for"`
}

// CameraStream is one stream of a camera as it was last received.
type CameraStream struct {
	Role   string `json:"role" enum:"main,sub"`
	Codec  string `json:"codec,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// us is an instant on the wire of fields whose name ends in _us.
func us(i custody.Instant) int64 { return int64(i) }

// stamp is an instant on the wire; empty, and so left out, when it is unknown.
func stamp(i custody.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}

// texts are named strings as plain ones, never null.
func texts[T ~string](in []T) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}

// each maps a list, never to null.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}
