package letter

import "github.com/footage-custody/custody/internal/custody"

// AfterYears is the end (midnight after, in the site's zone) of the day of from, n years later: 1 March where that is 29 February and the
// year has none. n is taken as 0 to 1000.
func (c *Calendar) AfterYears(from custody.Instant, n int) custody.Instant {
	day := c.dateOf(from)
	day.year += min(max(n, 0), 1000)
	return c.begins(day.plus(1))
}
