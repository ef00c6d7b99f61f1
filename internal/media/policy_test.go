package media_test

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func TestSegmentsCloseWhereTheContractSays(t *testing.T) {
	info := func(second int, random bool) media.FragmentInfo {
		at := epoch + custody.Instant(second)*1_000_000
		return media.FragmentInfo{WallStart: at, WallEnd: at + 2_000_000, RandomAccess: random}
	}
	ends := func(p *media.SegmentPolicy, gop int, size int64) (cut, short []int) {
		for s := 0; s < 400; s += 2 {
			switch p.Next(info(s, s%gop == 0), size) {
			case media.Cut:
				cut = append(cut, s)
			case media.CutShort:
				short = append(short, s)
			}
		}
		return cut, short
	}
	for name, test := range map[string]struct {
		stagger    time.Duration
		gop        int
		size       int64
		cut, short []int
	}{
		"no stagger":        {0, 2, 1, []int{60, 120, 180, 240, 300, 360}, nil},
		"seventeen seconds": {17 * time.Second, 2, 1, []int{44, 104, 164, 224, 284, 344}, nil},
		"a long GOP":        {0, 50, 1, []int{100, 200, 300}, nil},
		"no random access":  {0, 1000, 1, nil, []int{120, 240, 360}},
		"too many bytes":    {0, 1000, 64 << 20, nil, nil},
	} {
		cut, short := ends(media.NewSegmentPolicy(test.stagger), test.gop, test.size)
		if test.size > 1 {
			if len(short) != 49 || short[0] != 8 {
				t.Errorf("%s: cut short at %v", name, short)
			}
			continue
		}
		if !slices.Equal(cut, test.cut) || !slices.Equal(short, test.short) {
			t.Errorf("%s: cut at %v and short at %v; want %v and %v", name, cut, short, test.cut, test.short)
		}
	}
	flood := media.NewSegmentPolicy(0)
	for i := range media.MaxFragments + 1 {
		want := media.Stay
		if i == media.MaxFragments {
			want = media.CutShort
		}
		if got := flood.Next(info(0, false), 1); got != want {
			t.Fatalf("fragment %d of a flood: %d", i, got)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		s := media.Stagger(custody.NewStreamID())
		seen[s.String()] = true
		if s < 0 || s >= media.SegmentTarget {
			t.Fatalf("a stagger of %v", s)
		}
	}
	if len(seen) < 90 {
		t.Errorf("%d different staggers for 100 streams", len(seen))
	}
}
