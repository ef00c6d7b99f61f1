package db

import (
	"cmp"
	"context"
	"database/sql"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
)

func scanSchedule(rows *sql.Rows) (s retention.Schedule, err error) {
	return s, rows.Scan(&s.Camera, &s.Class, &s.AtLeast, &s.AtMost, &s.Version)
}

func scanKeptCamera(rows *sql.Rows) (k retention.Kept, err error) {
	return k, rows.Scan(&k.Camera, &k.Class, &k.Days)
}

const (
	selectSchedule   = `SELECT COALESCE(camera_id, ''), COALESCE(class, ''), at_least, at_most, version FROM schedule `
	selectKeptCamera = `SELECT id, class, retention_days FROM camera `
)

// Schedules implements retention.Store, ordered by what they are for.
func (d *DB) Schedules(ctx context.Context) ([]retention.Schedule, error) {
	ss, err := collect(ctx, d.read, scanSchedule, selectSchedule+`ORDER BY subject`)
	return ss, fault(d.dialect, err, "reading the schedules")
}

// KeptCameras implements retention.Store.
func (d *DB) KeptCameras(ctx context.Context) ([]retention.Kept, error) {
	ks, err := collect(ctx, d.read, scanKeptCamera, selectKeptCamera+`ORDER BY id`)
	return ks, fault(d.dialect, err, "reading the cameras' retention")
}

// PutSchedule implements retention.Store.
func (d *DB) PutSchedule(ctx context.Context, s retention.Schedule, evs ...custody.Event) (retention.Schedule, error) {
	subject := cmp.Or(string(s.Camera), string(s.Class), "site")
	err := d.seq.commit(ctx, &change{doing: "changing a schedule", camera: s.Camera, events: evs, apply: func(t *tx) (bool, error) {
		query := `UPDATE schedule SET at_least = $2, at_most = $3, version = version + 1 WHERE subject = $1 AND version = $4`
		args := []any{subject, s.AtLeast, s.AtMost, s.Version}
		if s.Version == 0 {
			query = `INSERT INTO schedule (subject, at_least, at_most, camera_id, class, version) VALUES ($1, $2, $3, $4, $5, 1)
				ON CONFLICT (subject) DO NOTHING`
			args = append(args[:3], orNull(string(s.Camera)), orNull(string(s.Class)))
		}
		n, err := t.exec(query, args...)
		if err == nil && n == 0 {
			err = custody.Errorf(custody.Conflict, "this schedule was changed meanwhile: read it again")
		}
		return true, err
	}})
	s.Version++
	return s, err
}
