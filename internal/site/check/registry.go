package check

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// cameraState is a camera as its events describe it.
type cameraState struct {
	name, place    string
	class          string
	retention      int // days; 0 is the site's default
	enabled, audio bool
	version        int64
	added, removed string
	streams        []streamState
	entry          string
}

type streamState struct {
	ID          string `json:"id"`
	Role        string `json:"role"`
	Host        string `json:"host"`
	Scheme      string `json:"scheme"`
	Transport   string `json:"transport"`
	Credentials bool   `json:"credentials"`
}

// cameraDetail is what the camera room writes into its events: all of it when a camera is added, else what changed.
type cameraDetail struct {
	Name        string        `json:"name"`
	Place       *string       `json:"place"`
	Class       string        `json:"class"`
	Retention   *int          `json:"retention_days"`
	Enabled     *bool         `json:"enabled"`
	Audio       *bool         `json:"audio"`
	Credentials *bool         `json:"credentials"`
	Streams     []streamState `json:"streams"`
}

func (r *replay) camera(e audit.Entry, s said) error {
	var d cameraDetail
	if s.Detail != nil {
		if err := json.Unmarshal(s.Detail, &d); err != nil {
			return err
		}
	}
	c := r.cameras[s.Subject]
	switch {
	case e.Event.Type == custody.EventCameraAdded:
		c = &cameraState{class: string(access.Classes()[0]), added: s.At, removed: "none"}
		r.cameras[s.Subject] = c
	case c == nil:
		return custody.Errorf(custody.Corrupt, "it changes a camera that no entry adds")
	}
	c.version++
	c.entry = entryName(e)
	c.alter(&d)
	if d.Credentials != nil {
		c.setCredentials(*d.Credentials)
	}
	if e.Event.Type == custody.EventCameraRemoved {
		c.enabled, c.removed = false, s.At
		c.setCredentials(false)
	}
	return nil
}

// alter applies what is there of a change.
func (c *cameraState) alter(d *cameraDetail) {
	if d.Name != "" {
		c.name = d.Name
	}
	if d.Class != "" {
		c.class = d.Class
	}
	if d.Streams != nil {
		c.streams = d.Streams
	}
	set(&c.retention, d.Retention)
	set(&c.place, d.Place)
	set(&c.enabled, d.Enabled)
	set(&c.audio, d.Audio)
}

func (c *cameraState) setCredentials(have bool) {
	for i := range c.streams {
		c.streams[i].Credentials = have
	}
}

func (c *cameraState) record(id string) record {
	r := record{kind: "camera", id: id, entry: c.entry, fields: []field{
		{"name", c.name}, {"place", c.place}, {"class", c.class}, {"retention_days", strconv.Itoa(c.retention)}, {"enabled", strconv.FormatBool(c.enabled)}, {"audio", strconv.FormatBool(c.audio)},
		{"version", strconv.FormatInt(c.version, 10)}, {"added_at", c.added}, {"removed_at", c.removed},
		{"number of streams", strconv.Itoa(len(c.streams))},
	}}
	for i, s := range c.streams {
		r.fields = append(r.fields, streamField(i, s.ID, s.Role, s.Scheme, s.Host, s.Transport, s.Credentials))
	}
	return r
}

const keyRetired = 3 // of a key record's fields

// key follows the purpose keys. A rotation of the site key re-wraps them all and changes none.
func (r *replay) key(e audit.Entry, s said) error {
	var d struct {
		Purpose string `json:"purpose"`
		Retires string `json:"retires"`
		Public  []byte `json:"public"`
	}
	if err := json.Unmarshal(s.Detail, &d); err != nil {
		return err
	}
	if d.Purpose == "" {
		return nil
	}
	if old := r.keys[d.Retires]; old != nil {
		old.fields[keyRetired].value = s.At
	}
	r.keys[s.Subject] = &record{kind: "key", id: s.Subject, entry: entryName(e), fields: []field{
		{"purpose", d.Purpose}, {"public_key", base64.StdEncoding.EncodeToString(d.Public)}, {"created_at", s.At}, {"retired_at", "none"},
	}}
	return nil
}

// registers are the small tables that change.
type registers struct {
	cameras []camera.Camera
	keys    []keys.Record
	house   house
}

// compareRegisters compares cameras, keys and people with what the log says, at an instant at which nothing is being written.
func (p *pass) compareRegisters(ctx context.Context, r *replay) error {
	var now registers
	err := p.atRest(ctx, r, func() (err error) {
		if now.cameras, err = p.Books.Cameras(ctx); err == nil {
			now.keys, err = p.Books.Keys(ctx)
		}
		if err == nil {
			now.house, err = p.readHouse(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	rows, logged := map[name]record{}, map[name]record{}
	for i := range now.cameras {
		rec := cameraRecord(&now.cameras[i])
		rows[rec.name()] = rec
	}
	for i := range now.keys {
		rec := keyRecord(&now.keys[i])
		rows[rec.name()] = rec
	}
	now.house.records(func(rec record) { rows[rec.name()] = rec })
	for id, c := range r.cameras {
		rec := c.record(id)
		logged[rec.name()] = rec
	}
	for _, rec := range r.keys {
		logged[rec.name()] = *rec
	}
	r.persons.records(func(rec record) { logged[rec.name()] = rec })
	p.report.count("I5", "staff", uint64(len(now.house.staff)))
	p.report.count("I5", "cameras", uint64(len(now.cameras)))
	p.report.count("I5", "keys", uint64(len(now.keys)))
	for _, d := range disagreements(rows, logged) {
		p.blame(d)
	}
	p.openSecrets(now)
	return nil
}

// openSecrets opens what the site's keys wrap, apart from footage.
func (p *pass) openSecrets(now registers) {
	for _, id := range p.Ring.Damaged() {
		p.report.add(Finding{"I5", "key", string(id), "the key's row does not open under the site key: what it wraps cannot be read",
			"restore the key's row from a backup"})
	}
	for _, c := range now.cameras {
		for _, s := range c.Streams {
			if len(s.Secret) == 0 {
				continue
			}
			plain, err := p.Ring.OpenCredentials(s.ID, s.SecretKey, s.Secret)
			clear(plain)
			if err != nil {
				p.report.add(Finding{"I5", "stream", string(s.ID), fmt.Sprintf("the stored credentials of camera %q do not open", c.Name),
					"set the camera's credentials again"})
			}
		}
	}
}

// atRest calls look between two glances at a log head that has not moved, and brings r, if there is one, to that head: what
// look saw is then what the replayed log must say. Every change of the tables that matter is an event, so a head at rest is a database at rest.
func (p *pass) atRest(ctx context.Context, r *replay, look func() error) error {
	for range 1000 {
		head, err := p.Log.Head(ctx)
		if err != nil {
			return err
		}
		if r != nil {
			if err := r.to(ctx, head); err != nil {
				return err
			}
		}
		if err := look(); err != nil {
			return err
		}
		again, err := p.Log.Head(ctx)
		if err != nil {
			return err
		}
		if again == head {
			return nil
		}
	}
	return custody.Errorf(custody.Unavailable, "the log never rested long enough to compare it: check again when less is going on")
}
