package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/media"
)

// Bounds on a session description (RFC 8866).
const (
	maxSDP     = 64 << 10
	maxMedia   = 32 // sections looked at
	maxFormats = 16 // payload types looked at in one section
)

// offer is what we use of a camera's session description: one video track, and perhaps one audio track.
type offer struct {
	control string // session-level control attribute
	keyMgmt string // session-level key-mgmt attribute (RFC 4567)
	tracks  []offered
}

// offered is one track of an offer.
type offered struct {
	track     media.Track
	kind      uint8 // RTP payload type
	secure    bool  // RTP/SAVP
	control   string
	keyMgmt   string
	assembler func(e emit, over func()) assembler
}

// section is the raw material of one m= section.
type section struct {
	media    string
	proto    string
	formats  []string
	rtpmap   map[string]string
	fmtp     map[string]string
	control  string
	keyMgmt  string
	outbound bool // a back channel: media for the camera to play
}

// parseSDP picks the tracks to set up. Of several video sections, or formats in one, the first that can be recorded is
// taken; audio that cannot be recorded is left out. The error's text is fit for a gap's detail.
func parseSDP(text []byte, audio bool) (offer, error) {
	if len(text) > maxSDP {
		return offer{}, fmt.Errorf("the camera's session description is larger than %d bytes", maxSDP)
	}
	o, sections := splitSDP(string(text))
	video, err := pick(sections, "video")
	if err != nil {
		return offer{}, err
	}
	video.track.ID = 1
	o.tracks = []offered{video}
	if audio {
		if sound, err := pick(sections, "audio"); err == nil {
			sound.track.ID = 2
			o.tracks = append(o.tracks, sound)
		}
	}
	return o, nil
}

func splitSDP(text string) (o offer, sections []section) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch key {
		case "m":
			if len(sections) == maxMedia {
				return o, sections
			}
			sections = append(sections, newSection(value))
		case "a":
			name, value, _ := strings.Cut(value, ":")
			if len(sections) > 0 {
				sections[len(sections)-1].attribute(name, strings.TrimSpace(value))
				continue
			}
			switch name {
			case "control":
				o.control = strings.TrimSpace(value)
			case "key-mgmt":
				o.keyMgmt = strings.TrimSpace(value)
			}
		}
	}
	return o, sections
}

func newSection(value string) section {
	s := section{rtpmap: map[string]string{}, fmtp: map[string]string{}}
	if f := strings.Fields(value); len(f) > 3 {
		s.media, s.proto, s.formats = f[0], f[2], f[3:min(len(f), 3+maxFormats)]
	}
	return s
}

func (s *section) attribute(name, value string) {
	switch name {
	case "rtpmap", "fmtp":
		into := s.rtpmap
		if name == "fmtp" {
			into = s.fmtp
		}
		if kind, rest, ok := strings.Cut(value, " "); ok && len(into) < maxFormats {
			into[kind] = strings.TrimSpace(rest)
		}
	case "control":
		s.control = value
	case "key-mgmt":
		s.keyMgmt = value
	case "sendonly":
		s.outbound = true
	}
}

// pick returns the first usable track of a kind of media, or says what stands in the way of the first one found.
func pick(sections []section, kind string) (offered, error) {
	err := fmt.Errorf("the camera offers no %s", kind)
	found := false
	for _, s := range sections {
		if s.media != kind || s.outbound {
			continue
		}
		for _, f := range s.formats {
			t, e := s.track(f)
			if e == nil && t.track.Codec.Video() == (kind == "video") {
				return t, nil
			}
			if e == nil {
				e = fmt.Errorf("the camera offers %s in a %s section", t.track.Codec, kind)
			}
			if !found {
				err, found = e, true
			}
		}
	}
	return offered{}, err
}

// track reads one format of a section.
func (s *section) track(format string) (offered, error) {
	o := offered{secure: strings.Contains(s.proto, "SAVP"), control: s.control, keyMgmt: s.keyMgmt}
	kind, err := strconv.ParseUint(format, 10, 7)
	if err != nil {
		return o, fmt.Errorf("the camera's payload type %.20q is not a number from 0 to 127", format)
	}
	o.kind = uint8(kind)
	name, clock, _ := strings.Cut(s.rtpmap[format], "/")
	clock, channels, _ := strings.Cut(clock, "/")
	rate, _ := strconv.ParseUint(clock, 10, 32)
	o.track.Timescale = uint32(rate)
	p := parseFMTP(s.fmtp[format])
	switch n := strings.ToLower(name); {
	case n == "h264" && rate == 90000:
		return o, p.h264(&o)
	case n == "h265" && rate == 90000:
		return o, p.h265(&o)
	case n == "mpeg4-generic" && rate >= 7350 && rate <= 96000:
		return o, p.aac(&o)
	case n == "opus" && rate == 48000 && channels == "2":
		return o, p.opus(&o)
	case n == "":
		return o, fmt.Errorf("the camera's %s has the static payload type %d; only H.264 and H.265 at 90000, AAC and Opus can be recorded", s.media, kind)
	default:
		return o, fmt.Errorf("the camera's %s is %.40q; only H.264 and H.265 at 90000, AAC and Opus can be recorded", s.media, s.rtpmap[format])
	}
}

// forLibrary writes the offer as a session description for the RTSP library, which parses it in a goroutine of its
// own, where we could not recover a panic: nothing in it comes from the camera but the control and key-mgmt values.
func (o offer) forLibrary() []byte {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns= \r\nt=0 0\r\n")
	attribute := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "a=%s:%s\r\n", name, value)
		}
	}
	attribute("control", o.control)
	attribute("key-mgmt", o.keyMgmt)
	for _, t := range o.tracks {
		kind, proto := "audio", "RTP/AVP"
		if t.track.Codec.Video() {
			kind = "video"
		}
		if t.secure {
			proto = "RTP/SAVP"
		}
		fmt.Fprintf(&b, "m=%s 0 %s %d\r\na=rtpmap:%d recorded/%d\r\n", kind, proto, t.kind, t.kind, t.track.Timescale)
		attribute("control", t.control)
		if t.secure {
			attribute("key-mgmt", t.keyMgmt)
		}
	}
	return []byte(b.String())
}
