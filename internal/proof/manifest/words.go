package manifest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// shownFindings is how many findings Text tells; JSON has them all.
const shownFindings = 25

// Title is the verdict as people read it: AUTHENTIC WITH GAPS.
func (r *Report) Title() string { return titled(r.Verdict, r.Gaps) }

func titled(v Verdict, gaps bool) string {
	if gaps && v != NotAuthentic && v != Unverifiable {
		return string(v) + " WITH GAPS"
	}
	return string(v)
}

// Text is the report in plain words, for a person who has never heard of a Merkle tree.
func (r *Report) Text() string {
	var b strings.Builder
	b.WriteString(r.Title() + "\n\n" + r.meaning() + "\n")
	if r.Package != "" {
		fmt.Fprintf(&b, "\nPackage %s of %s, request %s\n", r.Package, r.Site, r.Request)
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "\n  %s\n    %s\n    %s, %s to %s\n", f.Path, titled(f.Verdict, f.Gaps), f.Camera, clock(f.Span.Start), clock(f.Span.End))
		if f.Kind == Original && f.Units > 0 {
			fmt.Fprintf(&b, "    %s\n", f.units())
		}
	}
	r.wrong(&b)
	if len(r.GapList) > 0 {
		b.WriteString("\nNo footage exists of\n")
		for _, g := range r.GapList {
			fmt.Fprintf(&b, "  %s to %s: %s\n", clock(g.Span.Start), clock(g.Span.End), g.Cause)
		}
	}
	if len(r.Notes) > 0 {
		b.WriteString("\nTo know\n")
		for _, n := range r.Notes {
			b.WriteString("  " + n + "\n")
		}
	}
	return b.String()
}

func (r *Report) wrong(b *strings.Builder) {
	if len(r.Findings) == 0 {
		return
	}
	heading := "What is wrong"
	if r.Verdict == Unverifiable {
		heading = "What is missing"
	}
	b.WriteString("\n" + heading + "\n")
	for i, f := range r.Findings {
		if i == shownFindings {
			fmt.Fprintf(b, "  and %d more\n", len(r.Findings)-i+r.More)
			break
		}
		b.WriteString("  " + f.Text + "\n")
	}
}

func (f *FileResult) units() string {
	s := fmt.Sprintf("%d units (pictures and sound), each proved one by one", f.Units)
	switch f.Damaged {
	case 0:
		return s
	case 1:
		return s + "; 1 of them reached the recorder damaged"
	}
	return s + fmt.Sprintf("; %d of them reached the recorder damaged", f.Damaged)
}

func (r *Report) meaning() string {
	log := fmt.Sprintf("the log %s, which had %d entries when the package was made", r.Log, r.LogSize)
	switch r.Verdict {
	case Authentic:
		return "Every unit of the originals - each picture and each piece of sound - is exactly what the camera sent, at the time it was recorded.\nThat follows from " + log +
			",\nand from the log's key that you gave."
	case Consistent:
		return "Every unit of the originals fits " + log + ".\nThat log's key came with the package itself, so somebody who made up everything could have made up the key too.\n" +
			"Get the key from the site itself, not from whoever gave you this package, and verify again with --key."
	case Derivative:
		return "This footage was encoded again. The site attests by its signature what it was made of;\nit is not what the camera sent, and nothing in it can be proved picture by picture." + r.vouched()
	case Unverifiable:
		return "Nothing that could be checked is wrong, but something that the proof needs is missing.\nAsk whoever gave you the package for a complete copy, and verify that."
	}
	return "This is not what was recorded, or not what was released. Do not rely on it.\nKeep it as it is, and ask the site for another copy."
}

func (r *Report) vouched() string {
	if r.KeyGiven {
		return "\nThe signing key is announced in the site's log, whose key you gave."
	}
	return "\nThe signing key is announced in the log inside the package; give the log's key with --key to know that it is the site's."
}

// clock is a time as people read it.
func clock(t Time) string { return custody.Instant(t).Time().Format("2006-01-02 15:04:05.000 UTC") }

// Describe reads what a package says it holds, and proves nothing. It fails with Corrupt if package.json cannot be used.
func Describe(ctx context.Context, src Source) (Package, error) {
	v := &verifier{ctx: ctx, src: src}
	err := v.list()
	var raw []byte
	if err == nil {
		raw, err = v.document(filePackage, MaxDocument)
	}
	if errors.Is(err, errStop) {
		return Package{}, custody.Errorf(custody.Corrupt, "%s", v.report.Findings[0].Text)
	}
	if err != nil {
		return Package{}, err
	}
	p, err := ParsePackage(raw)
	return p, custody.Wrap(custody.Corrupt, err, "%s cannot be used: %s", filePackage, custody.PublicText(err))
}
