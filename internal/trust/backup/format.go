package backup

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// The format of a backup file, version 1. Integers are big-endian.
//
//	magic    "custody backup v1\n"
//	header   length u32 (at most 8 KiB) | JSON of Header, in the one spelling that encoding/json gives it
//	digest   SHA-256 of everything before it, so that damage is told from a wrong key
//	records  kind u8 | length u32 | nonce 12 | ciphertext | tag 16; length counts from the nonce on
//	  'D'    data: 1 MiB of the dump; only the last one may be shorter, and none is empty
//	  'E'    end, once, and nothing follows: length u64 and SHA-256 of the dump
//
// The records are AES-256-GCM with random nonces under HKDF-SHA256(SiteKey.BackupKey, salt = the file's id, "custody
// backup file v1"); associated data = the header's digest | number of the record u64 | kind. So a record cannot be
// changed, moved, dropped, repeated or taken from another file, nor the header exchanged, without a tag failing.
const (
	magic         = "custody backup v1\n"
	maxHeader     = 8 << 10
	chunkSize     = 1 << 20
	overhead      = 12 + 16
	recordHeading = 1 + 4
	kindData      = 'D'
	kindEnd       = 'E'
	endSize       = 8 + sha256.Size
	endRecord     = recordHeading + overhead + endSize
	fileLabel     = "custody backup file v1"
	checkLabel    = "custody backup check v1"
)

// FileID names one backup file.
type FileID [16]byte

// String is the id in hexadecimal.
func (id FileID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText implements encoding.TextMarshaler.
func (id FileID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *FileID) UnmarshalText(b []byte) error { return unhex(id[:], b) }

// KeyCheck tells one site's key from another's without revealing anything about it.
type KeyCheck [8]byte

// MarshalText implements encoding.TextMarshaler.
func (c KeyCheck) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(c[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *KeyCheck) UnmarshalText(b []byte) error { return unhex(c[:], b) }

func unhex(dst, text []byte) error {
	if len(text) != hex.EncodedLen(len(dst)) {
		return custody.Errorf(custody.Corrupt, "an id in the header has the wrong length")
	}
	_, err := hex.Decode(dst, text)
	return err
}

// Header is the readable part of a backup. Everybody who has the file can read it; it holds no secret.
type Header struct {
	Site    string          `json:"site"` // the log's origin, config site.origin
	ID      FileID          `json:"id"`
	Created custody.Instant `json:"created_us"` // UTC microseconds; just before the snapshot was taken
	// The log just before the snapshot: the backup holds at least these entries.
	Epoch uint32    `json:"log_epoch"`
	Size  uint64    `json:"log_size"`
	Root  seal.Hash `json:"log_root"`
	// Checkpoint is the latest signed checkpoint at that time (a C2SP signed note); empty if there was none.
	Checkpoint string   `json:"checkpoint,omitempty"`
	KeyCheck   KeyCheck `json:"key_check"`
}

// marshal returns everything before the records, and its digest.
func (h Header) marshal() (head []byte, digest [32]byte, err error) {
	text, err := json.Marshal(h)
	if err != nil || len(text) > maxHeader {
		return nil, digest, custody.Wrap(custody.Internal, err, "the backup's header cannot be written")
	}
	head = binary.BigEndian.AppendUint32([]byte(magic), uint32(len(text)))
	head = append(head, text...)
	digest = sha256.Sum256(head)
	return append(head, digest[:]...), digest, nil
}

// readHeader reads a header from a hostile stream.
func readHeader(r io.Reader) (h Header, digest [32]byte, size int64, err error) {
	start := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, start); err != nil {
		return h, digest, 0, cutShort(err)
	}
	if string(start[:len(magic)]) != magic {
		return h, digest, 0, custody.Errorf(custody.Corrupt, "this is not a custody backup of version 1")
	}
	n := binary.BigEndian.Uint32(start[len(magic):])
	if n > maxHeader {
		return h, digest, 0, damaged("its header is too long")
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, digest, 0, cutShort(err)
	}
	var stored [32]byte
	if _, err := io.ReadFull(r, stored[:]); err != nil {
		return h, digest, 0, cutShort(err)
	}
	head := append(start, text...)
	digest = sha256.Sum256(head)
	if digest != stored {
		return h, digest, 0, damaged("its header is not what was written")
	}
	h, err = parseHeader(text)
	return h, digest, int64(len(head) + len(digest)), err
}

func parseHeader(text []byte) (Header, error) {
	var h Header
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return Header{}, custody.Wrap(custody.Corrupt, err, "the backup is damaged: its header cannot be read")
	}
	again, err := json.Marshal(h)
	switch {
	case err != nil || !bytes.Equal(again, text):
		return Header{}, damaged("its header is not spelled as one")
	case h.Site == "" || h.Epoch == 0 || h.Created <= 0 || h.Size > seal.MaxSize:
		return Header{}, damaged("its header holds an impossible value")
	}
	return h, nil
}

// checkOf is the KeyCheck of one file under a backup key.
func checkOf(key keys.Key, id FileID) (c KeyCheck, err error) {
	secret := key.Bytes()
	defer clear(secret[:])
	b, err := hkdf.Key(sha256.New, secret[:], id[:], checkLabel, len(c))
	copy(c[:], b)
	return c, custody.Wrap(custody.Internal, err, "the backup's key cannot be derived")
}

// box seals and opens the records of one file. Not safe for concurrent use.
type box struct {
	aead  cipher.AEAD
	place []byte // associated data: header digest | number | kind
}

// openBox derives the file's key. Invalid: the backup was made under another site key.
func openBox(key keys.Key, h Header, digest [32]byte) (*box, error) {
	want, err := checkOf(key, h.ID)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(want[:], h.KeyCheck[:]) != 1 {
		return nil, custody.Errorf(custody.Invalid, "the site key does not open this backup of %s: it was made with another site key", h.Site)
	}
	secret := key.Bytes()
	defer clear(secret[:])
	fileKey, err := hkdf.Key(sha256.New, secret[:], h.ID[:], fileLabel, 32)
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the backup's key cannot be derived")
	}
	defer clear(fileKey)
	block, err := aes.NewCipher(fileKey)
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the backup's key cannot be used")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the backup's key cannot be used")
	}
	return &box{aead, append(digest[:], make([]byte, 9)...)}, nil
}

// at is the associated data of a record.
func (b *box) at(number uint64, kind byte) []byte {
	binary.BigEndian.PutUint64(b.place[sha256.Size:], number)
	b.place[sha256.Size+8] = kind
	return b.place
}

// seal appends a whole record to dst.
func (b *box) seal(dst []byte, number uint64, kind byte, plain []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, kind), uint32(len(plain)+overhead))
	return b.aead.Seal(dst, nil, plain, b.at(number, kind))
}

// open decrypts a record without its heading; the result reuses dst.
func (b *box) open(dst []byte, number uint64, kind byte, sealed []byte) ([]byte, error) {
	plain, err := b.aead.Open(dst[:0], nil, sealed, b.at(number, kind))
	if err != nil {
		return nil, damaged("record " + decimal(number) + " is not what was written there")
	}
	return plain, nil
}

func damaged(why string) error {
	return custody.Errorf(custody.Corrupt, "the backup is damaged: %s", why)
}
