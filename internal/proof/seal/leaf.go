package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

// RunLeaf is the leaf of the run header (SDP, parameter sets, source; CONTRACTS 4): the RFC 6962 record hash
// over "cr1" | header, the header being the bytes exactly as they are stored.
func RunLeaf(header []byte) Hash { return taggedLeaf("cr1", header) }

// TableLeaf is the leaf of a segment's fragment table (CONTRACTS 4): the RFC 6962 record hash over
// "ct1" | table, the table being the bytes exactly as they are stored.
func TableLeaf(table []byte) Hash { return taggedLeaf("ct1", table) }

func taggedLeaf(tag string, data []byte) Hash {
	b := make([]byte, 0, len(tag)+len(data))
	b = append(b, tag...)
	b = append(b, data...)
	return tlog.RecordHash(b)
}

// UnitSalt derives the salt of one access unit's leaf (CONTRACTS 4): the first 16 bytes of
// HMAC-SHA256(leafKey, "cus1" | track u8 | sequence u64 big-endian). Two units of a run never share a salt: the
// track is part of the message, and sequence numbers count per track. Disclosing one salt says nothing
// about another, nor about the key.
func UnitSalt(leafKey [32]byte, track uint8, seq uint64) Salt {
	var msg [13]byte
	copy(msg[:], "cus1")
	msg[4] = track
	binary.BigEndian.PutUint64(msg[5:], seq)
	mac := hmac.New(sha256.New, leafKey[:])
	mac.Write(msg[:])
	var sum [sha256.Size]byte
	return Salt(mac.Sum(sum[:0])[:16])
}
