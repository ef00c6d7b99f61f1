package simcam

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/media"
)

// Sizes on the wire. A packet with its headers fits an Ethernet frame, as a camera's does.
const (
	maxPayload  = 1400 // bytes of RTP payload
	frameHeader = 4    // '$', channel, length (RFC 2326 §10.12)
	rtpHeader   = 12   // RFC 3550 §5.1
)

// Payload types of the two tracks.
const (
	videoType = 96
	audioType = 97
)

// unit is an access unit made ready to send. wire holds its packets one after another in interleaved
// framing; who sends them writes channel, sequence, timestamp, SSRC and SEI digits over the template first.
type unit struct {
	dts, pts  int64  // ticks from the start of the loop
	picture   uint32 // number in presentation order within the loop; the number in the pixels
	random    bool   // decoding may start here
	idr       bool   // and nothing after it refers to anything before it
	wire      []byte
	at        []int  // offset of each packet's '$' in wire
	wireSEI   int    // offset of the SEI digits in wire; 0 if there are none
	stored    []byte // what depacketisation yields: length-prefixed NAL units, or the audio frame
	storedSEI int
}

// packet appends one RTP packet and returns the offset of its payload.
func (u *unit) packet(payloadType byte, parts ...[]byte) int {
	n := rtpHeader
	for _, p := range parts {
		n += len(p)
	}
	u.at = append(u.at, len(u.wire))
	u.wire = append(u.wire, '$', 0)
	u.wire = binary.BigEndian.AppendUint16(u.wire, uint16(n))
	u.wire = append(u.wire, 0x80, payloadType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	start := len(u.wire)
	for _, p := range parts {
		u.wire = append(u.wire, p...)
	}
	return start
}

// mark sets the marker bit on the last packet.
func (u *unit) mark() { u.wire[u.at[len(u.at)-1]+frameHeader+1] |= 0x80 }

// stamp writes a camera's numbers over the template. The first packet gets seq.
func (u *unit) stamp(channel byte, seq uint16, rtp, ssrc uint32) {
	for _, at := range u.at {
		p := u.wire[at : at+frameHeader+rtpHeader]
		p[1] = channel
		binary.BigEndian.PutUint16(p[6:], seq)
		binary.BigEndian.PutUint32(p[8:], rtp)
		binary.BigEndian.PutUint32(p[12:], ssrc)
		seq++
	}
}

// raw is packet i as it travels over UDP.
func (u *unit) raw(i int) []byte { return u.framed(i)[frameHeader:] }

// framed is packet i with its interleaved header.
func (u *unit) framed(i int) []byte {
	if i+1 < len(u.at) {
		return u.wire[u.at[i]:u.at[i+1]]
	}
	return u.wire[u.at[i]:]
}

// videoUnit packetises NAL units after RFC 6184 (H.264) or RFC 7798 (H.265). aggregate puts the parameter sets
// into one STAP-A or AP. An SEI with a frame number is put before the first slice.
func videoUnit(nals [][]byte, codec media.Codec, aggregate bool) unit {
	var u unit
	var sets [][]byte
	flush := func() {
		if aggregate && len(sets) > 1 {
			u.aggregate(sets, codec)
		} else {
			for _, n := range sets {
				u.nal(n, codec)
			}
		}
		sets = nil
	}
	slices := 0
	for _, n := range nals {
		kind := classify(n, codec)
		u.random = u.random || kind == kindIDR || kind == kindOpen || kind == kindRecovery
		u.idr = u.idr || kind == kindIDR
		if kind == kindParams {
			sets = append(sets, n)
			u.store(n)
			continue
		}
		flush()
		if slices == 0 && (kind == kindSlice || kind == kindIDR || kind == kindOpen) {
			slices++
			sei, digits := seiUnit(codec)
			u.storedSEI = len(u.stored) + 4 + digits
			u.store(sei)
			u.wireSEI = u.packet(videoType, sei) + digits
		}
		u.store(n)
		u.nal(n, codec)
	}
	flush()
	if len(u.at) > 0 {
		u.mark()
	}
	return u
}

func (u *unit) store(nal []byte) {
	u.stored = binary.BigEndian.AppendUint32(u.stored, uint32(len(nal)))
	u.stored = append(u.stored, nal...)
}

// nal sends one NAL unit: alone where it fits, else in fragments (RFC 6184 §5.8, RFC 7798 §4.4.3).
func (u *unit) nal(n []byte, codec media.Codec) {
	if len(n) <= maxPayload {
		u.packet(videoType, n)
		return
	}
	head, body := fragmentHead(n, codec)
	last := len(head) - 1
	head[last] |= 0x80
	for len(body) > 0 {
		k := min(len(body), maxPayload-len(head))
		if k == len(body) {
			head[last] |= 0x40
		}
		u.packet(videoType, head, body[:k])
		body = body[k:]
		head[last] &^= 0xC0
	}
}

// fragmentHead returns a fragment's header without start and end bit, and the bytes to fragment.
func fragmentHead(n []byte, codec media.Codec) (head, body []byte) {
	if codec == media.H265 {
		return []byte{n[0]&0x81 | 49<<1, n[1], n[0] >> 1 & 63}, n[2:]
	}
	return []byte{n[0]&0xE0 | 28, n[0] & 31}, n[1:]
}

// aggregate sends several NAL units in one packet (RFC 6184 §5.7.1 STAP-A, RFC 7798 §4.4.2 AP).
func (u *unit) aggregate(nals [][]byte, codec media.Codec) {
	head := []byte{nals[0][0]&0xE0 | 24}
	if codec == media.H265 {
		head = []byte{nals[0][0]&0x81 | 48<<1, nals[0][1]}
	}
	for _, n := range nals {
		head = binary.BigEndian.AppendUint16(head, uint16(len(n)))
		head = append(head, n...)
	}
	u.packet(videoType, head)
}

// audioUnit packetises one frame: RFC 3640 AAC-hbr with one AU a packet, or RFC 7587 Opus.
func audioUnit(frame []byte, codec media.Codec) unit {
	u := unit{random: true, idr: true, stored: frame}
	if codec == media.AAC {
		head := []byte{0, 16} // one AU header of 16 bits: 13 for the size, 3 for the index
		head = binary.BigEndian.AppendUint16(head, uint16(len(frame)<<3))
		u.packet(audioType, head, frame)
		u.mark()
	} else {
		u.packet(audioType, frame)
	}
	return u
}
