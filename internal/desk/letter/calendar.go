package letter

import (
	"fmt"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Rules say on which days a body works.
type Rules struct {
	Zone         *time.Location // the site's; required
	Jurisdiction string         // one of Jurisdictions
	// Closed are the body's own closed days beside weekends and the jurisdiction's holidays: "2026-12-24 Christmas Eve" for one day or
	// "12-24 Christmas Eve" for every year. The name may be left out. At most 100.
	Closed []string
	// Open are holidays of the jurisdiction on which this body works all the same, by name: "Friday after Thanksgiving".
	Open []string
}

// DayStep is one day of a clock's arithmetic.
type DayStep struct {
	Day     string // 2026-11-11
	Counted int    // its number among those counted; 0 if it does not count
	Why     string // why not: "Saturday", "Veterans Day"
}

// Calendar counts days in the site's zone. It is safe for concurrent use.
type Calendar struct {
	zone     *time.Location
	holidays []holiday
	closed   []closedDay
}

// maxDays bounds what is counted: nobody waits longer than two years by a clock of ours.
const maxDays = 730

// NewCalendar returns the calendar of those rules. It fails with Invalid, naming the first thing that cannot be understood.
func NewCalendar(r Rules) (*Calendar, error) {
	if r.Zone == nil {
		return nil, custody.Errorf(custody.Invalid, "the calendar needs the site's time zone")
	}
	c := &Calendar{zone: r.Zone}
	holidays, err := holidaysOf(r.Jurisdiction)
	if err != nil {
		return nil, err
	}
	c.holidays, err = without(holidays, r.Open)
	if err != nil {
		return nil, err
	}
	if len(r.Closed) > 100 {
		return nil, custody.Errorf(custody.Invalid, "at most 100 closed days can be listed, not %d", len(r.Closed))
	}
	for _, text := range r.Closed {
		day, err := parseClosed(text)
		if err != nil {
			return nil, err
		}
		c.closed = append(c.closed, day)
	}
	return c, nil
}

// AfterBusinessDays is the end (midnight after, in the site's zone) of the n-th business day after the day of from, and every day on
// the way: those counted with their number, those passed over with why. The day of from itself never counts. n is taken as 0 to 730.
func (c *Calendar) AfterBusinessDays(from custody.Instant, n int) (end custody.Instant, steps []DayStep) {
	return c.after(from, n, c.rest)
}

// AfterCalendarDays is AfterBusinessDays for days of every kind.
func (c *Calendar) AfterCalendarDays(from custody.Instant, n int) (end custody.Instant, steps []DayStep) {
	return c.after(from, n, func(date) string { return "" })
}

func (c *Calendar) after(from custody.Instant, n int, rest func(date) string) (custody.Instant, []DayStep) {
	day := c.dateOf(from)
	var steps []DayStep
	for counted := 0; counted < min(max(n, 0), maxDays); {
		day = day.plus(1)
		step := DayStep{Day: day.String(), Why: rest(day)}
		if step.Why == "" {
			counted++
			step.Counted = counted
		}
		steps = append(steps, step)
	}
	return c.begins(day.plus(1)), steps
}

// Year is the site's calendar year of an instant.
func (c *Calendar) Year(at custody.Instant) int { return c.local(at).Year() }

// Local is the instant in the site's zone as people read it: "Sunday, November 1, 2026, 1:30:00 a.m. CDT". The zone's letters tell the
// two halves of the night apart in which clocks go back.
func (c *Calendar) Local(at custody.Instant) string {
	t := c.local(at)
	return fmt.Sprintf("%s, %s %s", t.Format("Monday, January 2, 2006"), clockTime(t), zoneName(t))
}

// Date is the day of an instant in the site's zone: "November 18, 2026".
func (c *Calendar) Date(at custody.Instant) string { return c.local(at).Format("January 2, 2006") }

// lastDay is the day that ends at an instant which AfterBusinessDays returned: "Wednesday, November 18, 2026".
func (c *Calendar) lastDay(end custody.Instant) string {
	return c.local(end - 1).Format("Monday, January 2, 2006")
}

// span writes a span for people: the date once if it begins and ends on the same day, and always which zone it is.
func (c *Calendar) span(s custody.Span) string {
	a, b := c.local(s.Start), c.local(s.End)
	if a.Format(time.DateOnly) != b.Format(time.DateOnly) {
		return c.Local(s.Start) + " to " + c.Local(s.End)
	}
	if from, to := zoneName(a), zoneName(b); from != to {
		return fmt.Sprintf("%s, %s %s to %s %s", a.Format("Monday, January 2, 2006"), clockTime(a), from, clockTime(b), to)
	}
	return fmt.Sprintf("%s, %s to %s %s", a.Format("Monday, January 2, 2006"), clockTime(a), clockTime(b), zoneName(a))
}

// universal writes a span in UTC, for who must not mistake it.
func universal(s custody.Span) string {
	a, b := s.Start.Time(), s.End.Time()
	last := b.Format(precise(b, time.DateOnly+" 15:04:05"))
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		last = b.Format(precise(b, "15:04:05"))
	}
	return a.Format(precise(a, time.DateOnly+" 15:04:05")) + " to " + last + " UTC"
}

// precise is a layout with the fraction of a second, if there is one.
func precise(t time.Time, layout string) string {
	if t.Nanosecond() != 0 {
		return layout + ".000000"
	}
	return layout
}

func (c *Calendar) local(at custody.Instant) time.Time { return at.Time().In(c.zone) }

// clockTime is "1:30:00 p.m."; a fraction of a second is written out.
func clockTime(t time.Time) string {
	half := "a.m."
	if t.Hour() >= 12 {
		half = "p.m."
	}
	return t.Format(precise(t, "3:04:05")) + " " + half
}

// zoneName is the zone's letters, or its offset where it has none.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	if name == "" || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return offsetName(offset)
	}
	return name
}

// offsetName is "UTC-5" or "UTC+5:30".
func offsetName(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	out := fmt.Sprintf("UTC%c%d", sign, seconds/3600)
	if rest := seconds % 3600; rest != 0 {
		out += fmt.Sprintf(":%02d", rest/60)
	}
	return out
}

// rest says why nobody works on a day; empty if it is a business day.
func (c *Calendar) rest(d date) string {
	if w := d.weekday(); w == time.Saturday || w == time.Sunday {
		return w.String()
	}
	for _, h := range c.holidays {
		for _, year := range []int{d.year - 1, d.year, d.year + 1} {
			kept := h.in(year)
			if observed := kept.observed(); observed == d {
				if observed != kept {
					return h.name + " (observed)"
				}
				return h.name
			}
		}
	}
	for _, day := range c.closed {
		if day.is(d) {
			return day.name
		}
	}
	return ""
}
