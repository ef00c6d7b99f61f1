package bench

import (
	"fmt"
	"io"
)

// The targets of release.
const (
	packTarget   = 500.0    // MB/s
	packMemory   = 64 << 20 // bytes
	growthTarget = 8 << 20  // bytes between the shorter item and the longer
	sureTarget   = 60_000.0 // ms from a hold's placing to its last object
)

// releaseVerdicts compares what releasing costs with the targets.
func (r *Report) releaseVerdicts() (v []Verdict) {
	add := func(met bool, figure, target, format string, args ...any) {
		v = append(v, Verdict{figure, target, fmt.Sprintf(format, args...), met})
	}
	for _, k := range r.Packings {
		of := fmt.Sprintf("package of a %.0f min item", k.Seconds/60)
		add(k.Rate >= packTarget, of, ">= 500 MB/s", "%.0f MB/s, %.2f CPU s a GB (cat and fsync %.0f MB/s, ffmpeg -c copy %.0f MB/s)", k.Rate, k.Cost, k.Cat, k.Copy)
		add(k.Memory <= packMemory, of+": memory", "<= 64 MiB", "%s MiB above idle", mib(k.Memory))
	}
	if n := len(r.Packings); n > 1 {
		grown := r.Packings[n-1].Memory - r.Packings[0].Memory
		add(grown <= growthTarget, "memory of the longer item above that of the shorter", "<= 8 MiB", "%s MiB", mib(grown))
	}
	if h := r.Holding; h != nil {
		add(h.Worst <= sureTarget, fmt.Sprintf("a hold on an hour of one camera, looked at object by object, in %d segments", h.Segments), "<= 60 s",
			"median %.0f ms, at most %.0f ms", h.Sure, h.Worst)
	}
	return v
}

// writePackings writes the tables of release for a README.
func (r *Report) writePackings(w io.Writer) {
	if len(r.Packings) > 0 {
		fmt.Fprint(w, "\n| package of | MB/s | CPU s a GB | MiB above idle | cat + fsync | ffmpeg -c copy |\n|---|---|---|---|---|---|\n")
	}
	for _, k := range r.Packings {
		fmt.Fprintf(w, "| %.0f min, %d MB | %.0f | %.2f | %s | %.0f MB/s | %.0f MB/s |\n", k.Seconds/60, k.Bytes/1_000_000, k.Rate, k.Cost, mib(k.Memory), k.Cat, k.Copy)
	}
	for _, k := range r.Takings {
		fmt.Fprintf(w, "\nA package %s: %.0f MB/s, %.2f CPU s a GB.\n", k.What, k.Rate, k.Cost)
	}
	if k := r.Viewing; k != nil {
		fmt.Fprintf(w, "\nThe viewing rendition of %.0f s takes %.1f s.\n", k.Item, k.Took)
	}
	if h := r.Holding; h != nil {
		fmt.Fprintf(w, "\nAmong %d segments a hold on an hour of one camera is placed in %.1f ms and looked at in %.0f ms; one on everything (%d objects) in %.0f s; disposal: %.0f segments/s.\n",
			h.Segments, h.Place, h.Sure, h.Looked, h.Site, h.Rate)
	}
}
