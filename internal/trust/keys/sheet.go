package keys

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	sheetParts = 4 // lines that carry 8 bytes of key and 2 of check
	sheetLine  = 16
	sheetMax   = 64 << 10
)

// RecoverySheet is the text to print and lock away: the site key as four lines of four groups, each line with a check of
// its own so that a typing error is located, and a fifth line that checks the whole. The text is as secret as
// the key. site and at say whose and since when; they are not part of the key.
func RecoverySheet(k *SiteKey, site string, at custody.Instant) string {
	var b strings.Builder
	fmt.Fprintf(&b, `CUSTODY RECOVERY SHEET

Site:     %s
Printed:  %s

Whoever holds this sheet and a copy of the database can read the footage.
Whoever loses both this sheet and the site key file has lost the footage.
Keep it on paper, locked away, never in a photograph or a file.

To restore the site key, type the five lines. Capitals, spaces and hyphens
do not matter; there is no zero, one, eight or nine among the characters.

`, singleLine(site), at)
	key := k.key.Bytes()
	for n := 1; n <= sheetParts; n++ {
		part := key[(n-1)*8 : n*8]
		b.WriteString(sheetText(n, append(part[:8:8], partCheck(n, part)...)))
	}
	b.WriteString(sheetText(sheetParts+1, wholeCheck(key)))
	return b.String()
}

func singleLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func sheetText(n int, data []byte) string {
	s := base32.StdEncoding.EncodeToString(data)
	return fmt.Sprintf("    %d:  %s-%s-%s-%s\n", n, s[:4], s[4:8], s[8:12], s[12:])
}

func partCheck(n int, part []byte) []byte {
	sum := sha256.Sum256(append([]byte{'c', 'r', '1', byte(n)}, part...))
	return sum[:2]
}

func wholeCheck(key [32]byte) []byte {
	sum := sha256.Sum256(append([]byte("custody recovery sheet v1"), key[:]...))
	return sum[:10]
}

// ParseRecoverySheet reads the lines of a recovery sheet back, typed by a person: letter case, spaces,
// hyphens and the sheet's other text do not matter, and 0, 1 and 8 are read as O, I and B. Every failure is
// Invalid and names the line to type again; no error repeats what was typed.
func ParseRecoverySheet(text string) (*SiteKey, error) {
	if len(text) > sheetMax {
		return nil, custody.Errorf(custody.Invalid, "the recovery sheet is longer than %d bytes", sheetMax)
	}
	var lines [sheetParts + 1][]byte
	for line := range strings.Lines(text) {
		n, rest := sheetNumber(line)
		if n == 0 {
			continue
		}
		if lines[n-1] != nil {
			return nil, custody.Errorf(custody.Invalid, "line %d of the recovery sheet stands twice: keep one", n)
		}
		data, err := sheetData(n, rest)
		if err != nil {
			return nil, err
		}
		lines[n-1] = data
	}
	var key [32]byte
	defer clear(key[:])
	for i, data := range lines {
		if data == nil {
			return nil, custody.Errorf(custody.Invalid, "line %d of the recovery sheet is missing: it begins with \"%d:\"", i+1, i+1)
		}
		if i < sheetParts {
			copy(key[i*8:], data[:8])
		}
	}
	if subtle.ConstantTimeCompare(wholeCheck(key), lines[sheetParts]) != 1 {
		return nil, custody.Errorf(custody.Invalid, "the five lines of the recovery sheet do not belong together: compare every line, the fifth first")
	}
	return &SiteKey{key: KeyOf(key)}, nil
}

// sheetNumber finds the number that begins a key line, "3:"; 0 if the line is something else.
func sheetNumber(line string) (n int, rest string) {
	line = strings.TrimSpace(line)
	if len(line) < 2 || line[0] < '1' || line[0] > '0'+sheetParts+1 {
		return 0, ""
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(line[1:]), ":")
	if !ok {
		return 0, ""
	}
	return int(line[0] - '0'), rest
}

func sheetData(n int, text string) ([]byte, error) {
	letters := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\r':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, text)
	letters = strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(letters)
	if len(letters) != sheetLine {
		return nil, custody.Errorf(custody.Invalid, "line %d of the recovery sheet must have %d letters and digits", n, sheetLine)
	}
	data, err := base32.StdEncoding.DecodeString(letters)
	if err != nil || len(data) != 10 {
		return nil, custody.Errorf(custody.Invalid, "line %d of the recovery sheet holds a character that never occurs on a sheet", n)
	}
	if n <= sheetParts && subtle.ConstantTimeCompare(partCheck(n, data[:8]), data[8:]) != 1 {
		return nil, custody.Errorf(custody.Invalid, "line %d of the recovery sheet has a typing error", n)
	}
	return data, nil
}
