package bench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is everything that was measured.
type Report struct {
	Started  time.Time `json:"started"`
	Machine  Machine   `json:"machine"`
	Ingest   []Ingest  `json:"ingest,omitempty"`
	Stalls   []Stall   `json:"stalls,omitempty"`
	Kill     *Kill     `json:"kill,omitempty"`
	Returns  []Return  `json:"returns,omitempty"`
	Appends  []Append  `json:"appends,omitempty"`
	Settles  []Settle  `json:"settles,omitempty"`
	Reads    []Read    `json:"reads,omitempty"`
	Seeks    []Seek    `json:"seeks,omitempty"`
	Crowd    *Crowd    `json:"crowd,omitempty"`
	Decision *Decision `json:"decision,omitempty"`
	Diary    *Diary    `json:"diary,omitempty"`
	Packings []Packing `json:"packings,omitempty"`
	Takings  []Taking  `json:"takings,omitempty"`
	Viewing  *Viewing  `json:"viewing,omitempty"`
	Holding  *Holding  `json:"holding,omitempty"`
}

// Verdict is one target beside what was measured.
type Verdict struct {
	Figure   string `json:"figure"`
	Target   string `json:"target"`
	Measured string `json:"measured"`
	Met      bool   `json:"met"`
}

// Verdicts compares what was measured with the targets.
func (r *Report) Verdicts() []Verdict {
	var v []Verdict
	add := func(met bool, figure, target, format string, args ...any) {
		v = append(v, Verdict{figure, target, fmt.Sprintf(format, args...), met})
	}
	for _, row := range r.Ingest {
		if row.Cameras >= 50 {
			add(row.CPU <= cpuTarget, fmt.Sprintf("CPU s per camera-minute, %d cameras, hashed and encrypted", row.Cameras), "<= 0.12, then 0.08", "%.3f", row.CPU)
		}
		add(row.Resident <= memoryTarget(row.Cameras), fmt.Sprintf("memory, %d cameras", row.Cameras), fmt.Sprintf("<= %s MiB", mib(memoryTarget(row.Cameras))),
			"%s MiB", mib(row.Resident))
		add(row.Lost() == 0 && row.Damaged == 0 && row.Gaps == 0, fmt.Sprintf("frames lost, %d cameras", row.Cameras), "0", "%d of %d", row.Lost(), row.Sent)
	}
	for _, s := range r.Stalls {
		name := fmt.Sprintf("%.0f s stall of the %s, %d cameras: ", s.Seconds, s.What, s.Cameras)
		add(s.Lost() == 0 && s.Gaps == 0, name+"frames lost", "0", "%d of %d", s.Lost(), s.Sent)
		add(s.Queue <= queueTarget, name+"buffer a camera", "<= 8 MiB", "%s MiB", mib(int64(s.Queue)))
	}
	if k := r.Kill; k != nil {
		add(k.Most <= fragmentTarget && k.Undeclared == 0, fmt.Sprintf("footage lost by kill -9, %d kills", k.Kills), "<= the fragment being filled (2 s)",
			"median %.2f s, at most %.2f s", k.Median, k.Most)
	}
	for _, back := range r.Returns {
		add(back.Most <= returnTarget, "recording again after "+back.What, "<= 2 s", "median %.2f s, at most %.2f s", back.Median, back.Most)
	}
	for _, a := range r.Appends {
		if a.Writers > 1 && a.Delay == 0 {
			add(a.Rate >= appendTarget, fmt.Sprintf("log append, %d writers", a.Writers), ">= 5,000/s", "%.0f/s", a.Rate)
		}
	}
	return slices.Concat(v, r.viewVerdicts(), r.releaseVerdicts())
}

// The targets.
const (
	cpuTarget      = 0.12
	queueTarget    = 8 << 20
	fragmentTarget = 2.3 // seconds: a GOP of 2 s, the reader's round and the frame that waits for the next
	returnTarget   = 2.0 // seconds
	appendTarget   = 5000.0
)

func memoryTarget(cameras int) int64 { return int64(2*cameras+64) << 20 }

// WriteMarkdown writes the ingest table and the verdicts for a README.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. %s\n", r.Started.Format("2006-01-02"), r.Machine)
	if len(r.Ingest) > 0 {
		b.WriteString("\n| N | CPU s per camera-minute | ffmpeg -c copy | RSS MiB | frames lost |\n|---|---|---|---|---|\n")
	}
	for _, row := range r.Ingest {
		control := "-"
		if row.Control > 0 {
			control = fmt.Sprintf("%.3f", row.Control)
		}
		fmt.Fprintf(&b, "| %d | %.3f | %s | %s | %d of %d |\n", row.Cameras, row.CPU, control, mib(row.Resident), row.Lost(), row.Sent)
	}
	r.writeReads(&b)
	r.writeCrowd(&b)
	r.writeDecision(&b)
	r.writePackings(&b)
	b.WriteString("\n| figure | target | measured | |\n|---|---|---|---|\n")
	for _, v := range r.Verdicts() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.Figure, v.Target, v.Measured, v.mark())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v Verdict) mark() string {
	if v.Met {
		return "met"
	}
	return "MISSED"
}

// table prints rows as they come, aligned at its end.
type table struct {
	w    *tabwriter.Writer
	out  io.Writer
	name string
	body strings.Builder
}

func newTable(out io.Writer, name string, columns ...string) *table {
	t := &table{out: out, name: name}
	t.w = tabwriter.NewWriter(&t.body, 0, 4, 2, ' ', tabwriter.AlignRight)
	t.row(anys(columns)...)
	return t
}

func anys(s []string) (out []any) {
	for _, v := range s {
		out = append(out, v)
	}
	return out
}

func (t *table) row(cells ...any) {
	for _, c := range cells {
		fmt.Fprintf(t.w, "%v\t", c)
	}
	fmt.Fprintln(t.w)
}

func (t *table) end() error {
	if err := t.w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "\n%s\n%s\n", t.name, t.body.String())
	return err
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
