package request

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// FormatNumber is the number of the request of that place in a year: REQ-2026-0007.
func FormatNumber(year, place int) string { return fmt.Sprintf("REQ-%04d-%04d", year, place) }

// ParseNumber reads a request's number as FormatNumber writes it, and no other spelling. NotFound otherwise: no request has it.
func ParseNumber(s string) (year, place int, err error) {
	rest, ok := strings.CutPrefix(s, "REQ-")
	y, p, two := strings.Cut(rest, "-")
	year, err1 := strconv.Atoi(y)
	place, err2 := strconv.Atoi(p)
	if !ok || !two || err1 != nil || err2 != nil || year < 1970 || year > 9999 || place < 1 || len(p) > 9 || FormatNumber(year, place) != s {
		return 0, 0, custody.Errorf(custody.NotFound, "there is no such request: a number reads like REQ-2026-0007")
	}
	return year, place, nil
}

// NumberOf is the number of an item of a request: REQ-2026-0007/1.
func NumberOf(number string, place int) string { return number + "/" + strconv.Itoa(place) }

// pickUpLetters are those that nobody takes for another.
const (
	pickUpLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	pickUpLength  = 8
)

// newPickUp draws a pick-up code: 40 random bits.
func newPickUp() string {
	var b [pickUpLength]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	for i := range b {
		b[i] = pickUpLetters[int(b[i])%len(pickUpLetters)]
	}
	return string(b[:])
}

// ParsePickUp reads a pick-up code as people write it: in any case, with spaces or hyphens. Invalid if it cannot be one.
func ParsePickUp(s string) (string, error) {
	if len(s) > 4*pickUpLength {
		return "", errPickUp()
	}
	var b strings.Builder
	for _, c := range strings.ToUpper(s) {
		switch {
		case c == ' ' || c == '-':
		case c < utf8.RuneSelf && strings.ContainsRune(pickUpLetters, c):
			b.WriteRune(c)
		default:
			return "", errPickUp()
		}
	}
	if b.Len() != pickUpLength {
		return "", errPickUp()
	}
	return b.String(), nil
}

func errPickUp() error {
	return custody.Errorf(custody.Invalid, "pick-up code: it has %d letters and digits, without I, O, 0 and 1", pickUpLength)
}

const maxName = 120 // bytes of an attachment's name

// CleanName makes a file's name of whatever a client calls it: the last part of a path, without control characters or what a file system
// or a page could take amiss, at most 120 bytes. It is only shown. What has no name left is called "paper".
func CleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), !unicode.IsPrint(r), strings.ContainsRune(`<>:"|?*`, r):
			return -1
		}
		return r
	}, s)
	s = strings.Trim(s, " .")
	for len(s) > maxName {
		_, n := utf8.DecodeLastRuneInString(s)
		s = strings.TrimRight(s[:len(s)-n], " .")
	}
	if s == "" {
		return "paper"
	}
	return s
}
