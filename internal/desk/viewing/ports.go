package viewing

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Viewing is one session of looking at footage, for a stated purpose.
type Viewing struct {
	ID        custody.ViewingID
	Staff     custody.StaffID
	Session   custody.SessionID
	Basis     access.Basis
	Reference string // the incident or the request's number; may be empty for a reason
	Text      string // the sentence, 1 to 500 bytes of one line
	Cameras   []custody.CameraID
	Live      bool
	Span      custody.Span // as asked for; of a live viewing its whole time
	Opened    custody.Instant
	Expires   custody.Instant
	Closed    custody.Instant // 0 while it is open
	Why       string          // why it ended: stopped, expired, revoked, signed-out, restart
}

// Look is one camera-minute that was leased to a viewing (CONTRACTS 7): who could see what, and whether they did.
type Look struct {
	Viewing custody.ViewingID
	Staff   custody.StaffID
	Camera  custody.CameraID
	Minute  custody.Instant // start of the minute of footage
	Leased  custody.Instant // when the lease was committed
	Kind    string          // recorded, still, live
	Served  bool            // false if the viewing ended without a byte of it; known when the viewing is closed
}

// Store keeps viewings and leases; storage/db implements it. A method that changes state commits it with its events.
type Store interface {
	OpenViewing(ctx context.Context, v Viewing, evs ...custody.Event) error
	// CloseViewing sets Closed and Why unless set already (then it changes nothing and commits no event), and marks the
	// leases that served nothing.
	CloseViewing(ctx context.Context, id custody.ViewingID, at custody.Instant, why string, unserved []Look, evs ...custody.Event) error
	// Lease stores leases with their events. A lease that is there already is success.
	Lease(ctx context.Context, looks []Look, evs ...custody.Event) error
	ViewingByID(ctx context.Context, id custody.ViewingID) (Viewing, error)
	// Viewings lists those that the scope shows, latest first: of access.AuditRead everybody's, of access.AuditOwn the actor's own.
	Viewings(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]Viewing, error)
	// OpenViewings lists those not closed: after a restart they are closed with why restart.
	OpenViewings(ctx context.Context) ([]Viewing, error)
	// Looks lists who was leased which minutes of a camera that lie in the span, in time order.
	Looks(ctx context.Context, scope access.Scope, camera custody.CameraID, span custody.Span, limit int) ([]Look, error)
}

// Streams tells which streams a camera has; the registry, adapted in cmd/custody.
type Streams interface {
	// Streams lists the camera's streams that exist or have footage, main first.
	Streams(ctx context.Context, camera custody.CameraID) ([]StreamInfo, error)
}

// StreamInfo is one stream of a camera.
type StreamInfo struct {
	ID   custody.StreamID
	Role media.StreamRole
}

// Renderer makes pictures and playable video of footage; desk/render is one. Inputs come from the vault only. Every call is
// bounded in time and memory and ends soon after ctx.
type Renderer interface {
	// Still decodes of fMP4 bytes (init section, then fragments) the first picture whose presentation time, in microseconds on the
	// file's own count, is at or after at, and returns a JPEG no wider than width.
	Still(ctx context.Context, fmp4 []byte, at int64, width int) ([]byte, error)
	// Transcode makes H.264 fMP4 (init section and fragment) of H.265 bytes. One at a time per site: Unavailable with a
	// sentence if another is under way for longer than a few seconds.
	Transcode(ctx context.Context, fmp4 []byte) ([]byte, error)
}
