package request

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/footage-custody/custody/internal/custody"
)

// Entry is the detail of every entry of the diary about a request, so that its rows can be proved from the log: the request as the act left
// it, and the items that the act changed. What people said - names, words, reasons, the pick-up code - is committed to by digest and
// not repeated: a package tells its recipient the entries of their request, and the diary is read by more people than the request is.
type Entry struct {
	Act     Act              `json:"act"`
	From    State            `json:"from,omitempty"` // before the act
	Request Image            `json:"request"`
	Items   []ItemImage      `json:"items,omitempty"`
	Holds   []custody.HoldID `json:"holds,omitempty"`   // that the act placed
	Voided  bool             `json:"voided,omitempty"`  // what was proposed or decided before counts no more
	Earlier []string         `json:"earlier,omitempty"` // items whose footage of this camera and span was handed over before
	Paper   *PaperImage      `json:"paper,omitempty"`   // that was added
	Note    *NoteImage       `json:"note,omitempty"`    // that was added
	Call    *CallImage       `json:"call,omitempty"`    // that was made
	// Disposal is the disposal of the request's file as it stands then, and Destroyed what it destroyed.
	Disposal  *FileDisposalImage `json:"disposal,omitempty"`
	Destroyed *Destroyed         `json:"destroyed,omitempty"`
}

// Image is a request as the diary shows it. Instants and spans are written as custody writes them, empty for none.
type Image struct {
	Number     string             `json:"number"`
	Kind       Kind               `json:"kind"`
	State      State              `json:"state"`
	Since      string             `json:"since"`
	Channel    Channel            `json:"channel"`
	Received   string             `json:"received"`
	Logged     string             `json:"logged"`
	LoggedBy   custody.StaffID    `json:"logged_by"`
	Oral       bool               `json:"oral,omitempty"`
	ReadBack   bool               `json:"read_back,omitempty"`
	Inspect    bool               `json:"inspect,omitempty"`
	Cameras    []custody.CameraID `json:"asked_cameras,omitempty"`
	Span       string             `json:"asked_span,omitempty"`
	Concerned  []custody.StaffID  `json:"concerned,omitempty"`
	CalledBack bool               `json:"called_back,omitempty"`
	Due        string             `json:"due"`
	Ended      string             `json:"ended,omitempty"`
	Closing    Closing            `json:"closing,omitempty"`
	Version    int64              `json:"version"`
	Ruling     int64              `json:"ruling"`
	Words      string             `json:"words_sha256"`
}

// ItemImage is an item as the diary shows it.
type ItemImage struct {
	Item     custody.ItemID   `json:"item"`
	Place    int              `json:"place"`
	Camera   custody.CameraID `json:"camera"`
	Span     string           `json:"span"`
	Stage    Stage            `json:"stage"`
	Proposal *RulingImage     `json:"proposal,omitempty"`
	Decision *RulingImage     `json:"decision,omitempty"`
	Out      string           `json:"out,omitempty"`
}

// RulingImage is a proposal or a decision.
type RulingImage struct {
	Outcome  Outcome         `json:"outcome"`
	Citation string          `json:"citation,omitempty"`
	By       custody.StaffID `json:"by"`
	At       string          `json:"at"`
	Lapses   string          `json:"lapses,omitempty"`
	Reason   string          `json:"reason_sha256,omitempty"`
}

// PaperImage is an attachment; its name is in the request's file only.
type PaperImage struct {
	ID     custody.AttachmentID `json:"attachment"`
	Size   int64                `json:"size"`
	SHA256 string               `json:"sha256"`
	Name   string               `json:"name_sha256"`
}

// NoteImage is a note, which is in the request's file only.
type NoteImage struct {
	Text string `json:"text_sha256"`
}

// CallImage is an attempt to call an officer back.
type CallImage struct {
	Agency  custody.AgencyID `json:"agency"`
	Number  string           `json:"number"`
	Reached bool             `json:"reached"`
	Spoke   string           `json:"spoke_sha256"`
	By      custody.StaffID  `json:"by"`
	At      string           `json:"at"`
}

// ImageOf is the request as the diary shows it.
func ImageOf(r Request) Image {
	im := Image{Number: r.Number, Kind: r.Kind, State: r.State, Since: written(r.Since), Channel: r.Channel, Received: written(r.Received),
		Logged: written(r.Logged), LoggedBy: r.LoggedBy, Oral: r.Oral, ReadBack: r.ReadBack, Inspect: r.Inspect, Cameras: r.Asked.Cameras,
		Concerned: r.Concerned, CalledBack: r.CallBack.Reached, Due: written(r.Due), Ended: written(r.Ended), Closing: r.Closing,
		Version: r.Version, Ruling: r.Ruling}
	if r.Asked.Span != (custody.Span{}) {
		im.Span = r.Asked.Span.String()
	}
	c := r.CallBack
	im.Words = digestOf(r.Late, r.Text, r.Requester.Name, r.Requester.Contact, r.Officer, r.PickUp, r.Why, c.Agency, c.Number, c.Spoke, c.By, c.At)
	return im
}

// PickedApart reports whether two images of one request differ in what never changes of it.
func (im Image) PickedApart(o Image) bool {
	return im.Kind != o.Kind || im.Channel != o.Channel || im.Logged != o.Logged || im.LoggedBy != o.LoggedBy || im.Oral != o.Oral
}

// ImageOfItem is the item as the diary shows it.
func ImageOfItem(it Item) ItemImage {
	im := ItemImage{Item: it.ID, Place: it.Place, Camera: it.Camera, Span: it.Span.String(), Stage: it.Stage, Out: written(it.Out)}
	if p := it.Proposal; p != (Proposal{}) {
		im.Proposal = &RulingImage{Outcome: p.Outcome, Citation: p.Citation, By: p.By, At: written(p.At), Reason: reasonOf(p.Reason)}
	}
	if d := it.Decision; d != (Decision{}) {
		im.Decision = ImageOfDecision(d)
	}
	return im
}

// ImageOfDecision is the decision as the diary shows it.
func ImageOfDecision(d Decision) *RulingImage {
	return &RulingImage{Outcome: d.Outcome, Citation: d.Citation, By: d.By, At: written(d.At), Lapses: written(d.Lapses), Reason: reasonOf(d.Reason)}
}

// ImageOfCall is the attempt as the diary shows it.
func ImageOfCall(c CallBack) CallImage {
	return CallImage{Agency: c.Agency, Number: c.Number, Reached: c.Reached, Spoke: digestOf(c.Spoke), By: c.By, At: written(c.At)}
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return digestOf(reason)
}

// ImageOfPaper is the attachment as the diary shows it.
func ImageOfPaper(a Attachment) PaperImage {
	return PaperImage{ID: a.ID, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:]), Name: digestOf(a.Name)}
}

// ImageOfNote is the note as the diary shows it.
func ImageOfNote(n Note) NoteImage { return NoteImage{Text: digestOf(n.Text)} }

func written(i custody.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}

// digestOf is the SHA-256 of values as a JSON array, so that no two lists of values read alike.
func digestOf(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		return "" // strings, instants and plain structs are always JSON
	}
	d := sha256.Sum256(b)
	return hex.EncodeToString(d[:])
}

// event makes the entry of an act on a request. The request is as the act left it, its version raised.
func event(t custody.EventType, at custody.Instant, actor string, camera custody.CameraID, r Request, e Entry) (custody.Event, error) {
	e.Request = ImageOf(r)
	return custody.NewEvent(t, at, actor, camera, string(r.ID), e)
}

func images(items []Item) []ItemImage {
	out := make([]ItemImage, 0, len(items))
	for _, it := range items {
		out = append(out, ImageOfItem(it))
	}
	return out
}
