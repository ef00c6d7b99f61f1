package letter

import (
	"testing"
	"time"
)

// TestYearsAreCountedInTheSitesZone, to the end of the day, across leap days and daylight saving.
func TestYearsAreCountedInTheSitesZone(t *testing.T) {
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCalendar(Rules{Zone: zone, Jurisdiction: IowaLibrary})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"2026-11-03T23:59:59-06:00": "2031-11-04T00:00:00-06:00",
		"2026-11-04T05:59:59Z":      "2031-11-04T00:00:00-06:00", // the same evening
		"2024-02-29T12:00:00-06:00": "2029-03-02T00:00:00-06:00",
		"2023-02-28T12:00:00-06:00": "2028-02-29T00:00:00-06:00",
		"2026-07-01T00:00:00-05:00": "2031-07-02T00:00:00-05:00",
	} {
		if got := c.AfterYears(at(t, from), 5); got != at(t, want) {
			t.Errorf("five years after %s: %s, want %s", from, got, want)
		}
	}
	if c.AfterYears(at(t, "2026-11-03T12:00:00-06:00"), -1) != at(t, "2026-11-04T00:00:00-06:00") {
		t.Error("years do not run backwards")
	}
}
