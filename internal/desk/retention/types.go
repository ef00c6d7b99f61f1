package retention

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Bounds of what people enter, and of what is shown at a time.
const (
	MaxDays   = 3650 // of a schedule
	MaxReason = 500  // bytes of a hold's reason and of why it is lifted
	MaxLosses = 1000 // of one hold that are shown; all are counted
	MaxTombs  = 10000
	maxFuture = 10 * 365 * 24 * time.Hour // how far ahead a hold may reach
)

// What a schedule says where nobody changed anything, and when a hold is looked at again.
const (
	DefaultAtLeast = 14 // days
	DefaultAtMost  = 30 // days
	ReviewAfter    = 90 * 24 * time.Hour
)

// Schedule says how long footage is kept: of one camera, of the cameras of a class, or of every camera. The most particular counts.
type Schedule struct {
	Camera  custody.CameraID // of this camera; then Class is empty
	Class   access.Class     // of the cameras of this class; both empty: the site's own
	AtLeast int              // days before which nothing is disposed of, however full the disk; 1 to AtMost
	AtMost  int              // days after which footage is disposed of unless it is held; to MaxDays
	Version int64            // of the row; 0 if there is none yet
}

// Kept is a camera as a schedule sees it. Cameras that were removed still have footage.
type Kept struct {
	Camera custody.CameraID
	Class  access.Class
	Days   int // retention in the camera's registry; 0 leaves it to the schedules
}

// Effective is a camera with the schedule that holds for it.
type Effective struct {
	Kept
	Schedule
}

// Held is a hold with its state.
type Held struct {
	custody.Hold
	Verified custody.Instant // when what it covers was last looked at, at least what was sealed since; 0 before
	Surveyed custody.Instant // when all that it covers was last looked at, object by object; 0 before
	Objects  int             // that were there at the last survey
	LostAll  int             // how many losses there are
	Lost     []Loss          // what was gone before it was placed, or is missing: at most MaxLosses, and only where one hold is asked for
	// LiftBy proposed that it ends, and why; a second person ends it.
	LiftBy    custody.StaffID
	LiftWhy   string
	Reviewed  custody.Instant
	Lifted    custody.Instant // since when it stands no longer; 0 while it stands
	Confirmed custody.StaffID // who ended it; empty of one that lapsed
	Version   int64
}

// Standing reports whether nothing that it covers may be disposed of.
func (h Held) Standing() bool { return h.Lifted == 0 }

// Loss is footage under a hold that was disposed of before, with the disposal's proof, or whose object is not there.
type Loss struct {
	Camera      custody.CameraID
	Span        custody.Span // clipped to the hold
	Disposition custody.DispositionID
	Segment     custody.SegmentID // where Disposition is empty: whose object is missing or damaged
	Cause       string
}

// Why is what footage was disposed of for.
type Why string

// The two reasons there are.
const (
	OnSchedule Why = "schedule"  // it was older than the schedule keeps it at most
	DiskFull   Why = "disk-full" // the disk was full, and it was older than the schedule keeps it at least
)

// Disposition is one act of disposal: the tombstone.
type Disposition struct {
	ID       custody.DispositionID
	Camera   custody.CameraID
	Span     custody.Span // from the first segment's start to the last one's end; no hold that stood then overlaps it
	Segments int
	Bytes    int64
	Why      Why
	Rule     Schedule // as it stood then; Version is not kept
	At       custody.Instant
	Purged   custody.Instant // when the last object was removed; 0 before
	// Final is when the last backup that holds a key ages out (CONTRACTS 22).
	Final custody.Instant
}

// Condemned is one sealed segment that still has its key.
type Condemned struct {
	Segment custody.SegmentID
	Stream  custody.StreamID
	Camera  custody.CameraID
	Span    custody.Span
	Bytes   int64
}

// Leftover is a segment whose key was destroyed and whose object may still be there.
type Leftover struct {
	Segment     custody.SegmentID
	Disposition custody.DispositionID
	Camera      custody.CameraID
}

// Survey is a look at what a hold covers, under way: it survives a restart.
type Survey struct {
	Hold   custody.HoldID
	Began  custody.Instant
	From   custody.Instant  // it looks at what ends after this instant
	Stream custody.StreamID // the last object looked at; empty before the first
	Start  custody.Instant
	Seen   int // objects that were there so far
	// Missing are objects that were not.
	Missing int
}

// Weight is how much footage there is somewhere.
type Weight struct {
	Segments int
	Bytes    int64
	Span     custody.Span // from the first one's start to the last one's end; empty if there is none
}

// Times are the retention worker's own. The zero of each means what its line says.
type Times struct {
	Every   time.Duration // how often the schedule is carried out: an hour
	Look    time.Duration // how often holds are looked after: 15 s, so that each is looked at within the minute of its placing
	Survey  time.Duration // how often all that a standing hold covers is looked at: a day
	Backups time.Duration // how long backups are kept: a disposal is final after it; 14 days
}

// Water is when the disk counts as full.
type Water struct {
	Percent int   // of the disk that stays free; 0 means 5
	Bytes   int64 // that stay free, if that is more; 0 means 2 GiB
}

// Remains is a segment that was disposed of, as far as the database knows.
type Remains struct {
	Segment     custody.SegmentID
	Disposition custody.DispositionID
	Purged      custody.Instant // when its object was removed; 0 before
	Kept        bool            // it has a key: somebody brought it back
}
