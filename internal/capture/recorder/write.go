package recorder

import (
	"context"
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// writer takes a stream's commands from its queue and brings fragments into the spool, segments to the
// settler, and runs and gaps to the clerk. One goroutine; its fields are its own.
type writer struct {
	s       *Stream
	run     *run
	number  uint32 // of the next segment in the run
	policy  *media.SegmentPolicy
	segment vault.Writer    // nil between segments
	tail    custody.Instant // end of what is recorded or declared as a gap; 0 before the first
	gap     media.GapCause  // cause of the open gap, empty while recording
	why     media.GapCause  // cause of a hole between the tail and the next fragment, if there is one
}

func (w *writer) loop(ctx context.Context) {
	defer close(w.s.written)
	for {
		c, ok := w.s.queue.pop()
		if !ok {
			return
		}
		switch {
		case c.run != nil:
			w.begin(c.run)
		case c.fragment != nil:
			n := len(c.fragment.Buffer.Bytes())
			w.fragment(ctx, c.fragment)
			w.s.queue.done(n)
		case c.lost != nil:
			w.lose(*c.lost)
		case c.endRun:
			w.closeSegment(vault.SegmentEnd{CameraOffset: w.offset()})
			w.run = nil
		case c.gap != nil:
			w.openGap(c.gap.cause, c.gap.at, c.gap.detail)
		case c.sample != nil:
			w.s.recordSample(*c.sample)
		case c.flush != nil:
			close(c.flush)
		}
	}
}

func (w *writer) begin(r *run) {
	w.closeSegment(vault.SegmentEnd{CameraOffset: w.offset()})
	w.run, w.number = r, 0
	w.policy = media.NewSegmentPolicy(media.Stagger(w.s.id))
	w.why = holeCause(r.header.Reason)
	w.s.noteRun(r.header)
	w.s.recordRun(r.header)
}

// holeCause is the cause of a hole that a new run leaves behind it when no gap was opened before.
func holeCause(reason string) media.GapCause {
	switch reason {
	case reasonClockStep:
		return media.GapClockStep
	case reasonConnect:
		return media.GapClosed
	}
	return media.GapDiscontinuity
}

func (w *writer) offset() *int64 {
	if w.run == nil {
		return nil
	}
	return w.run.offset()
}

func (w *writer) fragment(ctx context.Context, f *media.Fragment) {
	info := f.Info
	span := custody.Span{Start: info.WallStart, End: info.WallEnd}
	if why := w.s.r.room.why(); why != "" {
		f.Buffer.Free()
		w.lose(loss{span, media.GapStorageFull, why})
		return
	}
	if b := w.policy.Next(info, int64(f.Buffer.Len())); b != media.Stay {
		w.closeSegment(vault.SegmentEnd{Continuation: b == media.CutShort, CameraOffset: w.offset()})
	}
	units := len(f.Units)
	err := w.append(ctx, f)
	if err != nil {
		w.s.r.Log.Warn("a fragment could not be written", "stream", w.s.id, "span", span.String(), "error", err)
		cause, detail := media.GapStorageStall, "the spool's disk refused a fragment"
		if custody.KindOf(err) == custody.Exhausted {
			cause, detail = media.GapStorageFull, diskIsFull
		}
		w.lose(loss{span, cause, detail})
		return
	}
	w.s.kept(units, info)
	w.recorded(span)
}

// append is step 1 of the commit protocol. It owns f's buffer.
func (w *writer) append(ctx context.Context, f *media.Fragment) error {
	if w.segment == nil {
		head := vault.SegmentHead{ID: custody.NewSegmentID(), Run: w.run.header, Number: w.number, Init: w.run.init}
		seg, err := w.s.r.Spool.Begin(ctx, head)
		if err != nil {
			f.Buffer.Free()
			return err
		}
		w.segment = seg
		w.number++
	}
	return w.segment.Append(ctx, f)
}

// recorded closes an open gap, or declares the hole before a run's first fragment.
func (w *writer) recorded(span custody.Span) {
	switch {
	case w.gap != "":
		w.s.closeGap(span.Start, w.gap)
		w.gap = ""
		w.s.r.Alarms.Clear(AlarmStorageStall, string(w.s.id))
		w.s.r.Alarms.Clear(AlarmStorageFull, string(w.s.id))
	case w.tail != 0 && span.Start > w.tail && w.why != "":
		w.s.addGap(custody.Span{Start: w.tail, End: span.Start}, w.why, "")
	}
	w.why = ""
	w.tail = span.End
}

// lose closes the segment, because a segment's span has no holes, and opens a gap from the loss on.
func (w *writer) lose(l loss) {
	w.closeSegment(vault.SegmentEnd{Continuation: true, CameraOffset: w.offset()})
	w.policy = media.NewSegmentPolicy(media.Stagger(w.s.id))
	if w.gap != l.cause {
		w.raise(l.cause)
	}
	w.openGap(l.cause, l.span.Start, l.detail)
	w.tail = l.span.End
	w.s.dropped(l.span)
}

// raise tells of a loss that concerns this stream. A full disk that room has seen has its alarm already; one that it has not
// is a quota, a file system without inodes, or one that filled within the second.
func (w *writer) raise(cause media.GapCause) {
	switch {
	case cause == media.GapStorageStall:
		w.s.r.Alarms.Raise(AlarmStorageStall, string(w.s.id), "the spool's disk does not keep up: footage of this stream is being lost")
	case cause == media.GapStorageFull && w.s.r.room.why() == "":
		w.s.r.Alarms.Raise(AlarmStorageFull, string(w.s.id), diskIsFull+": footage of this stream is being lost")
	}
}

// openGap says that nothing is recorded from the tail on (from at, if nothing ever was).
func (w *writer) openGap(cause media.GapCause, at custody.Instant, detail string) {
	if w.gap == cause {
		return
	}
	start := max(at, w.tail) // what is recorded may reach a frame's length past now
	if w.gap == "" && w.tail != 0 {
		start = w.tail // recorded up to here, so the gap begins here
	}
	w.s.setGap(start, cause, detail)
	w.gap, w.why = cause, ""
	w.tail = max(w.tail, start)
}

func (w *writer) closeSegment(end vault.SegmentEnd) {
	if w.segment == nil {
		return
	}
	p, err := w.segment.Close(end)
	w.segment = nil
	switch {
	case err != nil:
		w.s.r.Log.Error("a segment could not be closed; its spool file is recovered by the next start", "stream", w.s.id, "error", err)
		w.s.r.Alarms.Raise(AlarmSpool, string(w.s.id), fmt.Sprintf("a segment could not be closed: %s", custody.PublicText(err)))
	case p != nil:
		w.s.settle(p)
	}
}
