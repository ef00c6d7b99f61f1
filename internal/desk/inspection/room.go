package inspection

import (
	"context"
	"crypto/ed25519"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// Limits of one answer.
const (
	MaxPage  = 500                  // entries of one page
	MaxLooks = 5000                 // looks of one answer
	MaxWatch = 24 * 60 * 60_000_000 // microseconds of one question about watchers: a day
)

// Store is the diary as it is read back; storage/db implements it.
type Store interface {
	// FindEntries returns at most limit entries that the filter finds, in its order.
	FindEntries(ctx context.Context, f audit.Filter, limit int) ([]audit.Entry, error)
	// EntryOf is the entry of one event with everything that is left of it. NotFound if its text was disposed of or it never was.
	EntryOf(ctx context.Context, id custody.EventID) (audit.Entry, error)
	// NewestCheckpoint is the newest signed checkpoint of an epoch. NotFound if it has none.
	NewestCheckpoint(ctx context.Context, epoch uint32) (audit.Checkpoint, error)
	Head(ctx context.Context) (audit.Head, error)
	Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error)
}

// Watching tells who was leased which minutes of footage, and why; the viewing desk's store, adapted in cmd/custody.
type Watching interface {
	// Looks lists the leases of a camera's minutes that lie in the span, in time order, at most limit, as far as the scope shows.
	Looks(ctx context.Context, scope access.Scope, camera custody.CameraID, span custody.Span, limit int) ([]Look, error)
	// Purpose tells why a viewing was opened. NotFound if there is none.
	Purpose(ctx context.Context, id custody.ViewingID) (Purpose, error)
}

// Look is one camera-minute that somebody could see.
type Look struct {
	Viewing custody.ViewingID
	Staff   custody.StaffID
	Minute  custody.Instant
	Kind    string // recorded, still, live
	Served  bool   // false if the viewing ended without a byte of it
}

// Purpose is why a viewing was opened.
type Purpose struct {
	Basis     access.Basis
	Reference string
	Text      string
}

// People knows what members of staff are called; *office.Office is one.
type People interface {
	Names(ctx context.Context) (map[custody.StaffID]string, error)
}

// Parts are what a Room works with; all are required.
type Parts struct {
	Site     string // names the log, as audit.Plan.Site does
	Store    Store
	Watching Watching
	People   People
	Diary    access.Diary
	Keys     func() []ed25519.PublicKey // all that ever signed the log
	Clock    custody.Clock
}

// Room is where the diary is read. It keeps nothing and is safe for concurrent use.
type Room struct{ Parts }

// NewRoom returns the room over its parts.
func NewRoom(p Parts) *Room { return &Room{p} }

// Entry is one entry of the diary for people.
type Entry struct {
	Epoch     uint32
	Index     uint64
	ID        custody.EventID
	Type      custody.EventType
	At        custody.Instant
	Actor     string
	ActorName string // empty if nobody is called so any more
	Camera    custody.CameraID
	Subject   string
	Detail    json.RawMessage // JSON, or nil
	Disposed  bool            // the text was disposed of on schedule; the leaf stands
}

// Place is where an entry stands in the log; rooms that may not import audit name it here.
type Place = audit.Place

// Query narrows a search; a zero field does not.
type Query struct {
	From, To custody.Instant // half open
	Actor    string
	Type     custody.EventType
	Camera   custody.CameraID
	Subject  string
	After    *Place // go on behind this entry
	Limit    int    // 1 to MaxPage; 0 for 100
}

// Page is one page of a search, newest first.
type Page struct {
	Entries []Entry
	Next    *Place // nil if there is no more
}

// names are what actors are called.
type names map[custody.StaffID]string

func (n names) of(actor string) string {
	switch actor {
	case "operator":
		return "the operator at the machine"
	case "system":
		return "the recorder itself"
	}
	return n[custody.StaffID(actor)]
}

// entry is e for people.
func (n names) entry(e audit.Entry) Entry {
	out := Entry{Epoch: e.Epoch, Index: e.Index, ID: e.Event.ID, Type: e.Event.Type, At: e.Event.At, Actor: e.Event.Actor, ActorName: n.of(e.Event.Actor),
		Camera: e.Event.Camera, Subject: e.Event.Subject, Disposed: e.Event.Body == nil}
	var body struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(e.Event.Body, &body) == nil {
		out.Detail = body.Detail
	}
	return out
}
