package ingest

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// flow bounds how much may come: a number at once, and then so many a second.
type flow struct {
	full custody.Instant // when everything taken will have been earned back
}

// take takes n; false if that is more than may come now.
func (f *flow) take(n, rate, burst int, now custody.Instant) bool {
	f.full = max(f.full, now) + custody.Instant(int64(n)*int64(time.Second/time.Microsecond)/int64(rate))
	return f.full-now <= custody.Instant(int64(burst)*int64(time.Second/time.Microsecond)/int64(rate))
}
