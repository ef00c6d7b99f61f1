package seal_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

func TestLeavesAreRecordHashesOfTheirTaggedBytes(t *testing.T) {
	record := func(parts ...string) seal.Hash {
		h := sha256.New()
		h.Write([]byte{0})
		for _, p := range parts {
			h.Write([]byte(p))
		}
		return seal.Hash(h.Sum(nil))
	}
	salt := seal.Salt([]byte("0123456789abcdef"))
	payload := sha256.Sum256([]byte("picture"))
	digest := sha256.Sum256([]byte("0123456789abcdefbody"))
	for name, c := range map[string]struct{ got, want seal.Hash }{
		"run":   {seal.RunLeaf([]byte("header")), record("cr1", "header")},
		"table": {seal.TableLeaf([]byte("header")), record("ct1", "header")},
		"unit": {seal.UnitLeaf(2, 0x0102030405060708, 0x090a0b0c, custody.Instant(0x0d0e0f), 3, salt, payload),
			record("cu1", "\x02\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x00\x00\x00\x00\x00\x0d\x0e\x0f\x03", string(salt[:]), string(payload[:]))},
		"event": {seal.EventLeaf("segment.sealed", salt, []byte("body")), record("ce1", "\x00\x0e", "segment.sealed", string(digest[:]))},
		"event of digest": {seal.EventLeafOfDigest("segment.sealed", digest),
			seal.EventLeaf("segment.sealed", salt, []byte("body"))},
	} {
		if c.got != c.want {
			t.Errorf("%s leaf = %v, want %v", name, c.got, c.want)
		}
	}
}

func TestUnitSaltsDiffer(t *testing.T) {
	key := [32]byte{1, 2, 3}
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("cus1\x02\x00\x00\x00\x00\x00\x00\x01\x00"))
	if got := seal.UnitSalt(key, 2, 256); got != seal.Salt(mac.Sum(nil)[:16]) {
		t.Errorf("the salt is not HMAC-SHA256 over the tag, the track and the sequence number")
	}
	seen := map[seal.Salt]bool{}
	for track := range uint8(3) {
		for seq := range uint64(1000) {
			seen[seal.UnitSalt(key, track, seq)] = true
		}
	}
	seen[seal.UnitSalt([32]byte{}, 0, 0)] = true
	if len(seen) != 3001 {
		t.Errorf("3001 units have %d salts", len(seen))
	}
}
