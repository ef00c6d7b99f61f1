package camera

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Camera is one physical camera of the site.
type Camera struct {
	ID      custody.CameraID
	Name    string // unique, 1-80 characters
	Enabled bool
	Audio   bool         // record audio; off by default (policy clause 6a)
	Place   string       // where it hangs, for people; at most 120 characters
	Class   access.Class // what it shows; empty means a new camera's, the first of access.Classes
	// RetentionDays is how many days its footage is kept unless it is held, 1 to 3650; 0 means the site's default.
	RetentionDays int
	Streams       []Stream
	Version       int64 // row version for compare-and-swap (CONTRACTS 11); also the change signal for a running recorder
	HoldEpoch     int64 // CONTRACTS 10
	Added         custody.Instant
	Removed       custody.Instant // 0 while it exists; a removed camera keeps its footage
}

// Stream is one RTSP source of a camera. The URL never contains credentials.
type Stream struct {
	ID        custody.StreamID
	Role      media.StreamRole
	URL       string // rtsp:// or rtsps://, without user info
	Transport string // "tcp" or "udp"; rtsps is always tcp
	Secret    []byte // user and password, encrypted under the credentials key; nil if none. Never shown, never logged
	SecretKey custody.KeyID
}

// Store keeps the registry; storage/db implements it. Methods commit the change and its event together.
type Store interface {
	Cameras(ctx context.Context) ([]Camera, error) // removed ones included, ordered by name
	// AddCamera fails with Exists if an unremoved camera has the name.
	AddCamera(ctx context.Context, c Camera, ev custody.Event) error
	// UpdateCamera replaces the camera and its streams if the stored Version equals c.Version, else Conflict.
	UpdateCamera(ctx context.Context, c Camera, ev custody.Event) error
	// Generation is a number that grows with every change of the registry; cheap to poll.
	Generation(ctx context.Context) (int64, error)
}
