package viewing

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// runOf is what a player needs to know of a run.
func runOf(h media.RunHeader, init custody.SegmentID) Run {
	r := Run{ID: h.Run, Init: init, Timescale: 1, Playable: len(h.Tracks) > 0, sound: true}
	var codecs []string
	for i, t := range h.Tracks {
		if i == 0 {
			r.Timescale = max(t.Timescale, 1)
		}
		if t.Codec.Video() {
			r.sound = false
			r.Playable = t.Codec == media.H264
			if p, err := t.Picture(); err == nil {
				r.Width, r.Height = p.Width, p.Height
			}
		}
		codecs = append(codecs, codecOf(t))
	}
	r.Codec = strings.Join(codecs, ",")
	return r
}

// codecOf names a track's codec as RFC 6381 and ISO/IEC 14496-15 annex E do.
func codecOf(t media.Track) string {
	switch {
	case t.Codec == media.H264 && len(t.SPS) > 0 && len(t.SPS[0]) >= 4:
		return fmt.Sprintf("avc1.%02x%02x%02x", t.SPS[0][1], t.SPS[0][2], t.SPS[0][3])
	case t.Codec == media.H264:
		return "avc1"
	case t.Codec == media.H265 && len(t.SPS) > 0:
		return hevc(t.SPS[0])
	case t.Codec == media.AAC && len(t.Config) > 0:
		return fmt.Sprintf("mp4a.40.%d", t.Config[0]>>3)
	case t.Codec == media.Opus:
		return "opus"
	}
	return string(t.Codec)
}

// hevc reads profile, tier and level, which begin the SPS (ITU-T H.265 7.3.3), and writes them as annex E.3 asks.
func hevc(sps []byte) string {
	b := unescaped(sps, 15)
	if len(b) < 15 {
		return "hvc1"
	}
	b = b[3:] // NAL header, sps_video_parameter_set_id and sub-layers
	compatible := uint32(b[1])<<24 | uint32(b[2])<<16 | uint32(b[3])<<8 | uint32(b[4])
	s := "hvc1." + [...]string{"", "A", "B", "C"}[b[0]>>6] + fmt.Sprintf("%d.%X", b[0]&31, bits.Reverse32(compatible)) +
		[...]string{".L", ".H"}[b[0]>>5&1] + fmt.Sprint(b[11])
	last := 10
	for last > 4 && b[last] == 0 {
		last--
	}
	for _, c := range b[5 : last+1] {
		s += fmt.Sprintf(".%X", c)
	}
	return s
}

// unescaped is the first n bytes of a NAL unit without emulation prevention.
func unescaped(nal []byte, n int) []byte {
	out := make([]byte, 0, n)
	zeros := 0
	for _, c := range nal {
		if len(out) == n {
			break
		}
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		zeros++
		if c != 0 {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}
