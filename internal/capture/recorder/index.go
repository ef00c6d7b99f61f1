package recorder

import (
	"context"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Index is the recorder's port to the database; storage/db implements it. Each method commits its rows
// together with the event that records them, durably, before it returns nil.
type Index interface {
	// CommitSegment stores the row and its segment.sealed event. Calling it again with an id that is
	// already stored with the same Root and ObjectDigest is success and stores nothing (recovery repeats the live
	// path); with another Root or digest it is Conflict. A Span that overlaps another segment of the stream is Conflict (I3).
	CommitSegment(ctx context.Context, row media.SegmentRow, ev custody.Event) error
	// StartRun stores the evidence of a new run.
	StartRun(ctx context.Context, h media.RunHeader, ev custody.Event) error
	// SetGap says that the stream records nothing from g.Span.Start on, because of g.Cause. If a gap is open
	// with the same cause nothing changes; if one is open with another cause it is closed at
	// g.Span.Start and the new one opened there. g.Span.End is 0.
	SetGap(ctx context.Context, g media.Gap, ev custody.Event) error
	// CloseGap closes the stream's open gap at the instant; without an open gap it is success and stores nothing.
	// A gap closed at or before its start is removed.
	CloseGap(ctx context.Context, stream custody.StreamID, at custody.Instant, ev custody.Event) error
	// AddGap stores a gap whose both ends are known.
	AddGap(ctx context.Context, g media.Gap, ev custody.Event) error
	// Segments and Gaps yield what is known about a stream in the span, in time order; an open gap overlaps everything
	// after its start.
	Segments(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error]
	Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error]
	// Tail returns where a stream's record ends.
	Tail(ctx context.Context, stream custody.StreamID) (Tail, error)
	// AddClockSample stores one measurement of the camera's clock against ours.
	AddClockSample(ctx context.Context, s ClockSample) error
}

// Tail is the end of what is known about a stream.
type Tail struct {
	LastEnd custody.Instant // end of the last segment or closed gap; 0 if the stream never recorded
	OpenGap *media.Gap
}

// ClockSample is the measured offset of a camera's clock: camera time minus station time at a sender report.
type ClockSample struct {
	Stream custody.StreamID
	Run    custody.RunID
	At     custody.Instant
	Offset int64 // microseconds
}
