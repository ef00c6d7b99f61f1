package simcam

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"

	"github.com/footage-custody/custody/internal/media"
)

// GarbageKind is a kind of rubbish.
type GarbageKind string

// The kinds.
const (
	GarbageRandom      GarbageKind = "random"      // bytes without framing
	GarbageFlood       GarbageKind = "flood"       // 0xff without framing
	GarbageInterleaved GarbageKind = "interleaved" // random payloads, framed, on the video's RTP channel
	GarbageRTCP        GarbageKind = "rtcp"        // random payloads, framed, on the video's RTCP channel
	GarbageRTP         GarbageKind = "rtp"         // RTP of this track with random payloads
	GarbageBadRTP      GarbageKind = "bad-rtp"     // RTP with a wrong version, too many CSRCs, an overlong extension
	GarbageLength      GarbageKind = "length"      // a frame that announces 65535 bytes and has Bytes of them
	GarbageChannel     GarbageKind = "channel"     // frames on a channel nobody set up
	GarbageHeaders     GarbageKind = "headers"     // an RTSP response whose headers do not end
)

// maxGarbage bounds one helping.
const maxGarbage = 64 << 20

// litter writes rubbish into the session, between two units.
func (s *session) litter(f Garbage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.tracks) == 0 {
		return
	}
	t := s.tracks[0]
	rubbish := t.rubbish(f)
	if !t.udp {
		s.out.write(bytes.Join(rubbish, nil), nil, 0)
		return
	}
	for _, b := range rubbish {
		s.cam.farm.datagrams.media(b[min(frameHeader, len(b)):], t.media)
	}
}

func (t *track) rubbish(f Garbage) [][]byte {
	left := min(max(f.Bytes, 1), maxGarbage)
	r := rand.New(rand.NewPCG(f.Seed, 0xbad))
	switch f.Kind {
	case GarbageFlood:
		return [][]byte{bytes.Repeat([]byte{0xff}, left)}
	case GarbageLength:
		return [][]byte{append([]byte{'$', t.channel, 0xff, 0xff}, noise(r, left)...)}
	case GarbageHeaders:
		return [][]byte{append([]byte("RTSP/1.0 200 OK\r\n"), bytes.Repeat([]byte("X-Padding: aaaaaaaa\r\n"), left/21+1)...)}
	case GarbageInterleaved, GarbageRTCP, GarbageRTP, GarbageBadRTP, GarbageChannel:
		var out [][]byte
		for ; left > 0; left -= maxPayload {
			out = append(out, t.badFrame(f.Kind, r, min(left, maxPayload)))
		}
		return out
	}
	return [][]byte{noise(r, left)}
}

func (t *track) badFrame(kind GarbageKind, r *rand.Rand, n int) []byte {
	channel := t.channel
	head := []byte{}
	switch kind {
	case GarbageRTCP:
		channel++
	case GarbageChannel:
		channel = 77
	case GarbageRTP:
		head = []byte{0x80, videoType}
		head = binary.BigEndian.AppendUint16(head, t.seq)
		head = binary.BigEndian.AppendUint32(head, r.Uint32())
		head = binary.BigEndian.AppendUint32(head, t.ssrc)
		t.seq++
	case GarbageBadRTP:
		first := [...]byte{0x00, 0x8f, 0x90, 0xff, 0xa0}[r.IntN(5)] // version 0; 15 CSRCs; extension; all; padding
		head = []byte{first, videoType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	}
	b := []byte{'$', channel}
	b = binary.BigEndian.AppendUint16(b, uint16(len(head)+n))
	return append(append(b, head...), noise(r, n)...)
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// sliceOf is a NAL unit of n bytes that claims to be a slice and is none.
func sliceOf(n int, codec media.Codec) []byte {
	b := bytes.Repeat([]byte{0x5a}, max(n, 2))
	if codec == media.H265 {
		b[0], b[1] = 1<<1, 1
	} else {
		b[0] = 0x41
	}
	return b
}
