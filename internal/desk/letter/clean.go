package letter

import (
	"strings"
	"unicode"
)

// clean makes one line of a text that somebody else wrote: what would break the line, hide or turn the reading order round is left out.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.Map(harmless, strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

// cleanLines is clean for a text of several lines, which stay lines; more than one empty one in a row become one.
func cleanLines(s string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\n") {
		line = clean(line)
		if line != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, line)
		}
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// harmless drops what is not seen and changes how the rest is read, and makes a space of every other control character.
func harmless(r rune) rune {
	switch {
	case unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r) && r != '\u200D':
		return -1
	case unicode.IsControl(r), unicode.Is(unicode.Co, r):
		return ' '
	}
	return r
}
