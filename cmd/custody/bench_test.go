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

// TestBenchOfLooking goes through the front door of a real server: every byte that the control has comes through it, nothing is lost while
// people look, and every row is measured.
func TestBenchOfLooking(t *testing.T) {
	var out strings.Builder
	r, err := bench.Run(t.Context(), bench.Options{Program: sitetest.Binary(t), Dir: t.TempDir(), Cache: sitetest.CacheDir(t), FFmpeg: "ffmpeg",
		Only: []string{"view"}, Settle: 3 * time.Second, Rate: 500 * time.Millisecond, Readers: []int{2}, Rounds: 1, Shelf: 1, Reel: 12 * time.Second,
		Historic: 1, History: 2 * time.Hour, Seeks: 4, Recorded: 2, Viewers: 2, Looking: 3 * time.Second},
		benchSite(terminal{&out, &out, strings.NewReader("")}), &out)
	if err != nil {
		t.Fatal(err, out.String())
	}
	if k := r.Reads[0]; len(r.Reads) != 2 || k.Bytes < 4<<20 || k.Plain <= 0 || k.Cold <= 0 || k.Warm <= 0 {
		t.Errorf("reads: %+v", r.Reads)
	}
	if len(r.Seeks) != 5 || r.Seeks[0].Segments < 100 || r.Seeks[3].Bytes < 500<<10 {
		t.Errorf("seeks: %+v", r.Seeks)
	}
	c := r.Crowd
	if c.Sent < 200 || c.Lost() != 0 || c.Gaps != 0 || c.Parts.Samples < 2 || c.Single.Samples < 15 || c.Many.Samples < 30 || c.First.Median <= 0 || c.Stills.Samples != 2 {
		t.Errorf("crowd: %+v", c)
	}
	if d := r.Decision; d.Evaluate <= 0 || d.Permits <= 0 || len(d.Rates) != 4 || d.Rates[0].Rate <= 0 || r.Diary.Entries < 10 {
		t.Errorf("decisions: %+v, %+v", d, r.Diary)
	}
	if got := r.Verdicts(); len(got) != 14 {
		t.Errorf("%d verdicts: %+v", len(got), got)
	}
	if !strings.Contains(out.String(), "people look while 2 cameras are recorded") {
		t.Errorf("no table:\n%s", out.String())
	}
}

// TestBenchOfReleasing makes packages at the desks as the program wires them, reads them again, holds and disposes: every row is measured.
func TestBenchOfReleasing(t *testing.T) {
	var out strings.Builder
	r, err := bench.Run(t.Context(), bench.Options{Program: sitetest.Binary(t), Dir: t.TempDir(), Cache: sitetest.CacheDir(t),
		Only: []string{"release"}, Rounds: 1, Film: 30 * time.Second, Short: 12 * time.Second, Rendered: 8 * time.Second,
		Historic: 1, History: 2 * time.Hour, Doomed: 10 * time.Minute, Desks: benchDesks(terminal{&out, &out, strings.NewReader("")})},
		benchSite(terminal{&out, &out, strings.NewReader("")}), &out)
	if err != nil {
		t.Fatal(err, out.String())
	}
	if len(r.Packings) != 2 || len(r.Takings) != 3 {
		t.Fatalf("packages: %+v, taken out: %+v", r.Packings, r.Takings)
	}
	for _, k := range r.Packings {
		if k.Bytes < int64(k.Seconds-4)*450_000 || k.Rate <= 0 || k.Cost <= 0 || k.Memory < 1<<20 || k.Cat <= 0 || k.Copy != 0 {
			t.Errorf("a package: %+v", k)
		}
		for i, took := range k.Wall {
			if took <= 0 {
				t.Errorf("stage %d took no time: %+v", i, k)
			}
		}
	}
	for _, k := range r.Takings {
		if k.Rate <= 0 || k.Cost <= 0 {
			t.Errorf("taken out: %+v", k)
		}
	}
	if h := r.Holding; h.Segments < 120 || h.Looked < 120 || h.Looked > h.Segments || h.Disposed != 10 || h.Rate <= 0 || h.Place <= 0 || h.Sure < h.Place || h.Worst < h.Sure {
		t.Errorf("holds: %+v", h)
	}
	if got := r.Verdicts(); len(got) != 6 {
		t.Errorf("%d verdicts: %+v", len(got), got)
	}
	if !strings.Contains(out.String(), "Where the time of the longest went") {
		t.Errorf("no table:\n%s", out.String())
	}
}
