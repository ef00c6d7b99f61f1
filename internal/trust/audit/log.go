package audit

import (
	"context"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxBody bounds the bytes of one event.
const MaxBody = 1 << 20

// Log is the diary for events that accompany no other change, such as a decision to show footage. It is safe for
// concurrent use.
type Log struct {
	store Store
}

// NewLog returns the diary over a store.
func NewLog(store Store) *Log { return &Log{store} }

// Append commits the events durably, in order, all or none. An event that is not well formed is refused with
// Invalid before anything is stored: see CheckEvent.
func (l *Log) Append(ctx context.Context, events ...custody.Event) error {
	for _, e := range events {
		if err := CheckEvent(e); err != nil {
			return err
		}
	}
	return l.store.Append(ctx, events...)
}

// copies are the fields of a body that the database indexes beside it.
type copies struct {
	ID      custody.EventID   `json:"id"`
	Type    custody.EventType `json:"type"`
	At      string            `json:"at"`
	Actor   string            `json:"actor"`
	Camera  custody.CameraID  `json:"camera"`
	Subject string            `json:"subject"`
}

// CheckEvent reports with Invalid what is wrong with an event: a type that is not noun.verb, a malformed id, no actor, a
// body that is empty, larger than MaxBody or not the JSON that custody.NewEvent writes, or a field that differs from its
// original in the body - the leaf commits to the body only, so a differing copy could be changed unnoticed.
func CheckEvent(e custody.Event) error {
	var c copies
	switch {
	case !e.Type.Valid():
		return custody.Errorf(custody.Invalid, "the event's type is not of the form noun.verb")
	case !custody.ValidID("evt_", string(e.ID)):
		return custody.Errorf(custody.Invalid, "the event's id is malformed")
	case e.Actor == "":
		return custody.Errorf(custody.Invalid, "the event does not say who acted")
	case len(e.Body) == 0 || len(e.Body) > MaxBody:
		return custody.Errorf(custody.Invalid, "the event's body must have 1 byte to 1 MiB")
	case json.Unmarshal(e.Body, &c) != nil:
		return custody.Errorf(custody.Invalid, "the event's body cannot be read")
	case c != copies{e.ID, e.Type, e.At.String(), e.Actor, e.Camera, e.Subject}:
		return custody.Errorf(custody.Invalid, "the event's fields are not those of its body")
	}
	return nil
}
