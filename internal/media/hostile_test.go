package media_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// FuzzInspect gives a camera's bytes to everything that reads them: headers, set ids, SPS, sample entry.
func FuzzInspect(f *testing.F) {
	sps, pps := pyramid()
	vps, sps5, pps5 := hevc()
	f.Add(false, unit(sps, pps, []byte{6, 6, 1, 0x80, 0x80}, []byte{0x65, 0x88}))
	f.Add(true, unit(vps, sps5, pps5, []byte{21 << 1, 1, 0x88}))
	f.Add(false, []byte{0, 0, 0, 9, 1})
	f.Fuzz(func(t *testing.T, is265 bool, payload []byte) {
		track := media.Track{ID: 1, Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}, PPS: [][]byte{pps}}
		if is265 {
			track = media.Track{ID: 1, Codec: media.H265, Timescale: 90000, VPS: [][]byte{vps}, SPS: [][]byte{sps5}, PPS: [][]byte{pps5}}
		}
		flags, params, err := media.Inspect(track.Codec, payload)
		if (err != nil || params.Empty()) != (flags&media.HasParams == 0) {
			t.Fatalf("flags %b, %d sets, %v", flags, len(params.SPS), err)
		}
		next, changed := track.WithParams(params)
		if again, twice := next.WithParams(params); twice && len(params.SPS)+len(params.PPS)+len(params.VPS) == 1 {
			t.Fatalf("the same set changes the track twice: %v, %v", changed, again)
		}
		init, err := media.InitSection([]media.Track{next})
		if err != nil {
			if custody.KindOf(err) != custody.Invalid {
				t.Fatal(err)
			}
			return
		}
		if _, err := mp4box.Read(bytes.NewReader(init), int64(len(init))); err != nil {
			t.Fatalf("an init section that cannot be read: %v", err)
		}
	})
}

func FuzzAudioConfig(f *testing.F) {
	f.Add([]byte{0x11, 0x90})
	f.Fuzz(func(t *testing.T, config []byte) {
		init, err := media.InitSection([]media.Track{{ID: 1, Codec: media.AAC, Timescale: 48000, Config: config}})
		if err != nil {
			return
		}
		m, err := mp4box.Read(bytes.NewReader(init), int64(len(init)))
		if err != nil || !bytes.Equal(m.Tracks[0].Entries[0].Config, config) {
			t.Errorf("%x is read back wrong (%v)", config, err)
		}
	})
}

// FuzzReordering lets a stream with a declared depth of 2 send its pictures in any order.
func FuzzReordering(f *testing.F) {
	f.Add([]byte{0, 4, 2, 1, 3, 8, 6, 5, 7})
	f.Add([]byte{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 255})
	f.Fuzz(func(t *testing.T, shown []byte) {
		sps, pps := pyramid()
		tracks := []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}, PPS: [][]byte{pps}}}
		line := media.NewTimeline(tracks)
		last := int64(math.MinInt64)
		for i, n := range shown {
			u := media.Unit{Track: 1, Flags: media.UnitFlags(n >> 2), RTP: 3600 * uint32(n), Receipt: epoch + custody.Instant(i*40_000)}
			if line.Place(&u) != media.Continuous {
				line.Restart(tracks)
				last = math.MinInt64
				if c := line.Place(&u); c != media.Continuous {
					t.Fatalf("unit %d begins no run: %s", i, c)
				}
			}
			if u.DTS > u.PTS || u.DTS < last || u.DTS < -2*90_000 {
				t.Fatalf("unit %d: decoded at %d after %d, shown at %d", i, u.DTS, last, u.PTS)
			}
			last = u.DTS
		}
	})
}
