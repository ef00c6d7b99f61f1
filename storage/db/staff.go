package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

var _ identity.Store = (*DB)(nil)

// staffColumns are a member's row with what is told of their secrets: that they exist, and how many.
const (
	staffColumns = `s.id, s.login, s.name, s.enabled, s.all_cameras, s.added_at, COALESCE(s.acknowledged_at, 0), s.policy, s.version,
		k.password IS NOT NULL, k.totp IS NOT NULL, COALESCE(length(k.codes), 0) / 32,
		(SELECT count(*) FROM passkey p WHERE p.staff_id = s.id),
		COALESCE((SELECT string_agg(a.camera_id, ',') FROM camera_assignment a WHERE a.staff_id = s.id), '')`
	fromStaff       = ` FROM staff s JOIN staff_secret k ON k.staff_id = s.id `
	selectStaff     = `SELECT ` + staffColumns + fromStaff
	selectRoleGrant = `SELECT id, staff_id, role, from_at, COALESCE(until_at, 0), given_by, given_at, reason, COALESCE(revoked_at, 0) FROM role_grant `
)

// staffTargets are the places of staffColumns; cameras receives the list of assigned ones.
func staffTargets(s *identity.Staff, cameras *string) []any {
	return []any{&s.ID, &s.Login, &s.Name, &s.Enabled, &s.AllCameras, &s.Added, &s.Acknowledged, &s.Policy, &s.Version,
		&s.HasPassword, &s.HasTOTP, &s.Codes, &s.Passkeys, cameras}
}

func scanStaff(rows *sql.Rows) (s identity.Staff, err error) {
	var cameras string
	err = rows.Scan(staffTargets(&s, &cameras)...)
	s.Cameras = splitCameras(cameras)
	slices.Sort(s.Cameras) // here, because the databases collate differently
	return s, err
}

// splitCameras reads ids joined by commas.
func splitCameras(joined string) []custody.CameraID {
	if joined == "" {
		return nil
	}
	var out []custody.CameraID
	for id := range strings.SplitSeq(joined, ",") {
		out = append(out, custody.CameraID(id))
	}
	return out
}

func scanRoleGrant(rows *sql.Rows) (g identity.RoleGrant, err error) {
	return g, rows.Scan(&g.ID, &g.Staff, &g.Role, &g.From, &g.Until, &g.By, &g.At, &g.Reason, &g.Revoked)
}

// AllStaff implements identity.Store.
func (d *DB) AllStaff(ctx context.Context) ([]identity.Staff, error) {
	all, err := collect(ctx, d.read, scanStaff, selectStaff)
	slices.SortFunc(all, func(a, b identity.Staff) int { return strings.Compare(a.Login, b.Login) })
	return all, fault(d.dialect, err, "reading the staff")
}

// StaffByID implements identity.Store.
func (d *DB) StaffByID(ctx context.Context, id custody.StaffID) (identity.Staff, error) {
	s, err := one(ctx, d.read, scanStaff, selectStaff+`WHERE s.id = $1`, string(id))
	return s, d.absent(err, "reading a member of staff", "there is no member of staff %q", id)
}

// StaffByLogin implements identity.Store.
func (d *DB) StaffByLogin(ctx context.Context, login string) (identity.Staff, error) {
	if !isText(login) {
		return identity.Staff{}, custody.Errorf(custody.NotFound, "nobody has that login")
	}
	s, err := one(ctx, d.read, scanStaff, selectStaff+`WHERE s.login = $1`, login)
	return s, d.absent(err, "reading a member of staff", "nobody has the login %q", login)
}

// AddStaff implements identity.Store. The stored Version is 1, whatever s says, and so is that of the secrets.
func (d *DB) AddStaff(ctx context.Context, s identity.Staff, roles []identity.RoleGrant, inv *identity.Invitation, evs ...custody.Event) error {
	if err := validStaff(&s); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "adding the member of staff", events: evs, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO staff (id, login, name, enabled, all_cameras, added_at, acknowledged_at, policy, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`,
			string(s.ID), s.Login, s.Name, s.Enabled, s.AllCameras, int64(s.Added), orNull(int64(s.Acknowledged)), s.Policy)
		if d.dialect.classify(err) == duplicate {
			return false, custody.Wrap(custody.Exists, err, "the login %q is taken: choose another", s.Login)
		}
		if err == nil {
			_, err = t.exec(`INSERT INTO staff_secret (staff_id, totp_step, version) VALUES ($1, 0, 1)`, string(s.ID))
		}
		if err == nil {
			err = putAssignments(t, &s)
		}
		if err == nil {
			err = putRoleGrants(t, roles)
		}
		if err == nil && inv != nil {
			err = putInvitation(t, inv)
		}
		return true, err
	}})
}

// UpdateStaff implements identity.Store. Sessions that it ends bear the first event's time, without one that of their last use.
func (d *DB) UpdateStaff(ctx context.Context, s identity.Staff, evs ...custody.Event) error {
	if err := validStaff(&s); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "changing the member of staff", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE staff SET name = $1, enabled = $2, all_cameras = $3, acknowledged_at = $4, policy = $5, version = version + 1
			WHERE id = $6 AND version = $7`,
			s.Name, s.Enabled, s.AllCameras, orNull(int64(s.Acknowledged)), s.Policy, string(s.ID), s.Version)
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM staff WHERE id = $1`, string(s.ID), "the member of staff")
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM camera_assignment WHERE staff_id = $1`, string(s.ID))
		}
		if err == nil {
			err = putAssignments(t, &s)
		}
		if err == nil && !s.Enabled {
			err = endSessions(t, s.ID, "", evs)
		}
		return true, err
	}})
}

// RoleGrants implements identity.Store.
func (d *DB) RoleGrants(ctx context.Context, staff custody.StaffID) ([]identity.RoleGrant, error) {
	query, args := selectRoleGrant, []any(nil)
	if staff != "" {
		query, args = selectRoleGrant+`WHERE staff_id = $1`, []any{string(staff)}
	}
	gs, err := collect(ctx, d.read, scanRoleGrant, query, args...)
	sortRoleGrants(gs)
	return gs, fault(d.dialect, err, "reading roles")
}

func sortRoleGrants(gs []identity.RoleGrant) {
	slices.SortFunc(gs, func(a, b identity.RoleGrant) int {
		if a.At != b.At {
			return int(min(1, max(-1, a.At-b.At)))
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
}

// AddRoleGrants implements identity.Store.
func (d *DB) AddRoleGrants(ctx context.Context, gs []identity.RoleGrant, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "giving a role", events: evs, apply: func(t *tx) (bool, error) {
		return true, putRoleGrants(t, gs)
	}})
}

// RevokeRoleGrant implements identity.Store.
func (d *DB) RevokeRoleGrant(ctx context.Context, id custody.RoleGrantID, at custody.Instant, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "revoking a role", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE role_grant SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, string(id), int64(at))
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM role_grant WHERE id = $1`, string(id), "the role")
		}
		return true, err
	}})
}

func putAssignments(t *tx, s *identity.Staff) error {
	var rows [][]any
	for _, c := range slices.Compact(slices.Sorted(slices.Values(s.Cameras))) {
		rows = append(rows, []any{string(s.ID), string(c)})
	}
	return t.insert("camera_assignment", []string{"staff_id", "camera_id"}, rows)
}

func putRoleGrants(t *tx, gs []identity.RoleGrant) error {
	var rows [][]any
	for _, g := range gs {
		if !isText(g.Reason) || !isText(g.By) {
			return custody.Errorf(custody.Invalid, "the reason of a role is not text")
		}
		rows = append(rows, []any{string(g.ID), string(g.Staff), string(g.Role), int64(g.From), orNull(int64(g.Until)), g.By, int64(g.At), g.Reason,
			orNull(int64(g.Revoked))})
	}
	return t.insert("role_grant", []string{"id", "staff_id", "role", "from_at", "until_at", "given_by", "given_at", "reason", "revoked_at"}, rows)
}

func validStaff(s *identity.Staff) error {
	switch {
	case !custody.ValidID("stf_", string(s.ID)):
		return custody.Errorf(custody.Invalid, "staff id %q is not well formed", s.ID)
	case !isText(s.Login) || !isText(s.Name) || !isText(s.Policy):
		return custody.Errorf(custody.Invalid, "the login, name or policy version of a member of staff is not text")
	case slices.ContainsFunc(s.Cameras, func(c custody.CameraID) bool { return !custody.ValidID("cam_", string(c)) }):
		return custody.Errorf(custody.Invalid, "an assigned camera's id is not well formed")
	}
	return nil
}

// one reads the one row of a query; sql.ErrNoRows if there is none.
func one[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, q, scan, query, args...)
	if err == nil && len(all) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return all[0], nil
}

// absent is fault, with NotFound and the sentence for a row that is not there.
func (d *DB) absent(err error, doing, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return custody.Errorf(custody.NotFound, format, args...)
	}
	return fault(d.dialect, err, doing)
}

// stale says why a compare-and-swap touched no row: NotFound if there is none, Conflict if it is another by now.
func (t *tx) stale(count, id, what string) error {
	var n int
	if err := t.row(count, id).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return custody.Errorf(custody.NotFound, "%s does not exist", what)
	}
	return custody.Errorf(custody.Conflict, "%s was changed meanwhile: read it again", what)
}
