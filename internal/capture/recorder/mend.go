package recorder

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// mendWindow is how far before its last sign of life a crash can have cost entries: unsettled footage that old has long been
// written to disk by the kernel, whatever the durability.
const mendWindow = time.Hour

// mend makes a stream's gaps in the index agree with its segments, once in a process and before anything new is recorded.
// Two kinds of crash leave them apart. kill -9 loses what the clerk had not yet told the index, so a gap may
// still be open although footage follows it in the spool. A power cut loses footage that was not settled, so nothing may
// lie between two gaps that had footage between them.
func (r *Recorder) mend(ctx context.Context, camera custody.CameraID, stream custody.StreamID) error {
	r.mu.Lock()
	done := r.mended[stream]
	r.mu.Unlock()
	if done {
		return nil
	}
	known, open, err := r.known(ctx, stream)
	if err != nil {
		return err
	}
	start := custody.Instant(0)
	if open != nil {
		start = open.Span.Start
	}
	end, holes := repairs(known, start)
	if end != 0 {
		ev, err := r.gapEvent(custody.EventGapClosed, media.Gap{Camera: camera, Stream: stream, Span: custody.Span{End: end}, Cause: open.Cause})
		if err == nil {
			err = r.Index.CloseGap(ctx, stream, end, ev)
		}
		if err != nil {
			return err
		}
	}
	for _, hole := range holes {
		g := media.Gap{ID: custody.NewGapID(), Camera: camera, Stream: stream, Span: hole, Cause: media.GapCrash,
			Detail: "the recorder ended before it could keep this footage, or say why there is none"}
		ev, err := r.gapEvent(custody.EventGapClosed, g)
		if err == nil {
			err = r.Index.AddGap(ctx, g, ev)
		}
		if err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.mended[stream] = true
	r.mu.Unlock()
	return nil
}

// known gathers what is known of a stream around its last sign of life: segments in the index and in the spool, closed gaps,
// all by start, and the open gap, if there is one.
func (r *Recorder) known(ctx context.Context, stream custody.StreamID) (known []custody.Span, open *media.Gap, err error) {
	span := custody.Span{Start: 1, End: r.Clock.Now().Add(mendWindow)}
	if r.opts.LastAlive != 0 {
		span.Start = max(span.Start, r.opts.LastAlive.Add(-mendWindow))
	}
	for row, err := range r.Index.Segments(ctx, stream, span) {
		if err != nil {
			return nil, nil, err
		}
		known = append(known, row.Span)
	}
	for g, err := range r.Index.Gaps(ctx, stream, span) {
		switch {
		case err != nil:
			return nil, nil, err
		case g.Span.End == 0:
			open = &g
		default:
			known = append(known, g.Span)
		}
	}
	r.mu.Lock()
	known = append(known, r.found[stream]...)
	r.mu.Unlock()
	slices.SortFunc(known, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	return known, open, nil
}

// repairs says where the gap that is open from the instant on (0: none) ends, because something known follows it (0: it
// does not), and which spans nothing is known about. known is sorted by start.
func repairs(known []custody.Span, open custody.Instant) (end custody.Instant, holes []custody.Span) {
	tail := custody.Instant(0)
	reach := func(at custody.Instant) {
		if tail != 0 && at > tail {
			holes = append(holes, custody.Span{Start: tail, End: at})
		}
	}
	for _, k := range known {
		if open != 0 && k.End > open {
			end = k.Start
			if k.Start > open {
				reach(open)
				tail = k.Start
			}
			open = 0
		}
		reach(k.Start)
		tail = max(tail, k.End)
	}
	if open != 0 {
		reach(open)
	}
	return end, holes
}
