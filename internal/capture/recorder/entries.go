package recorder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// What a stream tells the index, each with the event that records it. All of it goes through the stream's clerk,
// so that the index learns of a run before its segments and of gaps in their order.

type gapDetail struct {
	Gap    custody.GapID    `json:"gap,omitempty"`
	Stream custody.StreamID `json:"stream"`
	Start  string           `json:"start,omitempty"`
	End    string           `json:"end,omitempty"`
	Cause  media.GapCause   `json:"cause"`
	Detail string           `json:"detail,omitempty"`
}

func (s *Stream) recordRun(h media.RunHeader) {
	s.clerk.hand("run "+string(h.Run), func(ctx context.Context) error { return startRun(ctx, s.r.Index, h) })
}

// startRun commits a run. Its event holds the digest of the whole header, so that no byte of it can change unnoticed.
func startRun(ctx context.Context, index Index, h media.RunHeader) error {
	header, err := h.Encode()
	if err != nil {
		return err
	}
	digest := sha256.Sum256(header)
	ev, err := custody.NewEvent(custody.EventRunStarted, h.Started, "system", h.Camera, string(h.Run), struct {
		Stream    custody.StreamID `json:"stream"`
		Reason    string           `json:"reason"`
		Transport string           `json:"transport"`
		Tracks    []media.Track    `json:"tracks"`
		Header    string           `json:"header_sha256"`
	}{h.Stream, h.Reason, h.Transport, h.Tracks, hex.EncodeToString(digest[:])})
	if err != nil {
		return err
	}
	return index.StartRun(ctx, h, ev)
}

func (s *Stream) setGap(at custody.Instant, cause media.GapCause, detail string) {
	g := media.Gap{ID: custody.NewGapID(), Camera: s.camera, Stream: s.id, Span: custody.Span{Start: at}, Cause: cause, Detail: plain(detail)}
	s.noteGap(cause, at, g.Detail)
	s.clerk.hand("gap "+string(cause), func(ctx context.Context) error {
		ev, err := s.r.gapEvent(custody.EventGapOpened, g)
		if err != nil {
			return err
		}
		return s.r.Index.SetGap(ctx, g, ev)
	})
}

func (s *Stream) closeGap(at custody.Instant, cause media.GapCause) {
	s.noteGap("", at, "")
	g := media.Gap{Camera: s.camera, Stream: s.id, Span: custody.Span{End: at}, Cause: cause}
	s.clerk.hand("end of gap "+string(cause), func(ctx context.Context) error {
		ev, err := s.r.gapEvent(custody.EventGapClosed, g)
		if err != nil {
			return err
		}
		return s.r.Index.CloseGap(ctx, s.id, at, ev)
	})
}

func (s *Stream) addGap(span custody.Span, cause media.GapCause, detail string) {
	g := media.Gap{ID: custody.NewGapID(), Camera: s.camera, Stream: s.id, Span: span, Cause: cause, Detail: plain(detail)}
	s.clerk.hand("gap "+string(cause), func(ctx context.Context) error {
		ev, err := s.r.gapEvent(custody.EventGapClosed, g)
		if err != nil {
			return err
		}
		return s.r.Index.AddGap(ctx, g, ev)
	})
}

// plain makes a detail text, which may quote a camera, the same in the event's JSON and in the row.
func plain(detail string) string { return strings.ToValidUTF8(detail, "\uFFFD") }

// gapEvent records what became of a gap. The end of an open one names the stream, because only the index knows its id.
func (r *Recorder) gapEvent(t custody.EventType, g media.Gap) (custody.Event, error) {
	d := gapDetail{Gap: g.ID, Stream: g.Stream, Cause: g.Cause, Detail: g.Detail}
	if g.Span.Start != 0 {
		d.Start = g.Span.Start.String()
	}
	if g.Span.End != 0 {
		d.End = g.Span.End.String()
	}
	subject := string(g.ID)
	if subject == "" {
		subject = string(g.Stream)
	}
	return custody.NewEvent(t, r.Clock.Now(), "system", g.Camera, subject, d)
}

// settle hands a closed segment to the settler; its row is committed through this stream's clerk.
func (s *Stream) settle(p vault.Pending) { s.r.settle(s.clerk, p) }

func (r *Recorder) settle(c *clerk, p vault.Pending) {
	r.settler.add(p, func(row media.SegmentRow, done func()) {
		c.hand("segment "+string(row.ID), func(ctx context.Context) error {
			ev, err := sealedEvent(row)
			if err == nil {
				err = r.Index.CommitSegment(ctx, row, ev)
			}
			switch {
			case err == nil:
				r.sealed(row)
				done()
			case refused(err): // it stays in the spool, and the next start asks again
				r.settler.release()
			}
			return err
		})
	})
}
