package release

import (
	"context"
	"crypto/ed25519"
	"io"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Work is a request whose every item is decided, one of them at least granted, and for whose decisions no package stands.
type Work struct {
	Request  custody.RequestID
	Number   string
	Kind     access.RequestKind
	Received custody.Instant
	Logged   custody.Instant
	Basis    string // in words
	Ruling   int64  // of the request: it grows with every change of what is decided about any item, and a package is made of one
	Items    []Item // in the order of their places; those that were withdrawn are not among them
}

// Item is a decided item as a package tells it.
type Item struct {
	ID        custody.ItemID
	Number    string // REQ-2026-0007/1
	Camera    custody.CameraID
	Requested custody.Span
	Decided   custody.Span
	Outcome   access.Outcome
	Citation  string
	Proposer  custody.StaffID
	Proposed  custody.Instant
	Decider   custody.StaffID
	DecidedAt custody.Instant
}

// State is how a package stands.
type State string

const (
	Building State = "building"
	Ready    State = "ready"    // verified by the program itself, stored, may be handed over
	Failed   State = "failed"   // Why says so; tried again by a person, or when the decisions change
	Recalled State = "recalled" // nothing of it leaves any more
	Replaced State = "replaced" // the decisions changed, and a later package stands
)

// Package is one package of a request.
type Package struct {
	ID      custody.PackageID
	Request custody.RequestID
	Place   int    // which of the request, from 1
	Number  string // of the request, and which: REQ-2026-0007-P1
	Ruling  int64  // of the request that it is made of: it is Ready only as long as this one stands
	State   State
	Why     string // of Failed or Recalled
	Begun   custody.Instant
	Made    custody.Instant
	Items   []custody.ItemID // that it holds footage of
	Files   []File
	Size    int64           // of all files together
	Digest  [32]byte        // SHA-256 of tagmanifest-sha256.txt, which names every file: what a receipt states
	Verdict string          // of the self-check, as the verifier words it for somebody who has the log's key
	Report  manifest.Report // of the self-check
	Films   []Film          // its media files
	Done    int64           // while building: bytes so far, of Total (0 unknown)
	Total   int64
}

// Film is one media file of a package, so that a later package gets the same bytes (CONTRACTS 19).
type Film struct {
	Path  string
	Kind  manifest.Kind
	Codec string
	Item  custody.ItemID
	// Camera and Span are what was decided, not what the file shows: an original of the same two has the same bytes again.
	Camera custody.CameraID
	Span   custody.Span
	SHA256 [32]byte
}

// File is one file of a package as people see it.
type File struct {
	Path   string
	Size   int64
	SHA256 [32]byte
}

// Store keeps packages; storage/db implements it. The bytes lie in the vault.
type Store interface {
	// Due lists open requests of which every item is decided, none of them lapsed, at least one granted, and of whose ruling no package
	// stands in any state, oldest decision first: of what failed or was recalled nothing, until the ruling changes or Retry. A package that
	// is Building counts as none, since whoever asks is the only one who builds.
	Due(ctx context.Context, now custody.Instant, limit int) ([]Work, error)
	// Work is a request as Due would list it, whatever stands: NotFound if it is not whole.
	Work(ctx context.Context, request custody.RequestID, now custody.Instant) (Work, error)
	// Begin stores a package in state Building, in place of one of the request that is Building or Failed, and gives it the next Place of
	// the request and its Number. Conflict if the request's ruling is not p.Ruling, or a package of it stands.
	Begin(ctx context.Context, p Package, evs ...custody.Event) (Package, error)
	// Progress notes how far a Building package is; nothing if it is none any more.
	Progress(ctx context.Context, id custody.PackageID, done, total int64) error
	// Finish makes it Ready in the transaction that compares the request's ruling with p.Ruling and checks that every decision
	// counts still: Conflict otherwise, and nothing is visible. The wrapped key of its bytes comes with it. Ready packages of the request
	// become Replaced.
	Finish(ctx context.Context, p Package, key SealedKey, evs ...custody.Event) error
	// Change moves a package from one state to Failed, Recalled or Replaced, and from Failed to Building, which makes it due again.
	// Conflict if it is in another state.
	Change(ctx context.Context, id custody.PackageID, from, to State, why string, evs ...custody.Event) error
	ByID(ctx context.Context, id custody.PackageID) (Package, error)
	// Of lists a request's packages, the first first.
	Of(ctx context.Context, request custody.RequestID) ([]Package, error)
	// Building lists what is being built, or was when the process ended.
	Building(ctx context.Context) ([]Package, error)
	// Films lists the media files that packages hold of what was decided for an item: of Ready and Replaced ones, latest first.
	Films(ctx context.Context, item custody.ItemID) ([]Kept, error)
	// Key is the wrapped key of a stored package; NotFound for one that is not Ready, Recalled or Replaced.
	Key(ctx context.Context, id custody.PackageID) (SealedKey, error)

	// Leftovers are packages whose keys were destroyed with their request's file and whose bytes may still be there: those whose removal was
	// last tried before the instant, at most limit. Tried notes that it was tried at that instant, and whether they are gone.
	Leftovers(ctx context.Context, before custody.Instant, limit int) ([]custody.PackageID, error)
	Tried(ctx context.Context, id custody.PackageID, at custody.Instant, gone bool) error
}

// Kept is a media file of a stored package.
type Kept struct {
	Film
	Package custody.PackageID
}

// SealedKey is the key of a stored package, wrapped by the site's keys, and what its object is.
type SealedKey = vault.SealedPackage

// Diary is the site's log as a package discloses it; *Teller is one.
type Diary interface {
	// Story returns the log's entries that a package tells, in order of time, each with its inclusion proof under one checkpoint, and that
	// checkpoint: everything about the request, the looks at its cameras and spans, the segments named and the gaps named. It waits until a
	// checkpoint covers them, which it asks for.
	Story(ctx context.Context, about About) (Story, error)
}

// About says which entries are wanted.
type About struct {
	Request  custody.RequestID
	Number   string
	Kind     access.RequestKind // open records get no entry that tells of a member of staff, an address or another person
	Items    []Item
	Segments []custody.SegmentID
	Gaps     []custody.GapID
	Package  string            // number of the package
	Signer   custody.KeyID     // the package-signing key
	Public   ed25519.PublicKey // its public half
}

// Story is disclosed entries under one checkpoint.
type Story struct {
	Checkpoint []byte // a signed note
	LogKey     string // verifier string
	Entries    []manifest.Entry
	Sealed     map[custody.SegmentID]manifest.Logged // segment.sealed of each segment asked for
	SealedAt   map[custody.SegmentID]custody.Instant // when those entries say it was: their bodies' time
	Gaps       map[custody.GapID]uint64              // index of each gap's own entry
	SigningKey manifest.SigningKey
}

// Renderer makes the viewing rendition; desk/render implements it through cmd/custody.
type Renderer interface {
	// Viewing writes one MP4 with exactly the pictures of the reel's span to w, and a slate for each of its gaps. The same reel gives the
	// same bytes on the same machine.
	// What it needs on the way lies in the directory scratch, which is empty and removed afterwards.
	Viewing(ctx context.Context, r Reel, scratch string, w io.Writer, progress func(done, total int64)) (Rendered, error)
	// Tool names the program and its version for the package.
	Tool() manifest.Tool
}

// Reel is the footage of one item for the viewing rendition.
type Reel struct {
	Text   string // burnt in beside the time: the item's number (CONTRACTS 19)
	Span   custody.Span
	Zone   *time.Location
	Pieces []Piece
	Gaps   []Gap // of the span, in order of time
	Sound  bool  // there is some, and it was granted with the pictures
}

// Piece is one unbroken run of the camera inside the span, in order of time.
type Piece struct {
	Init []byte
	// Media writes the fragments, from the last random access point before the span; the same at each call.
	Media  func(ctx context.Context, w io.Writer) error
	Frames []Frame // every picture of the run that they hold, in order of presentation
	Sound  []Frame // of its first track of sound the same; empty without
}

// Frame is one picture or unit of sound: its presentation time in ticks of its track, as the fragments' boxes count, and when it was taken.
type Frame struct {
	PTS     int64
	Wall    custody.Instant
	Damaged bool // on the way to the recorder
}

// Rendered is what came of it.
type Rendered struct {
	Pictures int64  // one for each that was recorded inside the span
	Codec    string // h264, or "h264, aac"
}
