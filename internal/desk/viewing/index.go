package viewing

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Index is what a player needs to show one stream of one camera exactly: where the bytes are and when each picture was. It covers
// at most an hour.
type Index struct {
	Stream     media.StreamRole
	Codec      string // RFC 6381, such as avc1.64001f; of the latest run
	Playable   bool   // browsers in general play it: H.264. Otherwise ask for Transcoded
	Runs       []Run
	Parts      []Part       // in time order
	Gaps       []media.Gap  // clipped to the span; an open one has no End
	Restricted []Restricted // what is there and closed to this viewing, clipped to the span
}

// Run is one unbroken session of the stream with one init section.
type Run struct {
	ID            custody.RunID
	Init          custody.SegmentID // any segment of the run; Desk.Init answers with the run's init section
	Codec         string
	Width, Height int
	Timescale     uint32 // of the video track
}

// Part is one HLS media segment: the fragments from one random access unit to the next (CONTRACTS 3).
type Part struct {
	Segment     custody.SegmentID // of its first fragment
	First, Last uint32            // fragments of Segment, Last included
	More        uint32            // fragments of the next segment of the run that belong to it, from number 0 (a continuation)
	Run         custody.RunID
	Span        custody.Span // wall time of its first unit to that of the first one after it
	Growing     bool         // its end is not certain yet
	// Samples are the video units that it shows, in order of presentation.
	BaseTicks int64             // decode time (tfdt) of its first video unit, in ticks of the run's timescale
	PTS       []int64           // presentation times less BaseTicks
	Wall      []custody.Instant // derived wall time of each (CONTRACTS 1)
}

// Restricted is a span of the camera that exists and is closed to the viewing.
type Restricted struct {
	Span custody.Span
	Kind access.RestrictionKind
}

// Request names what of one camera of a viewing is asked for.
type Request struct {
	Camera custody.CameraID
	Stream media.StreamRole // empty for the main stream
	Span   custody.Span     // clipped to the grant and to an hour from its start
}
