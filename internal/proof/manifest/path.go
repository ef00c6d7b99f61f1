package manifest

import (
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// The files of a package by name. Everything else lies below data/ or proof/segments/.
const (
	fileBagit       = "bagit.txt"
	fileBagInfo     = "bag-info.txt"
	fileManifest    = "manifest-sha256.txt"
	fileTagManifest = "tagmanifest-sha256.txt"
	filePackage     = "package.json"
	fileCustody     = "custody.jsonl"
	fileCheckpoint  = "proof/checkpoint"
	fileLogKey      = "proof/log-key"
	fileSigningKey  = "proof/signing-key.json"
	filePage        = "VERIFY.html"
	fileCertificate = "certificate.pdf"
	fileSignature   = "signature"

	dirData     = "data/"
	dirSegments = "proof/segments/"
)

const (
	maxPath     = 200
	maxPathElem = 100
	maxDepth    = 6
)

// CheckPath accepts the names that a file of a package may have: relative, at most 6 elements of at most 100 letters, digits, ".",
// "_" and "-", none beginning or ending with a dot, none that Windows keeps for a device. So a name means the same file on every system
// and never one outside the package. Everything else is Corrupt.
func CheckPath(path string) error {
	elems := strings.Split(path, "/")
	ok := len(path) <= maxPath && len(elems) <= maxDepth
	for _, e := range elems {
		ok = ok && isPathElem(e)
	}
	if !ok {
		return custody.Errorf(custody.Corrupt, "%q is not a name that a file of a package may have", clip(path, 80))
	}
	return nil
}

func isPathElem(e string) bool {
	if e == "" || len(e) > maxPathElem || e[0] == '.' || e[len(e)-1] == '.' {
		return false
	}
	for _, c := range []byte(e) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	stem, _, _ := strings.Cut(strings.ToLower(e), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return false
	}
	device := len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '0' && stem[3] <= '9'
	return !device
}

// segmentFile is where a segment's proof lies; rows is its unit rows.
func segmentFile(id custody.SegmentID) string     { return dirSegments + string(id) + ".json" }
func segmentRowsFile(id custody.SegmentID) string { return dirSegments + string(id) + ".units" }
