package request

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Clock is one date by which something is to be done, with its arithmetic. It is shown, never stopped, and nothing happens by itself when
// it passes: silence decides nothing (LAW.md).
type Clock struct {
	Name     string          // "acknowledge", "decide" or "outer-limit"
	Days     int             // that were counted
	Business bool            // business days; else calendar days
	From     custody.Instant // when the request was received
	At       custody.Instant // the first instant after the last day, midnight in the site's zone
	Day      string          // the last day: 2026-11-18
	Steps    []DayStep
	Met      custody.Instant // when it was done; 0 before
	Alerts   []Alert
}

// Overdue reports whether the clock ran out before it was met.
func (c Clock) Overdue(now custody.Instant) bool {
	if c.Met != 0 {
		return c.Met >= c.At
	}
	return now >= c.At
}

// Alert is a day on which somebody is told that a clock runs.
type Alert struct {
	Day  string
	At   custody.Instant // the beginning of that day
	Tell string          // "preparer", "custodian" or "board"
}

// Clocks are those of a request, in order. What an alert or a date means is the profile's; counsel confirms it.
func (k *Desk) Clocks(r Request, items []Item) []Clock {
	p := Iowa()
	decided := r.Ended
	if state := derive(items); decided == 0 && (state == Decided || state == Delivered) {
		for _, it := range items {
			decided = max(decided, it.Decision.At)
		}
	}
	ack := k.clock("acknowledge", r.Received, p.Acknowledge, true)
	ack.Met = r.Logged // the number, what is held and the clocks are told when it is logged
	if r.Kind == access.LawEnforcement {
		decide := k.clock("decide", r.Received, p.DecideOfficer, true)
		decide.Met = decided
		return []Clock{ack, decide}
	}
	decide := k.clock("decide", r.Received, p.Decide, true, p.DecideAlerts...)
	outer := k.clock("outer-limit", r.Received, p.Outer, false, p.OuterAlerts...)
	decide.Met, outer.Met = decided, decided
	return []Clock{ack, decide, outer}
}

// due is the end of the day by which a request is to be decided.
func (k *Desk) due(r Request) custody.Instant {
	days := Iowa().Decide
	if r.Kind == access.LawEnforcement {
		days = Iowa().DecideOfficer
	}
	at, _ := k.Calendar.AfterBusinessDays(r.Received, days)
	return at
}

func (k *Desk) count(from custody.Instant, n int, business bool) (custody.Instant, []DayStep) {
	if business {
		return k.Calendar.AfterBusinessDays(from, n)
	}
	return k.Calendar.AfterCalendarDays(from, n)
}

// clock counts days. An alert is due when the n-th day begins: at the end of the day before it.
func (k *Desk) clock(name string, from custody.Instant, days int, business bool, alerts ...int) Clock {
	c := Clock{Name: name, Days: days, Business: business, From: from}
	c.At, c.Steps = k.count(from, days, business)
	c.Day = lastDay(c.Steps)
	for i, n := range alerts {
		_, steps := k.count(from, n, business)
		begins, _ := k.Calendar.AfterCalendarDays(from, len(steps)-1)
		c.Alerts = append(c.Alerts, Alert{lastDay(steps), begins, []string{"preparer", "custodian", "board"}[min(i, 2)]})
	}
	return c
}

func lastDay(steps []DayStep) string {
	if len(steps) == 0 {
		return ""
	}
	return steps[len(steps)-1].Day
}
