package camera

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// maxProblems is how many problems an error spells out.
const maxProblems = 100

// problems gathers everything that is wrong with an input, so that a person mends it in one go.
type problems []problem

type problem struct {
	line int // from 1; 0 if the input has no lines
	text string
}

func (ps *problems) add(line int, format string, args ...any) {
	*ps = append(*ps, problem{line, fmt.Sprintf(format, args...)})
}

// at adds the problems of one camera under its line.
func (ps *problems) at(line int, more problems) {
	for _, p := range more {
		ps.add(line, "%s", p.text)
	}
}

// err is nil without problems, otherwise Invalid with one line for each.
func (ps problems) err(what string) error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	var b strings.Builder
	b.WriteString(what)
	for i, p := range ps {
		if i == maxProblems {
			fmt.Fprintf(&b, "\n... and %d more", len(ps)-i)
			break
		}
		b.WriteString("\n")
		if p.line > 0 {
			fmt.Fprintf(&b, "line %d: ", p.line)
		}
		b.WriteString(p.text)
	}
	return custody.Errorf(custody.Invalid, "%s", b.String())
}
