package manifest

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The package of two minutes with large pictures: 120 MB, or 1 GB with CUSTODY_ACCEPT=1, so that hashing outweighs the rest. "hash" is the control: the same bytes
// through SHA-256 once; a verification hashes them twice, side by side.
func BenchmarkPackage(b *testing.B) {
	s := newStage(b, false)
	size := 100_000
	if os.Getenv("CUSTODY_ACCEPT") == "1" {
		size = 900_000
	}
	s.record(120, size)
	content := s.content(cut{window: window(1e6, 119e6)})
	clear(s.payloads)
	dir := s.write(content)
	b.Run("hash", func(b *testing.B) {
		for range b.N {
			f := must(os.Open(filepath.Join(dir, filepath.FromSlash(clip1))))
			sum := sha256.New()
			b.SetBytes(must(io.Copy(sum, f)))
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			src := must(OpenSource(dir))
			r := must(Verify(context.Background(), src, Options{LogKeys: []string{content.LogKey}}))
			if b.SetBytes(r.Bytes); !r.Good() {
				b.Fatal(r.Text())
			}
			if err := src.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		for i := range b.N {
			to := filepath.Join(b.TempDir(), string(rune('a'+i)))
			r := must(Write(context.Background(), to, content, s.signing))
			b.SetBytes(r.Bytes)
		}
	})
}
