package release

import (
	"context"
	"crypto"
	"iter"
	"log/slog"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Judge decides what may be copied; *access.Judge is one.
type Judge interface {
	Decide(ctx context.Context, actor access.Actor, ask access.Ask) (access.Grant, error)
}

// Footage is the vault as this room uses it; *vault.Vault is one.
type Footage interface {
	// Cuts opens every run of a stream that has footage in the Grant's span: of FootageExport to copy it, of FootageList to tell about it.
	Cuts(ctx context.Context, g access.Grant, stream custody.StreamID) ([]*vault.Cut, error)
	Evidence(ctx context.Context, g access.Grant, id custody.SegmentID, wanted func(media.Unit) bool) (vault.Evidence, error)
	InSpool(span custody.Span) map[custody.StreamID][]custody.Span
	Pack(id custody.PackageID, dir string) (*vault.Packing, error)
	PutPackage(ctx context.Context, p *vault.Packing, progress func(done, total int64)) (vault.SealedPackage, error)
	PurgePackage(ctx context.Context, id custody.PackageID) error
	OpenPackage(ctx context.Context, g access.Grant, id custody.PackageID, sealed vault.SealedPackage) (*vault.Package, error)
}

// Index tells what was recorded, without a picture; storage/db implements it.
type Index interface {
	// Segment is the row of a settled segment. NotFound if there is none.
	Segment(ctx context.Context, id custody.SegmentID) (media.SegmentRow, error)
	// Segments yields the settled segments of a stream that overlap the span, in order of time.
	Segments(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error]
	// Gaps yields the gaps of a stream that overlap the span, in order of time; an open one has no End.
	Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error]
}

// Cameras tells what a package says of a camera; cmd/custody joins it from the registry.
type Cameras interface {
	// Camera is one camera, a removed one too. NotFound if there is none.
	Camera(ctx context.Context, id custody.CameraID) (Camera, error)
}

// Camera is what a package says of a camera.
type Camera struct {
	Name  string
	Place string
	Main  []custody.StreamID // its main streams, also those that were replaced and have footage
}

// People names members of staff for those who may know them; cmd/custody joins it from the register.
type People interface {
	// Name is what a member of staff is called; empty if that is not told.
	Name(ctx context.Context, id custody.StaffID) (string, error)
}

// Certificate drafts certificate.pdf; desk/letter implements it through cmd/custody.
type Certificate interface {
	// Certificate is the draft certification of the package's records with the index of what is withheld: PDF bytes, the same for the same
	// package. Nothing (nil) leaves the file out.
	Certificate(ctx context.Context, p manifest.Package) ([]byte, error)
}

// Alarms tells people. Both are idempotent, return at once and never fail.
type Alarms interface {
	// Raise tells that no package can be made; the sentence has no secrets.
	Raise(sentence string)
	Clear()
}

// Parts are what a Packer works with; all but People and Certificate are required.
type Parts struct {
	Store       Store
	Judge       Judge
	System      access.Actor // the system itself, in whose name footage is copied
	Vault       Footage
	Index       Index
	Cameras     Cameras
	People      People
	Diary       Diary
	Renderer    Renderer
	Certificate Certificate
	// Signer is the package-signing key in use, with its name in the log.
	Signer func() (custody.KeyID, crypto.Signer, error)
	Alarms Alarms
	Clock  custody.Clock
	Log    *slog.Logger
}

// Options say where and how a Packer works.
type Options struct {
	Dir  string         // its own directory, emptied at the start
	Site manifest.Site  // the site's name and zone
	Zone *time.Location // of Site.Zone
	Tool manifest.Tool  // this program
	// Look is how often requests are looked for; 5 s by default. Wake looks at once.
	Look time.Duration
}
