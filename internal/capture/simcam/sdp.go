package simcam

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/media"
)

// enormousSDP is how much an SDPEnormous description holds.
const enormousSDP = 16 << 20

// source is what a description is made of.
type source struct {
	codec media.Codec
	sets  [3][]byte
	audio media.Codec
}

// sdp describes the camera (RFC 4566; formats after RFC 6184 §8, RFC 7798 §7, RFC 3640 §4, RFC 7587 §7).
func (c *Camera) sdp(src source, kind SDPKind) string {
	switch kind {
	case SDPGarbage:
		return "\x00\xff\xfe this is no session description \x00\r\nm=\r\n=\r\nv\r\n"
	case SDPWrongCodec:
		src.codec = map[media.Codec]media.Codec{media.H264: media.H265, media.H265: media.H264}[src.codec]
		src.sets = [3][]byte{}
	case SDPBadSets:
		src.sets = [3][]byte{{0x40, 1, 0xff}, {0x67, 0xff, 0xff, 0xff, 0xff}, {0x68}}
	}
	if c.spec.Placement == SetsInBand && kind == SDPTrue {
		src.sets = [3][]byte{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=- %d 1 IN IP4 127.0.0.1\r\ns=%s\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n", c.number, c.spec.Path)
	if kind == SDPEnormous {
		b.WriteString(strings.Repeat("a=x-padding:"+strings.Repeat("a", 100)+"\r\n", enormousSDP/114))
	}
	if kind != SDPEmpty {
		writeVideo(&b, src)
		writeAudio(&b, src.audio)
	}
	for i := 0; kind == SDPCrowded && i < 1000; i++ {
		fmt.Fprintf(&b, "m=video 0 RTP/AVP %d\r\n", videoType)
	}
	return b.String()
}

func writeVideo(b *strings.Builder, src source) {
	name, format := "H264", "packetization-mode=1"
	set := func(key string, nals ...[]byte) {
		var texts []string
		for _, n := range nals {
			if n == nil {
				return
			}
			texts = append(texts, base64.StdEncoding.EncodeToString(n))
		}
		format += ";" + key + "=" + strings.Join(texts, ",")
	}
	if src.codec == media.H265 {
		name, format = "H265", "tx-mode=SRST"
		set("sprop-vps", src.sets[0])
		set("sprop-sps", src.sets[1])
		set("sprop-pps", src.sets[2])
	} else {
		if sps := src.sets[1]; len(sps) > 3 {
			format += fmt.Sprintf(";profile-level-id=%X", sps[1:4])
		}
		set("sprop-parameter-sets", src.sets[1], src.sets[2])
	}
	fmt.Fprintf(b, "m=video 0 RTP/AVP %d\r\na=rtpmap:%d %s/%d\r\na=fmtp:%d %s\r\na=control:trackID=1\r\n",
		videoType, videoType, name, videoClock, videoType, format)
}

func writeAudio(b *strings.Builder, codec media.Codec) {
	switch codec {
	case media.AAC: // config 1188: AAC-LC, 48 kHz, one channel (ISO 14496-3 §1.6.2.1)
		fmt.Fprintf(b, "m=audio 0 RTP/AVP %d\r\na=rtpmap:%d mpeg4-generic/%d/1\r\n"+
			"a=fmtp:%d streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188\r\na=control:trackID=2\r\n",
			audioType, audioType, audioClock, audioType)
	case media.Opus:
		fmt.Fprintf(b, "m=audio 0 RTP/AVP %d\r\na=rtpmap:%d opus/%d/2\r\na=fmtp:%d sprop-stereo=0\r\na=control:trackID=2\r\n",
			audioType, audioType, audioClock, audioType)
	}
}
