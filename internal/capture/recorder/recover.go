package recorder

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// recover takes every spool file that a crash or an unfinished drain left behind and puts it on the
// live settle path. A segment's run is recorded first, since the crash may have come before that.
func (r *Recorder) recover(ctx context.Context) {
	pending, report, err := r.Spool.Recover(ctx)
	if err != nil { // the rest is tried by the next start; what was found is settled, and recording begins
		r.Log.Error("part of the spool could not be recovered", "error", err)
		r.Alarms.Raise(AlarmSpool, "", "part of the spool could not be read: "+custody.PublicText(err))
	}
	if len(pending) > 0 || len(report.Quarantined) > 0 {
		r.Log.Info("segments left in the spool are being settled", "segments", len(pending),
			"torn_bytes_cut", report.TornBytes, "quarantined", len(report.Quarantined))
	}
	owners := map[custody.StreamID]custody.CameraID{}
	r.mu.Lock()
	for _, p := range pending {
		stream, span := p.Head().Run.Stream, p.Span()
		owners[stream] = p.Head().Run.Camera
		r.found[stream] = append(r.found[stream], span)
	}
	r.mu.Unlock()
	for stream, camera := range owners { // also of cameras that are gone
		if err := r.mend(ctx, camera, stream); err != nil {
			r.Log.Warn("a stream's gaps could not be mended; it is tried again when the stream is opened", "stream", stream, "error", err)
		}
	}
	c := r.clerk("")
	for _, p := range pending {
		head := p.Head()
		c.hand("run "+string(head.Run.Run), func(ctx context.Context) error { return startRun(ctx, r.Index, head.Run) })
		r.settle(c, p)
	}
}

// resume says where a stream's record ends and what happened to it since: a crash, or what was known when recording
// stopped. It leaves the stream with an open gap, or with no record at all if it never had one.
func (r *Recorder) resume(ctx context.Context, s *Stream, w *writer) error {
	if err := r.mend(ctx, s.camera, s.id); err != nil {
		return err
	}
	tail, err := r.Index.Tail(ctx, s.id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	end := tail.LastEnd
	for _, span := range r.found[s.id] {
		end = max(end, span.End)
	}
	r.mu.Unlock()
	w.tail = end
	switch {
	case tail.OpenGap == nil && end != 0:
		w.openGap(media.GapCrash, end, "the recorder ended without closing its record")
	case tail.OpenGap != nil:
		w.gap = tail.OpenGap.Cause
		w.tail = max(end, tail.OpenGap.Span.Start)
		if w.gap != media.GapStopped && w.gap != media.GapDisabled && r.opts.LastAlive > w.tail {
			r.splitAtCrash(s, w)
		}
	}
	s.end, s.noted = w.tail, w.gap
	return nil
}

// splitAtCrash ends a gap of another cause where the previous process was last known to live.
func (r *Recorder) splitAtCrash(s *Stream, w *writer) {
	at := min(r.opts.LastAlive, r.Clock.Now())
	s.setGap(at, media.GapCrash, "the recorder ended without closing its record")
	w.gap, w.tail = media.GapCrash, at
}

// sealed notes that a segment is settled.
func (r *Recorder) sealed(row media.SegmentRow) {
	r.mu.Lock()
	s := r.streams[row.Stream]
	r.mu.Unlock()
	if s != nil {
		s.noteSealed(row)
	}
}
