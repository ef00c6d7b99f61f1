package seal

import (
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/footage-custody/custody/internal/custody"
)

// Hash is an RFC 6962 Merkle tree hash.
type Hash = tlog.Hash

// Salt hides an undisclosed leaf's content from guessing.
type Salt [16]byte

// UnitLeaf is the leaf of one access unit (CONTRACTS 4): the RFC 6962 record hash over
// "cu1" | track u8 | sequence u64 | rtp u32 | receipt us u64 | flags u8 | salt | payload digest,
// integers big-endian.
func UnitLeaf(track uint8, seq uint64, rtp uint32, receipt custody.Instant, flags uint8, salt Salt, payload [32]byte) Hash {
	var b [3 + 1 + 8 + 4 + 8 + 1 + 16 + 32]byte
	copy(b[:], "cu1")
	b[3] = track
	binary.BigEndian.PutUint64(b[4:], seq)
	binary.BigEndian.PutUint32(b[12:], rtp)
	binary.BigEndian.PutUint64(b[16:], uint64(receipt))
	b[24] = flags
	copy(b[25:], salt[:])
	copy(b[41:], payload[:])
	return tlog.RecordHash(b[:])
}

// EventLeaf is the leaf of one diary entry (CONTRACTS 9): the RFC 6962 record hash over
// "ce1" | u16 length of type | type | SHA-256(salt | body). The type stays readable for ever; the body
// and salt can be disposed of and the log still verifies.
func EventLeaf(t custody.EventType, salt Salt, body []byte) Hash {
	h := sha256.New()
	h.Write(salt[:])
	h.Write(body)
	return EventLeafOfDigest(t, [32]byte(h.Sum(nil)))
}

// EventLeafOfDigest is EventLeaf when only the salted digest is left.
func EventLeafOfDigest(t custody.EventType, digest [32]byte) Hash {
	b := make([]byte, 0, 5+len(t)+32)
	b = append(b, "ce1"...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(t)))
	b = append(b, t...)
	b = append(b, digest[:]...)
	return tlog.RecordHash(b)
}
