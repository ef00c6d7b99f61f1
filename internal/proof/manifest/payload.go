package manifest

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"maps"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// film is an original that was read: its samples and their digests, track by track in decode order.
type film struct {
	file    *mp4box.File
	digests [][]Digest
}

// payload hashes every file below data/ and proves the originals.
func (v *verifier) payload() error {
	shown := map[string]*Rendition{}
	items := map[string]*Item{}
	for i := range v.pkg.Items {
		for j := range v.pkg.Items[i].Renditions {
			r := &v.pkg.Items[i].Renditions[j]
			shown[r.Path], items[r.Path] = r, &v.pkg.Items[i]
			if _, ok := v.dataSums[r.Path]; !ok {
				v.fault(Missing, "missing-line", r.Path, "%s does not list %s.", fileManifest, r.Path)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(v.dataSums)) {
		r := shown[path]
		if r == nil {
			v.fault(Altered, "unknown-file", path, "%s is footage that %s does not mention.", path, filePackage)
			continue
		}
		l, ok := v.files[path]
		if !ok {
			v.fault(Missing, "missing-file", path, "%s is missing.", path)
			continue
		}
		if err := v.footage(items[path], r, l); err != nil {
			return err
		}
	}
	return nil
}

// footage checks one file below data/.
func (v *verifier) footage(item *Item, r *Rendition, l Listed) error {
	f, err := v.src.Open(l.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := mp4box.Read(f, l.Size)
	if err != nil && !errors.Is(err, mp4box.ErrFormat) {
		return custody.Wrap(custody.Unavailable, err, "%s cannot be read", l.Path)
	}
	if err != nil {
		v.fault(Altered, "bad-media", l.Path, "%s cannot be read as footage: %s.", l.Path, clip(err.Error(), 200))
		m = nil
	}
	proper := m != nil
	if m != nil {
		if proper, err = v.shape(r, f, l, m); err != nil {
			return err
		}
	}
	if !proper || r.Kind != Original {
		m = nil
	}
	h, err := v.hash(f, l, m)
	if err != nil {
		return err
	}
	if h.sum != v.dataSums[l.Path] {
		v.fault(Altered, "altered-file", l.Path, "%s is not the file that was signed: its digest is another one.", l.Path)
	}
	if m == nil || v.blind {
		return nil
	}
	return v.original(item, r, f, &film{file: m, digests: h.units})
}

// shape checks what holds for every media file, and for an original that nothing lies in it but its samples.
func (v *verifier) shape(r *Rendition, f File, l Listed, m *mp4box.File) (bool, error) {
	samples := 0
	for _, t := range m.Tracks {
		samples += len(t.Samples)
		if t.EditList {
			v.fault(Altered, "edit-list", l.Path, "Track %d of %s has an edit list, behind which pictures could be hidden.", t.ID, l.Path)
		}
	}
	if samples > MaxFileUnits {
		v.fault(Altered, "too-many-units", l.Path, "%s holds more than %d samples.", l.Path, MaxFileUnits)
		return false, nil
	}
	found, err := inspect(f, l.Size)
	if err != nil {
		return false, err
	}
	if found.broken != "" {
		v.fault(Altered, "bad-media", l.Path, "%s cannot be read as footage: it %s.", l.Path, found.broken)
		return false, nil
	}
	if r.Kind != Original {
		return true, nil
	}
	if found.strange != "" {
		v.fault(Altered, "hidden-data", l.Path, "%s holds %s, which has no place in an original.", l.Path, found.strange)
	}
	if !fills(m) {
		v.fault(Altered, "hidden-data", l.Path, "%s holds media data that belong to no unit or to two.", l.Path)
		return false, nil
	}
	return true, nil
}

// hash reads a file, unless that was done already. Of m, if it is not nil, each sample has a digest.
func (v *verifier) hash(f File, l Listed, m *mp4box.File) (hashedFile, error) {
	if h, ok := v.hashed[l.Path]; ok && h.size == l.Size && (m == nil || h.units != nil) {
		v.advance(l.Size)
		return h, nil
	}
	return hashFile(v.ctx, f, l.Size, m, func(b []byte) { v.advance(int64(len(b))) })
}

// hashedFile is a media file as it was read.
type hashedFile struct {
	size  int64
	sum   Digest
	units [][]Digest // of its samples, track by track in decode order; nil if they were not asked for
}

// hashFile reads a file once, in order: the digest of the whole is computed beside the digests of its samples. told gets each block.
func hashFile(ctx context.Context, f io.ReaderAt, size int64, m *mp4box.File, told func([]byte)) (hashedFile, error) {
	h := hashedFile{size: size}
	var order *fileOrder
	if m != nil {
		order, h.units = newFileOrder(m), make([][]Digest, len(m.Tracks))
		for i, t := range m.Tracks {
			h.units[i] = make([]Digest, len(t.Samples))
		}
	}
	whole, units := newSideHasher(), newUnitHasher(order, h.units)
	var failed error
	for at := int64(0); at < size && failed == nil; {
		if failed = ctx.Err(); failed != nil {
			break
		}
		b := whole.block()
		b = b[:min(int64(len(b)), size-at)]
		if n, err := f.ReadAt(b, at); n < len(b) {
			failed = custody.Wrap(custody.Unavailable, errors.Join(err, io.ErrUnexpectedEOF), "the package cannot be read")
			break
		}
		whole.put(b)
		units.write(b, at)
		at += int64(len(b))
		told(b)
	}
	h.sum = whole.finish()
	return h, failed
}

const hashBlock = 1 << 20

// sideHasher is SHA-256 in a goroutine of its own, which finish ends, so that the blocks it is given can be used for something else
// meanwhile. It has two of them.
type sideHasher struct {
	blocks [2][]byte
	next   int
	full   chan []byte
	free   chan struct{}
	done   chan struct{}
	sum    hash.Hash
}

func newSideHasher() *sideHasher {
	h := &sideHasher{full: make(chan []byte, 1), free: make(chan struct{}, 2), done: make(chan struct{}), sum: sha256.New()}
	for i := range h.blocks {
		h.blocks[i] = make([]byte, hashBlock)
		h.free <- struct{}{}
	}
	go func() {
		defer close(h.done)
		for b := range h.full {
			h.sum.Write(b)
			h.free <- struct{}{}
		}
	}()
	return h
}

// block waits for a block that is hashed, to be filled again.
func (h *sideHasher) block() []byte {
	<-h.free
	h.next++
	return h.blocks[h.next%len(h.blocks)]
}

// put hashes the beginning of the block that was taken last. It is not changed until block returns it again.
func (h *sideHasher) put(b []byte) { h.full <- b }

func (h *sideHasher) finish() Digest {
	close(h.full)
	<-h.done
	return Digest(h.sum.Sum(nil))
}

// unitHasher computes the digests of samples as the file goes by.
type unitHasher struct {
	order *fileOrder
	into  [][]Digest
	now   place
	more  bool
	left  uint32
	sum   hash.Hash
}

func newUnitHasher(order *fileOrder, into [][]Digest) *unitHasher {
	u := &unitHasher{order: order, into: into, sum: sha256.New()}
	if order != nil {
		u.take()
	}
	return u
}

func (u *unitHasher) take() {
	u.now, u.more = u.order.take()
	u.left = u.now.size
	u.sum.Reset()
}

// write takes the file's bytes from at on. Samples lie one after another (fills), so each begins in this block or before it.
func (u *unitHasher) write(b []byte, at int64) {
	end := at + int64(len(b))
	for u.more && u.now.offset < end {
		from := u.now.offset + int64(u.now.size) - int64(u.left)
		to := min(from+int64(u.left), end)
		u.sum.Write(b[from-at : to-at])
		if u.left -= uint32(to - from); u.left > 0 {
			return
		}
		u.sum.Sum(u.into[u.now.track][u.now.sample][:0])
		u.take()
	}
}
