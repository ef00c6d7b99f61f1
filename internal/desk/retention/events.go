package retention

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// HoldChanged is the detail of hold.reviewed, hold.lift-proposed and hold.lifted: all of a hold that changes by people, as the act left it.
// Instants are written as Instant.String does and are empty for none.
type HoldChanged struct {
	Hold      custody.HoldID    `json:"hold"`
	Request   custody.RequestID `json:"request,omitempty"`
	Review    string            `json:"review"`
	Lapses    string            `json:"lapses,omitempty"`
	Reviewed  string            `json:"reviewed,omitempty"`
	LiftBy    custody.StaffID   `json:"liftBy,omitempty"`
	LiftWhy   string            `json:"liftWhy,omitempty"`
	Lifted    string            `json:"lifted,omitempty"`
	Confirmed custody.StaffID   `json:"confirmed,omitempty"`
}

// ChangedDetail is what an event about the hold says of its state.
func ChangedDetail(h Held) HoldChanged {
	return HoldChanged{Hold: h.ID, Request: h.Request, Review: h.Hold.Review.String(), Lapses: written(h.Lapses), Reviewed: written(h.Reviewed),
		LiftBy: h.LiftBy, LiftWhy: h.LiftWhy, Lifted: written(h.Lifted), Confirmed: h.Confirmed}
}

func changedEvent(t custody.EventType, h Held, now custody.Instant, actor string) (custody.Event, error) {
	return custody.NewEvent(t, now, actor, h.Camera, subjectOf(h.Hold), ChangedDetail(h))
}

// subjectOf is the request whose story an event about the hold belongs to; of a hold without one the hold.
func subjectOf(h custody.Hold) string {
	if h.Request != "" {
		return string(h.Request)
	}
	return string(h.ID)
}

// HoldVerified is the detail of hold.verified: what a look found. Lost is what was disposed of before, or what is not there although it must
// be; the first few are named.
type HoldVerified struct {
	Hold    custody.HoldID `json:"hold"`
	Began   string         `json:"began"`
	All     bool           `json:"all"` // all that is covered was looked at; else it tells what is not there
	Objects int            `json:"objects"`
	Lost    []LostDetail   `json:"lost,omitempty"` // by disposal before it was placed; at most 100
	LostAll int            `json:"lostAll,omitempty"`
}

// LostDetail is one loss in an event.
type LostDetail struct {
	Camera      custody.CameraID      `json:"camera"`
	Span        string                `json:"span"`
	Disposition custody.DispositionID `json:"disposition,omitempty"`
	Segment     custody.SegmentID     `json:"segment,omitempty"`
	Cause       string                `json:"cause"`
}

// lostNamed bounds how many losses an event names.
const lostNamed = 100

func lostDetails(ls []Loss) []LostDetail {
	var out []LostDetail
	for _, l := range ls[:min(len(ls), lostNamed)] {
		out = append(out, LostDetail{l.Camera, l.Span.String(), l.Disposition, l.Segment, l.Cause})
	}
	return out
}

// Rule is a schedule in an event.
type Rule struct {
	Camera  custody.CameraID `json:"camera,omitempty"`
	Class   access.Class     `json:"class,omitempty"`
	AtLeast int              `json:"atLeast"`
	AtMost  int              `json:"atMost"`
	Version int64            `json:"version,omitempty"`
}

// RuleDetail is what an event says of a schedule.
func RuleDetail(s Schedule) Rule { return Rule(s) }

// Destroyed is the detail of footage.disposed: the tombstone, with every segment whose key was destroyed.
type Destroyed struct {
	Disposition custody.DispositionID `json:"disposition"`
	Span        string                `json:"span"`
	Segments    []custody.SegmentID   `json:"segments"`
	Bytes       int64                 `json:"bytes"`
	Why         Why                   `json:"why"`
	Rule        Rule                  `json:"rule"`
	Grant       custody.GrantID       `json:"grant"`
	Final       string                `json:"final"`
}

func disposedEvent(d Disposition, segments []custody.SegmentID, g access.Grant) (custody.Event, error) {
	rule := RuleDetail(d.Rule)
	rule.Version = 0
	return custody.NewEvent(custody.EventFootageDisposed, d.At, g.Actor().String(), d.Camera, string(d.ID), Destroyed{Disposition: d.ID,
		Span: d.Span.String(), Segments: segments, Bytes: d.Bytes, Why: d.Why, Rule: rule, Grant: g.ID(), Final: d.Final.String()})
}

// Removed is the detail of footage.purged: the last object of a disposition is gone.
type Removed struct {
	Disposition custody.DispositionID `json:"disposition"`
	At          string                `json:"at"`
}

func written(i custody.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}

func (t Times) orDefault() Times {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&t.Every, time.Hour)
	set(&t.Look, 15*time.Second)
	set(&t.Survey, day)
	set(&t.Backups, 14*day)
	return t
}

// day is a day of a schedule: 24 hours, whatever the calendar does.
const day = 24 * time.Hour
