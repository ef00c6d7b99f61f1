package request

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Store keeps requests; storage/db implements it. Every change commits with its events, raises the access generation (by trigger) and
// compares and swaps the request's Version: Conflict if somebody was faster.
type Store interface {
	// LogRequest stores a request with the next number of its year, and the holds that follow from it, in one transaction: what was asked
	// for is held from the moment it has a number. For each hold the hold epoch of its cameras is raised first (CONTRACTS 10). fill makes
	// the events once the number is known.
	LogRequest(ctx context.Context, r Request, items []Item, holds []custody.Hold, year int, fill func(number string) (Request, []custody.Event, error)) (Request, error)
	// Change replaces the request and its items if the stored version is r.Version; items that are not named stay. A hold that the
	// change needs (a wider scope) comes with it.
	Change(ctx context.Context, r Request, items []Item, holds []custody.Hold, evs ...custody.Event) (Request, error)
	ByID(ctx context.Context, id custody.RequestID) (Request, []Item, error)
	ByItem(ctx context.Context, id custody.ItemID) (Request, []Item, error)
	// List yields requests under a scope of access.RequestView; a scope of anything else shows none.
	List(ctx context.Context, scope access.Scope, f Filter) ([]Request, error)

	AddAttachment(ctx context.Context, a Attachment, content []byte, evs ...custody.Event) error
	Attachments(ctx context.Context, id custody.RequestID) ([]Attachment, error)
	Attachment(ctx context.Context, id custody.AttachmentID) (Attachment, []byte, error)

	PutAgency(ctx context.Context, a Agency, evs ...custody.Event) (Agency, error)
	Agencies(ctx context.Context) ([]Agency, error)

	// Overlapping lists earlier items, decided ones, of other requests that overlap a camera and span: what was released before.
	Overlapping(ctx context.Context, camera custody.CameraID, span custody.Span) ([]Item, error)
}

// Filter says which requests a list shows; a zero field does not narrow.
type Filter struct {
	Open  bool // neither closed nor disposed of
	State State
	Limit int // 1 to 500
}

// Footage tells what there is, before anybody looks; cmd/custody implements it from viewing's timeline and the camera registry.
type Footage interface {
	// Inventory describes a camera's footage in a span. NotFound: there is no such camera.
	Inventory(ctx context.Context, camera custody.CameraID, span custody.Span) (Inventory, error)
	// AllCameras are those that exist, with their classes.
	AllCameras(ctx context.Context) (map[custody.CameraID]access.Class, error)
}

// Inventory is what there is of a camera in a span.
type Inventory struct {
	Class      access.Class
	Recorded   []custody.Span
	Gaps       []Gap
	Disposed   []custody.Span       // destroyed on schedule, with its tombstone in the diary
	Restricted []access.Restriction // standing ones that overlap
}

// Gap is time without footage and its cause.
type Gap struct {
	Span  custody.Span
	Cause string
}

// Calendar counts business days in the site's zone; desk/letter implements it with the jurisdiction's holidays.
type Calendar interface {
	// AfterBusinessDays is the end (midnight after) of the n-th business day after the day of from, and the days that were passed over.
	AfterBusinessDays(from custody.Instant, n int) (end custody.Instant, steps []DayStep)
	AfterCalendarDays(from custody.Instant, n int) (end custody.Instant, steps []DayStep)
	// Year is the site's calendar year of an instant, Local the instant in the site's zone as people read it.
	Year(at custody.Instant) int
	Local(at custody.Instant) string
}

// DayStep is one day of a clock's arithmetic.
type DayStep struct {
	Day     string // 2026-11-11
	Counted int    // its number among those counted; 0 if it does not count
	Why     string // why not: "Saturday", "Veterans Day"
}
