package check

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Finding is one thing that is broken. What and Remedy are plain sentences without secrets.
type Finding struct {
	Invariant string `json:"invariant"`
	Kind      string `json:"kind"` // segment, object, gap, run, quarantine, camera, stream, key, staff, role, passkey, session, invitation, setting, restriction, viewing, look, delivery, receipt, recall, hold, schedule, disposition, disposed segment, request, disposal, destroyed package, item, decision, call-back, note, attachment, agency, entry, checkpoint, spool, database, unread
	ID        string `json:"id"`   // of the thing: a typed id, an object's key, "epoch 1, entry 17"
	What      string `json:"what"`
	Remedy    string `json:"remedy"`
}

// MaxFindings is how many findings a Report keeps; all are counted.
const MaxFindings = 1000

// Line is what was done for one invariant.
type Line struct {
	Invariant string        `json:"invariant"`
	States    string        `json:"states"`
	Checked   []Count       `json:"checked"`
	Findings  uint64        `json:"findings"`
	Took      time.Duration `json:"took_ns"`
}

// Count says how many things of a sort were looked at.
type Count struct {
	What string `json:"what"`
	N    uint64 `json:"n"`
}

// Report is the outcome of a check.
type Report struct {
	Lines    []Line
	Findings []Finding // the first MaxFindings, in order of their invariants
	Total    uint64    // all of them
	how      string

	mu sync.Mutex // while the check runs
}

func newReport(o Options) *Report {
	r := &Report{how: "default"}
	switch {
	case o.Deep:
		r.how = "deep"
	case o.Quick:
		r.how = "quick"
	}
	for _, l := range [][2]string{
		{"I1", "every row has its object"},
		{"I2", "every object is accounted for"},
		{"I3", "segments and gaps adjoin"},
		{"I4", "nothing the camera did not send"},
		{"I5", "what is sealed is unchanged"},
		{"A1", "no footage without an event"},
		{"A2", "no release without a decision"},
		{"A3", "two people decide"},
		{"A4", "nothing held is disposed of"},
		{"A5", "the log only grew"},
	} {
		r.Lines = append(r.Lines, Line{Invariant: l[0], States: l[1]})
	}
	return r
}

// Clean reports whether nothing was found.
func (r *Report) Clean() bool { return r.Total == 0 }

func (r *Report) line(invariant string) *Line {
	i := slices.IndexFunc(r.Lines, func(l Line) bool { return l.Invariant == invariant })
	return &r.Lines[i] // the invariants are ours
}

func (r *Report) add(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Total++
	r.line(f.Invariant).Findings++
	if len(r.Findings) < MaxFindings {
		r.Findings = append(r.Findings, f)
	}
}

// omit counts findings that somebody else has left out.
func (r *Report) omit(invariant string, n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Total += n
	r.line(invariant).Findings += n
}

// full reports that no more findings are kept.
func (r *Report) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.Findings) >= MaxFindings
}

// has reports whether a thing has been named already.
func (r *Report) has(kind, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == kind && f.ID == id })
}

// count adds to what was looked at.
func (r *Report) count(invariant, what string, n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.line(invariant)
	for i := range l.Checked {
		if l.Checked[i].What == what {
			l.Checked[i].N += n
			return
		}
	}
	l.Checked = append(l.Checked, Count{what, n})
}

func (r *Report) took(invariant string, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line(invariant).Took += d
}

func (r *Report) sort() {
	order := func(f Finding) int {
		return slices.IndexFunc(r.Lines, func(l Line) bool { return l.Invariant == f.Invariant })
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(order(a), order(b)) })
}

// WriteText prints the findings, then one line for each invariant.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %s: %s\n    to do: %s\n", f.Invariant, f.Kind, f.ID, f.What, f.Remedy)
	}
	if n := r.Total - uint64(len(r.Findings)); n > 0 {
		fmt.Fprintf(&b, "... and %d more\n", n)
	}
	for _, l := range r.Lines {
		verdict := "ok"
		if l.Findings > 0 {
			verdict = fmt.Sprintf("BROKEN %d", l.Findings)
		}
		fmt.Fprintf(&b, "%s  %-32s %-10s %s (%s)\n", l.Invariant, l.States, verdict, l.checked(), l.Took.Round(time.Millisecond))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Line) checked() string {
	var parts []string
	for _, c := range l.Checked {
		parts = append(parts, fmt.Sprintf("%d %s", c.N, c.What))
	}
	if len(parts) == 0 {
		return "not looked at"
	}
	return strings.Join(parts, ", ")
}

// WriteJSON prints one object a line: the findings, the invariants, and a summary, told apart by "type".
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, f := range r.Findings {
		if err := e.Encode(struct {
			Type string `json:"type"`
			Finding
		}{"finding", f}); err != nil {
			return err
		}
	}
	for _, l := range r.Lines {
		if err := e.Encode(struct {
			Type string `json:"type"`
			Line
		}{"invariant", l}); err != nil {
			return err
		}
	}
	return e.Encode(map[string]any{"type": "summary", "check": r.how, "clean": r.Clean(), "findings": r.Total,
		"omitted": r.Total - uint64(len(r.Findings))})
}

// cause is what lies under an error's public sentence: the public sentences below it, which have no secrets.
func cause(err error) string {
	var b strings.Builder
	for first := true; ; first = false {
		var ours *custody.Error
		if !errors.As(err, &ours) {
			return b.String()
		}
		if !first {
			b.WriteString(": " + ours.Public)
		}
		err = ours.Cause
	}
}
