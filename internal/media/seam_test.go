package media_test

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// A run that continues another begins where that one ends, however late its first unit was read; a hole that receipt cannot
// explain stays.
func TestARunThatContinuesLeavesNoSeam(t *testing.T) {
	for _, c := range []struct {
		late      time.Duration
		continues bool
		hole      time.Duration
	}{
		{80 * time.Millisecond, true, 0}, {80 * time.Millisecond, false, 80 * time.Millisecond},
		{-80 * time.Millisecond, true, 0}, {3 * time.Second, true, 3 * time.Second},
	} {
		b := media.NewBuilder(videoTrack(), plainBuffer, epoch)
		if c.continues {
			b.Continue()
		}
		u := media.Unit{Track: 1, Flags: media.RandomAccess, Receipt: custody.Instant(epoch).Add(c.late), Size: 1}
		if lead := b.Lead(u); lead != c.hole-c.late {
			t.Errorf("%v late: the lead is %v", c.late, lead)
		}
		if _, err := b.Append(u, []byte{0}); err != nil {
			t.Fatal(err)
		}
		if hole := b.Close().Info.WallStart.Sub(epoch); hole != c.hole {
			t.Errorf("%v late, continues %v: a hole of %v", c.late, c.continues, hole)
		}
	}
}
