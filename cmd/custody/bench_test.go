package main

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/cmd/custody/bench"
	"github.com/footage-custody/custody/internal/site/sitetest"
)

// TestBenchUnderFaults: the exercises that put something under a site in this process count frames as the others do,
// and the stall and the delay really happen.
func TestBenchUnderFaults(t *testing.T) {
	var out strings.Builder
	r, err := bench.Run(t.Context(), bench.Options{Program: sitetest.Binary(t), Dir: t.TempDir(), Cache: sitetest.CacheDir(t),
		Only: []string{"spool-stall", "settle"}, StallCameras: 2, SpoolStall: 2500 * time.Millisecond, Settle: time.Second, Segments: 8},
		benchSite(terminal{&out, &out, strings.NewReader("")}), &out)
	if err != nil {
		t.Fatal(err, out.String())
	}
	s := r.Stalls[0]
	if s.Sent < 60 || s.Lost() != 0 || s.Gaps != 0 || s.Queue < 200<<10 {
		t.Errorf("a stall: %+v", s)
	}
	fast, slow := r.Settles[0], r.Settles[1]
	if fast.Segments < 8 || slow.Segments < 8 || slow.Rate > 50 || fast.Rate < slow.Rate {
		t.Errorf("settling: %+v, with slow fsyncs %+v", fast, slow)
	}
}
