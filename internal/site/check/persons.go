package check

import (
	"encoding/json"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// persons is what the log has said about people so far. Sessions and invitations leave it when they end, so it is as large as what
// stands.
type persons struct {
	staff       map[string]*member
	passkeys    map[string]record
	sessions    map[string]*opening
	invitations map[string]record
	settings    access.Settings
	changed     string // entry of the last change of settings
	policyText  string // its digest
}

// member is a member of staff as events describe them.
type member struct {
	identity.Staff
	secrets identity.Commitment
	entry   string
}

// opening is a session that stands.
type opening struct {
	identity.Session
	entry string
}

func newPersons() *persons {
	p := &persons{staff: map[string]*member{}, passkeys: map[string]record{}, settings: access.DefaultSettings()}
	p.settings.Version, p.policyText = 1, p.settings.PolicyDigest()
	p.restored()
	return p
}

// restored forgets what a backup leaves out.
func (p *persons) restored() {
	p.sessions, p.invitations = map[string]*opening{}, map[string]record{}
}

func (p *persons) records(yield func(record)) {
	for _, m := range p.staff {
		r := staffRecord(&m.Staff, m.secrets)
		r.entry = m.entry
		yield(r)
	}
	for _, r := range p.passkeys {
		yield(r)
	}
	for _, s := range p.sessions {
		r := sessionRecord(&s.Session)
		r.entry = s.entry
		yield(r)
	}
	for _, r := range p.invitations {
		yield(r)
	}
	r := settingRecord(&p.settings)
	r.entry = p.changed
	for i := range r.fields {
		if r.fields[i].name == "policy_text" {
			r.fields[i].value = p.policyText
		}
	}
	yield(r)
}

// when reads a time that an event wrote; "" is 0.
func when(s string) (custody.Instant, error) {
	if s == "" {
		return 0, nil
	}
	return custody.ParseInstant(s)
}

// grantDetail is what identity writes about one role.
type grantDetail struct {
	Grant  string `json:"grant"`
	Role   string `json:"role"`
	From   string `json:"from"`
	Until  string `json:"until"`
	Reason string `json:"reason"`
}

func (r *replay) granted(e audit.Entry, s said, d grantDetail) {
	until := d.Until
	if until == "" {
		until = "none"
	}
	r.emit(record{kind: "role", id: d.Grant, entry: entryName(e), fields: []field{
		{"staff_id", s.Subject}, {"role", d.Role}, {"from_at", d.From}, {"until_at", until}, {"given_by", s.Actor}, {"given_at", s.At}, {"reason", d.Reason},
	}}, e)
}

// personDetail is what identity writes into the events of staff: what changed.
type personDetail struct {
	Login      string              `json:"login"`
	Name       string              `json:"name"`
	Enabled    *bool               `json:"enabled"`
	Grants     []grantDetail       `json:"grants"`
	AllCameras *bool               `json:"all_cameras"`
	Cameras    *[]custody.CameraID `json:"cameras"`
	Invitation string              `json:"invitation"`
	Commitment string              `json:"commitment"`
	Expires    string              `json:"expires"`
	Version    string              `json:"version"` // of the policy, when it is acknowledged
}

// person follows one member of staff.
func (r *replay) person(e audit.Entry, s said) error {
	var d personDetail
	if err := detailOf(s, &d); err != nil {
		return err
	}
	at, err := when(s.At)
	if err != nil {
		return err
	}
	m := r.persons.staff[s.Subject]
	switch {
	case e.Event.Type == custody.EventStaffAdded:
		m = &member{Staff: identity.Staff{ID: custody.StaffID(s.Subject), Login: d.Login, Name: d.Name, Enabled: true, Added: at}}
		r.persons.staff[s.Subject] = m
		for _, g := range d.Grants {
			r.granted(e, s, g)
		}
	case m == nil:
		return custody.Errorf(custody.Corrupt, "it is about a member of staff whom no entry adds")
	}
	m.Version++
	m.entry = entryName(e)
	if e.Event.Type == custody.EventPolicyAcknowledged {
		m.Acknowledged, m.Policy = at, d.Version
		return nil
	}
	r.persons.alter(m, &d)
	return nil
}

// alter applies what is there of a change. Who is disabled has no session any more.
func (p *persons) alter(m *member, d *personDetail) {
	if d.Name != "" {
		m.Name = d.Name
	}
	if d.AllCameras != nil {
		m.AllCameras = *d.AllCameras
	}
	if d.Cameras != nil {
		m.Cameras = slices.Clone(*d.Cameras)
	}
	if d.Enabled != nil {
		m.Enabled = *d.Enabled
	}
	if !m.Enabled {
		p.signOut(m.ID)
	}
}

func (p *persons) signOut(id custody.StaffID) {
	for sid, s := range p.sessions {
		if s.Staff == id {
			delete(p.sessions, sid)
		}
	}
}

// invited follows links by which passwords are set. A new one lets the member's earlier ones lapse.
func (r *replay) invited(e audit.Entry, s said) error {
	var d personDetail
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if e.Event.Type == custody.EventInvitationUsed {
		if _, made := r.persons.invitations[d.Invitation]; !made {
			r.found(Finding{"I5", "invitation", d.Invitation, "a password was set by a link (" + entryName(e) + ") that no log entry made: its row was added by hand",
				"disable the account, end its sessions and see what was done with it; find out who could write to the database"})
		}
		delete(r.persons.invitations, d.Invitation)
		return nil
	}
	for id, inv := range r.persons.invitations {
		if inv.fields[0].value == s.Subject {
			delete(r.persons.invitations, id)
		}
	}
	r.persons.invitations[d.Invitation] = record{kind: "invitation", id: d.Invitation, entry: entryName(e), fields: []field{
		{"staff_id", s.Subject}, {"made_at", s.At}, {"expires_at", d.Expires}, {"digest", d.Commitment}}}
	return nil
}

// credential follows commitments to secrets.
func (r *replay) credential(e audit.Entry, s said) error {
	var d struct {
		Secrets *identity.Commitment `json:"secrets"`
		Passkey *struct {
			ID         string `json:"id"`
			Commitment string `json:"commitment"`
		} `json:"passkey"`
		SessionsEnded bool `json:"sessions_ended"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	m := r.persons.staff[s.Subject]
	if m == nil {
		return custody.Errorf(custody.Corrupt, "it is about a member of staff whom no entry adds")
	}
	if d.Secrets != nil {
		m.secrets, m.entry = *d.Secrets, entryName(e)
	}
	if d.SessionsEnded {
		r.persons.signOut(m.ID)
	}
	switch {
	case d.Passkey == nil:
	case d.Passkey.Commitment == "":
		delete(r.persons.passkeys, d.Passkey.ID)
	default:
		r.persons.passkeys[d.Passkey.ID] = record{kind: "passkey", id: d.Passkey.ID, entry: entryName(e), fields: []field{
			{"staff_id", s.Subject}, {"added_at", s.At}, {"staff_id, label or public key", d.Passkey.Commitment}}}
	}
	return nil
}

// session follows sessions from sign-in to sign-out. A closing that names none ends all of the member's.
func (r *replay) session(e audit.Entry, s said) error {
	var d struct {
		Session  string `json:"session"`
		Method   string `json:"method"`
		Address  string `json:"address"`
		Bearer   bool   `json:"bearer"`
		Enrol    bool   `json:"enrol_only"`
		Enrolled bool   `json:"enrolled"`
		Fresh    string `json:"fresh"`
		Expires  string `json:"expires"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	at, err1 := when(s.At)
	fresh, err2 := when(d.Fresh)
	expires, err3 := when(d.Expires)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return err
		}
	}
	switch e.Event.Type {
	case custody.EventSessionOpened:
		r.persons.sessions[d.Session] = &opening{identity.Session{ID: custody.SessionID(d.Session), Staff: custody.StaffID(s.Subject), Opened: at,
			Fresh: fresh, Expires: expires, Enrol: d.Enrol, Method: d.Method, Address: d.Address, Bearer: d.Bearer}, entryName(e)}
	case custody.EventSessionConfirmed:
		if o := r.persons.sessions[d.Session]; o != nil {
			o.Fresh, o.Enrol, o.entry = at, o.Enrol && !d.Enrolled, entryName(e)
		}
	case custody.EventSessionClosed:
		if d.Session == "" {
			r.persons.signOut(custody.StaffID(s.Subject))
		}
		delete(r.persons.sessions, d.Session)
	}
	return nil
}

// setting follows the rules' settings from those of a new site.
func (r *replay) setting(e audit.Entry, s said) error {
	var d struct {
		ViewingMinutes  *int    `json:"viewing_minutes"`
		ViewerAgeDays   *int    `json:"viewer_age_days"`
		PolicyVersion   *string `json:"policy_version"`
		PolicyText      *string `json:"policy_text_sha256"`
		AcknowledgeDays *int    `json:"acknowledge_days"`
		SetUp           string  `json:"set_up"`
	}
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	setUp, err := when(d.SetUp)
	if err != nil {
		return err
	}
	p := r.persons
	now := &p.settings
	set(&now.ViewingMinutes, d.ViewingMinutes)
	set(&now.ViewerAgeDays, d.ViewerAgeDays)
	set(&now.PolicyVersion, d.PolicyVersion)
	set(&p.policyText, d.PolicyText)
	set(&now.AcknowledgeDays, d.AcknowledgeDays)
	if d.SetUp != "" {
		now.SetUp = setUp
	}
	now.Version++
	p.changed = entryName(e)
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// restriction emits a restriction, or its end.
func (r *replay) restriction(e audit.Entry, s said) error {
	var d struct {
		Kind   string `json:"kind"`
		Span   string `json:"span"`
		Reason string `json:"reason"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	rec := record{kind: "restriction", id: s.Subject, fields: []field{
		{"camera_id", s.Camera}, {"start_at or end_at", d.Span}, {"kind", d.Kind}, {"reason", d.Reason}, {"placed_by", s.Actor}, {"placed_at", s.At},
	}}
	if e.Event.Type == custody.EventRestrictionLifted {
		rec = ending("restriction", s.Subject, "lifted_at", s.At)
	}
	rec.entry = entryName(e)
	r.emit(rec, e)
	return nil
}

// role emits a role that was given, or its end.
func (r *replay) role(e audit.Entry, s said) error {
	var d grantDetail
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if e.Event.Type == custody.EventRoleGranted {
		r.granted(e, s, d)
		return nil
	}
	rec := ending("role", d.Grant, "revoked_at", s.At)
	rec.entry = entryName(e)
	r.emit(rec, e)
	return nil
}

// detailOf reads an event's detail; one that is not there leaves v as it is.
func detailOf(s said, v any) error {
	if s.Detail == nil {
		return nil
	}
	return json.Unmarshal(s.Detail, v)
}
