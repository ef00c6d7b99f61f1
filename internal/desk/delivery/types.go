package delivery

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Way is how a package was handed over.
type Way string

const (
	Folder Way = "folder" // as a folder on a stick or disk
	Disc   Way = "disc"
)

// Delivery is one hand-over: who has what.
type Delivery struct {
	ID        custody.DeliveryID
	Package   custody.PackageID
	Request   custody.RequestID
	Number    string // of the package
	Digest    [32]byte
	Way       Way
	Recipient string // a name; for law enforcement with agency and badge; empty for a pick-up code
	Agency    string
	Badge     string
	PickUp    string // code of somebody who gave no name
	By        custody.StaffID
	At        custody.Instant
	// Receipt: when the recipient signed, and by what name; 0 while it is out.
	Signed   custody.Instant
	SignedBy string
	// Recalled: when they were told to give it back or destroy it; 0 unless the package was recalled.
	Recalled custody.Instant
	Version  int64
}

// Store keeps hand-overs; storage/db implements it. Each change commits with its events.
type Store interface {
	// Add stores a hand-over if the package is Ready at that moment: Conflict otherwise. The request becomes delivered.
	Add(ctx context.Context, d Delivery, evs ...custody.Event) error
	// Receipt records the signature (Conflict if there is one). close, if true, closes the request in the same transaction when every
	// package and delivery of it is receipted.
	Receipt(ctx context.Context, d Delivery, evs ...custody.Event) error
	ByID(ctx context.Context, id custody.DeliveryID) (Delivery, error)
	Of(ctx context.Context, request custody.RequestID) ([]Delivery, error)
	// Recall marks the package and all its deliveries recalled, in one transaction, and returns who holds it.
	Recall(ctx context.Context, id custody.PackageID, at custody.Instant, why string, evs ...custody.Event) ([]Delivery, error)
}

// Packages is what this room needs of release.
type Packages interface {
	// Write writes a ready package as a zip file of stored entries under a Grant of access.PackageHandOver about it; the entry package.read
	// is committed before the first byte.
	Write(ctx context.Context, g access.Grant, id custody.PackageID, w Sink) error
}

// Sink takes a package's files one after another; a zip writer and a folder are two.
type Sink interface {
	File(path string, size int64) (interface{ Write(p []byte) (int, error) }, error)
	Close() error
}
