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
