package manifest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// Format names this version of the format; it is the first member of package.json.
const Format = "custody-package/1"

// Limits on what a package may hold. A reader refuses more before it takes memory.
const (
	MaxFiles     = 20000    // files of a package
	MaxDocument  = 64 << 20 // bytes of package.json, custody.jsonl or a bag manifest
	MaxProof     = 4 << 20  // bytes of one segment's proof document
	MaxUnits     = 48 << 20 // bytes of one segment's unit rows
	MaxFileUnits = 4 << 20  // samples of one media file
	MaxItems     = 1000
	MaxFindings  = 1000 // findings that are told; more are counted

	maxText = 16 << 10 // bytes of one text in package.json
)

// Package is package.json: what the package holds and what the site states about it. Nothing here is evidence by itself: it is
// signed (the signature covers it), and what an original's proof says too is compared.
type Package struct {
	Format   string  `json:"format"`
	ID       string  `json:"id"` // of the package: letters, digits, "-" and "_"
	Made     Time    `json:"made"`
	Site     Site    `json:"site"`
	Request  Request `json:"request"`
	Prepared Person  `json:"prepared"` // who chose the spans
	Decided  Person  `json:"decided"`  // who decided; never the same person
	Items    []Item  `json:"items"`
	Tools    []Tool  `json:"tools"`
}

// Site is where the cameras are.
type Site struct {
	Name       string `json:"name"`
	Zone       string `json:"zone"`                  // IANA name of the site's time zone; all times in a package are UTC
	ZoneSource string `json:"zone_source,omitempty"` // release of the time zone data
}

// Request is the logged request under which the package left.
type Request struct {
	Number   string `json:"number"`
	Kind     string `json:"kind"` // "law-enforcement" or "open-records"
	Received Time   `json:"received"`
	Logged   Time   `json:"logged"`
	Basis    string `json:"basis,omitempty"` // the legal basis, in words
}

// Person is who did something: a name, or a role alone where the site does not name its staff.
type Person struct {
	Name string `json:"name,omitempty"`
	Role string `json:"role"`
	At   Time   `json:"at"`
}

// Tool is a program that made something in the package.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Outcome is what was decided about an item.
type Outcome string

// The outcomes. Only items that were granted or granted redacted have renditions.
const (
	Granted     Outcome = "grant"
	Redacted    Outcome = "redacted"
	InspectOnly Outcome = "inspect-only"
	Denied      Outcome = "deny"
	NoRecord    Outcome = "no-record"
)

// Item is one camera and one span of the request, decided alone.
type Item struct {
	Number     string        `json:"number"`
	Outcome    Outcome       `json:"outcome"`
	Citation   string        `json:"citation,omitempty"` // why it was not granted in full
	Camera     Camera        `json:"camera"`
	Requested  Span          `json:"requested"`
	Decided    Span          `json:"decided"` // no unit outside it is in the package
	Clock      []ClockSample `json:"clock,omitempty"`
	Gaps       []Gap         `json:"gaps,omitempty"`
	Segments   []SegmentNote `json:"segments,omitempty"`
	Renditions []Rendition   `json:"renditions,omitempty"`
}

// Camera is the identity of a camera. What the site keeps to itself is left out.
type Camera struct {
	ID     custody.CameraID `json:"id"`
	Name   string           `json:"name"`
	Place  string           `json:"place,omitempty"`
	Maker  string           `json:"maker,omitempty"`
	Model  string           `json:"model,omitempty"`
	Serial string           `json:"serial,omitempty"`
}

// ClockSample says how a clock differed from the site's station clock.
type ClockSample struct {
	At     Time   `json:"at"`
	Clock  string `json:"clock"`     // "camera" or "reference"
	Offset int64  `json:"offset_us"` // that clock minus the station clock, microseconds
	Source string `json:"source"`    // how it was measured: "RTCP sender report", "adjtimex" ...
}

// Gap is time inside the decided span of which no footage exists.
type Gap struct {
	Span  Span   `json:"span"`
	Cause string `json:"cause"`
	// Event is the index in the log of the gap's own entry, which custody.jsonl then discloses.
	Event *uint64 `json:"event,omitempty"`
}

// SegmentNote is a stored segment as it was when it was written.
type SegmentNote struct {
	ID     custody.SegmentID `json:"id"`
	Stream custody.StreamID  `json:"stream"`
	Run    custody.RunID     `json:"run"`
	Number uint32            `json:"number"` // in its run
	Span   Span              `json:"span"`
	Sealed Time              `json:"sealed"`
	Size   int64             `json:"object_size"`
	SHA256 Digest            `json:"object_sha256"`
}

// Kind says how a rendition was made.
type Kind string

// The kinds of rendition, which are also the names of their folders below data/.
const (
	Original Kind = "original" // the camera's own access units, put into another file
	Viewing  Kind = "viewing"  // encoded again, covers the decided span exactly
	Redact   Kind = "redacted" // encoded again with parts covered
)

// Rendition is one media file.
type Rendition struct {
	Path     string              `json:"path"`
	Kind     Kind                `json:"kind"`
	Span     Span                `json:"span"` // of what it shows; inside the decided span
	Codec    string              `json:"codec"`
	Parents  []Parent            `json:"parents,omitempty"` // of what is encoded again
	Run      custody.RunID       `json:"run,omitempty"`     // of an original, like all that follows
	Stream   custody.StreamID    `json:"stream,omitempty"`
	Tracks   []Track             `json:"tracks,omitempty"`
	Segments []custody.SegmentID `json:"segments,omitempty"` // in order
	LeftOut  []LeftOut           `json:"left_out,omitempty"`
}

// Parent is what a rendition was made of: a stored segment, or a file of the package.
type Parent struct {
	Segment custody.SegmentID `json:"segment,omitempty"`
	Path    string            `json:"path,omitempty"`
	SHA256  Digest            `json:"sha256"` // of the segment's object, or of the file
}

// Track is a track of an original. Its number is the track number of the file and of the run.
type Track struct {
	ID        uint8  `json:"id"`
	Codec     string `json:"codec"` // h264, h265, aac or opus
	Timescale uint32 `json:"timescale"`
	// Base is what a presentation time in the file lacks to the run's own media time, in ticks.
	Base int64 `json:"base"`
}

// LeftOut is a range of a segment's leaves inside the decided span that the file does not hold, and why.
type LeftOut struct {
	Segment custody.SegmentID `json:"segment"`
	From    uint64            `json:"from"` // leaf
	Count   uint64            `json:"count"`
	Reason  string            `json:"reason"`
}

// ParsePackage reads package.json. It fails with Corrupt unless the document is in its one form and within the limits.
func ParsePackage(b []byte) (Package, error) {
	var p Package
	if len(b) > MaxDocument {
		return p, custody.Errorf(custody.Corrupt, "it has more than %d bytes", MaxDocument)
	}
	if err := decode(b, &p, encode); err != nil {
		return Package{}, err
	}
	return p, p.valid()
}

// valid checks what does not depend on another file.
func (p *Package) valid() error {
	if p.Format != Format {
		return custody.Errorf(custody.Corrupt, "its format is not %s", Format)
	}
	if !isWord(p.ID) || len(p.Items) == 0 || len(p.Items) > MaxItems {
		return custody.Errorf(custody.Corrupt, "it names no package, or holds no item or more than %d", MaxItems)
	}
	texts := []string{p.Site.Name, p.Site.Zone, p.Site.ZoneSource, p.Request.Number, p.Request.Kind, p.Request.Basis,
		p.Prepared.Name, p.Prepared.Role, p.Decided.Name, p.Decided.Role}
	for _, t := range p.Tools {
		texts = append(texts, t.Name, t.Version)
	}
	if err := plain(texts...); err != nil {
		return err
	}
	items, paths := map[string]bool{}, map[string]bool{}
	for i := range p.Items {
		item := &p.Items[i]
		if items[item.Number] {
			return custody.Errorf(custody.Corrupt, "two items are called %q", clip(item.Number, 40))
		}
		items[item.Number] = true
		if err := item.valid(paths); err != nil {
			return custody.Wrap(custody.Corrupt, err, "item %q: %s", clip(item.Number, 40), custody.PublicText(err))
		}
	}
	return nil
}

func (item *Item) valid(paths map[string]bool) error {
	texts := []string{item.Number, item.Citation, item.Camera.Name, item.Camera.Place, item.Camera.Maker, item.Camera.Model, item.Camera.Serial}
	for _, c := range item.Clock {
		texts = append(texts, c.Clock, c.Source)
	}
	for _, g := range item.Gaps {
		texts = append(texts, g.Cause)
		if g.Span.In().Empty() {
			return custody.Errorf(custody.Corrupt, "a gap takes no time")
		}
	}
	if err := plain(texts...); err != nil {
		return err
	}
	shown := item.Outcome == Granted || item.Outcome == Redacted
	switch {
	case !custody.ValidID("cam_", string(item.Camera.ID)):
		return custody.Errorf(custody.Corrupt, "its camera has no id")
	case item.Number == "" || item.Decided.In().Empty() || item.Requested.In().Empty():
		return custody.Errorf(custody.Corrupt, "it has no number or no span")
	case !shown && len(item.Renditions) > 0:
		return custody.Errorf(custody.Corrupt, "it was not granted, and yet there is footage of it")
	case shown && len(item.Renditions) == 0:
		return custody.Errorf(custody.Corrupt, "it was granted, and there is no footage of it")
	}
	for i := range item.Renditions {
		if err := item.Renditions[i].valid(item, paths); err != nil {
			return err
		}
	}
	return item.noted()
}

// noted checks the list of segments.
func (item *Item) noted() error {
	seen := map[custody.SegmentID]bool{}
	for _, s := range item.Segments {
		if !custody.ValidID("seg_", string(s.ID)) || !custody.ValidID("str_", string(s.Stream)) || !custody.ValidID("run_", string(s.Run)) || seen[s.ID] {
			return custody.Errorf(custody.Corrupt, "a segment is listed twice, or it, its stream or its run has no id")
		}
		seen[s.ID] = true
	}
	for _, r := range item.Renditions {
		for _, id := range r.Segments {
			if !seen[id] {
				return custody.Errorf(custody.Corrupt, "the segment %s of a rendition is not listed", clip(string(id), 40))
			}
		}
	}
	return nil
}

func (r *Rendition) valid(item *Item, paths map[string]bool) error {
	if err := CheckPath(r.Path); err != nil {
		return err
	}
	folder := "data/" + string(r.Kind) + "/"
	switch {
	case r.Kind != Original && r.Kind != Viewing && r.Kind != Redact:
		return custody.Errorf(custody.Corrupt, "a rendition is of an unknown kind")
	case !strings.HasPrefix(r.Path, folder) || paths[r.Path]:
		return custody.Errorf(custody.Corrupt, "the rendition %s does not lie in %s, or is listed twice", r.Path, folder)
	case item.Outcome == Redacted && r.Kind != Redact, item.Outcome == Granted && r.Kind == Redact:
		return custody.Errorf(custody.Corrupt, "the rendition %s is not of the kind that was decided", r.Path)
	case r.Span.In().Empty() || r.Span.Start < item.Decided.Start || r.Span.End > item.Decided.End:
		return custody.Errorf(custody.Corrupt, "the rendition %s shows more than was decided", r.Path)
	}
	paths[r.Path] = true
	if r.Kind != Original {
		return r.derived()
	}
	return r.direct()
}

func (r *Rendition) derived() error {
	if len(r.Parents) == 0 || r.Run != "" || r.Stream != "" || len(r.Tracks)+len(r.Segments)+len(r.LeftOut) > 0 {
		return custody.Errorf(custody.Corrupt, "the rendition %s does not say what it was made of", r.Path)
	}
	for _, p := range r.Parents {
		if (p.Segment == "") == (p.Path == "") {
			return custody.Errorf(custody.Corrupt, "a parent of %s is neither a segment nor a file", r.Path)
		}
	}
	return plain(r.Codec)
}

func (r *Rendition) direct() error {
	if len(r.Parents) > 0 || !custody.ValidID("run_", string(r.Run)) || !custody.ValidID("str_", string(r.Stream)) || len(r.Tracks) == 0 || len(r.Tracks) > 16 || len(r.Segments) == 0 {
		return custody.Errorf(custody.Corrupt, "the original %s does not say what it holds", r.Path)
	}
	tracks := map[uint8]bool{}
	for _, t := range r.Tracks {
		if t.ID == 0 || tracks[t.ID] || t.Timescale == 0 || t.Base < -maxTick || t.Base > maxTick {
			return custody.Errorf(custody.Corrupt, "a track of %s has no number or no timescale", r.Path)
		}
		tracks[t.ID] = true
	}
	listed, at := map[custody.SegmentID]bool{}, map[custody.SegmentID]uint64{}
	for _, id := range r.Segments {
		if listed[id] {
			return custody.Errorf(custody.Corrupt, "a segment of %s is listed twice", r.Path)
		}
		listed[id] = true
	}
	for _, l := range r.LeftOut {
		if !listed[l.Segment] || l.From < max(1, at[l.Segment]) || l.Count == 0 || l.Count > maxLeaves || l.From > maxLeaves || l.Reason == "" {
			return custody.Errorf(custody.Corrupt, "what %s leaves out is not listed in order", r.Path)
		}
		at[l.Segment] = l.From + l.Count
		if err := plain(l.Reason); err != nil {
			return err
		}
	}
	return plain(r.Codec)
}

const (
	maxTick   = 1 << 60
	maxLeaves = 1 << 24 // units of a segment and two more
)

// plain refuses text that is too long or that would steer a terminal.
func plain(texts ...string) error {
	for _, s := range texts {
		if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) && c != '\n' }) {
			return custody.Errorf(custody.Corrupt, "a text is too long or holds what cannot be printed")
		}
	}
	return nil
}

// isWord reports whether s is a name of at most 64 letters, digits, "-" and "_".
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
