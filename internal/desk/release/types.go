package release

import (
	"context"
	"io"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Work is a request whose every item is decided, one of them at least granted, and for whose decisions no package stands.
type Work struct {
	Request  custody.RequestID
	Number   string
	Kind     access.RequestKind
	Received custody.Instant
	Logged   custody.Instant
	Basis    string // in words
	Version  int64  // of the request when its decisions were read: the package is of these
	Items    []Item
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
	Number  string // of the request, and which: REQ-2026-0007-P1
	Version int64  // of the request that it was made of
	State   State
	Why     string // of Failed or Recalled
	Begun   custody.Instant
	Made    custody.Instant
	Items   []custody.ItemID // that it holds footage of
	Files   []File
	Size    int64           // of all files together
	Digest  [32]byte        // SHA-256 of tagmanifest-sha256.txt, which names every file: what a receipt states
	Verdict string          // of the self-check, as the verifier words it without a key from outside
	Report  manifest.Report // of the self-check
	Done    int64           // while building: bytes so far, of Total (0 unknown)
	Total   int64
}

// File is one file of a package as people see it.
type File struct {
	Path   string
	Size   int64
	SHA256 [32]byte
}

// Store keeps packages; storage/db implements it. The bytes lie in the vault.
type Store interface {
	// Due lists requests that need a package, oldest decision first. Of what failed it lists nothing until the request changes or Retry.
	Due(ctx context.Context, now custody.Instant, limit int) ([]Work, error)
	// Begin stores a package in state Building, replacing an unfinished one of the request.
	Begin(ctx context.Context, p Package, evs ...custody.Event) error
	// Finish makes it Ready in the transaction that compares the request's version with p.Version and checks that every item in it stands
	// decided as granted: Conflict otherwise, and nothing is visible. The wrapped key of its bytes comes with it.
	Finish(ctx context.Context, p Package, key SealedKey, evs ...custody.Event) error
	// Change moves a package to Failed, Recalled or Replaced.
	Change(ctx context.Context, id custody.PackageID, from, to State, why string, evs ...custody.Event) error
	ByID(ctx context.Context, id custody.PackageID) (Package, error)
	Of(ctx context.Context, request custody.RequestID) ([]Package, error)
	// Key is the wrapped key of a stored package; NotFound for one that is not Ready or Recalled.
	Key(ctx context.Context, id custody.PackageID) (SealedKey, error)
}

// SealedKey is the key of a stored package, wrapped by the site's keys, and where its bytes lie.
type SealedKey struct {
	KeyID   custody.KeyID
	Wrapped []byte
	Size    int64 // of the object
	SHA256  [32]byte
}

// Diary is the site's log as a package discloses it; cmd/custody joins it from trust/audit.
type Diary interface {
	// Story returns the log's entries that a package tells, in order of time, each with its inclusion proof under one checkpoint, and that
	// checkpoint: everything about the request, the looks at its cameras and spans, the segments named and the gaps named. It waits until a
	// checkpoint covers them, which it asks for.
	Story(ctx context.Context, about About) (Story, error)
}

// About says which entries are wanted.
type About struct {
	Request  custody.RequestID
	Segments []custody.SegmentID
	Gaps     []custody.GapID
}

// Story is disclosed entries under one checkpoint.
type Story struct {
	Checkpoint []byte // a signed note
	LogKey     string // verifier string
	Entries    []manifest.Entry
	Sealed     map[custody.SegmentID]manifest.Logged // segment.sealed of each segment asked for
	Gaps       map[custody.GapID]uint64              // index of each gap's own entry
	SigningKey manifest.SigningKey
}

// Renderer makes the viewing rendition; desk/render implements it through cmd/custody.
type Renderer interface {
	// Viewing writes one MP4 with exactly the pictures of the reel's span to w.
	Viewing(ctx context.Context, r Reel, w io.Writer, progress func(done, total int64)) (Rendered, error)
	// Tool names the program and its version for the package.
	Tool() manifest.Tool
}

// Reel is the footage of one item for the viewing rendition.
type Reel struct {
	Text   string // burnt in beside the time: the item's number (CONTRACTS 19)
	Span   custody.Span
	Zone   *time.Location
	Pieces []Piece
}

// Piece is one unbroken run of the camera inside the span, in order of time.
type Piece struct {
	Init   []byte
	Media  func(w io.Writer) error // the fragments, from the last random access point before the span
	Frames []Frame                 // every picture that they hold, in order of presentation
}

// Frame is one picture: its presentation time in the fragments' own ticks of track 1, and when it was taken.
type Frame struct {
	PTS  int64
	Wall custody.Instant
}

// Rendered is what came of it.
type Rendered struct {
	Frames int64
	Codec  string
	Span   custody.Span // from the first picture to the end of the last
}
