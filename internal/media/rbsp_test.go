package media

import (
	"math/rand/v2"
	"testing"
)

// TestSkippingIsReading: skipBytes ends where reading the bits ends, with emulation prevention bytes anywhere, from
// inside a byte too, and past the end.
func TestSkippingIsReading(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.IntN(5)) // many zeros and threes
		}
		first, n := r.IntN(20), r.IntN(30)
		read, skipped := newRBSP(b), newRBSP(b)
		read.bits(first)
		skipped.bits(first)
		for range n {
			read.bits(8)
		}
		skipped.skipBytes(n)
		if !read.ok() && !skipped.ok() {
			continue
		}
		if read.ok() != skipped.ok() || read.pos != skipped.pos || read.bit != skipped.bit || read.zeros != skipped.zeros {
			t.Fatalf("%x after %d bits and %d bytes: read %+v, skipped %+v", b, first, n, *read, *skipped)
		}
	}
}
