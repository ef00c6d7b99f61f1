package letter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func iowa(t testing.TB, alter ...func(*Rules)) *Calendar {
	t.Helper()
	r := Rules{Zone: zone(t, "America/Chicago"), Jurisdiction: IowaLibrary}
	for _, a := range alter {
		a(&r)
	}
	c, err := NewCalendar(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(t testing.TB, s string) custody.Instant {
	t.Helper()
	i, err := custody.ParseInstant(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestTheCheckValue is LAW.md's: received on Tuesday, November 3, 2026.
func TestTheCheckValue(t *testing.T) {
	c := iowa(t)
	for _, received := range []string{"2026-11-03T00:00:00-06:00", "2026-11-03T10:00:00-06:00", "2026-11-03T23:59:59.999999-06:00"} {
		end, steps := c.AfterBusinessDays(at(t, received), 10)
		if end != at(t, "2026-11-19T00:00:00-06:00") || c.lastDay(end) != "Wednesday, November 18, 2026" {
			t.Errorf("ten business days after %s end at %s", received, end)
		}
		i := slices.IndexFunc(steps, func(s DayStep) bool { return s.Day == "2026-11-11" })
		if len(steps) != 15 || i < 0 || steps[i] != (DayStep{"2026-11-11", 0, "Veterans Day"}) || steps[14] != (DayStep{"2026-11-18", 10, ""}) || steps[0] != (DayStep{"2026-11-04", 1, ""}) {
			t.Errorf("the arithmetic: %+v", steps)
		}
		end, steps = c.AfterCalendarDays(at(t, received), 20)
		if end != at(t, "2026-11-24T00:00:00-06:00") || len(steps) != 20 || steps[19] != (DayStep{"2026-11-23", 20, ""}) {
			t.Errorf("twenty calendar days end at %s: %+v", end, steps)
		}
	}
	if c.Year(at(t, "2027-01-01T05:59:59Z")) != 2026 || c.Year(at(t, "2027-01-01T06:00:00Z")) != 2027 {
		t.Error("the year turns at midnight in the site's zone")
	}
	if end, steps := c.AfterBusinessDays(at(t, "2026-11-03T10:00:00-06:00"), 0); end != at(t, "2026-11-04T00:00:00-06:00") || steps != nil {
		t.Errorf("no days end at %s: %+v", end, steps)
	}
	if _, steps := c.AfterCalendarDays(0, 1<<40); len(steps) != maxDays {
		t.Errorf("%d days were counted", len(steps))
	}
	if end, steps := c.AfterBusinessDays(at(t, "2026-11-03T10:00:00-06:00"), -5); end != at(t, "2026-11-04T00:00:00-06:00") || steps != nil {
		t.Errorf("fewer than no days end at %s: %+v", end, steps)
	}
}

// TestTheHolidaysOfIowa against a list that was made by hand from Iowa Code 1C.2, with what falls on a weekend.
func TestTheHolidaysOfIowa(t *testing.T) {
	c := iowa(t)
	for year, want := range map[int]string{
		2026: "01-01 New Year's Day; 01-19 Martin Luther King Jr. Day; 05-25 Memorial Day; 07-03 Independence Day (observed); 09-07 Labor Day; 11-11 Veterans Day; " +
			"11-26 Thanksgiving Day; 11-27 Friday after Thanksgiving; 12-25 Christmas Day",
		2027: "01-01 New Year's Day; 01-18 Martin Luther King Jr. Day; 05-31 Memorial Day; 07-05 Independence Day (observed); 09-06 Labor Day; 11-11 Veterans Day; " +
			"11-25 Thanksgiving Day; 11-26 Friday after Thanksgiving; 12-24 Christmas Day (observed); 12-31 New Year's Day (observed)",
		2028: "01-17 Martin Luther King Jr. Day; 05-29 Memorial Day; 07-04 Independence Day; 09-04 Labor Day; 11-10 Veterans Day (observed); " +
			"11-23 Thanksgiving Day; 11-24 Friday after Thanksgiving; 12-25 Christmas Day",
		2030: "01-01 New Year's Day; 01-21 Martin Luther King Jr. Day; 05-27 Memorial Day; 07-04 Independence Day; 09-02 Labor Day; 11-11 Veterans Day; " +
			"11-28 Thanksgiving Day; 11-29 Friday after Thanksgiving; 12-25 Christmas Day", // November 1 is a Friday: the Friday after is not the fourth
	} {
		var got []string
		for d := (date{year, time.January, 1}); d.year == year; d = d.plus(1) {
			if why := c.rest(d); why != "" && why != "Saturday" && why != "Sunday" {
				got = append(got, d.String()[5:]+" "+why)
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

func TestABodysOwnDays(t *testing.T) {
	c := iowa(t, func(r *Rules) {
		r.Closed = []string{"2026-11-05 staff day", "11-06", "02-29 leap day"}
		r.Open = []string{"Veterans Day"}
	})
	_, steps := c.AfterBusinessDays(at(t, "2026-11-03T10:00:00-06:00"), 6)
	want := []DayStep{{"2026-11-04", 1, ""}, {"2026-11-05", 0, "staff day"}, {"2026-11-06", 0, "closed that day"}, {"2026-11-07", 0, "Saturday"}, {"2026-11-08", 0, "Sunday"},
		{"2026-11-09", 2, ""}, {"2026-11-10", 3, ""}, {"2026-11-11", 4, ""}, {"2026-11-12", 5, ""}, {"2026-11-13", 6, ""}}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Error(diff)
	}
	if c.rest(date{2028, time.February, 29}) != "leap day" || c.rest(date{2027, time.November, 5}) != "" || c.rest(date{2029, time.November, 6}) != "closed that day" {
		t.Error("one day, or every year")
	}
	for name, alter := range map[string]func(*Rules){
		"no zone":         func(r *Rules) { r.Zone = nil },
		"no jurisdiction": func(r *Rules) { r.Jurisdiction = "atlantis" },
		"no such holiday": func(r *Rules) { r.Open = []string{"Flag Day"} },
		"twice":           func(r *Rules) { r.Open = []string{"Labor Day", "Labor Day"} },
		"no such day":     func(r *Rules) { r.Closed = []string{"2026-02-29"} },
		"month 13":        func(r *Rules) { r.Closed = []string{"13-01"} },
		"other order":     func(r *Rules) { r.Closed = []string{"24-12"} },
		"words":           func(r *Rules) { r.Closed = []string{"Christmas Eve"} },
		"two lines":       func(r *Rules) { r.Closed = []string{"12-24 a\nb"} },
		"year 0":          func(r *Rules) { r.Closed = []string{"0000-12-24"} },
		"too many":        func(r *Rules) { r.Closed = make([]string, 101) },
	} {
		r := Rules{Zone: zone(t, "America/Chicago"), Jurisdiction: IowaLibrary}
		alter(&r)
		if _, err := NewCalendar(r); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSituation07TheHourThatComesTwice: 01:30 on November 1, 2026.
func TestSituation07TheHourThatComesTwice(t *testing.T) {
	c := iowa(t)
	first, second := at(t, "2026-11-01T06:30:00Z"), at(t, "2026-11-01T07:30:00Z")
	if got := c.Resolve("2026-11-01 01:30"); !slices.Equal(got, []custody.Instant{first, second}) {
		t.Errorf("01:30 is %v", got)
	}
	r, err := c.Read("2026-11-01T01:30:00")
	want := Reading{Choices: []Choice{{first, "the first 1:30:00 a.m., CDT (UTC-5), which is 06:30:00 UTC"}, {second, "the second 1:30:00 a.m., CST (UTC-6), which is 07:30:00 UTC"}},
		Says: "Clocks were set back that night, so 1:30:00 a.m. came twice. Choose which one is meant."}
	if err != nil || cmp.Diff(want, r) != "" {
		t.Error(err, cmp.Diff(want, r))
	}
	for local, n := range map[string]int{"2026-11-01 00:59:59.999999": 1, "2026-11-01 01:00": 2, "2026-11-01 01:59:59.999999": 2, "2026-11-01 02:00": 1} {
		if got := c.Resolve(local); len(got) != n {
			t.Errorf("%s is %v, want %d instants", local, got, n)
		}
	}
	if got := c.Local(first) + " / " + c.Local(second); got != "Sunday, November 1, 2026, 1:30:00 a.m. CDT / Sunday, November 1, 2026, 1:30:00 a.m. CST" {
		t.Error(got)
	}
	if got := c.span(custody.Span{Start: first, End: second}); got != "Sunday, November 1, 2026, 1:30:00 a.m. CDT to 1:30:00 a.m. CST" {
		t.Error(got)
	}
}

// TestSituation08TheHourThatNeverCame: 02:30 on March 8, 2026.
func TestSituation08TheHourThatNeverCame(t *testing.T) {
	c := iowa(t)
	if got := c.Resolve("2026-03-08 02:30"); got != nil {
		t.Errorf("02:30 is %v", got)
	}
	r, err := c.Read("2026-03-08 02:30")
	want := Reading{Nearest: []Choice{{at(t, "2026-03-08T08:00:00Z"), "3:00:00 a.m., CDT (UTC-5), which is 08:00:00 UTC"}},
		Says: "Clocks were set forward that night, so 2:30:00 a.m. never came. The nearest time is 3:00:00 a.m."}
	if err != nil || cmp.Diff(want, r) != "" {
		t.Error(err, cmp.Diff(want, r))
	}
	for local, n := range map[string]int{"2026-03-08 01:59:59.999999": 1, "2026-03-08 02:00": 0, "2026-03-08 02:59:59": 0, "2026-03-08 03:00": 1} {
		if got := c.Resolve(local); len(got) != n {
			t.Errorf("%s is %v, want %d instants", local, got, n)
		}
	}
	// A clock that runs through either night ends at midnight all the same.
	if end, _ := c.AfterCalendarDays(at(t, "2026-03-07T12:00:00-06:00"), 1); end != at(t, "2026-03-09T00:00:00-05:00") {
		t.Errorf("March 8 ends at %s", end)
	}
	if end, _ := c.AfterCalendarDays(at(t, "2026-10-31T12:00:00-05:00"), 1); end != at(t, "2026-11-02T00:00:00-06:00") {
		t.Errorf("November 1 ends at %s", end)
	}
}

// TestMidnightThatNeverCame: some zones set their clocks forward at midnight; their days begin an hour later.
func TestMidnightThatNeverCame(t *testing.T) {
	c := iowa(t, func(r *Rules) { r.Zone = zone(t, "America/Santiago") })
	if got := c.begins(date{2026, time.September, 6}); got != at(t, "2026-09-06T01:00:00-03:00") {
		t.Errorf("the day begins at %s", got)
	}
	if got := c.Local(at(t, "2026-09-06T12:00:00Z")); !strings.HasSuffix(got, "9:00:00 a.m. UTC-3") {
		t.Error(got)
	}
}

// TestResolveIsTheInverseOfTheClock: over a year, every quarter of an hour reads as itself, in zones of every kind.
func TestResolveIsTheInverseOfTheClock(t *testing.T) {
	for _, name := range []string{"America/Chicago", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"} {
		c := iowa(t, func(r *Rules) { r.Zone = zone(t, name) })
		for i := at(t, "2026-01-01T00:00:00Z"); i < at(t, "2027-01-01T00:00:00Z"); i = i.Add(15 * time.Minute) {
			local := i.Time().In(c.zone).Format("2006-01-02 15:04:05")
			if !slices.Contains(c.Resolve(local), i) {
				t.Fatalf("%s in %s is %v, want %s among them", local, name, c.Resolve(local), i)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"2026-11-01 01:30", "2026-03-08T02:30:00.5", "2026-02-30 00:00", "2026-11-01 24:00", "2026-11-01 23:59:60", "", "2026-11-01T01:30Z", "٢٠٢٦-11-01 01:30"} {
		f.Add(s)
	}
	c := iowa(f)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := c.Read(s)
		if err != nil {
			if custody.KindOf(err) != custody.Invalid || c.Resolve(s) != nil {
				t.Errorf("%q: %v, %v", s, err, c.Resolve(s))
			}
			return
		}
		if len(r.Choices) > 2 || len(r.Choices) == 0 && len(r.Nearest) != 1 || (len(r.Choices) == 1) != (r.Says == "") {
			t.Errorf("%q: %+v", s, r)
		}
		for _, choice := range r.Choices {
			if got := choice.At.Time().In(c.zone).Format("2006-01-02 15:04"); got != strings.Replace(s[:16], "T", " ", 1) {
				t.Errorf("%q reads as %s", s, got)
			}
		}
	})
}

func FuzzClosedDay(f *testing.F) {
	f.Add("2026-12-24 Christmas Eve")
	f.Add("02-29")
	f.Add("0000-00-00 ")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseClosed(s)
		if err != nil {
			if custody.KindOf(err) != custody.Invalid {
				t.Error(err)
			}
			return
		}
		year := d.year
		if year == 0 {
			year = 2028
		}
		if !d.is(date{year, d.month, d.day}) || !strings.HasPrefix(s[max(0, strings.IndexByte(s, '-')-4):], fmt.Sprintf("%04d-", d.year)) && d.year != 0 || d.name == "" {
			t.Errorf("%q reads as %+v", s, d)
		}
	})
}
