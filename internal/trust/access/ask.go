package access

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Actor is who asks; rooms that may not import identity name it here.
type Actor = identity.Actor

// Limits of one Ask.
const (
	Lifetime     = 60 * time.Minute // of a Grant of footage by default, by the station clock; Settings.ViewingMinutes is the site's
	ActLifetime  = 5 * time.Minute  // of a Grant of a site's own affairs by default; at most Lifetime
	MaxPurpose   = 500              // bytes
	MaxReference = 80               // bytes
)

// Ask is one question to the judge.
type Ask struct {
	Action Action
	Camera custody.CameraID // what footage it is; of a site's own affairs the camera that the act is about, if any
	Span   custody.Span     // of footage; not empty. Of a site's own affairs it is empty
	// Purpose is why, in the asker's words: one line of 1 to 500 bytes, which goes into the diary. It may be empty for a site's own
	// affairs.
	Purpose   string
	Basis     Basis  // a member of staff who looks must give one
	Reference string // the incident or the request's number, at most 80 bytes of one line; needed with OnRequest
	Subject   string // id of what an act is about that is no camera, at most 64 bytes; may be empty
	// Version is the row version that the asker judged (CONTRACTS 11); Conflict if a camera has another. 0 leaves it to the judge.
	Version int64
	Viewing custody.ViewingID // the viewing that looks; may be empty
	// For is how long the Grant is wanted; 0 means as long as the site allows. Never longer than Settings.ViewingMinutes for footage.
	For time.Duration
}

func (a Ask) validate(now custody.Instant) error {
	if !isAction(a.Action) {
		return custody.Errorf(custody.Invalid, "there is no such action")
	}
	if a.Camera != "" && !custody.ValidID("cam_", string(a.Camera)) {
		return custody.Errorf(custody.Invalid, "the camera is not named by its id")
	}
	if a.Viewing != "" && !custody.ValidID("viw_", string(a.Viewing)) {
		return custody.Errorf(custody.Invalid, "the viewing is not named by its id")
	}
	if len(a.Subject) > 64 || a.Subject != "" && !singleLine(a.Subject) {
		return custody.Errorf(custody.Invalid, "the subject is no id")
	}
	if a.Version < 0 || a.For < 0 {
		return custody.Errorf(custody.Invalid, "a version and a duration cannot be negative")
	}
	if err := a.validatePurpose(); err != nil {
		return err
	}
	return a.validateSpan(now)
}

func (a Ask) validatePurpose() error {
	if a.Purpose == "" && !a.Action.footage() {
		return nil
	}
	if len(a.Purpose) > MaxPurpose || !singleLine(a.Purpose) {
		return custody.Errorf(custody.Invalid, "the purpose must be one line of 1 to %d bytes", MaxPurpose)
	}
	switch a.Basis {
	case "", Incident, OnRequest, Reason:
	default:
		return custody.Errorf(custody.Invalid, "the basis must be incident, request or reason")
	}
	if a.Reference == "" && a.Basis == OnRequest {
		return custody.Errorf(custody.Invalid, "the reference must be the number of the request")
	}
	if len(a.Reference) > MaxReference || a.Reference != "" && !singleLine(a.Reference) {
		return custody.Errorf(custody.Invalid, "the reference must be one line of at most %d bytes", MaxReference)
	}
	return nil
}

func (a Ask) validateSpan(now custody.Instant) error {
	if !a.Action.footage() {
		if a.Span != (custody.Span{}) {
			return custody.Errorf(custody.Invalid, "only an act on footage has a span")
		}
		return nil
	}
	if a.Camera == "" {
		return custody.Errorf(custody.Invalid, "the camera is not named by its id")
	}
	if a.Span.Empty() || a.Span.Start <= 0 || a.Span.End > maxInstant {
		return custody.Errorf(custody.Invalid, "the span must end after it starts, between 1970 and 9999")
	}
	if a.Action == FootageLive && a.Span.End <= now {
		return custody.Errorf(custody.Invalid, "the span of a live look has ended already")
	}
	return nil
}

// granted is the span of a Grant: what people look at widens to whole minutes (CONTRACTS 6), everything else stays exact.
func (a Ask) granted() custody.Span {
	if a.Action == FootageRead || a.Action == FootageStill || a.Action == FootageLive {
		return wholeMinutes(a.Span)
	}
	return a.Span
}

// lifetime is how long a Grant is good.
func (a Ask) lifetime(s Settings) time.Duration {
	usual, most := ActLifetime, Lifetime
	if a.Action.footage() {
		usual, most = s.viewing(), s.viewing()
	}
	if a.For == 0 {
		return usual
	}
	return min(a.For, most)
}

const (
	maxInstant custody.Instant = 253_402_300_800_000_000 // 10000-01-01
	minute     custody.Instant = 60_000_000
)

func wholeMinutes(s custody.Span) custody.Span {
	return custody.Span{Start: s.Start - s.Start%minute, End: s.End + (minute-s.End%minute)%minute}
}

// singleLine reports whether s is valid text without control characters or line separators.
func singleLine(s string) bool {
	return utf8.ValidString(s) && strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}
