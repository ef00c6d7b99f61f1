package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ viewing.Store = (*DB)(nil)

const (
	selectViewing = `SELECT v.id, v.staff_id, v.session_id, v.basis, v.reference, v.purpose, v.live, v.start_at, v.end_at, v.opened_at, v.expires_at,
		COALESCE(v.closed_at, 0), COALESCE(v.why, ''),
		COALESCE((SELECT string_agg(c.camera_id, ',' ORDER BY c.position) FROM viewing_camera c WHERE c.viewing_id = v.id), '')
		FROM viewing v `
	selectLook = `SELECT l.viewing_id, v.staff_id, l.camera_id, l.minute_at, l.leased_at, l.kind, l.served
		FROM look l JOIN viewing v ON v.id = l.viewing_id `
	looksOfMinutes = selectLook + `WHERE l.camera_id = $1 AND l.minute_at > $2 AND l.minute_at < $3`
	looksInOrder   = ` ORDER BY l.minute_at, l.leased_at, l.viewing_id, l.kind LIMIT `
)

func scanViewing(rows *sql.Rows) (v viewing.Viewing, err error) {
	var cameras string
	err = rows.Scan(&v.ID, &v.Staff, &v.Session, &v.Basis, &v.Reference, &v.Text, &v.Live, &v.Span.Start, &v.Span.End, &v.Opened, &v.Expires,
		&v.Closed, &v.Why, &cameras)
	v.Cameras = splitCameras(cameras)
	return v, err
}

func scanLook(rows *sql.Rows) (l viewing.Look, err error) {
	return l, rows.Scan(&l.Viewing, &l.Staff, &l.Camera, &l.Minute, &l.Leased, &l.Kind, &l.Served)
}

// OpenViewing implements viewing.Store.
func (d *DB) OpenViewing(ctx context.Context, v viewing.Viewing, evs ...custody.Event) error {
	if !isText(v.Reference) || !isText(v.Text) || len(v.Cameras) == 0 {
		return custody.Errorf(custody.Invalid, "a viewing has at least one camera, and a reference and a purpose that are text")
	}
	return d.seq.commit(ctx, &change{doing: "opening a viewing", events: evs, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO viewing (id, staff_id, session_id, basis, reference, purpose, live, start_at, end_at, opened_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, string(v.ID), string(v.Staff), string(v.Session), string(v.Basis),
			v.Reference, v.Text, v.Live, int64(v.Span.Start), int64(v.Span.End), int64(v.Opened), int64(v.Expires))
		var cameras [][]any
		for i, c := range v.Cameras {
			cameras = append(cameras, []any{string(v.ID), string(c), i})
		}
		if err == nil {
			err = t.insert("viewing_camera", []string{"viewing_id", "camera_id", "position"}, cameras)
		}
		return true, err
	}})
}

// CloseViewing implements viewing.Store.
func (d *DB) CloseViewing(ctx context.Context, id custody.ViewingID, at custody.Instant, why string, unserved []viewing.Look, evs ...custody.Event) error {
	if !isText(why) {
		return custody.Errorf(custody.Invalid, "why the viewing ended is not text")
	}
	return d.seq.commit(ctx, &change{doing: "closing a viewing", events: evs, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE viewing SET closed_at = $2, why = $3 WHERE id = $1 AND closed_at IS NULL`, string(id), int64(at), why)
		if err == nil && n == 0 {
			if err = t.stale(`SELECT count(*) FROM viewing WHERE id = $1`, string(id), "the viewing"); custody.KindOf(err) == custody.Conflict {
				return false, nil
			}
		}
		for _, l := range unserved {
			if err == nil {
				_, err = t.exec(`UPDATE look SET served = $5 WHERE viewing_id = $1 AND camera_id = $2 AND minute_at = $3 AND kind = $4`,
					string(id), string(l.Camera), int64(l.Minute), l.Kind, false)
			}
		}
		return true, err
	}})
}

// Lease implements viewing.Store. If every lease is there already no event is stored. A lease counts as served until the viewing is
// closed and says otherwise. Conflict: a viewing is closed. NotFound: there is no such viewing, or the camera is none of its.
func (d *DB) Lease(ctx context.Context, looks []viewing.Look, evs ...custody.Event) error {
	return d.seq.commit(ctx, &change{doing: "leasing footage", events: evs, apply: func(t *tx) (bool, error) {
		open := map[custody.ViewingID]bool{}
		var stored int64
		for _, l := range looks {
			if !open[l.Viewing] {
				if err := stillOpen(t, l.Viewing); err != nil {
					return false, err
				}
				open[l.Viewing] = true
			}
			n, err := t.exec(`INSERT INTO look (viewing_id, camera_id, minute_at, kind, leased_at, served) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (viewing_id, camera_id, minute_at, kind) DO NOTHING`,
				string(l.Viewing), string(l.Camera), int64(l.Minute), l.Kind, int64(l.Leased), true)
			if err != nil {
				return false, err
			}
			stored += n
		}
		return stored > 0 || len(looks) == 0, nil
	}})
}

func stillOpen(t *tx, id custody.ViewingID) error {
	var n int
	err := t.row(`SELECT count(*) FROM viewing WHERE id = $1 AND closed_at IS NULL`, string(id)).Scan(&n)
	if err == nil && n == 0 {
		err = t.stale(`SELECT count(*) FROM viewing WHERE id = $1`, string(id), "the viewing")
	}
	return err
}

// ViewingByID implements viewing.Store.
func (d *DB) ViewingByID(ctx context.Context, id custody.ViewingID) (viewing.Viewing, error) {
	v, err := one(ctx, d.read, scanViewing, selectViewing+`WHERE v.id = $1`, string(id))
	return v, d.absent(err, "reading a viewing", "there is no such viewing")
}

// whose says whose looks a scope shows: everybody's (staff is empty), one member's, or nobody's.
func whose(scope access.Scope) (staff custody.StaffID, shows bool) {
	switch scope.Action() {
	case access.AuditRead:
		return "", scope.Everything()
	case access.AuditOwn:
		return scope.Actor().Staff(), scope.Actor().Staff() != ""
	}
	return "", false
}

// Viewings implements viewing.Store. A scope of anything else shows none; before 0 means the latest.
func (d *DB) Viewings(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]viewing.Viewing, error) {
	staff, shows := whose(scope)
	if !shows {
		return nil, nil
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	query, args := selectViewing+`WHERE v.opened_at < $1`, []any{int64(before), limit}
	if staff != "" {
		query, args = query+` AND v.staff_id = $3`, append(args, string(staff))
	}
	vs, err := collect(ctx, d.read, scanViewing, query+` ORDER BY v.opened_at DESC, v.id DESC LIMIT $2`, args...)
	return vs, fault(d.dialect, err, "reading viewings")
}

// OpenViewings implements viewing.Store, ordered by id.
func (d *DB) OpenViewings(ctx context.Context) ([]viewing.Viewing, error) {
	vs, err := collect(ctx, d.read, scanViewing, selectViewing+`WHERE v.closed_at IS NULL ORDER BY v.id`)
	return vs, fault(d.dialect, err, "reading viewings")
}

// Looks implements viewing.Store. A minute lies in the span if any of it does. A scope that is neither of the whole diary nor of
// one's own looks shows none.
func (d *DB) Looks(ctx context.Context, scope access.Scope, camera custody.CameraID, span custody.Span, limit int) ([]viewing.Look, error) {
	staff, shows := whose(scope)
	if !shows || span.Empty() {
		return nil, nil
	}
	query, args := looksOfMinutes, []any{string(camera), int64(span.Start.Add(-time.Minute)), int64(span.End), limit}
	if staff != "" {
		query, args = query+` AND v.staff_id = $5`, append(args, string(staff))
	}
	ls, err := collect(ctx, d.read, scanLook, query+looksInOrder+`$4`, args...)
	return ls, fault(d.dialect, err, "reading looks")
}
