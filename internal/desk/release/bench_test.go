package release_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/trust/access"
)

// BenchmarkPackage1h makes the package of one hour at 4 Mbit/s, from the judge to the stored object, verified; the renderer makes no film.
// MB/s are of footage; peak-MB is the process's largest resident size since it began, with the recorder that filmed the hour.
func BenchmarkPackage1h(b *testing.B) {
	s := newSite(b)
	door := s.camera("Door", 50_000) // ten pictures a second
	begun := s.clock.Now()
	for range 60 {
		s.shoot(time.Minute, door.ID)
		until(b, func() bool { return s.vault.SpoolBytes() < 200<<20 })
	}
	s.settle(door.ID)
	resetPeak(b)
	before := peak(b)
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		r, _ := s.logged(access.LawEnforcement, decision{door.ID, custody.Span{Start: begun + 1_000_000, End: begun + 3_599_000_000}, access.Granted})
		k := s.packer()
		b.StartTimer()
		s.must(k.Start(b.Context()))
		p := s.last(r.ID, release.Ready, release.Failed)
		b.StopTimer()
		k.Stop()
		if p.State != release.Ready {
			b.Fatal(p.Why)
		}
		b.SetBytes(p.Size)
		b.StartTimer()
	}
	b.ReportMetric(float64(before), "before-MB")
	b.ReportMetric(float64(peak(b)), "peak-MB")
}

// resetPeak makes the kernel begin to count anew.
func resetPeak(b *testing.B) {
	b.Helper()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		b.Log(err)
	}
}

// peak is the process's largest resident size, in MB.
func peak(b *testing.B) int64 {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join("/proc", "self", "status"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if rest, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n >> 10
		}
	}
	return 0
}
