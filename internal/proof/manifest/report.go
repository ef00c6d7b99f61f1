package manifest

import (
	"github.com/footage-custody/custody/internal/custody"
)

// ReportSchema names the JSON that a Report is written as. A member may be added; none changes its meaning.
const ReportSchema = "custody-verify/1"

// Verdict is what a verification came to (CONTRACTS 20).
type Verdict string

// The verdicts. "WITH GAPS" is apart: Report.Gaps.
const (
	Authentic    Verdict = "AUTHENTIC"             // original units, against a log key obtained independently
	Consistent   Verdict = "INTERNALLY CONSISTENT" // the same, but only against the key inside the package
	Derivative   Verdict = "DERIVATIVE"            // encoded again: attested by the site, not camera bytes
	NotAuthentic Verdict = "NOT AUTHENTIC"         // something is not what was sealed, stated or signed
	Unverifiable Verdict = "UNVERIFIABLE"          // nothing is wrong with what is there, but something is missing
)

// Weight says what a finding does to the verdict.
type Weight string

// Altered makes a package NOT AUTHENTIC; Missing makes it UNVERIFIABLE.
const (
	Altered Weight = "altered"
	Missing Weight = "missing"
)

// Finding is one thing that is not as it should be, and where.
type Finding struct {
	Weight  Weight            `json:"weight"`
	Code    string            `json:"code"` // stable; FORMAT.md lists them
	File    string            `json:"file,omitempty"`
	Item    string            `json:"item,omitempty"`
	Segment custody.SegmentID `json:"segment,omitempty"`
	Track   uint8             `json:"track,omitempty"`
	Unit    *uint64           `json:"unit,omitempty"` // its number in its track and run
	Time    *Time             `json:"time,omitempty"` // of what is affected, or of its beginning
	Text    string            `json:"text"`           // one sentence
}

// FileResult is what is known about one rendition.
type FileResult struct {
	Path    string  `json:"path"`
	Kind    Kind    `json:"kind"`
	Item    string  `json:"item"`
	Camera  string  `json:"camera"`
	Span    Span    `json:"span"`
	Verdict Verdict `json:"verdict"`
	Gaps    bool    `json:"gaps"`
	Units   uint64  `json:"units,omitempty"` // of an original, all of whose access units were proved
	Damaged uint64  `json:"damaged,omitempty"`
}

// Report is the outcome of a verification.
type Report struct {
	Schema    string       `json:"schema"`
	Verdict   Verdict      `json:"verdict"`
	Gaps      bool         `json:"gaps"`
	Package   string       `json:"package,omitempty"`
	Request   string       `json:"request,omitempty"`
	Site      string       `json:"site,omitempty"`
	Log       string       `json:"log,omitempty"`      // origin of the log
	LogSize   uint64       `json:"log_size,omitempty"` // entries under the checkpoint
	KeyGiven  bool         `json:"key_given"`          // the log's key came from outside the package
	Files     []FileResult `json:"files"`
	GapList   []Gap        `json:"gap_list"`
	Findings  []Finding    `json:"findings"`
	More      int          `json:"more_findings,omitempty"` // beyond MaxFindings
	Notes     []string     `json:"notes"`                   // what a reader should know and is no fault
	Bytes     int64        `json:"bytes"`                   // read and hashed
	Documents int          `json:"documents"`               // files beside the footage whose digests were right
}

// Good reports whether the verdict is one of the first three.
func (r *Report) Good() bool { return r.Verdict != NotAuthentic && r.Verdict != Unverifiable }

// add notes a finding.
func (r *Report) add(f Finding) {
	if len(r.Findings) >= MaxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, f)
}

// conclude gives every file and the package its verdict.
func (r *Report) conclude() {
	best := Consistent
	if r.KeyGiven {
		best = Authentic
	}
	overall, common := Verdict(""), Verdict("")
	for _, f := range r.Findings {
		if f.File == "" || !r.rendition(f.File) {
			common = worse(common, f.Weight)
		}
		overall = worse(overall, f.Weight)
	}
	originals := false
	for i := range r.Files {
		f := &r.Files[i]
		f.Verdict = Derivative
		if f.Kind == Original {
			f.Verdict, originals = best, true
		}
		own := common
		for _, x := range r.Findings {
			if x.File == f.Path {
				own = worse(own, x.Weight)
			}
		}
		if own != "" {
			f.Verdict, f.Units, f.Damaged = own, 0, 0
		}
	}
	switch {
	case overall != "":
		r.Verdict = overall
	case originals:
		r.Verdict = best
	case len(r.Files) > 0:
		r.Verdict = Derivative
	default:
		r.add(Finding{Weight: Missing, Code: "no-footage", Text: "There is no footage in this package, so there is nothing to prove."})
		r.Verdict = Unverifiable
	}
}

func (r *Report) rendition(path string) bool {
	for _, f := range r.Files {
		if f.Path == path {
			return true
		}
	}
	return false
}

func worse(v Verdict, w Weight) Verdict {
	if w == Altered || v == NotAuthentic {
		return NotAuthentic
	}
	return Unverifiable
}
