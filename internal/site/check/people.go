package check

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Rows of people as records. What is given once and ends once - a role, a restriction, a viewing, a look - makes two records, its
// beginning and its end, so that neither ever changes and both are compared in a stream. What changes is compared at rest.

// ending makes the record of an end: of a role that was revoked, a restriction that was lifted, a viewing that was closed, a look of
// which nothing was sent. Its kind is the thing's with endOf before it.
const endOf = "end of "

func ending(kind, id, what, value string) record {
	return record{kind: endOf + kind, id: id, fields: []field{{what, value}}}
}

func roleRecords(g *identity.RoleGrant, yield func(record)) {
	yield(record{kind: "role", id: string(g.ID), fields: []field{
		{"staff_id", string(g.Staff)}, {"role", string(g.Role)}, {"from_at", g.From.String()}, {"until_at", instant(g.Until)},
		{"given_by", g.By}, {"given_at", g.At.String()}, {"reason", g.Reason},
	}})
	if g.Revoked != 0 {
		yield(ending("role", string(g.ID), "revoked_at", g.Revoked.String()))
	}
}

func restrictionRecords(r *access.Restriction, yield func(record)) {
	yield(record{kind: "restriction", id: string(r.ID), fields: []field{
		{"camera_id", string(r.Camera)}, {"start_at or end_at", r.Span.String()}, {"kind", string(r.Kind)}, {"reason", r.Reason},
		{"placed_by", r.By}, {"placed_at", r.At.String()},
	}})
	if r.Lifted != 0 {
		yield(ending("restriction", string(r.ID), "lifted_at", r.Lifted.String()))
	}
}

func viewingRecords(v *viewing.Viewing, yield func(record)) {
	yield(record{kind: "viewing", id: string(v.ID), fields: []field{
		{"staff_id", string(v.Staff)}, {"session_id", string(v.Session)}, {"basis", string(v.Basis)}, {"reference", v.Reference},
		{"purpose", v.Text}, {"cameras", join(v.Cameras)}, {"live", strconv.FormatBool(v.Live)}, {"start_at or end_at", v.Span.String()},
		{"opened_at", v.Opened.String()}, {"expires_at", v.Expires.String()},
	}})
	if v.Closed != 0 {
		yield(ending("viewing", string(v.ID), "closed_at or why", v.Closed.String()+" "+v.Why))
	}
}

func lookRecords(l *viewing.Look, yield func(record)) {
	id := lookID(string(l.Viewing), string(l.Camera), l.Minute.String(), l.Kind)
	yield(record{kind: "look", id: id, fields: []field{{"leased_at", l.Leased.String()}}})
	if !l.Served {
		yield(ending("look", id, "served", "false"))
	}
}

// lookID names a camera-minute of a viewing.
func lookID(viewing, camera, minute, kind string) string {
	return viewing + " " + camera + " " + minute + " " + kind
}

func join(ids []custody.CameraID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, " ")
}

// scanPeople tallies the rows of people that are given once and end once.
func (p *pass) scanPeople(ctx context.Context) error {
	var looks uint64
	return p.eachPerson(ctx, func(r record) {
		switch p.log.add(r); r.kind {
		case "role", "restriction":
			p.report.count("I5", r.kind+"s", 1)
		case "release":
			p.report.count("A2", "packages", 1)
		case "delivery":
			p.report.count("A2", "hand-overs", 1)
		case "viewing":
			p.report.count("A1", "viewings", 1)
		case "look":
			p.report.count("A1", "looks", 1)
			if looks++; looks%1000 == 0 {
				p.Progress("looks", looks, 0)
			}
		}
	})
}

func (p *pass) eachPerson(ctx context.Context, yield func(record)) error {
	for g, err := range p.Books.AllRoleGrants(ctx) {
		if err != nil {
			return err
		}
		roleRecords(&g, yield)
	}
	for r, err := range p.Books.EveryRestriction(ctx) {
		if err != nil {
			return err
		}
		restrictionRecords(&r, yield)
	}
	for v, err := range p.Books.AllViewings(ctx) {
		if err != nil {
			return err
		}
		viewingRecords(&v, yield)
	}
	for l, err := range p.Books.AllLooks(ctx) {
		if err != nil {
			return err
		}
		lookRecords(&l, yield)
	}
	if err := p.eachDelivery(ctx, yield); err != nil {
		return err
	}
	return p.eachPackage(ctx, yield)
}

// confirmPerson reads again what the log told and no row did, because it may have been committed between the two readings.
func (p *pass) confirmPerson(ctx context.Context, d *disagreement) (bool, error) {
	see := func(r record) {
		if r.name() == d.name {
			d.row = &r
		}
	}
	var err error
	switch strings.TrimPrefix(d.kind, endOf) {
	case "role":
		err = each(p.Books.AllRoleGrants(ctx), func(g identity.RoleGrant) { roleRecords(&g, see) })
	case "restriction":
		err = each(p.Books.EveryRestriction(ctx), func(r access.Restriction) { restrictionRecords(&r, see) })
	case "viewing":
		var v viewing.Viewing
		if v, err = p.Books.ViewingByID(ctx, custody.ViewingID(d.id)); err == nil {
			viewingRecords(&v, see)
		}
	case "disposition", "disposed segment":
		err = p.seeDisposal(ctx, strings.TrimPrefix(d.kind, endOf), d.id, see)
	case "delivery", "receipt", "recall":
		err = p.seeDelivery(ctx, d.id, see)
	case "release":
		err = p.seePackage(ctx, d.id, see)
	case "look":
		id, _, _ := strings.Cut(d.id, " ")
		err = each(p.Books.LooksOf(ctx, custody.ViewingID(id)), func(l viewing.Look) { lookRecords(&l, see) })
	}
	if err != nil {
		return missing(err)
	}
	return d.row == nil || d.row.differs(d.logged) != "", nil
}

// each calls look with everything that a walk yields.
func each[T any](walk func(func(T, error) bool), look func(T)) error {
	for v, err := range walk {
		if err != nil {
			return err
		}
		look(v)
	}
	return nil
}

// house is what changes about people, as rows have it.
type house struct {
	staff       []identity.Staff
	secrets     map[custody.StaffID]identity.Secrets
	passkeys    []identity.Passkey
	sessions    []identity.Session
	invitations []identity.Invitation
	settings    access.Settings
}

func (p *pass) readHouse(ctx context.Context) (h house, err error) {
	if h.staff, err = p.Books.AllStaff(ctx); err != nil {
		return h, err
	}
	if h.secrets, err = p.Books.AllSecrets(ctx); err != nil {
		return h, err
	}
	if h.passkeys, err = p.Books.AllPasskeys(ctx); err != nil {
		return h, err
	}
	if h.sessions, err = p.Books.StandingSessions(ctx); err != nil {
		return h, err
	}
	if h.invitations, err = p.Books.UnusedInvitations(ctx); err != nil {
		return h, err
	}
	h.settings, err = p.Books.Settings(ctx)
	return h, err
}

func (h *house) records(yield func(record)) {
	for i := range h.staff {
		s := &h.staff[i]
		yield(staffRecord(s, h.secrets[s.ID].Commit()))
	}
	for _, k := range h.passkeys {
		yield(record{kind: "passkey", id: k.Name(), fields: []field{
			{"staff_id", string(k.Staff)}, {"added_at", k.Added.String()}, {"staff_id, label or public key", k.Commit()},
		}})
	}
	for i := range h.sessions {
		yield(sessionRecord(&h.sessions[i]))
	}
	for _, inv := range h.invitations {
		yield(record{kind: "invitation", id: string(inv.ID), fields: []field{
			{"staff_id", string(inv.Staff)}, {"made_at", inv.Made.String()}, {"expires_at", inv.Expires.String()}, {"digest", inv.Commit()},
		}})
	}
	yield(settingRecord(&h.settings))
}

func staffRecord(s *identity.Staff, c identity.Commitment) record {
	return record{kind: "staff", id: string(s.ID), fields: []field{
		{"login", s.Login}, {"name", s.Name}, {"enabled", strconv.FormatBool(s.Enabled)}, {"all_cameras", strconv.FormatBool(s.AllCameras)},
		{"camera_assignment", join(slices.Sorted(slices.Values(s.Cameras)))}, {"added_at", s.Added.String()},
		{"acknowledged_at", instant(s.Acknowledged)}, {"policy", s.Policy}, {"version", strconv.FormatInt(s.Version, 10)},
		{"password", c.Password}, {"second factor", c.TOTP}, {"recovery codes", c.Codes},
	}}
}

func sessionRecord(s *identity.Session) record {
	return record{kind: "session", id: string(s.ID), fields: []field{
		{"staff_id", string(s.Staff)}, {"opened_at", s.Opened.String()}, {"fresh_at", s.Fresh.String()}, {"expires_at", s.Expires.String()},
		{"enrol", strconv.FormatBool(s.Enrol)}, {"method", s.Method}, {"address", s.Address}, {"bearer", strconv.FormatBool(s.Bearer)},
	}}
}

func settingRecord(s *access.Settings) record {
	return record{kind: "setting", id: "rule_setting", fields: []field{
		{"viewing_minutes", strconv.Itoa(s.ViewingMinutes)}, {"viewer_age_days", strconv.Itoa(s.ViewerAgeDays)},
		{"policy_version", s.PolicyVersion}, {"policy_text", s.PolicyDigest()}, {"acknowledge_days", strconv.Itoa(s.AcknowledgeDays)},
		{"set_up_at", instant(s.SetUp)}, {"version", strconv.FormatInt(s.Version, 10)},
	}}
}
