package vault

import (
	"context"
	"iter"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Catalog is the vault's read port to the index; storage/db implements it.
type Catalog interface {
	// Segment returns one row, NotFound if there is none.
	Segment(ctx context.Context, id custody.SegmentID) (media.SegmentRow, error)
	// Segments yields the sealed segments of a stream that overlap the span, in time order.
	Segments(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error]
	// Gaps yields the gaps of a stream that overlap the span (an open gap overlaps everything after its start), in time order.
	Gaps(ctx context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error]
	// Run returns the evidence of one run.
	Run(ctx context.Context, id custody.RunID) (media.RunHeader, error)
}
