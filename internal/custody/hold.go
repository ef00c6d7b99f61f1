package custody

// Hold is an order to keep footage: a predicate over a camera, or every camera, and a span that may lie in the future (CONTRACTS 10). It
// stands from its placing until it is lifted or lapses, and nothing that it covers is disposed of.
type Hold struct {
	ID      HoldID
	Request RequestID // empty for a hold without a request
	Camera  CameraID  // empty: every camera of the site, those added later too
	Span    Span
	Reason  string // 1 to 500 bytes, for people
	By      string // the actor who placed it; "system" for one that follows from a request
	Placed  Instant
	Review  Instant // when a person looks at it again; it does not end by itself then
	Lapses  Instant // first instant at which it no longer stands; 0 for no end
}

// HoldPlaced is the detail of EventHoldPlaced: the whole hold, so that its row can be proved from the log. Instants are written as
// Instant.String does; Lapses is empty for no end.
type HoldPlaced struct {
	Hold    HoldID    `json:"hold"`
	Request RequestID `json:"request,omitempty"`
	Camera  CameraID  `json:"camera,omitempty"`
	Span    string    `json:"span"`
	Reason  string    `json:"reason"`
	Review  string    `json:"review"`
	Lapses  string    `json:"lapses,omitempty"`
}

// PlacedEvent is the entry that records the placing of the hold, whichever room places it. Its subject is the request's id where there is
// one, else the hold's.
func (h Hold) PlacedEvent() (Event, error) {
	subject := string(h.Request)
	if subject == "" {
		subject = string(h.ID)
	}
	d := HoldPlaced{Hold: h.ID, Request: h.Request, Camera: h.Camera, Span: h.Span.String(), Reason: h.Reason, Review: h.Review.String()}
	if h.Lapses != 0 {
		d.Lapses = h.Lapses.String()
	}
	return NewEvent(EventHoldPlaced, h.Placed, h.By, h.Camera, subject, d)
}
