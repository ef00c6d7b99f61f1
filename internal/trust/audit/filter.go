package audit

import "github.com/footage-custody/custody/internal/custody"

// Place is where an entry stands in the log.
type Place struct {
	Epoch uint32
	Index uint64
}

// Filter says which entries of the diary are asked for; a zero field does not narrow. Fields narrow together. Only entries whose
// text still exists are found: of one that was disposed of, the log keeps the type alone.
//
// Entries are ordered by the time at which they happened, and of one time by their place in the log.
type Filter struct {
	From, To   custody.Instant // half open; To 0 means no end
	Actor      string
	Type       custody.EventType
	Camera     custody.CameraID
	Subject    string
	Cameras    []custody.CameraID // entries about one of these; nil for all, those about no camera included; empty for none
	After      *Place             // go on behind this entry, which was found before; nil begins
	Descending bool               // latest first
}
