package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"

	"github.com/footage-custody/custody/internal/custody"
)

// SpooledSegment is what a glance at a spool file tells.
type SpooledSegment struct {
	ID     custody.SegmentID
	Stream custody.StreamID
	Run    custody.RunID
	Number uint32
	// Span is the segment's wall time; its End is 0 while the file has no index, because it may be growing.
	Span custody.Span
	// Err says why the file cannot be read (no key, damaged); everything but ID is empty then.
	Err error
}

// Spooled glances at every spool file, whoever is recording: one index each for those that are closed, head and first
// fragment for the others. A file that holds no whole fragment yet is left out, and so is one that is settled meanwhile. It
// yields times and ids and no footage, so it needs no Grant.
func (v *Vault) Spooled(ctx context.Context) ([]SpooledSegment, error) {
	ids, err := v.SpoolSegments()
	if err != nil {
		return nil, err
	}
	var out []SpooledSegment
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "looking at the spool was stopped")
		}
		s, err := v.glance(ctx, id)
		switch {
		case err == nil:
			out = append(out, s)
		case errors.Is(err, errTorn) || v.gone(id):
		default:
			out = append(out, SpooledSegment{ID: id, Err: err})
		}
	}
	return out, nil
}

// gone reports whether a spool file was settled and dropped in the meantime.
func (v *Vault) gone(id custody.SegmentID) bool {
	f, err := v.disk.Open(v.path(id, spoolSuffix))
	if err == nil {
		_ = f.Close() // only looked at
	}
	return errors.Is(err, fs.ErrNotExist)
}

// glance reads what a spool file says of itself. errTorn: it holds no whole fragment yet.
func (v *Vault) glance(ctx context.Context, id custody.SegmentID) (SpooledSegment, error) {
	none := SpooledSegment{}
	f, err := v.disk.Open(v.path(id, spoolSuffix))
	if err != nil {
		return none, diskError(err, "segment %s: its spool file could not be opened", id)
	}
	defer f.Close()
	size, _, err := f.Stat()
	if err != nil {
		return none, diskError(err, "segment %s: its spool file could not be read", id)
	}
	if size < headerSize+frameSize { // Begin makes the file before its sidecar
		return none, errTorn
	}
	side, err := v.findKey(ctx, id)
	if err != nil {
		return none, spoolError(err, "segment %s: its spool file has no key", id)
	}
	key, err := v.keys.UnwrapSegment(id, side.Key, side.Wrapped)
	if err != nil {
		return none, err
	}
	b, err := newBox(id, key)
	if err != nil {
		return none, err
	}
	scan := &scanner{box: b, r: f, size: size, sum: sha256.New()}
	head, err := scan.head(id)
	if err != nil {
		return none, err
	}
	s := SpooledSegment{ID: id, Stream: head.Run.Stream, Run: head.Run.Run, Number: head.Number}
	if _, infos, err := readIndex(b, f, size); err == nil {
		s.Span = spanOf(infos)
		return s, nil
	}
	first, _, _, err := scan.pair()
	if err != nil {
		return none, err
	}
	s.Span.Start = first.Fragment.WallStart
	return s, nil
}
