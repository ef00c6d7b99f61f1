package retention

import (
	"context"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Store keeps schedules, holds and tombstones; storage/db implements it. Every change commits with its events; a change of a hold or a
// schedule raises the access generation. Placing a hold and disposing both begin with raising the hold epoch of the cameras concerned
// (CONTRACTS 10), so that they never pass each other. All methods are safe for concurrent use.
type Store interface {
	Schedules(ctx context.Context) ([]Schedule, error)
	// PutSchedule replaces the schedule of that camera or class, or the site's, if its version matches; 0 makes a new one. Conflict otherwise.
	PutSchedule(ctx context.Context, s Schedule, evs ...custody.Event) (Schedule, error)
	// KeptCameras lists every camera that ever was, by id.
	KeptCameras(ctx context.Context) ([]Kept, error)

	PlaceHold(ctx context.Context, h custody.Hold, evs ...custody.Event) error
	// ChangeHold replaces the changeable part of a hold (review, lapse, lift) if its version matches: Conflict otherwise, and of a hold that
	// was lifted. Who confirms a lift is another person than who proposed it, or it is Denied.
	ChangeHold(ctx context.Context, h Held, evs ...custody.Event) (Held, error)
	Hold(ctx context.Context, id custody.HoldID) (Held, error)
	// Holds lists them under a scope of access.RequestView, latest first, at most limit; of one request if it is named, standing ones only if
	// asked for.
	Holds(ctx context.Context, scope access.Scope, request custody.RequestID, standing bool, limit int) ([]Held, error)
	// StandingOn lists the standing holds that cover the camera, the whole site's included, by start.
	StandingOn(ctx context.Context, camera custody.CameraID) ([]custody.Hold, error)
	// Lapsed are standing holds that end by themselves at or before now; Unlocked are lifted ones whose objects' own locks are still on.
	Lapsed(ctx context.Context, now custody.Instant, limit int) ([]Held, error)
	Unlocked(ctx context.Context, limit int) ([]Held, error)
	// Unlooked are standing holds that were never surveyed, or last before old, or were last looked at before lately and may have had footage
	// sealed under them since: their end lies after that look less margin. The longest neglected come first.
	Unlooked(ctx context.Context, old, lately custody.Instant, margin time.Duration, limit int) ([]Held, error)

	// SurveyOf is the look at a hold that is under way; NotFound if there is none. KeepSurvey stores how far it is.
	SurveyOf(ctx context.Context, id custody.HoldID) (Survey, error)
	KeepSurvey(ctx context.Context, s Survey) error
	// HeldSegments lists segments that the hold covers, that have their key and end after from, in order of stream and start, beginning
	// behind the one named; at most limit.
	HeldSegments(ctx context.Context, h custody.Hold, from custody.Instant, stream custody.StreamID, start custody.Instant, limit int) ([]Condemned, error)
	// NoteLosses adds losses to a hold, each once.
	NoteLosses(ctx context.Context, id custody.HoldID, losses []Loss, evs ...custody.Event) error
	// FinishSurvey ends a look and forgets the survey. It was of all that is covered if s.From is not after the hold's start; then its count
	// becomes the hold's. The losses are added, each once.
	FinishSurvey(ctx context.Context, s Survey, losses []Loss, evs ...custody.Event) error
	// Disposed lists tombstones of the camera, or of all, whose span overlaps, by time; at most limit.
	Disposed(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]Disposition, error)
	// SetUnlocked notes that the objects' own locks of a lifted hold were taken off.
	SetUnlocked(ctx context.Context, id custody.HoldID, at custody.Instant) error

	// Condemned lists the oldest segments of a camera that lie wholly in the span and have their key, hold or not, at most limit.
	Condemned(ctx context.Context, camera custody.CameraID, span custody.Span, limit int) ([]Condemned, error)
	// Weigh sums up the segments of a camera that lie wholly in the span and have their key.
	Weigh(ctx context.Context, camera custody.CameraID, span custody.Span) (Weight, error)
	// Dispose raises the camera's hold epoch, checks again that no standing hold overlaps the disposition's span and that every segment lies in
	// it and has its key (Conflict, and nothing is changed), destroys the wrapped keys, stores the tombstone and its events, in one
	// transaction.
	Dispose(ctx context.Context, d Disposition, segments []custody.SegmentID, evs ...custody.Event) error
	// Unpurged lists segments that were disposed of, whose objects may still be there and for which nobody tried since before; the
	// longest neglected come first. Tried notes that their turn is over.
	Unpurged(ctx context.Context, before custody.Instant, limit int) ([]Leftover, error)
	Tried(ctx context.Context, at custody.Instant, segments []custody.SegmentID) error
	// Purged notes that objects of one disposition are gone. With its last one the disposition is done, and only then the events are stored.
	Purged(ctx context.Context, id custody.DispositionID, at custody.Instant, segments []custody.SegmentID, evs ...custody.Event) error
	// Dispositions lists tombstones whose disposal lies in the span, latest first, under a scope of access.RetentionView.
	Dispositions(ctx context.Context, scope access.Scope, span custody.Span, limit int) ([]Disposition, error)
}

// Strongroom is what the vault does for this room: *vault.Vault is one.
type Strongroom interface {
	// Forget asks the Grant (of access.FootageDispose) about every segment's whole span, forgets what the process keeps of them - opened keys,
	// thumbnails - and opens none of them until settle is called, which the caller does once their keys are destroyed or stay. It
	// touches no object and no row. After an error there is nothing to settle.
	Forget(ctx context.Context, g access.Grant, camera custody.CameraID, segments []custody.SegmentID) (settle func(), err error)
	// Purge removes the object, with all its versions, of a segment whose key is gone; Conflict if it is not. Absent is success; Denied: the
	// store holds it locked.
	Purge(ctx context.Context, id custody.SegmentID) error
	// Present looks whether the object is there with its size and digest, and puts the store's own lock on it where it has such. NotFound, Corrupt: it is not.
	Present(ctx context.Context, id custody.SegmentID) error
	// Unlock takes the store's own lock off. Absent is success.
	Unlock(ctx context.Context, id custody.SegmentID) error
}

// Judge decides on each batch; *access.Judge is one.
type Judge interface {
	Decide(ctx context.Context, actor access.Actor, ask access.Ask) (access.Grant, error)
}

// Room tells how full the disk is under the object store; cmd/custody implements it. Of a store without bounds total is 0.
type Room interface {
	Free(ctx context.Context) (free, total int64, err error)
}

// Alarms goes to whoever tells people. Both methods are idempotent, return at once and never fail. subject is a hold's, camera's or
// disposition's id, or empty.
type Alarms interface {
	Raise(kind, subject, sentence string)
	Clear(kind, subject string)
}

// The conditions that a person should know of.
const (
	AlarmUnverified = "hold-unverified"   // what a hold covers could not be looked at, or some of it is missing
	AlarmUnpurged   = "purge-refused"     // the objects of what was disposed of cannot be removed
	AlarmOverdue    = "disposal-overdue"  // the schedule cannot be carried out
	AlarmFilling    = "storage-filling"   // at this rate recording stops within 72 hours
	AlarmNothing    = "storage-exhausted" // the disk is full and nothing more may be disposed of
)
