package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"

	"github.com/footage-custody/custody/internal/custody"
)

const hidden = "[redacted]"

// redacted gives the type that embeds it a blank face to fmt, slog, encoding/json and whatever uses
// encoding.TextMarshaler.
type redacted struct{}

func (redacted) String() string               { return hidden }
func (redacted) GoString() string             { return hidden }
func (redacted) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, hidden) }
func (redacted) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (redacted) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Key is a secret of 32 bytes. Copies share the bytes, so wiping one wipes all. The zero Key holds nothing
// and opens nothing. Even inside another type's unexported field, where fmt calls no method, it prints as an
// address at most.
type Key struct {
	redacted
	held *held
}

// held is one pointer more than storage needs: fmt follows a single pointer when a verb does not fit.
type held struct{ bytes *[32]byte }

func keyAt(b *[32]byte) Key { return Key{held: &held{b}} }

// raw is the secret itself; nil for the zero Key.
func (k Key) raw() *[32]byte {
	if k.held == nil {
		return nil
	}
	return k.held.bytes
}

// NewKey draws a fresh random key.
func NewKey() Key {
	k := keyAt(new([32]byte))
	rand.Read(k.raw()[:]) // never fails (crypto/rand, Go 1.24)
	return k
}

// KeyOf wraps a copy of the bytes.
func KeyOf(b [32]byte) Key { return keyAt(&b) }

// Bytes is a copy of the secret; all zeros for the zero or wiped Key.
func (k Key) Bytes() [32]byte {
	if b := k.raw(); b != nil {
		return *b
	}
	return [32]byte{}
}

func (k Key) wipe() {
	if b := k.raw(); b != nil {
		clear(b[:])
	}
}

// seal encrypts plain under k; the result is nonce | ciphertext | tag, 28 bytes longer.
func (k Key) seal(plain []byte, place string) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, []byte(place)), nil
}

// open decrypts what seal made for the same place. A failure is Corrupt and says nothing about the bytes.
func (k Key) open(sealed []byte, place string) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(place))
	return plain, custody.Wrap(custody.Corrupt, err, "the encrypted bytes are not what was sealed here")
}

func (k Key) aead() (cipher.AEAD, error) {
	if k.raw() == nil {
		return nil, custody.Errorf(custody.Internal, "a key is missing")
	}
	block, err := aes.NewCipher(k.raw()[:])
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the cipher could not be made")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block) // plain GCM is refused under fips140=only
	return aead, custody.Wrap(custody.Internal, err, "the cipher could not be made")
}

// derive is HKDF-SHA256 with a label and no salt.
func (k Key) derive(label string) (Key, error) {
	if k.raw() == nil {
		return Key{}, custody.Errorf(custody.Internal, "a key is missing")
	}
	b, err := hkdf.Key(sha256.New, k.raw()[:], nil, label, 32)
	if err != nil {
		return Key{}, custody.Wrap(custody.Internal, err, "a key could not be derived")
	}
	return keyAt((*[32]byte)(b)), nil
}

// SegmentKeys are the keys of one segment, each for one kind of bytes (CONTRACTS 12). Destroying the segment's wrapped
// key destroys them all.
type SegmentKeys struct {
	Fragments Key // head, fragment and unit records
	Index     Key // the unit index
	Leaf      Key // salts of the unit leaves (seal.UnitSalt)
	Thumb     Key // thumbnails cut from the segment
}

// DeriveSegmentKeys derives a segment's keys from the key that the Ring wraps, by HKDF-SHA256 with the labels
// "custody segment v1 fragments", "... index", "... leaf" and "... thumb". It fails with Internal only for the zero Key.
func DeriveSegmentKeys(segment Key) (SegmentKeys, error) {
	var s SegmentKeys
	for label, k := range map[string]*Key{"fragments": &s.Fragments, "index": &s.Index, "leaf": &s.Leaf, "thumb": &s.Thumb} {
		derived, err := segment.derive("custody segment v1 " + label)
		if err != nil {
			return SegmentKeys{}, err
		}
		*k = derived
	}
	return s, nil
}
