package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io/fs"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// scratchKept bounds the unit-table buffer that a writer keeps between fragments.
const scratchKept = 64 << 10

// writer appends to one spool file. One goroutine at a time, as Writer says.
type writer struct {
	v    *Vault
	s    *spooled
	file File
	sum  hash.Hash // over the file's first end bytes
	end  int64     // of the last whole fragment and unit table
	next uint32    // number of the next fragment

	scratch []byte
	closed  bool
	broken  bool // the file could not be cut back to end, or is suspect: nothing more may be appended
	suspect bool // an fsync failed: the kernel may have dropped pages that it now calls clean
}

// Begin starts a segment: a fresh key, its durable sidecar, and the spool file with header and head record. The
// segment id must be fresh. Errors: Invalid (not a segment id), Exists (the id has a spool file), Exhausted (disk full, or a
// head beyond 1 MiB), Unavailable (disk), Conflict (this process does not record). After an error nothing is left on disk,
// or leftovers that the next Recover removes.
func (v *Vault) Begin(_ context.Context, head SegmentHead) (Writer, error) {
	if err := v.recording(); err != nil {
		return nil, err
	}
	record, plain, err := encodeHead(head)
	if err != nil {
		return nil, err
	}
	if _, err := head.ID.Bytes(); err != nil {
		return nil, err
	}
	key, wrapped, by, err := v.keys.WrapSegment(head.ID)
	if err != nil {
		return nil, custody.Wrap(custody.KindOf(err), err, "the segment's key could not be made")
	}
	b, err := newBox(head.ID, key)
	if err != nil {
		return nil, err
	}
	s := &spooled{id: head.ID, head: record, box: b, keyID: by, wrapped: wrapped, path: v.path(head.ID, spoolSuffix)}
	file, err := v.disk.Create(s.path)
	if errors.Is(err, fs.ErrExist) {
		return nil, custody.Errorf(custody.Exists, "segment %s is already in the spool", head.ID)
	}
	if err != nil {
		return nil, diskError(err, "a spool file could not be made")
	}
	w := &writer{v: v, s: s, file: file, sum: sha256.New()}
	if err := w.start(plain); err != nil {
		w.discard()
		return nil, spoolError(err, "a spool file could not be begun")
	}
	v.register(s)
	return w, nil
}

// start writes the sidecar, then header and head record in one write.
func (w *writer) start(head []byte) error {
	if err := w.v.writeSidecar(sidecar{Segment: w.s.id, Key: w.s.keyID, Wrapped: w.s.wrapped}); err != nil {
		return err
	}
	mem := make([]byte, 0, headerSize+frameSize+len(head)+sealOverhead)
	mem = appendHeader(mem, w.s.box.id)
	mem = append(mem, make([]byte, frameSize)...)
	mem = append(mem, head...)
	mem = mem[:cap(mem)]
	w.s.box.seal(mem[headerSize:], len(head), 0, kindHead)
	if _, err := w.file.WriteAt(mem, 0); err != nil {
		return err
	}
	w.sum.Write(mem)
	w.end = int64(len(mem))
	return nil
}

// Append implements Writer. The context is not consulted: what a camera sent is not given up because someone
// stopped waiting, and a write to disk cannot be interrupted.
func (w *writer) Append(_ context.Context, f *media.Fragment) error {
	defer f.Buffer.Free()
	if w.closed || w.broken {
		return custody.Errorf(custody.Unavailable, "segment %s takes no more fragments", w.s.id)
	}
	if err := w.check(f); err != nil {
		return err
	}
	f.Info.Number, f.Info.Units = w.next, uint32(len(f.Units))
	f.Info.Offset, f.Info.Length = w.end, int64(frameSize+f.Buffer.Len()+sealOverhead)
	units, err := w.sealUnits(f)
	if err != nil {
		return err
	}
	b := f.Buffer
	w.s.box.seal(b.Mem[b.Start-frameSize:], b.Len(), fragmentRecord(w.next), kindFragment)
	if err := w.write(b.Mem[b.Start-frameSize:], int(f.Info.Length), units); err != nil {
		return w.cutBack(err)
	}
	w.end += f.Info.Length + int64(len(units))
	w.next++
	w.s.publish(f.Info)
	return nil
}

// check refuses what the format cannot hold.
func (w *writer) check(f *media.Fragment) error {
	b := f.Buffer
	switch {
	case b.Start < frameSize || b.End < b.Start || len(b.Mem)-b.End < sealOverhead:
		return custody.Errorf(custody.Internal, "a fragment's buffer has no room for its frame")
	case len(f.Units) == 0 || len(f.Units) > media.MaxFragmentUnits || len(f.Units) != len(f.Digests):
		return custody.Errorf(custody.Internal, "a fragment needs one digest per unit, and 1 to %d units", media.MaxFragmentUnits)
	case b.Len() > maxFragment:
		return custody.Errorf(custody.Exhausted, "a fragment is larger than %d bytes", maxFragment)
	case w.next >= media.MaxFragments:
		return custody.Errorf(custody.Exhausted, "a segment holds at most %d fragments", media.MaxFragments)
	}
	return nil
}

// sealUnits encodes and seals the fragment's unit table in the scratch buffer.
func (w *writer) sealUnits(f *media.Fragment) ([]byte, error) {
	mem := append(w.scratch[:0], make([]byte, frameSize)...)
	mem, err := appendUnits(mem, UnitTable{Fragment: f.Info, Units: f.Units, Digests: f.Digests})
	if err != nil {
		return nil, err
	}
	n := len(mem) - frameSize
	if n > maxUnits {
		return nil, custody.Errorf(custody.Exhausted, "a fragment's unit table is larger than %d bytes", maxUnits)
	}
	mem = slices.Grow(mem, sealOverhead)
	if cap(mem) <= scratchKept {
		w.scratch = mem
	}
	return w.s.box.seal(mem[:cap(mem)], n, unitsRecord(w.next), kindUnits), nil
}

// write appends the sealed fragment, mem[:n], and its units record: in one write where mem has room for the second
// behind the first, as pooled buffers nearly always have. It hashes them while they are in cache.
func (w *writer) write(mem []byte, n int, units []byte) error {
	fragment := mem[:n]
	if len(mem)-n >= len(units) {
		fragment = append(fragment, units...)
		units = nil
	}
	if _, err := w.file.WriteAt(fragment, w.end); err != nil {
		return err
	}
	if len(units) > 0 {
		if _, err := w.file.WriteAt(units, w.end+int64(len(fragment))); err != nil {
			return err
		}
	}
	if w.v.durability == PerFragment {
		if err := w.file.Sync(); err != nil {
			w.broken, w.suspect = true, true
			return err
		}
	}
	w.sum.Write(fragment)
	w.sum.Write(units)
	return nil
}

// cutBack removes what a failed write left behind the last whole fragment.
func (w *writer) cutBack(cause error) error {
	if err := w.file.Truncate(w.end); err != nil {
		w.broken = true
		cause = errors.Join(cause, err)
	}
	return diskError(cause, "segment %s: a fragment could not be written", w.s.id)
}

// Close implements Writer.
func (w *writer) Close(end SegmentEnd) (Pending, error) {
	if w.closed {
		return nil, custody.Errorf(custody.Conflict, "segment %s is closed already", w.s.id)
	}
	w.closed = true
	if w.next == 0 {
		return nil, spoolError(w.discard(), "an empty spool file could not be removed")
	}
	infos := w.s.fragments()
	endsOf(infos, w.s.head.timescale())
	w.s.close(infos, end)
	// A close that fails after the bytes were written tells nothing that the fsync of Seal would not.
	_ = w.file.Close()
	return &pending{v: w.v, s: w.s, end: end, size: w.end, sum: w.sum, suspect: w.suspect}, nil
}

// discard closes and removes a segment that holds no fragment. What cannot be removed now is an empty leftover for the
// next Recover.
func (w *writer) discard() error {
	w.v.unregister(w.s.id)
	return errors.Join(w.file.Close(), w.v.discard(w.s.id))
}

// discard removes the files of a segment that holds no fragment. The spool file is emptied first, so that a crash
// at any point leaves something that is plainly an empty leftover of ours.
func (v *Vault) discard(id custody.SegmentID) error {
	path := v.path(id, spoolSuffix)
	f, err := v.disk.OpenWrite(path)
	if err != nil {
		return absentIsFine(err)
	}
	if err := errors.Join(f.Truncate(0), f.Close()); err != nil {
		return err
	}
	for _, p := range []string{v.path(id, sidecarSuffix+tempSuffix), v.path(id, sidecarSuffix), path} {
		if err := absentIsFine(v.disk.Remove(p)); err != nil {
			return err
		}
	}
	return nil
}

func absentIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
