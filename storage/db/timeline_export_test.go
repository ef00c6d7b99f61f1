package db

import "github.com/footage-custody/custody/internal/custody"

// UnpackSpans reads a bucket's spans.
func UnpackSpans(start custody.Instant, b []byte) ([]custody.Span, error) {
	return unpackSpans(start, b)
}
