package media_test

import (
	"bytes"
	"testing"

	"github.com/footage-custody/custody/internal/media"
)

func TestActivityIsKeptToWithinAnEighth(t *testing.T) {
	var between []uint64
	for shift := range 33 {
		for _, n := range []uint64{0, 1, 3} {
			between = append(between, 1<<shift+n<<max(shift-2, 0))
		}
	}
	between = append(between, 0, 7, 15, 16, 17)
	got := media.UnpackActivity(media.PackActivity(between))
	if len(got) != len(between) {
		t.Fatal(len(got))
	}
	for i, n := range between {
		if got[i] > n || n-got[i] > n/8 {
			t.Errorf("%d is kept as %d", n, got[i])
		}
	}
	if got := media.UnpackActivity(media.PackActivity([]uint64{1 << 63})); got[0] == 0 {
		t.Error("too much to say became nothing")
	}
}

func TestActivityIsBounded(t *testing.T) {
	b := media.PackActivity(make([]uint64, 2*media.MaxFragments))
	if len(b) > 4096 || media.UnpackActivity(b) == nil {
		t.Fatal(len(b))
	}
	for _, b := range [][]byte{nil, {0}, {2, 3}, append(b, 0)} {
		if got := media.UnpackActivity(b); got != nil {
			t.Errorf("%d bytes that are no activity are %d fragments", len(b), len(got))
		}
	}
}

func TestBetweenPicturesCountsWhatMoved(t *testing.T) {
	tracks := []media.Track{{ID: 1, Codec: media.H264}, {ID: 2, Codec: media.AAC}}
	units := []media.Unit{{Track: 1, Size: 1000, Flags: media.RandomAccess}, {Track: 1, Size: 10}, {Track: 2, Size: 5, Flags: media.RandomAccess},
		{Track: 2, Size: 7}, {Track: 1, Size: 20, Flags: media.Damaged}}
	if got := media.BetweenPictures(tracks, units); got != 30 {
		t.Error(got)
	}
	if got := media.BetweenPictures(tracks[1:], units); got != 0 {
		t.Error("sound moved:", got)
	}
}

func FuzzActivity(f *testing.F) {
	f.Add([]byte{1, 0, 15, 16, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		between := media.UnpackActivity(b)
		if between == nil {
			return
		}
		if again := media.PackActivity(between); !bytes.Equal(again, b) {
			t.Fatalf("% x became % x", b, again)
		}
	})
}
