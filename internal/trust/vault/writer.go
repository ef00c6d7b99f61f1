package vault

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// SegmentHead is what is known when a segment begins. It is the first, encrypted record of the object.
type SegmentHead struct {
	ID     custody.SegmentID
	Run    media.RunHeader
	Number uint32 // of the segment in its run, from 0
	Init   []byte // the fMP4 init section (ftyp+moov) that every fragment of the segment needs
}

// SegmentEnd is what is known when a segment closes. After a crash the zero value is used.
type SegmentEnd struct {
	Continuation bool
	CameraOffset *int64 // camera clock minus station clock, microseconds; nil if unknown
}

// Writer appends the fragments of one segment to its spool file: step 1 of the commit protocol. One
// goroutine at a time.
type Writer interface {
	// Append encrypts the fragment in place and appends it, together with its unit table, in one write. With durability
	// "fragment" it returns after fsync. It releases the buffer in every case. After an error the spool
	// file is truncated to its last whole fragment; the fragment is lost and the caller records a gap. If that fails too, or it was
	// the fsync that failed, the writer takes no more fragments: Close it and Begin another.
	// Errors: Exhausted (the disk is full), Unavailable (any other fault of the disk).
	Append(ctx context.Context, f *media.Fragment) error
	// Close ends the segment and returns it for settling; nil if it holds no fragment (then nothing is left on disk).
	Close(end SegmentEnd) (Pending, error)
}

// Pending is a closed spool file on its way to the object store. The recorder's settle function calls
// Seal, Store, then commits the row, then Drop; each step may be repeated after a crash or an error
// and then has the same result.
type Pending interface {
	ID() custody.SegmentID
	// Head is what was known when the segment began; recovery records its run first.
	Head() SegmentHead
	// Span is the segment's wall time: from its first fragment's start to its last one's end.
	Span() custody.Span
	// Seal (step 2) writes the unit index and footer, fsyncs, and returns the finished row except SealedAt.
	Seal(ctx context.Context) (media.SegmentRow, error)
	// Store (step 3) puts the object if absent and verifies it. Unavailable: try again later.
	Store(ctx context.Context) error
	// Drop (step 5) removes the spool file and its sidecar.
	Drop() error
}

// RecoveryReport says what a recovery scan of the spool found.
type RecoveryReport struct {
	Segments    int      // spool files put back on the settle path
	TornBytes   int64    // bytes cut from torn tails: the fragments that were being written
	Removed     []string // empty leftovers of ours that were removed
	Quarantined []string // files we cannot explain, moved aside, never deleted
}
