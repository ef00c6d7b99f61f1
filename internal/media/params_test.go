package media_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Sets of real encoders: x264 at 320x240 with sps-id 2 and a B pyramid, x264 at 640x360 without B-frames, x265 at 320x240.
func pyramid() (sps, pps []byte) {
	return unhex("67f4000d6466ca0a0fd808800000030080000019078a14cb"), unhex("686ebe3c448440")
}

func straight() (sps, pps []byte) {
	return unhex("67f4001e919640280bfe27011000000300100000030320f162e480"), unhex("68ebc3c44844")
}

func hevc() (vps, sps, pps []byte) {
	return unhex("40010c01ffff0408000003009e0800000300003c959809"),
		unhex("4201010408000003009e0800000300003c90014101e2cb2b349265780b7020200040000003004000000642"), unhex("4401c172860c4624")
}

// unit joins NAL units with their lengths.
func unit(nals ...[]byte) (b []byte) {
	for _, n := range nals {
		b = binary.BigEndian.AppendUint32(b, uint32(len(n)))
		b = append(b, n...)
	}
	return b
}

func TestInspectTellsUnitsApart(t *testing.T) {
	sps, pps := pyramid()
	vps, sps5, pps5 := hevc()
	recovery := func(frames byte) []byte { return []byte{6, 6, 1, frames, 0x80} }
	iSlice, pSlice := []byte{0x61, 0x88, 0x80}, []byte{0x61, 0x9a, 0x00} // first_mb 0, types 7 and 5
	for name, test := range map[string]struct {
		codec   media.Codec
		payload []byte
		want    media.UnitFlags
	}{
		"IDR":                         {media.H264, unit([]byte{0x65, 1}), media.RandomAccess},
		"IDR with sets":               {media.H264, unit(sps, pps, []byte{0x65, 1}), media.RandomAccess | media.HasParams},
		"P picture":                   {media.H264, unit(pSlice), 0},
		"I picture":                   {media.H264, unit(iSlice), 0},
		"I picture, recovery point":   {media.H264, unit(recovery(0x80), iSlice), media.RandomAccess | media.Open},
		"P picture, recovery point":   {media.H264, unit(recovery(0x80), pSlice), 0},
		"I and P slices":              {media.H264, unit(recovery(0x80), iSlice, pSlice), 0},
		"recovery three frames later": {media.H264, unit(recovery(0x20), iSlice), 0},
		"HEVC IDR":                    {media.H265, unit(vps, sps5, pps5, []byte{19 << 1, 1}), media.RandomAccess | media.HasParams},
		"HEVC BLA":                    {media.H265, unit([]byte{16 << 1, 1}), media.RandomAccess},
		"HEVC CRA":                    {media.H265, unit([]byte{21 << 1, 1}), media.RandomAccess | media.Open},
		"HEVC RASL":                   {media.H265, unit([]byte{8 << 1, 1}), media.Leading},
		"HEVC RADL":                   {media.H265, unit([]byte{7 << 1, 1}), media.Leading},
		"HEVC trailing":               {media.H265, unit([]byte{1 << 1, 1}), 0},
		"audio":                       {media.AAC, []byte{1, 2, 3}, media.RandomAccess},
		"nothing":                     {media.H264, nil, 0},
	} {
		if got, _, err := media.Inspect(test.codec, test.payload); err != nil || got != test.want {
			t.Errorf("%s: flags %05b, want %05b (%v)", name, got, test.want, err)
		}
	}
	for name, bad := range map[string][]byte{
		"short length": {0, 0, 0}, "empty NAL unit": {0, 0, 0, 0}, "length past the end": {0, 0, 0, 3, 0x65, 1}, "a huge length": {0xff, 0xff, 0xff, 0xff, 0x65},
	} {
		for _, codec := range []media.Codec{media.H264, media.H265} {
			if flags, _, err := media.Inspect(codec, bad); custody.KindOf(err) != custody.Invalid || flags != 0 {
				t.Errorf("%s, %s: %v", name, codec, err)
			}
		}
	}
}

func TestInBandSetsOverrideTheSDP(t *testing.T) {
	sps, pps := pyramid()
	other, otherPPS := straight()
	sdp := media.Track{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{sps}, PPS: [][]byte{pps}}
	same, changed := sdp.WithParams(media.Params{SPS: [][]byte{sps}})
	if changed || same.Source != media.FromSDP {
		t.Errorf("half of the sets again: changed %v, source %s", changed, same.Source)
	}
	same, changed = sdp.WithParams(media.Params{SPS: [][]byte{sps}, PPS: [][]byte{pps}})
	if changed || same.Source != media.FromStream {
		t.Errorf("the same sets again: changed %v, source %s", changed, same.Source)
	}
	altered := bytes.Clone(sps)
	altered[len(altered)-1] ^= 8
	next, changed := sdp.WithParams(media.Params{SPS: [][]byte{altered}})
	if !changed || next.Source != media.FromStream || len(next.SPS) != 1 || !bytes.Equal(next.SPS[0], altered) || !bytes.Equal(sdp.SPS[0], sps) {
		t.Errorf("an altered set of the same id: %v, %x (was %x)", changed, next.SPS, sdp.SPS)
	}
	altered[5] ^= 0xff
	if bytes.Equal(next.SPS[0], altered) {
		t.Error("the track's set is the unit's memory")
	}
	both, changed := sdp.WithParams(media.Params{SPS: [][]byte{other}, PPS: [][]byte{otherPPS}})
	if !changed || len(both.SPS) != 2 || len(both.PPS) != 2 {
		t.Errorf("sets of another id: %v, %d and %d", changed, len(both.SPS), len(both.PPS))
	}
	vps, sps5, pps5 := hevc()
	track := media.Track{ID: 1, Codec: media.H265, Timescale: 90000}
	if track, changed = track.WithParams(media.Params{VPS: [][]byte{vps}, SPS: [][]byte{sps5}, PPS: [][]byte{pps5}}); !changed || !track.Complete() {
		t.Errorf("sets without an SDP: %v, %+v", changed, track)
	}
	moved := bytes.Clone(sps5)
	moved[len(moved)-1] ^= 4
	if track, changed = track.WithParams(media.Params{SPS: [][]byte{moved}}); !changed || len(track.SPS) != 1 {
		t.Errorf("an altered HEVC set of the same id: %v, %d sets", changed, len(track.SPS))
	}
}

func TestPictureComesFromTheSPS(t *testing.T) {
	sps, _ := pyramid()
	wide, _ := straight()
	_, sps5, _ := hevc()
	for _, test := range []struct {
		codec media.Codec
		sps   []byte
		want  media.Picture
	}{
		{media.H264, sps, media.Picture{Width: 320, Height: 240, FPS: 25, Reorder: 2}},
		{media.H264, wide, media.Picture{Width: 640, Height: 360, FPS: 25}},
		{media.H265, sps5, media.Picture{Width: 320, Height: 240, FPS: 25, Reorder: 2}},
	} {
		if got, err := (media.Track{ID: 1, Codec: test.codec, SPS: [][]byte{test.sps}}).Picture(); err != nil || got != test.want {
			t.Errorf("%+v, want %+v (%v)", got, test.want, err)
		}
	}
	for _, bad := range []media.Track{{Codec: media.H264}, {Codec: media.H264, SPS: [][]byte{{0x67}}}, {Codec: media.AAC, SPS: [][]byte{sps}}} {
		if _, err := bad.Picture(); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestInitSectionInventsNothing(t *testing.T) {
	sps, pps := pyramid()
	good := media.Track{ID: 1, Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}, PPS: [][]byte{pps}}
	a, err := media.InitSection([]media.Track{good})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := media.InitSection([]media.Track{good})
	f, err := mp4box.Read(bytes.NewReader(a), int64(len(a)))
	if err != nil || !bytes.Equal(a, b) || len(f.Tracks) != 1 || !bytes.Equal(f.Tracks[0].Entries[0].SPS[0], sps) || !bytes.Equal(f.Tracks[0].Entries[0].PPS[0], pps) {
		t.Errorf("%+v, %v", f, err)
	}
	without := func(change func(*media.Track)) []media.Track {
		t := good
		change(&t)
		return []media.Track{t}
	}
	for name, tracks := range map[string][]media.Track{
		"no tracks": nil, "no SPS": without(func(t *media.Track) { t.SPS = nil }), "no PPS": without(func(t *media.Track) { t.PPS = nil }),
		"an SPS of nothing": without(func(t *media.Track) { t.SPS = [][]byte{{}} }), "a broken SPS": without(func(t *media.Track) { t.SPS = [][]byte{{0x67, 1}} }),
		"no timescale": without(func(t *media.Track) { t.Timescale = 0 }), "a wrong number": without(func(t *media.Track) { t.ID = 2 }),
		"an unknown codec": without(func(t *media.Track) { t.Codec = "vp8" }), "too many sets": without(func(t *media.Track) { t.PPS = make([][]byte, 40) }),
		"two videos": {good, func() media.Track { t := good; t.ID = 2; return t }()},
		"broken AAC": {{ID: 1, Codec: media.AAC, Timescale: 48000, Config: []byte{0}}}, "no Opus channels": {{ID: 1, Codec: media.Opus, Timescale: 48000}},
	} {
		if _, err := media.InitSection(tracks); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
