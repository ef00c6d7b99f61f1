package object

import (
	"github.com/footage-custody/custody/internal/custody"
)

// MaxKeyLen is the length of the longest legal key in bytes.
const MaxKeyLen = 64

// ValidKey reports whether key matches [a-z0-9_]{1,64}: safe as a file name and as an S3 key, without
// separators, dots or a case to fold.
func ValidKey(key string) bool {
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return key != "" && len(key) <= MaxKeyLen
}

// CheckKey fails with Invalid unless ValidKey(key).
func CheckKey(key string) error {
	if !ValidKey(key) {
		return custody.Errorf(custody.Invalid, "the object key %.80q is not valid: use 1 to %d of a-z, 0-9 and _", key, MaxKeyLen)
	}
	return nil
}

// CheckRange fails with Invalid if off is negative or off+n overflows.
func CheckRange(n int, off int64) error {
	if off < 0 || off+int64(n) < off {
		return custody.Errorf(custody.Invalid, "the offset %d is not valid: it must be 0 or more", off)
	}
	return nil
}
