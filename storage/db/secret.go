package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

const (
	secretColumns    = `COALESCE(password, ''), totp, COALESCE(totp_key_id, ''), totp_step, codes, version FROM staff_secret `
	selectPasskey    = `SELECT id, staff_id, label, record, added_at, COALESCE(used_at, 0) FROM passkey `
	selectInvitation = `SELECT id, staff_id, digest, made_at, expires_at, COALESCE(used_at, 0) FROM invitation `
)

// Secrets implements identity.Store.
func (d *DB) Secrets(ctx context.Context, staff custody.StaffID) (identity.Secrets, error) {
	s, err := one(ctx, d.read, func(rows *sql.Rows) (identity.Secrets, error) { return scanSecrets(rows) },
		`SELECT `+secretColumns+`WHERE staff_id = $1`, string(staff))
	return s, d.absent(err, "reading credentials", "there is no member of staff %q", staff)
}

// scanSecrets reads secretColumns, after what stands before them.
func scanSecrets(rows *sql.Rows, before ...any) (s identity.Secrets, err error) {
	var codes []byte
	err = rows.Scan(append(before, &s.Password, &s.TOTP, &s.TOTPKey, &s.TOTPStep, &codes, &s.Version)...)
	s.Codes = slices.Collect(slices.Chunk(codes, sha256.Size))
	return s, err
}

// SetSecrets implements identity.Store. Sessions that it ends bear the first event's time, without one that of their last use.
func (d *DB) SetSecrets(ctx context.Context, staff custody.StaffID, s identity.Secrets, end bool, except custody.SessionID, evs ...custody.Event) error {
	if err := validSecrets(&s); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "changing credentials", events: evs, apply: func(t *tx) (bool, error) {
		err := putSecrets(t, staff, &s)
		if err == nil && end {
			err = endSessions(t, staff, except, evs)
		}
		return true, err
	}})
}

func validSecrets(s *identity.Secrets) error {
	if !isText(s.Password) || (len(s.TOTP) == 0) != (s.TOTPKey == "") {
		return custody.Errorf(custody.Invalid, "the password's hash is not text, or the second factor lacks its key")
	}
	if slices.ContainsFunc(s.Codes, func(c []byte) bool { return len(c) != sha256.Size }) {
		return custody.Errorf(custody.Invalid, "a recovery code is kept as its SHA-256")
	}
	return nil
}

func putSecrets(t *tx, staff custody.StaffID, s *identity.Secrets) error {
	n, err := t.exec(`UPDATE staff_secret SET password = $1, totp = $2, totp_key_id = $3, totp_step = $4, codes = $5, version = version + 1
		WHERE staff_id = $6 AND version = $7`,
		orNull(s.Password), bytesOrNull(s.TOTP), orNull(string(s.TOTPKey)), s.TOTPStep, bytesOrNull(bytes.Join(s.Codes, nil)), string(staff), s.Version)
	if err == nil && n == 0 {
		err = t.stale(`SELECT count(*) FROM staff_secret WHERE staff_id = $1`, string(staff), "the member's credentials")
	}
	return err
}

func scanPasskey(rows *sql.Rows) (p identity.Passkey, err error) {
	return p, rows.Scan(&p.ID, &p.Staff, &p.Label, &p.Record, &p.Added, &p.Used)
}

// Passkeys implements identity.Store, in the order in which they were added.
func (d *DB) Passkeys(ctx context.Context, staff custody.StaffID) ([]identity.Passkey, error) {
	ps, err := collect(ctx, d.read, scanPasskey, selectPasskey+`WHERE staff_id = $1 ORDER BY added_at, id`, string(staff))
	return ps, fault(d.dialect, err, "reading passkeys")
}

// PasskeyByID implements identity.Store.
func (d *DB) PasskeyByID(ctx context.Context, credential []byte) (identity.Passkey, error) {
	p, err := one(ctx, d.read, scanPasskey, selectPasskey+`WHERE id = $1`, credential)
	return p, d.absent(err, "reading a passkey", "there is no such passkey")
}

// PutPasskey implements identity.Store. A credential of another member is Conflict.
func (d *DB) PutPasskey(ctx context.Context, p identity.Passkey, evs ...custody.Event) error {
	if !isText(p.Label) {
		return custody.Errorf(custody.Invalid, "the passkey's label is not text")
	}
	return d.seq.commit(ctx, &change{doing: "storing a passkey", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`INSERT INTO passkey (id, staff_id, label, record, added_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET label = excluded.label, record = excluded.record, added_at = excluded.added_at, used_at = excluded.used_at
			WHERE passkey.staff_id = excluded.staff_id`,
			p.ID, string(p.Staff), p.Label, p.Record, int64(p.Added), orNull(int64(p.Used)))
		if err == nil && n == 0 {
			err = custody.Errorf(custody.Conflict, "the passkey belongs to another member of staff")
		}
		return true, err
	}})
}

// RemovePasskey implements identity.Store.
func (d *DB) RemovePasskey(ctx context.Context, staff custody.StaffID, credential []byte, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "removing a passkey", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`DELETE FROM passkey WHERE staff_id = $1 AND id = $2`, string(staff), credential)
		if err == nil && n == 0 {
			err = custody.Errorf(custody.NotFound, "there is no such passkey")
		}
		return true, err
	}})
}

// AddInvitation implements identity.Store.
func (d *DB) AddInvitation(ctx context.Context, inv identity.Invitation, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "storing an invitation", events: evs, apply: func(t *tx) (bool, error) {
		return true, putInvitation(t, &inv)
	}})
}

// putInvitation lets the member's earlier ones lapse: they count as used when this one was made.
func putInvitation(t *tx, inv *identity.Invitation) error {
	_, err := t.exec(`UPDATE invitation SET used_at = $2 WHERE staff_id = $1 AND used_at IS NULL`, string(inv.Staff), int64(inv.Made))
	if err == nil {
		_, err = t.exec(`INSERT INTO invitation (id, staff_id, digest, made_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(inv.ID), string(inv.Staff), inv.Digest, int64(inv.Made), int64(inv.Expires), orNull(int64(inv.Used)))
	}
	return err
}

// InvitationByDigest implements identity.Store. One that lapsed counts as used.
func (d *DB) InvitationByDigest(ctx context.Context, digest []byte) (identity.Invitation, error) {
	inv, err := one(ctx, d.read, scanInvitation, selectInvitation+`WHERE digest = $1`, digest)
	return inv, d.absent(err, "reading an invitation", "there is no such invitation")
}

func scanInvitation(rows *sql.Rows) (i identity.Invitation, err error) {
	return i, rows.Scan(&i.ID, &i.Staff, &i.Digest, &i.Made, &i.Expires, &i.Used)
}

// UseInvitation implements identity.Store. One that expired by then, or a session of another member, is Conflict too.
func (d *DB) UseInvitation(ctx context.Context, id custody.InvitationID, at custody.Instant, s identity.Secrets, session identity.Session, evs ...custody.Event) error {
	if err := errors.Join(validSecrets(&s), validSession(&session)); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "using an invitation", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE invitation SET used_at = $3 WHERE id = $1 AND staff_id = $2 AND used_at IS NULL AND expires_at > $3`,
			string(id), string(session.Staff), int64(at))
		if err == nil && n == 0 {
			err = t.stale(`SELECT count(*) FROM invitation WHERE id = $1`, string(id), "the invitation")
		}
		if err == nil {
			err = putSecrets(t, session.Staff, &s)
		}
		if err == nil {
			err = putSession(t, &session)
		}
		return true, err
	}})
}
