package s3

import (
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

// FuzzContentRange: whatever a service writes there, only the exact range passes.
func FuzzContentRange(f *testing.F) {
	for _, h := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes 5-8/9", "bytes 0-9/10", "bytes */10", "", "bytes 99999999999999999999-9/1", "bytes 5-9"} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		err := checkContentRange(h, "seg_x", 5, 9)
		first, rest, _ := strings.Cut(strings.TrimPrefix(h, "bytes "), "-")
		if err == nil && (first != "5" || strings.TrimLeft(rest, "0")[:2] != "9/") {
			t.Errorf("%q passes for bytes 5-9", h)
		}
		if k := custody.KindOf(err); err != nil && k != custody.Unavailable && k != custody.Corrupt {
			t.Errorf("%q: %v", h, err)
		}
	})
}
