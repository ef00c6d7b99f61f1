package request

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Kind, Stage and Outcome are the judge's words, so that the two can never differ.
type (
	Kind    = access.RequestKind
	Stage   = access.Stage
	Outcome = access.Outcome
)

// Channel is how a request came in. Any will do (LAW.md), also by way of somebody else: received is when it reached any employee.
type Channel string

const (
	InPerson  Channel = "in-person"
	Telephone Channel = "telephone"
	Email     Channel = "e-mail"
	Letter    Channel = "letter"
	Other     Channel = "other"
)

// State is where a request is, as people see it. All but Received, Clarify, Misdirected, Available, Delivered and Closed follow from its
// items; table.go says from where to where, by which act.
type State string

const (
	Received    State = "received"    // logged; no item yet
	Clarify     State = "clarify"     // the requester is asked; the clock is shown, never stopped; the hold stays
	Misdirected State = "misdirected" // another body has what is asked for; the hold stays
	Scoped      State = "scoped"      // some item has no proposal
	Proposed    State = "proposed"    // every item is proposed or decided, and one is undecided
	Decided     State = "decided"     // nothing is left to decide; a package is being made if an item is granted
	Available   State = "available"   // the package is verified and may be handed over
	Delivered   State = "delivered"   // handed over; the receipt is out
	Closed      State = "closed"
)

// Closing says how a request ended.
type Closing string

const (
	Released     Closing = "released"
	PartReleased Closing = "part-released"
	DeniedWhole  Closing = "denied"
	Inspected    Closing = "inspected"
	NoRecord     Closing = "no-record"
	Withdrawn    Closing = "withdrawn"
	Abandoned    Closing = "abandoned"
	Elsewhere    Closing = "misdirected"
)

// Requester is who asks, as far as they say. Open records need no name, no purpose and no address (LAW.md): every field may be empty.
type Requester struct {
	Name    string // 0 to 200 bytes
	Contact string // how an answer reaches them; empty: a pick-up code, or inspection
}

// Officer is who asks for a law-enforcement agency. All fields are needed before anything is granted, none to log and hold.
type Officer struct {
	Agency string
	Name   string
	Badge  string
	Case   string // the agency's own case number
	// Offence is what happened at the library, and AtSite that it is said to have happened there.
	Offence string
	AtSite  bool
}

// CallBack is one attempt to reach the officer on a number of the site's own directory (never one that the caller gave).
type CallBack struct {
	Agency  custody.AgencyID
	Number  string // as the directory had it then
	Reached bool   // the officer was reached there and confirmed the request
	Spoke   string // with whom, 0 to 200 bytes
	By      custody.StaffID
	At      custody.Instant
}

// Called is one attempt of a request's history.
type Called struct {
	Request custody.RequestID
	Place   int // from 1
	CallBack
}

// Agency is an entry of the directory.
type Agency struct {
	ID      custody.AgencyID
	Name    string
	Phone   string
	Source  string // where the number was found, and when it was checked
	Removed bool
	Version int64
}

// Asked is what the requester said about place and time, before anybody looked.
type Asked struct {
	Cameras []custody.CameraID // empty: unknown, so every camera is held
	Span    custody.Span       // zero: unknown
}

// Request is one logged request.
type Request struct {
	ID     custody.RequestID
	Number string // "REQ-2026-0007": of the site's year, without gaps
	Kind   Kind
	State  State
	Since  custody.Instant // when it came into State

	Channel  Channel
	Received custody.Instant // when it reached any employee; the clocks run from it
	Logged   custody.Instant
	LoggedBy custody.StaffID
	Late     string // why it was logged more than two days after it was received, 0 to 500 bytes
	Text     string // what was asked, word for word; 1 to 20000 bytes
	Oral     bool   // transcribed by staff; ReadBack: and read back to the requester
	ReadBack bool
	Inspect  bool // to look under supervision is enough

	Requester Requester
	Officer   Officer // of law enforcement
	Asked     Asked
	// Concerned are members of staff who filed it, or are recorded as its subject: they act on nothing of it.
	Concerned []custody.StaffID
	// CallBack is the latest since the officer was named as they are; zero before. A footage request of law enforcement is granted only
	// after one that reached them (LAW.md).
	CallBack CallBack

	PickUp  string          // the code with which somebody who gave no address asks how it stands; printed on the acknowledgement
	Due     custody.Instant // end of the day by which it is to be decided: lists are ordered by it
	Ended   custody.Instant
	Closing Closing
	Why     string // the closing's reason, for the letter
	// Disposed is when its file was disposed of; 0 before. What it says then is its tombstone: no act changes it any more.
	Disposed custody.Instant
	// Version is the row version for compare-and-swap, of the request and all its items. Ruling grows with every change of what is decided
	// about any item, and with nothing else: a package is made of one ruling, and is of no use for another.
	Version int64
	Ruling  int64
}

// Item is one camera and one span of a request, decided alone.
type Item struct {
	ID      custody.ItemID
	Request custody.RequestID
	Place   int // from 1; "REQ-2026-0007/1" names it
	Camera  custody.CameraID
	Span    custody.Span
	Stage   Stage

	Proposal Proposal // zero before, and after its scope changed
	Decision Decision // zero before, and after its scope changed or it was withdrawn or recalled
	// Out is when a package with its footage was handed over; 0 before, and after a recall. Until a recall it is not decided anew.
	Out custody.Instant
}

// Proposal is what a preparer thinks right for exactly this camera and span.
type Proposal struct {
	Outcome  Outcome
	Citation string // needed unless it is granted
	Reason   string
	By       custody.StaffID
	At       custody.Instant
}

// Decision is the custodian's. It is void when the item's scope changes and lapses after 30 days (REQUESTS.md 2.5).
type Decision struct {
	Outcome  Outcome
	Citation string
	Reason   string
	By       custody.StaffID
	At       custody.Instant
	Lapses   custody.Instant
}

// Note is a remark of staff, for the file.
type Note struct {
	Request custody.RequestID
	Place   int    // from 1
	Text    string // 1 to 4000 bytes
	By      custody.StaffID
	At      custody.Instant
}

// Ruled is one decision of an item's history. It is kept whatever comes after.
type Ruled struct {
	Item     custody.ItemID
	Place    int // which decision about the item, from 1
	Camera   custody.CameraID
	Span     custody.Span
	Proposer custody.StaffID
	Decision
	Superseded custody.Instant // when something else took its place; 0 while it stands
}

// Attachment is a paper that came with a request: inert bytes, never rendered, never decoded.
type Attachment struct {
	ID      custody.AttachmentID
	Request custody.RequestID
	Name    string
	Size    int64 // 1 byte to 10 MiB; 20 of a request
	SHA256  [32]byte
	By      custody.StaffID
	At      custody.Instant
}
