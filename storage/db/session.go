package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

const (
	sessionColumns = `x.id, x.staff_id, x.opened_at, x.seen_at, x.fresh_at, x.expires_at, x.idle_at, COALESCE(x.ended_at, 0), x.enrol,
		x.method, x.address, x.bearer`
	selectSession = `SELECT ` + sessionColumns + ` FROM session x `
	countSession  = `SELECT count(*) FROM session WHERE id = $1`
)

func sessionTargets(s *identity.Session) []any {
	return []any{&s.ID, &s.Staff, &s.Opened, &s.Seen, &s.Fresh, &s.Expires, &s.Idle, &s.Ended, &s.Enrol, &s.Method, &s.Address, &s.Bearer}
}

func scanSession(rows *sql.Rows) (s identity.Session, err error) {
	return s, rows.Scan(sessionTargets(&s)...)
}

func validSession(s *identity.Session) error {
	if !custody.ValidID("ses_", string(s.ID)) || !isText(s.Method) || !isText(s.Address) {
		return custody.Errorf(custody.Invalid, "the session's id is not well formed, or its method or address is not text")
	}
	return nil
}

// OpenSession implements identity.Store. For a member who was disabled meanwhile it is Conflict.
func (d *DB) OpenSession(ctx context.Context, s identity.Session, evs ...custody.Event) error {
	if err := validSession(&s); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "opening a session", events: evs, apply: func(t *tx) (bool, error) {
		return true, putSession(t, &s)
	}})
}

func putSession(t *tx, s *identity.Session) error {
	var enabled bool
	switch err := t.row(`SELECT enabled FROM staff WHERE id = $1`, string(s.Staff)).Scan(&enabled); {
	case errors.Is(err, sql.ErrNoRows):
		return custody.Errorf(custody.NotFound, "there is no member of staff %q", s.Staff)
	case err != nil:
		return err
	case !enabled:
		return custody.Errorf(custody.Conflict, "the account was disabled meanwhile")
	}
	_, err := t.exec(`INSERT INTO session (id, staff_id, opened_at, seen_at, fresh_at, expires_at, idle_at, ended_at, enrol, method, address, bearer)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		string(s.ID), string(s.Staff), int64(s.Opened), int64(s.Seen), int64(s.Fresh), int64(s.Expires), int64(s.Idle), orNull(int64(s.Ended)),
		s.Enrol, s.Method, s.Address, s.Bearer)
	return err
}

// Session implements identity.Store.
func (d *DB) Session(ctx context.Context, id custody.SessionID) (identity.Session, error) {
	s, err := one(ctx, d.read, scanSession, selectSession+`WHERE x.id = $1`, string(id))
	return s, d.absent(err, "reading a session", "there is no such session")
}

// Sessions implements identity.Store.
func (d *DB) Sessions(ctx context.Context, staff custody.StaffID) ([]identity.Session, error) {
	ss, err := collect(ctx, d.read, scanSession, selectSession+`WHERE x.staff_id = $1 AND x.ended_at IS NULL ORDER BY x.opened_at DESC, x.id`, string(staff))
	return ss, fault(d.dialect, err, "reading sessions")
}

// TouchSession implements identity.Store. An ended session stays as it is.
func (d *DB) TouchSession(ctx context.Context, id custody.SessionID, seen, idle custody.Instant) error {
	return d.seq.commit(ctx, &change{doing: "noting a session's use", apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE session SET seen_at = $2, idle_at = $3 WHERE id = $1 AND ended_at IS NULL`, string(id), int64(seen), int64(idle))
		if err == nil && n == 0 {
			if err = t.stale(countSession, string(id), "the session"); custody.KindOf(err) == custody.Conflict {
				err = nil
			}
		}
		return false, err
	}})
}

// ConfirmSession implements identity.Store. An ended session is Conflict.
func (d *DB) ConfirmSession(ctx context.Context, id custody.SessionID, fresh custody.Instant, enrolled bool, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "confirming a session", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE session SET fresh_at = $2, enrol = (enrol AND NOT $3) WHERE id = $1 AND ended_at IS NULL`, string(id), int64(fresh), enrolled)
		if err == nil && n == 0 {
			err = t.stale(countSession, string(id), "the session")
		}
		return true, err
	}})
}

// EndSession implements identity.Store. For a session that was ended before no event is stored.
func (d *DB) EndSession(ctx context.Context, id custody.SessionID, at custody.Instant, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "ending a session", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, string(id), int64(at))
		if err == nil && n == 0 {
			if err = t.stale(countSession, string(id), "the session"); custody.KindOf(err) == custody.Conflict {
				return false, nil
			}
		}
		return true, err
	}})
}

// EndSessions implements identity.Store. Its events are stored even if no session was open.
func (d *DB) EndSessions(ctx context.Context, staff custody.StaffID, at custody.Instant, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "ending sessions", events: evs, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`UPDATE session SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL`, string(staff), int64(at))
		return true, err
	}})
}

// endSessions ends a member's but one, at the time of the first event or, without one, of each session's last use.
func endSessions(t *tx, staff custody.StaffID, except custody.SessionID, evs []custody.Event) error {
	var at any
	if len(evs) > 0 {
		at = int64(evs[0].At)
	}
	_, err := t.exec(`UPDATE session SET ended_at = COALESCE($2, seen_at) WHERE staff_id = $1 AND ended_at IS NULL AND id <> $3`, string(staff), at, string(except))
	return err
}

// Attempts implements identity.Store.
func (d *DB) Attempts(ctx context.Context, key string) (a identity.Attempts, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT failures, last_at, COALESCE(blocked_until, 0) FROM sign_in_attempt WHERE throttle = $1`, key).
		Scan(&a.Count, &a.Last, &a.Blocked)
	if errors.Is(err, sql.ErrNoRows) {
		return identity.Attempts{}, nil
	}
	return a, fault(d.dialect, err, "reading failed sign-ins")
}

// PutAttempts implements identity.Store.
func (d *DB) PutAttempts(ctx context.Context, key string, a identity.Attempts) error {
	if !isText(key) {
		return custody.Errorf(custody.Invalid, "the throttle's key is not text")
	}
	return d.seq.commit(ctx, &change{doing: "noting a failed sign-in", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO sign_in_attempt (throttle, failures, last_at, blocked_until) VALUES ($1, $2, $3, $4)
			ON CONFLICT (throttle) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until`,
			key, a.Count, int64(a.Last), orNull(int64(a.Blocked)))
		return false, err
	}})
}

// ForgetAttempts implements identity.Store.
func (d *DB) ForgetAttempts(ctx context.Context, before custody.Instant) error {
	return d.seq.commit(ctx, &change{doing: "forgetting failed sign-ins", apply: func(t *tx) (bool, error) {
		_, err := t.exec(`DELETE FROM sign_in_attempt WHERE last_at < $1`, int64(before))
		return false, err
	}})
}
