package letter

import (
	"fmt"

	"github.com/footage-custody/custody/internal/custody"
)

// Disposed is one act of disposal.
type Disposed struct {
	Disposition string // id of its record
	Camera      string
	Span        custody.Span
	Segments    int
	Bytes       int64
	At          custody.Instant // when its keys were destroyed
	Authority   string          // the schedule: "the 30-day schedule of the site"
	// Final is when the last backup that holds its keys ages out: from then on nobody can read it, with no key and no backup. 0: not known.
	Final custody.Instant
}

// Disposal is what a certificate of disposal says about a period.
type Disposal struct {
	Made custody.Instant
	Span custody.Span // the period, by the time of disposal
	Acts []Disposed   // in order of time
	Held int          // how many acts a hold kept from happening in the period
}

// Dispose writes the certificate of disposal for a period. A period in which nothing was disposed of has one too. Errors: Invalid.
func (w *Writer) Dispose(d Disposal) (Letter, error) {
	if d.Span.Empty() {
		return Letter{}, custody.Errorf(custody.Invalid, "the certificate needs a period that is not empty")
	}
	p := w.begin("Certificate of disposal", "certificate of disposal", d.Made)
	p.fact("Period", w.when(d.Span))
	var total Disposed
	for _, a := range d.Acts {
		if err := needs("disposal's id", a.Disposition, "disposal's camera", a.Camera, "disposal's authority", a.Authority); err != nil {
			return Letter{}, err
		}
		total.Segments, total.Bytes, total.Final = total.Segments+a.Segments, total.Bytes+a.Bytes, max(total.Final, a.Final)
	}
	p.fact("Disposed of", fmt.Sprintf("%s in %s, %s", counted(total.Segments, "segment"), counted(len(d.Acts), "act"), sizeOf(total.Bytes)))
	p.fact("Kept by a hold", counted(d.Held, "time"))
	p.say("Each segment has a key of its own. To dispose of a segment is to destroy its key, to enter that in a log to which entries can only be added, " +
		"and to delete the encrypted data. Without the key the data cannot be read.")
	if total.Final != 0 {
		p.say(fmt.Sprintf("Backups still hold keys until they age out. The last of them is gone on %s. From then on the disposal is final.",
			w.Calendar.Date(total.Final)))
	}
	if len(d.Acts) == 0 {
		p.say("Nothing was disposed of in this period.")
	}
	for _, a := range d.Acts {
		p.head(clean(a.Disposition))
		p.fact("Camera", clean(a.Camera))
		p.fact("Recorded", w.when(a.Span))
		p.fact("Disposed of", w.Calendar.Local(a.At))
		p.fact("Segments", fmt.Sprintf("%d, %s", a.Segments, sizeOf(a.Bytes)))
		p.fact("Authority", clean(a.Authority))
		if a.Final != 0 {
			p.fact("Final on", w.Calendar.Date(a.Final))
		}
	}
	p.sign(w.Custodian)
	return *p.l, nil
}
