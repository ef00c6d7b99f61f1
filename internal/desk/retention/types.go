package retention

import (
	"context"
	"iter"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Schedule says how long footage is kept: of one camera, of the cameras of a class, or of every camera. The most particular counts.
type Schedule struct {
	Camera  custody.CameraID // of this camera; then Class is empty
	Class   access.Class     // of the cameras of this class; both empty: the site's own
	AtLeast int              // days before which nothing is disposed of, however full the disk; 1 to AtMost
	AtMost  int              // days after which footage is disposed of unless it is held; to 3650
	Version int64
}

// Held is a hold with its state.
type Held struct {
	custody.Hold
	Verified custody.Instant // when every object it covers was last looked at; 0 before
	Objects  int             // that were there
	Lost     []Loss          // what was gone before it was placed
	// LiftBy proposed that it ends, and why; a second person ends it.
	LiftBy    custody.StaffID
	LiftWhy   string
	Reviewed  custody.Instant
	Lifted    custody.Instant
	Confirmed custody.StaffID
	Version   int64
}

// Loss is footage under a hold that was disposed of before, with the disposal's proof, or is missing for another cause.
type Loss struct {
	Camera      custody.CameraID
	Span        custody.Span
	Disposition custody.DispositionID // empty: it was never recorded, or is lost
	Cause       string
}

// Disposition is one act of disposal: the tombstone.
type Disposition struct {
	ID       custody.DispositionID
	Camera   custody.CameraID
	Span     custody.Span // from the first segment's start to the last one's end
	Segments int
	Bytes    int64
	Why      string // "schedule" or "disk-full"
	Rule     Schedule
	At       custody.Instant
	Purged   custody.Instant // when the last object was removed; 0 before
	// Final is when the last backup that holds a key ages out (CONTRACTS 22).
	Final custody.Instant
}

// Condemned is one segment that may be disposed of.
type Condemned struct {
	Segment custody.SegmentID
	Stream  custody.StreamID
	Span    custody.Span
	Bytes   int64
}

// Store keeps schedules, holds and tombstones; storage/db implements it. Every change commits with its events; a change of a hold or a
// schedule raises the access generation. Placing a hold and disposing both begin with raising the hold epoch of the cameras concerned
// (CONTRACTS 10), so that they never pass each other.
type Store interface {
	Schedules(ctx context.Context) ([]Schedule, error)
	PutSchedule(ctx context.Context, s Schedule, evs ...custody.Event) (Schedule, error)

	PlaceHold(ctx context.Context, h custody.Hold, evs ...custody.Event) error
	// ChangeHold replaces the changeable part of a hold (verified, lost, review, lift) if its version matches.
	ChangeHold(ctx context.Context, h Held, evs ...custody.Event) (Held, error)
	Hold(ctx context.Context, id custody.HoldID) (Held, error)
	// Holds lists them under a scope of access.RequestView; of one request if it is named, standing ones only if asked for.
	Holds(ctx context.Context, scope access.Scope, request custody.RequestID, standing bool) ([]Held, error)
	// Unverified are standing holds that nobody has looked at since they were placed or since segments were sealed under them.
	Unverified(ctx context.Context, limit int) ([]Held, error)
	// HeldSegments yields the segments that a hold covers and that have their key.
	HeldSegments(ctx context.Context, id custody.HoldID) iter.Seq2[Condemned, error]

	// Condemned lists the oldest segments of a camera that end before the instant, hold or not, and still have their key, at most limit.
	Condemned(ctx context.Context, camera custody.CameraID, before custody.Instant, limit int) ([]Condemned, error)
	// Dispose raises the camera's hold epoch, checks again that no standing hold overlaps any of the segments (Conflict, and nothing is
	// changed), destroys their wrapped keys, stores the tombstone and its events, in one transaction. A segment whose key is gone already
	// is passed over.
	Dispose(ctx context.Context, d Disposition, segments []custody.SegmentID, evs ...custody.Event) error
	// Unpurged lists segments that were disposed of and whose objects may still be there.
	Unpurged(ctx context.Context, limit int) ([]custody.SegmentID, error)
	Purged(ctx context.Context, at custody.Instant, segments []custody.SegmentID, evs ...custody.Event) error
	// Dispositions lists tombstones whose disposal lies in the span, latest first, under a scope of access.RetentionView.
	Dispositions(ctx context.Context, scope access.Scope, span custody.Span, limit int) ([]Disposition, error)
}

// Strongroom is what the vault does for this room: *vault.Vault is one.
type Strongroom interface {
	// Dispose asks the Grant (of access.FootageDispose) about every segment's whole span and forgets what the process keeps of it: opened
	// keys, thumbnails. It touches no object and no row.
	Forget(ctx context.Context, g access.Grant, camera custody.CameraID, segments []custody.SegmentID) error
	// Purge removes an object with all its versions. Absent is success; Denied: the store holds it locked.
	Purge(ctx context.Context, id custody.SegmentID) error
	// Present looks whether the object is there with its size, and asks the bucket for a legal hold where it has them.
	Present(ctx context.Context, id custody.SegmentID, hold bool) error
}

// Room tells how full the disk is under the object store; cmd/custody implements it.
type Room interface {
	Free(ctx context.Context) (free, total int64, err error)
}

// Times are the retention worker's own.
type Times struct {
	Every   time.Duration // how often the schedule is carried out
	Backups time.Duration // how long backups are kept: a disposal is final after it
}
