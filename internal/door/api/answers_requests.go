package api

// PersonRef names a member of staff.
type PersonRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CameraRef names a camera.
type CameraRef struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Class string `json:"class,omitempty"`
}

// RequestSummary is a request as the queue shows it.
type RequestSummary struct {
	ID         string      `json:"id"`
	Number     string      `json:"number"`
	Kind       string      `json:"kind" enum:"open-records,law-enforcement"`
	State      string      `json:"state" enum:"received,clarify,misdirected,scoped,proposed,decided,available,delivered,closed,disposed"`
	Title      string      `json:"title" doc:"The beginning of what was asked"`
	ReceivedAt string      `json:"received_at" format:"date-time" doc:"When it reached any employee; the clocks run from then"`
	LoggedAt   string      `json:"logged_at" format:"date-time"`
	Due        *Due        `json:"due,omitempty" doc:"The next date that binds; absent when nothing is due"`
	Cameras    []CameraRef `json:"cameras"`
	Closing    string      `json:"closing,omitempty"`
}

// Due is the next date that binds, and every clock that runs.
type Due struct {
	Name             string  `json:"name"`
	At               string  `json:"at" format:"date-time"`
	LeftBusinessDays int     `json:"left_business_days"`
	Overdue          bool    `json:"overdue"`
	Clocks           []Clock `json:"clocks"`
}

// Clock is one date with its arithmetic.
type Clock struct {
	Name   string    `json:"name"`
	At     string    `json:"at" format:"date-time"`
	Passed bool      `json:"passed"`
	Steps  []DayStep `json:"steps"`
}

// DayStep is one day of a clock's arithmetic.
type DayStep struct {
	Day     string `json:"day" doc:"2026-11-11"`
	Counted int    `json:"counted" doc:"Its number among those that count; 0 if it does not"`
	Why     string `json:"why,omitempty" doc:"Why it does not count"`
}

// Request is one request with everything about it that its workers see.
type Request struct {
	RequestSummary
	Channel     string       `json:"channel"`
	Text        string       `json:"text" doc:"What was asked, word for word"`
	Oral        bool         `json:"oral"`
	ReadBack    bool         `json:"read_back"`
	Inspect     bool         `json:"inspect" doc:"To look under supervision is enough"`
	Requester   Requester    `json:"requester"`
	Officer     Officer      `json:"officer"`
	Asked       Asked        `json:"asked"`
	Concerned   []PersonRef  `json:"concerned" doc:"Who filed it or is its subject: they act on nothing of it"`
	LoggedBy    PersonRef    `json:"logged_by"`
	CallBack    *CallBack    `json:"call_back,omitempty"`
	PickUp      string       `json:"pick_up" doc:"The code by which somebody without an address asks how it stands"`
	Items       []Item       `json:"items"`
	Attachments []Attachment `json:"attachments"`
	Holds       []Hold       `json:"holds"`
	Packages    []Package    `json:"packages"`
	Deliveries  []Delivery   `json:"deliveries"`
	Notes       []Note       `json:"notes"`
	Why         string       `json:"why,omitempty" doc:"The closing's reason"`
	Disposed    *Tombstone   `json:"disposed,omitempty" doc:"Its file was disposed of: what else stands here is what is left of it"`
	Version     int64        `json:"version" doc:"To be sent back with a change"`
	Can         []string     `json:"can" doc:"Of prepare, decide, close, hand-over, recall, lift and confirm those that some role of the caller allows; each act is judged on its own"`
	Next        Next         `json:"next"`
}

// Note is a remark of staff, for the file.
type Note struct {
	By   PersonRef `json:"by"`
	At   string    `json:"at" format:"date-time"`
	Text string    `json:"text"`
}

// Next is what has to happen now, and who can do it.
type Next struct {
	Act  string `json:"act" enum:"call-back,scope,propose,decide,wait,hand-over,receipt,close,none"`
	Text string `json:"text" doc:"In plain words"`
	Who  string `json:"who" doc:"Whose turn it is"`
}

// Requester is who asks, as far as they say.
type Requester struct {
	Name    string `json:"name" maxLength:"200"`
	Contact string `json:"contact" maxLength:"500"`
}

// Officer is who asks for a law-enforcement agency.
type Officer struct {
	Agency  string `json:"agency" maxLength:"200"`
	Name    string `json:"name" maxLength:"200"`
	Badge   string `json:"badge" maxLength:"80"`
	Case    string `json:"case" maxLength:"80"`
	Offence string `json:"offence" maxLength:"500"`
	AtSite  bool   `json:"at_site" doc:"Said to have happened here"`
}

// Asked is what the requester said about place and time.
type Asked struct {
	Cameras []string `json:"cameras" maxItems:"64" doc:"Ids; none: not known, so every camera is held"`
	From    string   `json:"from,omitempty" maxLength:"40"`
	To      string   `json:"to,omitempty" maxLength:"40"`
}

// CallBack is the latest attempt to reach the officer by the site's own directory.
type CallBack struct {
	AgencyID string    `json:"agency_id"`
	Agency   string    `json:"agency"`
	Number   string    `json:"number"`
	Reached  bool      `json:"reached"`
	Spoke    string    `json:"spoke"`
	By       PersonRef `json:"by"`
	At       string    `json:"at" format:"date-time"`
}

// Item is one camera and one span, decided alone.
type Item struct {
	ID        string        `json:"id"`
	Place     int           `json:"place"`
	Number    string        `json:"number"`
	Camera    CameraRef     `json:"camera"`
	From      string        `json:"from" format:"date-time"`
	To        string        `json:"to" format:"date-time"`
	FromUS    int64         `json:"from_us"`
	ToUS      int64         `json:"to_us"`
	Stage     string        `json:"stage" enum:"scoped,proposed,decided,ended"`
	Proposal  *ItemOutcome  `json:"proposal,omitempty"`
	Decision  *ItemOutcome  `json:"decision,omitempty"`
	Inventory *Inventory    `json:"inventory,omitempty" doc:"Only from the item's preview"`
	Earlier   []EarlierItem `json:"earlier,omitempty" doc:"Only from the item's preview: what was decided before for footage that overlaps"`
	Preview   *ItemPreview  `json:"preview,omitempty" doc:"Only from the item's preview: what a package would hold"`
	// Possible are outcomes with why they cannot be proposed.
	Possible []PossibleOutcome `json:"possible,omitempty" doc:"Only from the item's preview"`
}

// PossibleOutcome is an outcome, and why it cannot be proposed now.
type PossibleOutcome struct {
	Outcome string `json:"outcome"`
	WhyNot  string `json:"why_not,omitempty" doc:"Absent: it can be"`
}

// ItemOutcome is what was proposed or decided.
type ItemOutcome struct {
	Outcome  string    `json:"outcome" enum:"grant,inspect-only,deny,no-record"`
	Citation string    `json:"citation,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	By       PersonRef `json:"by"`
	At       string    `json:"at" format:"date-time"`
	LapsesAt string    `json:"lapses_at,omitempty" format:"date-time"`
	Lapsed   bool      `json:"lapsed,omitempty"`
}

// Inventory is what there is of a camera in an item's span.
type Inventory struct {
	Recorded   [][2]int64         `json:"recorded"`
	Gaps       []Gap              `json:"gaps"`
	Disposed   [][2]int64         `json:"disposed"`
	Restricted []RestrictedStroke `json:"restricted"`
}

// EarlierItem is an item of another request that overlaps.
type EarlierItem struct {
	Number  string `json:"number"`
	FromUS  int64  `json:"from_us"`
	ToUS    int64  `json:"to_us"`
	Outcome string `json:"outcome"`
}

// ItemPreview is what a package would hold of an item if it were granted.
type ItemPreview struct {
	Original [][2]int64    `json:"original" doc:"Spans of the files in the camera's own coding"`
	LeftOut  []LeftOutSpan `json:"left_out"`
	Widened  *[2]int64     `json:"widened,omitempty" doc:"A span that would leave less out"`
	Waits    bool          `json:"waits" doc:"Some of it is being recorded still: the package is made when it is stored"`
}

// LeftOutSpan is what the original cannot hold, and why.
type LeftOutSpan struct {
	FromUS int64  `json:"from_us"`
	ToUS   int64  `json:"to_us"`
	Units  int    `json:"units"`
	Reason string `json:"reason"`
}

// Attachment is a paper that came with a request.
type Attachment struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Size   int64     `json:"size"`
	SHA256 string    `json:"sha256"`
	By     PersonRef `json:"by"`
	At     string    `json:"at" format:"date-time"`
}

// Logged answers the logging of a request: what the person at the desk needs, whatever else they may see.
type Logged struct {
	ID              string `json:"id"`
	Number          string `json:"number"`
	PickUp          string `json:"pick_up"`
	Acknowledgement string `json:"acknowledgement" doc:"The letter, as text"`
	Holds           []Hold `json:"holds"`
	CanView         bool   `json:"can_view" doc:"Whether the caller may open the request"`
}

// Requests is the queue, by the date that binds.
type Requests struct {
	Requests []RequestSummary `json:"requests"`
}

// StoryEntry is one entry of a request's history, in plain words.
type StoryEntry struct {
	At    string `json:"at" format:"date-time"`
	Act   string `json:"act"`
	By    string `json:"by"`
	Text  string `json:"text"`
	Event string `json:"event"`
}

// Story is a request's history, oldest first.
type Story struct {
	Entries []StoryEntry `json:"entries"`
}

// Citation is a reason that the law knows for not giving all.
type Citation struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Citations are those of the site's jurisdiction.
type Citations struct {
	Citations []Citation `json:"citations"`
}

// Agency is an entry of the directory by which officers are called back.
type Agency struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Source  string `json:"source" doc:"Where the number was found, and when it was checked"`
	Version int64  `json:"version"`
}

// Agencies is the directory.
type Agencies struct {
	Agencies []Agency `json:"agencies"`
}

// LocalTimes are the instants that a local time of the site means.
type LocalTimes struct {
	Local    string      `json:"local"`
	Instants []LocalTime `json:"instants" doc:"None in the hour that a spring night skips, two in the hour that an autumn night repeats"`
	Nearest  *LocalTime  `json:"nearest,omitempty" doc:"Where there is none"`
}

// LocalTime is one of them.
type LocalTime struct {
	At    string `json:"at" format:"date-time"`
	AtUS  int64  `json:"at_us"`
	Label string `json:"label"`
}
