package request

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
)

// What stands where words were after a request's file was disposed of: nothing; Gone where there must be something, and GonePickUp, which has
// letters that no pick-up code has.
const (
	Gone       = "(disposed of)"
	GonePickUp = "DISPOSED"
)

// FileDisposal is the disposal of a request's file: proposed by one person, carried out by another. It names under which schedule, and what was
// destroyed by its digest.
type FileDisposal struct {
	Request   custody.RequestID
	By        custody.StaffID // who proposed it
	Proposed  custody.Instant
	Why       string          // a remark of theirs, 0 to 500 bytes
	Confirmed custody.StaffID // who carried it out; empty while it is only proposed
	At        custody.Instant // when; 0 while it is only proposed
	Authority string          // the schedule
	SHA256    [32]byte        // Words.Digest of what was destroyed
	Final     custody.Instant // when the last backup that holds the words ages out
}

// Done reports whether it was carried out.
func (d FileDisposal) Done() bool { return d.At != 0 }

// Words is all that is destroyed of a request's file. Packages at rest are named by their numbers; their keys are destroyed with it.
type Words struct {
	Format     string          `json:"format"` // WordsFormat
	Number     string          `json:"number"`
	Late       string          `json:"late"`
	Text       string          `json:"text"`
	Requester  string          `json:"requester"`
	Contact    string          `json:"contact"`
	Agency     string          `json:"agency"`
	Officer    string          `json:"officer"`
	Badge      string          `json:"badge"`
	Case       string          `json:"case_number"`
	Offence    string          `json:"offence"`
	PickUp     string          `json:"pick_up"`
	Why        string          `json:"why"`
	Items      []ItemWords     `json:"items"`      // by place
	Decisions  []ItemWords     `json:"decisions"`  // by item's place and decision
	Calls      []NumberedWords `json:"calls"`      // with whom it was spoken
	Notes      []NumberedWords `json:"notes"`      // by number
	Papers     []PaperWords    `json:"papers"`     // by id
	Packages   []PackageWords  `json:"packages"`   // by place
	Deliveries []DeliveryWords `json:"deliveries"` // by id
}

// WordsFormat names the form of Words: a change of it is another format.
const WordsFormat = "custody request file 1"

// ItemWords are the reason of a proposal (Decision 0) or of a decision about the item of a place.
type ItemWords struct {
	Place    int    `json:"place"`
	Decision int    `json:"decision"`
	Reason   string `json:"reason"`
}

// NumberedWords are those of a note or a call-back.
type NumberedWords struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// PaperWords are a paper's: its bytes are committed to by their digest, which stays.
type PaperWords struct {
	ID     custody.AttachmentID `json:"attachment"`
	Name   string               `json:"name"`
	Size   int64                `json:"size"`
	SHA256 string               `json:"sha256"` // hexadecimal
}

// PackageWords are a package's: why it failed or was recalled, and the digest of its report. Kept says that its bytes were at rest.
type PackageWords struct {
	ID     custody.PackageID `json:"package"`
	Why    string            `json:"why"`
	Report string            `json:"report_sha256"` // hexadecimal
	Kept   bool              `json:"kept"`
}

// DeliveryWords are a hand-over's: who took it, and who signed.
type DeliveryWords struct {
	ID        custody.DeliveryID `json:"delivery"`
	Recipient string             `json:"recipient"`
	Agency    string             `json:"agency"`
	Badge     string             `json:"badge"`
	SignedBy  string             `json:"signed_by"`
}

// Digest is the SHA-256 of the words as one JSON object: the members in the order of Words, no blanks, empty lists as [], strings as Go's
// encoding/json writes them. A copy of the file - out of a backup that is not aged out yet - can be held against it.
func (w Words) Digest() [32]byte {
	w.Format = WordsFormat
	w.Items, w.Decisions, w.Calls = listed(w.Items), listed(w.Decisions), listed(w.Calls)
	w.Notes, w.Papers, w.Packages, w.Deliveries = listed(w.Notes), listed(w.Papers), listed(w.Packages), listed(w.Deliveries)
	b, err := json.Marshal(w)
	if err != nil {
		return [32]byte{} // strings and numbers are always JSON
	}
	return sha256.Sum256(b)
}

func listed[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// Destroyed says in numbers what a disposal destroyed, and of which packages it destroyed the keys.
type Destroyed struct {
	Items      int                 `json:"items"`
	Decisions  int                 `json:"decisions"`
	Calls      int                 `json:"calls"`
	Notes      int                 `json:"notes"`
	Papers     int                 `json:"papers"`
	Bytes      int64               `json:"bytes"` // of papers
	Deliveries int                 `json:"deliveries"`
	Packages   []custody.PackageID `json:"packages,omitempty"`
}

// Counted says in numbers what the words are.
func (w Words) Counted() Destroyed {
	d := Destroyed{Items: len(w.Items), Decisions: len(w.Decisions), Calls: len(w.Calls), Notes: len(w.Notes), Papers: len(w.Papers), Deliveries: len(w.Deliveries)}
	for _, p := range w.Papers {
		d.Bytes += p.Size
	}
	for _, p := range w.Packages {
		if p.Kept {
			d.Packages = append(d.Packages, p.ID)
		}
	}
	return d
}

// Blank is the request as it stands after its file was disposed of at that instant.
func (r Request) Blank(at custody.Instant) Request {
	r.Late, r.Text, r.PickUp, r.Why, r.Requester, r.CallBack.Spoke = "", Gone, GonePickUp, "", Requester{}, ""
	r.Officer = Officer{AtSite: r.Officer.AtSite}
	r.Disposed = at
	return r
}

// Worded lists the columns of a request's row in which something stands that a disposal takes away.
func (r Request) Worded() []string {
	var out []string
	o, b := r.Officer, r.Blank(r.Disposed)
	for _, c := range []struct{ name, is, want string }{{"late", r.Late, b.Late}, {"text", r.Text, b.Text}, {"requester", r.Requester.Name, ""},
		{"contact", r.Requester.Contact, ""}, {"agency", o.Agency, ""}, {"officer", o.Name, ""}, {"badge", o.Badge, ""}, {"case_number", o.Case, ""},
		{"offence", o.Offence, ""}, {"pick_up", r.PickUp, b.PickUp}, {"why", r.Why, b.Why}} {
		if c.is != c.want {
			out = append(out, c.name)
		}
	}
	return out
}

// FileDisposalImage is a disposal as the diary shows it; its remark by digest only.
type FileDisposalImage struct {
	By        custody.StaffID `json:"proposed_by"`
	Proposed  string          `json:"proposed_at"`
	Why       string          `json:"why_sha256,omitempty"`
	Confirmed custody.StaffID `json:"confirmed_by,omitempty"`
	At        string          `json:"disposed_at,omitempty"`
	Authority string          `json:"authority,omitempty"`
	SHA256    string          `json:"file_sha256,omitempty"`
	Final     string          `json:"final_at,omitempty"`
}

// ImageOfFileDisposal is the disposal as the diary shows it.
func ImageOfFileDisposal(d FileDisposal) *FileDisposalImage {
	im := &FileDisposalImage{By: d.By, Proposed: written(d.Proposed), Why: reasonOf(d.Why), Confirmed: d.Confirmed, At: written(d.At), Authority: d.Authority,
		Final: written(d.Final)}
	if d.Done() {
		im.SHA256 = hex.EncodeToString(d.SHA256[:])
	}
	return im
}

// Blank are the images as they stand after a disposal: of a proposal or decision, an attempt to call, a note and a paper.
func (im RulingImage) Blank() RulingImage { im.Reason = ""; return im }

// Blank implements the same for an attempt.
func (im CallImage) Blank() CallImage { im.Spoke = digestOf(""); return im }

// Blank implements the same for a note.
func (im NoteImage) Blank() NoteImage { return ImageOfNote(Note{Text: Gone}) }

// Blank implements the same for a paper.
func (im PaperImage) Blank() PaperImage { im.Name = digestOf(Gone); return im }
