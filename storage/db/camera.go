package db

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

var _ camera.Store = (*DB)(nil)

// Cameras implements camera.Store. Streams stand in the order in which they were given.
func (d *DB) Cameras(ctx context.Context) ([]camera.Camera, error) {
	const doing = "reading the cameras"
	t, err := d.read.BeginTx(ctx, d.dialect.snapshot())
	if err != nil {
		return nil, fault(d.dialect, err, doing)
	}
	defer t.Rollback()
	cams, err := collect(ctx, t, func(rows *sql.Rows) (c camera.Camera, err error) {
		return c, rows.Scan(&c.ID, &c.Name, &c.Enabled, &c.Audio, &c.Version, &c.HoldEpoch, &c.Added, &c.Removed,
			&c.Place, &c.Class, &c.RetentionDays)
	}, `SELECT id, name, enabled, audio, version, hold_epoch, added_at, COALESCE(removed_at, 0), place, class, retention_days FROM camera`)
	if err != nil {
		return nil, fault(d.dialect, err, doing)
	}
	type owned struct {
		camera custody.CameraID
		camera.Stream
	}
	streams, err := collect(ctx, t, func(rows *sql.Rows) (s owned, err error) {
		return s, rows.Scan(&s.camera, &s.ID, &s.Role, &s.URL, &s.Transport, &s.Secret, &s.SecretKey)
	}, `SELECT camera_id, id, role, url, transport, secret, COALESCE(secret_key_id, '') FROM camera_stream
		WHERE removed_at IS NULL ORDER BY camera_id, position`)
	if err != nil {
		return nil, fault(d.dialect, err, doing)
	}
	at := make(map[custody.CameraID]int, len(cams))
	for i := range cams {
		at[cams[i].ID] = i
	}
	for _, s := range streams {
		if i, ok := at[s.camera]; ok {
			cams[i].Streams = append(cams[i].Streams, s.Stream)
		}
	}
	// Ordered here, because the databases collate differently.
	slices.SortFunc(cams, func(a, b camera.Camera) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return cams, nil
}

// AddCamera implements camera.Store. The stored Version is 1 and HoldEpoch 0, whatever c says. NotFound: the
// key of a stream's secret does not exist.
func (d *DB) AddCamera(ctx context.Context, c camera.Camera, ev custody.Event) error {
	if err := validCamera(&c); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "adding the camera", events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		_, err := t.exec(`INSERT INTO camera (id, name, enabled, audio, version, hold_epoch, added_at, removed_at, place, class, retention_days)
			VALUES ($1, $2, $3, $4, 1, 0, $5, $6, $7, $8, $9)`,
			string(c.ID), c.Name, c.Enabled, c.Audio, int64(c.Added), orNull(int64(c.Removed)), c.Place, string(c.Class), c.RetentionDays)
		if err != nil {
			return false, d.nameTaken(err, c.Name)
		}
		return true, putStreams(t, &c)
	}})
}

// UpdateCamera implements camera.Store. A stream that c no longer lists keeps its footage and loses its secret.
func (d *DB) UpdateCamera(ctx context.Context, c camera.Camera, ev custody.Event) error {
	if err := validCamera(&c); err != nil {
		return err
	}
	return d.seq.commit(ctx, &change{doing: "changing the camera", camera: c.ID, events: []custody.Event{ev}, apply: func(t *tx) (bool, error) {
		n, err := t.exec(`UPDATE camera SET name = $1, enabled = $2, audio = $3, removed_at = $4, place = $5, class = $6, retention_days = $7,
			version = version + 1 WHERE id = $8 AND version = $9`,
			c.Name, c.Enabled, c.Audio, orNull(int64(c.Removed)), c.Place, string(c.Class), c.RetentionDays, string(c.ID), c.Version)
		if err != nil {
			return false, d.nameTaken(err, c.Name)
		}
		if n == 0 {
			return false, custody.Errorf(custody.Conflict, "camera %q was changed meanwhile: read it again", c.Name)
		}
		if _, err := t.exec(`UPDATE camera_stream SET removed_at = $1 WHERE camera_id = $2 AND removed_at IS NULL`,
			int64(ev.At), string(c.ID)); err != nil {
			return false, err
		}
		if err := putStreams(t, &c); err != nil {
			return false, err
		}
		_, err = t.exec(`UPDATE camera_stream SET secret = NULL, secret_key_id = NULL WHERE camera_id = $1 AND removed_at IS NOT NULL`, string(c.ID))
		return true, err
	}})
}

// Generation implements camera.Store.
func (d *DB) Generation(ctx context.Context) (n int64, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT generation FROM registry WHERE id = 1`).Scan(&n)
	return n, fault(d.dialect, err, "reading the registry's generation")
}

func putStreams(t *tx, c *camera.Camera) error {
	for i := range c.Streams {
		s := &c.Streams[i]
		n, err := t.exec(`INSERT INTO camera_stream (id, camera_id, position, role, url, transport, secret, secret_key_id, removed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)
			ON CONFLICT (id) DO UPDATE SET position = excluded.position, role = excluded.role, url = excluded.url,
				transport = excluded.transport, secret = excluded.secret, secret_key_id = excluded.secret_key_id, removed_at = NULL
			WHERE camera_stream.camera_id = excluded.camera_id`,
			string(s.ID), string(c.ID), i, string(s.Role), s.URL, s.Transport, bytesOrNull(s.Secret), orNull(string(s.SecretKey)))
		if err != nil {
			return err
		}
		if n == 0 {
			return custody.Errorf(custody.Conflict, "stream %s belongs to another camera", s.ID)
		}
	}
	_, err := t.exec(`UPDATE registry SET generation = generation + 1 WHERE id = 1`)
	return err
}

func (d *DB) nameTaken(err error, name string) error {
	if d.dialect.classify(err) == duplicate {
		return custody.Wrap(custody.Exists, err, "a camera named %q exists already: choose another name", name)
	}
	return err
}

// validCamera refuses what is not text, and fills in what stands for a new camera's class.
func validCamera(c *camera.Camera) error {
	c.Class = cmp.Or(c.Class, access.Classes()[0])
	if !custody.ValidID("cam_", string(c.ID)) {
		return custody.Errorf(custody.Invalid, "camera id %q is not well formed", c.ID)
	}
	if c.Name == "" || !isText(c.Name) {
		return custody.Errorf(custody.Invalid, "a camera's name has 1 to 80 characters of text")
	}
	if !isText(c.Place) || !slices.Contains(access.Classes(), c.Class) {
		return custody.Errorf(custody.Invalid, "the place of camera %q is not text, or its class is none of %v", c.Name, access.Classes())
	}
	for i := range c.Streams {
		s := &c.Streams[i]
		switch {
		case !custody.ValidID("str_", string(s.ID)):
			return custody.Errorf(custody.Invalid, "stream id %q is not well formed", s.ID)
		case !isText(s.URL):
			return custody.Errorf(custody.Invalid, "the URL of stream %s is not text", s.ID)
		case (len(s.Secret) == 0) != (s.SecretKey == ""):
			return custody.Errorf(custody.Invalid, "stream %s needs a secret and its key, or neither", s.ID)
		}
	}
	return nil
}
