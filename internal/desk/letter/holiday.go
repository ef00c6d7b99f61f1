package letter

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

// IowaLibrary is the jurisdiction of a public library in Iowa.
const IowaLibrary = "iowa-library"

// Jurisdictions lists those whose holidays and wording ship with the program.
func Jurisdictions() []string { return []string{IowaLibrary} }

// date is a day of the calendar, in no zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date { return date{t.Year(), t.Month(), t.Day()} }

// noon keeps arithmetic on days away from everything that happens at midnight.
func (d date) noon() time.Time { return time.Date(d.year, d.month, d.day, 12, 0, 0, 0, time.UTC) }

func (d date) plus(days int) date    { return dateOf(d.noon().AddDate(0, 0, days)) }
func (d date) weekday() time.Weekday { return d.noon().Weekday() }
func (d date) String() string        { return d.noon().Format(time.DateOnly) }

// observed is the day on which a holiday is kept: what falls on a Saturday on the Friday before, what falls on a Sunday on the Monday
// after (Iowa Code 1C.2(3)).
func (d date) observed() date {
	switch d.weekday() {
	case time.Saturday:
		return d.plus(-1)
	case time.Sunday:
		return d.plus(1)
	}
	return d
}

// holiday is a day that comes every year: on a date, or on the nth weekday of a month, or some days after that.
type holiday struct {
	name    string
	month   time.Month
	day     int // of the month; 0 for a weekday
	weekday time.Weekday
	nth     int // 1 to 4; 5 for the last
	later   int // days after that weekday
}

func (h holiday) in(year int) date {
	if h.day != 0 {
		return date{year, h.month, h.day}
	}
	first := date{year, h.month, 1}
	d := first.plus((int(h.weekday) - int(first.weekday()) + 7) % 7).plus(7 * (h.nth - 1))
	if d.month != h.month {
		d = d.plus(-7)
	}
	return d.plus(h.later)
}

// holidaysOf are the days on which the offices of a jurisdiction are closed.
func holidaysOf(jurisdiction string) ([]holiday, error) {
	if jurisdiction != IowaLibrary {
		return nil, custody.Errorf(custody.Invalid, "the jurisdiction %q is not known: choose one of %s", jurisdiction, strings.Join(Jurisdictions(), ", "))
	}
	// Iowa Code 1C.2(1): the holidays of state employees. What a library's own city adds is for its list of closed days.
	return []holiday{
		{name: "New Year's Day", month: time.January, day: 1},
		{name: "Martin Luther King Jr. Day", month: time.January, weekday: time.Monday, nth: 3},
		{name: "Memorial Day", month: time.May, weekday: time.Monday, nth: 5},
		{name: "Independence Day", month: time.July, day: 4},
		{name: "Labor Day", month: time.September, weekday: time.Monday, nth: 1},
		{name: "Veterans Day", month: time.November, day: 11},
		{name: "Thanksgiving Day", month: time.November, weekday: time.Thursday, nth: 4},
		{name: "Friday after Thanksgiving", month: time.November, weekday: time.Thursday, nth: 4, later: 1},
		{name: "Christmas Day", month: time.December, day: 25},
	}, nil
}

// without leaves out the holidays of those names.
func without(all []holiday, names []string) ([]holiday, error) {
	for _, name := range names {
		i := slices.IndexFunc(all, func(h holiday) bool { return h.name == name })
		if i < 0 {
			return nil, custody.Errorf(custody.Invalid, "%q is no holiday of the jurisdiction, or is listed twice: write its name as the calendar does", name)
		}
		all = slices.Delete(all, i, i+1)
	}
	return all, nil
}

// closedDay is a body's own closed day; year 0 is every year.
type closedDay struct {
	date
	name string
}

func (c closedDay) is(d date) bool {
	return c.month == d.month && c.day == d.day && (c.year == 0 || c.year == d.year)
}

// parseClosed reads "2026-12-24 Christmas Eve" or "12-24 Christmas Eve".
func parseClosed(text string) (closedDay, error) {
	m := regexp.MustCompile(`^(?:(\d{4})-)?(\d\d)-(\d\d)(?: (.+))?$`).FindStringSubmatch(text)
	if m == nil || len(m[4]) > 60 || !utf8.ValidString(text) {
		return closedDay{}, custody.Errorf(custody.Invalid, "%q is not a closed day: write it like 2026-12-24 Christmas Eve, or 12-24 for every year", text)
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // digits, or empty
	d := closedDay{date{number(m[1]), time.Month(number(m[2])), number(m[3])}, cmp.Or(clean(m[4]), "closed that day")}
	try := d.date
	if m[1] == "" {
		try.year = 2028 // a leap year: the 29th of February is a day
	}
	if dateOf(try.noon()) != try || m[1] != "" && try.year < 2000 {
		return closedDay{}, custody.Errorf(custody.Invalid, "%q names no day of the calendar", text)
	}
	return d, nil
}

// describe says how a clock was counted, in one line a day.
func describe(steps []DayStep) []string {
	var out []string
	for _, s := range steps {
		day, err := time.Parse(time.DateOnly, s.Day)
		text := s.Day
		if err == nil {
			text = day.Format("Mon Jan 2, 2006")
		}
		if s.Counted == 0 {
			out = append(out, fmt.Sprintf("%s: not counted (%s)", text, s.Why))
		} else {
			out = append(out, fmt.Sprintf("%s: day %d", text, s.Counted))
		}
	}
	return out
}
