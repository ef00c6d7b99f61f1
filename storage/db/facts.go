package db

import (
	"context"
	"database/sql"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

var (
	_ access.Facts = Facts{}
	_ access.Store = (*DB)(nil)
)

// Facts is the database as the rules look at it. It is a type of its own because the registry of cameras has a
// generation and a list of its own under the same names.
type Facts struct{ db *DB }

// Facts returns what the rules look at. It holds nothing and lives as long as d.
func (d *DB) Facts() Facts { return Facts{d} }

// Generation implements access.Facts.
func (f Facts) Generation(ctx context.Context) (n int64, err error) {
	err = f.db.read.QueryRowContext(ctx, `SELECT generation FROM access_generation WHERE id = 1`).Scan(&n)
	return n, fault(f.db.dialect, err, "reading the rules' generation")
}

// StaffExists implements access.Facts.
func (f Facts) StaffExists(ctx context.Context) (exists bool, err error) {
	err = f.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM staff)`).Scan(&exists)
	return exists, fault(f.db.dialect, err, "asking for staff")
}

const selectStanding = `SELECT ` + staffColumns + `, ` + sessionColumns + fromStaff + `JOIN session x ON x.staff_id = s.id WHERE s.id = $1 AND x.id = $2`

// Standing implements access.Facts: two questions in one snapshot.
func (f Facts) Standing(ctx context.Context, staff custody.StaffID, session custody.SessionID) (access.Standing, error) {
	const doing = "reading a member's standing"
	t, err := f.db.read.BeginTx(ctx, f.db.dialect.snapshot())
	if err != nil {
		return access.Standing{}, fault(f.db.dialect, err, doing)
	}
	defer t.Rollback()
	s, err := one(ctx, t, func(rows *sql.Rows) (s access.Standing, err error) {
		var cameras string
		err = rows.Scan(slices.Concat(staffTargets(&s.Staff, &cameras), sessionTargets(&s.Session))...)
		s.Staff.Cameras = splitCameras(cameras)
		slices.Sort(s.Staff.Cameras)
		return s, err
	}, selectStanding, string(staff), string(session))
	if err == nil {
		s.Roles, err = collect(ctx, t, scanRoleGrant, selectRoleGrant+`WHERE staff_id = $1 AND revoked_at IS NULL`, string(staff))
		sortRoleGrants(s.Roles)
	}
	if err != nil {
		return access.Standing{}, f.db.absent(err, doing, "there is no such member of staff with such a session")
	}
	return s, nil
}

const selectCameraFacts = `SELECT id, class, removed_at IS NOT NULL, version FROM camera `

func scanCameraFacts(rows *sql.Rows) (c access.CameraFacts, err error) {
	return c, rows.Scan(&c.ID, &c.Class, &c.Removed, &c.Version)
}

// Camera implements access.Facts.
func (f Facts) Camera(ctx context.Context, id custody.CameraID) (access.CameraFacts, error) {
	c, err := one(ctx, f.db.read, scanCameraFacts, selectCameraFacts+`WHERE id = $1`, string(id))
	return c, f.db.absent(err, "reading a camera", "there is no such camera")
}

// Cameras implements access.Facts, ordered by id.
func (f Facts) Cameras(ctx context.Context) ([]access.CameraFacts, error) {
	cs, err := collect(ctx, f.db.read, scanCameraFacts, selectCameraFacts+`ORDER BY id`)
	return cs, fault(f.db.dialect, err, "reading the cameras")
}

const selectRestriction = `SELECT id, camera_id, start_at, end_at, kind, reason, placed_by, placed_at, COALESCE(lifted_at, 0) FROM restriction `

func scanRestriction(rows *sql.Rows) (r access.Restriction, err error) {
	return r, rows.Scan(&r.ID, &r.Camera, &r.Span.Start, &r.Span.End, &r.Kind, &r.Reason, &r.By, &r.At, &r.Lifted)
}

// Restrictions implements access.Facts, ordered by start.
func (f Facts) Restrictions(ctx context.Context, camera custody.CameraID, span custody.Span) ([]access.Restriction, error) {
	rs, err := collect(ctx, f.db.read, scanRestriction, selectRestriction+`WHERE camera_id = $1 AND lifted_at IS NULL AND end_at > $2 AND start_at < $3
		ORDER BY start_at, id`, string(camera), int64(span.Start), int64(span.End))
	return rs, fault(f.db.dialect, err, "reading restrictions")
}

// Settings implements access.Facts.
func (f Facts) Settings(ctx context.Context) (access.Settings, error) {
	s, err := one(ctx, f.db.read, func(rows *sql.Rows) (s access.Settings, err error) {
		return s, rows.Scan(&s.ViewingMinutes, &s.ViewerAgeDays, &s.PolicyVersion, &s.PolicyText, &s.AcknowledgeDays, &s.SetUp, &s.Version)
	}, `SELECT viewing_minutes, viewer_age_days, policy_version, policy_text, acknowledge_days, COALESCE(set_up_at, 0), version FROM rule_setting WHERE id = 1`)
	return s, fault(f.db.dialect, err, "reading the rules' settings")
}

// PutSettings implements access.Store.
func (d *DB) PutSettings(ctx context.Context, s access.Settings, evs ...custody.Event) error {
	if !isText(s.PolicyVersion) || !isText(s.PolicyText) || len(s.PolicyText) > 20000 {
		return custody.Errorf(custody.Invalid, "the policy and its version are text, the policy of at most 20000 bytes")
	}
	return d.seq.commit(ctx, &change{doing: "changing the rules' settings", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE rule_setting SET viewing_minutes = $1, viewer_age_days = $2, policy_version = $3, policy_text = $4,
			acknowledge_days = $5, set_up_at = $6, version = version + 1 WHERE id = 1 AND version = $7`,
			s.ViewingMinutes, s.ViewerAgeDays, s.PolicyVersion, s.PolicyText, s.AcknowledgeDays, orNull(int64(s.SetUp)), s.Version)
		if err == nil && n == 0 {
			err = custody.Errorf(custody.Conflict, "the settings were changed meanwhile: read them again")
		}
		return true, err
	}})
}

// AddRestriction implements access.Store.
func (d *DB) AddRestriction(ctx context.Context, r access.Restriction, evs ...custody.Event) error {
	if !isText(r.Reason) || !isText(r.By) {
		return custody.Errorf(custody.Invalid, "the restriction's reason is not text")
	}
	return d.seq.commit(ctx, &change{doing: "placing a restriction", camera: r.Camera, events: evs, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO restriction (id, camera_id, start_at, end_at, kind, reason, placed_by, placed_at, lifted_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, string(r.ID), string(r.Camera), int64(r.Span.Start), int64(r.Span.End), string(r.Kind),
			r.Reason, r.By, int64(r.At), orNull(int64(r.Lifted)))
		return true, err
	}})
}

// LiftRestriction implements access.Store.
func (d *DB) LiftRestriction(ctx context.Context, id custody.RestrictionID, at custody.Instant, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "lifting a restriction", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE restriction SET lifted_at = $2 WHERE id = $1 AND lifted_at IS NULL`, string(id), int64(at))
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM restriction WHERE id = $1`, string(id), "the restriction")
		}
		return true, err
	}})
}

// AllRestrictions implements access.Store.
func (d *DB) AllRestrictions(ctx context.Context, limit int) ([]access.Restriction, error) {
	rs, err := collect(ctx, d.read, scanRestriction, selectRestriction+`ORDER BY placed_at DESC, id LIMIT $1`, limit)
	return rs, fault(d.dialect, err, "reading restrictions")
}
