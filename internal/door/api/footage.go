package api

// Answers about time and footage.

// Timeline says what exists of some cameras in a span.
type Timeline struct {
	FromUS  int64            `json:"from_us"`
	ToUS    int64            `json:"to_us"`
	StepMS  int64            `json:"step_ms" doc:"Length of one step of activity"`
	Cameras []TimelineCamera `json:"cameras"`
}

// TimelineCamera is one line of a Timeline.
type TimelineCamera struct {
	ID             string             `json:"id"`
	Recorded       [][2]int64         `json:"recorded" doc:"Spans [start_us, end_us)"`
	Gaps           []Gap              `json:"gaps"`
	Restrictions   []RestrictedStroke `json:"restrictions"`
	Holds          [][2]int64         `json:"holds"`
	Releases       [][2]int64         `json:"releases"`
	Activity       []int              `json:"activity" doc:"0 to 255 for each step: bytes between pictures against the camera's median, 128 = median"`
	RetainedFromUS int64              `json:"retained_from_us,omitempty" doc:"Footage before is disposed of under the schedule"`
}

// Gap is an absence of footage with its cause.
type Gap struct {
	StartUS int64  `json:"start_us"`
	EndUS   *int64 `json:"end_us" nullable:"true" doc:"null while it lasts"`
	Cause   string `json:"cause"`
	Detail  string `json:"detail,omitempty"`
}

// RestrictedStroke is a span that is closed to ordinary viewing.
type RestrictedStroke struct {
	StartUS int64  `json:"start_us"`
	EndUS   int64  `json:"end_us"`
	Kind    string `json:"kind" enum:"library-record,sealed,hold"`
}

// Viewing is one session of looking at footage.
type Viewing struct {
	ID        string          `json:"id"`
	Basis     string          `json:"basis" enum:"incident,request,reason"`
	Reference string          `json:"reference,omitempty"`
	Text      string          `json:"text"`
	Live      bool            `json:"live"`
	From      string          `json:"from" format:"date-time"`
	To        string          `json:"to" format:"date-time"`
	OpenedAt  string          `json:"opened_at" format:"date-time"`
	ExpiresAt string          `json:"expires_at" format:"date-time"`
	ClosedAt  string          `json:"closed_at,omitempty" format:"date-time"`
	Why       string          `json:"why,omitempty" doc:"Why it ended: stopped, expired, revoked, signed-out, restart"`
	Staff     *StaffRef       `json:"staff,omitempty"`
	Cameras   []ViewingCamera `json:"cameras"`
}

// StaffRef names a member of staff.
type StaffRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ViewingCamera is one camera of a viewing with the judge's answer about it.
type ViewingCamera struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Granted *TimeSpan `json:"granted,omitempty" doc:"What may be seen, widened to whole minutes; absent if refused"`
	Refused *Refused  `json:"refused,omitempty"`
}

// TimeSpan is the span [from, to).
type TimeSpan struct {
	From string `json:"from" format:"date-time"`
	To   string `json:"to" format:"date-time"`
}

// Refused says why a camera of a viewing stays closed.
type Refused struct {
	Status      int    `json:"status" doc:"404 if the camera does not exist for the caller, else 403"`
	Detail      string `json:"detail"`
	WhoCanGrant string `json:"who_can_grant,omitempty"`
}

// Index is the table of a player: which bytes hold which moments.
type Index struct {
	Stream     string             `json:"stream" enum:"main,sub"`
	Codec      string             `json:"codec" doc:"RFC 6381 codecs parameter of the first run"`
	Playable   bool               `json:"playable" doc:"false if common browsers cannot decode it: ask for media with as=h264"`
	Runs       []IndexRun         `json:"runs"`
	Parts      []IndexPart        `json:"parts"`
	Gaps       []Gap              `json:"gaps"`
	Restricted []RestrictedStroke `json:"restricted"`
}

// IndexRun is one unbroken session of a camera with one init section.
type IndexRun struct {
	ID        string `json:"id"`
	Init      string `json:"init" doc:"Relative to the viewing's camera: init/<segment>.mp4"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Timescale int64  `json:"timescale" doc:"Ticks a second"`
}

// IndexPart is one stretch of fragments that begins at a random access point.
type IndexPart struct {
	Segment   string  `json:"segment"`
	First     int     `json:"first"`
	Last      int     `json:"last"`
	Run       string  `json:"run"`
	StartUS   int64   `json:"start_us"`
	EndUS     int64   `json:"end_us"`
	Media     string  `json:"media" doc:"Relative to the viewing's camera: media/<segment>/<first>-<last>.m4s"`
	BaseTicks int64   `json:"base_ticks" doc:"Decode time of the first picture"`
	Samples   Samples `json:"samples"`
	Growing   bool    `json:"growing" doc:"The segment is still being recorded"`
}

// Samples are the pictures of a part in display order.
type Samples struct {
	PTSTicks []int64 `json:"pts_ticks" doc:"Presentation times relative to base_ticks"`
	WallUS   []int64 `json:"wall_us"`
}
