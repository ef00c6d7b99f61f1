package request

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// prose checks what people wrote: any Unicode but control characters, newline and tab excepted. least and most are bytes.
func prose(field, s string, least, most int) error {
	if len(s) > most || len(strings.TrimSpace(s)) < least {
		return custody.Errorf(custody.Invalid, "%s: write %d to %d bytes", field, least, most)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return custody.Errorf(custody.Invalid, "%s: it must be text without control characters", field)
	}
	return nil
}

// line is prose of one line.
func line(field, s string, least, most int) error {
	if strings.ContainsAny(s, "\n\t\u2028\u2029") {
		return custody.Errorf(custody.Invalid, "%s: write one line", field)
	}
	return prose(field, s, least, most)
}

// trimmed takes blanks from both ends of every text.
func trimmed(texts ...*string) {
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}
