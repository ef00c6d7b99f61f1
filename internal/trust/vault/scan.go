package vault

import (
	"encoding/binary"
	"hash"
	"io"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// errTorn says that a file ends within a record, as a write that a crash cut short leaves it; or that zeros stand where a
// record's length belongs: a file's size that reached the disk before its bytes.
var errTorn error = custody.Errorf(custody.Corrupt, "the segment object ends within a record")

// readRecord reads the framed record at off into buf, which it grows as needed, and returns it. size is the length of
// the file. A record that does not lie within it (errTorn), or is longer than its kind allows, is Corrupt before anything is
// allocated.
func readRecord(r io.ReaderAt, off, size int64, k kind, buf []byte) ([]byte, error) {
	if off < 0 || off > size-frameSize {
		return nil, errTorn
	}
	buf = slices.Grow(buf[:0], frameSize)[:frameSize]
	if _, err := io.ReadFull(io.NewSectionReader(r, off, frameSize), buf); err != nil {
		return nil, spoolError(err, "the segment could not be read")
	}
	n := int64(binary.BigEndian.Uint32(buf))
	switch {
	case n == 0 || n > size-off-frameSize:
		return nil, errTorn
	case n < sealOverhead || n > int64(k.limit())+sealOverhead:
		return nil, custody.Errorf(custody.Corrupt, "the record at byte %d has an impossible length", off)
	}
	buf = slices.Grow(buf, int(n))[:frameSize+n]
	if _, err := io.ReadFull(io.NewSectionReader(r, off+frameSize, n), buf[frameSize:]); err != nil {
		return nil, spoolError(err, "the segment could not be read")
	}
	return buf, nil
}

// scanner walks an object's records in order and proves each. It holds one fragment at a time. It is the one reader
// of whole objects: recovery, sealing what recovery found, and verification all use it.
type scanner struct {
	box   *box
	r     io.ReaderAt
	size  int64
	sum   hash.Hash // SHA-256 of everything that proved good, in order
	off   int64     // behind the last good record, pairs counting as one
	next  uint32
	inner []byte // buffer of the fragment record
	outer []byte // buffer of the units record
}

// head reads the header and the head record, which are written together.
func (s *scanner) head(id custody.SegmentID) (headRecord, error) {
	if s.size < headerSize {
		return headRecord{}, errTorn
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(io.NewSectionReader(s.r, 0, headerSize), header); err != nil {
		return headRecord{}, spoolError(err, "the segment could not be read")
	}
	if err := checkHeader(header, s.box.id); err != nil {
		return headRecord{}, err
	}
	rec, err := readRecord(s.r, headerSize, s.size, kindHead, nil)
	if err != nil {
		return headRecord{}, err
	}
	s.sum.Write(header)
	s.sum.Write(rec)
	s.off = headerSize + int64(len(rec))
	plain, err := s.box.open(rec, 0, kindHead)
	if err != nil {
		return headRecord{}, err
	}
	return parseHead(id, plain)
}

// pair reads the next fragment and its unit table and, if both are what was written, steps behind them. The
// fragment's bytes and the unit table's content are valid until the next call. On Corrupt nothing has moved.
func (s *scanner) pair() (t UnitTable, fragment, content []byte, err error) {
	sealed, err := readRecord(s.r, s.off, s.size, kindFragment, s.inner)
	if err != nil {
		return t, nil, nil, err
	}
	s.inner = sealed
	units, err := readRecord(s.r, s.off+int64(len(sealed)), s.size, kindUnits, s.outer)
	if err != nil {
		return t, nil, nil, err
	}
	s.outer = units
	// Opening destroys the sealed bytes, so they are hashed first, into a copy that a failure abandons.
	sum := cloneHash(s.sum)
	sum.Write(sealed)
	sum.Write(units)
	if fragment, err = s.box.open(sealed, fragmentRecord(s.next), kindFragment); err != nil {
		return t, nil, nil, err
	}
	if content, err = s.box.open(units, unitsRecord(s.next), kindUnits); err != nil {
		return t, nil, nil, err
	}
	if t, err = parseUnits(content, s.next); err != nil {
		return t, nil, nil, err
	}
	if t.Fragment.Offset != s.off || t.Fragment.Length != int64(len(sealed)) {
		return t, nil, nil, custody.Errorf(custody.Corrupt, "a unit table states another place than its fragment has")
	}
	s.sum = sum
	s.off += int64(len(sealed) + len(units))
	s.next++
	return t, fragment, content, nil
}

// readIndex finds, opens and parses the index of a sealed object of that size.
func readIndex(b *box, r io.ReaderAt, size int64) (*index, []media.FragmentInfo, error) {
	if size < headerSize+footerSize {
		return nil, nil, custody.Errorf(custody.Corrupt, "the segment object is too short")
	}
	end := make([]byte, footerSize)
	if _, err := io.ReadFull(io.NewSectionReader(r, size-footerSize, footerSize), end); err != nil {
		return nil, nil, spoolError(err, "the segment could not be read")
	}
	f, err := parseFooter(end, b.id, size)
	if err != nil {
		return nil, nil, err
	}
	rec, err := readRecord(r, f.indexOffset, size-footerSize, kindIndex, nil)
	if err != nil {
		return nil, nil, err
	}
	plain, err := b.open(rec, indexRecord(f.fragments), kindIndex)
	if err != nil {
		return nil, nil, err
	}
	return parseIndex(plain, f)
}

// cloneHash copies a SHA-256 in progress. Go's own always can be copied.
func cloneHash(h hash.Hash) hash.Hash {
	c, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic("vault: SHA-256 cannot be cloned: " + err.Error())
	}
	return c
}
