package media

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Limits of CONTRACTS 3.
const (
	FragmentTarget   = 2 * time.Second
	FragmentMaxBytes = 4 << 20
	SegmentTarget    = 60 * time.Second
	SegmentMaxTime   = 120 * time.Second
	SegmentMaxBytes  = 256 << 20
	MaxUnitBytes     = 8 << 20 // a larger unit is dropped, counted and reported
)

// FragmentInfo is one row of a segment's fragment table: where the fragment lies in the object and when it is.
type FragmentInfo struct {
	Number         uint32          // from 0 within the segment
	Offset, Length int64           // the sealed record in the object, including its framing
	WallStart      custody.Instant // wall time of FirstTick
	FirstTick      int64           // of the media time that it covers: the PTS of its first unit, in ticks of track 1
	MediaTicks     int64           // media duration in ticks of track 1
	WallEnd        custody.Instant // the next fragment's WallStart, or WallStart + media duration for a run's last
	ClockError     time.Duration   // least receipt delay of the fragment less the run's estimate; evidence of jitter
	Units          uint32
	RandomAccess   bool // starts_at_random_access: the first unit of track 1 is one
	Damaged        uint32
}

// SegmentRow is what the index keeps about one sealed segment. It is written once, in the same
// transaction as its segment.sealed event, and never changes (I5).
type SegmentRow struct {
	ID           custody.SegmentID
	Camera       custody.CameraID
	Stream       custody.StreamID
	Run          custody.RunID
	Number       uint32       // of the segment in its run, from 0
	Continuation bool         // closed by a hard limit before a random access unit
	Span         custody.Span // derived wall time; never overlaps another segment of the stream (I3)
	MediaTicks   int64        // media duration of track 1
	Timescale    uint32       // of track 1
	Units        uint64
	Damaged      uint64
	Root         [32]byte // Merkle root over the segment's leaves (CONTRACTS 4)
	Leaves       uint64   // number of leaves under Root
	ObjectSize   int64
	ObjectDigest [32]byte      // SHA-256 of the object's bytes
	KeyID        custody.KeyID // the segment-wrap key
	WrappedKey   []byte
	CameraOffset *int64 // camera clock minus station clock, microseconds; nil before the first sender report
	Fragments    []byte // packed fragment index, <= 1 KiB for a regular segment (PackFragments)
	Recovered    bool   // settled by recovery after a crash
	SealedAt     custody.Instant
	// Activity is PackActivity of the fragments; empty if unknown. It is derived, no evidence: no digest covers it, and the index
	// keeps it apart for the timeline, so that a row read back has none.
	Activity []byte
}

// GapCause says why footage is absent.
type GapCause string

const (
	GapUnreachable   GapCause = "camera-unreachable" // connect or RTSP failure
	GapSilent        GapCause = "camera-silent"      // no complete unit for the watchdog's time
	GapRefused       GapCause = "camera-refused"     // authentication, redirect to another host, unusable SDP
	GapClosed        GapCause = "camera-closed"      // the camera ended the session
	GapNoParams      GapCause = "no-parameters"      // units arrived before any parameter set was known
	GapDiscontinuity GapCause = "discontinuity"      // RTP time jumped or wrapped wrongly
	GapClockStep     GapCause = "clock-step"
	GapStorageFull   GapCause = "storage-full"
	GapStorageStall  GapCause = "storage-stalled" // the spool could not keep up and the buffer was full
	GapCrash         GapCause = "crash"
	GapStopped       GapCause = "stopped"  // recording was stopped on purpose
	GapDisabled      GapCause = "disabled" // the camera was removed or switched off
	GapFault         GapCause = "fault"    // a fault of ours, recovered; the log has the detail
)

// Gap is a recorded absence: time of a stream that no segment covers. An open gap has End == 0.
type Gap struct {
	ID     custody.GapID
	Camera custody.CameraID
	Stream custody.StreamID
	Span   custody.Span
	Cause  GapCause
	Detail string // one sentence, no secrets, at most 200 bytes
}

// StreamRole tells a camera's streams apart.
type StreamRole string

const (
	Main StreamRole = "main"
	Sub  StreamRole = "sub"
)
