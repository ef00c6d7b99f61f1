package ingest

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func FuzzRTP(f *testing.F) {
	f.Add((&packer{kind: 96}).rtp(1, true, []byte{0x65, 0x88}))
	f.Add([]byte{0xb1, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7, 0, 0, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseRTP(b); ok && len(p.payload) > len(b)-rtpHeaderSize {
			t.Fatal("payload longer than the packet")
		}
	})
}

func FuzzRTCP(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0x80, 200, 0, 6, 1, 2, 3}, 4))
	f.Add([]byte{0x80, 201, 0, 0, 0x80, 200, 0, 6})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		parseRTCP(b, func(s senderReport) {
			n++
			near := custody.Instant(1.8e15)
			if d := int64(ntpInstant(s.ntp, near) - near); d > ntpEra*1e6 || d < -ntpEra*1e6 {
				t.Fatalf("era not found: %d", d)
			}
		})
		if n > len(b)/rtcpSRSize {
			t.Fatal("more reports than fit")
		}
	})
}

// fuzzVideo feeds packets cut out of b: each has a length, a timestamp step and a gap bit before it.
func fuzzVideo(t *testing.T, format nalFormat, b []byte) {
	size := len(b)
	v := newVideo(format, func(u media.Unit, payload []byte) {
		if len(payload) == 0 {
			t.Fatal("an empty unit")
		}
		for p := payload; len(p) > 0; {
			n := binary.BigEndian.Uint32(p)
			if n == 0 || int(n) > len(p)-4 {
				t.Fatal("lengths do not divide the payload")
			}
			if bytes.Contains(p[4:4+n], []byte{0, 0, 1}) {
				t.Fatal("a start code is left")
			}
			p = p[4+n:]
		}
	}, func() {})
	var p packet
	for len(b) > 2 {
		n := min(int(b[0]), len(b)-2)
		p.timestamp += uint32(b[1] & 3)
		p.marker, p.payload = b[1]&4 != 0, b[2:2+n]
		v.packet(p, 1, b[1]&8 != 0)
		if len(v.nals.buf) > 8*size+64 {
			t.Fatal("the unit grew beyond what came")
		}
		b = b[2+n:]
	}
	v.flush()
}

func FuzzH264(f *testing.F) {
	f.Add([]byte{4, 5, 0x65, 0x88, 1, 2, 9, 1, 24, 0, 2, 0x67, 1, 0, 2, 0x68, 1, 4, 0, 0x7c, 0x85, 1, 2, 4, 4, 0x7c, 0x45, 3, 4})
	f.Add([]byte{9, 5, 0, 0, 0, 1, 0x67, 0, 0, 1, 0x68})
	f.Fuzz(func(t *testing.T, b []byte) { fuzzVideo(t, h264{}, b) })
}

func FuzzH265(f *testing.F) {
	f.Add([]byte{4, 5, 0x26, 1, 0x88, 2, 10, 1, 0x60, 1, 0, 3, 0x40, 1, 7, 0, 1, 9, 5, 0, 0x62, 1, 0x93, 1, 2, 5, 4, 0x62, 1, 0x53, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) { fuzzVideo(t, h265{}, b) })
}

func FuzzAAC(f *testing.F) {
	f.Add([]byte{0, 32, 0, 16, 0, 24, 1, 2, 3, 4, 5}, true, false)
	f.Add([]byte{0, 16, 0x10, 0, 1, 2, 3}, false, false)
	f.Fuzz(func(t *testing.T, b []byte, gap, low bool) {
		a := aac{sizeBits: 13, indexBits: 3, deltaBits: 3, ticks: 1024}
		if low {
			a.sizeBits, a.indexBits, a.deltaBits = 6, 2, 2
		}
		total := 0
		a.emit = func(_ media.Unit, frame []byte) { total += len(frame) }
		for i := range 3 {
			a.packet(packet{payload: b, timestamp: uint32(i / 2)}, 1, gap && i == 1)
		}
		a.flush()
		if total > 3*len(b) || len(a.fragment) > 1<<16 {
			t.Fatal("more came out than went in")
		}
	})
}

func FuzzOpus(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		o := opus{emit: func(_ media.Unit, frame []byte) {
			if !bytes.Equal(frame, b) {
				t.Fatal("not the packet")
			}
		}}
		o.packet(packet{payload: b}, 1, false)
	})
}

func FuzzSDP(f *testing.F) {
	f.Add([]byte(fakeSDP))
	f.Add([]byte("m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-vps=QAEMAQ==;sprop-sps=QgEB\n"))
	f.Add([]byte("m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000/1\na=fmtp:97 mode=AAC-hbr;config=1408\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseSDP(b, true)
		if err != nil {
			return
		}
		if len(o.tracks) == 0 || len(o.tracks) > 2 || !o.tracks[0].track.Codec.Video() || bytes.Count(o.forLibrary(), []byte("m=")) < len(o.tracks) {
			t.Fatalf("%+v %v", o, err)
		}
	})
}

// pieces records what a framer hands over.
type pieces struct{ frames, text []byte }

func (p *pieces) frame(ch byte, payload []byte) error {
	p.frames = append(append(p.frames, ch, byte(len(payload)>>8), byte(len(payload))), payload...)
	return nil
}
func (p *pieces) message(b []byte) error { p.text = append(p.text, b...); return nil }

func FuzzFraming(f *testing.F) {
	f.Add([]byte("$\x00\x00\x03abcRTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n$$$\x01\x00\x00"), uint8(1))
	f.Add([]byte("\r\nOPTIONS * RTSP/1.0\r\n\r\n$\x00\xff\xff"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		var whole, parts pieces
		var one, many framer
		err := one.feed(b, &whole)
		var partsErr error
		for rest := b; len(rest) > 0 && partsErr == nil; {
			n := min(1+int(cut), len(rest))
			partsErr = many.feed(rest[:n], &parts)
			rest = rest[n:]
		}
		if (err == nil) != (partsErr == nil) {
			t.Fatalf("whole: %v, in pieces: %v", err, partsErr)
		}
		if !bytes.Equal(whole.frames, parts.frames) || !bytes.Equal(whole.text, parts.text) {
			t.Fatal("pieces matter")
		}
		if len(many.held) > max(maxFrame, 2*maxHead) {
			t.Fatal("too much is held")
		}
	})
}
