package delivery

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Limits of what is stated, in bytes.
const (
	maxName  = 200
	maxBadge = 60
	maxWhy   = 500
	maxCode  = 64
)

// check bounds what was stated and trims it.
func (in *In) check() error {
	if !slices.Contains(Ways(), in.Way) {
		return custody.Errorf(custody.Invalid, "way: say how it is handed over, as a folder on a stick or on a disc")
	}
	if in.Version < 0 {
		return custody.Errorf(custody.Invalid, "version: it is the request's version, from 1")
	}
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"recipient", &in.Recipient, maxName}, {"agency", &in.Agency, maxName}, {"badge", &in.Badge, maxBadge}, {"pick-up code", &in.PickUp, maxCode},
		{"the name on the receipt", &in.SignedBy, maxName}} {
		text, err := line(f.name, *f.text, 0, f.most)
		if err != nil {
			return err
		}
		*f.text = text
	}
	return nil
}

// line trims a text and holds it to one line of printable characters and a number of bytes.
func line(name, text string, least, most int) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > most || len(text) < least || !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		return "", custody.Errorf(custody.Invalid, "%s: it is one line of %d to %d bytes of text", name, least, most)
	}
	return text, nil
}

// unprintable are characters that break a line, or turn the reading order of a letter round.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
}

// admits says whether who comes may take what the asker asked for, and whether by the pick-up code. Invalid: something was not stated.
// Denied: it is somebody else.
func (a Asker) admits(in In) (byCode bool, err error) {
	if a.Kind == access.LawEnforcement {
		return false, a.admitsOfficer(in)
	}
	if in.Agency != "" || in.Badge != "" {
		return false, custody.Errorf(custody.Invalid, "agency, badge: an open-records request is handed to a person, not to an agency")
	}
	switch {
	case in.PickUp != "":
		if !sameCode(a.PickUp, in.PickUp) {
			return false, custody.Errorf(custody.Denied, "that is not the pick-up code of this request: it stands on the acknowledgement")
		}
		return true, nil
	case in.Recipient == "":
		return false, custody.Errorf(custody.Invalid, "recipient: state who takes it, or the pick-up code")
	case a.Name == "":
		return false, custody.Errorf(custody.Invalid, "pick-up code: the requester gave no name, so the code decides who takes it")
	case !sameName(a.Name, in.Recipient):
		return false, custody.Errorf(custody.Denied, "the request was made under another name: who comes for somebody else brings the pick-up code")
	}
	return false, nil
}

// admitsOfficer admits the officer who asked, with their badge, or another named person of the same agency with theirs.
func (a Asker) admitsOfficer(in In) error {
	switch {
	case in.PickUp != "":
		return custody.Errorf(custody.Invalid, "pick-up code: a law-enforcement request is handed to a named person with a badge")
	case in.Recipient == "" || in.Agency == "" || in.Badge == "":
		return custody.Errorf(custody.Invalid, "recipient, agency, badge: state all three, as the officer shows them")
	case a.Agency == "":
		return custody.Errorf(custody.Conflict, "the request names no agency: complete it first")
	case !sameName(a.Agency, in.Agency):
		return custody.Errorf(custody.Denied, "the request was made by another agency: only a person of that agency takes the package")
	case sameName(a.Officer, in.Recipient) && !sameName(a.Badge, in.Badge):
		return custody.Errorf(custody.Denied, "that is not the badge of the officer who asked: look at it again")
	case !sameName(a.Officer, in.Recipient) && sameName(a.Badge, in.Badge):
		return custody.Errorf(custody.Denied, "that badge is the officer's who asked, and the name is not: look at both again")
	}
	return nil
}

// sameName compares what people write, whatever the case and the spaces.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// sameCode compares codes in a time that says nothing about either. An empty code is nobody's.
func sameCode(want, got string) bool {
	a, b := sha256.Sum256([]byte(plain(want))), sha256.Sum256([]byte(plain(got)))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && plain(want) != ""
}

// plain is a code without what people put between its letters.
func plain(code string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code))
}
