package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/media"
)

// fmtp holds the parameters of one format, keys in lower case.
type fmtp map[string]string

const (
	maxParameters = 64 // in one fmtp attribute
	maxSets       = 16 // parameter sets of one kind
)

func parseFMTP(s string) fmtp {
	p := fmtp{}
	for kv := range strings.SplitSeq(s, ";") {
		k, v, ok := strings.Cut(strings.TrimSpace(kv), "=")
		if ok && len(p) < maxParameters {
			p[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
		}
	}
	return p
}

// number reads a parameter; absent or unreadable, it is missing.
func (p fmtp) number(key string, missing int) int {
	n, err := strconv.ParseUint(p[key], 10, 31)
	if err != nil {
		return missing
	}
	return int(n)
}

// sets decodes a comma-separated list of base64 NAL units, of which some cameras write a start code in front. What
// cannot be read is left out: the sets come in band as well, and those count.
func (p fmtp) sets(key string) (sets [][]byte) {
	for s := range strings.SplitSeq(p[key], ",") {
		nal, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(s), "="))
		nal = bytes.TrimPrefix(nal, []byte{0, 0, 0, 1})
		if err == nil && len(nal) > 2 && len(sets) < maxSets {
			sets = append(sets, nal)
		}
	}
	return sets
}

func (p fmtp) h264(o *offered) error {
	if p.number("packetization-mode", 0) > 1 {
		return errors.New("the camera sends H.264 interleaved (packetization-mode 2), which cannot be recorded")
	}
	o.track.Codec, o.track.Source = media.H264, media.FromSDP
	for _, nal := range p.sets("sprop-parameter-sets") {
		switch nal[0] & avcTypeMask {
		case 7:
			o.track.SPS = append(o.track.SPS, nal)
		case 8:
			o.track.PPS = append(o.track.PPS, nal)
		}
	}
	o.assembler = func(e emit, over func()) assembler { return newVideo(h264{}, e, over) }
	return nil
}

func (p fmtp) h265(o *offered) error {
	if p.number("sprop-max-don-diff", 0) > 0 {
		return errors.New("the camera sends H.265 out of decoding order (sprop-max-don-diff), which cannot be recorded")
	}
	o.track.Codec, o.track.Source = media.H265, media.FromSDP
	o.track.VPS, o.track.SPS, o.track.PPS = p.sets("sprop-vps"), p.sets("sprop-sps"), p.sets("sprop-pps")
	o.assembler = func(e emit, over func()) assembler { return newVideo(h265{}, e, over) }
	return nil
}

func (p fmtp) opus(o *offered) error {
	o.track.Codec, o.track.Source, o.track.Channels = media.Opus, media.FromSDP, 1
	if p["sprop-stereo"] == "1" {
		o.track.Channels = 2
	}
	o.assembler = func(e emit, _ func()) assembler { return &opus{emit: e} }
	return nil
}

func (p fmtp) aac(o *offered) error {
	size, index := 13, 3 // AAC-hbr, RFC 3640 §3.3.6
	if strings.EqualFold(p["mode"], "AAC-lbr") {
		size, index = 6, 2 // §3.3.5
	}
	a := aac{
		sizeBits:  p.number("sizelength", size),
		indexBits: p.number("indexlength", index),
		deltaBits: p.number("indexdeltalength", index),
	}
	if a.sizeBits < 1 || a.sizeBits > 16 || a.indexBits > 8 || a.deltaBits > 8 {
		return errors.New("the camera's AAC headers have field lengths that cannot be recorded")
	}
	for _, k := range [...]string{"ctsdeltalength", "dtsdeltalength", "randomaccessindication", "streamstateindication", "auxiliarydatasizelength"} {
		if p.number(k, 0) != 0 {
			return errors.New("the camera's AAC packets carry fields that cannot be recorded: " + k)
		}
	}
	config, err := hex.DecodeString(p["config"])
	samples, rate, ok := aacFrame(config)
	if err != nil || !ok || len(config) > 64 {
		return errors.New("the camera's AAC configuration cannot be read")
	}
	a.ticks = uint32(p.number("constantduration", samples*int(o.track.Timescale)/rate))
	o.track.Codec, o.track.Source, o.track.Config = media.AAC, media.FromSDP, config
	o.assembler = func(e emit, _ func()) assembler {
		fresh := a
		fresh.emit = e
		return &fresh
	}
	return nil
}

// aacRates are the sampling frequencies of ISO/IEC 14496-3 table 1.18.
var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// aacFrame reads from an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) how many samples an access unit has, and
// the rate those samples have before any spectral band replication.
func aacFrame(config []byte) (samples, rate int, ok bool) {
	padded := append(bytes.Clone(config), make([]byte, 16)...) // more than any field below reaches
	off := 0
	read := func(n int) int {
		v := int(bitsAt(padded, off, n))
		off += n
		return v
	}
	object := func() {
		if read(5) == 31 {
			read(6)
		}
	}
	frequency := func() int {
		i := read(4)
		switch {
		case i == 15:
			return read(12)<<12 | read(12)
		case i < len(aacRates):
			return aacRates[i]
		default:
			return 0
		}
	}
	extended := bitsAt(padded, 0, 5)
	object()
	rate = frequency()
	read(4) // channels
	if extended == 5 || extended == 29 {
		frequency()
		object()
	}
	samples = 1024
	if read(1) == 1 {
		samples = 960
	}
	return samples, rate, len(config) >= 2 && rate >= 7350 && rate <= 96000
}
