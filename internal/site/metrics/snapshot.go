package metrics

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Source returns the site's state. It is called for every scrape, from several goroutines, and must
// return at once.
type Source func() Snapshot

// Snapshot is the site's state at one moment.
type Snapshot struct {
	Now     custody.Instant
	Streams []Stream // at most one for each camera and role
	Spool   Spool
	Alarms  []string // names of the alarms in force, words of ours such as "storage-full"
	LogSize uint64   // entries of the current log epoch
	Signed  custody.Instant
}

// Stream is one stream's state. Counters count from the start of the process.
type Stream struct {
	Camera        custody.CameraID
	Role          media.StreamRole
	Bytes         uint64 // of RTP payload received
	Units         uint64 // complete access units
	LostPackets   uint64 // by RTP sequence number
	BadPackets    uint64
	DamagedUnits  uint64
	OversizeUnits uint64
	Sessions      uint64 // sessions that delivered at least one unit; reconnects are one less
	Attempts      uint64
	Connected     bool
	ClockOffset   *time.Duration  // camera clock minus station clock; nil before the first sender report
	Sealed        custody.Instant // when the last segment was sealed; 0 if none yet
	SealedTo      custody.Instant // end of that segment
	RecordedTo    custody.Instant // end of the last fragment in the spool, durable as spool.durability says; 0 if none yet
	Gap           media.GapCause  // why nothing is being recorded now; empty while it is
}

// Spool is what waits for the object store, and the room left on its disk.
type Spool struct {
	Bytes    int64
	Segments int
	Free     int64
	Full     time.Duration // time until the disk is full, by trend
	Filling  bool          // whether Full says anything
}
