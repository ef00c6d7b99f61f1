package release

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// Entry is the detail of package.made: what the package is, so that its row can be proved by the log.
type Entry struct {
	Package   custody.PackageID `json:"package"`
	Number    string            `json:"number"`
	Place     int               `json:"place"`
	Ruling    int64             `json:"ruling"`
	Items     []custody.ItemID  `json:"items"`
	Begun     custody.Instant   `json:"begun_us"`
	Made      custody.Instant   `json:"made_us"`
	Size      int64             `json:"size"`
	FileCount int               `json:"file_count"`
	Digest    string            `json:"digest"` // SHA-256 of tagmanifest-sha256.txt, which names every file
	Verdict   string            `json:"verdict"`
	Files     []FileEntry       `json:"files"`             // of a large package those of footage, and what is not below proof/
	Films     []FilmEntry       `json:"films"`             // media files with what was decided of them
	Without   []custody.ItemID  `json:"without,omitempty"` // items of the request of which nothing left
}

// FileEntry is one file of it.
type FileEntry struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// FilmEntry is one media file of it, with what was decided.
type FilmEntry struct {
	Path   string           `json:"path"`
	Item   custody.ItemID   `json:"item"`
	Camera custody.CameraID `json:"camera"`
	Span   string           `json:"span"`
}

// maxFilesTold bounds the files that package.made names one by one: an entry of the diary takes a mebibyte.
const maxFilesTold = 2000

// EntryOf is the entry of a package that was made, but for what the request withholds.
func EntryOf(p Package) Entry {
	e := Entry{Package: p.ID, Number: p.Number, Place: p.Place, Ruling: p.Ruling, Items: p.Items, Begun: p.Begun, Made: p.Made, Size: p.Size,
		FileCount: len(p.Files), Digest: hex.EncodeToString(p.Digest[:]), Verdict: p.Verdict}
	for _, f := range p.Files {
		if len(p.Files) <= maxFilesTold || !strings.HasPrefix(f.Path, "proof/segments/") {
			e.Files = append(e.Files, FileEntry{f.Path, f.Size, hex.EncodeToString(f.SHA256[:])})
		}
	}
	for _, f := range p.Films {
		e.Films = append(e.Films, FilmEntry{f.Path, f.Item, f.Camera, f.Span.String()})
	}
	slices.SortFunc(e.Films, func(a, b FilmEntry) int { return strings.Compare(a.Path, b.Path) })
	return e
}

// made is the event of a package that was made.
func made(p Package, w Work) (custody.Event, error) {
	e := EntryOf(p)
	for _, i := range w.Items {
		if !allowed(i) {
			e.Without = append(e.Without, i.ID)
		}
	}
	return custody.NewEvent(custody.EventPackageMade, p.Made, "system", "", string(p.Request), e)
}

// failedDetail is the body of package.failed.
type failedDetail struct {
	Package custody.PackageID `json:"package"`
	Number  string            `json:"number"`
	Ruling  int64             `json:"ruling"`
	Why     string            `json:"why"`
}

// failed is the entry of a package that could not be made, or was stopped.
func failed(p Package, why string, at custody.Instant, actor string) (custody.Event, error) {
	return custody.NewEvent(custody.EventPackageFailed, at, actor, "", string(p.Request), failedDetail{p.ID, p.Number, p.Ruling, why})
}

// retriedDetail is the body of package.retried: how the package stands from then on.
type retriedDetail struct {
	Package custody.PackageID `json:"package"`
	Number  string            `json:"number"`
	Ruling  int64             `json:"ruling"`
	State   State             `json:"state"`
}

// retried is the entry of a package that somebody has made again.
func retried(p Package, at custody.Instant, actor string) (custody.Event, error) {
	return custody.NewEvent(custody.EventPackageRetried, at, actor, "", string(p.Request), retriedDetail{p.ID, p.Number, p.Ruling, Building})
}

// readDetail is the body of package.read.
type readDetail struct {
	Package custody.PackageID `json:"package"`
	Number  string            `json:"number"`
	Digest  string            `json:"digest"`
	Grant   custody.GrantID   `json:"grant"`
	Session custody.SessionID `json:"session,omitempty"`
}
