package vault

import (
	"context"
	"io"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

// MaxStretch bounds the footage that ReadRun returns at a time, unless one fragment alone is larger (at most 16 MiB).
const MaxStretch = 8 << 20

// Stretch is consecutive fragments of one segment in the clear.
type Stretch struct {
	Bytes     []byte // moof+mdat of each, one after another; not valid after Free
	Fragments []media.FragmentInfo
	free      func()
}

// Free gives the memory back. Nothing else may be done with the Stretch afterwards; a second Free does nothing.
func (s *Stretch) Free() {
	if s.free != nil {
		s.free()
	}
	*s = Stretch{}
}

// Fragments returns the entries of the fragments first to last of a segment, both included: what ReadRun would judge, and not a byte
// of them. Errors are Read's.
func (v *Vault) Fragments(ctx context.Context, g access.Grant, id custody.SegmentID, first, last uint32) ([]media.FragmentInfo, error) {
	s, err := v.granted(ctx, g, id)
	if err != nil {
		return nil, err
	}
	return v.stretch(g, s, first, last)
}

// ContentSize is how many bytes of moof+mdat an entry of a fragment table stands for.
func ContentSize(f media.FragmentInfo) int64 { return f.Length - frameSize - sealOverhead }

// ReadRun returns the fragments first to last of a segment, both included, read in one ranged read. Each is judged alone, as
// by Read, and all must be permitted. Errors are Read's, and Invalid when they are more than MaxStretch together.
//
// The bytes lie in pooled memory: call Free when they are sent. While it works a call holds twice its result; at most
// eight calls work at a time, and the others wait.
func (v *Vault) ReadRun(ctx context.Context, g access.Grant, id custody.SegmentID, first, last uint32) (*Stretch, error) {
	s, err := v.granted(ctx, g, id)
	if err != nil {
		return nil, err
	}
	infos, err := v.stretch(g, s, first, last)
	if err != nil {
		return nil, err
	}
	var total int64
	for _, f := range infos {
		total += f.Length
	}
	if total > MaxStretch && len(infos) > 1 {
		return nil, custody.Errorf(custody.Invalid, "fragments %d to %d are more than %d bytes: ask for fewer", first, last, MaxStretch)
	}
	release, err := v.reads.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &Stretch{Fragments: infos}
	err = v.within(ctx, s, func(s *source, r io.ReaderAt, _ int64) error { return v.readStretch(s, r, out) })
	if err != nil {
		out.Free()
		return nil, err
	}
	return out, nil
}

// stretch judges the fragments and returns their entries.
func (v *Vault) stretch(g access.Grant, s *source, first, last uint32) ([]media.FragmentInfo, error) {
	if first > last {
		return nil, custody.Errorf(custody.Invalid, "fragments %d to %d: name the first before the last", first, last)
	}
	if int64(last) >= int64(len(s.infos)) {
		return nil, custody.Errorf(custody.NotFound, "segment %s has no fragment %d", s.id, last)
	}
	infos := s.infos[first : last+1 : last+1]
	for _, f := range infos {
		if err := v.permits(g, opening(), s.camera, f); err != nil {
			return nil, err
		}
	}
	if err := consecutive(s.id, infos); err != nil {
		return nil, err
	}
	return infos, nil
}

// consecutive fails with Corrupt unless the fragments can be read at once.
func consecutive(id custody.SegmentID, infos []media.FragmentInfo) error {
	for i, f := range infos {
		if err := possible(id, f); err != nil {
			return err
		}
		if i > 0 && (f.Offset < infos[i-1].Offset+infos[i-1].Length || f.Offset-infos[i-1].Offset > maxApart) {
			return custody.Errorf(custody.Corrupt, "segment %s: fragment %d does not follow the one before it", id, f.Number)
		}
	}
	return nil
}

// maxApart is how far apart two consecutive fragments begin at most: a fragment's record and its unit table's.
const maxApart = maxFragment + maxUnits + 2*(frameSize+sealOverhead)

// readStretch fills out in one ranged read of its fragments' records and the unit tables between them. The plaintext goes to
// a buffer of its own, because opening in place would move every byte twice more.
func (v *Vault) readStretch(s *source, r io.ReaderAt, out *Stretch) error {
	from := out.Fragments[0].Offset
	end := out.Fragments[len(out.Fragments)-1]
	sealed := v.reads.get(int(end.Offset + end.Length - from))
	defer v.reads.put(sealed)
	if _, err := r.ReadAt(*sealed, from); err != nil {
		return spoolError(err, "segment %s could not be read", s.id)
	}
	plain := v.reads.get(len(*sealed))
	out.Bytes, out.free = (*plain)[:0], func() { v.reads.put(plain) }
	for _, f := range out.Fragments {
		rec := (*sealed)[f.Offset-from:][:f.Length]
		var err error
		if out.Bytes, err = s.box.openTo(out.Bytes, rec, fragmentRecord(f.Number), kindFragment); err != nil {
			return custody.Wrap(custody.Corrupt, err, "segment %s: fragment %d is not what was sealed", s.id, f.Number)
		}
	}
	return nil
}

// readers bounds the calls of ReadRun that work at the same time, and keeps their buffers for the next. It is safe for
// concurrent use.
type readers struct {
	slots   chan struct{}
	buffers sync.Pool // of *[]byte
}

const readersMax = 8

func newReaders() *readers { return &readers{slots: make(chan struct{}, readersMax)} }

// enter waits for a place; the caller releases it.
func (r *readers) enter(ctx context.Context) (release func(), err error) {
	select {
	case r.slots <- struct{}{}:
		return func() { <-r.slots }, nil
	case <-ctx.Done():
		return nil, custody.Wrap(custody.Unavailable, ctx.Err(), "too much footage is being read at the same time: try again")
	}
}

// get returns a buffer of that length with any content.
func (r *readers) get(n int) *[]byte {
	if b, ok := r.buffers.Get().(*[]byte); ok && cap(*b) >= n {
		*b = (*b)[:n]
		return b
	}
	const step = 1 << 20
	b := make([]byte, n, (n+step-1)/step*step)
	return &b
}

func (r *readers) put(b *[]byte) { r.buffers.Put(b) }
