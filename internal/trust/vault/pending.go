package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
)

// pending is a closed spool file. A live one and one found by recovery differ in two facts only: recovered, and whether
// index and footer are in the file already (sealed).
type pending struct {
	v         *Vault
	s         *spooled
	recovered bool

	mu      sync.Mutex // serialises Seal, Store and Drop; held across I/O
	end     SegmentEnd
	size    int64     // of the file: up to the last whole fragment, or to the footer when sealed
	sum     hash.Hash // over those bytes; nil for a file that recovery found sealed, until Seal has read it
	sealed  bool
	suspect bool // an fsync failed, so the file must be rewritten before it is sealed
	stored  bool
	row     *media.SegmentRow
}

// ID implements Pending.
func (p *pending) ID() custody.SegmentID { return p.s.id }

// Head implements Pending.
func (p *pending) Head() SegmentHead { return p.s.head.SegmentHead }

// Span implements Pending.
func (p *pending) Span() custody.Span {
	p.s.mu.RLock()
	defer p.s.mu.RUnlock()
	return spanOf(p.s.infos)
}

func spanOf(infos []media.FragmentInfo) custody.Span {
	return custody.Span{Start: infos[0].WallStart, End: infos[len(infos)-1].WallEnd}
}

// Seal implements Pending. Errors: Exhausted (disk full), Unavailable (disk), Corrupt (the spool does not hold what was
// written to it). After an error the file ends with its last whole fragment, as before.
func (p *pending) Seal(_ context.Context) (media.SegmentRow, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.row != nil {
		return *p.row, nil
	}
	if p.suspect {
		if err := p.rewrite(); err != nil {
			return media.SegmentRow{}, err
		}
	}
	seal := p.writeIndex
	if p.sealed {
		seal = p.readSealed
	}
	x, err := seal()
	if err != nil {
		return media.SegmentRow{}, err
	}
	row := p.rowOf(x)
	p.row = &row
	return row, nil
}

// writeIndex appends index and footer in one write and makes the whole file durable.
func (p *pending) writeIndex() (*index, error) {
	f, err := p.v.disk.OpenWrite(p.s.path)
	if err != nil {
		return nil, diskError(err, "segment %s: the spool file could not be opened", p.s.id)
	}
	defer f.Close() // read and fsynced; Close has nothing left to tell
	x, err := p.buildIndex(f)
	if err != nil {
		return nil, err
	}
	n := x.size()
	if n > maxIndex {
		return nil, custody.Errorf(custody.Exhausted, "segment %s: its index is larger than %d bytes", p.s.id, maxIndex)
	}
	infos := p.s.fragments()
	foot := footer{fragments: uint32(len(infos)), indexOffset: p.size, indexLength: uint32(frameSize + n + sealOverhead)}
	mem := make([]byte, frameSize, frameSize+n+sealOverhead+footerSize)
	mem = x.append(mem)[:frameSize+n+sealOverhead]
	p.s.box.seal(mem, n, indexRecord(foot.fragments), kindIndex)
	mem = foot.append(mem, p.s.box.id)
	if p.recovered || p.v.durability != PerFragment {
		// A footer must not reach the disk before what it vouches for: recovery believes it.
		if err := f.Sync(); err != nil {
			p.suspect = true
			return nil, diskError(err, "segment %s: its fragments could not be made durable", p.s.id)
		}
	}
	if _, err := f.WriteAt(mem, p.size); err != nil {
		return nil, p.unwrite(f, err)
	}
	if err := f.Sync(); err != nil {
		p.suspect = true
		return nil, p.unwrite(f, err)
	}
	p.sum.Write(mem)
	p.size += int64(len(mem))
	p.sealed = true
	return x, nil
}

// unwrite cuts a failed index off again. Should that fail too, the next Seal overwrites it and recovery cuts it.
func (p *pending) unwrite(f File, cause error) error {
	return diskError(errors.Join(cause, f.Truncate(p.size)), "segment %s: its index could not be written", p.s.id)
}

// buildIndex reads the unit tables back from the spool file and computes the leaves from them, in the order of
// CONTRACTS 4: run header, units by fragment, fragment table.
func (p *pending) buildIndex(r io.ReaderAt) (*index, error) {
	infos := p.s.fragments()
	packed, err := media.PackFragments(infos)
	if err != nil {
		return nil, err
	}
	x := &index{end: p.end, packed: packed}
	var buf []byte
	for n, info := range infos {
		if buf, err = readRecord(r, info.Offset+info.Length, p.size, kindUnits, buf); err != nil {
			return nil, err
		}
		plain, err := p.s.box.open(buf, unitsRecord(uint32(n)), kindUnits)
		if err != nil {
			return nil, err
		}
		x.tables = append(x.tables, append([]byte(nil), plain...))
	}
	x.root, x.leaves, err = rootOf(p.s.box, &p.s.head, x)
	return x, err
}

// rootOf computes the segment's Merkle root and its number of leaves from the stored evidence, and notes on the way what the
// timeline wants to know.
func rootOf(b *box, h *headRecord, x *index) (root [32]byte, leaves uint64, err error) {
	var tree seal.SegmentTree
	tree.Add(seal.RunLeaf(h.run))
	x.between = make([]uint64, 0, len(x.tables))
	for n, content := range x.tables {
		t, err := parseUnits(content, uint32(n))
		if err != nil {
			return root, 0, err
		}
		x.between = append(x.between, media.BetweenPictures(h.Run.Tracks, t.Units))
		for i, u := range t.Units {
			tree.Add(unitLeaf(b, u, t.Digests[i]))
		}
	}
	tree.Add(seal.TableLeaf(x.packed))
	return tree.Root(), tree.Size(), nil
}

func unitLeaf(b *box, u media.Unit, payload [32]byte) seal.Hash {
	return seal.UnitLeaf(u.Track, u.Seq, u.RTP, u.Receipt, uint8(u.Flags), seal.UnitSalt(b.leaf, u.Track, u.Seq), payload)
}

// readSealed takes the index that an earlier process wrote: same bytes, same digest. It proves every record on the way.
func (p *pending) readSealed() (*index, error) {
	f, err := p.v.disk.Open(p.s.path)
	if err != nil {
		return nil, diskError(err, "segment %s: the spool file could not be opened", p.s.id)
	}
	defer f.Close()
	o, err := prove(p.s.id, p.s.box, f, p.size, len(p.s.fragments()), nil)
	if err != nil {
		return nil, err
	}
	p.sum = o.sum
	return o.index, nil
}

// rowOf is the segment's row but for SealedAt.
func (p *pending) rowOf(x *index) media.SegmentRow {
	infos, h := p.s.fragments(), &p.s.head
	row := media.SegmentRow{
		ID: p.s.id, Camera: h.Run.Camera, Stream: h.Run.Stream, Run: h.Run.Run, Number: h.Number,
		Continuation: x.end.Continuation, CameraOffset: x.end.CameraOffset,
		Span: spanOf(infos), Timescale: h.timescale(), Root: x.root, Leaves: x.leaves,
		ObjectSize: p.size, ObjectDigest: [32]byte(p.sum.Sum(nil)),
		KeyID: p.s.keyID, WrappedKey: p.s.wrapped, Fragments: x.packed, Recovered: p.recovered,
	}
	row.Activity = media.PackActivity(x.between)
	for _, f := range infos {
		row.MediaTicks += f.MediaTicks
		row.Units += uint64(f.Units)
		row.Damaged += uint64(f.Damaged)
	}
	return row
}

// rewrite copies the fragments to a fresh file after a failed fsync: what the kernel then says about the old one is
// worth nothing (it may have dropped pages and called them clean). The running digest proves the copy.
func (p *pending) rewrite() error {
	temp := p.s.path + tempSuffix
	if err := absentIsFine(p.v.disk.Remove(temp)); err != nil {
		return diskError(err, "segment %s: a spool file could not be rewritten", p.s.id)
	}
	from, err := p.v.disk.Open(p.s.path)
	if err != nil {
		return diskError(err, "segment %s: the spool file could not be opened", p.s.id)
	}
	defer from.Close()
	to, err := p.v.disk.Create(temp)
	if err != nil {
		return diskError(err, "segment %s: a spool file could not be rewritten", p.s.id)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(sum, io.NewOffsetWriter(to, 0)), io.NewSectionReader(from, 0, p.size))
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return diskError(err, "segment %s: a spool file could not be rewritten", p.s.id)
	}
	if [32]byte(sum.Sum(nil)) != [32]byte(p.sum.Sum(nil)) {
		return custody.Errorf(custody.Corrupt, "segment %s: the spool disk failed and no longer holds what was written", p.s.id)
	}
	if err := errors.Join(p.v.disk.Rename(temp, p.s.path), p.v.disk.SyncDir(p.v.dir)); err != nil {
		return diskError(err, "segment %s: a spool file could not be rewritten", p.s.id)
	}
	p.suspect = false
	return nil
}

// Store implements Pending. Beside Unavailable it fails with Exists or Corrupt if the store holds other bytes under the
// segment's id, and with Conflict before Seal.
func (p *pending) Store(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.row == nil {
		return custody.Errorf(custody.Conflict, "segment %s is not sealed yet", p.s.id)
	}
	if p.stored {
		return nil
	}
	key, src := string(p.s.id), Source{Path: p.s.path, Size: p.row.ObjectSize, Digest: p.row.ObjectDigest}
	err := p.v.objects.Put(ctx, key, src)
	if err != nil && custody.KindOf(err) == custody.Exists {
		if err = p.mayReplace(ctx, err); err == nil {
			err = p.v.objects.Replace(ctx, key, src)
		}
	}
	if err != nil {
		return err
	}
	st, err := p.v.objects.Stat(ctx, key)
	if err != nil {
		return err
	}
	if st.Size != p.row.ObjectSize || st.Digest != nil && *st.Digest != p.row.ObjectDigest {
		return custody.Errorf(custody.Corrupt, "segment %s: the object store holds other bytes than were put", p.s.id)
	}
	p.stored = true
	return nil
}

// Drop implements Pending. It fails with Conflict before Store: nothing is dropped that the store does not hold. The
// spool file goes first, so that a crash between leaves a sidecar without footage, never footage without a key.
func (p *pending) Drop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stored {
		return custody.Errorf(custody.Conflict, "segment %s is not in the object store yet", p.s.id)
	}
	p.v.unregister(p.s.id)
	if err := absentIsFine(p.v.disk.Remove(p.s.path)); err != nil {
		return diskError(err, "segment %s: its spool file could not be removed", p.s.id)
	}
	if err := absentIsFine(p.v.disk.Remove(p.v.path(p.s.id, sidecarSuffix))); err != nil {
		return diskError(err, "segment %s: its sidecar could not be removed", p.s.id)
	}
	return nil
}
