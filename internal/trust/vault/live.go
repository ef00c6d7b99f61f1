package vault

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// LiveUnit is one access unit as it came from the camera. Payload belongs to all subscribers: nobody changes it.
type LiveUnit struct {
	media.Unit
	Wall    custody.Instant // derived wall time of its presentation
	Payload []byte
}

// LiveUnits is what a Feed yields at a time.
type LiveUnits struct {
	Run     media.RunHeader // of these units; compare Run.Run to see that a new run began
	Init    []byte          // the run's fMP4 init section
	Units   []LiveUnit      // in order of arrival; never empty
	Skipped bool            // units were left out before the first one, which is a random access unit of track 1
}

// Feed is a live stream under a Grant (CONTRACTS 17). One goroutine at a time, but Close may be called by anyone.
type Feed interface {
	// Next waits for units and returns all that are there. The first call begins with the random access unit that begins the current
	// group of pictures, as long as that group is at most 2 MiB; otherwise with the next one. A reader that falls behind by more
	// than the feed's bound (4 MiB) skips to the next random access unit and never holds the recorder.
	// Errors: Denied when the Grant is no longer good (asked for every call and, while waiting, at least once a second),
	// Unavailable when the stream is not being recorded any more, or ctx's.
	Next(ctx context.Context) (LiveUnits, error)
	Close()
}

// Piece is what there is of one segment, settled or not, for a playlist.
type Piece struct {
	Segment      custody.SegmentID
	Stream       custody.StreamID
	Run          custody.RunID
	Number       uint32 // of the segment in its run
	Continuation bool
	Growing      bool                 // it is being written: its last fragment has no certain end yet and more will follow
	Fragments    []media.FragmentInfo // only those that start inside the granted span and the span asked for
}
