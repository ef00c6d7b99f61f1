package delivery

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Way is how a package was handed over.
type Way string

const (
	Folder Way = "folder" // as a folder on a stick or disk
	Disc   Way = "disc"
)

// Ways lists every way that is open today.
func Ways() []Way { return []Way{Folder, Disc} }

// Delivery is one hand-over: who has what.
type Delivery struct {
	ID        custody.DeliveryID
	Package   custody.PackageID
	Request   custody.RequestID
	Number    string   // of the package
	Digest    [32]byte // of the package
	Way       Way
	Recipient string // a name, 0 to 200 bytes; for law enforcement with agency and badge; may be empty if ByCode
	Agency    string
	Badge     string
	ByCode    bool // the recipient brought the request's pick-up code
	By        custody.StaffID
	At        custody.Instant
	// Signed is when the recipient signed the receipt, SignedBy the name that stands there, Noted who recorded it; zero while it is out.
	Signed   custody.Instant
	SignedBy string
	Noted    custody.StaffID
	// Recalled is when the package was recalled: the recipient is to give it back or destroy it. 0 unless it was.
	Recalled custody.Instant
}

// Recall is the end of a package.
type Recall struct {
	Package custody.PackageID
	Request custody.RequestID
	Why     string // 1 to 500 bytes, for people and for the letter
	By      custody.StaffID
	At      custody.Instant
}

// Filter says which deliveries a list shows; a zero field does not narrow.
type Filter struct {
	Unsigned bool // not signed for and not recalled
	Limit    int  // 1 to 500; 0 is 500
}

// Store keeps deliveries; storage/db implements it. Each change commits with its events and with what it does to the request
// (ActHandOver, ActReceipt and ActRecall of desk/request), whose own entries the store adds.
type Store interface {
	// Add stores a hand-over if the package is ready at that moment: Conflict otherwise. Its items are out from now on and the request
	// becomes delivered, and closed if d is signed and nothing else is out. version is the request's as the clerk saw it: Conflict if it
	// is another; 0 for any.
	Add(ctx context.Context, d Delivery, version int64, evs ...custody.Event) (closed bool, err error)
	// Sign records the receipt of d (Signed, SignedBy, Noted): Conflict if there is one. The request is closed if nothing else is out.
	Sign(ctx context.Context, d Delivery, evs ...custody.Event) (closed bool, err error)
	// Recall ends the package and marks its deliveries recalled, in one transaction, and returns all of them in order. Conflict if the
	// package is neither ready nor replaced. If it was ready, what was decided about its items counts no more.
	Recall(ctx context.Context, r Recall, evs ...custody.Event) ([]Delivery, error)

	ByID(ctx context.Context, id custody.DeliveryID) (Delivery, error)
	// Of lists the deliveries of a request, the first first.
	Of(ctx context.Context, request custody.RequestID) ([]Delivery, error)
	// List yields deliveries, latest first, under a scope of access.RequestView; a scope of anything else shows none.
	List(ctx context.Context, scope access.Scope, f Filter) ([]Delivery, error)
}

// Packages tells what there is to hand over; release.Store is one.
type Packages interface {
	ByID(ctx context.Context, id custody.PackageID) (release.Package, error)
}

// Requests tells who asked; cmd/custody joins it from desk/request.
type Requests interface {
	// Asker is who asked, as the request has it. NotFound if there is no such request.
	Asker(ctx context.Context, id custody.RequestID) (Asker, error)
}

// Asker is who asked, as far as they said.
type Asker struct {
	Kind   access.RequestKind
	Number string // of the request
	PickUp string // the request's pick-up code
	Name   string // of an open-records request; may be empty
	// Of law enforcement.
	Agency, Officer, Badge string
}

// Diary commits events durably before it returns nil. *audit.Log is one.
type Diary interface {
	Append(ctx context.Context, events ...custody.Event) error
}
