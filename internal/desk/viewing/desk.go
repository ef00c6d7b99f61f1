package viewing

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Judge decides who may look; *access.Judge is one.
type Judge interface {
	Decide(ctx context.Context, actor access.Actor, ask access.Ask) (access.Grant, error)
}

// Footage is the vault as this room uses it; *vault.Vault is one. Every method that yields bytes takes a Grant.
type Footage interface {
	Init(ctx context.Context, g access.Grant, id custody.SegmentID) (vault.SegmentHead, error)
	Read(ctx context.Context, g access.Grant, id custody.SegmentID, fragment uint32) ([]byte, media.FragmentInfo, error)
	Units(ctx context.Context, g access.Grant, id custody.SegmentID) ([]vault.UnitTable, error)
}

// Parts are what a Desk works with; all are required.
type Parts struct {
	Judge    Judge
	Vault    Footage
	Store    Store
	History  History
	Streams  Streams
	Renderer Renderer
	Clock    custody.Clock
	Diary    access.Diary
	Log      *slog.Logger
}

// Options are a Desk's bounds; the zero value means the defaults.
type Options struct {
	Sweep time.Duration // how often open viewings are looked at; 1 s
	Lease time.Duration // how long bytes wait for their lease; 5 s
}

// Ask is what somebody wants to look at, and why.
type Ask struct {
	Basis     access.Basis
	Reference string // the incident or the request's number
	Text      string // one line of 1 to 500 bytes
	Cameras   []custody.CameraID
	Live      bool
	Span      custody.Span // ignored for a live viewing
	Minutes   int          // how long the viewing is to last; 0 for as long as allowed
}

// Admission is the answer for one camera.
type Admission struct {
	Camera  custody.CameraID
	Granted custody.Span // whole minutes around what was asked (CONTRACTS 6); empty if refused
	Refusal error        // nil if granted; NotFound or Denied otherwise
}

// Opened is a viewing and what came of each camera asked for, in the order asked.
type Opened struct {
	Viewing
	Admissions []Admission
}

// Clip is media to be sent: fragments in order. It reads them one at a time, each judged and leased again before its first byte, so
// it holds at most one fragment (4 MiB). Not safe for concurrent use. Close it.
type Clip interface {
	io.ReadSeekCloser
	// Size is the number of bytes of the whole.
	Size() int64
}

// Desk is where staff look at footage. It is a lifecycle.Part, and safe for concurrent use.
type Desk struct {
	p Parts
	o Options
}

// NewDesk returns a desk at rest.
func NewDesk(p Parts, o Options) *Desk { return &Desk{p: p, o: o} }

// Start closes the viewings that a crash left open, with why restart, and begins to watch over open ones.
func (d *Desk) Start(ctx context.Context) error { panic("being built") }

// Stop closes every open viewing and returns when nothing runs any more.
func (d *Desk) Stop() { panic("being built") }

// Open opens a viewing. The judge decides each camera, and its decisions are in the diary before Open returns. A camera that was
// refused is in the answer with the reason; if all were, the error is the first refusal and no viewing is opened.
// Errors: Invalid, Exhausted (too many open viewings), Denied, NotFound, Unavailable (the diary cannot be written).
func (d *Desk) Open(ctx context.Context, actor access.Actor, ask Ask) (Opened, error) {
	panic("being built")
}

// Close ends the actor's own viewing. NotFound unless it is the actor's and of this session; closing again is success.
func (d *Desk) Close(ctx context.Context, actor access.Actor, id custody.ViewingID) error {
	panic("being built")
}

// ByID tells about one of the actor's own viewings. NotFound otherwise.
func (d *Desk) ByID(ctx context.Context, actor access.Actor, id custody.ViewingID) (Opened, error) {
	panic("being built")
}

// List tells about viewings, latest first: the actor's own under a Scope of access.AuditOwn, everybody's under access.AuditRead.
func (d *Desk) List(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]Viewing, error) {
	return d.p.Store.Viewings(ctx, scope, before, limit)
}

// Index tells where and when the pictures are. Errors of this and what follows: NotFound (no viewing of this actor and session with this
// camera, or nothing there: they look alike), Denied (the viewing expired or was revoked: open a new one), Unavailable.
func (d *Desk) Index(ctx context.Context, actor access.Actor, id custody.ViewingID, r Request) (Index, error) {
	panic("being built")
}

// Playlist is the Index as an HLS media playlist (RFC 8216).
func (d *Desk) Playlist(ctx context.Context, actor access.Actor, id custody.ViewingID, r Request) ([]byte, error) {
	panic("being built")
}

// Init returns the init section of the segment's run.
func (d *Desk) Init(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID) ([]byte, error) {
	panic("being built")
}

// Media returns fragments as they were recorded. name is a Part's: "3-4" or "3-4+2" (see PartName); ".m4s" may follow.
func (d *Desk) Media(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID, name string) (Clip, error) {
	panic("being built")
}

// Transcoded returns what Media names as H.264, init section included, at the same times. It is not camera bytes: say so.
func (d *Desk) Transcoded(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID, name string) ([]byte, error) {
	panic("being built")
}

// Picture is one still.
type Picture struct {
	JPEG []byte
	At   custody.Instant // wall time of the picture, at or before the instant asked for
}

// Still returns the picture that was showing at that instant, no wider than width (0: as it is, at most 1920).
func (d *Desk) Still(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, at custody.Instant, width int) (Picture, error) {
	panic("being built")
}

// Thumb returns a small picture, at most 160 wide: of the last random access unit at or before that instant.
func (d *Desk) Thumb(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, at custody.Instant) (Picture, error) {
	panic("being built")
}

// Live begins to watch. Close the feed.
func (d *Desk) Live(ctx context.Context, actor access.Actor, id custody.ViewingID, camera custody.CameraID, stream media.StreamRole) (LiveFeed, error) {
	panic("being built")
}

// Timeline tells when there is footage of the cameras that the scope (of access.FootageList) includes.
func (d *Desk) Timeline(ctx context.Context, scope access.Scope, cameras []custody.CameraID, span custody.Span, step time.Duration) (Timeline, error) {
	panic("being built")
}
