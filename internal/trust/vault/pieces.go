package vault

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// LongestGroup is how long a group of pictures may be whose beginning is still looked for: there are cameras with five minutes.
const LongestGroup = 10 * time.Minute

// MaxPieces is the longest span that Pieces answers at a time: an hour, and the longest group of pictures that may reach into it.
const MaxPieces = time.Hour + LongestGroup

// Pieces lists what there is of a stream in a span, in time order: settled segments and those of this process that are
// being written or settled, each once, with only those of their fragments that start inside both spans and that the Grant
// permits one by one. The Grant may be of FootageList, FootageRead, FootageStill or FootageExport. A stream
// of another camera than the Grant's has no pieces, like one that does not exist (CONTRACTS 16).
//
// Errors: Invalid (a span longer than MaxPieces), Denied, Corrupt, Unavailable. Memory: about 100 bytes per fragment, so
// 200 KiB for an hour.
func (v *Vault) Pieces(ctx context.Context, g access.Grant, stream custody.StreamID, span custody.Span) ([]Piece, error) {
	if err := stands(g, listing()); err != nil {
		return nil, err
	}
	if span.Duration() > MaxPieces {
		return nil, custody.Errorf(custody.Invalid, "the span is longer than %s: ask for one hour at a time", MaxPieces)
	}
	span = span.Intersect(g.Span())
	if span.Empty() {
		return nil, nil
	}
	// The spool first: a row is committed before its spool file is dropped, so none can be missed between the two.
	pieces, seen := v.spooledPieces(g.Camera(), stream)
	for row, err := range v.catalog.Segments(ctx, stream, span) {
		if err != nil {
			return nil, err
		}
		if seen[row.ID] || row.Camera != g.Camera() || len(row.WrappedKey) == 0 {
			continue
		}
		infos, err := media.UnpackFragments(row.Fragments)
		if err != nil {
			return nil, custody.Wrap(custody.Corrupt, err, "segment %s: the row's fragment table cannot be read", row.ID)
		}
		pieces = append(pieces, Piece{Segment: row.ID, Stream: row.Stream, Run: row.Run, Number: row.Number,
			Continuation: row.Continuation, Fragments: infos})
	}
	pieces = v.permitted(g, pieces, span)
	slices.SortFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.Fragments[0].WallStart, b.Fragments[0].WallStart) })
	return pieces, nil
}

// spooledPieces are the stream's segments in the spool, whatever their time.
func (v *Vault) spooledPieces(camera custody.CameraID, stream custody.StreamID) ([]Piece, map[custody.SegmentID]bool) {
	seen := map[custody.SegmentID]bool{}
	var pieces []Piece
	for _, s := range v.spooledOf(camera, stream) {
		seen[s.id] = true
		pieces = append(pieces, s.piece())
	}
	return pieces, seen
}

// InSpool tells when footage was recorded that this process has in its spool, being written or waiting to be settled: by
// stream, clipped to the span, in time order. It yields times and no footage, so it needs no Grant, and reads memory alone. The
// last fragment of a stream counts with its own media time. A segment has its row before it leaves here.
func (v *Vault) InSpool(span custody.Span) map[custody.StreamID][]custody.Span {
	v.mu.Lock()
	waiting := slices.Collect(maps.Values(v.spooled))
	v.mu.Unlock()
	out := map[custody.StreamID][]custody.Span{}
	for _, s := range waiting {
		infos := s.fragments()
		if len(infos) == 0 {
			continue
		}
		if c := spanOf(infos).Intersect(span); !c.Empty() {
			out[s.head.Run.Stream] = append(out[s.head.Run.Stream], c)
		}
	}
	for _, spans := range out {
		slices.SortFunc(spans, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	}
	return out
}

// spooledOf lists the stream's segments in the spool, in no order.
func (v *Vault) spooledOf(camera custody.CameraID, stream custody.StreamID) []*spooled {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []*spooled
	for _, s := range v.spooled {
		if s.head.Run.Stream == stream && s.head.Run.Camera == camera {
			out = append(out, s)
		}
	}
	return out
}

// permitted leaves of each piece the fragments that start inside the span and that the Grant permits, and of the pieces those
// that have any.
func (v *Vault) permitted(g access.Grant, pieces []Piece, span custody.Span) []Piece {
	for i := range pieces {
		p := &pieces[i]
		p.Fragments = slices.DeleteFunc(p.Fragments, func(f media.FragmentInfo) bool {
			return !span.Contains(f.WallStart) || v.permits(g, listing(), g.Camera(), f) != nil
		})
	}
	return slices.DeleteFunc(pieces, func(p Piece) bool { return len(p.Fragments) == 0 })
}
