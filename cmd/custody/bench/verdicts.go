package bench

import (
	"fmt"
	"io"
)

// The targets of viewing.
const (
	readTarget     = 1000.0 // MB/s
	auditTarget    = 0.05
	seekTarget     = 10.0 // ms, median
	rareTarget     = 50.0 // ms, of one in a hundred
	verifyTarget   = 20.0 // s for 10^6 entries
	firstTarget    = 1500.0
	latencyTarget  = 1000.0
	timelineTarget = 50.0
)

// viewVerdicts compares what looking costs with the targets.
func (r *Report) viewVerdicts() (v []Verdict) {
	add := func(met bool, figure, target, format string, args ...any) {
		v = append(v, Verdict{figure, target, fmt.Sprintf(format, args...), met})
	}
	for _, k := range r.Reads {
		of := fmt.Sprintf("recorded footage through the front door, %d clients, parts of %.0f MB", k.Clients, k.Part)
		add(k.Warm >= readTarget, of, ">= 1 GB/s", "%.0f MB/s (plain files %.0f MB/s)", k.Warm, k.Plain)
		add(k.Audit() <= auditTarget, of+": audit adds", "<= 5 %", "%.1f %%", 100*k.Audit())
	}
	for _, k := range r.Seeks {
		of := fmt.Sprintf("%s in a history of %d segments", k.What, k.Segments)
		if k.What == wholeTimeline {
			add(k.Median <= timelineTarget, of, "<= 50 ms", "median %.1f ms (a file of the same size %.1f ms)", k.Median, k.Control)
			continue
		}
		add(k.Median <= seekTarget && k.Rare <= rareTarget, of, "p50 <= 10 ms, p99 <= 50 ms", "p50 %.1f ms, p99 %.1f ms (a file of the same size %.1f ms, %.1f ms)",
			k.Median, k.Rare, k.Control, k.Worse)
	}
	if c := r.Crowd; c != nil {
		of := fmt.Sprintf("%d people look while %d cameras are recorded: ", c.Viewers, c.Cameras)
		add(c.Lost() == 0 && c.Gaps == 0, of+"frames lost", "0", "%d of %d", c.Lost(), c.Sent)
		add(c.First.Most <= firstTarget, of+"live, first picture", "<= 1.5 s", "at most %.0f ms", c.First.Most)
		add(c.Many.Rare <= latencyTarget, of+"live latency", "<= 1 s", "p50 %.0f ms, p99 %.0f ms", c.Many.Median, c.Many.Rare)
	}
	if d := r.Decision; d != nil {
		for _, k := range d.Rates {
			if k.What == eventRate && k.Callers > 1 {
				add(k.Rate >= appendTarget, fmt.Sprintf("audit append, %d callers", k.Callers), ">= 5,000/s", "%.0f/s", k.Rate)
			}
		}
	}
	if d := r.Diary; d != nil {
		add(d.Seconds <= verifyTarget, "verifying 10^6 entries of the log", "<= 20 s", "%.1f s, from %d entries", d.Seconds, d.Entries)
	}
	return v
}

// writeReads writes the table of reads for a README.
func (r *Report) writeReads(w io.Writer) {
	if len(r.Reads) == 0 {
		return
	}
	fmt.Fprint(w, "\n| clients | part | plain net/http | leases cold | leases warm | server's CPU s a GB: plain, cold, warm |\n|---|---|---|---|---|---|\n")
	for _, k := range r.Reads {
		fmt.Fprintf(w, "| %d | %.0f MB | %.0f MB/s | %.0f MB/s | %.0f MB/s | %.2f, %.2f, %.2f |\n", k.Clients, k.Part, k.Plain, k.Cold, k.Warm, k.PlainCost, k.ColdCost, k.WarmCost)
	}
}

// writeCrowd writes what the server used in each scene of the crowd.
func (r *Report) writeCrowd(w io.Writer) {
	c := r.Crowd
	if c == nil {
		return
	}
	fmt.Fprintf(w, "\n| %d cameras recorded and | CPU s per camera-minute | RSS MiB | ms p50 / p99 / most |\n|---|---|---|---|\n", c.Cameras)
	fmt.Fprintf(w, "| nobody looks | %.3f | %s | - |\n", c.Alone.CPU, mib(c.Alone.Resident))
	fmt.Fprintf(w, "| %d play recordings | %.3f | %s | a part %s |\n", c.Viewers, c.Played.CPU, mib(c.Played.Resident), c.Parts)
	fmt.Fprintf(w, "| 1 watches live | %.3f | %s | latency %s |\n", c.One.CPU, mib(c.One.Resident), c.Single)
	fmt.Fprintf(w, "| %d watch live | %.3f | %s | latency %s; first picture %s (straight from the camera %s) |\n", c.Viewers, c.All.CPU, mib(c.All.Resident), c.Many, c.First, c.Direct)
	fmt.Fprintf(w, "| one asks for stills | | | %s (ffmpeg alone %s) |\n", c.Stills, c.Plain)
}

// writeDecision writes what the judge costs.
func (r *Report) writeDecision(w io.Writer) {
	d := r.Decision
	if d == nil {
		return
	}
	fmt.Fprintf(w, "\n| decision | callers | a second | append and fsync of a file |\n|---|---|---|---|\n| the rules about a camera, facts included | 1 | %.0f (%.1f us) | - |\n", 1e6/d.Evaluate, d.Evaluate)
	fmt.Fprintf(w, "| Permits of a fragment | 1 | %.0f (%.2f us) | - |\n", 1e9/d.Permits, d.Permits/1000)
	for _, k := range d.Rates {
		fmt.Fprintf(w, "| %s | %d | %.0f | %.0f |\n", k.What, k.Callers, k.Rate, k.Control)
	}
}
