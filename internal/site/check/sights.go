package check

import (
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// sights is what the log has said about viewings that are not closed yet: A1 read along the log. A viewing's decisions come just before
// its opening, so few wait for theirs at any time.
type sights struct {
	all     map[string]*sight
	pending []string // decided and not opened: the latest maxPending
}

// sight is one viewing under way.
type sight struct {
	actor   string
	opened  bool
	decided map[decision]custody.Span
}

// decision is what the judge allowed of a viewing.
type decision struct{ camera, action string }

const (
	maxPending = 4096
	maxDecided = 256 // of one viewing: MaxCameras, to look and to make stills
	// maxUnserved bounds what one event may say was leased and not served: what one viewing can lease at all.
	maxUnserved = 100_000
	// reach is how far the last fragment that begins within a decision may go on beyond it (CONTRACTS 3, 6).
	reach  = 5 * time.Minute
	minute = custody.Instant(60_000_000)
)

func newSights() *sights { return &sights{all: map[string]*sight{}} }

// decided notes that the judge allowed something for a viewing.
func (r *replay) decided(s said) error {
	var d struct {
		Action  string `json:"action"`
		Granted string `json:"granted"`
		Viewing string `json:"viewing"`
	}
	if err := detailOf(s, &d); err != nil || d.Viewing == "" {
		return err
	}
	span, err := parseSpan(d.Granted)
	if err != nil {
		return err
	}
	v := r.sights.all[d.Viewing]
	if v == nil {
		v = &sight{actor: s.Actor, decided: map[decision]custody.Span{}}
		r.sights.wait(d.Viewing, v)
	}
	if v.actor == s.Actor && len(v.decided) < maxDecided {
		v.decided[decision{s.Camera, d.Action}] = span
	}
	return nil
}

// wait keeps a viewing until it is opened.
func (x *sights) wait(id string, v *sight) {
	if len(x.pending) == maxPending {
		if old := x.all[x.pending[0]]; old != nil && !old.opened {
			delete(x.all, x.pending[0])
		}
		x.pending = x.pending[1:]
	}
	x.all[id], x.pending = v, append(x.pending, id)
}

// watched follows a viewing from its opening to its end.
func (r *replay) watched(e audit.Entry, s said) error {
	switch e.Event.Type {
	case custody.EventViewingOpened:
		return r.opened(e, s)
	case custody.EventFootageServed:
		return r.served(e, s)
	}
	return r.closed(e, s)
}

func (r *replay) opened(e audit.Entry, s said) error {
	var d struct {
		Session   string             `json:"session"`
		Basis     string             `json:"basis"`
		Reference string             `json:"reference"`
		Text      string             `json:"text"`
		Cameras   []custody.CameraID `json:"cameras"`
		Live      bool               `json:"live"`
		Span      string             `json:"span"`
		Expires   string             `json:"expires"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	v := r.sights.all[s.Subject]
	if v == nil || v.actor != s.Actor {
		v = &sight{actor: s.Actor}
		r.sights.all[s.Subject] = v
	}
	v.opened = true
	live := "false"
	if d.Live {
		live = "true"
	}
	r.emit(record{kind: "viewing", id: s.Subject, entry: entryName(e), fields: []field{
		{"staff_id", s.Actor}, {"session_id", d.Session}, {"basis", d.Basis}, {"reference", d.Reference}, {"purpose", d.Text},
		{"cameras", join(d.Cameras)}, {"live", live}, {"start_at or end_at", d.Span}, {"opened_at", s.At}, {"expires_at", d.Expires},
	}}, e)
	return nil
}

// served proves of one lease that it came after everything that it needs.
func (r *replay) served(e audit.Entry, s said) error {
	var d struct {
		Minute string `json:"minute"`
		Kind   string `json:"kind"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	at, err := custody.ParseInstant(d.Minute)
	if err != nil {
		return err
	}
	id := lookID(s.Subject, s.Camera, d.Minute, d.Kind)
	if flaw := r.sights.flaw(s, d.Kind, at); flaw != "" {
		r.found(Finding{"A1", "look", id, "the log leases this footage (" + entryName(e) + ") " + flaw, remedyLook})
	}
	r.emit(record{kind: "look", id: id, entry: entryName(e), fields: []field{{"leased_at", s.At}}}, e)
	return nil
}

const remedyLook = "treat this footage as seen by that person without a decision; find out which program wrote the entry and who could run it"

// flaw says what a lease lacks; empty if nothing.
func (x *sights) flaw(s said, kind string, at custody.Instant) string {
	action := map[string]access.Action{"recorded": access.FootageRead, "still": access.FootageStill, "live": access.FootageLive}[kind]
	v := x.all[s.Subject]
	if v == nil || !v.opened {
		return "to a viewing that is not open by the log"
	}
	if v.actor != s.Actor {
		return "to " + s.Actor + ", but " + v.actor + " opened the viewing"
	}
	span, decided := v.decided[decision{s.Camera, string(action)}]
	switch {
	case !decided:
		return "although no entry before it allows " + string(action) + " of this camera to the viewing"
	case at+minute <= span.Start || at >= span.End.Add(reach):
		return "outside of the span that was decided, " + span.String()
	}
	return ""
}

// closed emits a viewing's end, and of which looks nothing was sent.
func (r *replay) closed(e audit.Entry, s said) error {
	var d struct {
		Why      string `json:"why"`
		Unserved []struct {
			Camera string `json:"camera"`
			Kind   string `json:"kind"`
			From   string `json:"from"`
			Until  string `json:"until"`
		} `json:"unserved"`
	}
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if v := r.sights.all[s.Subject]; v == nil || !v.opened {
		r.found(Finding{"A1", "viewing", s.Subject, "the log closes it (" + entryName(e) + "), and it is not open by the log", remedyLog})
	}
	delete(r.sights.all, s.Subject)
	end := ending("viewing", s.Subject, "closed_at or why", s.At+" "+d.Why)
	end.entry = entryName(e)
	r.emit(end, e)
	left := maxUnserved
	for _, u := range d.Unserved {
		from, err1 := custody.ParseInstant(u.From)
		until, err2 := custody.ParseInstant(u.Until)
		if err1 != nil || err2 != nil || until <= from {
			return custody.Errorf(custody.Corrupt, "it names no span that was leased and not served")
		}
		for ; from < until; from += minute {
			if left--; left < 0 {
				return custody.Errorf(custody.Corrupt, "it names more minutes than a viewing can lease")
			}
			un := ending("look", lookID(s.Subject, u.Camera, from.String(), u.Kind), "served", "false")
			un.entry = entryName(e)
			r.emit(un, e)
		}
	}
	return nil
}

// parseSpan reads what custody.Span.String writes.
func parseSpan(text string) (custody.Span, error) {
	start, end, _ := strings.Cut(text, "/")
	a, err := custody.ParseInstant(start)
	if err != nil {
		return custody.Span{}, err
	}
	b, err := custody.ParseInstant(end)
	return custody.Span{Start: a, End: b}, err
}
