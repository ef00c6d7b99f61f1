package request

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Logging is what is stored when a request is logged: everything but its number, which the store gives.
type Logging struct {
	Request Request // without number
	Holds   []custody.Hold
	Year    int // the site's calendar year, of which the number is
}

// Changing is what is stored when a request is changed.
type Changing struct {
	Request Request // its Version is the one that was read
	Items   []Item  // that the act added or changed
	Holds   []custody.Hold
	Note    *Note // for the file; nil for none
}

// Store keeps requests; storage/db implements it. Every change commits with its events, raises the access generation (by trigger) and
// compares and swaps the request's Version: Conflict if somebody was faster. Belts beside the judge's: it refuses with Denied that who
// proposed an item decides it, or that who is concerned by a request proposes or decides anything of it.
type Store interface {
	// LogRequest stores a request with the next number of its year, and the holds that follow from it, in one transaction: what was asked
	// for is held from the moment it has a number. For each hold the hold epoch of its cameras is raised first (CONTRACTS 10). The events
	// are made of the request as it is numbered; fill may be called several times.
	LogRequest(ctx context.Context, l Logging, fill func(Request) ([]custody.Event, error)) (Request, error)
	// Change replaces the request and those items if the stored version is the one that was read, and returns it with the version raised by one; items
	// that are not named stay, and an item that is not known yet is added. A hold that the change needs (a wider scope) comes with it. A
	// decision that an item no longer has, or that is another, is superseded as of the first event's time.
	Change(ctx context.Context, c Changing, evs ...custody.Event) (Request, error)
	// AddNote adds a remark to the file with the next place, whatever n says; it changes no version. Exhausted if the request has MaxNotes, as
	// Change is if it has MaxRemarks or MaxCallBacks and would get another.
	AddNote(ctx context.Context, n Note, evs ...custody.Event) error
	Notes(ctx context.Context, id custody.RequestID) ([]Note, error)

	// RequestByID and RequestByItem read a request and its items by place, in one snapshot.
	RequestByID(ctx context.Context, id custody.RequestID) (Request, []Item, error)
	RequestByItem(ctx context.Context, id custody.ItemID) (Request, []Item, error)
	RequestByNumber(ctx context.Context, number string) (Request, []Item, error)
	// Requests yields requests under a scope of access.RequestView, by due date, closed ones last; a scope of anything else shows none.
	Requests(ctx context.Context, scope access.Scope, f Filter) ([]Request, error)
	// Rulings are all decisions about the items of a request, by item's place and decision.
	Rulings(ctx context.Context, id custody.RequestID) ([]Ruled, error)
	// CallBacks are all attempts, in order.
	CallBacks(ctx context.Context, id custody.RequestID) ([]CallBack, error)
	// HoldsOf are the standing holds that were placed for a request, by start.
	HoldsOf(ctx context.Context, id custody.RequestID) ([]custody.Hold, error)

	// AddAttachment is Exhausted if the request has MaxAttachments.
	AddAttachment(ctx context.Context, a Attachment, content []byte, evs ...custody.Event) error
	Attachments(ctx context.Context, id custody.RequestID) ([]Attachment, error)
	Attachment(ctx context.Context, id custody.AttachmentID) (Attachment, []byte, error)

	// PutAgency adds an entry (Version 0) or replaces it if its version matches.
	PutAgency(ctx context.Context, a Agency, evs ...custody.Event) (Agency, error)
	// Agencies are all entries by name, removed ones included.
	Agencies(ctx context.Context) ([]Agency, error)

	// Overlapping lists items of other requests that overlap a camera and span and whose footage went out: what was released before.
	Overlapping(ctx context.Context, except custody.RequestID, camera custody.CameraID, span custody.Span) ([]Earlier, error)
}

// Earlier is an item of another request whose footage was handed over.
type Earlier struct {
	Number string // of the item: REQ-2026-0007/1
	Item   Item
}

// Filter says which requests a list shows; a zero field does not narrow.
type Filter struct {
	Open  bool // not closed
	State State
	Limit int // 1 to 500; 0 is 100
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
	Disposed   []Disposal           // destroyed on schedule
	Restricted []access.Restriction // standing ones that overlap
}

// Disposal is footage that was destroyed on schedule, and the tombstone that says so.
type Disposal struct {
	Span        custody.Span
	Disposition custody.DispositionID
	At          custody.Instant
}

// Gap is time without footage and its cause.
type Gap struct {
	Span  custody.Span
	Cause string
}

// Calendar counts business days in the site's zone; desk/letter implements it with the jurisdiction's holidays.
type Calendar interface {
	// AfterBusinessDays is the end (midnight after) of the n-th business day after the day of from, and every day after the day of from up
	// to that one, counted or passed over. n 0 is the end of the day of from.
	AfterBusinessDays(from custody.Instant, n int) (end custody.Instant, steps []DayStep)
	// AfterCalendarDays is the end of the n-th day after the day of from, and those days; each counts.
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
