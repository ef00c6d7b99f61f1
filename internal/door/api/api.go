package api

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Services are the rooms that answer; all are required.
type Services struct {
	Site       SiteInfo
	Identity   *identity.Register
	Judge      *access.Judge
	Viewing    *viewing.Desk
	Office     *office.Office
	Inspection *inspection.Room
	Requests   *request.Desk
	Archive    *request.Archive
	Retention  *retention.Desk
	Shelf      *release.Shelf
	Packer     *release.Packer
	Delivery   *delivery.Desk
	Letters    *letter.Writer
	Calendar   *letter.Calendar
	Disk       Disk
	Health     Health
	Clock      custody.Clock
}

// Disk tells how full the disk under the object store is; total is 0 of a store without bounds. cmd/custody implements it.
type Disk interface {
	Free(ctx context.Context) (free, total int64, err error)
}

// SiteInfo is what the configuration says about the site.
type SiteInfo struct {
	Name                 string
	Zone                 string // IANA name
	Demo                 bool
	SecondFactorRequired bool
	Passkeys             bool // whether they work under the site's address
}

// Health tells how recording goes; cmd/custody implements it from the recorder. Both are cheap and safe for concurrent use.
type Health interface {
	// Cameras tells about every camera that is being recorded or should be. One that is absent is shown by its registration alone.
	Cameras(ctx context.Context) (map[custody.CameraID]CameraHealth, error)
	Recorder(ctx context.Context) (RecorderHealth, error)
}

// CameraHealth is how one camera does. It has no names of networks and no secrets.
type CameraHealth struct {
	State         string // recording or gap
	Since         custody.Instant
	Cause, Detail string // of a gap
	ClockOffsetUS *int64 // the camera's clock less the site's; nil if unknown
	Last          custody.Instant
	Live          bool // live pictures can be had now
	Streams       []CameraStream
}

// RecorderHealth is how the site as a whole does.
type RecorderHealth struct {
	SpoolBytes, FreeBytes int64
	Alarms                []Alarm
	LogSize               uint64
	Checkpoint            custody.Instant // when the newest checkpoint was signed; 0 if never
	Clock                 string          // state of time synchronisation, in a word
}

// rooms have the handlers. They decide nothing: the gate and the rooms behind do.
type rooms struct {
	Services
	papers chan struct{} // one for each paper that is being taken
}

// Register lays every line of the table at the door, and the OpenAPI document beside them. The caller seals the door.
func Register(door *gate.Door, s Services) error {
	l, r := newLayout(door), rooms{s, make(chan struct{}, maxPapers)}
	for _, line := range r.table() {
		line.answer(l, line)
	}
	return l.publish()
}
