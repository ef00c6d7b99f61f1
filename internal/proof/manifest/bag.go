package manifest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// bagit is the whole of bagit.txt (RFC 8493 §2.1.1).
const bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// sums are the lines of a bag manifest (RFC 8493 §2.1.3): digests by path.
type sums map[string]Digest

// encode writes the lines in order of path: digest, two spaces, path, line feed.
func (s sums) encode() []byte {
	paths := make([]string, 0, len(s))
	for p := range s {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	var b bytes.Buffer
	for _, p := range paths {
		fmt.Fprintf(&b, "%s  %s\n", s[p], p)
	}
	return b.Bytes()
}

// parseSums reads what encode wrote: any other order, spacing, a name that no file may have or one that is there twice - upper and
// lower case being the same - is Corrupt.
func parseSums(b []byte) (sums, error) {
	if len(b) > MaxDocument {
		return nil, custody.Errorf(custody.Corrupt, "it has more than %d bytes", MaxDocument)
	}
	s, folded := sums{}, map[string]bool{}
	for line := range strings.Lines(string(b)) {
		digest, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		var d Digest
		if !ok || unhex(d[:], []byte(digest)) != nil {
			return nil, custody.Errorf(custody.Corrupt, "a line of it is no digest, two spaces and a name")
		}
		if err := CheckPath(path); err != nil {
			return nil, err
		}
		if folded[strings.ToLower(path)] || len(s) >= MaxFiles {
			return nil, custody.Errorf(custody.Corrupt, "it lists %s twice, or more than %d files", path, MaxFiles)
		}
		folded[strings.ToLower(path)] = true
		s[path] = d
	}
	if !bytes.Equal(s.encode(), b) {
		return nil, custody.Errorf(custody.Corrupt, "its lines are not in order, or the last does not end")
	}
	return s, nil
}

// bagInfo is bag-info.txt (RFC 8493 §2.2.2) of a package with that payload.
func bagInfo(p *Package, files int, octets int64) []byte {
	return fmt.Appendf(nil, "Source-Organization: %s\nExternal-Identifier: %s\nExternal-Description: Request %s\nBagging-Date: %s\nPayload-Oxum: %d.%d\n",
		oneLine(p.Site.Name), p.ID, oneLine(p.Request.Number), custody.Instant(p.Made).Time().Format("2006-01-02"), octets, files)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// digestText is the digits of a digest.
func digestText(d [32]byte) string { return hex.EncodeToString(d[:]) }
