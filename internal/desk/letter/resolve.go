package letter

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Choice is one instant that a local time may mean.
type Choice struct {
	At    custody.Instant
	Label string // "the first 1:30:00 a.m., CDT (UTC-5), which is 06:30:00 UTC"
}

// Reading is what a local time means. Usually it is one instant. In the night in which clocks go back an hour comes twice, and somebody
// has to be asked; in the night in which they go forward an hour does not come at all.
type Reading struct {
	Choices []Choice // one, or two in order of time; none if clocks never showed it
	Nearest []Choice // of a time that never was: the moment at which clocks jumped over it
	Says    string   // why there is not exactly one, for people; empty if there is
}

// Resolve returns the instants at which the site's clocks show a local time like "2026-11-01 01:30": one, two or none, in order. What
// cannot be understood means none; Read says why.
func (c *Calendar) Resolve(local string) []custody.Instant {
	r, err := c.Read(local)
	if err != nil {
		return nil
	}
	var out []custody.Instant
	for _, choice := range r.Choices {
		out = append(out, choice.At)
	}
	return out
}

// Read is Resolve with everything that people need to choose. It fails with Invalid if local is not written like 2026-11-01 01:30,
// 2026-11-01 01:30:15 or 2026-11-01T01:30:15.250000, between the years 2000 and 2100.
func (c *Calendar) Read(local string) (Reading, error) {
	naive, err := parseLocal(local)
	if err != nil {
		return Reading{}, err
	}
	found := c.showing(naive)
	switch len(found) {
	case 1:
		return Reading{Choices: []Choice{{found[0], c.label("", found[0])}}}, nil
	case 2:
		return Reading{Choices: []Choice{{found[0], c.label("the first ", found[0])}, {found[1], c.label("the second ", found[1])}},
			Says: fmt.Sprintf("Clocks were set back that night, so %s came twice. Choose which one is meant.", clockTime(naive))}, nil
	}
	at := c.jump(naive)
	return Reading{Nearest: []Choice{{at, c.label("", at)}},
		Says: fmt.Sprintf("Clocks were set forward that night, so %s never came. The nearest time is %s", clockTime(naive), clockTime(c.local(at)))}, nil
}

func (c *Calendar) label(which string, at custody.Instant) string {
	t := c.local(at)
	_, offset := t.Zone()
	zone := offsetName(offset)
	if name := zoneName(t); name != zone {
		zone = fmt.Sprintf("%s (%s)", name, zone)
	}
	return fmt.Sprintf("%s%s, %s, which is %s UTC", which, clockTime(t), zone, at.Time().Format(precise(t, "15:04:05")))
}

var localTime = regexp.MustCompile(`^(20\d\d)-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$`)

// parseLocal reads a local time as if it were UTC.
func parseLocal(local string) (time.Time, error) {
	bad := custody.Errorf(custody.Invalid, "%.40q is not a local time: write it like 2026-11-01 01:30 or 2026-11-01 01:30:15", local)
	m := localTime.FindStringSubmatch(local)
	if m == nil {
		return time.Time{}, bad
	}
	var n [7]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, or empty
	}
	for range 6 - len(m[7]) {
		n[6] *= 10
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1000, time.UTC)
	if t.Format("2006-01-02 15:04") != m[1]+"-"+m[2]+"-"+m[3]+" "+m[4]+":"+m[5] || n[5] > 59 {
		return time.Time{}, bad
	}
	return t, nil
}

// offsets are those that the zone has a day before and a day after, earlier first: no zone changes twice in between.
func (c *Calendar) offsets(naive time.Time) [2]time.Duration {
	var out [2]time.Duration
	for i, d := range []time.Duration{-36 * time.Hour, 36 * time.Hour} {
		_, seconds := naive.Add(d).In(c.zone).Zone()
		out[i] = time.Duration(seconds) * time.Second
	}
	return out
}

// showing are the instants at which clocks in the zone show what naive shows in UTC.
func (c *Calendar) showing(naive time.Time) []custody.Instant {
	var out []custody.Instant
	for _, offset := range c.offsets(naive) {
		t := naive.Add(-offset)
		if _, seconds := t.In(c.zone).Zone(); time.Duration(seconds)*time.Second == offset {
			out = append(out, custody.InstantOf(t))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// jump is the instant at which clocks passed over a time that they never showed.
func (c *Calendar) jump(naive time.Time) custody.Instant {
	_, end := naive.Add(-36 * time.Hour).In(c.zone).ZoneBounds()
	return custody.InstantOf(end)
}

// begins is the first instant of a day in the zone: midnight, or what comes in its place where clocks are set forward at midnight.
func (c *Calendar) begins(d date) custody.Instant {
	midnight := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	if found := c.showing(midnight); len(found) > 0 {
		return found[0]
	}
	return c.jump(midnight)
}

func (c *Calendar) dateOf(at custody.Instant) date { return dateOf(c.local(at)) }
