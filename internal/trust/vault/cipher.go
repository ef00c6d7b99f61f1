package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Keys gives each segment and each package at rest its key and opens it again; trust/keys implements it. Safe for concurrent use.
type Keys interface {
	// WrapSegment draws a fresh random key for the segment and wraps it under the segment-wrap key in use.
	WrapSegment(id custody.SegmentID) (key [32]byte, wrapped []byte, by custody.KeyID, err error)
	// UnwrapSegment opens a wrapped key. It fails with Corrupt if the bytes were not wrapped for this
	// segment under that key, NotFound if the key is unknown.
	UnwrapSegment(id custody.SegmentID, by custody.KeyID, wrapped []byte) ([32]byte, error)
	// WrapPackage and UnwrapPackage do the same for a package at rest, under the package-wrap key.
	WrapPackage(id custody.PackageID) (key [32]byte, wrapped []byte, by custody.KeyID, err error)
	UnwrapPackage(id custody.PackageID, by custody.KeyID, wrapped []byte) ([32]byte, error)
}

// box seals and opens one segment's records. It is safe for concurrent use.
type box struct {
	id        [16]byte
	fragments cipher.AEAD // head, fragment and units records
	index     cipher.AEAD
	thumbs    cipher.AEAD // pictures made of the segment (PutThumb)
	leaf      [32]byte    // key of the unit leaves' salts (seal.UnitSalt)
}

func newBox(id custody.SegmentID, key [32]byte) (*box, error) {
	raw, err := id.Bytes()
	if err != nil {
		return nil, err
	}
	sub, err := keys.DeriveSegmentKeys(keys.KeyOf(key))
	if err != nil {
		return nil, err
	}
	b := &box{id: raw, leaf: sub.Leaf.Bytes()}
	if b.fragments, err = newAEAD(sub.Fragments.Bytes()); err == nil {
		b.index, err = newAEAD(sub.Index.Bytes())
	}
	if err == nil {
		b.thumbs, err = newAEAD(sub.Thumb.Bytes())
	}
	return b, custody.Wrap(custody.Internal, err, "the segment cipher could not be made")
}

func newAEAD(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block) // plain GCM is refused under fips140=only
}

func (b *box) aead(k kind) cipher.AEAD {
	if k == kindIndex {
		return b.index
	}
	return b.fragments
}

// place is a record's associated data: segment id | record number u32 | kind u8.
func (b *box) place(number uint32, k kind) []byte {
	ad := make([]byte, 21)
	copy(ad, b.id[:])
	binary.BigEndian.PutUint32(ad[16:], number)
	ad[20] = byte(k)
	return ad
}

// seal encrypts mem[frameSize:frameSize+n] in place and frames it. mem must have sealOverhead bytes after the
// content; the record fills mem[:frameSize+n+sealOverhead]. The standard library moves the content by the nonce's 12
// bytes first, which costs about a twentieth of the encryption.
func (b *box) seal(mem []byte, n int, number uint32, k kind) []byte {
	rec := mem[: frameSize+n+sealOverhead : frameSize+n+sealOverhead]
	binary.BigEndian.PutUint32(rec, uint32(n+sealOverhead))
	plain := rec[frameSize : frameSize+n]
	b.aead(k).Seal(plain[:0], nil, plain, b.place(number, k))
	return rec
}

// open decrypts a whole framed record in place; the plaintext aliases rec.
func (b *box) open(rec []byte, number uint32, k kind) ([]byte, error) {
	if len(rec) < frameSize {
		return nil, custody.Errorf(custody.Corrupt, "record %d is not framed as it should be", number)
	}
	return b.openTo(rec[frameSize:frameSize], rec, number, k)
}

// openTo is open, with the plaintext appended to dst, which does not overlap rec.
func (b *box) openTo(dst, rec []byte, number uint32, k kind) ([]byte, error) {
	if len(rec) < frameSize+sealOverhead || int64(binary.BigEndian.Uint32(rec)) != int64(len(rec)-frameSize) {
		return nil, custody.Errorf(custody.Corrupt, "record %d is not framed as it should be", number)
	}
	sealed := rec[frameSize:]
	plain, err := b.aead(k).Open(dst, nil, sealed, b.place(number, k))
	return plain, custody.Wrap(custody.Corrupt, err, "record %d is not what was written", number)
}
