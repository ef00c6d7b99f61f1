package vault

import (
	"crypto/cipher"
	"encoding/binary"
	"io/fs"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// The package object format, version 1, as FORMAT.md specifies it. Integers are big-endian.

const (
	packageHeaderMagic = "custpkg\n"
	packageFooterMagic = "custpke\n"
	packageVersion     = 1

	packageHeaderSize = 8 + 4 + 16
	packageFooterSize = 8 + 16 + 8 + 4 + 8

	packageChunk = 1 << 20 // bytes of the body in a chunk; the last has the rest
	sealedChunk  = packageChunk + sealOverhead
)

// Limits on what a reader accepts, before it allocates.
const (
	maxPackageFiles = 20_000
	maxPackagePath  = 255
	maxPackageTable = 12 + maxPackageFiles*(2+maxPackagePath+8)
	maxPackageBody  = 1 << 44
)

// Kinds of a package's sealed parts, apart from those of a segment's.
const (
	kindChunk kind = 16
	kindFiles kind = 17
)

// packageBox seals and opens the parts of one package. It is safe for concurrent use.
type packageBox struct {
	id   [16]byte
	aead cipher.AEAD
}

func newPackageBox(id custody.PackageID, key [32]byte) (*packageBox, error) {
	raw, err := id.Bytes()
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	return &packageBox{id: raw, aead: aead}, custody.Wrap(custody.Internal, err, "the package cipher could not be made")
}

// place is a part's associated data: package id | number u32 | kind u8.
func (b *packageBox) place(number uint32, k kind) []byte {
	ad := make([]byte, 21)
	copy(ad, b.id[:])
	binary.BigEndian.PutUint32(ad[16:], number)
	ad[20] = byte(k)
	return ad
}

// seal appends nonce, ciphertext and tag to dst.
func (b *packageBox) seal(dst, plain []byte, number uint32, k kind) []byte {
	return b.aead.Seal(dst, nil, plain, b.place(number, k))
}

// open appends the plaintext to dst, which does not overlap sealed.
func (b *packageBox) open(dst, sealed []byte, number uint32, k kind) ([]byte, error) {
	plain, err := b.aead.Open(dst, nil, sealed, b.place(number, k))
	return plain, custody.Wrap(custody.Corrupt, err, "part %d of the package is not what was stored", number)
}

func appendPackageHeader(b []byte, id [16]byte) []byte {
	b = append(b, packageHeaderMagic...)
	b = binary.BigEndian.AppendUint32(b, packageVersion)
	return append(b, id[:]...)
}

// checkPackageHeader fails with Corrupt unless b is the header of that package.
func checkPackageHeader(b []byte, id [16]byte) error {
	switch {
	case len(b) != packageHeaderSize || string(b[:8]) != packageHeaderMagic:
		return custody.Errorf(custody.Corrupt, "this is not a package object")
	case binary.BigEndian.Uint32(b[8:]) != packageVersion:
		return custody.Errorf(custody.Corrupt, "the package object has format version %d; this program reads version %d", binary.BigEndian.Uint32(b[8:]), packageVersion)
	case [16]byte(b[12:]) != id:
		return custody.Errorf(custody.Corrupt, "the package object belongs to another package")
	}
	return nil
}

// packageFooter is the plaintext end of a package object: where its list of files is. What it says follows from the list, which is
// authenticated.
type packageFooter struct {
	table  int64 // where its record begins
	length uint32
}

func (f packageFooter) size() int64 { return f.table + int64(f.length) + packageFooterSize }

func (f packageFooter) append(b []byte, id [16]byte) []byte {
	b = append(b, packageFooterMagic...)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(f.table))
	b = binary.BigEndian.AppendUint32(b, f.length)
	return binary.BigEndian.AppendUint64(b, uint64(f.size()))
}

// parsePackageFooter reads the last packageFooterSize bytes of an object of that size.
func parsePackageFooter(b []byte, id [16]byte, size int64) (packageFooter, error) {
	bad := func(what string) (packageFooter, error) {
		return packageFooter{}, custody.Errorf(custody.Corrupt, "the package object's footer %s", what)
	}
	if len(b) != packageFooterSize || string(b[:8]) != packageFooterMagic {
		return bad("is missing")
	}
	if [16]byte(b[8:24]) != id {
		return bad("belongs to another package")
	}
	table, length := binary.BigEndian.Uint64(b[24:]), binary.BigEndian.Uint32(b[32:])
	f := packageFooter{table: int64(table), length: length}
	switch {
	case table < packageHeaderSize || table > uint64(size) || length < sealOverhead || length > maxPackageTable+sealOverhead:
		return bad("points outside the object")
	case f.size() != size || binary.BigEndian.Uint64(b[36:]) != uint64(size):
		return bad("states another size than the object has")
	}
	return f, nil
}

// packedEntry is one file: bytes [offset, offset+Size) of the body.
type packedEntry struct {
	PackedFile
	offset int64
}

// byPath is a copy of the list in byte order of the paths.
func byPath(files []packedEntry) []packedEntry {
	return slices.SortedFunc(slices.Values(files), func(a, b packedEntry) int { return strings.Compare(a.Path, b.Path) })
}

// chunksOf is how many chunks a body has, sealedBody how many bytes they take.
func chunksOf(body int64) int64   { return (body + packageChunk - 1) / packageChunk }
func sealedBody(body int64) int64 { return body + chunksOf(body)*sealOverhead }

// appendPackageTable writes the list of files: the body's length, their number, and for each its path and size.
func appendPackageTable(b []byte, files []packedEntry, body int64) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(body))
	b = binary.BigEndian.AppendUint32(b, uint32(len(files)))
	for _, f := range files {
		b = binary.BigEndian.AppendUint16(b, uint16(len(f.Path)))
		b = append(b, f.Path...)
		b = binary.BigEndian.AppendUint64(b, uint64(f.Size))
	}
	return b
}

// parsePackageTable reads what appendPackageTable wrote, in the order of the body; anything else is Corrupt. Memory is proportional to len(b).
func parsePackageTable(b []byte) (files []packedEntry, body int64, err error) {
	bad := func(what string) ([]packedEntry, int64, error) {
		return nil, 0, custody.Errorf(custody.Corrupt, "the package's list of files %s", what)
	}
	if len(b) < 12 {
		return bad("ends early")
	}
	total, count := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
	b = b[12:]
	if total > maxPackageBody || count == 0 || count > maxPackageFiles || int(count) > len(b)/11 {
		return bad("states what cannot be")
	}
	files = make([]packedEntry, 0, count)
	for range count {
		if len(b) < 2 || len(b)-10 < int(binary.BigEndian.Uint16(b)) {
			return bad("ends early")
		}
		n := int(binary.BigEndian.Uint16(b))
		path, size := string(b[2:2+n]), binary.BigEndian.Uint64(b[2+n:])
		b = b[10+n:]
		if !validPackedPath(path) || size > maxPackageBody {
			return bad("names a file that cannot be")
		}
		files = append(files, packedEntry{PackedFile{path, int64(size)}, body})
		body += int64(size)
	}
	if len(b) != 0 || uint64(body) != total {
		return bad("does not add up")
	}
	for i, sorted := 1, byPath(files); i < len(sorted); i++ {
		if sorted[i-1].Path == sorted[i].Path {
			return bad("names a file twice")
		}
	}
	return files, body, nil
}

func validPackedPath(path string) bool {
	return fs.ValidPath(path) && path != "." && len(path) <= maxPackagePath
}
