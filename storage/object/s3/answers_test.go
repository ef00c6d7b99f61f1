package s3

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

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

// TestFullDigest: only a SHA-256 over the whole object counts; one over the parts of an upload does not.
func TestFullDigest(t *testing.T) {
	sum := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, c := range map[string]struct {
		info minio.ObjectInfo
		want bool
	}{
		"full":         {minio.ObjectInfo{ChecksumSHA256: sum, ChecksumMode: "FULL_OBJECT"}, true},
		"unsaid":       {minio.ObjectInfo{ChecksumSHA256: sum}, true},
		"composite":    {minio.ObjectInfo{ChecksumSHA256: sum, ChecksumMode: "COMPOSITE"}, false},
		"with a count": {minio.ObjectInfo{ChecksumSHA256: sum + "-2"}, false},
		"too short":    {minio.ObjectInfo{ChecksumSHA256: "AAAA"}, false},
		"none":         {minio.ObjectInfo{}, false},
	} {
		if got := fullDigest(c.info) != nil; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestCauseDropsProse: what a service writes about our request stays out of errors and logs.
func TestCauseDropsProse(t *testing.T) {
	echo := "AKIDEXAMPLE\nlevel=error forged=line"
	got := cause(minio.ErrorResponse{StatusCode: 403, Code: "AccessDenied " + strings.Repeat("x", 100), Message: echo, Resource: echo}).Error()
	if strings.Contains(got, "AKID") || strings.Contains(got, "\n") || len(got) > 120 || !strings.Contains(got, "403 AccessDenied") {
		t.Errorf("%q", got)
	}
}
