package main

import (
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/proof/manifest"
)

// TestTheDraftSaysWhichClockIsAhead: a certification that only gave a number would leave open which clock is fast.
func TestTheDraftSaysWhichClockIsAhead(t *testing.T) {
	clocks := func(us ...int64) string {
		var i manifest.Item
		for _, o := range us {
			i.Clock = append(i.Clock, manifest.ClockSample{Clock: "camera", Offset: o})
		}
		return certified(i).Clock
	}
	if got := clocks(); got != "" {
		t.Errorf("nothing was measured: %q", got)
	}
	if got := clocks(420_000_000, 420_500_000); !strings.HasPrefix(got, "7m0s ahead of the recording system's clock at the beginning, 7m0.5s ahead of it at the end") {
		t.Error(got)
	}
	if got := clocks(-1_500_000); !strings.HasPrefix(got, "1.5s behind the recording system's clock at the beginning, 1.5s behind it") {
		t.Error(got)
	}
}
