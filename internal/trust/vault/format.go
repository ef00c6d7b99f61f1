package vault

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// The segment object format, version 1, as FORMAT.md specifies it. Integers are big-endian.

const (
	headerMagic   = "custseg\n"
	footerMagic   = "custend\n"
	formatVersion = 1

	headerSize = 8 + 4 + 16
	footerSize = 8 + 16 + 4 + 8 + 4 + 8

	frameSize    = 4       // the u32 length before each record
	sealOverhead = 12 + 16 // nonce and tag
)

// Limits on what a reader accepts, before it allocates.
const (
	maxHead     = 4 << 20
	maxFragment = 16 << 20 // CONTRACTS 3: 4 MiB and then at least one unit of at most 8 MiB
	maxUnits    = 1 << 20
	maxIndex    = 64 << 20
)

// kind says what a record holds; it is part of the record's associated data.
type kind uint8

const (
	kindHead     kind = 1
	kindFragment kind = 2
	kindUnits    kind = 3
	kindIndex    kind = 4
)

func (k kind) limit() int {
	switch k {
	case kindHead:
		return maxHead
	case kindFragment:
		return maxFragment
	case kindUnits:
		return maxUnits
	default:
		return maxIndex
	}
}

// The number of a fragment's record, of its unit table's, and of the index of a segment with n fragments.
func fragmentRecord(n uint32) uint32 { return 1 + 2*n }
func unitsRecord(n uint32) uint32    { return 2 + 2*n }
func indexRecord(n uint32) uint32    { return 1 + 2*n }

func appendHeader(b []byte, id [16]byte) []byte {
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint32(b, formatVersion)
	return append(b, id[:]...)
}

// checkHeader fails with Corrupt unless b is the header of that segment.
func checkHeader(b []byte, id [16]byte) error {
	switch {
	case len(b) != headerSize || string(b[:8]) != headerMagic:
		return custody.Errorf(custody.Corrupt, "this is not a segment object")
	case binary.BigEndian.Uint32(b[8:]) != formatVersion:
		return custody.Errorf(custody.Corrupt, "the segment object has format version %d; this program reads version %d", binary.BigEndian.Uint32(b[8:]), formatVersion)
	case [16]byte(b[12:]) != id:
		return custody.Errorf(custody.Corrupt, "the segment object belongs to another segment")
	}
	return nil
}

// footer is the plaintext end of a sealed object: where the index is.
type footer struct {
	fragments   uint32
	indexOffset int64
	indexLength uint32 // of the record, including its frame
}

// size is the object's size that the footer implies.
func (f footer) size() int64 { return f.indexOffset + int64(f.indexLength) + footerSize }

func (f footer) append(b []byte, id [16]byte) []byte {
	b = append(b, footerMagic...)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint32(b, f.fragments)
	b = binary.BigEndian.AppendUint64(b, uint64(f.indexOffset))
	b = binary.BigEndian.AppendUint32(b, f.indexLength)
	return binary.BigEndian.AppendUint64(b, uint64(f.size()))
}

// parseFooter reads the last footerSize bytes of an object of that size.
func parseFooter(b []byte, id [16]byte, size int64) (footer, error) {
	bad := func(what string) (footer, error) {
		return footer{}, custody.Errorf(custody.Corrupt, "the segment object's footer %s", what)
	}
	if len(b) != footerSize || string(b[:8]) != footerMagic {
		return bad("is missing")
	}
	if [16]byte(b[8:24]) != id {
		return bad("belongs to another segment")
	}
	offset, length := binary.BigEndian.Uint64(b[28:]), binary.BigEndian.Uint32(b[36:])
	f := footer{fragments: binary.BigEndian.Uint32(b[24:]), indexOffset: int64(offset), indexLength: length}
	switch {
	case f.fragments == 0 || f.fragments > media.MaxFragments:
		return bad("states an impossible number of fragments")
	case offset < headerSize || offset > uint64(size) || length < frameSize+sealOverhead || int64(length) > maxIndex+frameSize+sealOverhead:
		return bad("points outside the object")
	case f.size() != size || binary.BigEndian.Uint64(b[40:]) != uint64(size):
		return bad("states another size than the object has")
	}
	return f, nil
}
