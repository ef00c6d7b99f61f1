package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/sitetest"
)

// TestIngest measures two cameras for two seconds with the real program, and believes the count of frames.
func TestIngest(t *testing.T) {
	var out strings.Builder
	r, err := Run(t.Context(), Options{Program: sitetest.Binary(t), Dir: t.TempDir(), Cache: sitetest.CacheDir(t), FFmpeg: "ffmpeg",
		Only: []string{"ingest"}, Cameras: []int{2}, Window: 2 * time.Second, Steady: time.Second, Repeat: 1, ControlMost: 1}, nil, &out)
	if err != nil {
		t.Fatal(err, out.String())
	}
	row := r.Ingest[0]
	if row.Sent < 60 || row.Lost() != 0 || row.Gaps != 0 {
		t.Errorf("%d frames sent, %d stored, %d gaps", row.Sent, row.Stored, row.Gaps)
	}
	if row.CPU <= 0 || row.FarmCPU <= 0 || row.Resident < 10<<20 || row.Control != 0 {
		t.Errorf("not measured: %+v", row)
	}
	if !strings.Contains(out.String(), "ffmpeg -c copy") {
		t.Errorf("no table was printed:\n%s", out.String())
	}
}

func TestUnknownExercise(t *testing.T) {
	_, err := Run(t.Context(), Options{Dir: t.TempDir(), Only: []string{"jumping"}}, nil, &strings.Builder{})
	if custody.KindOf(err) != custody.Invalid || !strings.Contains(custody.PublicText(err), "spool-stall") {
		t.Errorf("got %v, want Invalid that lists the exercises", err)
	}
}

func TestParseStat(t *testing.T) {
	line := "7 (a ) b) S 1 7 7 0 -1 4194560 100 200 0 0 250 50 3 4 20 0 9 0 100 1000 10"
	got, err := parseStat([]byte(line))
	if err != nil || got != (usage{2500 * time.Millisecond, 500 * time.Millisecond}) {
		t.Errorf("got %v, %v, want 2.5 s and 0.5 s", got, err)
	}
	for _, bad := range []string{"", "7 (a) S", "7 (a) S 1 7 7 0 -1 4194560 100 200 0 0 x 50 3 4"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
	}
}

// TestLoss: two kills of two cameras; one camera has no gap around the second, and other gaps do not count.
func TestLoss(t *testing.T) {
	gap := func(from, to float64, cause media.GapCause) media.Gap {
		at := func(s float64) custody.Instant { return custody.Instant(s * 1e6) }
		return media.Gap{Span: custody.Span{Start: at(from), End: at(to)}, Cause: cause}
	}
	deaths := []restart{{died: 10e6, began: 10.1e6}, {died: 20e6, began: 20.1e6}}
	got := lossOf([]media.Gap{
		gap(9, 11.1, media.GapCrash), gap(18, 22.1, media.GapCrash),
		gap(8.5, 12.1, media.GapCrash), gap(19, 21, media.GapStopped), gap(30, 31, media.GapCrash),
	}, deaths, 2)
	want := Kill{Kills: 2, Cameras: 2, Median: 1.5, Most: 2, Undeclared: 1, Back: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestVerdicts(t *testing.T) {
	good := &Report{
		Ingest:  []Ingest{{Cameras: 50, CPU: 0.12, Resident: 164 << 20, Sent: 10, Stored: 10}},
		Stalls:  []Stall{{What: "spool disk", Seconds: 10, Cameras: 50, Sent: 10, Stored: 10, Queue: 8 << 20}},
		Kill:    &Kill{Kills: 10, Most: 2.2},
		Returns: []Return{{What: "a restart", Most: 2}},
		Appends: []Append{{Writers: 64, Rate: 5000}},
	}
	bad := &Report{
		Ingest:  []Ingest{{Cameras: 50, CPU: 0.13, Resident: 165 << 20, Sent: 10, Stored: 9}},
		Stalls:  []Stall{{What: "spool disk", Seconds: 10, Cameras: 50, Sent: 10, Stored: 9, Queue: 9 << 20}},
		Kill:    &Kill{Kills: 10, Most: 2.2, Undeclared: 1},
		Returns: []Return{{What: "a restart", Most: 2.1}},
		Appends: []Append{{Writers: 64, Rate: 4999}},
	}
	for _, v := range good.Verdicts() {
		if !v.Met {
			t.Errorf("missed: %+v", v)
		}
	}
	if got := len(good.Verdicts()); got != 8 {
		t.Errorf("%d verdicts, want 8", got)
	}
	for _, v := range bad.Verdicts() {
		if v.Met {
			t.Errorf("met: %+v", v)
		}
	}
	var text strings.Builder
	if err := bad.WriteMarkdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 50 | 0.130 | - | 165.0 | 1 of 10 |", "| frames lost, 50 cameras | 0 | 1 of 10 | MISSED |"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing:\n%s", want, text.String())
		}
	}
}
