package apitest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// codeOf is what an authenticator shows (RFC 6238): written out here, so that the register's own arithmetic is checked by another's.
func codeOf(secret identity.Secret, at custody.Instant) identity.Secret {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(secret))
	if err != nil {
		return ""
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Time().Unix()/30)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return identity.Secret(fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000))
}
