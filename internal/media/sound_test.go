package media_test

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Sound is there before the first picture, because a picture is known to be whole only when the next one begins. It stands
// in the first picture's fragment: one of its own would last no time at all.
func TestSoundAheadOfTheFirstPicture(t *testing.T) {
	tracks := append(videoTrack(), media.Track{ID: 2, Codec: media.AAC, Timescale: 48000})
	for _, ahead := range []time.Duration{0, 60 * time.Millisecond, time.Second} {
		b := media.NewBuilder(tracks, plainBuffer, 0)
		add := func(track uint8, flags media.UnitFlags, tick int64, at custody.Instant) *media.Fragment {
			f, err := b.Append(media.Unit{Track: track, Flags: flags, PTS: tick, DTS: tick, Receipt: at, Size: 1}, []byte{0})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		add(2, 0, 0, epoch)
		add(2, 0, 1024, epoch)
		first := int64(ahead.Seconds() * 90000)
		for i := range int64(25) {
			flags := media.UnitFlags(0)
			if i == 0 {
				flags = media.RandomAccess
			}
			if f := add(1, flags, first+i*3600, epoch.Add(ahead+time.Duration(i)*40*time.Millisecond)); f != nil {
				t.Fatalf("sound %v ahead: a fragment of %d units", ahead, f.Info.Units)
			}
		}
		f := add(1, media.RandomAccess, first+25*3600, epoch.Add(ahead+time.Second))
		if f == nil || f.Info.Units != 27 || !f.Info.RandomAccess || f.Info.WallEnd.Sub(f.Info.WallStart) != ahead+time.Second {
			t.Errorf("sound %v ahead: the first fragment is %+v", ahead, f)
		}
	}
}
