package media_test

import (
	"bytes"
	"testing"

	"github.com/footage-custody/custody/internal/media"
)

func oneUnit(u media.Unit, base int64, payload []byte) []byte {
	u.Track, u.Size = 1, uint32(len(payload))
	track := media.Track{ID: 1, Codec: media.H264, Timescale: 90000}
	return media.AppendUnitFragment(nil, 7, track, u, base, 6000, payload)
}

func TestAUnitFragmentIsReadBack(t *testing.T) {
	b := oneUnit(media.Unit{Flags: media.RandomAccess, DTS: 500, PTS: 3500}, 12000, []byte("payload"))
	tracks, err := media.ReadFragment(b)
	if err != nil || len(tracks) != 1 || len(tracks[0].Samples) != 1 {
		t.Fatalf("%+v, %v", tracks, err)
	}
	s := tracks[0].Samples[0]
	if s.DTS != 12000 || s.PTS != 15000 || s.Duration != 6000 || !s.Sync || !bytes.Equal(b[s.At:s.At+s.Size], []byte("payload")) {
		t.Errorf("%+v", s)
	}
}

func FuzzReadFragment(f *testing.F) {
	f.Add(oneUnit(media.Unit{}, 0, []byte("p")))
	f.Add(oneUnit(media.Unit{Flags: media.RandomAccess | media.Open, PTS: -5}, 1<<40, nil))
	f.Add([]byte{0, 0, 0, 8, 'm', 'o', 'o', 'f'})
	f.Fuzz(func(t *testing.T, b []byte) {
		tracks, err := media.ReadFragment(b)
		if err != nil {
			return
		}
		for _, track := range tracks {
			for _, s := range track.Samples {
				_ = b[s.At : s.At+s.Size]
			}
		}
	})
}
